//! The fixes around onset and end, with what each of them said.

use std::collections::BTreeMap;

use serde::Serialize;

use super::account::time;
use super::derive::{Arrival, Derived};
use crate::domain::machine::trace::{Matter, Question, Step};
use crate::domain::output::{Quality, TrackRow};
use crate::domain::position::Position;
use crate::domain::shard::{Retold, Retracing};
use crate::domain::time::Millis;
use crate::edge::lake::StoredRevision;

/// Fixes shown before the onset and after the alert was raised.
const BESIDE: usize = 4;
/// More of one window are left out in its middle.
const MOST: usize = 40;

/// One fix.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FixLine {
    /// Event time.
    pub time: String,
    /// Record timestamp.
    pub arrived: Option<String>,
    /// From fix time to arrival, seconds.
    pub delay_s: Option<i64>,
    /// Degrees.
    pub lat: f64,
    /// Degrees.
    pub lon: f64,
    /// Speed, reported or implied, m/s.
    pub speed_mps: Option<f64>,
    /// Standard deviation that counted, metres.
    pub sigma_m: Option<f64>,
    /// Flags of its row.
    pub quality: String,
    /// What the gate did: `accepted`, `released` with a later fix, `rejected`, or `contact` where it has no usable position.
    pub gate: &'static str,
    /// Beside the corridor's line, metres; right is positive.
    pub cross_track_m: Option<f64>,
    /// Beyond the corridor's edge, metres; negative inside.
    pub beyond_m: Option<f64>,
    /// Along the corridor, metres.
    pub chainage_m: Option<f64>,
    /// What it said to the question of this alert.
    pub evidence: Option<EvidenceLine>,
    /// The place where the vehicle may be standing (alerts about stops).
    pub cluster: Option<ClusterLine>,
    /// `onset`, `raised`, `ended` or empty: what the alert says happened with this fix.
    pub mark: &'static str,
}

/// A step of the accumulator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvidenceLine {
    /// Metres towards the other side; of a zone the depth inside, or the distance outside.
    pub margin_m: f64,
    /// Milli-nats that the fix added.
    pub added: i32,
    /// Sum before.
    pub before: i32,
    /// Sum after.
    pub after: i32,
    /// Sum that decides.
    pub limit: i32,
    /// It decided.
    pub decided: bool,
}

/// A stop's cluster after the fix.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClusterLine {
    /// Distance from its centre, metres.
    pub distance_m: f64,
    /// Fixes in it.
    pub fixes: u16,
    /// Its begin.
    pub from: String,
    /// How long it has lasted by this fix, seconds.
    pub standing_s: i64,
}

/// The question that decides an alert of this kind; `None` where no accumulator does.
pub(super) fn matter(kind: &str, subject: &str) -> Option<Matter> {
    let zone = |prefix: &str| subject.strip_prefix(prefix).map(|id| Matter::Zone(id.to_owned()));
    match kind {
        "corridor_deviation" => Some(Matter::Corridor),
        "territory_exit" => Some(Matter::Territory),
        "unusual_stop" | "overstay" => Some(Matter::Departure),
        _ => zone("zone:").or_else(|| zone("gate:")).or_else(|| zone("checkpoint:")),
    }
}

/// Fixes around the alert.
pub(super) fn around(alert: &StoredRevision, derived: &Derived) -> Vec<FixLine> {
    let Some(retracing) = &derived.retracing else { return Vec::new() };
    let matter = matter(&alert.kind, &alert.subject);
    let steps: BTreeMap<Millis, &Step> =
        retracing.reports.iter().flat_map(|r| &r.steps).map(|step| (step.time, step)).collect();
    let positions: Vec<&Retold> =
        retracing.reports.iter().filter(|r| r.report.sigma_dm > 0 || !r.report.contact_only).collect();
    let mut lines = Vec::new();
    for index in chosen(&positions, alert) {
        let told = positions[index];
        let mut line = line(told, steps.get(&told.report.time).copied(), matter.as_ref(), &alert.kind);
        let next = positions.get(index + 1).map_or(Millis::MAX, |r| r.report.time);
        let here = |t: Millis| told.report.time <= t && t < next;
        line.mark = if here(alert.raised) {
            "raised"
        } else if here(alert.onset) {
            "onset"
        } else if alert.ended.is_some_and(here) {
            "ended"
        } else {
            ""
        };
        arrive(&mut line, told.report.time, derived);
        lines.push(line);
    }
    lines
}

