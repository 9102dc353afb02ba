//! Commands about alerts: which alert is meant, what the desk says to it, and when a shelf ends.

use std::cmp::Reverse;

use super::super::desk::{Duty, Order};
use super::super::output::Outcome;
use super::super::record::Command;
use super::super::revision::responsible;
use super::super::second::line::{Happening, OperatorLine};
use super::super::time::{HOUR, Millis};
use super::Shard;

impl Shard {
    /// The journey of a unit that has raised an alert, and its place in the ledger.
    pub(super) fn find_alert(&self, unit: u32, alert: &str) -> Option<(u32, usize)> {
        let journeys = self.units[unit as usize].journeys.iter();
        journeys.copied().find_map(|slot| self.journeys[slot as usize].ledger.find(alert).map(|at| (slot, at)))
    }

    /// Carries out a command on an alert of this journey.
    pub(super) fn operate(&mut self, slot: u32, at: usize, order: &Order<'_>) -> Outcome {
        let shelve_max = self.rules_now().settings().alerts.shelve_max_h * HOUR;
        let now = self.clock;
        // The offices that the message names.
        let rules = std::sync::Arc::clone(&self.plan(slot).rules);
        let offices = responsible(&self.journeys[slot as usize].ledger.alerts[at].said, &rules);
        let duty = Duty { now, shelve_max, responsible: &offices };
        let mut done = Ok(());
        self.say(slot, |ledger, _, said| done = ledger.obey(at, order, &duty, said));
        self.note_shelf(slot);
        done.map_or_else(|refusal| refusal.outcome(), |()| Outcome::Applied)
    }

    /// What lies on a shelf that ends by `clock` comes back.
    pub(super) fn unshelve(&mut self, slot: u32, clock: Millis) {
        if self.journeys[slot as usize].unshelve_at.is_some() {
            self.say(slot, |ledger, _, said| ledger.unshelve_due(clock, said));
            self.note_shelf(slot);
        }
    }

    fn note_shelf(&mut self, slot: u32) {
        let journey = &mut self.journeys[slot as usize];
        journey.unshelve_at = journey.ledger.next_unshelving();
        self.shelves.extend(journey.unshelve_at.map(|until| Reverse((until, slot))));
    }

    /// Journeys of which a shelf ends now.
    pub(super) fn shelves_due(&mut self, deadline: Millis) -> Vec<u32> {
        let mut due = Vec::new();
        while let Some(Reverse((_, slot))) = self.shelves.peek().copied().filter(|Reverse((d, _))| *d == deadline) {
            self.shelves.pop();
            // A shelf that was emptied before leaves its timer behind.
            if self.journeys[slot as usize].unshelve_at == Some(deadline) && !due.contains(&slot) {
                due.push(slot);
            }
        }
        due
    }

    pub(super) fn excuse(&mut self, slot: u32, at: usize, reason: &str) -> Outcome {
        self.say(slot, |ledger, _, said| ledger.excuse(at, reason, said));
        self.tell_journey(slot, "correct");
        Outcome::Applied
    }

    /// No alert of this unit. One of another unit here is refused. Else it may be one of the second stage, which several
    /// units share: that is told. What cannot be an alert's id is told to nobody.
    pub(super) fn pass_on(
        &mut self,
        command: &Command,
        alert: &str,
        reason: Option<&str>,
        order: Option<&Order<'_>>,
    ) -> Outcome {
        if alert.len() != 32 || !alert.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Outcome::UnknownAlert;
        }
        if self.journeys.iter().any(|journey| journey.ledger.find(alert).is_some()) {
            return Outcome::WrongUnit;
        }
        let text = |word: Option<&str>| word.map(str::to_owned);
        self.tell_second(Happening::Operator(OperatorLine {
            unit: command.unit.clone(),
            alert: alert.to_owned(),
            action: command.action.type_name().to_owned(),
            reason: text(reason),
            by: text(order.and_then(|order| order.by)),
            office: text(order.and_then(|order| order.office)),
            until: order.and_then(|order| order.until),
            text: text(order.and_then(|order| order.text)),
            time: command.time,
        }));
        Outcome::PassedOn
    }
}
