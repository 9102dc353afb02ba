//! What waits for the operators of a desk: each serves one alarm at a time, the most urgent first, then the oldest.
//!
//! | priority | looked at for | served for | what it stands for |
//! |---|---|---|---|
//! | high | 18 s to 1 min | 6 to 15 min | stop it at the gate, call police and the mobile team, follow it up |
//! | medium | the same | 3 to 10 min | call carrier or office, look at cameras |
//! | low | the same | 1 to 5 min | call the driver, or see that nothing is the matter |
//!
//! An alarm is answered with the first command that follows the look; the operator is free again after the service. Operators
//! are there around the clock. What leaves the desk before anybody is free is *gone*; what rises while it waits moves up.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::chance::Chance;
use crate::domain::alert::Priority;
use crate::domain::time::{MINUTE, Millis};

/// An alarm that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub priority: Priority,
    /// When it asked.
    pub since: Millis,
    /// So long an answer may take.
    pub within: Option<Millis>,
}

/// What became of the alarms of one priority (as it was when somebody was free, or last).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// What each answered one waited for, milliseconds, in the order of the answers.
    pub waited: Vec<Millis>,
    /// Of these, within the minutes that its text asks for.
    pub in_time: u64,
    /// Left the desk before anybody was free.
    pub gone: u64,
    /// Unanswered when the log ended.
    pub left: u64,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    /// When each operator is free again.
    free: Vec<Millis>,
    waiting: BTreeMap<String, Waiting>,
    order: BTreeSet<(Reverse<Priority>, Millis, String)>,
    answers: BTreeMap<Priority, Answers>,
    busy: Millis,
    longest: usize,
}

impl Queue {
    /// So many operators, all free. Nobody at all would never answer: one at least.
    pub fn new(operators: usize) -> Queue {
        Queue {
            free: vec![Millis::MIN; operators.max(1)],
            waiting: BTreeMap::new(),
            order: BTreeSet::new(),
            answers: BTreeMap::new(),
            busy: 0,
            longest: 0,
        }
    }

    /// An alarm asks, or has become more urgent. One that waits already keeps its place in time.
    pub fn ask(&mut self, alert: &str, asked: Waiting) {
        let known = self.remove(alert);
        let now = Waiting { since: known.map_or(asked.since, |known| known.since), ..asked };
        self.order.insert((Reverse(now.priority), now.since, alert.to_owned()));
        self.waiting.insert(alert.to_owned(), now);
        self.longest = self.longest.max(self.waiting.len());
    }

    /// An alarm asks no longer.
    pub fn leave(&mut self, alert: &str) {
        if let Some(waiting) = self.remove(alert) {
            self.answers.entry(waiting.priority).or_default().gone += 1;
        }
    }

    /// Whether an alarm waits.
    pub fn holds(&self, alert: &str) -> bool {
        self.waiting.contains_key(alert)
    }

    fn remove(&mut self, alert: &str) -> Option<Waiting> {
        let waiting = self.waiting.remove(alert)?;
        self.order.remove(&(Reverse(waiting.priority), waiting.since, alert.to_owned()));
        Some(waiting)
    }

    /// When the next alarm is taken up, where that is by `by` and nothing comes until then.
    pub fn next_start(&self, by: Millis) -> Option<Millis> {
        // Asked between any two records: while everybody is busy, it must not look at a long queue.
        let free = self.free.iter().min().filter(|free| **free <= by)?;
        let earliest = self.waiting.values().map(|w| w.since).min()?;
        Some(earliest.max(*free)).filter(|start| *start <= by)
    }

    /// Somebody takes up an alarm at [`Queue::next_start`]: which one, what it was, and when.
    pub fn take(&mut self, by: Millis) -> Option<(String, Waiting, Millis)> {
        let start = self.next_start(by)?;
        let alert = self.order.iter().find(|(_, since, _)| *since <= start).map(|(_, _, alert)| alert.clone())?;
        let waiting = self.remove(&alert)?;
        Some((alert, waiting, start))
    }

    /// Whoever took it up at `start` answered at `answered` and is free again at `done`.
    pub fn serve(&mut self, waiting: &Waiting, start: Millis, answered: Millis, done: Millis) {
        let after = answered - waiting.since;
        let answers = self.answers.entry(waiting.priority).or_default();
        answers.waited.push(after);
        answers.in_time += u64::from(waiting.within.is_none_or(|within| after <= within));
        self.busy += done - start;
        if let Some(free) = self.free.iter_mut().min() {
            *free = done;
        }
    }

