//! D12, `battery_will_not_last`: the trend of the readings against the time that is left (DETECTION, 5.12).
//!
//! A reading each half hour for twelve hours; the slope is the median of the slopes of all pairs (Theil 1950, Sen 1968),
//! which a few odd readings do not move.

use super::super::ahead::ask_for;
use super::super::alert::{Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::plan::Plan;
use super::super::time::{HOUR, MINUTE, Millis, SECOND};
use super::state::MachineMut;

/// Distance of two readings that count.
const EVERY: Millis = 30 * MINUTE;
/// The trend rests on so much time at most,
const MOST: Millis = 12 * HOUR;
/// and at least.
const LEAST: Millis = 3 * HOUR;
/// A rise of so many percent is charging: the trend begins anew.
const CHARGED: u8 = 5;
/// A slower loss, percent an hour, is within the steps of a reading.
const SLOWEST: f64 = 0.25;
/// What clears must exceed what raises by this.
const SPARE: Millis = 2 * HOUR;

/// Readings and what was found.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Trend {
    readings: Vec<(Millis, u8)>,
    /// Episode.
    seq: Option<u32>,
}
state!(Trend { readings, seq });

impl Trend {
    /// Asks memory for what a reading is compared with.
    pub fn ask_for(&self) {
        self.readings.last().into_iter().for_each(ask_for);
    }

    /// Percent lost an hour, where enough is known.
    fn loss(&self) -> Option<f64> {
        let (first, last) = (self.readings.first()?, self.readings.last()?);
        if last.0 - first.0 < LEAST {
            return None;
        }
        let mut slopes: Vec<f64> = Vec::new();
        for (i, a) in self.readings.iter().enumerate() {
            for b in &self.readings[i + 1..] {
                slopes.push((f64::from(a.1) - f64::from(b.1)) * HOUR as f64 / (b.0 - a.0) as f64);
            }
        }
        slopes.sort_unstable_by(f64::total_cmp);
        slopes.get(slopes.len() / 2).copied()
    }
}

impl MachineMut<'_> {
    /// One reading.
    pub(super) fn step_trend(&mut self, plan: &Plan, t: Millis, percent: u8) {
        let trend = &mut self.side.trend;
        if let Some((last, before)) = trend.readings.last().copied() {
            if percent >= before.saturating_add(CHARGED) {
                trend.readings = vec![(t, percent)];
                return self.end_trend(t);
            }
            if t - last < EVERY {
                return;
            }
        }
        self.judge_trend(plan, t, percent);
    }

    /// A reading that counts.
    #[inline(never)]
    fn judge_trend(&mut self, plan: &Plan, t: Millis, percent: u8) {
        let trend = &mut self.side.trend;
        trend.readings.push((t, percent));
        trend.readings.retain(|(then, _)| t - then <= MOST);
        let loss = trend.loss();
        let Some(needed) = self.time_left(plan, t) else { return self.end_trend(t) };
        let Some(loss) = loss else { return };
        if loss < SLOWEST {
            return self.end_trend(t); // it hardly loses any more: that it will not last is no longer true
        }
        let empty_in = (f64::from(percent) / loss * HOUR as f64) as Millis;
        if empty_in < needed {
            self.empty_before_arrival();
        }
        let reserve = libm::round(plan.rules.settings().low_battery.reserve_h * HOUR as f64) as Millis;
        match self.side.trend.seq {
            None if empty_in < needed + reserve => {
                let mut episode = Episode::new(Kind::BatteryWillNotLast, "unit", t, t, Priority::Low)
                    .because("empty_before_arrival_and_reserve")
                    .measuring(Measure::BatteryPct, i64::from(percent))
                    .measuring(Measure::LossPctPerDay, libm::round(loss * 24.0) as i64)
                    .measuring(Measure::EmptyInS, empty_in / SECOND)
                    .measuring(Measure::NeededS, needed / SECOND);
                if let Some(fix) = self.last_fix() {
                    episode = episode.at(fix.position);
                }
                self.side.trend.seq = Some(self.raise(plan, episode));
            }
            Some(_) if empty_in >= needed + reserve + SPARE => self.end_trend(t),
            _ => {}
        }
    }

    fn end_trend(&mut self, t: Millis) {
        if let Some(seq) = self.side.trend.seq.take() {
            self.side.book.close(seq, t, EndReason::Over, |_| {});
        }
    }

    /// How long the journey still takes: by the forecast, else to the end of the time allowed.
    fn time_left(&self, plan: &Plan, t: Millis) -> Option<Millis> {
        if self.side.arrived.is_some() {
            return None;
        }
        let ends = self.forecast(plan, t).map(|(arrival, _)| arrival).or_else(|| self.limit(plan));
        ends.map(|end| (end - t).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::record::Alarms;
    use super::super::testing::{Trial, second};
    use super::*;

    /// Standing at the begin of the corridor, a reading every ten minutes.
    fn drained(hours: i64, percent: impl Fn(f64) -> f64) -> Trial {
        let mut trial = Trial::new(600, 0);
        trial.see(30, 400.0, 0.0, 0.0);
        for t in (600..hours * 3_600).step_by(600) {
            trial.beat(t, Alarms::default(), Some(percent(t as f64 / 3_600.0) as u8));
        }
        trial
    }

    #[test]
    fn a_loss_that_empties_it_before_the_reserve_is_told_once_it_is_known() {
        // 60 km are an hour by plan: with the reserve 7 hours are needed.
        let trial = drained(8, |h| 90.0 - 10.0 * h);
        let found = trial.found(Kind::BatteryWillNotLast);
        assert_eq!(found.len(), 1);
        let raised = second(found[0].raised) as f64 / 3_600.0;
        assert!((3.0..=3.8).contains(&raised), "60 % at 3 h are 6 h: {raised}");
        assert!((235..=245).contains(&found[0].get(Measure::LossPctPerDay).unwrap_or(0)));
        assert_eq!(found[0].ended, None);
    }

    #[test]
    fn odd_readings_do_not_move_it_and_charging_ends_it() {
        let odd = drained(12, |h| if (h * 6.0) as i64 % 7 == 0 { 70.0 } else { 90.0 - 0.3 * h });
        assert!(odd.found(Kind::BatteryWillNotLast).is_empty());
        let charged = drained(8, |h| if h < 5.0 { 90.0 - 10.0 * h } else { 100.0 });
        assert_eq!(charged.found(Kind::BatteryWillNotLast)[0].ended.map(second), Some(18_000));
    }

    #[test]
    fn a_loss_that_stops_ends_it() {
        let slow = drained(30, |h| if h < 5.0 { 90.0 - 10.0 * h } else { 40.0 });
        let found = slow.found(Kind::BatteryWillNotLast);
        assert_eq!(found.len(), 1);
        assert!(found[0].ended.is_some_and(|t| second(t) > 5 * 3_600), "{found:?}");
    }
}
