//! Driving a shard as the rim does, with all that was read as its history.

use std::collections::BTreeMap;
use std::sync::Arc;

use kervan::domain::alert::{Handling, Kind, Op, Revision};
use kervan::domain::history::{History, HistoryError, PastReport};
use kervan::domain::output::{Outcome, Outputs};
use kervan::domain::record::{Body, Record};
use kervan::domain::rules::Rules;
use kervan::domain::second::line::{Happening, StopLine};
use kervan::domain::shard::Shard;
use kervan::domain::time::Millis;

/// What was read, as the tables keep it.
#[derive(Default)]
pub struct Memory {
    reports: Vec<(String, u64, Millis, PastReport)>,
    /// How often it was asked.
    pub asked: usize,
}

impl Memory {
    fn keep(&mut self, records: &[Record], out: &Outputs) {
        for (record, disposition) in records.iter().zip(&out.dispositions) {
            assert_eq!(record.source, disposition.source, "one disposition a record, in order");
            let timestamp = record.source.timestamp;
            let (unit, time, report) = match (&record.body, &disposition.row) {
                (Body::Fix { .. }, Some(row)) => {
                    (&row.unit, row.fix.time, PastReport::Fix { fix: row.fix, quality: row.quality, timestamp })
                }
                (Body::Heartbeat { unit, heartbeat }, _) => (
                    unit,
                    heartbeat.receive_time.unwrap_or(timestamp),
                    PastReport::Heartbeat { heartbeat: *heartbeat, timestamp },
                ),
                _ => continue,
            };
            self.reports.push((unit.to_string(), record.source.offset, time, report));
        }
    }
}

impl History for Memory {
    fn reports(
        &mut self,
        _partition: u32,
        unit: &str,
        from: Millis,
        to: Millis,
        before: u64,
    ) -> Result<Vec<PastReport>, HistoryError> {
        self.asked += 1;
        let asked = |(of, offset, time, _): &&(String, u64, Millis, PastReport)| {
            of == unit && *offset < before && (from..to).contains(time)
        };
        // Newest first: the order must not matter.
        Ok(self.reports.iter().rev().filter(asked).map(|(.., report)| *report).collect())
    }
}

/// How a log is cut up.
pub trait Cut {
    /// Records of the next batch.
    fn batch(&mut self) -> usize;
    /// Whether the shard goes through its bytes before the next batch.
    fn restart(&mut self) -> bool;
}

/// Everything at once.
pub struct Whole;

impl Cut for Whole {
    fn batch(&mut self) -> usize {
        usize::MAX
    }
    fn restart(&mut self) -> bool {
        false
    }
}

/// A run: all its outputs, and how often history was asked.
pub struct Ran {
    /// What came out.
    pub out: Outputs,
    /// Questions to history.
    pub asked: usize,
}

/// Reads a log to its end.
pub fn run(rules: &[Arc<Rules>], log: &[Record], cut: &mut dyn Cut) -> Ran {
    let mut shard = Shard::new(0, rules);
    let mut memory = Memory::default();
    let mut all = Outputs::default();
    let mut rest = log;
    while !rest.is_empty() {
        if cut.restart() {
            let mut bytes = Vec::new();
            shard.encode(&mut bytes);
            shard = Shard::decode(&bytes, rules).expect("a shard reads what it wrote");
        }
        let (batch, later) = rest.split_at(cut.batch().clamp(1, rest.len()));
        let mut out = Outputs::default();
        shard.step(batch, &mut memory, &mut out).expect("this history never fails");
        assert_eq!(out.dispositions.len(), batch.len(), "every record has one outcome");
        memory.keep(batch, &out);
        append(&mut all, out);
        rest = later;
    }
    let mut out = Outputs::default();
    shard.finish(&mut memory, &mut out).expect("this history never fails");
    append(&mut all, out);
    Ran { out: all, asked: memory.asked }
}

/// A shard that is talked to, record by record.
pub struct Talk {
    shard: Shard,
    memory: Memory,
    all: Outputs,
}

impl Talk {
    /// With a shard that has read nothing.
    pub fn new(rules: &[Arc<Rules>]) -> Talk {
        Talk { shard: Shard::new(0, rules), memory: Memory::default(), all: Outputs::default() }
    }

    /// Reads a record; what alerts are answered with.
    pub fn read(&mut self, record: &Record) -> Vec<Revision> {
        let mut out = Outputs::default();
        let batch = std::slice::from_ref(record);
        self.shard.step(batch, &mut self.memory, &mut out).expect("this history never fails");
        self.memory.keep(batch, &out);
        let said = out.revisions.clone();
        append(&mut self.all, out);
        said
    }

    /// The log has ended.
    pub fn end(mut self) -> Outputs {
        let mut out = Outputs::default();
        self.shard.finish(&mut self.memory, &mut out).expect("this history never fails");
        append(&mut self.all, out);
        self.all
    }
}

fn append(all: &mut Outputs, mut more: Outputs) {
    all.dispositions.append(&mut more.dispositions);
    all.revisions.append(&mut more.revisions);
    all.journeys.append(&mut more.journeys);
    all.episodes.append(&mut more.episodes);
}

/// The canonical projection of the final ledger (DETECTION, 4.4): one line an alert that stands, sorted.
pub fn projection(out: &Outputs) -> Vec<String> {
    let mut told: BTreeMap<&str, BTreeMap<u32, &Revision>> = BTreeMap::new();
    for revision in &out.revisions {
        let before = told.entry(&revision.alert).or_default().insert(revision.rev, revision);
        assert!(before.is_none(), "two revisions of one number: {revision:?}");
    }
    let newest = told.values().map(|revisions| {
        assert!(revisions.keys().copied().eq(1..=revisions.len() as u32), "revisions count from 1: {revisions:?}");
        assert_eq!(revisions[&1].op, Op::Raise, "an alert begins with a raise");
        revisions[&(revisions.len() as u32)]
    });
    let arrival = [Kind::Silence, Kind::GnssLost, Kind::RouteTimeWarning];
    let mut lines: Vec<String> = newest
        .filter(|r| r.op != Op::Retract && !arrival.contains(&r.kind))
        .map(|r| {
            format!(
                "{:?} {} {} onset {} ended {:?} {:?} {:?} suppressed {} {:?}",
                r.journey,
                r.kind.name(),
                r.subject,
                r.onset,
                r.ended,
                r.priority,
                r.confidence,
                r.handling == Handling::Suppressed,
                r.evidence
            )
        })
        .collect();
    lines.sort();
    lines
}

/// Stops that stand in the second stage's input: the last line of each (journey, begin).
pub fn halts(out: &Outputs) -> Vec<String> {
    let mut newest = BTreeMap::new();
    for line in &out.episodes {
        if let Happening::Stop(StopLine {
            journey,
            position,
            sigma_m,
            from,
            to,
            open,
            retracted,
            off_corridor,
            in_place,
            hints,
            ..
        }) = &line.what
        {
            let told = (!retracted).then(|| {
                format!("{journey} {from} {to} {position:?} {sigma_m} {open} {off_corridor} {in_place} {hints}")
            });
            newest.insert((journey.clone(), *from), told);
        }
    }
    newest.into_values().flatten().collect()
}

/// How often each outcome came.
pub fn outcomes(out: &Outputs) -> BTreeMap<Outcome, usize> {
    let mut counts = BTreeMap::new();
    for disposition in &out.dispositions {
        *counts.entry(disposition.outcome).or_insert(0) += 1;
    }
    counts
}
