//! The log clock: what becomes due when it moves, in the order (deadline, journey).

use std::cmp::Reverse;

use super::super::contact::{Sight, dead_zone_extra};
use super::super::journey::Journey;
use super::super::machine::state::{Hot, Ring, Side};
use super::super::output::Outputs;
use super::super::second::line::ContactState;
use super::super::time::{Millis, SECOND};
use super::Shard;
use super::agenda::Agenda;

impl Shard {
    /// Moves the log clock to `clock`; everything due up to it is carried out first.
    pub(super) fn move_clock(&mut self, clock: Millis, is_tick: bool, out: &mut Outputs) {
        if !self.started {
            self.started = true;
            self.clock = clock;
        }
        let patience = self.rules_now().settings().clock.outage_s * SECOND;
        if let Some(tick) = self.last_tick
            && self.outage_from.is_none()
            && clock - tick > patience
        {
            self.outage_from = Some(tick);
        }
        while let Some(deadline) = self.next_deadline().filter(|deadline| *deadline <= clock) {
            self.clock = self.clock.max(deadline);
            self.fire_deadline(deadline, out);
        }
        self.clock = clock;
        if is_tick {
            if let Some(began) = self.outage_from.take() {
                self.outage_total += clock - began;
                for slot in 0..self.journeys.len() as u32 {
                    self.arm(slot);
                }
            }
            self.last_tick = Some(clock);
        }
    }

    /// The contact clock: the log clock less our own outages, during which it stands still.
    pub(super) fn contact_now(&self, log: Millis) -> Millis {
        self.outage_from.map_or(log, |began| log.min(began)) - self.outage_total
    }

    /// Shelves have timers of their own: what people do fires none of a journey's.
    fn next_deadline(&self) -> Option<Millis> {
        let of =
            |timers: &std::collections::BinaryHeap<Reverse<(Millis, u32)>>| timers.peek().map(|Reverse((d, _))| *d);
        [of(&self.timers), of(&self.shelves)].into_iter().flatten().min()
    }

    #[inline(never)]
    fn fire_deadline(&mut self, deadline: Millis, out: &mut Outputs) {
        let shelves = self.shelves_due(deadline);
        let mut due: Vec<u32> = Vec::new();
        while let Some(Reverse((_, slot))) = self.timers.peek().copied().filter(|Reverse((d, _))| *d == deadline) {
            self.timers.pop();
            if self.agenda[slot as usize].scheduled == deadline {
                self.agenda[slot as usize].scheduled = Millis::MAX;
                due.push(slot);
            }
        }
        let mut all: Vec<(u32, bool)> = shelves.into_iter().map(|slot| (slot, true)).collect();
        all.extend(due.into_iter().map(|slot| (slot, false)));
        if all.len() > 1 {
            all.sort_by(|a, b| self.journeys[a.0 as usize].id.cmp(&self.journeys[b.0 as usize].id));
        }
        for (slot, shelf) in all {
            if self.journeys[slot as usize].id.is_empty() {
                continue;
            }
            if shelf {
                self.unshelve(slot, deadline);
            } else {
                self.fire(slot, deadline);
            }
            self.moment.flush(out);
        }
    }

    fn fire(&mut self, slot: u32, deadline: Millis) {
        let i = slot as usize;
        if self.journeys[i].forget_at.is_some_and(|at| at <= deadline) {
            self.unshelve(slot, Millis::MAX); // nobody would ever see them again
            return self.forget(slot);
        }
        if self.journeys[i].late.is_some_and(|late| late.due <= deadline) {
            self.begin_late_rewind(slot);
        }
        if self.journeys[i].rewind.is_none() {
            self.carry_out_commands(slot);
        }
        if self.journeys[i].closed.is_none() {
            self.fire_contact(slot, deadline);
        }
        if self.journeys[i].rewind.is_none() {
            self.publish(slot);
        }
        if self.journeys[i].settle_at.is_some_and(|at| at <= deadline) {
            self.journeys[i].settle_at = None;
            if self.journeys[i].late.is_some() || self.journeys[i].rewind.is_some() {
                self.wait_for_late(slot);
            } else {
                self.settle_late(slot);
            }
        }
        self.arm(slot);
    }

    /// Carries out the commands of a journey whose time the log clock has reached.
    pub(super) fn carry_out_commands(&mut self, slot: u32) {
        let clock = self.clock;
        self.drive(slot, |machine, drive| {
            while let Some(next) = drive.timeline.get(usize::from(machine.hot.command)).filter(|e| e.time <= clock) {
                machine.advance(drive, next.time);
            }
        });
    }

