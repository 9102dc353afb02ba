//! One partition, decided: its shard, its tables, and what it hands on. The same for a file and for a topic; only who reads
//! and who publishes differ.

mod sink;

use std::sync::Arc;

use crate::app::failure::{ExitCode, Failure};
use crate::domain::alert::{DECISION_VERSION, Revision};
use crate::domain::output::{Disposition, Outputs};
use crate::domain::record::{Body, Heartbeat, Record, Source};
use crate::domain::rules::Rules;
use crate::domain::shard::{Shard, StepError};
use crate::edge::lake::{LakeError, LakeWriter, RecordRow, RejectRow, Versions};
use crate::edge::wire::{self, Reject};

pub use sink::Sink;

/// See the module.
pub struct Lane {
    number: u32,
    shard: Shard,
    lake: LakeWriter,
    /// First offset that has not been decided.
    next: u64,
    /// Rows of records before this offset are published already: a replay makes them again for nobody.
    rows_from: u64,
    outputs: Outputs,
}

/// So many records are decided before their rows are kept: what they leave behind is still in the second cache then.
const TOGETHER: usize = 256;

/// A run of consecutive records of one partition, with their lines.
#[derive(Default)]
pub struct Run {
    records: Vec<Record>,
    /// The lines one behind the other, and where each ends.
    lines: Vec<u8>,
    ends: Vec<usize>,
}

impl Run {
    /// Adds a record and the bytes it was read from.
    pub fn push(&mut self, record: Record, line: &[u8]) {
        self.records.push(record);
        self.lines.extend_from_slice(line);
        self.ends.push(self.lines.len());
    }

    /// The bytes that a record was read from.
    fn line(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.lines[start..self.ends[index]]
    }

    /// Its first record.
    pub fn first(&self) -> Option<&Record> {
        self.records.first()
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.records.clear();
        self.lines.clear();
        self.ends.clear();
    }
}

impl Lane {
    /// A lane that goes on at `next`, on a lake that was brought to its last commit.
    pub fn new(shard: Shard, lake: LakeWriter, number: u32, next: u64) -> Lane {
        let rows_from = lake.start();
        Lane { number, shard, lake, next, rows_from, outputs: Outputs::default() }
    }

    /// First offset that has not been decided.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The state.
    pub fn shard(&self) -> &Shard {
        &self.shard
    }

    /// The tables.
    pub fn lake(&mut self) -> &mut LakeWriter {
        &mut self.lake
    }

    /// Rows in memory.
    pub fn rows(&self) -> usize {
        self.lake.rows_buffered()
    }

    /// A rulebook that records may name from now on.
    pub fn learn(&mut self, rules: &Arc<Rules>) {
        self.shard.learn(rules);
    }

    /// Decides a run of records and hands its outputs on.
    ///
    /// # Errors
    /// Where older fixes cannot be read, or a record names an unknown rulebook.
    pub fn step(&mut self, run: &mut Run, sink: &mut dyn Sink) -> Result<(), Failure> {
        let Some(last) = run.records.last() else { return Ok(()) };
        let next = last.source.offset + 1;
        let mut outputs = std::mem::take(&mut self.outputs);
        let mut index = 0;
        for records in run.records.chunks(TOGETHER) {
            let mut history = self.lake.history(decode_heartbeat);
            self.shard.step(records, &mut history, &mut outputs).map_err(step_failure)?;
            for (record, disposition) in records.iter().zip(outputs.dispositions.drain(..)) {
                self.keep(record, run.line(index), disposition, sink);
                index += 1;
            }
        }
        self.next = next;
        self.hand_on(&mut outputs, sink);
        self.outputs = outputs;
        run.clear();
        Ok(())
    }

    /// The end of a log: what waits is decided.
    ///
    /// # Errors
    /// As [`Lane::step`].
    pub fn finish(&mut self, sink: &mut dyn Sink) -> Result<(), Failure> {
        let mut outputs = Outputs::default();
        let mut history = self.lake.history(decode_heartbeat);
        self.shard.finish(&mut history, &mut outputs).map_err(step_failure)?;
        self.hand_on(&mut outputs, sink);
        Ok(())
    }

    /// What the second stage has found at the end of all logs.
    pub fn add(&mut self, found: Vec<Revision>, sink: &mut dyn Sink) {
        found.into_iter().for_each(|revision| self.say(revision, true, sink));
    }

    /// A record that could not be read. It moves no clock; its bytes are kept. `timestamp` is its own or that before it.
    pub fn reject(&mut self, reject: &Reject<'_>, timestamp: i64, sink: &mut dyn Sink) {
        sink.record("unreadable", "rejected", None);
        self.next = self.next.max(reject.offset + 1);
        self.keep_reject(reject, timestamp, sink);
    }

