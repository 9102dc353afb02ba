//! What the unit itself shows to be wrong: two tracks, a frozen receiver, jamming, holes, an empty battery, a door.
//!
//! Each is measured by its definition on what was delivered (DETECTION, 5.2, 5.11, 5.12, 5.14), planted or not.

use super::agenda::SpellKind;
use super::drive::Trace;
use super::labels::corridor_excess;
use super::noise::{DOOR, JAMMING, Measured, TAMPER};
use super::stops::stays;
use super::strata::{Seen, plant, says_where};
use super::truth::{Detail, Plant, Stratum};
use super::world::{WorldCorridor, ZoneUse};
use crate::domain::alert::Kind;
use crate::domain::time::HOUR;

/// The trend of a battery needs so many seconds.
const TREND_S: usize = 3 * 3600;

/// Adds every violation of a journey.
pub(super) fn label(seen: &Seen<'_>, road: &WorldCorridor, trace: &Trace, out: &mut Vec<Plant>) {
    spells(seen, trace, out);
    frozen(seen, out);
    holes(seen, road, trace, out);
    battery(seen, trace, out);
    sensors(seen, trace, out);
    unloading(seen, road, trace, out);
}

fn say(seen: &Seen<'_>, kind: Kind, (from, to): (usize, usize), stratum: Stratum, fixes: usize) -> Plant {
    let subject = if kind == Kind::UnloadingSuspicion { "stop" } else { "unit" };
    let detail = Detail { fixes: Some(fixes as i64), ..Detail::default() };
    plant(kind, subject, seen.at(from), seen.at(to), stratum, detail)
}

fn within<'a>(seen: &'a Seen<'_>, from: usize, to: usize) -> &'a [Measured] {
    let begin = seen.measured.partition_point(|m| m.second < from);
    &seen.measured[begin..seen.measured.partition_point(|m| m.second < to)]
}

/// Two tracks in turn, and jamming.
fn spells(seen: &Seen<'_>, trace: &Trace, out: &mut Vec<Plant>) {
    for (began, spell) in &trace.spells {
        let to = (began + spell.lasts_s as usize).min(trace.seconds.len());
        let fixes = within(seen, *began, to);
        let (kind, provable) = match spell.what {
            SpellKind::Alternating { east_m, north_m } => {
                let there = trace.seconds[*began].position.offset_m(east_m, north_m);
                let bound = 1.2 * seen.world.limits.v_max_mps * seen.interval_s as f64 + 500.0;
                let far = fixes.iter().all(|m| trace.seconds[m.second].position.distance_m(there) > bound);
                (Kind::DualPosition, far && alternates(seen, *began, fixes))
            }
            SpellKind::Flickering | SpellKind::Jammed => (Kind::Jamming, jams(seen, fixes)),
            _ => continue,
        };
        let stratum = match fixes.len() {
            0 => Stratum::Dark,
            _ if provable => Stratum::Observable,
            _ => Stratum::Brief,
        };
        out.push(say(seen, kind, (*began, to), stratum, fixes.len()));
    }
}

/// One turn more than the definition asks for within its window, less one interval.
fn alternates(seen: &Seen<'_>, began: usize, fixes: &[Measured]) -> bool {
    let turn = seen.interval_s.max(30) as usize;
    let away = |m: &Measured| (m.second - began) / turn % 2 == 1;
    let turns: Vec<usize> = fixes.windows(2).filter(|p| away(&p[0]) != away(&p[1])).map(|p| p[1].second).collect();
    let wanted = seen.world.limits.alternations + 1;
    turns.windows(wanted).any(|t| t[wanted - 1] - t[0] + seen.interval_s as usize <= seen.world.limits.alternate_s)
}

