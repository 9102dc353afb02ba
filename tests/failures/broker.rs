//! The client of a process: what librdkafka and our port make of the broker, with requests and answers that get lost.

use std::time::Duration;

use kervan::delivery::{Fault, Membership, Outgoing, Transactions};
use kervan::pipeline::{Assignment, Batch, Broker, BrokerFault, Event, Waker};

use crate::cluster::{Alarm, Entry, Phase};
use crate::coordinator::{Refusal, Request};
use crate::faults::{Control, MS, Micros, SECOND, duration, times};
use crate::world::{Life, World};

/// Where the producer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
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
    pub life: Life,
    pub slot: usize,
    pub epoch: u32,
    pub stage: Stage,
    /// Handed over and not yet acknowledged.
    pub queue: Vec<Outgoing>,
    /// The coordinator has heard of this transaction.
    pub touched: bool,
    /// Until then it is told that nothing was ever committed; known once it has asked.
    pub dazed_until: Option<Micros>,
    /// For the control without a guard.
    pub claim: Option<Membership>,
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
        let mut broker = SimBroker {
            life,
            slot,
            epoch: 0,
            stage: Stage::Dead,
            queue: Vec::new(),
            touched: false,
            dazed_until: None,
            claim: None,
        };
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

    pub fn control(&self) -> Control {
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
    pub fn request<R>(
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
