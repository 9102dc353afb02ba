//! The coordinator of transactions: epochs, fencing, time-outs, markers, and offsets that wait for them.
//!
//! It speaks the protocol before KIP-890, as librdkafka does: nothing tells the end of one transaction from that of the next
//! with the same epoch, so a copy that comes late ends whatever is open (KAFKA-17754).

use kervan::delivery::{OffsetCommit, Outgoing};

use crate::cluster::{Alarm, Cluster};
use crate::faults::{MS, Micros, times};
use crate::group::Refused;
use crate::world::World;

/// Offsets in an open transaction, with their places in the broker's own log.
type Pending = Vec<(OffsetCommit, u64)>;

/// An open transaction.
#[derive(Debug, Default)]
pub struct Open {
    records: Vec<(kervan::delivery::Channel, usize)>,
    offsets: Pending,
    serial: u64,
}

/// A transactional id.
#[derive(Debug, Default)]
pub struct Producer {
    epoch: u32,
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Empty,
    Ongoing(Open),
    /// The decision is written, the markers are not.
    Completing(Open, bool),
    Ended(bool),
}

/// Why the coordinator refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A newer producer has the id.
    Fenced,
    /// There is nothing of the kind to end.
    State,
    /// Markers are being written: a moment.
    Concurrent,
    /// The group refuses.
    Group(Refused),
}

/// A request of which a copy may arrive late.
#[derive(Clone, Debug)]
pub enum Request {
    /// `EndTxn`.
    End {
        /// Transactional id.
        slot: usize,
        /// Epoch.
        epoch: u32,
        /// Commit or abort.
        commit: bool,
    },
    /// `TxnOffsetCommit`.
    Offsets {
        /// Transactional id.
        slot: usize,
        /// Epoch.
        epoch: u32,
        /// Member.
        member: String,
        /// Generation.
        generation: i32,
        /// What.
        offsets: Vec<OffsetCommit>,
    },
}

impl Cluster {
    /// `InitProducerId`: ends what is open and returns the new epoch.
    pub fn init(&mut self, slot: usize, now: Micros) -> Result<u32, Refusal> {
        let producer = self.producers.entry(slot).or_default();
        match std::mem::take(&mut producer.state) {
            State::Completing(open, commit) => {
                producer.state = State::Completing(open, commit);
                Err(Refusal::Concurrent)
            }
            State::Ongoing(open) => {
                // It fences first, then aborts; the caller comes again for its own epoch.
                producer.epoch += 1;
                producer.state = State::Completing(open, false);
                self.alarm(now + MS, Alarm::Complete(slot));
                Err(Refusal::Concurrent)
            }
            State::Empty | State::Ended(_) => {
                producer.epoch += 1;
                Ok(producer.epoch)
            }
        }
    }

    /// The open transaction of a producer, begun where there is none.
    fn open(&mut self, slot: usize, epoch: u32, now: Micros) -> Result<&mut Open, Refusal> {
        let (serial, deadline) = (self.unique(), now + times::TRANSACTION);
        let producer = self.producers.entry(slot).or_default();
        if producer.epoch != epoch {
            return Err(Refusal::Fenced);
        }
        match &producer.state {
            State::Completing(..) => return Err(Refusal::Concurrent),
            State::Ongoing(_) => {}
            State::Empty | State::Ended(_) => {
                producer.state = State::Ongoing(Open { serial, ..Open::default() });
                self.alarm(deadline, Alarm::Overdue(slot, serial));
            }
        }
        match &mut self.producers.entry(slot).or_default().state {
            State::Ongoing(open) => Ok(open),
            _ => Err(Refusal::State),
        }
    }

    /// `AddPartitionsToTxn` and `Produce`.
    pub fn produce(&mut self, slot: usize, epoch: u32, records: &[Outgoing], now: Micros) -> Result<(), Refusal> {
        self.open(slot, epoch, now)?;
        let mut places = Vec::new();
        for record in records {
            let topic = self.output.entry(record.channel).or_default();
            places.push((record.channel, topic.len()));
            topic.push(record.clone());
        }
        self.open(slot, epoch, now)?.records.extend(places);
        Ok(())
    }

