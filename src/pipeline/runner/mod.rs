//! The loop: feeding, checkpoints, commits; beside it `takeover` of partitions and `handover`.

mod handover;
mod takeover;

use std::collections::BTreeMap;
use std::time::Duration;

use super::batch::Batch;
use super::crew::{Answer, Crew, Task};
use super::ports::{Broker, BrokerFault, Event, Watch};
use super::settling::Settling;
use crate::delivery::transaction::Limits;
use crate::delivery::{Fault, Guard, Outbox, Pointer, Shipped, Tempo, ship};

/// Times and limits of the loop.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// Shortest time between two commits.
    pub commit_every: Duration,
    /// Longest time for which an offset without outputs waits.
    pub commit_idle: Duration,
    /// Time between two checkpoints of a partition.
    pub checkpoint_every: Duration,
    /// Time between two ticks and two statuses of a partition; zero for none.
    pub tick_every: Duration,
    /// Records taken from the broker at once.
    pub batch_records: usize,
    /// Outputs in memory above which reading pauses.
    pub outbox_bytes: usize,
    /// Rows in memory of one partition above which reading pauses; a checkpoint is due at half of it.
    pub rows: usize,
    /// The client's `max.poll.interval.ms`.
    pub max_poll: Duration,
    /// Longest time a committed offset may stay hidden behind a transaction of somebody dead.
    pub stable_within: Duration,
    /// Limits of transactions.
    pub limits: Limits,
}

/// Why the loop ended in failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Exit code (FORMATS, section 5).
    pub exit: u8,
    /// What was being done to what, and what to do next.
    pub message: String,
}

impl From<BrokerFault> for Stop {
    fn from(fault: BrokerFault) -> Stop {
        Stop { exit: fault.exit, message: fault.message }
    }
}

/// How an orderly end went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// K = C for every partition.
    Clean,
    /// The broker did not answer in time; the next start replays from the last checkpoint.
    Unfinished,
}

/// A partition of ours.
struct Ours {
    /// Checkpoints are due at such a distance from whole intervals: each partition has a time of its own.
    phase: Duration,
    next_stage: Duration,
    /// A checkpoint is being written, or waits for its commit or its publication.
    staging: bool,
    /// A publication that found the disk full.
    retry: Option<(Duration, Option<Pointer>)>,
    /// Another checkpoint is due as soon as the one under way is published: the last one.
    again: bool,
    rows: usize,
    /// First offset that has not been decided.
    next: u64,
}

/// See the module.
pub struct Runner<B: Broker, C: Crew, W: Watch> {
    broker: B,
    crew: C,
    watch: W,
    tuning: Tuning,
    outbox: Outbox,
    tempo: Tempo,
    guard: Option<Guard>,
    ours: BTreeMap<u32, Ours>,
    settling: Option<Settling>,
    inbox: Vec<Batch>,
    next_tick: Duration,
    ticket: u64,
    /// Why reading pauses.
    pausing: Option<String>,
}

/// The next time in phase that is half an interval away at least: whatever brought checkpoints together (a first one, a
/// disk that was full), they come apart again.
fn next_in_phase(now: Duration, phase: Duration, every: Duration) -> Duration {
    let since = (now + every / 2).saturating_sub(phase);
    let begun = since.as_nanos().checked_div(every.as_nanos()).unwrap_or(0) as u32;
    phase + every * (begun + 1)
}

/// Longest wait for records or events.
const IDLE: Duration = Duration::from_millis(20);

/// How long a full disk is left alone.
const FULL_PAUSE: Duration = Duration::from_secs(1);

impl<B: Broker, C: Crew, W: Watch> Runner<B, C, W> {
    /// A loop that has not joined yet.
    pub fn new(broker: B, crew: C, watch: W, tuning: Tuning) -> Runner<B, C, W> {
        let tempo = Tempo::new(tuning.commit_every, tuning.commit_idle);
        Runner {
            broker,
            crew,
            watch,
            tuning,
            outbox: Outbox::default(),
            tempo,
            guard: None,
            ours: BTreeMap::new(),
            settling: None,
            inbox: Vec::new(),
            next_tick: Duration::ZERO,
            ticket: 0,
            pausing: None,
        }
    }

