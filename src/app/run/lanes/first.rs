//! The core of a partition of the log: a shard with its tables.

use std::sync::Arc;

use super::super::intake::Intake;
use super::super::parcel::ParcelSink;
use super::super::status;
use super::{Core, Shared, fault};
use crate::app::lane::{Lane, Run};
use crate::delivery::Parcel;
use crate::domain::rules::Rules;
use crate::domain::shard::{LoadError, Shard};
use crate::edge::lake::LakeWriter;
use crate::pipeline::{Batch, LaneFault};

/// See the module.
pub(super) struct LogCore {
    partition: u32,
    lane: Lane,
    intake: Intake,
}

impl LogCore {
    /// From a state, or from nothing.
    ///
    /// # Errors
    /// Where the state is damaged, or of another version.
    pub(super) fn new(
        partition: u32,
        partitions: u32,
        writer: LakeWriter,
        next: u64,
        state: Option<&[u8]>,
        rules: &[Arc<Rules>],
    ) -> Result<LogCore, LoadError> {
        let shard = match state {
            Some(state) => Shard::decode(state, rules)?,
            None => Shard::new(partition, rules),
        };
        let lane = Lane::new(shard, writer, partition, next);
        Ok(LogCore { partition, lane, intake: Intake::new(partition, partitions) })
    }
}

impl Core for LogCore {
    fn decide(&mut self, shared: &Shared, batch: &Batch, mute: u64, parcel: &mut Parcel) -> Result<(), LaneFault> {
        let mut sink = ParcelSink { parcel, batch, mute, topic: &shared.log.topic, counts: Vec::new() };
        let mut run = Run::default();
        for raw in batch.records() {
            if raw.offset < self.lane.next() {
                continue;
            }
            match self.intake.read(batch, raw) {
                Ok(record) => {
                    if let Some(hash) = self.intake.rulebook(&record) {
                        let rules = shared.shelf.get(hash).map_err(fault)?;
                        self.lane.learn(&rules);
                    }
                    run.push(record, batch.value(raw).unwrap_or_default());
                }
                Err(reason) => {
                    self.lane.step(&mut run, &mut sink).map_err(fault)?;
                    let reject = self.intake.reject(batch, raw, &reason, &shared.log.topic);
                    self.lane.reject(&reject, raw.timestamp, &mut sink);
                }
            }
        }
        self.lane.step(&mut run, &mut sink).map_err(fault)?;
        let rewinding = self.lane.shard().rewinding() as f64;
        metrics::gauge!("kervan_rewinds", "partition" => self.partition.to_string()).set(rewinding);
        Ok(())
    }

    fn next(&self) -> u64 {
        self.lane.next()
    }

    fn lake(&mut self) -> &mut LakeWriter {
        self.lane.lake()
    }

    fn rows(&self) -> usize {
        self.lane.rows()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.lane.shard().encode(out);
    }

    fn rulebooks(&self) -> Vec<String> {
        self.lane.shard().rulebooks()
    }

    fn status(&self) -> String {
        status::line(self.partition, self.lane.shard(), self.lane.next())
    }
}
