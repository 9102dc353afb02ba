//! The journey decided again: the same shard over the same records.
//!
//! Records of other units decide nothing of this journey but the log clock: each becomes a beat that moves it. One thing is
//! then different: rewinds of other units no longer share the budget of a record, so a correction by late data may be
//! reached some records earlier. What is compared below leaves the place and the log time of such revisions out.

use std::path::Path;
use std::sync::Arc;

use crate::app::failure::Failure;
use crate::app::stretch::{Decision, Input};
use crate::domain::alert::Revision;
use crate::domain::output::{Disposition, Outcome};
use crate::domain::record::{Body, Heartbeat, Id, Record};
use crate::domain::rules::Rules;
use crate::domain::shard::Retracing;
use crate::domain::time::{DAY, Millis};
use crate::edge::lake::StoredRevision;
use crate::edge::wire;

/// A record of the unit, and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    /// The record.
    pub record: Record,
    /// How it ended.
    pub disposition: Disposition,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Derived {
    /// Revisions of the alert.
    pub revisions: Vec<Revision>,
    /// Records of the unit, in the order of the log.
    pub arrivals: Vec<Arrival>,
    /// The journey in event order; `None` for the second stage.
    pub retracing: Option<Retracing>,
    /// Where it differs from the lake, a line each.
    pub differences: Vec<String>,
}

/// Decides the partition of the alert again.
///
/// # Errors
/// Exit 3 where the lake cannot be read or names a rulebook that is not known.
pub(super) fn derive(lake: &Path, said: &[StoredRevision], rulebooks: Vec<Arc<Rules>>) -> Result<Derived, Failure> {
    let mut derived = Derived::default();
    let Some(first) = said.first() else { return Ok(derived) };
    let (Some(unit), Some(journey)) = (&first.unit, &first.journey) else { return Ok(derived) };
    let keep_d = rulebooks.iter().map(|r| r.settings().late.closed_d).min().unwrap_or(7);
    let mut decision = Decision::new(rulebooks);
    let mut last = Millis::MAX;
    let mut hear = |records: &[Record], out: &crate::domain::output::Outputs| {
        let ours = records.iter().zip(&out.dispositions).filter(|(r, _)| r.body.unit() == Some(unit.as_str()));
        let arrivals =
            ours.map(|(record, disposition)| Arrival { record: record.clone(), disposition: disposition.clone() });
        derived.arrivals.extend(arrivals);
        derived.revisions.extend(out.revisions.iter().filter(|r| r.alert == first.alert).cloned());
    };
    Input::Lake(lake.to_owned()).each(&mut |mut record| {
        if record.source.partition != first.source.partition {
            return Ok(true);
        }
        let timestamp = record.source.timestamp;
        // A closed journey is forgotten after a while: before that, nothing more can come of it.
        if timestamp >= last {
            return Ok(false);
        }
        if let Body::Command(command) = &record.body
            && command.unit == *unit
            && command.action.journey() == Some(journey)
        {
            last = match command.action.type_name() {
                "deactivate" => timestamp + (keep_d * DAY - DAY / 24).max(0),
                _ => Millis::MAX,
            };
        }
        if record.body.unit().is_some_and(|of| of != unit) {
            record.body = Body::Heartbeat { unit: Id::default(), heartbeat: Heartbeat::default() };
        }
        decision.take(record, &mut hear)?;
        Ok(true)
    })?;
    decision.finish(&mut hear)?;
    derived.retracing = decision.retrace(journey)?;
    derived.differences = differences(said, &derived.revisions);
    Ok(derived)
}

/// Where the derived revisions differ from those of the lake.
fn differences(said: &[StoredRevision], derived: &[Revision]) -> Vec<String> {
    let mut out = Vec::new();
    for revision in said {
        let Some(again) = derived.iter().find(|r| r.rev == revision.rev) else {
            out.push(format!("rev {} ({}) was not derived again", revision.rev, revision.op));
            continue;
        };
        let mut evidence = Vec::new();
        wire::alert::encode_evidence(&again.evidence, &mut evidence);
        let ended = |t: Option<Millis>| t.unwrap_or(Millis::MIN);
        let pairs: [(&str, bool); 9] = [
            ("op", revision.op == again.op.name()),
            ("priority", revision.priority == again.priority.name()),
            ("condition", revision.condition == again.condition.name()),
            ("confidence", revision.confidence == again.confidence.name()),
            ("onset", revision.onset == again.onset),
            ("raised", revision.raised == again.raised),
            ("ended", ended(revision.ended) == ended(again.ended)),
            ("evidence", revision.evidence.as_bytes() == evidence),
            ("log_time", revision.late || revision.op == "amend" || revision.log_time == again.log_time),
        ];
        for (name, _) in pairs.iter().filter(|(_, same)| !same) {
            out.push(format!("rev {} ({}): {name} differs", revision.rev, revision.op));
        }
    }
    out
}

impl Arrival {
    /// The fix of the row, where it is one that was kept.
    pub fn row(&self) -> Option<&crate::domain::output::TrackRow> {
        self.disposition.row.as_ref().filter(|_| self.disposition.outcome != Outcome::Rejected)
    }
}