    fn keep_reject(&mut self, reject: &Reject<'_>, timestamp: i64, sink: &mut dyn Sink) {
        sink.reject(reject);
        if reject.offset < self.rows_from {
            return;
        }
        self.lake.push_reject(RejectRow {
            source: Source { partition: reject.partition, offset: reject.offset, timestamp },
            reason: reject.reason.to_owned(),
            stage: reject.stage.to_owned(),
            topic: reject.topic.map(str::to_owned),
            message: reject.message.to_owned(),
            bytes: reject.bytes.to_vec(),
        });
    }

    /// The record's own row: a track, a record, or a reject.
    fn keep(&mut self, record: &Record, line: &[u8], disposition: Disposition, sink: &mut dyn Sink) {
        let type_name = record.body.type_name();
        let source = record.source;
        sink.record(type_name, disposition.outcome.name(), Some(source.timestamp));
        let fresh = source.offset >= self.rows_from;
        if let Some((code, message)) = &disposition.reject {
            let reject = Reject {
                reason: code,
                stage: "admission",
                topic: None,
                partition: self.number,
                offset: source.offset,
                timestamp: Some(source.timestamp),
                message,
                bytes: line,
            };
            self.keep_reject(&reject, source.timestamp, sink);
        } else if !fresh {
            // Published already.
        } else if let Some(row) = disposition.row {
            self.lake.push_track(source, row);
        } else {
            let heartbeat_time = match &record.body {
                Body::Heartbeat { heartbeat, .. } => Some(heartbeat.receive_time.unwrap_or(source.timestamp)),
                _ => None,
            };
            let journey = match &record.body {
                Body::Command(command) => command.action.journey().map(str::to_owned),
                _ => None,
            };
            self.lake.push_record(RecordRow {
                source,
                type_name: type_name.to_owned(),
                unit: record.body.unit().map(str::to_owned),
                journey,
                heartbeat_time,
                json: String::from_utf8_lossy(&wire::as_json(line, &record.body)).trim().to_owned(),
            });
        }
    }

    fn hand_on(&mut self, outputs: &mut Outputs, sink: &mut dyn Sink) {
        outputs.dispositions.clear();
        let mut found = Vec::new();
        let mut revisions = outputs.revisions.drain(..).peekable();
        for line in outputs.episodes.drain(..) {
            let at = line.source.offset;
            while let Some(revision) = revisions.next_if(|r| r.source.offset <= at) {
                let fresh = revision.source.offset >= self.rows_from;
                self.say(revision, fresh, sink);
            }
            // Whatever partition completed it: it is said with this one's record.
            sink.episode(line, &mut found);
            let fresh = at >= self.rows_from;
            found.drain(..).for_each(|revision| self.say(revision, fresh, sink));
        }
        for revision in revisions {
            let fresh = revision.source.offset >= self.rows_from;
            self.say(revision, fresh, sink);
        }
        for row in outputs.journeys.drain(..) {
            if row.source.offset >= self.rows_from {
                let mut declaration = Vec::new();
                wire::encode_declaration(&row.declaration, &mut declaration);
                self.lake.push_journey(row, text_of(declaration));
            }
        }
    }

    /// A revision, and its row where that is not published already.
    fn say(&mut self, revision: Revision, fresh: bool, sink: &mut dyn Sink) {
        sink.revision(&revision);
        if fresh {
            let mut evidence = Vec::new();
            wire::alert::encode_evidence(&revision.evidence, &mut evidence);
            self.lake.push_alert(revision, text_of(evidence));
        }
    }
}

/// What every row says of its making.
pub fn versions() -> Versions {
    Versions { decision: DECISION_VERSION, engine: env!("CARGO_PKG_VERSION").to_owned() }
}

/// JSON that was written here, as text.
pub fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

fn decode_heartbeat(line: &[u8]) -> Option<Heartbeat> {
    match wire::decode(line).ok()?.body {
        Body::Heartbeat { heartbeat, .. } => Some(heartbeat),
        _ => None,
    }
}

fn step_failure(error: StepError) -> Failure {
    Failure::new(ExitCode::Missing, anyhow::Error::new(error).context("deciding the log"))
}

/// A failure of the tables, with its exit code.
pub fn lake_failure(error: LakeError) -> Failure {
    let code = match &error {
        LakeError::OutputFull { .. } => ExitCode::OutputFull,
        LakeError::Unreadable { .. } | LakeError::Corrupt { .. } => ExitCode::Missing,
        LakeError::Unwritable { .. } => ExitCode::OutputFull,
        LakeError::Encode { .. } => ExitCode::Other,
    };
    Failure::new(code, anyhow::Error::new(error).context("writing the tables"))
}
