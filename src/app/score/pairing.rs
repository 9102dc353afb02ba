//! Which alarm found which violation.
//!
//! An alarm holds from `raised` to `ended` (open: to the end of its journey). It finds a violation [a, b] of its kind
//! and unit when it overlaps [a - 5 s, b + g]; g depends on kind and reporting interval. Two violations share an alarm
//! only when less than 5 minutes lie between them. Where nothing of its own kind is there, an alarm is a companion if
//! the violation that is there explains it, else false.

use std::collections::BTreeMap;

use super::ledger::Alarm;
use crate::app::simulate::{Plant, Stratum, Truth, TruthJourney};
use crate::domain::time::{MINUTE, Millis, SECOND};

/// Which state of the alerts is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The final ledger.
    Final,
    /// As announced at the time.
    Announced,
}

/// What became of an alarm.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The first on these violations (indices of the truth).
    Found(Vec<usize>),
    /// A further one on a violation that is found already.
    Duplicate(usize),
    /// Explained by a violation of another kind.
    Companion(usize),
    /// Within a guard interval.
    Guard(usize),
    /// Nothing is there.
    False,
    /// Of a kind about which the truth says nothing, or of a journey that it does not know.
    Unjudged,
    /// Retracted, and the final ledger is asked.
    Retracted,
}

/// Kinds about which the truth says nothing.
pub(super) const UNJUDGED: [&str; 6] =
    ["zone_exit", "zone_dwell", "border_approach", "arrived_not_deactivated", "route_time_warning", "separation"];

/// Alerts of other kinds that a violation explains.
pub(super) fn companions(planted: &str) -> &'static [&'static str] {
    match planted {
        "corridor_deviation" => &[
            "wrong_direction",
            "zone_enter",
            "territory_exit",
            "checkpoint_missed",
            "handover_due",
            "unloading_suspicion",
        ],
        "wrong_direction" => &["slow_progress", "handover_due"],
        "slow_progress" => &["handover_due"],
        "unusual_stop" | "overstay" => &["unusual_stop", "overstay"],
        "silence" => &["gnss_lost", "unverified_interval"],
        "dual_position" => &["position_jump", "corridor_deviation", "zone_enter", "gnss_lost"],
        "gnss_frozen" => &["position_jump", "unverified_interval", "gnss_lost", "unusual_stop"],
        "jamming" => &["gnss_lost", "unverified_interval"],
        "unloading_suspicion" => &["unusual_stop"],
        "position_jump" => &[
            "corridor_deviation",
            "unusual_stop",
            "overstay",
            "zone_enter",
            "zone_crossed",
            "territory_exit",
            "left_before_clearance",
            "wrong_direction",
            "slow_progress",
            "checkpoint_missed",
            "handover_due",
            "dual_position",
            "gnss_lost",
            "unloading_suspicion",
        ],
        _ => &[],
    }
}

/// Whether an alert of this kind counts as finding that violation.
fn finds(alarm: &Alarm, plant: &Plant) -> bool {
    match plant.kind.as_str() {
        "zone_enter" => matches!(alarm.kind.as_str(), "zone_enter" | "zone_crossed") && alarm.subject == plant.subject,
        // Regions and crowds are named by cells: beside the border of one it may be the other. Time tells them apart.
        "rendezvous" => alarm.kind == "rendezvous" && alarm.subject == plant.subject,
        kind => alarm.kind == kind,
    }
}

/// How long after its end a violation may still be found.
fn grace(kind: &str, interval_s: i64) -> Millis {
    let seconds = match kind {
        "zone_enter" => 2 * interval_s + 90,
        "unusual_stop" | "overstay" => interval_s + 60,
        "position_jump" => 3 * interval_s + 120,
        // Looked at every five minutes.
        "slow_progress" => 2 * interval_s + 420,
        _ => 2 * interval_s + 120,
    };
    seconds * SECOND
}

