//! Outputs and offsets that wait for the next commit.
//!
//! A shipment is everything that waits, of all partitions. It stays in the hands of the caller until its outcome is known:
//! then it is either [`Outbox::settle`]d or sent again, the same bytes in the same order. What belongs to a partition
//! that was taken away is cut out; its new owner derives it again.

use std::collections::BTreeMap;

use super::pointer::Pointer;
use super::transaction::OffsetCommit;

/// Where an output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Alerts, keyed by unit.
    Alerts,
    /// The same alerts, keyed by alert, compacted.
    Latest,
    /// What could not be read.
    Rejects,
    /// What the second stage reads.
    Episodes,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub channel: Channel,
    /// Key; `None` for none.
    pub key: Option<Vec<u8>>,
    /// Value.
    pub value: Vec<u8>,
    /// A partition of the target, where the key does not decide it.
    pub partition: Option<u32>,
    /// Headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Outgoing {
    /// Bytes that it holds in memory, roughly.
    pub fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        64 + self.key.as_ref().map_or(0, Vec::len) + self.value.len() + headers
    }
}

/// What deciding a batch of one partition has left to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    /// Outputs in their final order.
    pub records: Vec<Outgoing>,
    /// First offset that it does not cover.
    pub next: u64,
}

#[derive(Debug)]
struct Pending {
    records: Vec<Outgoing>,
    /// C once everything here is committed.
    next: u64,
    committed: u64,
    /// What the next commit names.
    pointer: Pointer,
    /// `pointer` has not been committed yet.
    fresh: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Outbox {
    partitions: BTreeMap<u32, Pending>,
    bytes: usize,
}

/// Everything that one transaction commits.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Shipment {
    /// Outputs by partition of the log, each in its order.
    pub records: Vec<(u32, Vec<Outgoing>)>,
    /// Offsets with their pointers.
    pub offsets: Vec<OffsetCommit>,
    /// Partitions whose pointer is a new one.
    pub fresh: Vec<u32>,
}

impl Shipment {
    /// Number of outputs.
    pub fn len(&self) -> usize {
        self.records.iter().map(|(_, records)| records.len()).sum()
    }

    /// Whether it has no outputs (it may still have offsets).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Without the partitions that `keep` refuses.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.records.retain(|(p, _)| keep(*p));
        self.offsets.retain(|o| keep(o.partition));
        self.fresh.retain(|p| keep(*p));
    }
}

impl Outbox {
    /// Takes a partition over: `committed` is its C, `pointer` what stands beside it, or (`fresh`) what shall.
    pub fn open(&mut self, partition: u32, committed: u64, pointer: Pointer, fresh: bool) {
        self.close(partition);
        let pending = Pending { records: Vec::new(), next: committed, committed, pointer, fresh };
        self.partitions.insert(partition, pending);
    }

    /// Gives a partition up with all that waits for it.
    pub fn close(&mut self, partition: u32) {
        if let Some(gone) = self.partitions.remove(&partition) {
            self.bytes -= gone.records.iter().map(Outgoing::bytes).sum::<usize>();
        }
    }

    /// Adds what was decided. During a replay `next` may lie below C: C never goes back.
    pub fn add(&mut self, partition: u32, parcel: Parcel) {
        let Some(pending) = self.partitions.get_mut(&partition) else { return };
        self.bytes += parcel.records.iter().map(Outgoing::bytes).sum::<usize>();
        pending.records.extend(parcel.records);
        pending.next = pending.next.max(parcel.next);
    }