    /// One turn of the loop.
    ///
    /// # Errors
    /// Where the process must end: the guarantee cannot be kept, or something is missing.
    pub fn turn(&mut self) -> Result<(), Stop> {
        self.poll()?;
        self.feed();
        self.listen(false)?;
        let now = self.broker.now();
        self.tick(now);
        self.stage(now);
        self.settle(now)?;
        self.commit(now)?;
        self.watch.queues(self.crew.waiting(), self.outbox.bytes());
        let (broker, ours) = (&self.broker, &self.ours);
        self.watch.turn(&|| {
            let lag = |(p, o): (&u32, &Ours)| broker.high(*p).map(|high| (*p, high.saturating_sub(o.next)));
            ours.iter().filter_map(lag).collect()
        });
        Ok(())
    }

    fn poll(&mut self) -> Result<(), Stop> {
        let now = self.broker.now();
        let urgent = self.outbox.urgent() && self.settling.is_none();
        let wait = self.tempo.wait(now, urgent).map_or(IDLE, |w| w.min(IDLE));
        let why = self.reason_to_pause();
        if why != self.pausing {
            self.watch.paused(why.as_deref());
            self.pausing = why;
        }
        let room = if self.pausing.is_some() || self.crew.crowded() { 0 } else { self.tuning.batch_records };
        match self.broker.poll(wait, room, &mut self.inbox)? {
            Some(event) => self.react(event),
            None => Ok(()),
        }
    }

    fn react(&mut self, event: Event) -> Result<(), Stop> {
        match event {
            Event::Assigned(partitions) => self.take_over(&partitions),
            Event::Revoked => self.give_up(true, "the group is being shared out anew"),
        }
    }

    fn reason_to_pause(&self) -> Option<String> {
        if self.outbox.bytes() > self.tuning.outbox_bytes {
            return Some(format!("{} bytes of outputs wait for the broker", self.outbox.bytes()));
        }
        let full = self.ours.iter().find(|(_, o)| o.rows > self.tuning.rows && (o.retry.is_some() || o.staging));
        full.map(|(p, o)| format!("{} rows of partition {p} wait for the store", o.rows))
    }

    fn feed(&mut self) {
        for batch in std::mem::take(&mut self.inbox) {
            if self.ours.contains_key(&batch.partition) {
                self.crew.give(batch.partition, Task::Decide(batch));
            }
        }
    }

    /// Takes the answers that are there; with `wait`, at least one.
    fn listen(&mut self, wait: bool) -> Result<(), Stop> {
        let mut any = false;
        while let Some((partition, answer)) = self.crew.answer(wait && !any) {
            any = true;
            self.take(partition, answer)?;
        }
        Ok(())
    }

    fn take(&mut self, partition: u32, answer: Answer) -> Result<(), Stop> {
        let now = self.broker.now();
        let every = self.tuning.checkpoint_every;
        match answer {
            Answer::Stop { exit, message } => return Err(Stop { exit, message }),
            Answer::Decided { parcel, records, rows } => {
                let next = parcel.next;
                self.watch.decided(partition, records, next);
                self.outbox.add(partition, parcel);
                if let Some(ours) = self.ours.get_mut(&partition) {
                    ours.next = next;
                    ours.rows = rows;
                    if rows > self.tuning.rows / 2 {
                        ours.next_stage = ours.next_stage.min(now);
                    }
                }
            }
            Answer::Staged(pointer) => self.outbox.stage(partition, pointer),
            Answer::Published(pointer) => {
                self.watch.published(partition, &pointer);
                if let Some(ours) = self.ours.get_mut(&partition) {
                    ours.staging = false;
                    ours.retry = None;
                    ours.rows = 0;
                    // `again` stays until that one has begun: the end waits for it.
                    ours.next_stage = if ours.again { now } else { next_in_phase(now, ours.phase, every) };
                }
            }
            Answer::Full(pointer, message) => {
                self.watch.trouble("store", &message);
                if let Some(ours) = self.ours.get_mut(&partition) {
                    ours.retry = Some((now + FULL_PAUSE, pointer));
                }
            }
            Answer::Status(text) => self.broker.status(partition, text.as_bytes()),
            Answer::Opened { .. } | Answer::Closed | Answer::Echo(_) => {}
        }
        Ok(())
    }

    fn tick(&mut self, now: Duration) {
        if self.tuning.tick_every.is_zero() || now < self.next_tick || self.ours.is_empty() {
            return;
        }
        self.next_tick = now + self.tuning.tick_every;
        let wall = self.broker.wall();
        for &partition in self.ours.keys() {
            self.broker.tick(partition, wall);
            self.crew.give(partition, Task::Status);
        }
    }