    /// `AddOffsetsToTxn` and `TxnOffsetCommit`.
    pub fn send_offsets(&mut self, request: &Request, now: Micros) -> Result<(), Refusal> {
        let Request::Offsets { slot, epoch, member, generation, offsets } = request else { return Err(Refusal::State) };
        self.open(*slot, *epoch, now)?;
        self.group.check(*slot, member, *generation).map_err(Refusal::Group)?;
        let place = self.unique();
        let open = self.open(*slot, *epoch, now)?;
        open.offsets.extend(offsets.iter().map(|o| (o.clone(), place)));
        Ok(())
    }

    /// `EndTxn`.
    pub fn end(&mut self, slot: usize, epoch: u32, commit: bool, markers: Micros, now: Micros) -> Result<(), Refusal> {
        let producer = self.producers.entry(slot).or_default();
        if producer.epoch != epoch {
            return Err(Refusal::Fenced);
        }
        match std::mem::take(&mut producer.state) {
            State::Ongoing(open) => {
                producer.state = State::Completing(open, commit);
                self.alarm(now + markers, Alarm::Complete(slot));
                Ok(())
            }
            State::Completing(open, decided) => {
                producer.state = State::Completing(open, decided);
                if decided == commit { Err(Refusal::Concurrent) } else { Err(Refusal::State) }
            }
            State::Ended(decided) => {
                producer.state = State::Ended(decided);
                if decided == commit { Ok(()) } else { Err(Refusal::State) }
            }
            State::Empty => Err(Refusal::State),
        }
    }

    /// What was believed lost arrives after all. A commit of offsets is verified against the coordinator (as brokers do
    /// since 3.6): it passes only into a transaction that has offsets already.
    pub fn stray(&mut self, request: &Request, now: Micros) -> Result<(), Refusal> {
        match request {
            Request::End { slot, epoch, commit } => self.end(*slot, *epoch, *commit, MS, now),
            Request::Offsets { slot, epoch, .. } => {
                let verified = match self.producers.get(slot) {
                    Some(Producer { epoch: now, state: State::Ongoing(open) }) => {
                        now == epoch && !open.offsets.is_empty()
                    }
                    _ => false,
                };
                if verified { self.send_offsets(request, now) } else { Err(Refusal::State) }
            }
        }
    }

    /// A transaction that was open for too long is aborted, and its producer fenced. Returns whether it was.
    pub fn overdue(&mut self, slot: usize, serial: u64, now: Micros) -> bool {
        let producer = self.producers.entry(slot).or_default();
        if !matches!(&producer.state, State::Ongoing(open) if open.serial == serial) {
            return false;
        }
        producer.epoch += 1;
        if let State::Ongoing(open) = std::mem::take(&mut producer.state) {
            producer.state = State::Completing(open, false);
            self.alarm(now + MS, Alarm::Complete(slot));
        }
        true
    }

    /// Whether offsets of a partition are in a transaction that has not ended (`UNSTABLE_OFFSET_COMMIT`).
    pub fn unstable(&self, partition: u32) -> bool {
        self.producers.values().any(|producer| match &producer.state {
            State::Ongoing(open) | State::Completing(open, _) => {
                open.offsets.iter().any(|(o, _)| o.partition == partition)
            }
            State::Empty | State::Ended(_) => false,
        })
    }

    /// Whether any transaction is open.
    pub fn anything_open(&self) -> bool {
        self.producers.values().any(|p| matches!(p.state, State::Ongoing(_) | State::Completing(..)))
    }
}

impl World {
    /// Markers are written: of a commit records become visible, and offsets count.
    pub fn complete(&mut self, slot: usize) {
        let producer = self.cluster.producers.entry(slot).or_default();
        let (open, commit) = match std::mem::take(&mut producer.state) {
            State::Completing(open, commit) => (open, commit),
            other => {
                producer.state = other;
                return;
            }
        };
        producer.state = State::Ended(commit);
        self.note(|| {
            let offsets: Vec<_> = open.offsets.iter().map(|(o, _)| (o.partition, o.next)).collect();
            format!(
                "slot {slot} {}: {} records, {offsets:?}",
                if commit { "commits" } else { "aborts" },
                open.records.len()
            )
        });
        if !commit {
            return;
        }
        let mut moved = Vec::new();
        for (offset, place) in open.offsets {
            let committed = &mut self.cluster.group.committed;
            // Of two commits the one that stands later in the broker's log counts, whichever ends later.
            if committed.get(&offset.partition).is_none_or(|(_, _, before)| place > *before) {
                committed.insert(offset.partition, (offset.next, offset.metadata.clone(), place));
                moved.push(offset);
            }
        }
        self.audit_commit(&open.records, &moved);
    }
}
