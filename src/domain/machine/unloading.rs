//! D14, `unloading_suspicion`: an additive score over one stop, each point with its reason (DETECTION, 5.14).
//!
//! A suspicion belongs to the halt that the second stage reads: the halt carries its score there, and ends it.

use super::super::alert::{Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::past::NONE_U16;
use super::super::plan::Plan;
use super::super::position::{Position, turn_deg};
use super::super::rulebook::{ZoneClass, local_hour};
use super::super::seldom::Seldom;
use super::super::time::{MINUTE, Millis};
use super::gate::Sighting;
use super::state::{MachineMut, NONE};
use super::stop::{Context, centre_position};

/// In the dark for so long: points.
const DARK: Millis = 5 * MINUTE;
/// So long before the stop, and within this distance of it, a vehicle docks.
const DOCKING: Millis = 10 * MINUTE;
const DOCKING_M: f64 = 150.0;
/// Unloading takes so long.
const TAKES: std::ops::RangeInclusive<Millis> = 10 * MINUTE..=120 * MINUTE;
/// So many stops are remembered: the one that stands, and one whose end is not yet certain.
const KEPT: usize = 3;

/// The reason of a stop off its corridor.
const OFF_CORRIDOR: &str = "off_corridor";

/// The score of one halt.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Suspicion {
    /// The halt's episode.
    halt: u32,
    /// Its own episode.
    seq: Option<u32>,
    /// Greatest score so far.
    score: u8,
    /// Last fix of the halt when it was judged last.
    seen: Millis,
}
state!(Suspicion { halt, seq, score, seen });

/// Direction reversals of slow driving.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Docking {
    /// Where the newest stretch of 15 m began.
    from: Position,
    /// Its course in degrees, [`NONE_U16`] where it is not known.
    course: u16,
    /// The newest reversals.
    pub(super) reversals: Seldom<Vec<(Millis, Position)>>,
}
state!(Docking { from, course, reversals });

impl Docking {
    /// One accepted fix with its speed.
    pub(super) fn step(&mut self, fix: &Sighting, speed_mps: f64) {
        const STRETCH_M: f64 = 15.0;
        if speed_mps >= 5.0 {
            (self.from, self.course) = (fix.position, NONE_U16);
            return;
        }
        let moved = self.from.distance_m(fix.position);
        if speed_mps <= 0.5 || moved < STRETCH_M {
            return; // standing, or no way yet: noise has every direction
        }
        let course = self.from.course_deg(fix.position);
        if self.course != NONE_U16 && moved <= 2.0 * DOCKING_M && turn_deg(f64::from(self.course), course) > 120.0 {
            self.reversals.retain(|(t, _)| fix.time - t <= 2 * DOCKING);
            self.reversals.push((fix.time, fix.position));
            if self.reversals.len() > 4 {
                self.reversals.remove(0);
            }
        }
        (self.from, self.course) = (fix.position, course as u16);
    }

    fn before(&self, begin: Millis, centre: Position) -> bool {
        let near = |(t, p): &&(Millis, Position)| {
            (begin - DOCKING..=begin + DARK).contains(t) && p.distance_m(centre) <= DOCKING_M
        };
        self.reversals.iter().filter(near).count() >= 2
    }
}

