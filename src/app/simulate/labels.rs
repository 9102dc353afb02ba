//! What was violated, measured on the noise-free second-by-second way (DETECTION, section 6.4).
//!
//! A violation is a maximal interval in which the truth satisfies a kind's definition, planted or not. A label within
//! 10 % of its threshold is a guard: an alert there is neither found nor false.
//!
//! Distances are asked only where they can matter: from `d` metres short of a threshold, nothing can happen before the
//! vehicle has driven `d` metres.

use super::along;
use super::drive::Trace;
use super::stops;
use super::world::{World, WorldCorridor, ZoneUse, far_from};
use crate::domain::alert::Kind;
use crate::domain::position::Position;

/// One violation in seconds of the trace.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label {
    /// Kind of alert that is expected.
    pub(super) kind: Kind,
    /// Its subject.
    pub(super) subject: String,
    /// First second.
    pub(super) from: usize,
    /// Second after the last.
    pub(super) to: usize,
    /// Within 10 % of the threshold.
    pub(super) guard: bool,
    /// What else must hold to be observable.
    pub(super) test: Test,
    /// Largest exceedance in metres; for stops the threshold in seconds.
    pub(super) measure: f64,
    /// Within it the vehicle was beyond the half width of its corridor: whoever knows the corridor does not know this way.
    pub(super) beside: bool,
}

/// What makes a violation observable.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// A run of 40 s and more with enough sound fixes; for zones also one fix that is 30 m deep.
    Runs {
        /// Where the exceedance suffices, seconds.
        strong: Vec<(usize, usize)>,
        /// Where it is 30 m.
        deep: Vec<(usize, usize)>,
    },
    /// Standing longer than this threshold, seconds.
    Stands(i64),
    /// Lasting so long and two intervals more, seconds.
    Holds(i64),
    /// The same, where a clock that began at this second stands still over holes.
    HoldsSince(i64, usize),
    /// Sound fixes that lie so far behind the farthest of them before, metres: nobody sees where between two fixes it turned.
    Behind(f64),
    /// So many sound fixes between two seconds.
    Beside(usize, usize, usize),
}

/// Metres that exceed what noise explains: 3 σ and at least 30 m.
pub(super) fn strong_m(urban: bool, underneath: bool) -> f64 {
    let sigma: f64 = if urban { 13.5 } else { 10.0 };
    (3.0 * sigma * if underneath { 2.0 } else { 1.0 }).max(30.0)
}

/// Every violation of a trace on its corridor, and the halts that others may have shared.
pub(super) fn label(
    world: &World,
    corridor: &WorldCorridor,
    trace: &Trace,
    strong: f64,
) -> (Vec<Label>, Vec<stops::Stay>) {
    let excess = corridor_excess(world, corridor, trace);
    let mut labels = Vec::new();
    exceed(&excess, strong, 0.1 * corridor.half_width_m, &mut |from, to, guard, test, measure| {
        let subject = format!("corridor:{}", corridor.id);
        labels.push(Label { kind: Kind::CorridorDeviation, subject, from, to, guard, test, measure, beside: true });
    });
    for zone in &world.zones {
        let territory = zone.class == ZoneUse::Territory;
        if !territory && !zone.class.entry_counts() {
            continue;
        }
        let (sign, margin, kind) = match territory {
            true => (-1.0, world.limits.territory_m, Kind::TerritoryExit),
            false => (1.0, 0.0, Kind::ZoneEnter),
        };
        let bounds = zone.area.bounds();
        let depth = profile(trace, 60.0, |p| match far_from(bounds, p) {
            Some(far) if !territory && far > 2_000.0 => -far,
            _ => sign * zone.area.signed_distance_m(p) - margin,
        });
        exceed(&depth, strong, 10.0, &mut |from, to, guard, test, measure| {
            let guard = guard || zone.class == ZoneUse::BorderGate && from == 0;
            let subject = format!("zone:{}", zone.id);
            let beside = excess[from..to].iter().any(|m| *m > 0.0);
            labels.push(Label { kind, subject, from, to, guard, test, measure, beside });
        });
    }
    stops::label(world, corridor, trace, &excess, &mut labels);
    along::label(world, corridor, trace, &excess, &mut labels);
    labels.sort_by(|a, b| (a.from, a.kind, &a.subject).cmp(&(b.from, b.kind, &b.subject)));
    (labels, stops::halts(world, corridor, trace, &excess))
}

