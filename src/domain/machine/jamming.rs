//! D10, `jamming` of a unit: its own flag, which may flip every second (DETECTION, 5.11; Teltonika AVL 318).
//!
//! A report with the flag stands for the time since the report before it, so that a unit that speaks each second and one
//! that speaks each minute are judged alike: flagged for 30 s within 60 s, by two reports at least.

use super::super::alert::{Kind, Priority};
use super::super::codec::{Reader, State, StateError};
use super::super::episode::{EndReason, Episode, Measure};
use super::super::past::Past;
use super::super::plan::Plan;
use super::super::record::Alarms;
use super::super::seldom::{Blank, Seldom};
use super::super::time::{MINUTE, Millis, SECOND};
use super::state::MachineMut;

/// Jamming that lasts so long is high (DETECTION, 2.4).
const HIGH_AFTER: Millis = 15 * MINUTE;

/// Bit of the flag.
const JAMMING: u16 = 1 << 6;

/// What the flag has said.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Jam {
    /// Newest report of any sort.
    heard: Option<Millis>,
    pub(super) flag: Seldom<Flag>,
}

impl State for Jam {
    fn put(&self, out: &mut Vec<u8>) {
        let Flag { flagged, last, open, escalated, before } = &*self.flag;
        flagged.put(out);
        (self.heard, *last).put(out);
        (*open, *escalated, *before).put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let flagged = State::get(from)?;
        let (heard, last) = State::get(from)?;
        let (open, escalated, before) = State::get(from)?;
        Ok(Jam { heard, flag: Flag { flagged, last, open, escalated, before }.into() })
    }
}

/// What is known of a flag that was raised.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Flag {
    /// Flagged reports within the window: when, and the milliseconds that each stands for.
    flagged: Vec<(Millis, Millis)>,
    /// Newest flagged report.
    last: Millis,
    /// Episode and its onset.
    open: Option<(u32, Millis)>,
    /// It has been raised to high by its duration.
    escalated: bool,
    /// The newest stretch that is over.
    before: Option<(Millis, Millis)>,
}

impl Blank for Flag {
    const BLANK: &'static Self = &Flag { flagged: Vec::new(), last: 0, open: None, escalated: false, before: None };
}

impl Jam {
    /// Milliseconds of jamming within `[from, to]`, the newest two stretches.
    pub(super) fn within(&self, from: Millis, to: Millis) -> Millis {
        let Flag { last, open, before, .. } = *self.flag;
        let standing = open.map(|(_, onset)| (onset, last));
        let overlap = |(a, b): (Millis, Millis)| (b.min(to) - a.max(from)).max(0);
        before.into_iter().chain(standing).map(overlap).sum()
    }
}

