//! `summary.json`: every record in exactly one outcome, alerts by kind and operation.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::alert::{DECISION_VERSION, Revision};
use crate::domain::time::Millis;

/// First and last log clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSpan {
    /// At the first record.
    #[serde(with = "text")]
    pub first: Option<Millis>,
    /// At the last record.
    #[serde(with = "text")]
    pub last: Option<Millis>,
}

/// Times as people read them: made once, where the summary is written, and not for every record.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::domain::time::{Millis, Rfc3339};
    use crate::edge::wire::instant;

    pub fn serialize<S: Serializer>(time: &Option<Millis>, to: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => to.collect_str(&Rfc3339(*time)),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Millis>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
        instant::parse(&text).map(Some).ok_or_else(|| D::Error::custom(format!("{text:?} is no RFC 3339 time")))
    }
}

/// What decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Hashes of the rulebooks given, in order.
    pub rulebooks: Vec<String>,
    /// Changes only when a verdict can change.
    pub decision: u32,
    /// Version of the program.
    pub engine: String,
}

/// The counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Records read, rejects included; blank lines are no records.
    pub records: u64,
    /// By outcome; they sum to `records`.
    pub outcomes: BTreeMap<String, u64>,
    /// By type; `unreadable` for rejects without one.
    pub by_type: BTreeMap<String, u64>,
    /// Alerts by kind and operation.
    pub alerts: BTreeMap<String, BTreeMap<String, u64>>,
    /// The log clock.
    pub clock: ClockSpan,
    /// What decided.
    pub versions: Decided,
}

impl Summary {
    /// An empty one.
    pub fn new(rulebooks: Vec<String>) -> Summary {
        let versions = Decided { rulebooks, decision: DECISION_VERSION, engine: env!("CARGO_PKG_VERSION").to_owned() };
        Summary { versions, ..Summary::default() }
    }

    /// A record and its outcome.
    pub fn record(&mut self, type_name: &str, outcome: &str) {
        self.records += 1;
        bump(&mut self.outcomes, outcome);
        bump(&mut self.by_type, type_name);
    }

    /// A revision.
    pub fn revision(&mut self, revision: &Revision) {
        match self.alerts.get_mut(revision.kind.name()) {
            Some(ops) => bump(ops, revision.op.name()),
            None => {
                let ops = BTreeMap::from([(revision.op.name().to_owned(), 1)]);
                self.alerts.insert(revision.kind.name().to_owned(), ops);
            }
        }
    }

    /// The timestamp of a record: the log clock is their running maximum.
    pub fn clock(&mut self, timestamp: Millis) {
        self.clock.first.get_or_insert(timestamp);
        self.clock.last = self.clock.last.max(Some(timestamp));
    }

    /// For people, at the end.
    pub fn closing_lines(&self, out: &Path) -> String {
        let list = |counts: &BTreeMap<String, u64>| {
            counts.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", ")
        };
        let mut text = format!("{} records: {}\n", self.records, list(&self.outcomes));
        for (kind, ops) in &self.alerts {
            text.push_str(&format!("  {kind}: {}\n", list(ops)));
        }
        text.push_str(&format!("results in {}\n", out.display()));
        text
    }
}

fn bump(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}
