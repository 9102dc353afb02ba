//! D2, corridor deviation as an episode (DETECTION, 5.5): slow out, slow back, measured from the assigned corridor.

use super::super::alert::{Kind, Priority};
use super::super::episode::{EndReason, Episode, Measure};
use super::super::evidence::{Flip, Weight};
use super::super::geometry::RouteMatch;
use super::super::plan::Plan;
use super::super::time::{Millis, SECOND};
use super::gate::Sighting;
use super::jump::SETTLE;
use super::state::{MachineMut, NONE, OffRoute};

/// Where a fix stands beside its corridor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beside {
    /// The match on the corridor's own line.
    pub matched: RouteMatch,
    /// Metres beyond the edge that is nearest in its favour: detours, places and gates count.
    pub beyond_m: f64,
}

/// Matches a fix with its plan; `None` on a journey without a corridor.
pub fn beside(plan: &Plan, fix: &Sighting, hint: u32, containing: &[u32]) -> Option<Beside> {
    let corridor = plan.corridor.as_ref()?;
    let matched = plan.route()?.nearest(fix.position, (hint != NONE).then_some(hint));
    let mut beyond_m = matched.distance_m - corridor.half_width_m;
    if beyond_m > 0.0 {
        for detour in &plan.detours {
            if detour.from <= fix.time && detour.until.is_none_or(|until| fix.time < until) {
                beyond_m = beyond_m.min(detour.route.nearest(fix.position, None).distance_m - detour.half_width_m);
            }
        }
        if containing.iter().any(|zone| plan.counts_as_route(*zone)) {
            beyond_m = -corridor.half_width_m;
        }
    }
    Some(Beside { matched, beyond_m })
}