impl MachineMut<'_> {
    /// One report, whatever its position is worth.
    pub(super) fn step_jamming(&mut self, plan: &Plan, past: &Past) {
        debug_assert_eq!(Alarms::NAMES[JAMMING.trailing_zeros() as usize], "jamming");
        let heard = self.side.jam.heard.replace(past.time);
        if past.alarms & JAMMING == 0 {
            return;
        }
        let window = jam_window(plan, self.ring.interval());
        let most = plan.rules.settings().jamming.flag_s * SECOND / 2;
        let jam = &mut *self.side.jam.flag;
        jam.last = past.time;
        if jam.open.is_some() {
            return;
        }
        jam.flagged.retain(|(t, _)| past.time - t <= window);
        jam.flagged.push((past.time, heard.map_or(most, |before| past.time - before).min(most)));
        if jam.flagged.iter().map(|(_, ms)| ms).sum::<Millis>() < most * 2 {
            return;
        }
        let onset = jam.flagged[0].0;
        let count = jam.flagged.len() as i64;
        jam.flagged.clear();
        let priority = if plan.risk >= 2 { Priority::High } else { Priority::Medium };
        let mut episode = Episode::new(Kind::Jamming, "unit", onset, past.time, priority)
            .because("flag")
            .measuring(Measure::Count, count);
        if plan.risk >= 2 {
            episode = episode.because("risk>=2");
        }
        if let Some(fix) = self.last_fix().copied() {
            episode = episode.at(fix.position).resting_on(fix.time, fix.position);
        }
        let seq = self.raise(plan, episode);
        self.side.jam.flag.open = Some((seq, onset));
        self.side.jam.flag.escalated = false;
    }

    /// When the flag has been away for the window, or has stood for a quarter of an hour.
    pub(super) fn jam_timer(&self, plan: &Plan) -> Option<Millis> {
        let jam = &*self.side.jam.flag;
        let (_, onset) = jam.open?;
        let over = jam.last + jam_window(plan, self.ring.interval()) + 1;
        Some(if jam.escalated { over } else { over.min(onset + HIGH_AFTER) })
    }

    /// Carries out [`MachineMut::jam_timer`].
    pub(super) fn fire_jam_timer(&mut self, plan: &Plan, t: Millis) {
        let over = self.side.jam.flag.last + jam_window(plan, self.ring.interval()) < t;
        let jam = &mut *self.side.jam.flag;
        let Some((seq, onset)) = jam.open else { return };
        if !over {
            jam.escalated = true;
            return self.side.book.update(seq, |e| {
                e.escalate(Priority::High, &format!("duration>{}s", HIGH_AFTER / SECOND));
            });
        }
        let last = jam.last;
        (jam.open, jam.before) = (None, Some((onset, last)));
        self.side.book.close(seq, last, EndReason::Over, |e| e.set(Measure::DurationS, (last - onset) / SECOND));
    }
}

/// The window of the rulebook, and at least two reports.
fn jam_window(plan: &Plan, measured: Millis) -> Millis {
    (plan.rules.settings().jamming.flag_window_s * SECOND).max(2 * plan.interval.unwrap_or(measured))
}

#[cfg(test)]
mod tests {
    use super::super::super::record::Fix;
    use super::super::testing::{Trial, fix, second};
    use super::*;

    /// Drives with the flag set where `flagged` says so.
    fn jammed(step_s: usize, until_s: i64, flagged: impl Fn(i64) -> bool) -> Trial {
        let mut trial = Trial::new(step_s as i64, 0);
        for t in (30..until_s).step_by(step_s) {
            let alarms = Alarms(if flagged(t) { JAMMING } else { 0 });
            trial.fix(&Fix { alarms, ..fix(t, t as f64 * 20.0, 0.0, 20.0) });
        }
        trial
    }

    #[test]
    fn a_flag_that_flips_each_second_is_one_alert() {
        let trial = jammed(1, 600, |t| (200..320).contains(&t) && t % 2 == 0);
        let found = trial.found(Kind::Jamming);
        assert_eq!(found.len(), 1);
        assert_eq!((second(found[0].onset), found[0].ended.map(second)), (200, Some(318)));
        assert!((255..=262).contains(&second(found[0].raised)), "30 s of 60: {}", second(found[0].raised));
    }

    #[test]
    fn sparse_reports_need_two() {
        for step in [10, 30, 60, 300] {
            let from = 30 + 4 * step as i64;
            let one = jammed(step, from + 3_000, |t| t == from);
            assert!(one.found(Kind::Jamming).is_empty(), "one report at {step} s");
            let more = jammed(step, from + 3_000, |t| (from..from + 3 * step as i64).contains(&t));
            assert_eq!(more.found(Kind::Jamming).len(), 1, "three reports at {step} s");
            assert!(more.found(Kind::Jamming)[0].ended.is_some());
        }
    }

    #[test]
    fn after_a_quarter_of_an_hour_it_is_high() {
        let short = jammed(30, 1_800, |t| (300..900).contains(&t));
        assert_eq!(short.found(Kind::Jamming)[0].priority, Priority::Medium);
        let long = jammed(30, 1_800, |t| (300..1_300).contains(&t));
        assert_eq!(long.found(Kind::Jamming)[0].priority, Priority::High);
    }
}
