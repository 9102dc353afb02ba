//! Revisions folded to what stands: the newest of each alert, and whether it was ever announced.

use std::collections::BTreeMap;

use crate::domain::alert::{Handling, Op, Priority, Revision};
use crate::domain::time::Millis;

/// One alert as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its newest revision.
    pub newest: Revision,
    /// Log clock of its first revision.
    pub first_log_time: Millis,
    /// Some revision was announced to a desk: above journal, not suppressed, not found too late to matter.
    pub announced: bool,
}

impl Standing {
    /// It does not stand: what was said has been taken back.
    pub fn retracted(&self) -> bool {
        self.newest.op == Op::Retract
    }
}

/// All alerts by id.
#[derive(Clone, Debug, Default)]
pub struct Standings {
    /// By alert id.
    pub alerts: BTreeMap<String, Standing>,
}

/// Found later than this, what is not high goes to the ledger only (`[alerts] stale_after_s`, its default), seconds.
const STALE_S: i64 = 1_800;

impl Standings {
    /// Takes a revision; they come in order.
    pub fn take(&mut self, revision: &Revision) {
        let high = revision.priority == Priority::High;
        let announced = revision.priority != Priority::Journal
            && revision.handling != Handling::Suppressed
            && revision.op != Op::Retract
            && (high || !revision.late || revision.late_by_s < STALE_S);
        match self.alerts.get_mut(&revision.alert) {
            Some(standing) => {
                standing.announced |= announced;
                standing.newest = revision.clone();
            }
            None => {
                let standing = Standing { newest: revision.clone(), first_log_time: revision.log_time, announced };
                self.alerts.insert(revision.alert.clone(), standing);
            }
        }
    }
}