/// A verdict for each alarm, in their order.
pub fn pair(truth: &Truth, alarms: &[Alarm], view: View) -> Vec<Verdict> {
    let all = everybody(truth);
    let journeys = truth.journeys.iter().chain([&all]);
    let journeys: BTreeMap<&str, &TruthJourney> = journeys.map(|j| (j.journey.as_str(), j)).collect();
    let mut of_journey: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, plant) in truth.plants.iter().enumerate() {
        of_journey.entry(plant.journey.as_str()).or_default().push(i);
    }
    let raised = |alarm: &Alarm| if view == View::Final { alarm.raised } else { alarm.first_raised };
    let mut order: Vec<usize> = (0..alarms.len()).collect();
    order.sort_by_key(|i| (raised(&alarms[*i]), *i));
    let mut found = vec![false; truth.plants.len()];
    let mut verdicts = vec![Verdict::Unjudged; alarms.len()];
    for i in order {
        let alarm = &alarms[i];
        if alarm.retracted {
            verdicts[i] = if view == View::Final { Verdict::Retracted } else { Verdict::False };
            continue;
        }
        let Some(journey) = journeys.get(alarm.journey.as_str()) else { continue };
        let from = raised(alarm);
        let to = alarm.ended.unwrap_or(journey.to).max(from);
        let near = of_journey.get(alarm.journey.as_str()).map_or(&[][..], Vec::as_slice);
        verdicts[i] = judge(truth, journey, alarm, (from, to), near, &mut found);
    }
    verdicts
}

/// What stands for the journey of an alert that has none: all of them, reporting as seldom as any.
fn everybody(truth: &Truth) -> TruthJourney {
    TruthJourney {
        journey: String::new(),
        unit: String::new(),
        from: truth.journeys.iter().map(|j| j.from).min().unwrap_or(0),
        to: truth.journeys.iter().map(|j| j.to).max().unwrap_or(0),
        interval_s: truth.journeys.iter().map(|j| j.interval_s).max().unwrap_or(0),
        environment: String::new(),
        delivery: String::new(),
        corridor: String::new(),
        mount: String::new(),
        clean: false,
        driving_s: 0,
    }
}

fn judge(
    truth: &Truth,
    journey: &TruthJourney,
    alarm: &Alarm,
    (from, to): (Millis, Millis),
    near: &[usize],
    found: &mut [bool],
) -> Verdict {
    let overlaps =
        |plant: &Plant| to >= plant.from - 5 * SECOND && from <= plant.to + grace(&plant.kind, journey.interval_s);
    let there: Vec<usize> = near.iter().copied().filter(|i| overlaps(&truth.plants[*i])).collect();
    let own: Vec<usize> = there.iter().copied().filter(|i| finds(alarm, &truth.plants[*i])).collect();
    let named = |i: &&usize| truth.plants[**i].subject == alarm.subject;
    // Several regions can be struck at once: each alarm has its own, where that is named.
    let own: Vec<usize> = match alarm.journey.is_empty() && own.iter().any(|i| named(&i)) {
        true => own.iter().filter(named).copied().collect(),
        false => own,
    };
    let guard = |i: &&usize| truth.plants[**i].stratum == Stratum::Guard;
    let mut taken: Vec<usize> = Vec::new();
    for i in own.iter().copied().filter(|i| !guard(&i)) {
        // What is re-opened within five minutes is one alarm; fixes tell the end of the one to an interval.
        let hold = 5 * MINUTE + journey.interval_s * SECOND;
        let close = |before: &usize| truth.plants[i].from - truth.plants[*before].to < hold;
        if !found[i] && taken.last().is_none_or(close) {
            taken.push(i);
        }
    }
    if !taken.is_empty() {
        taken.iter().for_each(|i| found[*i] = true);
        return Verdict::Found(taken);
    }
    if let Some(i) = own.iter().find(|i| !guard(i)) {
        return Verdict::Duplicate(*i);
    }
    if let Some(i) = own.first() {
        return Verdict::Guard(*i);
    }
    let explains = |i: &&usize| companions(&truth.plants[**i].kind).contains(&alarm.kind.as_str());
    match there.iter().find(explains) {
        Some(i) => Verdict::Companion(*i),
        None if UNJUDGED.contains(&alarm.kind.as_str()) => Verdict::Unjudged,
        None => Verdict::False,
    }
}
