//! What must hold at every commit, checked against a single thread that reads the log from offset 0.
//!
//! The numbers are those of DELIVERY, 6.1: I1 rows once, I2 outputs once and in order, I3 C never goes back, K <= C and its
//! checkpoint is there, I5 the same bytes, I6 nothing is published that was not committed.

use std::collections::BTreeMap;

use kervan::delivery::{Channel, OffsetCommit, Outgoing, Pointer};

use crate::cluster::{Entry, InputPartition};
use crate::disk::Disk;
use crate::world::World;

/// What deciding must come to, and how to read what a lane leaves behind.
pub trait Truth: Send {
    /// The outputs of the next record of a partition.
    fn outputs(&mut self, partition: u32, offset: u64, entry: &Entry) -> Vec<Outgoing>;
    /// The record that an output comes from.
    fn source(&self, record: &Outgoing) -> Option<(u32, u64)>;
    /// Whether what a committed pointer names is there, for good.
    fn pointer(&self, disk: &Disk, pointer: &Pointer) -> Result<(), String>;
    /// W: the rows published are those of the offsets below it, each once.
    fn published(&mut self, disk: &Disk, partition: u32) -> Result<u64, String>;
}

/// One partition.
#[derive(Default)]
struct Account {
    /// Offset up to which the truth has read.
    read: u64,
    outputs: BTreeMap<Channel, Vec<(u64, Outgoing)>>,
    /// Number of outputs seen by a `read_committed` reader, and the place of the last.
    seen: BTreeMap<Channel, (usize, Option<usize>)>,
    committed: u64,
    checkpoint: u64,
}

/// See the module.
pub struct Audit {
    truth: Box<dyn Truth>,
    accounts: BTreeMap<u32, Account>,
    /// What did not hold.
    pub violations: Vec<String>,
    /// Commits that were looked at.
    pub commits: u64,
    /// Outputs that were looked at.
    pub seen: u64,
}

impl Audit {
    /// Nothing seen yet.
    pub fn new(truth: Box<dyn Truth>) -> Audit {
        Audit { truth, accounts: BTreeMap::new(), violations: Vec::new(), commits: 0, seen: 0 }
    }

    fn read_on(&mut self, partition: u32, log: &InputPartition) {
        let account = self.accounts.entry(partition).or_default();
        for offset in account.read..log.high() {
            if let Some(entry) = &log.entries[offset as usize] {
                for record in self.truth.outputs(partition, offset, entry) {
                    account.outputs.entry(record.channel).or_default().push((offset, record));
                }
            }
        }
        account.read = log.high();
    }

    /// An output has become visible.
    fn visible(&mut self, place: usize, record: &Outgoing, input: &[InputPartition]) -> Result<u32, String> {
        self.seen += 1;
        let (partition, offset) = self.truth.source(record).ok_or("an output names no source")?;
        let log = input.get(partition as usize).ok_or("an output names a partition that is not there")?;
        self.read_on(partition, log);
        let account = self.accounts.entry(partition).or_default();
        let (count, last) = account.seen.entry(record.channel).or_default();
        let expected = account.outputs.get(&record.channel).and_then(|all| all.get(*count));
        let number = *count;
        *count += 1;
        if last.is_some_and(|last| place < last) {
            return Err(format!("I2: output {number} of partition {partition} stands before the one it follows"));
        }
        *last = Some(place);
        match expected {
            Some((_, expected)) if expected == record => Ok(partition),
            Some((at, _)) => Err(format!(
                "I2: output {number} of partition {partition} on {:?} should be of record {at} and is of record {offset}",
                record.channel
            )),
            None => Err(format!("I2: output {number} of partition {partition}, of record {offset}, should not be")),
        }
    }

    /// An offset has been committed.
    fn moved(&mut self, offset: &OffsetCommit, disk: &Disk, log: &InputPartition) -> Result<(), String> {
        let (partition, next) = (offset.partition, offset.next);
        self.read_on(partition, log);
        let account = self.accounts.entry(partition).or_default();
        let was = std::mem::replace(&mut account.committed, next);
        if next < was {
            return Err(format!("I3: C of partition {partition} goes back from {was} to {next}"));
        }
        let pointer = match Pointer::parse(&offset.metadata) {
            Ok(Some(pointer)) => pointer,
            other => return Err(format!("I3: beside C of partition {partition} stands {other:?}")),
        };
        if pointer.next > next {
            return Err(format!("I3: K {} of partition {partition} is ahead of C {next}", pointer.next));
        }
        if pointer.next < account.checkpoint {
            return Err(format!("I3: K of partition {partition} goes back to {}", pointer.next));
        }
        account.checkpoint = pointer.next;
        self.truth.pointer(disk, &pointer).map_err(|why| format!("I3: {pointer} of partition {partition}: {why}"))
    }

    /// Everything before C is visible, nothing after it.
    fn complete(&self, partition: u32) -> Result<(), String> {
        let Some(account) = self.accounts.get(&partition) else { return Ok(()) };
        for (channel, outputs) in &account.outputs {
            let expected = outputs.partition_point(|(offset, _)| *offset < account.committed);
            let seen = account.seen.get(channel).map_or(0, |(count, _)| *count);
            if seen != expected {
                let committed = account.committed;
                return Err(format!(
                    "I2: {seen} outputs of partition {partition} on {channel:?} are visible at C = {committed}, not {expected}"
                ));
            }
        }
        Ok(())
    }

    /// Nothing is published that was not committed; what is published is right. Returns W.
    pub fn published(&mut self, partition: u32, disk: &Disk, log: &InputPartition) -> Option<u64> {
        self.read_on(partition, log);
        let checkpoint = self.accounts.get(&partition).map_or(0, |a| a.checkpoint);
        let answer = self.truth.published(disk, partition);
        match answer {
            Ok(w) if w > checkpoint => {
                self.violations
                    .push(format!("I6: rows of partition {partition} up to {w} are published, K is {checkpoint}"));
                None
            }
            Ok(w) => Some(w),
            Err(why) => {
                self.violations.push(format!("I1: partition {partition}: {why}"));
                None
            }
        }
    }
}

impl World {
    /// A transaction has been committed.
    pub fn audit_commit(&mut self, records: &[(Channel, usize)], moved: &[OffsetCommit]) {
        let before = self.audit.violations.len();
        let World { audit, cluster, disk, .. } = self;
        audit.commits += 1;
        let mut touched: Vec<u32> = moved.iter().map(|o| o.partition).collect();
        let mut violations = Vec::new();
        for &(channel, place) in records {
            if let Some(record) = cluster.output.get(&channel).and_then(|topic| topic.get(place)) {
                match audit.visible(place, record, &cluster.input) {
                    Ok(partition) => touched.push(partition),
                    Err(why) => violations.push(why),
                }
            }
        }
        for offset in moved {
            let log = &cluster.input[offset.partition as usize];
            violations.extend(audit.moved(offset, disk, log).err());
        }
        touched.sort_unstable();
        touched.dedup();
        for partition in touched {
            violations.extend(audit.complete(partition).err());
            audit.published(partition, disk, &cluster.input[partition as usize]);
        }
        audit.violations.append(&mut violations);
        let found = self.audit.violations[before..].join("; ");
        if !found.is_empty() {
            self.note(|| format!("VIOLATION {found}"));
        }
    }
}