/// Indices of the fixes to show, ascending.
fn chosen(positions: &[&Retold], alert: &StoredRevision) -> Vec<usize> {
    let at = |t: Millis| positions.partition_point(|r| r.report.time < t);
    let window = |from: Millis, to: Millis| at(from).saturating_sub(BESIDE)..(at(to) + BESIDE).min(positions.len());
    let mut windows = vec![window(alert.onset, alert.raised)];
    windows.extend(alert.ended.map(|end| window(end, end)));
    let mut out: Vec<usize> = Vec::new();
    for window in windows {
        let (from, to) = (window.start, window.end);
        let middle = if to - from > MOST { from + MOST / 2..to - MOST / 2 } else { to..to };
        out.extend(window.filter(|i| !middle.contains(i)));
    }
    out.sort_unstable();
    out.dedup();
    out
}

fn line(told: &Retold, step: Option<&Step>, matter: Option<&Matter>, kind: &str) -> FixLine {
    let report = &told.report;
    let position: Position = step.map_or(report.position, |s| s.position);
    let gate = match step {
        _ if report.contact_only => "contact",
        None => "rejected",
        Some(_) if told.seen.quality.has(Quality::GLITCH) && told.steps.is_empty() => "released",
        Some(_) => "accepted",
    };
    let tenth = |value: f64| libm::round(value * 10.0) / 10.0;
    let beside = step.and_then(|s| s.beside);
    let question = step.and_then(|s| s.questions.iter().find(|q| Some(&q.matter) == matter));
    let stops = matches!(kind, "unusual_stop" | "overstay");
    let cluster = step.and_then(|s| s.cluster).filter(|_| stops).map(|c| ClusterLine {
        distance_m: tenth(c.distance_m),
        fixes: c.fixes,
        from: time(c.from),
        standing_s: (c.to - c.from) / 1000,
    });
    FixLine {
        time: time(report.time),
        arrived: None,
        delay_s: None,
        lat: f64::from(position.lat_e6) / 1e6,
        lon: f64::from(position.lon_e6) / 1e6,
        speed_mps: step.map(|s| tenth(s.speed_mps)),
        sigma_m: step.map(|s| tenth(s.sigma_m)),
        quality: String::new(),
        gate,
        cross_track_m: beside.map(|b| tenth(b.0)),
        beyond_m: beside.map(|b| tenth(b.1)),
        chainage_m: beside.map(|b| libm::round(b.2)),
        evidence: question.map(evidence),
        cluster,
        mark: "",
    }
}

fn evidence(q: &Question) -> EvidenceLine {
    EvidenceLine {
        margin_m: libm::round(q.margin_m * 10.0) / 10.0,
        added: q.evidence,
        before: q.before,
        after: q.after,
        limit: q.limit,
        decided: q.flipped,
    }
}

/// When the fix came, and with which flags: of several with its time, the one that stands.
fn arrive(line: &mut FixLine, t: Millis, derived: &Derived) {
    let mut rows = derived.arrivals.iter().filter_map(|a| a.row().map(|row| (a, row)));
    let lost = Quality::DUPLICATE.with(Quality::CONFLICT);
    let stands = |(_, row): &(&Arrival, &TrackRow)| row.fix.time == t && !row.quality.has(lost);
    let Some((arrival, row)) = rows.rfind(stands) else { return };
    let came = arrival.record.source.timestamp;
    line.arrived = Some(time(came));
    line.delay_s = Some((came - t) / 1000);
    line.quality = row.quality.names().collect::<Vec<_>>().join(",");
}

/// The accepted fixes of a stretch of event time: for the picture.
pub(super) fn accepted(retracing: &Retracing, from: Millis, to: Millis) -> Vec<(Millis, Position)> {
    let steps = retracing.reports.iter().flat_map(|r| &r.steps);
    steps.filter(|s| (from..=to).contains(&s.time)).map(|s| (s.time, s.position)).collect()
}
