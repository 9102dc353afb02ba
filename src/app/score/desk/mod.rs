//! `kervan score --desk`: a fleet, the decision, and a desk of operators who answer alarms, in a closed loop (DETECTION, 6.6 and M9).
//!
//! ```text
//! fleet ─▶ record ─▶ decision ─▶ alerts ─▶ KPIs, load
//!             ▲                    │
//!             └── commands ◀── desk (queue of operators)
//! ```
//! The fleet drives on the rulebook as it lies on disk; the rulebook with the changes of the command line judges it. So two runs
//! that differ in a setting differ in nothing that happened on the road. Commands are records of the log at their time: `replay`
//! of the log that `--out` writes says the same. When the log ends, the shift does, too.
//!
//! | file | idea |
//! |---|---|
//! | `load` | who fills the desk: kinds, and classes of zones |
//! | `verdict` | the figures of all days, beside DETECTION 2.1 and M9 |
//! | `report` | the result as JSON and Markdown |

mod load;
mod report;
#[cfg(test)]
mod tests;
mod verdict;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fleets::as_read;
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::record_log::RecordLog;
use crate::app::replay::load_rules;
use crate::app::simulate::{Deliveries, Desk, Intervals, Plan, Shift, World, deliveries, generate, intervals};
use crate::app::stretch::Decision;
use crate::app::variant::{self, VariantArgs};
use crate::domain::alert::Revision;
use crate::domain::kpi::{Heard, Kpis, Row};
use crate::domain::output::Outputs;
use crate::domain::record::{Action, Body, OperatorVerb};
use crate::domain::rules::Rules;
use crate::domain::time::{DAY, Millis};
use load::Loads;
pub use report::DeskReport;

/// What a desk run takes; each needs `--desk`.
#[derive(Debug, Clone, clap::Args)]
pub struct DeskArgs {
    /// Simulate a fleet and the operators who answer its alarms, and tell how the desk fares
    #[arg(long, requires = "rulebook", conflicts_with_all = ["alerts", "truth", "baselines", "campaign", "by"])]
    pub desk: bool,
    /// Vehicles of the fleet
    #[arg(long, default_value_t = 300, requires = "desk", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub vehicles: u32,
    /// Days; each vehicle makes one journey a day
    #[arg(long, default_value_t = 30, requires = "desk", value_parser = clap::value_parser!(u32).range(1..=3_650))]
    pub days: u32,
    /// Seconds between two fixes: a number, or `mix` of 10, 30, 60, 120, 300
    #[arg(long, default_value = "60", requires = "desk", value_parser = intervals)]
    pub interval: Intervals,
    /// How fixes arrive: in_order or duplicated (contact is never lost), oldest_first, newest_first, or mix
    #[arg(long, default_value = "mix", requires = "desk", value_parser = deliveries)]
    pub delivery: Deliveries,
    /// Share of vehicle-days in which nothing is planted
    #[arg(long, default_value_t = 0.97, requires = "desk")]
    pub clean: f64,
    /// Operators on duty, around the clock
    #[arg(long, value_name = "N", default_value_t = 1, requires = "desk", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub operators: u32,
    /// Write the log with the operators' commands: .ndjson or .pb, also .gz or .zst of it
    #[arg(long, value_name = "LOG", requires = "desk")]
    pub out: Option<PathBuf>,
    /// Write the rulebook with the changes of --set and --without-zone: into a new or empty directory
    #[arg(long, value_name = "DIR", requires = "desk")]
    pub rulebook_out: Option<PathBuf>,
    /// What the rulebook that judges has changed
    #[command(flatten)]
    pub variant: VariantArgs,
}

impl DeskArgs {
    fn plan(&self, seed: u64) -> Plan {
        Plan {
            seed,
            vehicles: self.vehicles,
            days: self.days,
            intervals_s: self.interval.0.clone(),
            deliveries: self.delivery.0.clone(),
            clean_share: self.clean,
            ..Plan::default()
        }
    }
}

