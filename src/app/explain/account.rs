//! What is to be told, as data: also the JSON of the command.

use serde::Serialize;
use serde_json::Value;

use super::derive::Derived;
use super::fixes::{self, FixLine};
use super::limits::{self, Limits};
use super::thresholds::{self, ThresholdLine};
use crate::domain::time::{Millis, Rfc3339};
use crate::edge::lake::StoredRevision;

/// The whole explanation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// Version of this form.
    pub schema: &'static str,
    /// Alert id.
    pub alert: String,
    /// Kind.
    pub kind: String,
    /// Unit.
    pub unit: Option<String>,
    /// Journey.
    pub journey: Option<String>,
    /// Subject.
    pub subject: String,
    /// The newest revision.
    pub stands: Stands,
    /// Every revision, ascending.
    pub revisions: Vec<RevisionLine>,
    /// Thresholds that decided, with their keys in the rulebook.
    pub thresholds: Vec<ThresholdLine>,
    /// Fixes around the onset and the end, in event order.
    pub fixes: Vec<FixLine>,
    /// How late its fixes came and how soon it was said.
    pub delays: Delays,
    /// Offices.
    pub offices: Offices,
    /// The derivation.
    pub derivation: Derivation,
    /// What the journey's reports cannot prove.
    pub limits: Option<Limits>,
}

/// The alert as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stands {
    /// What it last did.
    pub op: String,
    /// Active or not.
    pub condition: String,
    /// What people have done.
    pub handling: String,
    /// Priority.
    pub priority: String,
    /// Why.
    pub priority_reason: Vec<String>,
    /// How it rests on fixes.
    pub confidence: String,
    /// First evidence.
    pub onset: String,
    /// When the evidence sufficed.
    pub raised: String,
    /// End.
    pub ended: Option<String>,
    /// The evidence of the message.
    pub evidence: Value,
    /// Alert that suppresses it.
    pub parent: Option<String>,
    /// Alerts below it.
    pub children: Vec<String>,
}

/// One revision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RevisionLine {
    /// Its number.
    pub rev: u32,
    /// What it did.
    pub op: String,
    /// Log clock of the decision.
    pub log_time: String,
    /// Active or not.
    pub condition: String,
    /// What people have done.
    pub handling: String,
    /// Priority.
    pub priority: String,
    /// Onset as this revision says it.
    pub onset: String,
    /// End as this revision says it.
    pub ended: Option<String>,
    /// Found by late data, and by how much, seconds.
    pub late_by_s: Option<i64>,
    /// Reason.
    pub reason: Option<String>,
    /// Offset of the record that was being read.
    pub offset: u64,
    /// Rulebook.
    pub rulebook: String,
}

/// Delays, seconds.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct Delays {
    /// From onset to the event time at which the evidence sufficed.
    pub evidence_s: i64,
    /// From there to the log clock at which it was said.
    pub system_s: i64,
    /// Of the fixes shown: the longest way from fix time to arrival.
    pub slowest_fix_s: Option<i64>,
    /// Fixes shown that arrived after newer ones.
    pub late_fixes: usize,
}

/// Offices.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct Offices {
    /// Responsible for the place.
    pub responsible: Vec<String>,
    /// Nearest.
    pub nearest: Option<String>,
    /// Minutes to respond.
    pub respond_within_min: Option<i64>,
}

/// Whether deciding again gives what the lake says.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct Derivation {
    /// Decided again at all: not for alerts of the second stage.
    pub done: bool,
    /// Revisions derived.
    pub revisions: usize,
    /// Records of the unit that were read.
    pub records: usize,
    /// Differences, a line each; none: the lake is borne out.
    pub differences: Vec<String>,
    /// Decision version and program of the newest revision.
    pub versions: (i64, String),
}

pub(super) fn time(t: Millis) -> String {
    Rfc3339(t).to_string()
}

fn list(joined: &str) -> Vec<String> {
    joined.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Puts everything together.
pub(super) fn account(said: &[StoredRevision], derived: &Derived) -> Account {
    // `find` hands over one revision or more.
    let (first, last) = match (said.first(), said.last()) {
        (Some(first), Some(last)) => (first.clone(), last.clone()),
        _ => (StoredRevision::default(), StoredRevision::default()),
    };
    let fixes = fixes::around(&last, derived);
    let slowest = fixes.iter().filter_map(|f| f.delay_s).max();
    Account {
        schema: "kervan.explanation/1",
        alert: last.alert.clone(),
        kind: last.kind.clone(),
        unit: last.unit.clone(),
        journey: last.journey.clone(),
        subject: last.subject.clone(),
        stands: Stands {
            op: last.op.clone(),
            condition: last.condition.clone(),
            handling: last.handling.clone(),
            priority: last.priority.clone(),
            priority_reason: list(&last.priority_reason),
            confidence: last.confidence.clone(),
            onset: time(last.onset),
            raised: time(last.raised),
            ended: last.ended.map(time),
            evidence: serde_json::from_str(&last.evidence).unwrap_or(Value::Null),
            parent: last.parent.clone(),
            children: list(&last.children),
        },
        revisions: said.iter().map(revision).collect(),
        thresholds: thresholds::of(&last, derived),
        delays: Delays {
            evidence_s: (first.raised - first.onset) / 1000,
            system_s: (first.log_time - first.raised) / 1000,
            slowest_fix_s: slowest,
            late_fixes: fixes.iter().filter(|f| f.quality.split(',').any(|q| q == "late")).count(),
        },
        fixes,
        offices: Offices {
            responsible: list(&last.responsible),
            nearest: last.nearest.clone(),
            respond_within_min: last.respond_within_min,
        },
        derivation: Derivation {
            done: derived.retracing.is_some(),
            revisions: derived.revisions.len(),
            records: derived.arrivals.len(),
            differences: derived.differences.clone(),
            versions: (last.decision, last.engine.clone()),
        },
        limits: derived.retracing.as_ref().map(limits::of),
    }
}

fn revision(r: &StoredRevision) -> RevisionLine {
    RevisionLine {
        rev: r.rev,
        op: r.op.clone(),
        log_time: time(r.log_time),
        condition: r.condition.clone(),
        handling: r.handling.clone(),
        priority: r.priority.clone(),
        onset: time(r.onset),
        ended: r.ended.map(time),
        late_by_s: r.late.then_some(r.late_by_s),
        reason: r.reason.clone(),
        offset: r.source.offset,
        rulebook: r.rulebook.clone(),
    }
}
