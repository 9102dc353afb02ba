//! D11, what cannot be proven: a hole in the fixes with time to spare (DETECTION, 5.11).
//!
//! The way between two fixes takes so long by plan; what is left could have been a detour. The space-time prism of the
//! two fixes tells which marked places were within reach.

use super::super::alert::{Confidence, Kind, Priority};
use super::super::episode::{Episode, Measure};
use super::super::plan::Plan;
use super::super::rulebook::ZoneClass;
use super::super::time::{Millis, SECOND};
use super::gate::Sighting;
use super::progress::Matched;
use super::state::MachineMut;

/// So many places within reach are named.
const NAMED: usize = 8;

/// So many holes are remembered: a stop asks how much of it lay in the dark.
const HOLES: usize = 4;

impl MachineMut<'_> {
    /// Accepted fixes on both sides of a hole, and where they were matched along the corridor, if both were.
    pub(super) fn step_gap(&mut self, plan: &Plan, from: &Sighting, to: &Sighting, along: Option<(Matched, Matched)>) {
        let interval = plan.interval.unwrap_or_else(|| self.ring.interval());
        let hole = to.time - from.time;
        if hole <= plan.silence_limit(interval) {
            return;
        }
        self.side.holes.push((from.time, to.time));
        if self.side.holes.len() > HOLES {
            self.side.holes.remove(0);
        }
        let settings = plan.rules.settings();
        let pace = settings.route_time.plan_speed_mps;
        let way_m = along
            .map_or(0.0, |(a, b)| (b.chainage_m() - a.chainage_m()).abs())
            .max(from.position.distance_m(to.position));
        let planned = (way_m / pace * 1000.0) as Millis;
        let slack = hole - planned;
        let limits = &settings.unverified_interval;
        let doubt = [
            ("risk>=2", plan.risk >= 2),
            ("jamming", self.side.jam.within(from.time, to.time) > 0),
            ("tamper", self.side.sensors.spoke_within(from.time, to.time)),
        ];
        let doubtful = doubt.iter().any(|(_, holds)| *holds);
        let limit_s = if doubtful { limits.slack_risk_s.min(limits.slack_s) } else { limits.slack_s };
        if slack <= limit_s * SECOND {
            return;
        }
        let priority = if doubtful { Priority::Medium } else { Priority::Low };
        let mut episode = Episode::new(Kind::UnverifiedInterval, "unit", from.time, to.time, priority)
            .at(from.position)
            .resting_on(from.time, from.position)
            .resting_on(to.time, to.position)
            .because(format!("slack>{limit_s}s"))
            .measuring(Measure::HoleS, hole / SECOND)
            .measuring(Measure::PlannedS, planned / SECOND)
            .measuring(Measure::SlackS, slack / SECOND)
            .momentary(to.time);
        episode.confidence = Confidence::Unverified;
        for (word, _) in doubt.iter().filter(|(_, holds)| *holds) {
            episode = episode.because(*word);
        }
        if let Some((before, after)) = along {
            episode.set(Measure::ChainageFromM, libm::round(before.chainage_m()) as i64);
            episode.set(Measure::ChainageToM, libm::round(after.chainage_m()) as i64);
        }
        episode.list(Measure::Reachable, reachable(plan, from, to, pace * hole as f64 / 1000.0));
        self.raise(plan, episode);
    }

    /// Milliseconds of `[from, to]` without a fix, in holes that count.
    pub(super) fn dark_within(&self, from: Millis, to: Millis) -> Millis {
        self.side.holes.iter().map(|(a, b)| (*b.min(&to) - *a.max(&from)).max(0)).sum()
    }
}

/// Marked places inside the prism: from one fix there and on to the other within `reach_m`; the nearest first.
fn reachable(plan: &Plan, from: &Sighting, to: &Sighting, reach_m: f64) -> Vec<String> {
    let mut within: Vec<(i64, &str)> = Vec::new();
    for zone in &plan.rules.book.zones {
        if !matches!(zone.class, ZoneClass::Forbidden | ZoneClass::Risk | ZoneClass::Warehouse) {
            continue;
        }
        let away = |fix: &Sighting| (-zone.area.signed_distance_m(fix.position)).max(0.0);
        let there = away(from);
        if there > reach_m {
            continue;
        }
        let way = there + away(to);
        if way <= reach_m {
            within.push((way as i64, &zone.id));
        }
    }
    within.sort_unstable();
    within.truncate(NAMED);
    within.into_iter().map(|(_, id)| format!("zone:{id}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, second};
    use super::*;

    /// Drives, is dark between two seconds while it covers so many metres, drives on.
    fn dark(risk: u8, seconds: i64, metres: f64) -> Trial {
        let mut trial = Trial::new(30, risk);
        trial.drive(30, 600, 30);
        for t in (600 + seconds..900 + seconds).step_by(30) {
            trial.see(t, 11_400.0 + metres + (t - 600 - seconds) as f64 * 20.0, 0.0, 20.0);
        }
        trial
    }

    #[test]
    fn time_to_spare_is_told_with_what_was_within_reach() {
        let trial = dark(0, 5_000, 20_000.0);
        let found = trial.found(Kind::UnverifiedInterval);
        assert_eq!(found.len(), 1);
        let e = found[0];
        assert_eq!((second(e.onset), e.ended.map(second), e.priority), (570, Some(5_600), Priority::Low));
        let of = |m| e.get(m).unwrap_or(0);
        assert_eq!(of(Measure::HoleS), 5_030);
        let planned = of(Measure::PlannedS);
        assert!((of(Measure::SlackS) - (5_030 - planned)).abs() <= 1 && (1_190..1_200).contains(&planned));
        assert_eq!((of(Measure::ChainageFromM), of(Measure::ChainageToM)), (11_400, 31_400));
        assert_eq!(e.words(Measure::Reachable), ["zone:risky", "zone:store", "zone:forbidden"]);
    }

    #[test]
    fn a_way_that_takes_its_time_is_no_gap_and_risk_asks_for_less() {
        assert!(dark(0, 1_800, 25_000.0).found(Kind::UnverifiedInterval).is_empty());
        assert!(dark(0, 2_000, 10_000.0).found(Kind::UnverifiedInterval).is_empty(), "23 minutes to spare");
        let risky = dark(2, 2_000, 10_000.0);
        assert_eq!(risky.found(Kind::UnverifiedInterval)[0].priority, Priority::Medium);
    }
}
