//! Records to shards, a partition each, in batches, and what they tell to the second stage; whoever listens hears records
//! and outputs of both together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::memory::Memory;
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::domain::output::Outputs;
use crate::domain::record::Record;
use crate::domain::rules::Rules;
use crate::domain::second::Second;
use crate::domain::shard::{Retracing, Shard};

/// Records that are decided together.
const BATCH: usize = 4_096;

/// Hears a batch and what came of it; of the end of the log, no records.
pub type Hear<'h> = &'h mut dyn FnMut(&[Record], &Outputs);

/// A log being decided.
pub struct Decision {
    rulebooks: Vec<Arc<Rules>>,
    partitions: BTreeMap<u32, Partition>,
    second: Second,
    batch: usize,
}

struct Partition {
    shard: Shard,
    memory: Memory,
    waiting: Vec<Record>,
}

impl Partition {
    fn step(&mut self, second: &mut Second, hear: Hear<'_>) -> Result<(), Failure> {
        let mut outputs = Outputs::default();
        let decided = self.shard.step(&self.waiting, &mut self.memory, &mut outputs);
        decided.or_fail(ExitCode::Missing, || "deciding the log in memory".to_owned())?;
        for (record, disposition) in self.waiting.iter().zip(&outputs.dispositions) {
            self.memory.keep(record, disposition);
        }
        second.step(outputs.episodes.drain(..), &mut outputs.revisions);
        hear(&self.waiting, &outputs);
        self.waiting.clear();
        Ok(())
    }
}

impl Decision {
    /// Nothing decided yet; the first rulebook rules from the start.
    pub fn new(rulebooks: Vec<Arc<Rules>>) -> Decision {
        let second = Second::new(&rulebooks);
        Decision { rulebooks, partitions: BTreeMap::new(), second, batch: BATCH }
    }

    /// The same, each record decided as soon as it is taken: for who answers alerts with records of the same log.
    pub fn one_by_one(rulebooks: Vec<Arc<Rules>>) -> Decision {
        Decision { batch: 1, ..Decision::new(rulebooks) }
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// Exit 3 where a record names a rulebook that was not given.
    pub fn take(&mut self, record: Record, hear: Hear<'_>) -> Result<(), Failure> {
        let number = record.source.partition;
        let rulebooks = &self.rulebooks;
        let partition = self.partitions.entry(number).or_insert_with(|| Partition {
            shard: Shard::new(number, rulebooks),
            memory: Memory::default(),
            waiting: Vec::with_capacity(self.batch),
        });
        partition.waiting.push(record);
        if partition.waiting.len() >= self.batch { partition.step(&mut self.second, hear) } else { Ok(()) }
    }

    /// The end of the log.
    ///
    /// # Errors
    /// As [`Decision::take`].
    pub fn finish(&mut self, hear: Hear<'_>) -> Result<(), Failure> {
        for partition in self.partitions.values_mut() {
            partition.step(&mut self.second, hear)?;
            let mut outputs = Outputs::default();
            let ended = partition.shard.finish(&mut partition.memory, &mut outputs);
            ended.or_fail(ExitCode::Missing, || "deciding the end of the log".to_owned())?;
            self.second.step(outputs.episodes.drain(..), &mut outputs.revisions);
            hear(&[], &outputs);
        }
        let mut outputs = Outputs::default();
        self.second.finish(&mut outputs.revisions);
        hear(&[], &outputs);
        Ok(())
    }

    /// A journey once more in event order, with its reckoning; `None` where no partition holds it.
    ///
    /// # Errors
    /// Exit 3 where its past cannot be read.
    pub fn retrace(&mut self, journey: &str) -> Result<Option<Retracing>, Failure> {
        for partition in self.partitions.values_mut() {
            let found = partition.shard.retrace(journey, &mut partition.memory);
            if let Some(found) = found.or_fail(ExitCode::Missing, || format!("retracing journey {journey}"))? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