impl MachineMut<'_> {
    /// Judges the stop that stands; `now` is the time of the newest report.
    pub(super) fn judge_unloading(&mut self, plan: &Plan, now: Millis) {
        let halt = self.side.stop.halt;
        if halt != NONE && self.side.book.open(halt).is_some() {
            self.judge_halt(plan, now, halt);
        }
    }

    /// The halt is open: what speaks for unloading is weighed.
    #[inline(never)]
    fn judge_halt(&mut self, plan: &Plan, now: Millis, halt: u32) {
        let (score, reasons) = self.unloading_score(plan, now);
        let at = match self.side.suspicions.iter().position(|s| s.halt == halt) {
            Some(at) => at,
            None => {
                if self.side.suspicions.len() >= KEPT {
                    self.side.suspicions.remove(0);
                }
                self.side.suspicions.push(Suspicion { halt, ..Suspicion::default() });
                self.side.suspicions.len() - 1
            }
        };
        self.side.suspicions[at].seen = self.hot.stop.t_in;
        if score <= self.side.suspicions[at].score {
            return;
        }
        self.side.suspicions[at].score = score;
        let hints = self.hints_of_unloading(plan, now);
        self.side.book.update(halt, |e| {
            e.set(Measure::Score, i64::from(score));
            e.set(Measure::Hints, hints);
        });
        let settings = plan.rules.settings().unloading_suspicion;
        if i64::from(score) < settings.medium_score {
            return;
        }
        let high = i64::from(score) >= settings.high_score;
        let priority = if high { Priority::High } else { Priority::Medium };
        match self.side.suspicions[at].seq {
            Some(seq) => self.side.book.update(seq, |e| {
                for reason in &reasons {
                    e.escalate(priority, reason);
                }
                e.set(Measure::Score, i64::from(score));
            }),
            None => {
                let stop = self.hot.stop;
                let centre = centre_position(stop.centre);
                let mut episode = Episode::new(Kind::UnloadingSuspicion, "stop", stop.t0, now, priority)
                    .at(centre)
                    .resting_on(stop.t_in, centre)
                    .measuring(Measure::Score, i64::from(score));
                episode.reasons = reasons.iter().map(|r| (*r).to_owned()).collect();
                // What it takes over from the stop it must not make smaller.
                if let Some(below) = self.side.book.open(stop.seq).filter(|e| e.priority > priority) {
                    episode.escalate(below.priority, "unusual_stop");
                }
                let seq = self.raise(plan, episode);
                self.side.book.cover(seq, None);
                self.side.book.hang(stop.seq, seq);
                self.side.suspicions[at].seq = Some(seq);
            }
        }
    }

    /// The score besides being off the corridor, which the second stage is told apart.
    pub(super) fn hints_of_unloading(&self, plan: &Plan, now: Millis) -> i64 {
        let (score, reasons) = self.unloading_score(plan, now);
        i64::from(score) - if reasons.contains(&OFF_CORRIDOR) { 3 } else { 0 }
    }

    fn unloading_score(&self, plan: &Plan, now: Millis) -> (u8, Vec<&'static str>) {
        let context = self.stop_context(plan);
        if context == Context::DwellOnly {
            return (0, Vec::new()); // opened and searched under the eyes of the customs
        }
        let (stop, side) = (&self.hot.stop, &self.side.stop);
        let until = stop.t_in.max(now);
        let class = |z: u32| plan.rules.class(z);
        let marked = self.inside(|z| matches!(class(z), ZoneClass::Risk | ZoneClass::Forbidden)).is_some();
        let foreign = |z: u32| class(z) == ZoneClass::Warehouse && !plan.is_own_office(z);
        let stored = side.place != NONE && foreign(side.place);
        let dark = self.dark_within(stop.t0, until) + self.side.jam.within(stop.t0, until);
        let hour = local_hour(plan.rules.settings().time_zone, until);
        let points = [
            (5, "door", self.side.sensors.opened.is_some_and(|t| (stop.t0..=until).contains(&t))),
            (3, OFF_CORRIDOR, self.hot.corridor.side && plan.corridor.is_some()),
            (3, "risk_or_warehouse", marked || stored),
            (2, "dark", dark >= DARK),
            (1, "docking", self.side.docking.before(stop.t0, centre_position(stop.centre))),
            (1, "night", !(5..22).contains(&hour)),
            (1, "duration", TAKES.contains(&(stop.t_in - stop.t0))),
        ];
        let held = points.iter().filter(|(.., holds)| *holds);
        (held.clone().map(|(n, ..)| n).sum(), held.map(|(_, word, _)| *word).collect())
    }

    /// Episodes of suspicion that rest on one of these halts.
    pub(super) fn suspicions_of(&self, halts: &[u32]) -> impl Iterator<Item = u32> {
        self.side.suspicions.iter().filter(|s| halts.contains(&s.halt)).filter_map(|s| s.seq)
    }

    /// Halts have turned out to go on: so do the suspicions that rest on them.
    pub(super) fn resume_unloading(&mut self, halts: &[u32]) {
        let open = |halt: &u32| self.side.book.open(*halt).is_some();
        let halts: Vec<u32> = halts.iter().copied().filter(open).collect();
        for seq in self.suspicions_of(&halts).collect::<Vec<u32>>() {
            self.side.book.go_on(seq);
        }
    }

    /// A suspicion ends with its halt.
    pub(super) fn sweep_unloading(&mut self) {
        for at in 0..self.side.suspicions.len() {
            let Suspicion { halt, seq, seen, .. } = self.side.suspicions[at];
            if let Some(seq) = seq.filter(|_| self.side.book.open(halt).is_none()) {
                let end = self.side.book.end_of(halt).unwrap_or(seen);
                self.side.book.close(seq, end, EndReason::Over, |e| {
                    e.set(Measure::DurationS, (end - e.onset).max(0) / 1000);
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::record::{Alarms, Fix};
    use super::super::testing::{Trial, fix, second};
    use super::*;

    const DOOR: Alarms = Alarms(1 << 2);

    /// Drives to a place beside the corridor, stands there for so many seconds, drives on; a door may open meanwhile.
    fn standing(east_m: f64, north_m: f64, seconds: i64, door: bool) -> Trial {
        let mut trial = Trial::new(30, 0);
        trial.drive(30, 600, 30);
        let begin = 600 + (east_m / 20.0) as i64 / 30 * 30;
        for t in (600..begin).step_by(30) {
            let share = (t - 600) as f64 / (begin - 600) as f64;
            trial.see(t, 12_000.0 + (east_m - 12_000.0) * share, north_m * share, 20.0);
        }
        for t in (begin..begin + seconds).step_by(30) {
            let alarms = if door && t == begin + 240 { DOOR } else { Alarms::default() };
            trial.fix(&Fix { alarms, ..fix(t, east_m, north_m, 0.0) });
        }
        for t in (begin + seconds..begin + seconds + 900).step_by(30) {
            trial.see(t, east_m + (t - begin - seconds) as f64 * 20.0, north_m, 20.0);
        }
        trial
    }

    #[test]
    fn an_opened_door_off_the_corridor_is_high_and_takes_the_stop_below_it() {
        let trial = standing(16_000.0, 900.0, 1_500, true);
        let found = trial.found(Kind::UnloadingSuspicion);
        assert_eq!(found.len(), 1);
        let e = found[0];
        assert_eq!((e.priority, e.get(Measure::Score)), (Priority::High, Some(10)), "{:?}", e.reasons);
        assert_eq!(e.reasons, ["door", "off_corridor", "night", "duration"], "20:26Z is 23:26 in Istanbul");
        let stop = trial.found(Kind::UnusualStop)[0];
        assert_eq!((stop.parent, stop.ended, stop.onset), (Some(e.seq), e.ended, e.onset));
        assert!(e.ended.is_some());
        let halt = trial.found(Kind::Halt).into_iter().find(|h| h.onset == e.onset);
        assert_eq!(halt.and_then(|h| h.get(Measure::Score)), Some(10));
    }

    #[test]
    fn a_suspicion_outlasts_a_jump_from_which_the_vehicle_comes_back_to_its_stand() {
        let mut trial = Trial::new(30, 0);
        trial.drive(30, 600, 30);
        for t in (600..3_000).step_by(30) {
            let alarms = if t == 840 { DOOR } else { Alarms::default() };
            let north_m = if (1_200..1_500).contains(&t) { 20_000.0 } else { 900.0 };
            trial.fix(&Fix { alarms, ..fix(t, 12_400.0, north_m, 0.0) });
        }
        assert_eq!(trial.found(Kind::PositionJump).len(), 1);
        let found = trial.found(Kind::UnloadingSuspicion);
        assert_eq!((found.len(), found[0].ended), (1, None), "{found:?}");
    }

    #[test]
    fn a_stop_on_the_road_is_no_suspicion_but_carries_its_score() {
        let trial = standing(14_000.0, 0.0, 1_500, false);
        assert!(trial.found(Kind::UnloadingSuspicion).is_empty());
        let halt = trial.found(Kind::Halt)[0];
        assert_eq!(halt.get(Measure::Score), Some(2), "night and duration");
    }

    #[test]
    fn a_risk_zone_at_night_is_medium_and_no_less_than_its_stop() {
        let trial = standing(20_000.0, 0.0, 1_500, false);
        let found = trial.found(Kind::UnloadingSuspicion);
        assert_eq!((found.len(), found[0].get(Measure::Score)), (1, Some(5)));
        assert_eq!(found[0].priority, Priority::High, "the stop in a risk zone is");
        assert!(second(found[0].raised) > second(found[0].onset) + 590);
    }

    #[test]
    fn reversals_of_a_slow_vehicle_are_docking() {
        let mut docking = Docking::default();
        for (n, east) in [0.0, 40.0, 80.0, 50.0, 20.0, 60.0, 90.0].into_iter().enumerate() {
            docking.step(
                &Sighting {
                    time: n as i64 * 10_000,
                    position: super::super::testing::place(east, 0.0),
                    ..Sighting::default()
                },
                2.0,
            );
        }
        assert_eq!(docking.reversals.len(), 2);
        assert!(docking.before(60_000, super::super::testing::place(50.0, 0.0)));
        assert!(!docking.before(60_000, super::super::testing::place(500.0, 0.0)));
    }
}
