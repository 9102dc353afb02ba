//! D0, `dual_position`: two tracks in turn, as when a unit is cloned or mocked (DETECTION, 5.2; Traccar #1996).
//!
//! The gate holds the other track back as glitches, or follows it as jumps. Here its turns are counted: only those of one
//! and the same other track, or outliers around a vehicle would be a second one.

use super::super::alert::{Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::plan::Plan;
use super::super::position::Position;
use super::super::rulebook::settings::FixSettings;
use super::super::seldom::Blank;
use super::super::time::{Millis, SECOND};
use super::gate::{Jump, Sighting, level};
use super::state::MachineMut;

/// Metres beyond three standard deviations within which two glitches are one track.
const SAME_M: f64 = 100.0;

/// So far from the vehicle no outlier lies twice: what moves like a vehicle there is one.
const FAR_M: f64 = 5_000.0;

/// The other track.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Dual {
    /// Its newest fix; at time 0 where there is none.
    other: Sighting,
    /// Where that lay from the vehicle, micro-degrees: latitude, longitude.
    offset: (i32, i32),
    /// When the track changed, within the window.
    turns: Vec<Millis>,
    /// Episode, and all its turns.
    open: Option<(u32, u32)>,
}
state!(Dual { other, offset, turns, open });

impl Blank for Dual {
    const BLANK: &'static Self = &Dual { other: Sighting::NONE, offset: (0, 0), turns: Vec::new(), open: None };
}

impl MachineMut<'_> {
    /// The vehicle's own track went on after the gate had held other fixes: `held` from its first to its last, between the
    /// accepted fixes `before` and `after`.
    pub(super) fn glitched(&mut self, plan: &Plan, held: (Sighting, Sighting), before: &Sighting, after: &Sighting) {
        let (first, other) = held;
        let share = (other.time - before.time) as f64 / (after.time - before.time).max(1) as f64;
        let between = |a: i32, b: i32| a + (f64::from(b - a) * share) as i32;
        let here = Position {
            lat_e6: between(before.position.lat_e6, after.position.lat_e6),
            lon_e6: between(before.position.lon_e6, after.position.lon_e6),
        };
        let moved_m = before.position.distance_m(after.position);
        self.alternate(plan, other, here, moved_m, &[first.time, after.time]);
    }

    /// The gate has followed a jump away from the vehicle's own track, or back to it.
    pub(super) fn jumped(&mut self, plan: &Plan, jump: &Jump) {
        let (here, other) = if jump.returned { (jump.to, jump.from) } else { (jump.from, jump.to) };
        self.alternate(plan, other, here.position, 0.0, &[jump.to.time]);
    }

    fn alternate(&mut self, plan: &Plan, other: Sighting, here: Position, moved_m: f64, turns: &[Millis]) {
        let settings = plan.rules.settings();
        let window = settings.dual_position.window_s * SECOND;
        let dual = &mut self.side.dual;
        let now = turns.last().copied().unwrap_or(other.time);
        let same = dual.other.time != 0 && same_track(dual, &other, here, moved_m, &settings.fix);
        if !same && dual.open.is_none() {
            dual.turns.clear();
        } else if !same {
            return; // an outlier beside the second track
        }
        dual.offset = (other.position.lat_e6 - here.lat_e6, other.position.lon_e6 - here.lon_e6);
        dual.other = other;
        dual.turns.extend(turns);
        dual.turns.retain(|t| now - t <= window);
        if let Some((_, count)) = &mut dual.open {
            *count += turns.len() as u32;
            return;
        }
        if (dual.turns.len() as i64) < settings.dual_position.alternations {
            return;
        }
        let (onset, count) = (dual.turns[0], dual.turns.len() as u32);
        let episode = Episode::new(Kind::DualPosition, "unit", onset, now, Priority::Medium)
            .at(here)
            .resting_on(other.time, other.position)
            .resting_on(now, here)
            .measuring(Measure::DistanceM, other.position.distance_m(here) as i64)
            .measuring(Measure::OtherLatE6, i64::from(other.position.lat_e6))
            .measuring(Measure::OtherLonE6, i64::from(other.position.lon_e6))
            .measuring(Measure::Count, i64::from(count));
        let seq = self.raise(plan, episode);
        self.side.dual.open = Some((seq, count));
    }

    /// When the second track has been away for the window.
    pub(super) fn dual_timer(&self, plan: &Plan) -> Option<Millis> {
        let last = self.side.dual.open.and(self.side.dual.turns.last())?;
        Some(last + plan.rules.settings().dual_position.window_s * SECOND + 1)
    }

    /// Carries out [`MachineMut::dual_timer`].
    pub(super) fn fire_dual_timer(&mut self) {
        let dual = std::mem::take(&mut self.side.dual);
        if let (Some((seq, count)), Some(last)) = (dual.open, dual.turns.last()) {
            self.side.book.close(seq, *last, EndReason::Over, |e| e.set(Measure::Count, i64::from(count)));
        }
    }
}

