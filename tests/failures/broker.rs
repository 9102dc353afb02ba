//! The client of a process: what librdkafka and our port make of the broker, with requests and answers that get lost.

use std::time::Duration;

use kervan::delivery::{Committed, Fault, Membership, OffsetCommit, Outgoing, Transactions};
use kervan::pipeline::{Assignment, Batch, Broker, BrokerFault, Event, Waker};

use crate::cluster::{Alarm, Entry, Phase};
use crate::coordinator::{Refusal, Request};
use crate::faults::{Control, MS, Micros, SECOND, duration, times};
use crate::world::{Life, World};

/// Where the producer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Ready,
    Filling,
    /// Only an abort helps.
    Failed,
    Committing,
    Aborting,
    /// Only another producer helps.
    Dead,
}

/// See the module.
pub struct SimBroker {
    life: Life,
    slot: usize,
    epoch: u32,
    stage: Stage,
    /// Handed over and not yet acknowledged.
    queue: Vec<Outgoing>,
    /// The coordinator has heard of this transaction.
    touched: bool,
    /// For the control without a guard.
    claim: Option<Membership>,
}

/// What happens to a request on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Straight,
    /// Never arrives.
    Lost,
    /// Arrives; the answer does not.
    Unanswered,
    /// Is sent a second time; the first copy arrives much later.
    Twice,
}

impl SimBroker {
    /// A client that has a producer and has asked to join. Returns once the coordinator has answered.
    pub fn start(life: Life, slot: usize) -> SimBroker {
        let mut broker =
            SimBroker { life, slot, epoch: 0, stage: Stage::Dead, queue: Vec::new(), touched: false, claim: None };
        while broker.renew(duration(times::TRANSACTION)).is_err() {
            broker.life.pass(50 * MS);
        }
        broker.subscribe();
        broker
    }

    fn subscribe(&mut self) {
        let (pid, slot) = (self.life.pid, self.slot);
        self.life.call(MS, |w| w.cluster.subscribe(pid, slot, w.clock));
    }

    fn control(&self) -> Control {
        self.life.at(|w| w.faults.control)
    }

    fn way(&self) -> Way {
        self.life.at(|w| {
            let (lost, unanswered, twice) = (w.faults.lost_request, w.faults.lost_answer, w.faults.stray);
            if w.lot(lost) {
                Way::Lost
            } else if w.lot(unanswered) {
                Way::Unanswered
            } else if w.lot(twice) {
                Way::Twice
            } else {
                Way::Straight
            }
        })
    }

    /// One request with its answer, within `limit`.
    fn request<R>(
        &self,
        name: &str,
        limit: Duration,
        copy: Option<Request>,
        mut apply: impl FnMut(&mut World) -> Result<R, Refusal>,
    ) -> Result<R, Fault> {
        let limit = limit.as_micros() as Micros;
        let late = |what: &str| Fault::Retriable(format!("{name}: {what}"));
        let until = self.life.at(|w| w.clock) + limit;
        let way = self.way();
        if way != Way::Straight {
            self.life.at(|w| w.note(|| format!("#{} {name}: {way:?}", self.life.pid)));
        }
        if let (Some(copy), Way::Twice | Way::Lost) = (copy, way) {
            self.life.at(|w| {
                if way == Way::Twice || w.chance.percent(50) {
                    let at = w.clock + times::REQUEST + w.chance.within(1, 3 * SECOND as i64) as Micros;
                    w.cluster.alarm(at, Alarm::Stray(copy));
                }
            });
        }
        match way {
            Way::Straight => {}
            Way::Twice => self.life.pass(times::REQUEST),
            Way::Lost => {
                self.life.pass(limit);
                return Err(late("timed out"));
            }
            Way::Unanswered => {
                let _ = self.life.call(MS, |w| (w.cluster.away <= w.clock).then(|| apply(w)));
                self.life.pass(limit);
                return Err(late("timed out"));
            }
        }
        loop {
            let answer = self.life.call(MS, |w| (w.cluster.away <= w.clock).then(|| apply(w)));
            let (again, why) = match answer {
                Some(Ok(done)) => return Ok(done),
                Some(Err(Refusal::Concurrent)) => (20 * MS, "concurrent transactions"),
                Some(Err(refusal @ (Refusal::Fenced | Refusal::State))) => {
                    return Err(Fault::Fatal(format!("{name}: {refusal:?}")));
                }
                Some(Err(Refusal::Group(why))) => return Err(Fault::Stale(format!("{name}: {why:?}"))),
                None => (50 * MS, "no broker answers"),
            };
            if self.life.at(|w| w.clock) + again > until {
                return Err(late(why));
            }
            self.life.pass(again);
        }
    }

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
        self.request("OffsetFetch", limit, None, |w| {
            if !careless && partitions.iter().any(|&p| w.cluster.unstable(p)) {
                return Err(Refusal::Concurrent);
            }
            let found = partitions.iter().map(|&partition| {
                let known = w.cluster.group.committed.get(&partition);
                let metadata = known.map(|(_, metadata, _)| metadata.clone()).unwrap_or_default();
                Committed { partition, next: known.map(|(next, ..)| *next), metadata }
            });
            Ok(found.collect())
        })
    }
}

