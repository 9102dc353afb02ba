//! D6, a checkpoint that was not passed (DETECTION, 5.7).
//!
//! The burden of proof is on the alert: whatever may have been a passage is one. A checkpoint is judged when the vehicle
//! is well past it; what happened at it was noted on the way.

use super::super::alert::{Confidence, Kind, Priority};
use super::super::codec::state;
use super::super::episode::{Episode, Measure};
use super::super::plan::{Plan, PlanCorridor};
use super::super::time::{Millis, SECOND};
use super::super::wayside::Checkpoint;
use super::gate::Sighting;
use super::progress::{Advance, Step};
use super::state::MachineMut;

/// What is known of a checkpoint before it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Noted {
    /// Its zone.
    pub zone: u32,
    /// It was passed.
    pub passed: bool,
    /// The first fix behind it.
    pub behind: Option<Millis>,
    /// Fixes are missing there.
    pub unseen: bool,
}
state!(Noted { zone, passed, behind, unseen });

/// Checkpoints within so many metres along the corridor are looked at.
const NEAR_M: f64 = 3_000.0;

impl MachineMut<'_> {
    /// One accepted fix, matched or not: a checkpoint is passed off the corridor, too.
    pub(super) fn see_checkpoints(&mut self, plan: &Plan, step: &Step<'_>) {
        let Some(corridor) = plan.corridor.as_ref().filter(|_| self.side.jump.is_none()) else { return };
        if self.side.progress.last.is_none() || corridor.wayside.checkpoints.is_empty() {
            return;
        }
        for check in self.to_judge(plan, corridor) {
            if step.containing.binary_search(&check.zone).is_ok() {
                self.note(check.zone, |n| n.passed = true);
            }
        }
    }

    /// One matched fix: what it says of the checkpoints around it, and the judgement of those well behind it.
    pub(super) fn step_checkpoints(&mut self, plan: &Plan, step: &Step<'_>, advance: &Advance) {
        let Some(corridor) = plan.corridor.as_ref().filter(|c| !c.wayside.checkpoints.is_empty()) else { return };
        let now_m = advance.now.chainage_m();
        let before_m = advance.before.map_or(now_m, |b| b.chainage_m());
        let (low, high) = (now_m.min(before_m), now_m.max(before_m));
        for check in self.to_judge(plan, corridor) {
            if check.to_m < low - NEAR_M || check.from_m > high + NEAR_M || self.noted(check.zone).passed {
                continue;
            }
            if self.passes(plan, step, advance, check) {
                self.note(check.zone, |n| n.passed = true);
            } else if now_m >= check.to_m {
                let unseen = self.side.progress.hole > plan.rules.settings().zone.infer_gap_max_s * SECOND;
                self.note(check.zone, |n| {
                    n.unseen |= n.behind.is_none() && unseen;
                    n.behind.get_or_insert(step.fix.time);
                });
            }
        }
        let reached_m = f64::from(self.side.progress.farthest_dm) / 10.0;
        for check in self.to_judge(plan, corridor).iter().take_while(|c| due_m(plan, c) <= reached_m) {
            self.judge(plan, step.fix, check);
        }
        let progress = &mut self.side.progress;
        progress.judged_dm = progress.judged_dm.max(progress.farthest_dm);
    }

    /// Checkpoints that are not yet judged. Those that lay behind where the vehicle came to the corridor never are.
    fn to_judge<'p>(&self, plan: &Plan, corridor: &'p PlanCorridor) -> &'p [Checkpoint] {
        let checks = &corridor.wayside.checkpoints;
        let judged_m = f64::from(self.side.progress.judged_dm) / 10.0;
        let began_m = f64::from(self.side.progress.began_dm) / 10.0;
        &checks[checks.partition_point(|c| due_m(plan, c) <= judged_m || c.to_m <= began_m)..]
    }

    /// In it, so near that no fix can tell, through it by the straight way between neighbouring fixes, or along the
    /// line of the corridor past its middle between two fixes neither of which is beside it.
    fn passes(&self, plan: &Plan, step: &Step<'_>, advance: &Advance, check: &Checkpoint) -> bool {
        let area = &plan.rules.book.zones[check.zone as usize].area;
        let tolerance = 2.0 * step.fix.sigma_m(&plan.rules.settings().fix);
        if area.signed_distance_m(step.fix.position) >= -tolerance || self.inside(|z| z == check.zone).is_some() {
            return true;
        }
        let settings = &plan.rules.settings().zone;
        let Some(previous) = step.previous else { return false };
        if step.fix.time - previous.time <= settings.infer_chord_max_s * SECOND {
            return area.segment_depth_m(previous.position, step.fix.position).is_some();
        }
        let Some((before, now)) = advance.neighbours(step.previous) else { return false };
        let (a, b) = (before.chainage_m(), now.chainage_m());
        let middle = 0.5 * (check.from_m + check.to_m);
        let beside = |m: f64| check.from_m < m && m < check.to_m;
        let over = a.min(b) < middle && middle < a.max(b) && !beside(a) && !beside(b);
        // Who is farther from the line at both fixes than the zone reaches is not on the line between them.
        let on_line = before.aside_m().min(now.aside_m()) <= check.reach_m + tolerance;
        over && on_line && self.follows_route(plan, &before, &now)
    }

    fn judge(&mut self, plan: &Plan, fix: &Sighting, check: &Checkpoint) {
        let noted = self.noted(check.zone);
        self.side.progress.noted.retain(|n| n.zone != check.zone);
        if noted.passed || f64::from(self.side.progress.began_dm) / 10.0 >= check.from_m {
            return;
        }
        let zone = &plan.rules.book.zones[check.zone as usize];
        let (priority, reason) =
            if noted.unseen { (Priority::Journal, "no_fixes_there") } else { (Priority::Low, "passed_by") };
        let onset = noted.behind.unwrap_or(fix.time);
        let subject = format!("checkpoint:{}", zone.id);
        let mut episode = Episode::new(Kind::CheckpointMissed, subject, onset, fix.time, priority)
            .at(fix.position)
            .resting_on(fix.time, fix.position)
            .because(reason)
            .measuring(Measure::ChainageFromM, check.from_m as i64)
            .measuring(Measure::ChainageToM, check.to_m as i64)
            .momentary(fix.time);
        if noted.unseen {
            episode.confidence = Confidence::Unverified;
        }
        self.raise(plan, episode);
    }

    fn noted(&self, zone: u32) -> Noted {
        let noted = &self.side.progress.noted;
        noted.iter().find(|n| n.zone == zone).copied().unwrap_or(Noted { zone, ..Noted::default() })
    }

    fn note(&mut self, zone: u32, change: impl FnOnce(&mut Noted)) {
        let noted = &mut self.side.progress.noted;
        let at = noted.binary_search_by_key(&zone, |n| n.zone).unwrap_or_else(|at| {
            noted.insert(at, Noted { zone, ..Noted::default() });
            at
        });
        change(&mut noted[at]);
    }
}

/// Chainage at which a checkpoint is judged.
fn due_m(plan: &Plan, check: &Checkpoint) -> f64 {
    check.to_m + plan.rules.settings().checkpoint_missed.past_m
}
