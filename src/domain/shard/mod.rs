//! A shard decides one partition of the log: `step(batch) -> outputs`, and nothing else goes in or out.
//!
//! For each record: the timers that are due before it, the record's own effects, then the rewinds that its budget
//! carries on ([`Shard::step`]). What always holds:
//!
//! * the outputs are a function of the records read so far: not of the batches they came in, nor of a restart between;
//! * every record has exactly one [`Outcome`];
//! * what a fix touches is dense and free of pointers: a unit and a journey are numbers (`u32`), their hot parts are
//!   rows of arrays; histories, ledgers and texts lie elsewhere.
//!
//! | file | one idea |
//! |---|---|
//! | `units` | what is kept of a unit |
//! | `fixes` | admission, membership, the live step |
//! | `commands` | what commands do to journeys |
//! | `operate` | what commands do to alerts |
//! | `rewinds` | late data: collect, replay, reconcile |
//! | `agenda` | when a journey has to be looked at next |
//! | `timers` | the log clock |
//! | `publish` | findings to revisions, in the written order |
//! | `rows` | rows of journeys |
//! | `retrace` | a journey once more, for an explanation |
//! | `snapshot` | the shard as bytes |
//! | `warm` | memory asked ahead of the records |

mod agenda;
mod commands;
mod fixes;
mod operate;
mod publish;
mod retrace;
mod rewinds;
mod rows;
mod snapshot;
mod timers;
mod units;
mod warm;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use super::admission;
use super::history::{History, HistoryError};
use super::journey::Journey;
use super::machine::state::{Hot, Ring, Side};
use super::numbers::Numbers;
use super::output::{Disposition, Outcome, Outputs};
use super::past::Past;
use super::plan::Courses;
use super::record::{Body, Id, Record, Source};
use super::rules::Rules;
use super::second::line::Happening;
use super::time::{Millis, SECOND};
pub use snapshot::{FORMAT as STATE_FORMAT, LoadError};

use agenda::Agenda;
use publish::Moment;
pub use retrace::{Retold, Retracing};
use units::{Ids, Span, Unit};
use warm::{AHEAD, Next};

/// Why a batch could not be decided. The run stops: deciding without an answer would be deciding wrongly.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StepError {
    /// Older reports are out of reach.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A `rulebook` record names a rulebook that was not given.
    #[error("record at partition {}, offset {}: rulebook {sha256} is not among those given; name its directory with --rulebook", source_of.partition, source_of.offset)]
    UnknownRulebook {
        /// The record.
        source_of: Source,
        /// Its hash.
        sha256: String,
    },
}

/// See the module.
pub struct Shard {
    partition: u32,
    /// Rulebooks by the event time from which they hold, ascending.
    rules: Vec<(Millis, Arc<Rules>)>,
    /// Every rulebook that a record may name.
    known_rules: Vec<Arc<Rules>>,
    clock: Millis,
    started: bool,
    last_tick: Option<Millis>,
    /// Our own outage began at this tick and has not ended.
    outage_from: Option<Millis>,
    /// Time that outages have taken from the contact clock.
    outage_total: Millis,
    numbers: Numbers,
    units: Vec<Unit>,
    journey_ids: Ids,
    /// What journeys have in common; derived.
    courses: Courses,
    hot: Vec<Hot>,
    ring: Vec<Ring>,
    side: Vec<Side>,
    journeys: Vec<Journey>,
    vacant: Vec<u32>,
    timers: BinaryHeap<Reverse<(Millis, u32)>>,
    agenda: Vec<Agenda>,
    /// When shelves end, by journey; derived.
    shelves: BinaryHeap<Reverse<(Millis, u32)>>,
    /// How many reports of a unit lie behind its journey's newest rolling state; derived.
    spans: Vec<Span>,
    /// Journeys whose rewind is under way, first come, first served.
    rewinding: VecDeque<u32>,
    containing: Vec<u32>,
    moment: Moment,
    last_source: Source,
    /// The log has ended: nothing more is on its way.
    ended: bool,
}

/// The record being read, with what surrounds it.
pub(super) struct Reading<'a> {
    batch: &'a [Record],
    index: usize,
    /// Most probably the unit that it is of.
    unit: Option<u32>,
    /// Where this batch's dispositions begin in the outputs.
    base: usize,
    history: &'a mut dyn History,
}

impl Reading<'_> {
    fn source(&self) -> Source {
        self.batch[self.index].source
    }
}

