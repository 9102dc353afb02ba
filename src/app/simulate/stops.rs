//! Stops in the truth: how long a vehicle stays within 50 m of where it came to rest, and how long it may there.

use super::drive::Trace;
use super::labels::{Label, Test};
use super::world::{World, WorldCorridor, ZoneUse};
use crate::domain::alert::Kind;
use crate::domain::position::Position;

/// Below this the vehicle rests, metres per second.
const RESTS_MPS: f32 = 0.3;

/// A stay around a point, seconds of the trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stay {
    /// Where it came to rest first.
    pub(super) anchor: Position,
    /// First second within the radius.
    pub(super) from: usize,
    /// Second after the last.
    pub(super) to: usize,
}

/// Stays within `radius_m` of each resting point; those close in time and place are one.
pub(super) fn stays(world: &World, trace: &Trace, radius_m: f64) -> Vec<Stay> {
    let seconds = &trace.seconds;
    let mut out: Vec<Stay> = Vec::new();
    let mut at = 0;
    while at < seconds.len() {
        if seconds[at].speed >= RESTS_MPS || out.last().is_some_and(|s| at < s.to) {
            at += 1;
            continue;
        }
        let anchor = seconds[at].position;
        let within = |i: usize| seconds[i].position == anchor || seconds[i].position.distance_m(anchor) <= radius_m;
        let floor = out.last().map_or(0, |s| s.to);
        let from = (floor..at).rev().take_while(|i| within(*i)).last().unwrap_or(at);
        let to = (at..seconds.len()).find(|i| !within(*i)).unwrap_or(seconds.len());
        let merge = out.last().is_some_and(|s| {
            (from as i64 - s.to as i64) <= world.limits.merge_s && s.anchor.distance_m(anchor) <= world.limits.merge_m
        });
        match out.last_mut() {
            Some(last) if merge => last.to = to,
            _ => out.push(Stay { anchor, from, to }),
        }
        at = to;
    }
    out
}

/// Stays of two minutes and more where one may not simply stand: outside places, yards, gates and queues.
pub(super) fn halts(world: &World, corridor: &WorldCorridor, trace: &Trace, excess: &[f32]) -> Vec<Stay> {
    let mut halts = stays(world, trace, world.limits.stop_radius_m);
    halts.retain(|stay| {
        let beyond = f64::from(excess[stay.from + (stay.to - stay.from) / 2]);
        let where_ = context(world, corridor, stay.anchor, beyond);
        stay.to - stay.from >= 120 && !matches!(where_, Context::Allowed(_) | Context::DwellOnly)
    });
    halts
}

/// Labels stops that last too long where they are.
pub(super) fn label(world: &World, corridor: &WorldCorridor, trace: &Trace, excess: &[f32], labels: &mut Vec<Label>) {
    let mut found: Vec<Label> = Vec::new();
    for (radius_m, certain) in [(world.limits.stop_radius_m, true), (2.0 * world.limits.stop_radius_m, false)] {
        for stay in stays(world, trace, radius_m) {
            let mut say = |kind: Kind, limit_s: i64, guard: bool| {
                let lasts = (stay.to - stay.from) as f64;
                if lasts < 0.9 * limit_s as f64 {
                    return;
                }
                let known = found.iter().any(|l| l.kind == kind && l.from < stay.to && stay.from < l.to);
                if !certain && known {
                    return;
                }
                let guard = guard || !certain || lasts < 1.1 * limit_s as f64;
                let (from, to) = (stay.from, stay.to);
                let (test, measure) = (Test::Stands(limit_s), limit_s as f64);
                found.push(Label { kind, subject: "stop".to_owned(), from, to, guard, test, measure, beside: false });
            };
            let beyond = f64::from(excess[stay.from + (stay.to - stay.from) / 2]);
            // Whether it stands in a zone or beside it, the noise decides.
            let edge = world.is_at_edge(corridor, stay.anchor, world.limits.stop_radius_m);
            match context(world, corridor, stay.anchor, beyond) {
                Context::Allowed(limit_s) => say(Kind::Overstay, limit_s, edge),
                Context::DwellOnly => {}
                Context::Marked => say(Kind::UnusualStop, world.limits.stop_marked_s, edge),
                Context::Off => say(Kind::UnusualStop, world.limits.stop_off_s, edge),
                Context::Edge => say(Kind::UnusualStop, world.limits.stop_off_s, true),
                Context::On => say(Kind::UnusualStop, world.limits.stop_on_s, edge),
            }
        }
    }
    labels.append(&mut found);
}

/// Which threshold holds (DETECTION, section 5.6, first match).
enum Context {
    Marked,
    Off,
    /// Too close to the corridor's edge to say.
    Edge,
    DwellOnly,
    Allowed(i64),
    On,
}

fn context(world: &World, corridor: &WorldCorridor, anchor: Position, excess_m: f64) -> Context {
    if world.inside(&[ZoneUse::Forbidden, ZoneUse::Risk], anchor) {
        Context::Marked
    } else if excess_m.abs() <= 0.1 * corridor.half_width_m {
        Context::Edge
    } else if excess_m > 0.0 {
        Context::Off
    } else if world.inside(&[ZoneUse::Dwell, ZoneUse::BorderGate], anchor) {
        Context::DwellOnly
    } else {
        world.allowance_s(corridor, anchor).map_or(Context::On, Context::Allowed)
    }
}
