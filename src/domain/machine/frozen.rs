//! D0, `gnss_frozen`: a receiver that repeats its position while the vehicle moves (DETECTION, 5.2).
//!
//! From the raise on its fixes say nothing of where the vehicle is: they stay contact, and the track ends where it froze.

use super::super::alert::{Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::past::{NONE_U16, Past};
use super::super::plan::Plan;
use super::super::position::Position;
use super::super::time::{Millis, SECOND};
use super::state::MachineMut;

/// Odometers count in steps of up to 100 m: a smaller difference may be standing.
const ODOMETER_STEP_DM: i64 = 1_000;

/// Equal positions in a row, each but the first from a moving vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Frozen {
    /// The position.
    position: Position,
    /// First fix there.
    since: Millis,
    /// Newest fix there.
    last: Millis,
    /// Odometer of the first fix, 0.1 m, where it had one.
    odometer_dm: Option<u64>,
    /// How many.
    count: u32,
    /// Episode.
    seq: Option<u32>,
}
state!(Frozen { position, since, last, odometer_dm, count, seq });

impl MachineMut<'_> {
    /// One report with a position. Returns whether it is frozen: then no detector of geometry sees it.
    pub(super) fn step_frozen(&mut self, plan: &Plan, past: &Past) -> bool {
        let settings = &plan.rules.settings().gnss_frozen;
        let mut run = self.side.frozen;
        let driven_dm = past.odometer_dm.zip(run.odometer_dm).map_or(0, |(now, then)| now as i64 - then as i64);
        let moving = past.speed != NONE_U16 && f64::from(past.speed) > settings.speed_mps * 100.0
            || past.motion
            || driven_dm >= ODOMETER_STEP_DM;
        if run.count == 0 || past.position != run.position || !moving {
            if let Some(seq) = run.seq {
                self.side.book.close(seq, run.last, EndReason::Over, |e| measure(e, &run));
            }
            self.side.frozen = Frozen {
                position: past.position,
                since: past.time,
                last: past.time,
                odometer_dm: past.odometer_dm,
                count: 1,
                seq: None,
            };
            return false;
        }
        run.count += 1;
        run.last = past.time;
        let long = past.time - run.since >= settings.duration_s * SECOND;
        if run.seq.is_none() && i64::from(run.count) >= settings.fixes && long {
            let mut episode = Episode::new(Kind::GnssFrozen, "unit", run.since, past.time, Priority::Medium)
                .at(run.position)
                .resting_on(run.since, run.position)
                .resting_on(past.time, run.position);
            measure(&mut episode, &run);
            run.seq = Some(self.raise(plan, episode));
            self.hot.gate.ends_at(run.since);
        }
        self.side.frozen = run;
        run.seq.is_some()
    }
}

fn measure(episode: &mut Episode, run: &Frozen) {
    episode.set(Measure::DurationS, (run.last - run.since) / SECOND);
    episode.set(Measure::Count, i64::from(run.count));
}

#[cfg(test)]
mod tests {
    use super::super::super::record::Fix;
    use super::super::testing::{Trial, fix, second};
    use super::*;

    /// Drives 10 minutes, freezes for so long, drives on.
    fn frozen(step_s: usize, seconds: i64, speed_mps: f64) -> Trial {
        let mut trial = Trial::new(step_s as i64, 0);
        trial.drive(60, 660, step_s);
        for t in (660..660 + seconds).step_by(step_s) {
            trial.see(t, 13_200.0, 0.0, speed_mps);
        }
        trial.drive(660 + seconds, 1_200 + seconds, step_s);
        trial
    }

    #[test]
    fn a_receiver_that_repeats_itself_is_found_and_makes_no_jump_when_it_wakes() {
        for (step, seconds) in [(10, 130), (10, 280), (30, 300), (60, 900), (10, 1_800)] {
            let trial = frozen(step, seconds, 20.0);
            let found = trial.found(Kind::GnssFrozen);
            assert_eq!(found.len(), 1, "{step} s, {seconds} s");
            let last = 660 + (seconds - 1) / step as i64 * step as i64;
            assert_eq!((second(found[0].onset), found[0].ended.map(second)), (660, Some(last)));
            assert!(trial.found(Kind::PositionJump).is_empty(), "{step} s, {seconds} s");
            assert!(trial.found(Kind::UnusualStop).is_empty(), "{step} s, {seconds} s");
        }
    }

    #[test]
    fn a_vehicle_that_stands_still_is_not_frozen() {
        assert!(frozen(10, 600, 0.0).found(Kind::GnssFrozen).is_empty());
        assert!(frozen(10, 100, 20.0).found(Kind::GnssFrozen).is_empty(), "too short");
    }

    #[test]
    fn the_units_own_senses_count_where_the_speed_is_frozen_too() {
        for sense in 0..2 {
            let mut trial = Trial::new(30, 0);
            trial.drive(60, 660, 30);
            for (n, t) in (660..960).step_by(30).enumerate() {
                let still = fix(t, 13_200.0, 0.0, 0.0);
                trial.fix(&match sense {
                    0 => Fix { motion: Some(true), ..still },
                    _ => Fix { odometer_dm: Some(5_000 + 3_000 * n as u64), ..still },
                });
            }
            assert_eq!(trial.found(Kind::GnssFrozen).len(), 1, "sense {sense}");
        }
    }
}
