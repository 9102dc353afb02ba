//! What was violated along the corridor: back, slow, past a checkpoint, near the next office.
//!
//! Progress is the chainage of the way that was driven, second by second, not what a fix would be matched to.

use super::drive::Trace;
use super::labels::{Label, Test, exceed, runs};
use super::stops::stays;
use super::world::{World, WorldCorridor, ZoneUse};
use crate::domain::alert::Kind;

/// Metres beyond the two kilometres that no noise along the corridor explains.
const STRONG_M: f64 = 150.0;
/// Standing for so long is a stop, and no slow progress, seconds.
const STANDING_S: usize = 600;
/// So long a slow stretch lasts at least where it must be found: two looks at it, seconds.
const LOOKS_S: i64 = 600;
/// Between two stretches of an area that are one, metres; and a shorter one is none.
const BORDER_M: f64 = 1_000.0;
/// Fixes beside a checkpoint without which nobody sees that it was missed.
const BESIDE: usize = 3;

/// Labels all of it. `excess`: metres beyond the half width, second by second.
pub(super) fn label(world: &World, corridor: &WorldCorridor, trace: &Trace, excess: &[f32], labels: &mut Vec<Label>) {
    if trace.seconds.is_empty() {
        return;
    }
    back(world, corridor, trace, excess, labels);
    slow(world, corridor, trace, excess, labels);
    checkpoints(world, corridor, trace, excess, labels);
    handovers(world, corridor, trace, excess, labels);
}

fn back(world: &World, corridor: &WorldCorridor, trace: &Trace, excess: &[f32], labels: &mut Vec<Label>) {
    let mut farthest = f64::NEG_INFINITY;
    let behind = trace.seconds.iter().zip(excess).map(|(second, beyond)| {
        if *beyond > 0.0 {
            return f32::MIN;
        }
        farthest = farthest.max(second.chainage_m);
        (farthest - second.chainage_m - world.limits.back_m) as f32
    });
    let behind: Vec<f32> = behind.collect();
    exceed(&behind, STRONG_M, 0.1 * world.limits.back_m, &mut |from, to, guard, _, measure| {
        let test = Test::Behind(world.limits.back_m + STRONG_M);
        let subject = format!("corridor:{}", corridor.id);
        labels.push(Label { kind: Kind::WrongDirection, subject, from, to, guard, test, measure, beside: false });
    });
}

/// From an hour of driving in which the vehicle came less than two kilometres farther, to one in which it came three.
fn slow(world: &World, corridor: &WorldCorridor, trace: &Trace, excess: &[f32], labels: &mut Vec<Label>) {
    let mut counts: Vec<bool> = trace.seconds.iter().zip(excess).map(|(_, beyond)| *beyond <= 0.0).collect();
    for stay in stays(world, trace, world.limits.stop_radius_m).iter().filter(|s| s.to - s.from >= STANDING_S) {
        counts[stay.from..stay.to].fill(false);
    }
    let counted: Vec<usize> = (0..counts.len())
        .filter(|i| counts[*i])
        .filter(|i| {
            let point = trace.seconds[*i].position;
            let crawls = trace.seconds[*i].speed < 5.0;
            // Who drives through a place is soon out of it; asking for every second of a day would take long.
            !crawls
                || !(world.allowance_s(corridor, point).is_some()
                    || world.inside(&[ZoneUse::Dwell, ZoneUse::BorderGate], point))
        })
        .collect();
    let window = world.limits.slow_window_s as usize;
    let mut lacks = vec![f32::MIN; trace.seconds.len()];
    let mut begins = vec![0; trace.seconds.len()];
    for (past, now) in counted.iter().zip(counted.iter().skip(window)) {
        let progress = trace.seconds[*now].chainage_m - trace.seconds[*past].chainage_m;
        let lasts = *now > 0 && lacks[now - 1] > 0.0 && progress < world.limits.slow_clear_m;
        let lack = (world.limits.slow_m - progress) as f32;
        lacks[*now] = if lasts { lack.max(1.0) } else { lack };
        begins[*now] = *past;
    }
    exceed(&lacks, 0.0, 0.1 * world.limits.slow_m, &mut |from, to, guard, _, measure| {
        let subject = format!("corridor:{}", corridor.id);
        let test = Test::HoldsSince(LOOKS_S, begins[from]);
        labels.push(Label { kind: Kind::SlowProgress, subject, from, to, guard, test, measure, beside: false });
    });
}