impl MachineMut<'_> {
    /// One accepted fix; `previous` is the accepted fix before it.
    pub(super) fn step_corridor(
        &mut self,
        plan: &Plan,
        fix: &Sighting,
        previous: Option<&Sighting>,
        weight: Weight,
        at: &Beside,
    ) {
        let Some(corridor) = plan.corridor.as_ref() else { return };
        let sigma = fix.sigma_m(&plan.rules.settings().fix);
        let threshold = plan.rules.corridor(plan.mount);
        let was_off = self.hot.corridor.side;
        if self.hot.corridor.s == 0 && !was_off && at.beyond_m > 0.0 {
            self.side.edge = edge_crossing(fix, previous, self.hot.cross_dm, at, corridor.half_width_m);
        }
        let margin = if was_off { -corridor.hysteresis_m - at.beyond_m } else { at.beyond_m };
        let flip = self.hot.corridor.step(threshold, margin, sigma, weight, fix.time);
        match (was_off, flip) {
            (false, Some(flip)) => self.leave_route(plan, fix, at, flip),
            (true, Some(flip)) => self.rejoin_route(plan, fix, at, flip),
            (true, None) => self.stay_off_route(plan, fix, previous, at),
            (false, None) => {}
        }
        self.hot.segment = at.matched.segment;
        self.hot.chainage_dm = (at.matched.chainage_m * 10.0) as i32;
        self.hot.cross_dm = (at.matched.distance_m * 10.0).min(4e9) as u32;
    }

    fn leave_route(&mut self, plan: &Plan, fix: &Sighting, at: &Beside, flip: Flip) {
        let Some(corridor) = plan.corridor.as_ref() else { return };
        let unknown = flip.onset == self.side.first_fix;
        let onset = if unknown { flip.onset } else { self.side.edge.min(flip.onset) };
        let max_dm = (at.matched.distance_m * 10.0).min(4e9) as u32;
        let mut episode =
            Episode::new(Kind::CorridorDeviation, corridor.subject.clone(), onset, fix.time, Priority::Low)
                .at(fix.position)
                .resting_on(fix.time, fix.position);
        if unknown {
            episode.set(Measure::OnsetUnknown, 1);
        }
        if plan.risk >= 2 {
            episode.escalate(Priority::High, "risk>=2");
        }
        let from_dm = self.hot.chainage_dm;
        let off = OffRoute { seq: 0, max_dm, length_dm: 0, from_dm, updated: fix.time, escalated: false };
        measure(&mut episode, &off, fix.time, at);
        escalate_by_distance(plan, &mut episode, max_dm);
        let seq = self.raise(plan, episode);
        self.side.book.cover(seq, None);
        self.side.book.fold(seq);
        *self.side.off = Some(OffRoute { seq, ..off });
    }

    #[cold]
    fn stay_off_route(&mut self, plan: &Plan, fix: &Sighting, previous: Option<&Sighting>, at: &Beside) {
        let Some(mut off) = *self.side.off else { return };
        let settings = &plan.rules.settings().corridor_deviation;
        let step = previous.map_or(0.0, |p| p.position.distance_m(fix.position));
        off.length_dm = off.length_dm.saturating_add((step * 10.0) as u32);
        let farther = (at.matched.distance_m * 10.0).min(4e9) as u32;
        let record = farther > off.max_dm;
        off.max_dm = off.max_dm.max(farther);
        let Some(open) = self.side.book.open(off.seq) else { return };
        let mut probe = open.clone();
        let higher = escalate_by_distance(plan, &mut probe, off.max_dm);
        let due = fix.time - off.updated >= settings.update_s * SECOND;
        if higher || due {
            off.updated = fix.time;
            if record {
                probe.rest_on(fix.time, fix.position);
            }
            measure(&mut probe, &off, fix.time, at);
            self.side.book.update(off.seq, |e| *e = probe);
        }
        *self.side.off = Some(off);
    }

    fn rejoin_route(&mut self, plan: &Plan, fix: &Sighting, at: &Beside, flip: Flip) {
        let Some(off) = self.side.off.take() else { return };
        let interval = plan.interval.unwrap_or_else(|| self.ring.interval());
        self.side.book.cover_until(off.seq, fix.time + SETTLE.max(2 * interval));
        self.side.book.close(off.seq, flip.onset, EndReason::Over, |e| {
            e.rest_on(fix.time, fix.position);
            measure(e, &off, flip.onset, at);
            e.set(Measure::ReentryChainageM, at.matched.chainage_m as i64);
        });
    }

    /// Ten minutes off the corridor.
    pub(super) fn escalate_corridor_by_time(&mut self, plan: &Plan, t: Millis) {
        let Some(off) = self.side.off.as_mut() else { return };
        off.escalated = true;
        let (seq, seconds) = (off.seq, plan.rules.settings().corridor_deviation.medium_s);
        self.side.book.update(seq, |e| {
            e.escalate(Priority::Medium, &format!("duration>{seconds}s"));
            e.set(Measure::OffRouteS, (t - e.onset) / 1000);
        });
    }

    /// When the ten minutes are over.
    pub(super) fn corridor_timer(&self, plan: &Plan) -> Option<Millis> {
        let off = self.side.off.as_ref().filter(|off| !off.escalated)?;
        let onset = self.side.book.open(off.seq)?.onset;
        Some(onset + plan.rules.settings().corridor_deviation.medium_s * SECOND)
    }

    /// A stop was raised while off the corridor.
    pub(super) fn escalate_corridor_by_stop(&mut self) {
        if let Some(seq) = self.side.off.as_ref().map(|off| off.seq)
            && self.side.book.open(seq).is_some_and(|e| !e.reasons.iter().any(|r| r == "stop_off_corridor"))
        {
            self.side.book.update(seq, |e| {
                e.escalate(Priority::High, "stop_off_corridor");
            });
        }
    }
}

/// When the edge was crossed: linear between the last fix inside and the first outside.
#[cold]
fn edge_crossing(fix: &Sighting, previous: Option<&Sighting>, cross_dm: u32, at: &Beside, half_width_m: f64) -> Millis {
    let Some(previous) = previous else { return fix.time };
    let (before, after) = (f64::from(cross_dm) / 10.0, at.matched.distance_m);
    if before >= half_width_m || after <= before {
        return fix.time;
    }
    let share = (half_width_m - before) / (after - before);
    previous.time + ((fix.time - previous.time) as f64 * share) as Millis
}

fn measure(episode: &mut Episode, off: &OffRoute, until: Millis, at: &Beside) {
    episode.set(Measure::MaxCrossTrackM, i64::from(off.max_dm) / 10);
    episode.set(Measure::OffRouteM, i64::from(off.length_dm) / 10);
    episode.set(Measure::OffRouteS, (until - episode.onset).max(0) / 1000);
    episode.set(Measure::ChainageFromM, i64::from(off.from_dm) / 10);
    episode.set(Measure::ChainageToM, at.matched.chainage_m as i64);
}

fn escalate_by_distance(plan: &Plan, episode: &mut Episode, max_dm: u32) -> bool {
    let settings = &plan.rules.settings().corridor_deviation;
    let d = f64::from(max_dm) / 10.0;
    let mut higher = false;
    if d > settings.medium_m {
        higher |= episode.escalate(Priority::Medium, &format!("d_max>{}m", settings.medium_m as i64));
    }
    if d > settings.high_m {
        higher |= episode.escalate(Priority::High, &format!("d_max>{}m", settings.high_m as i64));
    }
    higher
}
