//! The load of the desks as it is now: what came in the last ten minutes, and whether that is a flood.

use std::collections::{BTreeMap, VecDeque};

use super::super::time::Millis;
use super::slots::{FLOOD_ABOVE, FLOOD_BELOW, SLOT};
use super::{Heard, Scope};

/// The load of one desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Load {
    /// Alarms of the last ten minutes.
    pub rate: u32,
    /// They are more than anybody can follow.
    pub flood: bool,
}

#[derive(Clone, Debug, Default)]
struct Desk {
    recent: VecDeque<Millis>,
    flood: bool,
}

/// Desks by office, and all of them together. Memory is bounded by the alarms of ten minutes.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    desks: BTreeMap<Scope, Desk>,
    clock: Millis,
}

impl Watch {
    /// Hears a revision. Without the whole story of its alert, what counts is a raise that asks for somebody, and what
    /// comes back from a shelf or from below a parent. Returns whether it counts.
    pub fn hear(&mut self, heard: &Heard) -> bool {
        use super::super::alert::Op;
        let counts = heard.is_on_desk() && matches!(heard.op, Op::Raise | Op::Unsuppress | Op::Unshelve);
        if counts {
            for scope in std::iter::once(Scope::All).chain(heard.offices.iter().cloned().map(Scope::Office)) {
                self.desks.entry(scope).or_default().recent.push_back(heard.log_time);
            }
        }
        self.pass(heard.log_time);
        counts
    }

    /// The log clock has come so far.
    pub fn pass(&mut self, clock: Millis) {
        self.clock = self.clock.max(clock);
        for desk in self.desks.values_mut() {
            while desk.recent.front().is_some_and(|t| *t <= self.clock - SLOT) {
                desk.recent.pop_front();
            }
            let rate = desk.recent.len() as u32;
            desk.flood = rate > FLOOD_ABOVE || desk.flood && rate >= FLOOD_BELOW;
        }
    }

    /// Every desk that has been heard of, with its load.
    pub fn loads(&self) -> impl Iterator<Item = (&Scope, Load)> {
        self.desks.iter().map(|(scope, desk)| (scope, Load { rate: desk.recent.len() as u32, flood: desk.flood }))
    }
}