/// Whether a fix continues the other track: at the same place, at the same offset, or like another vehicle far away.
fn same_track(dual: &Dual, other: &Sighting, here: Position, moved_m: f64, settings: &FixSettings) -> bool {
    let near = SAME_M + 3.0 * (dual.other.sigma_m(settings) + other.sigma_m(settings));
    let gone = dual.other.position.distance_m(other.position);
    let beside = Position { lat_e6: here.lat_e6 + dual.offset.0, lon_e6: here.lon_e6 + dual.offset.1 };
    gone <= near
        || beside.distance_m(other.position) <= near + 0.1 * moved_m
        || other.position.distance_m(here) >= FAR_M && level(&dual.other, other, gone, settings) == 0
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, second};
    use super::*;

    /// Drives to the east; every other `period_s` the fix comes from somewhere else.
    fn alternating(step_s: usize, period_s: i64, until_s: i64, other: impl Fn(i64) -> (f64, f64)) -> Trial {
        let mut trial = Trial::new(step_s as i64, 0);
        for t in (30..2_400).step_by(step_s) {
            let away = (600..until_s).contains(&t) && (t - 600) / period_s % 2 == 0;
            let (east, north) = if away { other(t) } else { (t as f64 * 20.0, 0.0) };
            trial.see(t, east, north, 20.0);
        }
        trial
    }

    #[test]
    fn a_fixed_second_place_is_found_and_ends() {
        for (step, period) in [(10, 30), (10, 120), (30, 30), (60, 60)] {
            let trial = alternating(step, period, 1_500, |_| (12_000.0, 9_000.0));
            let found = trial.found(Kind::DualPosition);
            assert_eq!(found.len(), 1, "{step} s, {period} s");
            assert!(second(found[0].raised) <= 1_200, "{step} s, {period} s: {}", second(found[0].raised));
            assert!(found[0].ended.is_some_and(|t| (1_400..=1_620).contains(&second(t))));
        }
    }

    #[test]
    fn a_cloned_unit_and_a_shifted_track_are_found() {
        let clone = alternating(30, 30, 1_500, |t| (40_000.0 - t as f64 * 15.0, -30_000.0));
        assert_eq!(clone.found(Kind::DualPosition).len(), 1);
        let shifted = alternating(30, 30, 1_500, |t| (t as f64 * 20.0, 3_000.0));
        assert_eq!(shifted.found(Kind::DualPosition).len(), 1);
    }

    #[test]
    fn outliers_are_no_second_track() {
        let places = [(900.0, 0.0), (-700.0, 900.0), (300.0, -1_900.0), (2_000.0, 400.0), (-1_200.0, -600.0)];
        let trial = alternating(30, 30, 2_400, |t| {
            let (east, north) = places[(t as usize / 60) % places.len()];
            (t as f64 * 20.0 + east * 2.0, north * 2.0)
        });
        assert!(trial.found(Kind::DualPosition).is_empty());
    }
}
