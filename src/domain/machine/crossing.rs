//! Zones that a vehicle must have crossed between two fixes, though neither saw it inside (DETECTION, 5.8).
//!
//! Between fixes that follow closely the way is straight. Between sparse ones it is the assigned corridor: a chord over
//! minutes cuts corners and finds what nobody drove through.

use super::super::alert::{Confidence, Kind, Priority};
use super::super::episode::{Episode, Measure};
use super::super::plan::Plan;
use super::super::rulebook::{Zone, ZoneClass};
use super::super::time::{Millis, SECOND};
use super::progress::{Advance, Matched, Step};
use super::state::MachineMut;
use super::zones::subject;

/// A zone between two fixes: which, when (share of the way), how deep.
struct Between {
    zone: u32,
    share: f64,
    depth_m: f64,
}

impl MachineMut<'_> {
    /// One accepted fix and the one before it.
    pub(super) fn infer_crossings(&mut self, plan: &Plan, step: &Step<'_>, advance: Option<&Advance>) {
        let Some(previous) = step.previous else { return };
        let settings = &plan.rules.settings().zone;
        let dt = step.fix.time - previous.time;
        let inferred = (settings.infer_gap_min_s * SECOND..=settings.infer_gap_max_s * SECOND).contains(&dt);
        // A ball of the least depth lies in what is crossed: less than its diameter is not far enough.
        if !inferred || step.way_m < 2.0 * settings.infer_min_depth_m || self.side.jump.is_some() {
            return;
        }
        let found = if dt <= settings.infer_chord_max_s * SECOND {
            self.on_chord(plan, step)
        } else {
            match advance.and_then(|a| a.neighbours(step.previous)) {
                Some((before, now)) => self.on_route(plan, step, &before, &now),
                None => Vec::new(),
            }
        };
        for between in found {
            let at = previous.time + (dt as f64 * between.share) as Millis;
            self.tell_crossing(plan, step, &between, at);
        }
    }

    #[inline(never)]
    fn on_chord(&self, plan: &Plan, step: &Step<'_>) -> Vec<Between> {
        let Some(from) = step.previous.map(|p| p.position) else { return Vec::new() };
        let to = step.fix.position;
        let mut near = Vec::new();
        plan.rules.told_along(from, to, &mut near);
        let mut found = Vec::new();
        for zone in near {
            // Inside, D1 gathers its evidence.
            if step.containing.binary_search(&zone).is_ok() || self.is_watched(step, zone) {
                continue;
            }
            let area = &plan.rules.book.zones[zone as usize].area;
            let depth_m = area.segment_depth_m(from, to).unwrap_or(0.0);
            if depth_m >= plan.rules.settings().zone.infer_min_depth_m {
                found.push(Between { zone, share: area.segment_entry(from, to).unwrap_or(0.0), depth_m });
            }
        }
        found
    }

    #[inline(never)]
    fn on_route(&self, plan: &Plan, step: &Step<'_>, before: &Matched, now: &Matched) -> Vec<Between> {
        let Some(corridor) = plan.corridor.as_ref().filter(|_| self.follows_route(plan, before, now)) else {
            return Vec::new();
        };
        let (a, b) = (before.chainage_m(), now.chainage_m());
        let mut found: Vec<Between> = corridor
            .wayside
            .between(now.line, a.min(b), a.max(b))
            .filter(|c| c.passage.depth_m >= plan.rules.settings().zone.infer_min_depth_m)
            .filter(|c| !self.is_watched(step, c.zone))
            .map(|c| {
                let entry = if a <= b { c.passage.from_m } else { c.passage.to_m };
                Between { zone: c.zone, share: (entry - a) / (b - a), depth_m: c.passage.depth_m }
            })
            .collect();
        found.sort_by(|x, y| x.share.total_cmp(&y.share));
        found
    }

    /// Whether two neighbouring fixes are on the same line of the corridor, and no farther apart along it than a vehicle
    /// drives: not beyond what is possible, and not half as fast again as planned.
    pub(super) fn follows_route(&self, plan: &Plan, before: &Matched, now: &Matched) -> bool {
        let settings = plan.rules.settings();
        let width_m = plan.corridor.as_ref().map_or(0.0, |c| c.half_width_m);
        let seconds = (now.time - before.time) as f64 / 1000.0;
        let along_m = (now.chainage_m() - before.chainage_m()).abs();
        before.aside_m().max(now.aside_m()) < width_m
            && before.line == now.line
            && now.time - before.time <= settings.zone.infer_gap_max_s * SECOND
            && along_m <= settings.fix.v_max_mps * seconds + 500.0
            && along_m <= 1.5 * settings.route_time.plan_speed_mps * seconds
    }

    /// D1 has seen the vehicle inside at one of the two fixes.
    fn is_watched(&self, step: &Step<'_>, zone: u32) -> bool {
        self.inside(|z| z == zone).is_some() || step.left.contains(&zone)
    }

    fn tell_crossing(&mut self, plan: &Plan, step: &Step<'_>, between: &Between, at: Millis) {
        let Some(previous) = step.previous else { return };
        let zone = &plan.rules.book.zones[between.zone as usize];
        let mut episode = Episode::new(Kind::ZoneCrossed, subject(zone), at, step.fix.time, crossed_priority(zone, at))
            .at(previous.position)
            .resting_on(previous.time, previous.position)
            .resting_on(step.fix.time, step.fix.position)
            .because(format!("class:{}", zone.class.name()))
            .measuring(Measure::DepthM, between.depth_m as i64)
            .momentary(step.fix.time);
        episode.confidence = Confidence::Inferred;
        self.raise(plan, episode);
    }
}

/// Medium in a forbidden zone whose window is open, unless the zone is less than that; otherwise journal.
fn crossed_priority(zone: &Zone, at: Millis) -> Priority {
    if zone.class != ZoneClass::Forbidden || !zone.holds_at(at) {
        return Priority::Journal;
    }
    zone.priority.unwrap_or(Priority::Medium).min(Priority::Medium)
}
