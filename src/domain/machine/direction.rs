//! D6, wrong direction (DETECTION, 5.7): back along the corridor, or against the direction of a one-way corridor.

use super::super::alert::{Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::evidence::Accumulator;
use super::super::past::NONE_U16;
use super::super::plan::Plan;
use super::super::position::turn_deg;
use super::super::time::{Millis, SECOND};
use super::gate::Sighting;
use super::progress::{Advance, Matched, Step};
use super::state::MachineMut;

/// A one-way corridor has been driven the wrong way for so many metres.
const AGAINST_M: f64 = 500.0;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Back {
    /// Side and evidence; the far side is BACK.
    pub ea: Accumulator,
    /// Episode while it lasts.
    pub seq: Option<u32>,
    /// Chainage where it turned, 0.1 m.
    pub from_dm: i32,
    /// Least chainage since it was raised, 0.1 m.
    pub least_dm: i32,
    /// Against the direction of a one-way corridor since: time, chainage there, 0.1 m.
    pub against: Option<(Millis, i32)>,
}
state!(Back { ea, seq, from_dm, least_dm, against });

impl MachineMut<'_> {
    /// One matched fix.
    pub(super) fn step_direction(&mut self, plan: &Plan, step: &Step<'_>, advance: &Advance) {
        let settings = &plan.rules.settings().wrong_direction;
        let now = advance.now;
        let behind_m = f64::from(self.side.progress.farthest_dm - now.chainage_dm) / 10.0;
        let sigma = step.fix.sigma_m(&plan.rules.settings().fix) + 50.0;
        let threshold = plan.rules.other(plan.mount);
        let back = &mut self.side.progress.back;
        let was_back = back.ea.side;
        let margin = if was_back { settings.clear_m - behind_m } else { behind_m - settings.back_m };
        let flip = back.ea.step(threshold, margin, sigma, step.weight, step.fix.time);
        back.least_dm = if was_back { back.least_dm.min(now.chainage_dm) } else { now.chainage_dm };
        match (was_back, flip) {
            (false, Some(flip)) => self.raise_back(plan, step.fix, &now, flip.onset, "back"),
            (true, Some(flip)) => self.end_back(step.fix, flip.onset),
            (false, None) => self.step_one_way(plan, step, advance),
            (true, None) => {}
        }
    }

    fn step_one_way(&mut self, plan: &Plan, step: &Step<'_>, advance: &Advance) {
        let settings = &plan.rules.settings().wrong_direction;
        if plan.corridor.as_ref().is_none_or(|c| !c.one_way) || step.speed_mps <= settings.one_way_speed_mps {
            return; // who crawls has no course, and does not turn round by it
        }
        let along = plan.route().and_then(|route| route.course_deg_of(advance.segment));
        let Some((course, along)) = course_deg(step).zip(along) else { return };
        let now = advance.now;
        let back = &mut self.side.progress.back;
        if turn_deg(course, along) <= settings.one_way_course_deg {
            back.against = None;
            return;
        }
        let (since, from_dm) = *back.against.get_or_insert((step.fix.time, now.chainage_dm));
        let driven_m = f64::from(from_dm - now.chainage_dm) / 10.0;
        if step.fix.time - since >= settings.one_way_s * SECOND && driven_m >= AGAINST_M {
            back.ea = Accumulator { side: true, ..Accumulator::default() };
            self.raise_back(plan, step.fix, &now, since, "one_way");
        }
    }

    fn raise_back(&mut self, plan: &Plan, fix: &Sighting, now: &Matched, onset: Millis, reason: &str) {
        let Some(corridor) = plan.corridor.as_ref() else { return };
        let farthest_dm = self.side.progress.farthest_dm;
        let episode = Episode::new(Kind::WrongDirection, corridor.subject.clone(), onset, fix.time, Priority::Low)
            .at(fix.position)
            .resting_on(fix.time, fix.position)
            .because(reason)
            .measuring(Measure::ChainageFromM, i64::from(farthest_dm) / 10)
            .measuring(Measure::ChainageToM, i64::from(now.chainage_dm) / 10)
            .measuring(Measure::BackM, i64::from(farthest_dm - now.chainage_dm) / 10);
        let seq = self.raise(plan, episode);
        let back = &mut self.side.progress.back;
        back.seq = Some(seq);
        back.from_dm = farthest_dm;
        back.least_dm = now.chainage_dm;
        back.against = None;
    }

    fn end_back(&mut self, fix: &Sighting, ended: Millis) {
        let back = &mut self.side.progress.back;
        let Some(seq) = back.seq.take() else { return };
        let (from, least) = (i64::from(back.from_dm), i64::from(back.least_dm));
        self.side.book.close(seq, ended, EndReason::Over, |e| {
            e.rest_on(fix.time, fix.position);
            e.set(Measure::ChainageToM, least / 10);
            e.set(Measure::BackM, (from - least) / 10);
        });
    }
}

/// The course that the unit reports, else that of the way from the fix before, where that is long enough to have one.
fn course_deg(step: &Step<'_>) -> Option<f64> {
    if step.fix.course != NONE_U16 {
        return Some(f64::from(step.fix.course) / 10.0);
    }
    step.previous.filter(|_| step.way_m >= 100.0).map(|p| p.position.course_deg(step.fix.position))
}
