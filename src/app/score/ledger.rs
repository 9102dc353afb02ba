//! Revisions of alerts, folded into alarms: what was said first, and what stands at the end.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Deserialize;

use crate::app::stretch::is_announced;
use crate::domain::alert::{Handling, Op, Priority, Revision};
use crate::domain::rulebook::Settings;
use crate::domain::time::Millis;
use crate::edge::wire::{encode_revision, instant};

/// The fields of a revision that scoring reads (FORMATS, section 3).
#[derive(Clone, Debug, Deserialize)]
struct Line {
    alert: String,
    rev: u32,
    op: String,
    kind: String,
    unit: Option<String>,
    journey: Option<String>,
    subject: String,
    condition: String,
    handling: String,
    priority: String,
    onset: String,
    raised: String,
    ended: Option<String>,
    log_time: String,
    #[serde(default)]
    late: bool,
    #[serde(default)]
    late_by_s: i64,
}

/// One alert over all its revisions.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Alarm {
    /// Id.
    pub alert: String,
    /// Kind.
    pub kind: String,
    /// Unit; empty for the second stage.
    pub unit: String,
    /// Journey; empty for the second stage.
    pub journey: String,
    /// Subject.
    pub subject: String,
    /// `raised` of the first revision, when it was said, and whether it was late.
    pub first_raised: Millis,
    /// Log clock of the first revision.
    pub first_log_time: Millis,
    /// The first revision found it late.
    pub late: bool,
    /// Onset as it stands.
    pub onset: Millis,
    /// `raised` as it stands.
    pub raised: Millis,
    /// End as it stands.
    pub ended: Option<Millis>,
    /// It does not stand.
    pub retracted: bool,
    /// Some revision was annunciated: above journal, not suppressed, not found too late to matter.
    pub annunciated: bool,
    /// Some annunciated revision was high.
    pub high: bool,
    /// Raised again within 5 minutes of its end.
    pub chatter: u32,
    /// Active for less than a minute, and ended by itself.
    pub fleeting: bool,
}

/// Every alarm of the files that were read.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    /// In the order in which they were first said.
    pub alarms: Vec<Alarm>,
    index: BTreeMap<String, (usize, u32)>,
    stale_after_s: i64,
}

impl Default for Ledger {
    /// By the default of `[alerts] stale_after_s`: for alerts whose rulebook is not at hand.
    fn default() -> Ledger {
        Ledger::new(Settings::default().alerts.stale_after_s)
    }
}

impl Ledger {
    /// Nothing heard yet; what is found later than this is not announced, unless it is high.
    pub fn new(stale_after_s: i64) -> Ledger {
        Ledger { alarms: Vec::new(), index: BTreeMap::new(), stale_after_s }
    }

    /// Adds a file of revisions. A revision that was read already is passed over.
    ///
    /// # Errors
    /// The number of the line (from 1) and what is wrong with it.
    pub fn read(&mut self, input: impl BufRead) -> Result<(), String> {
        for (i, line) in input.lines().enumerate() {
            let line = line.map_err(|e| format!("line {}: {e}", i + 1))?;
            if !line.trim().is_empty() {
                self.take(&line).map_err(|e| format!("line {}: {e}", i + 1))?;
            }
        }
        Ok(())
    }

    /// Alarms that came about in another way.
    pub fn of(alarms: Vec<Alarm>) -> Ledger {
        Ledger { alarms, ..Ledger::default() }
    }

    /// Adds a revision that was just decided.
    ///
    /// # Errors
    /// What a reader of its line would find wrong with it.
    pub fn hear(&mut self, revision: &Revision) -> Result<(), String> {
        let mut line = Vec::new();
        encode_revision(revision, &mut line);
        self.take(&String::from_utf8_lossy(&line))
    }

    fn take(&mut self, text: &str) -> Result<(), String> {
        let line: Line = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let time = |text: &str| instant::parse(text).ok_or_else(|| format!("{text:?} is no RFC 3339 time"));
        let (onset, raised, log_time) = (time(&line.onset)?, time(&line.raised)?, time(&line.log_time)?);
        let ended = line.ended.as_deref().map(time).transpose()?;
        let place = match self.index.get_mut(&line.alert) {
            Some((_, rev)) if line.rev <= *rev => return Ok(()),
            Some((place, rev)) => {
                *rev = line.rev;
                *place
            }
            None => {
                self.index.insert(line.alert.clone(), (self.alarms.len(), line.rev));
                self.alarms.push(Alarm {
                    alert: line.alert.clone(),
                    kind: line.kind.clone(),
                    unit: line.unit.clone().unwrap_or_default(),
                    journey: line.journey.clone().unwrap_or_default(),
                    subject: line.subject.clone(),
                    first_raised: raised,
                    first_log_time: log_time,
                    late: line.late,
                    ..Alarm::default()
                });
                self.alarms.len() - 1
            }
        };
        let unknown = |what: &str, text: &str| format!("{text:?} is no {what}");
        let op = Op::from_name(&line.op).ok_or_else(|| unknown("op", &line.op))?;
        let priority = Priority::from_name(&line.priority).ok_or_else(|| unknown("priority", &line.priority))?;
        let handling = Handling::from_name(&line.handling).ok_or_else(|| unknown("handling", &line.handling))?;
        let heard = is_announced(op, priority, handling, line.late.then_some(line.late_by_s), self.stale_after_s);
        let alarm = &mut self.alarms[place];
        if op == Op::Raise && alarm.ended.is_some_and(|end| (0..=300_000).contains(&(raised - end))) {
            alarm.chatter += 1;
        }
        match op {
            Op::Retract => alarm.retracted = true,
            Op::Raise => alarm.retracted = false,
            _ => {}
        }
        alarm.annunciated |= heard;
        alarm.high |= heard && priority == Priority::High;
        alarm.onset = onset;
        alarm.raised = raised;
        alarm.ended = ended;
        let self_cleared = line.condition == "inactive" && op == Op::Clear;
        alarm.fleeting = self_cleared && ended.is_some_and(|end| (0..60_000).contains(&(end - raised)));
        Ok(())
    }
}