    fn fire_contact(&mut self, slot: u32, deadline: Millis) {
        let now = self.contact_now(deadline);
        let plan = self.plan(slot).clone();
        let sight = self.sight(slot);
        let i = slot as usize;
        if self.journeys[i].contact.next_due(&plan, &sight) > now {
            return;
        }
        if self.journeys[i].contact.extra.is_none() {
            // A tunnel of the corridor explains nothing of who is off it, and on it is only its nearest point.
            let on_it = self.look(slot, |machine, _| (!machine.hot.corridor.side).then(|| machine.chainage_m()));
            let ahead_m = on_it.map(|chainage_m| chainage_m + plan.rules.settings().silence.tunnel_ahead_m);
            let ahead = plan.route().zip(ahead_m).map(|(route, ahead_m)| route.at(ahead_m));
            self.journeys[i].contact.extra = Some(dead_zone_extra(&plan, sight.position, ahead));
        }
        let silent = self.journeys[i].contact.fire(&plan, &sight, now);
        self.publish_contact(slot);
        if silent {
            self.tell_contact(slot, ContactState::Silent);
        }
    }

    fn sight(&mut self, slot: u32) -> Sight {
        let interval = self.interval(slot);
        let clock = self.clock;
        self.look(slot, |machine, drive| {
            let plan = drive.plan(machine.hot.plan);
            Sight {
                interval,
                position: machine.last_fix().map(|f| f.position),
                limit: machine.limit(plan),
                forecast: machine.forecast(plan, clock),
                settled: machine.side.arrived.is_some() || machine.side.over.is_some(),
                near_border: machine.is_near_border(),
            }
        })
    }

    /// Schedules a journey's next deadline, where it is earlier than the one scheduled.
    pub(super) fn arm(&mut self, slot: u32) {
        let i = slot as usize;
        if self.journeys[i].id.is_empty() {
            return;
        }
        let mut due = self.journeys[i].forget_at.unwrap_or(Millis::MAX);
        if let Some(late) = self.journeys[i].late {
            due = due.min(late.due);
        }
        due = due.min(self.journeys[i].settle_at.unwrap_or(Millis::MAX));
        if self.journeys[i].closed.is_none() {
            due = due.min(self.contact_due(slot));
        }
        if self.journeys[i].rewind.is_none() {
            let command = self.journeys[i].timeline.get(usize::from(self.hot[i].command));
            due = due.min(command.map_or(Millis::MAX, |e| e.time));
            due = match self.journeys[i].overlay_due {
                Some(next) => due.min(next),
                None => due.min(self.machine_due(slot).unwrap_or(Millis::MAX)),
            };
        }
        let due = due.max(self.clock);
        if due < self.agenda[i].scheduled && due != Millis::MAX {
            self.agenda[i].scheduled = due;
            self.timers.push(Reverse((due, slot)));
        }
    }

    /// The log clock at which the contact machine is due; never while our own outage lasts.
    fn contact_due(&mut self, slot: u32) -> Millis {
        let interval = self.interval(slot);
        let limit = self.look(slot, |machine, drive| machine.limit(drive.plan(machine.hot.plan)));
        let side = &self.side[slot as usize];
        let sight = Sight {
            interval,
            position: None,
            limit,
            forecast: None,
            settled: side.arrived.is_some() || side.over.is_some(),
            near_border: false,
        };
        let contact = &self.journeys[slot as usize].contact;
        let due = contact.next_due(self.plan(slot), &sight).saturating_add(self.outage_total);
        if self.outage_from.is_some_and(|began| due > began) { Millis::MAX } else { due }
    }

    /// A closed journey is too old to be corrected: its state goes, its record stays in the tables.
    fn forget(&mut self, slot: u32) {
        let i = slot as usize;
        let id = std::mem::take(&mut self.journeys[i].id);
        self.journey_ids.remove(id.as_str());
        let unit = self.journeys[i].unit;
        self.units[unit as usize].journeys.retain(|s| *s != slot);
        self.journeys[i] = Journey::vacant();
        self.hot[i] = Hot::default();
        self.ring[i] = Ring::default();
        self.side[i] = Side::default();
        self.agenda[i] = Agenda::scheduled(Millis::MAX);
        self.vacant.push(slot);
    }
}