/// Runs it; a line of progress a day on standard error.
///
/// # Errors
/// Exit 2 for a rulebook that is faulty or has no corridor, 3 for what cannot be read, 5 for what cannot be written.
pub(super) fn run(args: &DeskArgs, rulebook: &Path, seed: u64) -> Result<DeskReport, Failure> {
    if !(0.0..=1.0).contains(&args.clean) {
        return Err(Failure::usage("--clean is a share between 0 and 1"));
    }
    let (rules, files) = args.variant.load(rulebook)?;
    let world = World::from(&load_rules(rulebook)?.book);
    if world.corridors.is_empty() {
        let message = format!("rulebook {} has no corridor to drive on; add one", rulebook.display());
        return Err(Failure::usage(message));
    }
    if let Some(directory) = &args.rulebook_out {
        variant::write(&files, directory)?;
    }
    let log = args.out.as_deref().map(RecordLog::create).transpose();
    let log = log.or_fail(ExitCode::OutputFull, || "writing the log with the commands".to_owned())?;
    let mut room = Room::new(&rules, Desk::with_operators(seed, args.operators as usize), log);
    let mut failed = None;
    let truth = generate(&world, &args.plan(seed), &mut |record| {
        if failed.is_none() {
            failed = room.pass(record.source.timestamp, &record.body).err();
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let fixes = truth.header.fixes;
    let done = room.end()?;
    Ok(report::of(args, seed, &rules, fixes, done))
}

/// The control room: what is decided, what is heard, what is answered.
struct Room {
    decision: Decision,
    desk: Desk,
    log: Option<RecordLog>,
    offset: u64,
    clock: Millis,
    span: Option<(Millis, Millis)>,
    commands: Commands,
    sound: Sound,
    line: Vec<u8>,
}

/// What the alerts make heard.
struct Sound {
    rules: Arc<Rules>,
    kpis: Kpis,
    loads: Loads,
}

/// Commands given.
#[derive(Clone, Copy, Debug, Default)]
struct Commands {
    acknowledged: u64,
    shelved: u64,
    noted: u64,
    reset: u64,
}

/// What is left when the log has ended.
struct Done {
    rows: Vec<Row>,
    loads: Loads,
    commands: Commands,
    shift: Option<Shift>,
    span: (Millis, Millis),
}

impl Room {
    fn new(rules: &Arc<Rules>, desk: Desk, log: Option<RecordLog>) -> Room {
        Room {
            decision: Decision::one_by_one(vec![Arc::clone(rules)]),
            desk,
            log,
            offset: 0,
            clock: Millis::MIN,
            span: None,
            commands: Commands::default(),
            sound: Sound { rules: Arc::clone(rules), kpis: Kpis::default(), loads: Loads::default() },
            line: Vec::new(),
        }
    }

    /// A record of the fleet; before it, what the operators have done by then.
    fn pass(&mut self, time: Millis, body: &Body) -> Result<(), Failure> {
        while let Some((due, mut command)) = self.desk.next_by(time) {
            // Nobody writes into the past of the log.
            command.time = due.max(self.clock);
            self.commands.count(&command.action);
            self.read(&Body::Command(Box::new(command)))?;
        }
        self.read(body)
    }

    fn read(&mut self, body: &Body) -> Result<(), Failure> {
        let Some(record) = as_read(body, self.offset, &mut self.line) else { return Ok(()) };
        self.offset += 1;
        if let Some(log) = &mut self.log {
            log.put(&record.body).or_fail(ExitCode::OutputFull, || "writing the log with the commands".to_owned())?;
        }
        let now = record.source.timestamp;
        if self.span.is_some_and(|(_, last)| last.div_euclid(DAY) < now.div_euclid(DAY)) {
            eprintln!("day {}: {} alarms so far", self.sound.loads.days(), self.sound.loads.announced());
        }
        self.clock = self.clock.max(now);
        self.span = Some(self.span.map_or((now, now), |(first, last)| (first, last.max(now))));
        let (desk, sound) = (&mut self.desk, &mut self.sound);
        self.decision.take(record, &mut |_, out| sound.hear(out, &mut |revision| desk.hear(revision, now)))
    }

    fn end(mut self) -> Result<Done, Failure> {
        let sound = &mut self.sound;
        // What is found at the end of the log is still said; the operators have gone home.
        self.decision.finish(&mut |_, out| sound.hear(out, &mut |_| {}))?;
        if let Some(log) = self.log {
            log.finish().or_fail(ExitCode::OutputFull, || "writing the log with the commands".to_owned())?;
        }
        let span = self.span.unwrap_or((0, 0));
        let Sound { kpis, loads, .. } = self.sound;
        Ok(Done { rows: kpis.rows(Some(span)), loads, commands: self.commands, shift: self.desk.end(), span })
    }
}

impl Sound {
    fn hear(&mut self, out: &Outputs, tell: &mut dyn FnMut(&Revision)) {
        for revision in &out.revisions {
            if self.kpis.hear(&Heard::from(revision)) {
                self.loads.count(revision, &self.rules.book);
            }
            tell(revision);
        }
    }
}

impl Commands {
    fn count(&mut self, action: &Action) {
        let Action::Operator { verb, .. } = action else { return };
        match verb {
            OperatorVerb::Acknowledge => self.acknowledged += 1,
            OperatorVerb::Shelve => self.shelved += 1,
            OperatorVerb::Note => self.noted += 1,
            OperatorVerb::Reset => self.reset += 1,
            _ => {}
        }
    }
}
