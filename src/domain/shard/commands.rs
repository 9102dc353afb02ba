//! What commands do: they change a journey's timeline, and where that lies behind its machine, the journey is rewound.

use std::sync::Arc;

use super::super::contact::Contact;
use super::super::desk::Order;
use super::super::journey::{Journey, Version};
use super::super::machine::state::{Machine, Side};
use super::super::output::{Outcome, Outputs};
use super::super::record::{Action, Command, CorridorChoice, Declaration, Id};
use super::super::second::line::ContactState;
use super::super::time::{DAY, Millis};
use super::agenda::Agenda;
use super::{Hot, Reading, Ring, Shard, StepError};

impl Shard {
    #[inline(never)]
    pub(super) fn read_command(
        &mut self,
        command: &Command,
        reading: &mut Reading<'_>,
        _out: &Outputs,
    ) -> Result<Outcome, StepError> {
        let order = reading.source().offset;
        let unit = self.unit_number(&command.unit);
        Ok(match &command.action {
            Action::Activate { journey, declaration } => self.activate(unit, journey, command.time, order, declaration),
            Action::Hold { .. } => self.hold(unit, command.time, order, true),
            Action::Release { .. } => self.hold(unit, command.time, order, false),
            Action::ClearToDepart { journey } => self.on_journey(unit, journey, |shard, slot| {
                let earlier = shard.journeys[slot as usize].cleared.map_or(command.time, |(t, _)| t.min(command.time));
                shard.journeys[slot as usize].cleared = Some((command.time, order));
                shard.rebuild(slot);
                shard.settle(slot, earlier, 1);
                Outcome::Applied
            }),
            Action::Amend { journey, from_time, until, detour, changes, .. } => {
                let detour = detour.clone().map(|line| (line, from_time.unwrap_or(command.time), *until));
                self.on_journey(unit, journey, |shard, slot| shard.amend(slot, *from_time, order, changes, detour))
            }
            Action::Deactivate { journey, outcome, .. } => self
                .on_journey(unit, journey, |shard, slot| shard.deactivate(slot, command.time, order, outcome.clone())),
            Action::Reopen { journey, .. } => self.on_journey(unit, journey, |shard, slot| shard.reopen(unit, slot)),
            Action::Excuse { alert, reason, .. } => match self.find_alert(unit, alert) {
                Some((slot, at)) => self.excuse(slot, at, reason),
                None => self.pass_on(command, alert, Some(reason), None),
            },
            Action::Operator { verb, alert, by, office, until, text } => {
                let (by, office, text) = (by.as_deref(), office.as_deref(), text.as_deref());
                let order = Order { verb: *verb, by, office, until: *until, text };
                match self.find_alert(unit, alert) {
                    Some((slot, at)) => self.operate(slot, at, &order),
                    None => self.pass_on(command, alert, None, Some(&order)),
                }
            }
        })
    }

    fn on_journey(&mut self, unit: u32, journey: &str, act: impl FnOnce(&mut Shard, u32) -> Outcome) -> Outcome {
        match self.journey_ids.get(journey).copied() {
            Some(slot) if self.journeys[slot as usize].unit == unit => act(self, slot),
            _ => Outcome::UnknownJourney,
        }
    }

    fn activate(&mut self, unit: u32, id: &str, time: Millis, order: u64, declared: &Declaration) -> Outcome {
        if let Some(open) = self.open_journey(unit) {
            if self.journeys[open as usize].id == id {
                return self.amend(open, None, order, declared, None);
            }
            return Outcome::JourneyOpen;
        }
        if self.journey_ids.contains_key(id) {
            return Outcome::JourneyOpen; // an id is given once; a closed journey is reopened
        }
        let slot = self.slot();
        let i = slot as usize;
        let first = Version { from: time, order, declaration: Arc::new(declared.clone()), detours: Vec::new() };
        self.journeys[i] = Journey { id: id.into(), unit, start: time, versions: vec![first], ..Journey::vacant() };
        let unknown = self.rebuild(slot);
        let hold = self.units[unit as usize].hold_at(time);
        let Machine { hot, ring, side } = Machine::starting(time, hold);
        (self.hot[i], self.ring[i], self.side[i], self.agenda[i].due) = (hot, ring, side, None);
        let now = self.contact_now(self.clock);
        self.journeys[i].contact = Contact::starting(now, &self.journeys[i].plans[0]);
        self.journey_ids.insert(Id::new(id), slot);
        self.units[unit as usize].journeys.push(slot);
        self.tell_journey(slot, "open");
        let past = &self.units[unit as usize].past;
        if past.complete_from > time || past.newest().is_some_and(|p| p.time >= time) {
            self.begin_rewind(slot, time, 1);
        }
        self.arm(slot);
        self.settle_overlapped(slot, time);
        if unknown { Outcome::UnknownCorridor } else { Outcome::Applied }
    }

