//! A revision of an alert, complete: what the ledger says, with vehicle, offices, texts and codes.

use super::alert::{Condition, Evidence, EvidenceValue, Handling, Revision};
use super::episode::{Episode, Measure};
use super::ledger::{Alert, Ledger, Said};
use super::plan::Plan;
use super::record::{Source, Vehicle};
use super::rules::Rules;
use super::text::{codes, text};
use super::time::Millis;

/// What a revision needs beside the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Journey id.
    pub journey: &'a str,
    /// Unit id.
    pub unit: &'a str,
    /// The plan in force.
    pub plan: &'a Plan,
    /// The record that was being read.
    pub source: Source,
    /// Log clock of the decision.
    pub log_time: Millis,
}

/// The message for one thing that was said about a journey.
pub fn revision(ledger: &Ledger, said: &Said, frame: &Frame<'_>) -> Revision {
    Revision {
        unit: Some(frame.unit.to_owned()),
        journey: Some(frame.journey.to_owned()),
        vehicle: frame.plan.declaration.vehicle.clone().unwrap_or_default(),
        ..message(ledger, said, &frame.plan.rules, frame.source, frame.log_time)
    }
}

/// The message for one thing that was said about no journey in particular: a finding of the second stage.
pub fn message(ledger: &Ledger, said: &Said, rules: &Rules, source: Source, log_time: Millis) -> Revision {
    let alert = &ledger.alerts[said.alert];
    let e = &alert.said;
    let book = &rules.book;
    let responsible = responsible(e, rules);
    let nearest = e.position.and_then(|p| book.nearest_office(p)).map(|o| o.code.clone());
    let (article, eaeu, ncts_incident) = codes(e, book.settings.corridor_deviation.report_m);
    let active = e.ended.is_none() && !alert.retracted;
    Revision {
        alert: alert.id.clone(),
        rev: alert.rev,
        op: said.op,
        kind: e.kind,
        unit: None,
        journey: None,
        subject: e.subject.clone(),
        vehicle: Vehicle::default(),
        condition: if active { Condition::Active } else { Condition::Inactive },
        handling: alert.handling_now(),
        priority: e.priority,
        priority_reason: e.reasons.clone(),
        confidence: e.confidence,
        onset: e.onset,
        raised: e.raised,
        ended: if active { None } else { e.ended },
        log_time,
        late: alert.late,
        late_by_s: alert.late_by_s,
        reason: said.reason.as_ref().map(|reason| reason.clone().into_owned()),
        parent: alert.parent.clone(),
        children: alert.children.iter().chain(&e.children).cloned().collect(),
        position: e.position,
        evidence: evidence(alert, said, &responsible),
        responsible,
        nearest,
        text: text(e),
        article,
        eaeu,
        ncts_incident,
        rulebook: book.sha256.clone(),
        source,
    }
}

/// Offices responsible for the place of a finding: each of them has to acknowledge it.
pub fn responsible(e: &Episode, rules: &Rules) -> Vec<String> {
    let mut offices: Vec<String> =
        e.position.map_or(Vec::new(), |p| rules.book.responsible_offices(p).into_iter().map(str::to_owned).collect());
    offices.dedup();
    offices
}

/// Sorts what was said at one moment: by kind, subject, onset, revision (FORMATS, section 3).
pub fn sort(revisions: &mut [Revision]) {
    revisions.sort_by(|a, b| {
        (a.kind, &a.subject, a.onset, &a.alert, a.rev).cmp(&(b.kind, &b.subject, b.onset, &b.alert, b.rev))
    });
}

fn evidence(alert: &Alert, said: &Said, responsible: &[String]) -> Evidence {
    let e = &alert.said;
    let mut values = Vec::with_capacity(e.measures.len());
    for (measure, value) in &e.measures {
        let value = match measure {
            Measure::ChainageFromM => {
                let to = e.get(Measure::ChainageToM).unwrap_or(*value);
                values.push(("chainage_m", EvidenceValue::Pair(*value, to)));
                continue;
            }
            Measure::ChainageToM => continue,
            Measure::OnsetUnknown => EvidenceValue::Bool(*value != 0),
            _ => EvidenceValue::Int(*value),
        };
        values.push((measure.name(), value));
    }
    let lists = e.lists.iter().map(|(measure, words)| (measure.name(), EvidenceValue::Texts(words.clone())));
    values.extend(lists);
    values.extend(handled(alert, said, responsible));
    Evidence { fixes: e.fixes.clone(), values }
}

/// What people have done about it: who has acknowledged it, whom it waits for, how long it is shelved, who did this.
fn handled(alert: &Alert, said: &Said, responsible: &[String]) -> Vec<(&'static str, EvidenceValue)> {
    let desk = &alert.desk;
    let mut values = Vec::new();
    if !desk.acknowledged_by.is_empty() {
        values.push(("acknowledged_by", EvidenceValue::Texts(desk.acknowledged_by.clone())));
        let awaited: Vec<String> = desk.awaited(responsible).into_iter().cloned().collect();
        if desk.stage.handling() == Handling::Unacknowledged && !awaited.is_empty() {
            values.push(("awaited", EvidenceValue::Texts(awaited)));
        }
    }
    values.extend(desk.shelved_until.map(|until| ("shelved_until", EvidenceValue::Time(until))));
    values.extend(said.by.as_ref().map(|by| ("by", EvidenceValue::Text(by.clone()))));
    values
}
