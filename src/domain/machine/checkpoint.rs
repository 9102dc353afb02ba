//! D6, a checkpoint that was not passed (DETECTION, 5.7).
//!
//! The burden of proof is on the alert: whatever may have been a passage is one. A checkpoint is judged when the vehicle
//! is well past it; what happened at it was noted on the way.

use super::super::alert::{Confidence, Kind, Priority};
use super::super::codec::state;
use super::super::episode::{Episode, Measure};
use super::super::plan::Plan;
use super::super::time::{Millis, SECOND};
use super::super::wayside::Checkpoint;
use super::progress::{Advance, Step};
use super::state::MachineMut;

/// What is known of a checkpoint before it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Noted {
    /// Its zone.
    pub zone: u32,
    /// It was passed; else nobody could see whether it was.
    pub passed: bool,
}
state!(Noted { zone, passed });

/// Checkpoints within so many metres along the corridor are looked at.
const NEAR_M: f64 = 3_000.0;

impl MachineMut<'_> {
    /// One matched fix: what it says of the checkpoints around it.
    pub(super) fn note_checkpoints(&mut self, plan: &Plan, step: &Step<'_>, advance: &Advance) {
        let Some(corridor) = plan.corridor.as_ref().filter(|c| !c.wayside.checkpoints.is_empty()) else { return };
        let now_m = advance.now.chainage_m();
        let before_m = advance.before.map_or(now_m, |b| b.chainage_m());
        let (low, high) = (now_m.min(before_m), now_m.max(before_m));
        for check in &corridor.wayside.checkpoints {
            if check.to_m < low - NEAR_M || check.from_m > high + NEAR_M || self.is_passed(check.zone) {
                continue;
            }
            if self.passes(plan, step, advance, check) {
                self.note(Noted { zone: check.zone, passed: true });
            } else if low <= check.to_m && high >= check.from_m && self.unseen(plan) {
                self.note(Noted { zone: check.zone, passed: false });
            }
        }
    }

    /// In it, so near that no fix can tell, through it by the straight way between neighbouring fixes, or along the
    /// corridor past its middle between two fixes that are not beside it.
    fn passes(&self, plan: &Plan, step: &Step<'_>, advance: &Advance, check: &Checkpoint) -> bool {
        let area = &plan.rules.book.zones[check.zone as usize].area;
        let settings = &plan.rules.settings().zone;
        let near = |fix: &super::gate::Sighting| {
            area.contains(fix.position)
                || area.nearest_boundary(fix.position).distance_m <= 2.0 * fix.sigma_m(&plan.rules.settings().fix)
        };
        if step.containing.binary_search(&check.zone).is_ok() || near(step.fix) {
            return true;
        }
        let Some(previous) = step.previous else { return false };
        let dt = step.fix.time - previous.time;
        if dt <= settings.infer_chord_max_s * SECOND {
            return area.segment_depth_m(previous.position, step.fix.position).is_some();
        }
        let Some((before, now)) = advance.neighbours(step.previous) else { return false };
        let (low, high) = (before.chainage_m().min(now.chainage_m()), before.chainage_m().max(now.chainage_m()));
        let middle = 0.5 * (check.from_m + check.to_m);
        let beside = |m: f64| check.from_m < m && m < check.to_m;
        check.on_line
            && self.follows_route(plan, &before, &now)
            && low < middle
            && middle < high
            && !beside(low)
            && !beside(high)
    }

    /// Fixes are missing for longer than a way between them can be inferred.
    fn unseen(&self, plan: &Plan) -> bool {
        self.side.progress.hole > plan.rules.settings().zone.infer_gap_max_s * SECOND
    }

    fn is_passed(&self, zone: u32) -> bool {
        let noted = &self.side.progress.noted;
        noted.binary_search_by_key(&zone, |n| n.zone).is_ok_and(|at| noted[at].passed)
    }

    fn note(&mut self, note: Noted) {
        let noted = &mut self.side.progress.noted;
        match noted.binary_search_by_key(&note.zone, |n| n.zone) {
            Ok(at) => noted[at].passed |= note.passed,
            Err(at) => noted.insert(at, note),
        }
    }

    /// Judges every checkpoint that now lies far enough behind.
    pub(super) fn judge_checkpoints(&mut self, plan: &Plan, step: &Step<'_>) {
        let Some(corridor) = plan.corridor.as_ref() else { return };
        let past_m = plan.rules.settings().checkpoint_missed.past_m;
        let (judged, reached) = (self.side.progress.judged_dm, self.side.progress.farthest_dm);
        if reached <= judged {
            return;
        }
        self.side.progress.judged_dm = reached;
        let due = |check: &Checkpoint| ((check.to_m + past_m) * 10.0) as i64;
        for check in &corridor.wayside.checkpoints {
            // One that lay behind where the journey came to the corridor was never ahead of it.
            if (i64::from(judged) + 1..=i64::from(reached)).contains(&due(check)) {
                self.judge(plan, step, check);
            }
        }
    }

    fn judge(&mut self, plan: &Plan, step: &Step<'_>, check: &Checkpoint) {
        let noted = &mut self.side.progress.noted;
        let note = noted.binary_search_by_key(&check.zone, |n| n.zone).ok().map(|at| noted.remove(at));
        let inside = self.inside(|z| z == check.zone).is_some();
        if inside || note.is_some_and(|n| n.passed) {
            return;
        }
        let unseen = note.is_some();
        let onset = self.time_at(step, check.to_m);
        let zone = &plan.rules.book.zones[check.zone as usize];
        let subject = format!("checkpoint:{}", zone.id);
        let priority = if unseen { Priority::Journal } else { Priority::Low };
        let mut episode = Episode::new(Kind::CheckpointMissed, subject, onset, step.fix.time, priority)
            .at(step.fix.position)
            .because(if unseen { "no_fixes_there" } else { "passed_by" })
            .measuring(Measure::ChainageFromM, check.from_m as i64)
            .measuring(Measure::ChainageToM, check.to_m as i64)
            .momentary(step.fix.time);
        if let Some(previous) = step.previous {
            episode.rest_on(previous.time, previous.position);
        }
        episode.rest_on(step.fix.time, step.fix.position);
        if unseen {
            episode.confidence = Confidence::Unverified;
        }
        self.raise(plan, episode);
    }

    /// The fix before the one by which a checkpoint is judged is the first evidence that it lies behind.
    fn time_at(&self, step: &Step<'_>, _chainage_m: f64) -> Millis {
        step.previous.map_or(step.fix.time, |p| p.time)
    }
}