    fn amend(
        &mut self,
        slot: u32,
        from: Option<Millis>,
        order: u64,
        changes: &Declaration,
        detour: Option<super::super::plan::DeclaredDetour>,
    ) -> Outcome {
        let journey = &mut self.journeys[slot as usize];
        let effect = from.or(detour.as_ref().map(|(_, from, _)| *from)).unwrap_or(journey.start).max(journey.start);
        journey.amend(from, order, changes, detour);
        self.rebuild(slot);
        let unknown = match &changes.corridor {
            Some(CorridorChoice::Id(id)) => self.rules_now().book.corridor(id).is_none(),
            _ => false,
        };
        self.settle(slot, effect, 1);
        self.tell_journey(slot, "amend");
        if unknown { Outcome::UnknownCorridor } else { Outcome::Applied }
    }

    fn deactivate(&mut self, slot: u32, time: Millis, order: u64, outcome: Option<String>) -> Outcome {
        let earlier = self.journeys[slot as usize].closed.map_or(time, |(t, _)| t.min(time));
        let keep = self.rules_now().settings().late.closed_d * DAY;
        let now = self.contact_now(self.clock);
        let clock = self.clock;
        let journey = &mut self.journeys[slot as usize];
        journey.closed = Some((time.max(journey.start), order));
        journey.outcome = outcome;
        journey.forget_at = Some(clock + keep);
        journey.contact.close(now);
        self.publish_contact(slot);
        self.rebuild(slot);
        self.settle(slot, earlier, 1);
        self.settle_overlapped(slot, earlier);
        self.tell_journey(slot, "close");
        self.tell_contact(slot, ContactState::Closed);
        Outcome::Applied
    }

    fn reopen(&mut self, unit: u32, slot: u32) -> Outcome {
        if self.open_journey(unit).is_some() {
            return Outcome::JourneyOpen;
        }
        let now = self.contact_now(self.clock);
        let Some((time, _)) = self.journeys[slot as usize].closed.take() else { return Outcome::Applied };
        // The reopened journey is the unit's open one again.
        let order = &mut self.units[unit as usize].journeys;
        order.retain(|s| *s != slot);
        order.push(slot);
        let journey = &mut self.journeys[slot as usize];
        journey.forget_at = None;
        journey.outcome = None;
        journey.contact.heard = now;
        journey.contact.fixed = now;
        self.rebuild(slot);
        self.settle(slot, time, 1);
        self.settle_overlapped(slot, time);
        self.tell_journey(slot, "reopen");
        self.tell_contact(slot, ContactState::Seen);
        Outcome::Applied
    }

    fn hold(&mut self, unit: u32, time: Millis, order: u64, on: bool) -> Outcome {
        let holds = &mut self.units[unit as usize].holds;
        let at = holds.partition_point(|(t, o, _)| (*t, *o) <= (time, order));
        holds.insert(at, (time, order, on));
        for slot in self.units[unit as usize].journeys.clone() {
            if self.journeys[slot as usize].closed.is_none_or(|(end, _)| time < end) {
                self.rebuild(slot);
                let from = time.max(self.journeys[slot as usize].start);
                self.settle(slot, from, 1);
            }
        }
        Outcome::Applied
    }

    /// Recompiles a journey's plans and timeline.
    pub(super) fn rebuild(&mut self, slot: u32) -> bool {
        let unit = self.journeys[slot as usize].unit;
        let holds = &self.units[unit as usize].holds;
        self.agenda[slot as usize].due = None;
        self.journeys[slot as usize].rebuild(&self.rules, holds, &mut self.courses)
    }

    /// A journey's timeline has changed from event time `from` on: its machine follows, back or forth.
    pub(super) fn settle(&mut self, slot: u32, from: Millis, cause: u8) {
        let reached = match &self.journeys[slot as usize].rewind {
            Some(rewind) => rewind.reached(),
            None => self.hot[slot as usize].now,
        };
        if from <= reached {
            self.journeys[slot as usize].forget_states_from(from);
            self.begin_rewind(slot, from, cause);
        } else if self.journeys[slot as usize].rewind.is_none() && from <= self.clock {
            self.carry_out_commands(slot);
            self.publish(slot);
        }
        self.arm(slot);
    }

    /// A journey's bounds have changed from event time `from` on: journeys that started earlier and reach beyond lose
    /// fixes to it, or get them back.
    fn settle_overlapped(&mut self, slot: u32, from: Millis) {
        let (unit, start) = (self.journeys[slot as usize].unit, self.journeys[slot as usize].start);
        for other in self.units[unit as usize].journeys.clone() {
            let journey = &self.journeys[other as usize];
            if other != slot && journey.start <= start && journey.closed.is_none_or(|(end, _)| end > from) {
                self.settle(other, from.max(self.journeys[other as usize].start), 1);
            }
        }
    }

    fn slot(&mut self) -> u32 {
        if let Some(slot) = self.vacant.pop() {
            return slot;
        }
        self.hot.push(Hot::default());
        self.ring.push(Ring::default());
        self.side.push(Side::default());
        self.journeys.push(Journey::vacant());
        self.agenda.push(Agenda::scheduled(Millis::MAX));
        (self.journeys.len() - 1) as u32
    }
}
