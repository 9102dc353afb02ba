//! Revisions folded to what stands: the newest of each alert, and whether it was ever announced.

use std::collections::BTreeMap;

use crate::domain::alert::{Handling, Op, Priority, Revision};

/// One alert as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its newest revision.
    pub newest: Revision,
    /// Some revision was announced to a desk: above journal, not suppressed, not found too late to matter.
    pub announced: bool,
}

impl Standing {
    /// It does not stand: what was said has been taken back.
    pub fn retracted(&self) -> bool {
        self.newest.op == Op::Retract
    }
}

/// Whether a desk hears of a revision: above journal, not suppressed, not taken back, and not found so late (seconds, where
/// it is late at all; `[alerts] stale_after_s`) that it goes into the ledger only, unless it is high.
pub fn is_announced(
    op: Op,
    priority: Priority,
    handling: Handling,
    late_by_s: Option<i64>,
    stale_after_s: i64,
) -> bool {
    priority != Priority::Journal
        && handling != Handling::Suppressed
        && op != Op::Retract
        && (priority == Priority::High || late_by_s.is_none_or(|late| late < stale_after_s))
}

/// All alerts by id.
#[derive(Clone, Debug)]
pub struct Standings {
    /// By alert id.
    pub alerts: BTreeMap<String, Standing>,
    stale_after_s: i64,
}

impl Standings {
    /// Of a run whose rulebook says when an alert is found too late to be announced.
    pub fn new(stale_after_s: i64) -> Standings {
        Standings { alerts: BTreeMap::new(), stale_after_s }
    }

    /// Takes a revision; they come in order.
    pub fn take(&mut self, revision: &Revision) {
        let late_by_s = revision.late.then_some(revision.late_by_s);
        let announced = is_announced(revision.op, revision.priority, revision.handling, late_by_s, self.stale_after_s);
        match self.alerts.get_mut(&revision.alert) {
            Some(standing) => {
                standing.announced |= announced;
                standing.newest = revision.clone();
            }
            None => {
                let standing = Standing { newest: revision.clone(), announced };
                self.alerts.insert(revision.alert.clone(), standing);
            }
        }
    }
}