    /// A checkpoint has become durable: the next commit names it.
    pub fn stage(&mut self, partition: u32, pointer: Pointer) {
        if let Some(pending) = self.partitions.get_mut(&partition) {
            pending.pointer = pointer;
            pending.fresh = true;
        }
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether outputs or checkpoints wait.
    pub fn urgent(&self) -> bool {
        self.partitions.values().any(|p| !p.records.is_empty() || p.fresh)
    }

    /// Whether offsets wait.
    pub fn behind(&self) -> bool {
        self.partitions.values().any(|p| p.next > p.committed)
    }

    /// C of a partition.
    pub fn committed(&self, partition: u32) -> Option<u64> {
        self.partitions.get(&partition).map(|p| p.committed)
    }

    /// Takes everything that waits.
    pub fn shipment(&mut self) -> Shipment {
        let mut shipment = Shipment::default();
        for (&partition, pending) in &mut self.partitions {
            if pending.records.is_empty() && !pending.fresh && pending.next == pending.committed {
                continue;
            }
            if !pending.records.is_empty() {
                shipment.records.push((partition, std::mem::take(&mut pending.records)));
            }
            if pending.fresh {
                shipment.fresh.push(partition);
                pending.fresh = false;
            }
            let metadata = pending.pointer.to_string();
            shipment.offsets.push(OffsetCommit { partition, next: pending.next, metadata });
        }
        self.bytes = 0;
        shipment
    }

    /// The shipment was committed: C moves; returned are the pointers that have become true.
    pub fn settle(&mut self, shipment: &Shipment) -> Vec<(u32, Pointer)> {
        let mut published = Vec::new();
        for offset in &shipment.offsets {
            let Some(pending) = self.partitions.get_mut(&offset.partition) else { continue };
            pending.committed = pending.committed.max(offset.next);
            if shipment.fresh.contains(&offset.partition)
                && let Ok(Some(pointer)) = Pointer::parse(&offset.metadata)
            {
                published.push((offset.partition, pointer));
            }
        }
        published
    }

    /// The shipment was not committed: it waits again, before all that has come since.
    pub fn put_back(&mut self, shipment: Shipment) {
        for (partition, mut records) in shipment.records {
            let Some(pending) = self.partitions.get_mut(&partition) else { continue };
            self.bytes += records.iter().map(Outgoing::bytes).sum::<usize>();
            records.append(&mut pending.records);
            pending.records = records;
        }
        for partition in shipment.fresh {
            if let Some(pending) = self.partitions.get_mut(&partition) {
                pending.fresh = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(next: u64) -> Pointer {
        Pointer { next, checkpoint: format!("p000/{next}.ckpt"), hash: "0123456789abcdef".to_owned() }
    }

    fn parcel(values: &[&str], next: u64) -> Parcel {
        let records = values
            .iter()
            .map(|v| Outgoing {
                channel: Channel::Alerts,
                key: None,
                value: v.as_bytes().to_vec(),
                partition: None,
                headers: Vec::new(),
            })
            .collect();
        Parcel { records, next }
    }

    fn values(shipment: &Shipment) -> Vec<String> {
        let all = shipment.records.iter().flat_map(|(_, records)| records);
        all.map(|r| String::from_utf8_lossy(&r.value).into_owned()).collect()
    }

    #[test]
    fn what_is_put_back_goes_first() {
        let mut outbox = Outbox::default();
        outbox.open(0, 10, pointer(10), true);
        outbox.add(0, parcel(&["a", "b"], 12));
        let first = outbox.shipment();
        assert_eq!(outbox.bytes(), 0);
        outbox.add(0, parcel(&["c"], 13));
        outbox.put_back(first);
        let again = outbox.shipment();
        assert_eq!(values(&again), ["a", "b", "c"]);
        assert_eq!(again.offsets[0].next, 13);
        assert_eq!(outbox.settle(&again), [(0, pointer(10))]);
        assert_eq!(outbox.committed(0), Some(13));
        assert!(!outbox.urgent() && !outbox.behind());
    }

    #[test]
    fn every_commit_repeats_the_pointer_and_c_never_goes_back() {
        let mut outbox = Outbox::default();
        outbox.open(4, 100, pointer(80), false);
        outbox.add(4, parcel(&[], 90));
        assert!(!outbox.behind(), "a replay below C commits nothing");
        outbox.add(4, parcel(&["x"], 101));
        let shipment = outbox.shipment();
        assert_eq!(shipment.offsets, [OffsetCommit { partition: 4, next: 101, metadata: pointer(80).to_string() }]);
        assert_eq!(outbox.settle(&shipment), []);
    }

    #[test]
    fn what_was_taken_away_is_cut_out() {
        let mut outbox = Outbox::default();
        outbox.open(0, 0, pointer(0), false);
        outbox.open(1, 0, pointer(0), false);
        outbox.add(0, parcel(&["a"], 1));
        outbox.add(1, parcel(&["b"], 1));
        let mut shipment = outbox.shipment();
        outbox.close(0);
        shipment.retain(|p| p == 1);
        assert_eq!(values(&shipment), ["b"]);
        outbox.put_back(shipment);
        assert_eq!(values(&outbox.shipment()), ["b"]);
    }
}
