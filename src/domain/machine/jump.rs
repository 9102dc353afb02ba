//! D0, a jump as an episode (DETECTION, 5.2): it covers what the new track crosses, until the track has proved itself.

use super::super::alert::{Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::plan::Plan;
use super::super::time::{MINUTE, Millis, SECOND};
use super::gate::Jump;
use super::state::MachineMut;

/// A jump that stands so long is high (DETECTION, 2.4).
const HIGH_AFTER: Millis = 15 * MINUTE;

/// So long after its end a parent still covers: what hangs below it needs some fixes to say that it is over, too.
pub(super) const SETTLE: Millis = MINUTE;

/// The jump that stands.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct StandingJump {
    /// Its episode.
    pub seq: u32,
    /// When its new track began.
    pub began: Millis,
    /// It has been raised to high by its duration.
    pub escalated: bool,
}
state!(StandingJump { seq, began, escalated });

impl MachineMut<'_> {
    /// A chain was released that no vehicle could have driven to, or back.
    pub(super) fn jump(&mut self, plan: &Plan, jump: &Jump, t: Millis) {
        if jump.returned {
            self.resume_stop();
            if let Some(standing) = self.side.jump.take() {
                self.side.book.close(standing.seq, jump.to.time, EndReason::Returned, |e| {
                    e.rest_on(t, jump.to.position);
                });
                let interval = plan.interval.unwrap_or_else(|| self.ring.interval());
                self.side.book.cover_until(standing.seq, t + SETTLE.max(2 * interval));
            }
            return;
        }
        if let Some(standing) = self.side.jump.take() {
            self.side.book.close(standing.seq, jump.to.time, EndReason::Over, |_| {});
        }
        self.put_stop_aside();
        let seconds = ((jump.to.time - jump.from.time) as f64 / 1000.0).max(1.0);
        let priority = if plan.risk >= 2 { Priority::High } else { Priority::Medium };
        let mut episode = Episode::new(Kind::PositionJump, "unit", jump.to.time, t, priority)
            .at(jump.to.position)
            .resting_on(jump.from.time, jump.from.position)
            .resting_on(jump.to.time, jump.to.position)
            .measuring(Measure::DistanceM, jump.distance_m as i64)
            .measuring(Measure::ImpliedSpeedMps, (jump.distance_m / seconds) as i64)
            .measuring(Measure::FromLatE6, i64::from(jump.from.position.lat_e6))
            .measuring(Measure::FromLonE6, i64::from(jump.from.position.lon_e6));
        if plan.risk >= 2 {
            episode = episode.because("risk>=2");
        }
        let seq = self.raise(plan, episode);
        let began = jump.to.time;
        self.side.book.cover(seq, Some(began + plan.rules.settings().position_jump.suppress_children_s * SECOND));
        *self.side.jump = Some(StandingJump { seq, began, escalated: false });
    }

    /// When a standing jump becomes high, and when its track has been consistent for so long that it is over.
    pub(super) fn jump_timer(&self, plan: &Plan) -> Option<Millis> {
        let jump = (*self.side.jump)?;
        let over = jump.began + plan.rules.settings().position_jump.clear_consistent_s * SECOND;
        // A chain may be the return: while it is held, nobody knows whether the new track goes on.
        let over = self.side.chain.held.is_empty().then_some(over);
        let high = (!jump.escalated).then_some(jump.began + HIGH_AFTER);
        over.into_iter().chain(high).min()
    }

    /// Carries out [`MachineMut::jump_timer`].
    pub(super) fn fire_jump_timer(&mut self, plan: &Plan, t: Millis) {
        let Some(jump) = *self.side.jump else { return };
        if t < jump.began + plan.rules.settings().position_jump.clear_consistent_s * SECOND {
            *self.side.jump = Some(StandingJump { escalated: true, ..jump });
            self.side.book.update(jump.seq, |e| {
                e.escalate(Priority::High, &format!("duration>{}s", HIGH_AFTER / SECOND));
            });
            return;
        }
        self.give_up_stop_aside();
        *self.side.jump = None;
        self.side.chain.jumped_from = None;
        self.side.book.close(jump.seq, t, EndReason::Consistent, |_| {});
        self.restart_progress(t, EndReason::Over);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, second};
    use super::*;

    /// Drives to the east, shifted far to the north between two instants.
    fn shifted(from_s: i64, to_s: i64, until_s: i64, step_s: usize) -> Trial {
        let mut trial = Trial::new(step_s as i64, 0);
        for t in (30..until_s).step_by(step_s) {
            let north = if (from_s..to_s).contains(&t) { 12_000.0 } else { 0.0 };
            trial.see(t, t as f64 * 20.0, north, 20.0);
        }
        trial
    }

    #[test]
    fn what_a_jump_crosses_hangs_below_it_and_ends_with_its_return() {
        for step in [10, 30, 60] {
            let trial = shifted(630, 1260, 2000, step);
            let jumps = trial.found(Kind::PositionJump);
            assert_eq!(jumps.len(), 1, "at {step} s");
            assert_eq!(jumps[0].end_reason, Some(EndReason::Returned));
            let below = trial.found(Kind::CorridorDeviation);
            assert_eq!(below.len(), 1, "at {step} s");
            assert_eq!((below[0].parent, below[0].ended.is_some()), (Some(jumps[0].seq), true), "at {step} s");
        }
    }

    #[test]
    fn a_false_track_behind_the_vehicle_is_a_jump_though_the_vehicle_could_have_got_there_in_time() {
        // Of 3.1 km back the fourth fix lies as far from the anchor as it had driven, on the other side.
        for (step, back_m) in [(30, 3_100.0), (60, 6_100.0), (120, 10_000.0)] {
            let mut trial = Trial::new(step, 0);
            for t in (0..2_400).step_by(step as usize) {
                let aside = if (1_200..1_800).contains(&t) { back_m } else { 0.0 };
                trial.see(t, t as f64 * 20.0 - aside, 0.0, 20.0);
            }
            let found = trial.found(Kind::PositionJump);
            let [jump] = found[..] else { panic!("{step} s: {found:?}") };
            assert_eq!((second(jump.onset), jump.end_reason), (1_200, Some(EndReason::Returned)), "{step} s");
        }
    }

    /// In stop and go, where speeds say little of the way between two reports.
    fn stop_and_go(away: impl Fn(i64) -> (f64, f64)) -> Trial {
        let mut trial = Trial::new(120, 0);
        for t in (0..3_600).step_by(120) {
            let ((east, north), x) = (away(t), t as f64 * 4.0);
            trial.see(t, x + east, north, if t % 240 == 0 { 12.0 } else { 9.0 });
        }
        trial
    }

    #[test]
    fn a_jump_in_stop_and_go_is_one_where_nothing_before_it_leads_there() {
        let trial = stop_and_go(|t| (0.0, if (1_200..2_400).contains(&t) { 10_000.0 } else { 0.0 }));
        let found = trial.found(Kind::PositionJump);
        let [jump] = found[..] else { panic!("{found:?}") };
        assert_eq!((second(jump.onset), jump.end_reason), (1_200, Some(EndReason::Returned)));
        assert_eq!(second(jump.raised), 1_440, "with the third fix");
        // An outlier that the vehicle could have driven to is no place from which it came back.
        let trial = stop_and_go(|t| (if t == 1_200 { -4_900.0 } else { 0.0 }, 0.0));
        assert!(trial.found(Kind::PositionJump).is_empty());
    }

    #[test]
    fn a_return_that_is_on_its_way_when_half_an_hour_is_over_is_a_return_and_what_comes_later_another_jump() {
        let jumps = |to_s: i64| {
            let mut trial = Trial::new(60, 0);
            for t in (0..5_400).step_by(60) {
                trial.see(t, t as f64 * 10.0, if (1_200..to_s).contains(&t) { 15_000.0 } else { 0.0 }, 10.0);
            }
            trial.found(Kind::PositionJump).iter().map(|e| (second(e.onset), e.end_reason)).collect::<Vec<_>>()
        };
        assert_eq!(jumps(2_940), [(1_200, Some(EndReason::Returned))]);
        // The track over there has proved itself at 3000 s: away from it is a jump of its own, with its own evidence.
        let found = jumps(3_060);
        assert_eq!(found, [1_200, 3_060].map(|at| (at, Some(EndReason::Consistent))));
    }

    #[test]
    fn a_jump_is_told_after_a_minute_or_one_fix_more_than_outliers_come_in_a_run() {
        for (step, after) in [(10, 60), (20, 60), (30, 90), (60, 120)] {
            let trial = shifted(600, 1_800, 2_400, step);
            let jump = trial.found(Kind::PositionJump)[0];
            assert_eq!(second(jump.raised) - second(jump.onset), after, "at {step} s");
        }
    }

    #[test]
    fn what_still_holds_after_a_quarter_of_an_hour_stands_alone_and_the_jump_is_high() {
        let trial = shifted(630, 9_000, 1_500, 30);
        assert_eq!(trial.found(Kind::CorridorDeviation)[0].parent, Some(trial.found(Kind::PositionJump)[0].seq));
        let trial = shifted(630, 9_000, 1_600, 30);
        let deviation = trial.found(Kind::CorridorDeviation)[0];
        assert_eq!((deviation.parent, deviation.ended), (None, None));
        let jump = trial.found(Kind::PositionJump)[0];
        assert_eq!((jump.priority, second(jump.onset)), (Priority::High, 630));
        assert!(jump.reasons.contains(&"duration>900s".to_owned()));
    }

    #[test]
    fn what_was_found_before_the_jump_is_no_child_of_it() {
        let mut trial = Trial::new(30, 0);
        trial.drive(30, 600, 30);
        for t in (600..1_200).step_by(30) {
            trial.see(t, t as f64 * 20.0, 800.0, 20.0);
        }
        assert_eq!(trial.found(Kind::CorridorDeviation).len(), 1);
        for t in (1_200..1_500).step_by(30) {
            trial.see(t, t as f64 * 20.0, 20_000.0, 20.0);
        }
        assert_eq!(trial.found(Kind::PositionJump).len(), 1);
        assert_eq!(trial.found(Kind::CorridorDeviation)[0].parent, None);
    }
}
