//! A simulated operator desk (DETECTION, 6.6): it hears alerts as they are published and answers with commands for the log.
//!
//! Every responsible office acknowledges for itself, after a minute or a quarter of an hour; some alerts are shelved first, with
//! a reason, and come back; some get a note; what is latched, or was taken back after somebody had acknowledged it, is reset
//! once it is over. What an operator does with an alert hangs on the seed and on that alert alone, not on what else goes on.

use std::collections::{BTreeMap, BTreeSet};

use super::chance::Chance;
use crate::domain::alert::{Condition, Handling, Op, Revision};
use crate::domain::handling::is_latched;
use crate::domain::kpi::Heard;
use crate::domain::record::{Action, Command, OperatorVerb};
use crate::domain::time::{MINUTE, Millis, SECOND};

/// Share of alerts that are shelved before anything else.
const SHELVED: f64 = 0.15;
/// Share of alerts that get a note.
const NOTED: f64 = 0.2;

/// An order to be given, unless the alert has changed by then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Order {
    due: Millis,
    alert: String,
    /// The round of the alert for which it was thought: one that has come anew since needs other orders.
    round: u32,
    verb: Verb,
    office: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verb {
    Note,
    Shelve(Millis),
    Acknowledge,
    Reset,
}

/// What the desk knows of an alert.
#[derive(Clone, Debug, Default)]
struct Known {
    unit: String,
    /// How often it has asked for somebody.
    round: u32,
    on_desk: bool,
    /// Whom it concerned when it asked last: late fixes may bring it to others.
    offices: Vec<String>,
    /// It was shelved once: not again.
    was_shelved: bool,
    to_reset: bool,
}

/// See the module.
pub struct Desk {
    seed: u64,
    known: BTreeMap<String, Known>,
    orders: BTreeSet<Order>,
}

impl Desk {
    /// A desk that has heard nothing.
    pub fn new(seed: u64) -> Desk {
        Desk { seed, known: BTreeMap::new(), orders: BTreeSet::new() }
    }

    /// A revision was published, and the log clock stands at `clock`.
    pub fn hear(&mut self, revision: &Revision, clock: Millis) {
        let Some(unit) = unit_of(revision) else { return };
        let heard = Heard::from(revision);
        let known = self.known.entry(heard.alert.clone()).or_default();
        known.unit = unit.to_owned();
        let was_on_desk = std::mem::replace(&mut known.on_desk, heard.is_on_desk());
        let elsewhere = known.offices != heard.offices;
        let asks = known.on_desk && (!was_on_desk || revision.op == Op::Raise || elsewhere);
        if asks {
            known.round += 1;
            known.offices.clone_from(&heard.offices);
        }
        let over = revision.condition == Condition::Inactive && revision.handling == Handling::Acknowledged;
        let resets = over && !known.to_reset;
        known.to_reset = over;
        let mut chance = Chance::new(self.seed ^ seed_of(&heard.alert), u64::from(heard.rev));
        if resets {
            let due = clock + minutes(&mut chance, 1.0, 30.0);
            self.order(due, &heard, Verb::Reset, None);
        }
        if asks {
            self.take_up(&heard, clock, &mut chance);
        }
    }

    /// Somebody looks at an alert that asks for it.
    fn take_up(&mut self, heard: &Heard, clock: Millis, chance: &mut Chance) {
        let mut now = clock + minutes(chance, 0.3, 2.0);
        if chance.happens(NOTED) {
            self.order(now, heard, Verb::Note, None);
        }
        let may_be_shelved = !is_latched(heard.kind) && !self.known.get(&heard.alert).is_some_and(|k| k.was_shelved);
        if chance.happens(SHELVED) && may_be_shelved {
            // When it comes back, it asks anew.
            self.order(now + SECOND, heard, Verb::Shelve(minutes(chance, 20.0, 120.0)), None);
            return;
        }
        let mut offices: Vec<Option<String>> = heard.offices.iter().cloned().map(Some).collect();
        if offices.is_empty() {
            offices.push(None);
        }
        for office in offices {
            now += minutes(chance, 0.5, 15.0);
            self.order(now, heard, Verb::Acknowledge, office);
        }
    }

    fn order(&mut self, due: Millis, heard: &Heard, verb: Verb, office: Option<String>) {
        let round = self.known.get(&heard.alert).map_or(0, |known| known.round);
        self.orders.insert(Order { due, alert: heard.alert.clone(), round, verb, office });
    }

    /// The next command that is due by the log clock `clock`, and when; `None` where nobody has anything to do by then.
    pub fn next_by(&mut self, clock: Millis) -> Option<(Millis, Command)> {
        while self.orders.first()?.due <= clock {
            let order = self.orders.pop_first()?;
            let Some(known) = self.known.get_mut(&order.alert) else { continue };
            let stands = match order.verb {
                Verb::Reset => known.to_reset,
                _ => known.on_desk && known.round == order.round,
            };
            if !stands {
                continue;
            }
            known.was_shelved |= matches!(order.verb, Verb::Shelve(_));
            return Some((order.due, command(order, known.unit.clone())));
        }
        None
    }

    /// Alerts that ask for somebody, or for a reset, as the desk knows them.
    pub fn waiting(&self) -> Vec<&str> {
        let waits = self.known.iter().filter(|(_, known)| known.on_desk || known.to_reset);
        waits.map(|(alert, _)| alert.as_str()).collect()
    }
}

fn command(order: Order, unit: String) -> Command {
    let (verb, until, text) = match order.verb {
        Verb::Note => (OperatorVerb::Note, None, Some("driver does not answer")),
        Verb::Shelve(lasting) => (OperatorVerb::Shelve, Some(order.due + lasting), Some("carrier has been called")),
        Verb::Acknowledge => (OperatorVerb::Acknowledge, None, None),
        Verb::Reset => (OperatorVerb::Reset, None, Some("checked on the spot")),
    };
    let action = Action::Operator {
        verb,
        alert: order.alert,
        by: Some(format!("desk-{}", order.office.as_deref().unwrap_or("centre"))),
        office: order.office,
        until,
        text: text.map(str::to_owned),
    };
    Command { unit, time: order.due, action }
}

/// The unit that a command about it carries: its own, or the first of two that have met.
fn unit_of(revision: &Revision) -> Option<&str> {
    let pair = || revision.subject.strip_prefix("pair:")?.split_once('+').map(|(first, _)| first);
    revision.unit.as_deref().or_else(pair)
}

/// The first half of an alert's id as a number.
fn seed_of(alert: &str) -> u64 {
    alert.get(..16).and_then(|half| u64::from_str_radix(half, 16).ok()).unwrap_or(0)
}

fn minutes(chance: &mut Chance, from: f64, to: f64) -> Millis {
    (chance.between(from, to) * MINUTE as f64) as Millis
}
