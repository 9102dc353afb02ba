//! What of a revision counts for the figures.

use super::super::alert::{Condition, Handling, Kind, Op, Priority, Revision};
use super::super::time::Millis;

/// The fields of a revision that figures rest on, from the engine or from a file of alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Alert id.
    pub alert: String,
    /// Revision.
    pub rev: u32,
    /// What it does.
    pub op: Op,
    /// What was found.
    pub kind: Kind,
    /// Unit; `None` for the second stage.
    pub unit: Option<String>,
    /// Subject.
    pub subject: String,
    /// Whether the condition holds.
    pub condition: Condition,
    /// What people have done.
    pub handling: Handling,
    /// How urgent.
    pub priority: Priority,
    /// Log clock.
    pub log_time: Millis,
    /// Found so late, seconds; 0 where it was not late.
    pub late_by_s: i64,
    /// Offices responsible for the place.
    pub offices: Vec<String>,
}

/// Found later than this, an alert that is not high belongs to the queue "found later" (DETECTION, 4.4).
const FOUND_LATER_S: i64 = 1_800;

impl Heard {
    /// Whether the alert asks for somebody, as it stands.
    pub fn is_on_desk(&self) -> bool {
        let later = self.late_by_s >= FOUND_LATER_S && self.priority < Priority::High;
        self.handling == Handling::Unacknowledged
            && self.priority > Priority::Journal
            && self.op != Op::Retract
            && !later
    }

    /// What it comes from: the same kind at the same unit, or the same subject of the second stage.
    pub fn source(&self) -> (Kind, &str) {
        (self.kind, self.unit.as_deref().unwrap_or(&self.subject))
    }
}

impl From<&Revision> for Heard {
    fn from(revision: &Revision) -> Heard {
        Heard {
            alert: revision.alert.clone(),
            rev: revision.rev,
            op: revision.op,
            kind: revision.kind,
            unit: revision.unit.clone(),
            subject: revision.subject.clone(),
            condition: revision.condition,
            handling: revision.handling,
            priority: revision.priority,
            log_time: revision.log_time,
            late_by_s: revision.late_by_s,
            offices: revision.responsible.clone(),
        }
    }
}