/// Flagged for long enough: each flagged fix stands for an interval, half of what is asked for at most.
fn jams(seen: &Seen<'_>, fixes: &[Measured]) -> bool {
    let limits = &seen.world.limits;
    let each = seen.interval_s.min(limits.jam_s / 2).max(1);
    let wanted = ((limits.jam_s + each - 1) / each) as usize;
    let window = limits.jam_window_s.max(2 * seen.interval_s) as usize;
    let flagged: Vec<usize> = fixes.iter().filter(|m| m.fix.alarms.contains(JAMMING)).map(|m| m.second).collect();
    flagged.windows(wanted.max(2)).any(|f| f[f.len() - 1] - f[0] <= window)
}

/// Odometers count in steps of up to so much: a smaller difference may be standing, 0.1 m.
const ODOMETER_STEP_DM: u64 = 1_000;

/// Equal positions in a row, each but the first from a moving vehicle (DETECTION, 5.2). That is said by its speed, or by an
/// odometer that has gone on since the first: who then rests for a while has not been given back a position.
fn frozen(seen: &Seen<'_>, out: &mut Vec<Plant>) {
    let limits = &seen.world.limits;
    let usable: Vec<&Measured> = seen.measured.iter().filter(|m| says_where(&m.fix)).collect();
    let moves = |first: &Measured, m: &Measured| {
        let driven_dm = m.fix.odometer_dm.zip(first.fix.odometer_dm).map_or(0, |(now, then)| now.saturating_sub(then));
        f64::from(m.fix.speed_cm_s.unwrap_or(0)) > limits.frozen_mps * 100.0 || driven_dm >= ODOMETER_STEP_DM
    };
    let mut begin = 0;
    for i in 1..=usable.len() {
        let first = usable[begin];
        if usable.get(i).is_some_and(|m| m.fix.position == first.fix.position && moves(first, m)) {
            continue;
        }
        let run = &usable[begin..i];
        let lasts = run[run.len() - 1].second - run[0].second;
        let stratum = match () {
            () if run.len() >= limits.frozen_fixes && lasts >= limits.frozen_s => Some(Stratum::Observable),
            () if run.len() >= 4 && lasts * 10 >= limits.frozen_s * 9 => Some(Stratum::Guard),
            () => None,
        };
        if let Some(stratum) = stratum {
            out.push(say(seen, Kind::GnssFrozen, (run[0].second, run[run.len() - 1].second), stratum, run.len()));
        }
        begin = i;
    }
}

/// Holes with time to spare. A frozen receiver makes one, too.
fn holes(seen: &Seen<'_>, road: &WorldCorridor, trace: &Trace, out: &mut Vec<Plant>) {
    let limits = &seen.world.limits;
    let longest = limits.silence_s(seen.interval_s);
    let mut before: Option<&Measured> = None;
    for m in seen.measured.iter().filter(|m| m.sound && m.fix.valid) {
        if before.is_some_and(|b| b.fix.position == m.fix.position) {
            continue; // frozen: it says nothing
        }
        if let Some(b) = before.replace(m) {
            let hole = (m.second - b.second) as i64;
            if hole <= longest {
                continue;
            }
            let (p, q) = (trace.seconds[b.second].position, trace.seconds[m.second].position);
            let along = |x| road.route.nearest(x, None).chainage_m;
            let way = (along(q) - along(p)).abs().max(p.distance_m(q));
            let slack = hole as f64 - way / limits.plan_speed_mps;
            let share = slack / limits.slack_s as f64;
            if share > 0.9 {
                let stratum = if share > 1.1 { Stratum::Observable } else { Stratum::Guard };
                out.push(say(seen, Kind::UnverifiedInterval, (b.second, m.second), stratum, 0));
            }
        }
    }
}