impl Broker for SimBroker {
    fn poll(&mut self, wait: Duration, room: usize, out: &mut Vec<Batch>) -> Result<Option<Event>, BrokerFault> {
        let pid = self.life.pid;
        let careless = self.control() == Control::LowWatermark;
        let found = self.life.call(300, |w| {
            let (now, away) = (w.clock, w.cluster.away > w.clock);
            let cluster = &mut w.cluster;
            let Some(client) = cluster.clients.get_mut(&pid) else { return Ok((None, false)) };
            client.last_poll = now;
            if let Some(message) = client.fatal.clone() {
                return Err(BrokerFault { exit: 4, message });
            }
            if let Some(event) = client.events.pop_front() {
                client.positions.clear();
                return Ok((Some(event), true));
            }
            let mut any = false;
            for (&partition, position) in client.positions.iter_mut().filter(|_| !away) {
                let log = &cluster.input[partition as usize];
                if *position < log.low {
                    if !careless {
                        let message = format!("partition {partition}: offset {position} is not there any more");
                        return Err(BrokerFault { exit: 4, message });
                    }
                    *position = log.low;
                }
                let mut batch = Batch::new(partition);
                while *position < log.high() && batch.len() < room {
                    if let Some(Entry { timestamp, key, value }) = &log.entries[*position as usize] {
                        batch.push(*position, *timestamp, key.as_deref(), value.as_deref());
                    }
                    *position += u64::from(room > 0);
                }
                if !batch.is_empty() {
                    any = true;
                    out.push(batch);
                }
            }
            Ok((None, any))
        })?;
        if let (Some(Event::Assigned(_)), true) = (&found.0, self.control() == Control::Guard) {
            self.claim = Some(Membership { member: "whoever".to_owned(), generation: 0, lost: false });
        }
        if !found.1 {
            self.life.pass((wait.as_micros() as Micros).max(100));
        }
        Ok(found.0)
    }

    fn assign(&mut self, from: &[Assignment]) -> Result<(), BrokerFault> {
        let pid = self.life.pid;
        self.life.call(200, |w| {
            if let Some(client) = w.cluster.clients.get_mut(&pid) {
                client.positions = from.iter().map(|a| (a.partition, a.from)).collect();
            }
        });
        Ok(())
    }

    fn unassign(&mut self) {
        let pid = self.life.pid;
        self.life.call(200, |w| {
            let now = w.clock;
            let Some(client) = w.cluster.clients.get_mut(&pid) else { return };
            client.positions.clear();
            if client.phase == Phase::Leaving {
                w.cluster.join(pid, now);
            }
        });
    }

    fn rejoin(&mut self) -> Result<(), BrokerFault> {
        self.subscribe();
        Ok(())
    }

    fn bounds(&mut self, partition: u32) -> Result<(u64, u64), Fault> {
        let careless = self.control() == Control::LowWatermark;
        self.request("ListOffsets", duration(times::REQUEST), None, |w| {
            let log = &w.cluster.input[partition as usize];
            Ok((if careless { 0 } else { log.low }, log.high()))
        })
    }

    fn high(&self, partition: u32) -> Option<u64> {
        Some(self.life.at(|w| w.cluster.input[partition as usize].high()))
    }

    fn tick(&mut self, partition: u32, time: i64) {
        self.life.at(|w| {
            if w.faults.ticks && w.cluster.away <= w.clock {
                let entry = Entry { timestamp: time, key: None, value: Some(b"tick".to_vec()) };
                w.cluster.input[partition as usize].entries.push(Some(entry));
            }
        });
    }

    fn status(&mut self, _partition: u32, _value: &[u8]) {}

    fn wall(&self) -> i64 {
        self.life.at(|w| wall(w.clock))
    }

    fn waker(&self) -> Waker {
        Box::new(|| {})
    }

    fn close(&mut self) {
        let pid = self.life.pid;
        self.life.call(200, |w| {
            if let Some(client) = w.cluster.clients.get_mut(&pid) {
                client.positions.clear();
                client.phase = Phase::Out;
            }
        });
    }
}

/// Wall time of the simulated clock, epoch milliseconds.
pub fn wall(clock: Micros) -> i64 {
    1_790_000_000_000 + (clock / MS) as i64
}
