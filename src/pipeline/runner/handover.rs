//! Giving partitions up, and the orderly end.

use std::time::Duration;

use super::super::crew::{Answer, Crew, Task};
use super::super::ports::{Broker, Watch};
use super::super::settling::Settling;
use super::{Ending, Runner, Stop};
use crate::delivery::{Shipped, ship};

impl<B: Broker, C: Crew, W: Watch> Runner<B, C, W> {
    /// Gives all partitions up. With `last`, what was decided is committed before, if that still counts.
    pub(super) fn give_up(&mut self, last: bool, why: &str) -> Result<(), Stop> {
        let revoked = last && !self.ours.is_empty();
        if revoked && self.settling.is_none() {
            // Finished work is not thrown away (P8).
            self.drain(Duration::from_secs(5))?;
            let guard = self.guard.take();
            if let Some(guard) = guard {
                let shipment = self.outbox.shipment();
                if !shipment.offsets.is_empty() {
                    let began = self.broker.now();
                    let shipped = ship(&mut self.broker, &guard, &shipment, &self.tuning.limits);
                    if shipped == Shipped::DoneSlowly {
                        self.settling = Some(Settling::new(None, self.broker.now()));
                    }
                    match shipped {
                        Shipped::Done | Shipped::DoneSlowly => {
                            let took = self.broker.now() - began;
                            self.watch.committed(shipment.len(), took, &shipment);
                            self.publish(&shipment);
                        }
                        Shipped::Unknown(message) => {
                            // Who owns the partitions next derives the same; only the producer must be cleared.
                            self.watch.trouble("last commit", &message);
                            self.settling = Some(Settling::new(None, self.broker.now()));
                        }
                        Shipped::Again(message) | Shipped::Stale(message) => {
                            self.watch.trouble("last commit", &message);
                        }
                    }
                }
            }
        }
        self.guard = None;
        self.inbox.clear();
        let gone: Vec<u32> = std::mem::take(&mut self.ours).into_keys().collect();
        for &partition in &gone {
            self.outbox.close(partition);
            self.crew.give(partition, Task::Close);
        }
        let mut open = gone.len();
        while open > 0 {
            match self.crew.answer(true) {
                Some((_, Answer::Closed)) => open -= 1,
                Some((_, Answer::Stop { exit, message })) => return Err(Stop { exit, message }),
                Some((partition, Answer::Published(pointer))) => self.watch.published(partition, &pointer),
                Some(_) => {}
                None => self.watch.turn(&Vec::new),
            }
        }
        if !gone.is_empty() {
            self.watch.closed(why);
        }
        if let Some(settling) = &mut self.settling {
            // Who owns the partitions next derives the same; only the producer must be cleared.
            settling.shipment = None;
        }
        if last {
            self.broker.unassign();
        }
        Ok(())
    }

    /// Waits until the crew has answered everything it was given.
    pub(super) fn drain(&mut self, limit: Duration) -> Result<(), Stop> {
        let until = self.broker.now() + limit;
        self.ticket += 1;
        for partition in self.ours.keys().copied().collect::<Vec<_>>() {
            self.crew.give(partition, Task::Echo(self.ticket));
        }
        let mut waiting = self.ours.len();
        while waiting > 0 && self.broker.now() < until {
            match self.crew.answer(true) {
                Some((partition, answer)) => {
                    waiting -= usize::from(matches!(answer, Answer::Echo(ticket) if ticket == self.ticket));
                    self.take(partition, answer)?;
                }
                None => self.watch.turn(&Vec::new),
            }
        }
        Ok(())
    }

    /// The orderly end: everything read is decided, a checkpoint of all of it is committed and published (K = C), then the
    /// group is left.
    ///
    /// # Errors
    /// Where a lane or the store fails.
    pub fn stop(&mut self, limit: Duration) -> Result<Ending, Stop> {
        let until = self.broker.now() + limit;
        self.feed();
        self.drain(limit / 4)?;
        let mut ending = Ending::Clean;
        let all = self.ours.len();
        for (&partition, ours) in &mut self.ours {
            if !ours.staging {
                ours.staging = true;
                self.crew.give(partition, Task::Stage);
            } else {
                // One is under way: it is followed by another that covers the rest.
                ours.again = true;
            }
        }
        while ending == Ending::Clean && self.unfinished() {
            let now = self.broker.now();
            if now > until {
                ending = Ending::Unfinished;
                break;
            }
            self.listen(true)?;
            self.settle(now)?;
            self.stage(now);
            self.commit(now)?;
            self.watch.turn(&Vec::new);
        }
        if self.ours.len() < all {
            // They were lost on the way: who has them now begins at the checkpoint before.
            ending = Ending::Unfinished;
        }
        self.give_up(ending == Ending::Clean, "the process ends")?;
        self.broker.close();
        Ok(ending)
    }

    fn unfinished(&self) -> bool {
        self.settling.is_some() || self.ours.values().any(|o| o.staging || o.again) || self.outbox.urgent()
    }
}
