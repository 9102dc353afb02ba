//! The transactional producer of a client: its states, as librdkafka keeps them.

use std::time::Duration;

use kervan::delivery::{Committed, Fault, Membership, OffsetCommit, Outgoing, Transactions};

use crate::broker::{SimBroker, Stage};
use crate::coordinator::{Refusal, Request};
use crate::faults::{Control, MS, SECOND, duration};
use crate::world::World;

impl SimBroker {
    /// What a fault makes of the transaction.
    fn after<R>(&mut self, answer: Result<R, Fault>) -> Result<R, Fault> {
        match &answer {
            Err(Fault::Fatal(_)) => self.stage = Stage::Dead,
            Err(Fault::Abortable(_) | Fault::Stale(_)) => self.stage = Stage::Failed,
            Ok(_) | Err(Fault::Retriable(_)) => {}
        }
        answer
    }

    fn wrong(&mut self, call: &str) -> Fault {
        let stage = std::mem::replace(&mut self.stage, Stage::Dead);
        Fault::Fatal(format!("{call} in the state {stage:?}"))
    }

    fn end(&mut self, commit: bool, limit: Duration) -> Result<(), Fault> {
        let (slot, epoch) = (self.slot, self.epoch);
        if self.touched {
            let copy = Request::End { slot, epoch, commit };
            let name = if commit { "EndTxn commit" } else { "EndTxn abort" };
            let answer = self.request(name, limit, Some(copy), |w| {
                let markers = w.latency(500);
                w.cluster.end(slot, epoch, commit, markers, w.clock)
            });
            self.after(answer)?;
        }
        self.stage = Stage::Ready;
        self.touched = false;
        Ok(())
    }
}

impl Transactions for SimBroker {
    fn now(&self) -> Duration {
        self.life.at(|w| {
            w.clock += 1;
            duration(w.clock)
        })
    }

    fn membership(&self) -> Membership {
        let true_one = self.life.at(|w| w.cluster.membership(self.life.pid));
        self.claim.clone().unwrap_or(true_one)
    }

    fn since_poll(&self) -> Duration {
        if self.claim.is_some() {
            return Duration::ZERO;
        }
        let pid = self.life.pid;
        self.life.at(|w| {
            let last = w.cluster.clients.get(&pid).map_or(0, |c| c.last_poll);
            duration(w.clock.saturating_sub(last))
        })
    }

    fn begin(&mut self) -> Result<(), Fault> {
        if self.stage != Stage::Ready {
            return Err(self.wrong("begin"));
        }
        self.stage = Stage::Filling;
        Ok(())
    }

    fn send(&mut self, record: &Outgoing) -> Result<(), Fault> {
        if self.stage != Stage::Filling {
            return Err(self.wrong("send"));
        }
        self.queue.push(record.clone());
        Ok(())
    }

    fn drain(&mut self, limit: Duration) -> Result<(), Fault> {
        if self.stage == Stage::Dead {
            return Err(self.wrong("drain"));
        }
        let (slot, epoch) = (self.slot, self.epoch);
        while !self.queue.is_empty() {
            // A produce request that gets lost is sent again by the client, in order and once: that is idempotence.
            let some = self.life.at(|w| w.chance.within(1, self.queue.len() as i64 + 1)) as usize;
            let part = &self.queue[..some];
            let answer = self.request("Produce", limit, None, |w| w.cluster.produce(slot, epoch, part, w.clock));
            match self.after(answer) {
                Ok(()) => {
                    self.touched = true;
                    self.queue.drain(..some);
                }
                // The answer is lost: whether it was written is not known, and the client says so by an abortable fault.
                Err(Fault::Retriable(why)) => {
                    self.touched = true;
                    self.stage = Stage::Failed;
                    self.queue.clear();
                    return Err(Fault::Abortable(why));
                }
                Err(fault) => return Err(fault),
            }
        }
        let refused = self.stage == Stage::Filling && self.life.at(|w| w.lot(w.faults.abortable));
        if refused {
            self.stage = Stage::Failed;
            return Err(Fault::Abortable("a message has timed out".to_owned()));
        }
        Ok(())
    }

    fn offsets(&mut self, offsets: &[OffsetCommit], limit: Duration) -> Result<(), Fault> {
        if self.stage != Stage::Filling || !self.queue.is_empty() {
            return Err(self.wrong("offsets"));
        }
        // As the member that we are now, whatever the guard was told.
        let Membership { member, generation, .. } = self.life.at(|w| w.cluster.membership(self.life.pid));
        let (slot, epoch) = (self.slot, self.epoch);
        let request = Request::Offsets { slot, epoch, member, generation, offsets: offsets.to_vec() };
        self.touched = true;
        let answer = self
            .request("TxnOffsetCommit", limit, Some(request.clone()), |w| w.cluster.send_offsets(&request, w.clock));
        self.after(answer)
    }

    fn commit(&mut self, limit: Duration) -> Result<(), Fault> {
        match self.stage {
            Stage::Filling | Stage::Committing => self.stage = Stage::Committing,
            Stage::Failed => return Err(Fault::Abortable("the transaction has failed before".to_owned())),
            _ => return Err(self.wrong("commit")),
        }
        let answer = self.end(true, limit);
        if self.control() == Control::UnknownCommit
            && let Err(Fault::Retriable(why)) = answer
        {
            self.stage = Stage::Ready;
            self.touched = false;
            return Err(Fault::Abortable(why));
        }
        answer
    }

    fn abort(&mut self, limit: Duration) -> Result<(), Fault> {
        match self.stage {
            Stage::Filling | Stage::Failed | Stage::Aborting => self.stage = Stage::Aborting,
            Stage::Ready if self.control() == Control::UnknownCommit => return Ok(()),
            _ => return Err(self.wrong("abort")),
        }
        self.queue.clear();
        self.end(false, limit)
    }

    fn renew(&mut self, limit: Duration) -> Result<(), Fault> {
        self.stage = Stage::Dead;
        self.queue.clear();
        let slot = self.slot;
        self.epoch = self.request("InitProducerId", limit, None, |w| w.cluster.init(slot, w.clock))?;
        self.stage = Stage::Ready;
        self.touched = false;
        Ok(())
    }

    fn committed(&mut self, partitions: &[u32], limit: Duration) -> Result<Vec<Committed>, Fault> {
        let careless = self.control() == Control::RequireStable;
        let dazed_until = *self.dazed_until.get_or_insert_with(|| {
            let back = |w: &mut World| w.cluster.away > 0 && w.clock < w.cluster.away + 2 * SECOND;
            self.life.at(|w| if w.faults.dazed && back(w) { w.clock + 100 * MS } else { 0 })
        });
        self.request("OffsetFetch", limit, None, |w| {
            if !careless && partitions.iter().any(|&p| w.cluster.unstable(p)) {
                return Err(Refusal::Concurrent);
            }
            let found = partitions.iter().map(|&partition| {
                // A coordinator that has just come back may not have read all of its log yet.
                let dazed = w.clock < dazed_until;
                let known = w.cluster.group.committed.get(&partition).filter(|_| !dazed);
                let metadata = known.map(|(_, metadata, _)| metadata.clone()).unwrap_or_default();
                Committed { partition, next: known.map(|(next, ..)| *next), metadata }
            });
            Ok(found.collect())
        })
    }
}