fn checkpoints(world: &World, corridor: &WorldCorridor, trace: &Trace, excess: &[f32], labels: &mut Vec<Label>) {
    let seconds = &trace.seconds;
    for zone in corridor.checkpoints.iter().map(|i| &world.zones[*i]) {
        let corners = zone.area.rings().into_iter().flatten();
        let along: Vec<f64> = corners.map(|corner| corridor.route.nearest(corner, None).chainage_m).collect();
        let from_m = along.iter().copied().fold(f64::INFINITY, f64::min);
        let to_m = along.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let first = |m: f64| seconds.iter().position(|s| s.chainage_m >= m);
        let (Some(begin), Some(behind), Some(due)) =
            (first(from_m), first(to_m), first(to_m + world.limits.check_past_m))
        else {
            continue;
        };
        if begin == 0 {
            continue; // it never was ahead
        }
        let nearest = seconds[..=due]
            .iter()
            .filter(|s| s.chainage_m > from_m - 2_000.0)
            .map(|s| zone.area.signed_distance_m(s.position))
            .fold(f64::NEG_INFINITY, f64::max);
        if nearest >= 0.0 {
            continue;
        }
        // Only back on the corridor it is known how far the vehicle has come.
        let well_inside = (-0.5 * corridor.half_width_m) as f32;
        let back_on = (due..seconds.len()).find(|i| excess[*i] < well_inside).unwrap_or(seconds.len());
        let test = Test::Beside(begin, behind, BESIDE);
        let subject = format!("checkpoint:{}", zone.id);
        let guard = -nearest < 45.0 || back_on == seconds.len();
        let (from, to) = (behind, back_on.min(seconds.len() - 1) + 1);
        labels.push(Label {
            kind: Kind::CheckpointMissed,
            subject,
            from,
            to,
            guard,
            test,
            measure: -nearest,
            beside: false,
        });
    }
}

fn handovers(world: &World, corridor: &WorldCorridor, trace: &Trace, excess: &[f32], labels: &mut Vec<Label>) {
    let seconds = &trace.seconds;
    for zone in world.zones.iter().filter(|z| z.class == ZoneUse::OfficeArea) {
        let Some(office) = zone.office.as_ref() else { continue };
        let mut inside: Vec<f32> = Vec::with_capacity(seconds.len());
        for (i, second) in seconds.iter().enumerate() {
            // Once in four seconds is often enough for a border of an area.
            let value = if i % 4 == 0 { zone.area.contains(second.position) } else { inside[i - 1] > 0.0 };
            inside.push(if value { 1.0 } else { -1.0 });
        }
        let mut stretches: Vec<(usize, usize)> = Vec::new();
        for (from, to) in runs(&inside, |v| v > 0.0) {
            match stretches.last_mut() {
                Some(last) if seconds[from].chainage_m - seconds[last.1 - 1].chainage_m < BORDER_M => last.1 = to,
                _ => stretches.push((from, to)),
            }
        }
        let near = |before: usize, at_m: f64| {
            let far = seconds[..before].iter().rposition(|s| s.chainage_m < at_m - world.limits.handover_m);
            far.map_or(0, |far| far + 1)
        };
        // Where the day ends before the entry, the handover was due: neither found nor false.
        let end_m = seconds[seconds.len() - 1].chainage_m;
        let ahead = (0..=(world.limits.handover_m / 100.0) as usize).map(|k| end_m + 100.0 * k as f64);
        let next = ahead.filter(|m| *m < corridor.route.length_m()).find(|m| zone.area.contains(corridor.route.at(*m)));
        if let Some(at_m) = next.filter(|_| inside.last().is_some_and(|v| *v < 0.0)) {
            let (kind, subject) = (Kind::HandoverDue, format!("office:{office}"));
            let (from, to, test) = (near(seconds.len(), at_m), seconds.len(), Test::Holds(60));
            labels.push(Label { kind, subject, from, to, guard: true, test, measure: 0.0, beside: false });
        }
        for (entry, left) in stretches {
            let at_m = seconds[entry].chainage_m;
            if entry == 0 || at_m <= BORDER_M {
                continue; // who begins inside does not enter, nor who begins at the border of the first area
            }
            let near = near(entry, at_m);
            let brief = seconds[left - 1].chainage_m - at_m < 1.5 * BORDER_M;
            let off = excess[near..entry].iter().any(|e| *e > 0.0);
            let (from, to) = (near, entry);
            let test = Test::Holds(60);
            let (kind, subject) = (Kind::HandoverDue, format!("office:{office}"));
            labels.push(Label { kind, subject, from, to, guard: brief || off, test, measure: 0.0, beside: false });
        }
    }
}