impl Shard {
    /// A shard that has read nothing. The first rulebook rules from the start; records may name the others.
    pub fn new(partition: u32, rulebooks: &[Arc<Rules>]) -> Shard {
        Shard {
            partition,
            rules: rulebooks.first().map(|r| (Millis::MIN, Arc::clone(r))).into_iter().collect(),
            known_rules: rulebooks.to_vec(),
            clock: Millis::MIN,
            started: false,
            last_tick: None,
            outage_from: None,
            outage_total: 0,
            numbers: Numbers::default(),
            units: Vec::new(),
            journey_ids: Ids::default(),
            courses: Courses::default(),
            hot: Vec::new(),
            ring: Vec::new(),
            side: Vec::new(),
            journeys: Vec::new(),
            vacant: Vec::new(),
            timers: BinaryHeap::new(),
            agenda: Vec::new(),
            shelves: BinaryHeap::new(),
            spans: Vec::new(),
            rewinding: VecDeque::new(),
            containing: Vec::new(),
            moment: Moment::default(),
            last_source: Source { partition, ..Source::default() },
            ended: false,
        }
    }

    /// Decides a batch.
    ///
    /// # Errors
    /// Where older reports cannot be read, or a record names an unknown rulebook. The shard is not usable after that.
    pub fn step(&mut self, batch: &[Record], history: &mut dyn History, out: &mut Outputs) -> Result<(), StepError> {
        let base = out.dispositions.len();
        let mut next = Next::default();
        for ahead in 0..batch.len() + AHEAD {
            self.warm(batch, ahead, &mut next);
            if let Some(index) = ahead.checked_sub(AHEAD) {
                let unit = next.unit_of(index);
                self.read(&mut Reading { batch, index, unit, base, history }, out)?;
            }
        }
        Ok(())
    }

    fn read(&mut self, reading: &mut Reading<'_>, out: &mut Outputs) -> Result<(), StepError> {
        let record = &reading.batch[reading.index];
        let clock = if self.started { self.clock.max(record.source.timestamp) } else { record.source.timestamp };
        if let Body::Fix { fix, .. } = &record.body
            && admission::repair_time(fix.time, clock, &self.rules_now().settings().fix).is_none()
        {
            // A rejected record moves no clock and fires no timer.
            out.dispositions.push(rejected(
                record.source,
                "time_too_early",
                "fix_time is before 2010 and not off by 1024 weeks",
            ));
            return Ok(());
        }
        self.last_source = record.source;
        self.move_clock(clock, matches!(record.body, Body::Tick { .. }), out);
        let outcome = match &record.body {
            Body::Fix { unit, fix } => {
                self.read_fix(unit, fix, reading, out)?;
                None
            }
            Body::Heartbeat { unit, heartbeat } => {
                self.read_heartbeat(unit, heartbeat, reading, out)?;
                Some(Outcome::Applied)
            }
            Body::Command(command) => Some(self.read_command(command, reading, out)?),
            Body::Tick { .. } => {
                self.tell_second(Happening::Tick);
                Some(Outcome::Applied)
            }
            Body::Rulebook { sha256, time, .. } => {
                self.read_rulebook(sha256, *time, record.source)?;
                self.tell_second(Happening::Rulebook(sha256.clone(), *time));
                Some(Outcome::Applied)
            }
        };
        out.dispositions.extend(outcome.map(|outcome| plain(record.source, outcome)));
        self.moment.flush(out);
        if self.rewinding.is_empty() {
            return Ok(());
        }
        let budget = self.rules_now().settings().late.replay_per_record.max(1) as usize;
        self.carry_on_rewinds(budget, reading, out)
    }

    /// The end of a log that has an end: waiting late data is taken in, pending rewinds are finished, timers due by the
    /// log clock no longer wait for fixes on their way, and each journey gets its last row. The ledger that is left is
    /// a function of the records, whatever the order in which fixes arrived.
    ///
    /// # Errors
    /// Where older reports cannot be read.
    pub fn finish(&mut self, history: &mut dyn History, out: &mut Outputs) -> Result<(), StepError> {
        // After the last record: what that said is part of history.
        let source = Source { offset: self.last_source.offset + 1, ..self.last_source };
        let last = [Record { source, body: Body::Tick { time: self.clock } }];
        let mut reading = Reading { batch: &last, index: 0, unit: None, base: out.dispositions.len(), history };
        loop {
            self.carry_on_rewinds(usize::MAX, &mut reading, out)?;
            let mut waiting: Vec<(Millis, Id, u32)> = (0..self.journeys.len() as u32)
                .filter_map(|slot| {
                    let journey = &self.journeys[slot as usize];
                    journey.late.map(|late| (late.due, journey.id.clone(), slot))
                })
                .collect();
            waiting.sort();
            if waiting.is_empty() {
                break;
            }
            for (_, _, slot) in waiting {
                self.begin_late_rewind(slot);
            }
        }
        self.ended = true;
        for slot in self.slots_by_id() {
            self.publish(slot);
            self.settle_late(slot);
            self.moment.flush(out);
        }
        self.end_rows();
        self.moment.flush(out);
        Ok(())
    }