    /// Asks for checkpoints that are due: one partition a turn, so that they do not all stand still together.
    fn stage(&mut self, now: Duration) {
        if self.settling.is_some() {
            return;
        }
        for (&partition, ours) in &mut self.ours {
            if let Some((at, pointer)) = &ours.retry {
                if now >= *at {
                    let task = match pointer.clone() {
                        Some(pointer) => Task::Publish(pointer),
                        None => Task::Stage,
                    };
                    ours.retry = None;
                    self.crew.give(partition, task);
                }
            } else if !ours.staging && now >= ours.next_stage {
                (ours.staging, ours.again) = (true, false);
                self.crew.give(partition, Task::Stage);
                return;
            }
        }
    }

    fn commit(&mut self, now: Duration) -> Result<(), Stop> {
        if self.settling.is_some() || !self.tempo.due(now, self.outbox.urgent(), self.outbox.behind()) {
            return Ok(());
        }
        self.ship()
    }

    /// Sends everything that waits.
    fn ship(&mut self) -> Result<(), Stop> {
        let Some(guard) = &self.guard else { return Ok(()) };
        let shipment = self.outbox.shipment();
        if shipment.offsets.is_empty() {
            return Ok(());
        }
        let began = self.broker.now();
        let shipped = ship(&mut self.broker, guard, &shipment, &self.tuning.limits);
        let now = self.broker.now();
        self.tempo.committed(now);
        match shipped {
            Shipped::Done | Shipped::DoneSlowly => {
                self.watch.committed(shipment.len(), now - began, &shipment);
                self.publish(&shipment);
                if shipped == Shipped::DoneSlowly {
                    self.watch.trouble("commit", "slow: the producer is renewed");
                    self.settling = Some(Settling::new(None, now));
                }
            }
            Shipped::Again(message) => {
                self.watch.trouble("transaction", &message);
                self.outbox.put_back(shipment);
            }
            Shipped::Unknown(message) => {
                self.watch.trouble("commit of unknown outcome", &message);
                self.settling = Some(Settling::new(Some(shipment), now));
            }
            Shipped::Stale(message) => {
                self.watch.trouble("membership", &message);
                self.give_up(false, &message)?;
                self.broker.rejoin()?;
            }
        }
        Ok(())
    }

    /// A commit has made these pointers true: their files become visible.
    fn publish(&mut self, shipment: &crate::delivery::Shipment) {
        for (partition, pointer) in self.outbox.settle(shipment) {
            self.crew.give(partition, Task::Publish(pointer));
        }
    }

    fn settle(&mut self, now: Duration) -> Result<(), Stop> {
        let Some(settling) = &mut self.settling else { return Ok(()) };
        if !settling.due(now) {
            return Ok(());
        }
        match settling.ask(&mut self.broker, &self.tuning.limits) {
            Err(Fault::Fatal(message)) => {
                let message = format!(
                    "renewing the transactional producer: {message}; see that no other process uses this slot, then start again"
                );
                return Err(Stop { exit: 4, message });
            }
            Err(fault) => self.watch.trouble("waiting for the broker", fault.message()),
            Ok(resolution) => {
                let Some(Settling { shipment: Some(mut shipment), .. }) = self.settling.take() else { return Ok(()) };
                let mine: Vec<u32> = self.ours.keys().copied().collect();
                shipment.retain(|p| mine.contains(&p));
                if !resolution.overtaken.is_empty() {
                    let why = format!("partition {} was committed by another member", resolution.overtaken[0]);
                    self.give_up(false, &why)?;
                    self.broker.rejoin()?;
                    return Ok(());
                }
                let mut done = shipment.clone();
                done.retain(|p| resolution.committed.contains(&p));
                shipment.retain(|p| !resolution.committed.contains(&p));
                self.outbox.put_back(shipment);
                self.publish(&done);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_come_apart_whatever_brought_them_together() {
        let s = Duration::from_secs;
        let (every, phases) = (s(30), [s(4), s(8), s(30)]);
        for now in [s(0), s(1), s(59), s(100_000)] {
            let due = phases.map(|phase| next_in_phase(now, phase, every));
            assert!(due.iter().all(|due| *due >= now + s(15) && *due <= now + s(60)), "{now:?}: {due:?}");
            assert_eq!(due.map(|due| due.as_secs() % 30), [4, 8, 0], "each at its own time");
        }
        assert_eq!(next_in_phase(s(7), s(3), Duration::ZERO), s(3));
    }
}
