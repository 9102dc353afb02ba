//! A simulated operator desk (DETECTION, 6.6): it hears alerts as they are published and answers with commands for the log.
//!
//! Every responsible office acknowledges for itself, after a minute or a quarter of an hour; some alerts are shelved first, with
//! a reason, and come back; some get a note; what is latched, or was taken back after somebody had acknowledged it, is reset
//! once it is over. What an operator does with an alert hangs on the seed and on that alert alone, not on what else goes on.
//!
//! A desk with so many operators ([`Desk::with_operators`]) does the same things, but each alarm waits until one of them is
//! free (`queue`). What is no unit's own, as a regional outage, takes its time, too, but gets no command: those go by unit.

use std::collections::{BTreeMap, BTreeSet};

use super::chance::Chance;
use super::queue::{Queue, Shift, Waiting, service};
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

/// How fast an operator goes about an alert, minutes from and to.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Until the first command.
    look: (f64, f64),
    /// For each office.
    office: (f64, f64),
}

/// Without a queue: what waiting there is, is in it.
const AT_LEISURE: Pace = Pace { look: (0.3, 2.0), office: (0.5, 15.0) };
/// Once somebody has taken it up.
const AT_WORK: Pace = Pace { look: (0.3, 1.0), office: (0.1, 0.5) };

/// What the desk knows of an alert.
#[derive(Clone, Debug, Default)]
struct Known {
    /// `None`: no command can be given about it.
    unit: Option<String>,
    rev: u32,
    latched: bool,
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
    queue: Option<Queue>,
}

impl Desk {
    /// A desk that has heard nothing, with somebody for every alert.
    pub fn new(seed: u64) -> Desk {
        Desk { seed, known: BTreeMap::new(), orders: BTreeSet::new(), queue: None }
    }

    /// A desk of so many operators.
    pub fn with_operators(seed: u64, operators: usize) -> Desk {
        Desk { queue: Some(Queue::new(operators)), ..Desk::new(seed) }
    }

    /// A revision was published, and the log clock stands at `clock`.
    pub fn hear(&mut self, revision: &Revision, clock: Millis) {
        let unit = unit_of(revision);
        if unit.is_none() && self.queue.is_none() {
            return;
        }
        let heard = Heard::from(revision);
        let known = self.known.entry(heard.alert.clone()).or_default();
        known.unit = unit.map(str::to_owned);
        (known.rev, known.latched) = (heard.rev, is_latched(heard.kind));
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
            self.order(due, &heard.alert, Verb::Reset, None);
        }
        let Some(queue) = &mut self.queue else {
            if asks {
                self.take_up(&heard.alert, clock, AT_LEISURE, &mut chance);
            }
            return;
        };
        if !heard.is_on_desk() {
            queue.leave(&heard.alert);
        } else if asks || queue.holds(&heard.alert) {
            let within = revision.text.respond_within_min.map(|minutes| Millis::from(minutes) * MINUTE);
            queue.ask(&heard.alert, Waiting { priority: heard.priority, since: clock, within });
        }
    }

    /// Somebody looks at an alert that asks for it; when the first and the last command about it are due.
    fn take_up(&mut self, alert: &str, start: Millis, pace: Pace, chance: &mut Chance) -> (Millis, Millis) {
        let Some(known) = self.known.get(alert) else { return (start, start) };
        let may_be_shelved = !known.latched && !known.was_shelved;
        let mut offices: Vec<Option<String>> = known.offices.iter().cloned().map(Some).collect();
        let mut now = start + minutes(chance, pace.look.0, pace.look.1);
        if chance.happens(NOTED) {
            self.order(now, alert, Verb::Note, None);
        }
        if chance.happens(SHELVED) && may_be_shelved {
            // When it comes back, it asks anew.
            self.order(now + SECOND, alert, Verb::Shelve(minutes(chance, 20.0, 120.0)), None);
            return (now + SECOND, now + SECOND);
        }
        if offices.is_empty() {
            offices.push(None);
        }
        let mut first = None;
        for office in offices {
            now += minutes(chance, pace.office.0, pace.office.1);
            self.order(now, alert, Verb::Acknowledge, office);
            first = first.or(Some(now));
        }
        (first.unwrap_or(now), now)
    }

    fn order(&mut self, due: Millis, alert: &str, verb: Verb, office: Option<String>) {
        let Some(known) = self.known.get(alert) else { return };
        if known.unit.is_some() {
            self.orders.insert(Order { due, alert: alert.to_owned(), round: known.round, verb, office });
        }
    }

    /// An operator who is free by `by` takes up what waits, unless an order is due before that.
    fn serve(&mut self, by: Millis) -> bool {
        let by = self.orders.first().map_or(by, |order| by.min(order.due - 1));
        let Some((alert, waiting, start)) = self.queue.as_mut().and_then(|queue| queue.take(by)) else { return false };
        let rev = self.known.get(&alert).map_or(0, |known| known.rev);
        // A stream of its own: what was drawn when the alert was heard stays as it was.
        let mut chance = Chance::new(self.seed ^ seed_of(&alert), 1 << 32 | u64::from(rev));
        let lasting = service(waiting.priority, &mut chance);
        let (answered, last) = self.take_up(&alert, start, AT_WORK, &mut chance);
        if let Some(queue) = &mut self.queue {
            queue.serve(&waiting, start, answered, last.max(start + lasting));
        }
        true
    }

    /// The next command that is due by the log clock `clock`, and when; `None` where nobody has anything to do by then.
    pub fn next_by(&mut self, clock: Millis) -> Option<(Millis, Command)> {
        loop {
            while self.serve(clock) {}
            if self.orders.first()?.due > clock {
                return None;
            }
            let order = self.orders.pop_first()?;
            let Some(known) = self.known.get_mut(&order.alert) else { continue };
            let stands = match order.verb {
                Verb::Reset => known.to_reset,
                _ => known.on_desk && known.round == order.round,
            };
            if let Some(unit) = known.unit.clone().filter(|_| stands) {
                known.was_shelved |= matches!(order.verb, Verb::Shelve(_));
                return Some((order.due, command(order, unit)));
            }
        }
    }

    /// What the operators of a desk that has some did.
    pub fn end(self) -> Option<Shift> {
        self.queue.map(Queue::end)
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