    /// A rulebook that records may name from now on.
    pub fn learn(&mut self, rules: &Arc<Rules>) {
        if !self.known_rules.iter().any(|known| known.book.sha256 == rules.book.sha256) {
            self.known_rules.push(Arc::clone(rules));
        }
    }

    /// Hashes of the rulebooks in force, from the first on, by the time from which they hold.
    pub fn rulebooks(&self) -> Vec<String> {
        self.rules.iter().map(|(_, rules)| rules.book.sha256.clone()).collect()
    }

    /// The log clock; `None` before the first record.
    pub fn clock(&self) -> Option<Millis> {
        self.started.then_some(self.clock)
    }

    /// Journeys in memory, closed ones that can still be rewound included.
    pub fn journeys(&self) -> usize {
        self.journeys.len() - self.vacant.len()
    }

    /// Units in memory.
    pub fn units(&self) -> usize {
        self.units.len()
    }

    /// Journeys whose late data is being replayed.
    pub fn rewinding(&self) -> usize {
        self.rewinding.len()
    }

    /// Bytes of state a journey on average, hot parts and pasts included: (hot, all).
    pub fn bytes_per_journey(&self) -> (usize, usize) {
        let hot = size_of::<Hot>();
        let mut encoded = Vec::new();
        self.encode(&mut encoded);
        (hot, encoded.len() / self.journeys().max(1))
    }

    fn rules_now(&self) -> &Arc<Rules> {
        let at = self.rules.partition_point(|(from, _)| *from <= self.clock).max(1) - 1;
        &self.rules[at].1
    }

    #[cold]
    fn read_rulebook(&mut self, sha256: &str, time: Millis, source: Source) -> Result<(), StepError> {
        let Some(rules) = self.known_rules.iter().find(|r| r.book.sha256 == sha256).cloned() else {
            return Err(StepError::UnknownRulebook { source_of: source, sha256: sha256.to_owned() });
        };
        let at = self.rules.partition_point(|(from, _)| *from <= time);
        self.rules.insert(at.max(1), (time, rules));
        for slot in 0..self.journeys.len() as u32 {
            let journey = &self.journeys[slot as usize];
            if journey.id.is_empty() || journey.closed.is_some_and(|(end, _)| end <= time) {
                continue;
            }
            self.rebuild(slot);
            self.settle(slot, time.max(self.journeys[slot as usize].start), 2);
        }
        Ok(())
    }

    /// What memory lacks of a unit's past, from event time `from` on.
    #[cold]
    fn recall(&mut self, unit: u32, from: Millis, reading: &mut Reading<'_>, out: &Outputs) -> Result<(), StepError> {
        let to = self.units[unit as usize].past.complete_from;
        if to <= from {
            return Ok(());
        }
        let id = self.units[unit as usize].id.clone();
        let before = reading.batch[0].source.offset;
        let mut reports = reading.history.reports(self.partition, &id, from, to, before)?;
        units::reports_of_batch(
            &id,
            from,
            to,
            &reading.batch[..reading.index],
            &out.dispositions[reading.base.min(out.dispositions.len())..],
            &mut reports,
        );
        let settings = self.rules_now().settings().fix;
        let older: Vec<Past> = reports.iter().filter_map(|r| units::past_of(r, &settings)).collect();
        self.units[unit as usize].past.prepend(older, from);
        Ok(())
    }
}

fn plain(source: Source, outcome: Outcome) -> Disposition {
    Disposition { source, outcome, reject: None, row: None }
}

fn rejected(source: Source, code: &'static str, message: &str) -> Disposition {
    Disposition { source, outcome: Outcome::Rejected, reject: Some((code, message.to_owned())), row: None }
}

/// So long late reports of one unit are collected before they are replayed.
fn coalesce(rules: &Rules) -> Millis {
    rules.settings().late.coalesce_s * SECOND
}