/// Metres beyond the half width, second by second; places and gates count as being on the corridor.
pub(super) fn corridor_excess(world: &World, corridor: &WorldCorridor, trace: &Trace) -> Vec<f32> {
    let mut hint = None;
    profile(trace, 0.1 * corridor.half_width_m + 10.0, |point| {
        let nearest = corridor.route.nearest(point, hint);
        hint = Some(nearest.segment);
        let excess = nearest.distance_m - corridor.half_width_m;
        if excess > -0.1 * corridor.half_width_m && on_by_place(world, corridor, point) {
            return -0.1 * corridor.half_width_m - 1.0;
        }
        excess
    })
}

fn on_by_place(world: &World, corridor: &WorldCorridor, point: Position) -> bool {
    world.allowance_s(corridor, point).is_some() || world.inside(&[ZoneUse::BorderGate, ZoneUse::Dwell], point)
}

/// A value that changes by at most a metre a metre, for each second; exact where it is above `-near`, at most the
/// truth's side of `-near` elsewhere.
fn profile(trace: &Trace, near: f64, mut value: impl FnMut(Position) -> f64) -> Vec<f32> {
    let mut out = Vec::with_capacity(trace.seconds.len());
    let (mut last, mut budget, mut before) = (0.0, 0.0, None::<Position>);
    for second in &trace.seconds {
        let moved = before.map_or(0.0, |p| if p == second.position { 0.0 } else { p.distance_m(second.position) });
        if before.is_none() || moved > 0.0 {
            budget -= moved;
            if before.is_none() || budget <= 0.0 {
                last = value(second.position);
                budget = (-last - near) * 0.99 - 1.0;
            }
        }
        before = Some(second.position);
        out.push(last as f32);
    }
    out
}

/// Maximal runs where `holds`.
pub(super) fn runs(values: &[f32], mut holds: impl FnMut(f32) -> bool) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    let mut begin = None;
    for (i, value) in values.iter().enumerate() {
        match (holds(*value), begin) {
            (true, None) => begin = Some(i),
            (false, Some(from)) => {
                out.push((from, i));
                begin = None;
            }
            _ => {}
        }
    }
    out.extend(begin.map(|from| (from, values.len())));
    out
}

/// Reports every run above 0, and every run within `guard_m` of 0 as a guard.
pub(super) fn exceed(values: &[f32], strong: f64, guard_m: f64, say: &mut impl FnMut(usize, usize, bool, Test, f64)) {
    for (from, to) in runs(values, |v| f64::from(v) > -guard_m) {
        let outer = &values[from..to];
        let largest = |v: &[f32]| v.iter().copied().fold(f32::MIN, f32::max);
        let none = || Test::Runs { strong: Vec::new(), deep: Vec::new() };
        if largest(outer) <= 0.0 {
            say(from, to, true, none(), f64::from(largest(outer)));
            continue;
        }
        for (a, b) in runs(outer, |v| v > 0.0) {
            let inner = &outer[a..b];
            let shift = |list: Vec<(usize, usize)>| list.iter().map(|r| (r.0 + from + a, r.1 + from + a)).collect();
            let test = Test::Runs {
                strong: shift(runs(inner, |v| f64::from(v) >= strong)),
                deep: shift(runs(inner, |v| v >= 30.0)),
            };
            let measure = f64::from(largest(inner));
            say(from + a, from + b, measure <= guard_m, test, measure);
        }
    }
}