/// A battery that drains, from when its trend is known on, and one that is low.
fn battery(seen: &Seen<'_>, trace: &Trace, out: &mut Vec<Plant>) {
    let level = |m: &Measured| m.fix.battery_pct.unwrap_or(100);
    let (Some(first), Some(last)) = (seen.measured.first(), seen.measured.last()) else { return };
    let end = trace.seconds.len();
    let hours = (last.second - first.second) as f64 / 3600.0;
    let lost = f64::from(level(first)) - f64::from(level(last));
    if lost > 4.0 * hours {
        let from = first.second + TREND_S;
        if from < end {
            let known = end > from + 1_800 + 2 * seen.interval_s as usize;
            let stratum = if known { Stratum::Observable } else { Stratum::Guard };
            out.push(say(seen, Kind::BatteryWillNotLast, (from, end), stratum, seen.measured.len()));
        }
    }
    if let Some(low) = seen.measured.iter().find(|m| level(m) < seen.world.limits.low_percent) {
        let fixes = within(seen, low.second, end).len();
        let stratum = if fixes >= 3 { Stratum::Observable } else { Stratum::Guard };
        out.push(say(seen, Kind::LowBattery, (low.second, end), stratum, fixes));
    }
}

/// A sensor that has spoken is an open matter until somebody resets it: what it says again belongs to that.
fn sensors(seen: &Seen<'_>, trace: &Trace, out: &mut Vec<Plant>) {
    for (flag, kind, subject) in [(DOOR, Kind::Seal, "sensor:door"), (TAMPER, Kind::Tamper, "sensor:tamper")] {
        if let Some(first) = seen.measured.iter().find(|m| m.fix.alarms.contains(flag)) {
            let (from, to) = (seen.at(first.second), seen.at(trace.seconds.len()));
            out.push(plant(kind, subject, from, to, Stratum::Observable, Detail::default()));
        }
    }
}

/// Stays whose points suffice. A manoeuvre before one is worth a point that the truth does not see: one point short is a guard.
fn unloading(seen: &Seen<'_>, road: &WorldCorridor, trace: &Trace, out: &mut Vec<Plant>) {
    let limits = &seen.world.limits;
    let excess = corridor_excess(seen.world, road, trace);
    for stay in stays(seen.world, trace, limits.stop_radius_m) {
        let lasts = (stay.to - stay.from) as i64;
        if lasts < 100 || seen.world.inside(&[ZoneUse::Dwell, ZoneUse::BorderGate], stay.anchor) {
            continue;
        }
        let beyond = f64::from(excess[stay.from + (stay.to - stay.from) / 2]);
        let door = within(seen, stay.from, stay.to).iter().any(|m| m.fix.alarms.contains(DOOR));
        let marked = seen.world.inside(&[ZoneUse::Forbidden, ZoneUse::Risk], stay.anchor);
        let stored = seen.world.zones.iter().any(|z| z.warehouse && z.area.contains(stay.anchor));
        let hour = |second: usize| (seen.at(second) / HOUR + limits.local_h).rem_euclid(24);
        let night = |second: usize| !(5..22).contains(&hour(second));
        let nights = i64::from(night(stay.from)) + i64::from(night(stay.to));
        // Of what lies before its first fix and behind its last nobody knows whether the vehicle stood there.
        let (first, last) = seen.proven(stay.from, stay.to);
        let (empty, dark) = (seen.empty_s(first, last), seen.hidden_s(stay.from, stay.to));
        let sure = |holds: bool, points: i64| if holds { points } else { 0 };
        let (mut low, mut high) = (0, 1); // the manoeuvre
        for (points, certain, possible) in [
            (5, door, door),
            (3, beyond > 0.1 * road.half_width_m, beyond > -0.1 * road.half_width_m),
            (3, marked, marked || stored),
            (2, empty > 330, dark > 270),
            (1, nights == 2, nights > 0),
            (1, last - first >= 600 && lasts <= 7_200, lasts >= 570),
        ] {
            low += sure(certain, points);
            high += sure(possible, points);
        }
        if high < limits.suspicion {
            continue;
        }
        let fixes = seen.sound(stay.from, stay.to);
        let enough = lasts >= 150 + 2 * seen.interval_s && fixes as i64 * seen.interval_s * 10 >= lasts * 6;
        let stratum = match () {
            () if low < limits.suspicion => Stratum::Guard,
            () if fixes == 0 => Stratum::Dark,
            () if enough => Stratum::Observable,
            () => Stratum::Brief,
        };
        out.push(say(seen, Kind::UnloadingSuspicion, (stay.from, stay.to), stratum, fixes));
    }
}