    /// The log ends: what became of all alarms.
    pub fn end(mut self) -> Shift {
        for waiting in self.waiting.values() {
            self.answers.entry(waiting.priority).or_default().left += 1;
        }
        Shift { operators: self.free.len(), answers: self.answers, busy: self.busy, longest: self.longest }
    }
}

/// What the operators did until the log ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// How many there were.
    pub operators: usize,
    /// By priority.
    pub answers: BTreeMap<Priority, Answers>,
    /// Time spent serving, all operators together, milliseconds.
    pub busy: Millis,
    /// Most alarms that waited at once.
    pub longest: usize,
}

/// How long an alarm keeps its operator (see the table of the module).
pub(super) fn service(priority: Priority, chance: &mut Chance) -> Millis {
    let (from, to) = match priority {
        Priority::High => (6.0, 15.0),
        Priority::Medium => (3.0, 10.0),
        Priority::Low | Priority::Journal => (1.0, 5.0),
    };
    (chance.between(from, to) * MINUTE as f64) as Millis
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(priority: Priority, since: Millis) -> Waiting {
        Waiting { priority, since, within: Some(100) }
    }

    /// Takes up everything that begins by `by`; each service lasts 50, its answer comes after 10.
    fn served(queue: &mut Queue, by: Millis) -> Vec<(String, Millis)> {
        let mut out = Vec::new();
        while let Some((alert, waiting, start)) = queue.take(by) {
            queue.serve(&waiting, start, start + 10, start + 50);
            out.push((alert, start));
        }
        out
    }

    #[test]
    fn one_operator_serves_the_most_urgent_first_then_the_oldest() {
        let mut queue = Queue::new(1);
        queue.ask("first", asked(Priority::Low, 0));
        assert_eq!(served(&mut queue, 0), [("first".to_owned(), 0)]);
        queue.ask("low", asked(Priority::Low, 5));
        queue.ask("younger", asked(Priority::Low, 6));
        queue.ask("high", asked(Priority::High, 40));
        assert_eq!(served(&mut queue, 49), [], "the operator is busy until 50");
        let order = [("high".to_owned(), 50), ("low".to_owned(), 100), ("younger".to_owned(), 150)];
        assert_eq!(served(&mut queue, 1_000), order);
        let shift = queue.end();
        assert_eq!(shift.busy, 200);
        assert_eq!(shift.longest, 3);
        assert_eq!(shift.answers[&Priority::High].waited, [20]);
        assert_eq!(shift.answers[&Priority::Low].waited, [10, 105, 154]);
        assert_eq!(shift.answers[&Priority::Low].in_time, 1, "within 100");
    }

    #[test]
    fn two_operators_serve_two_at_once_and_the_free_one_takes_the_next() {
        let mut queue = Queue::new(2);
        for (alert, since) in [("a", 0), ("b", 10), ("c", 20)] {
            queue.ask(alert, asked(Priority::Low, since));
        }
        let order = [("a".to_owned(), 0), ("b".to_owned(), 10), ("c".to_owned(), 50)];
        assert_eq!(served(&mut queue, 1_000), order);
    }

    #[test]
    fn what_rises_moves_up_what_leaves_is_gone_and_what_stays_is_counted() {
        let mut queue = Queue::new(1);
        queue.ask("busy", asked(Priority::Low, 0));
        served(&mut queue, 0);
        for (alert, since) in [("old", 1), ("rises", 2), ("leaves", 3)] {
            queue.ask(alert, asked(Priority::Low, since));
        }
        queue.ask("rises", asked(Priority::High, 30));
        queue.leave("leaves");
        queue.leave("never asked");
        assert!(queue.holds("rises") && !queue.holds("leaves"));
        assert_eq!(served(&mut queue, 50), [("rises".to_owned(), 50)]);
        let shift = queue.end();
        assert_eq!(shift.answers[&Priority::High].waited, [58], "it waited since 2");
        let low = &shift.answers[&Priority::Low];
        assert_eq!((low.gone, low.left), (1, 1));
    }
}
