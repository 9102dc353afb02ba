//! D5, slow progress (DETECTION, 5.6): on the corridor, not standing, and yet hardly farther along it after an hour.
//!
//! The hour is one of driving: its clock stands still in a stop, in a place where standing is nobody's business, off the
//! corridor and over a gap. So a rest is not held against a vehicle when it drives on, and a timer is not needed:
//! without fixes nothing is counted.

use super::super::alert::{Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::plan::Plan;
use super::super::time::{MINUTE, Millis, SECOND};
use super::progress::{Advance, Step};
use super::state::MachineMut;

/// Marks in a window.
const MARKS: usize = 12;

/// Standing for so long is a stop.
const STANDING: Millis = 10 * MINUTE;

/// Who is faster does not rest in a place, but passes it: up and down before it is up and down.
const CRAWLS_MPS: f64 = 5.0;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Pace {
    /// Time counted since the newest mark, milliseconds.
    pub counted: Millis,
    /// When (whole seconds since the start of the journey) and at which chainage (0.1 m) the marks were set; a ring.
    pub marks: [(u32, i32); MARKS],
    /// How many were set.
    pub set: u32,
    /// Episode while it lasts.
    pub seq: Option<u32>,
    /// Standing at the newest accepted fix.
    pub stood: bool,
}
state!(Pace { counted, marks, set, seq, stood });

impl Pace {
    /// The mark of one window ago.
    fn oldest(&self) -> Option<(u32, i32)> {
        (self.set as usize >= MARKS).then(|| self.marks[self.set as usize % MARKS])
    }

    fn push(&mut self, since_start: Millis, chainage_dm: i32) {
        self.marks[self.set as usize % MARKS] = ((since_start / SECOND) as u32, chainage_dm);
        self.set += 1;
    }
}

impl MachineMut<'_> {
    /// One matched fix.
    pub(super) fn step_slow(&mut self, plan: &Plan, step: &Step<'_>, advance: &Advance) {
        let in_place = step.containing.iter().any(|zone| plan.is_yard(*zone))
            || step.speed_mps < CRAWLS_MPS && step.containing.iter().any(|zone| plan.counts_as_route(*zone));
        let stands = self.stands(plan, step.fix.time);
        let stood = std::mem::replace(&mut self.side.progress.pace.stood, stands);
        if in_place || stands {
            return self.suspend_pace(step.fix.time);
        }
        let gap = plan.silence_limit(plan.interval.unwrap_or_else(|| self.ring.interval()));
        let Some((before, now)) = advance.neighbours(step.previous).filter(|(b, n)| !stood && n.time - b.time <= gap)
        else {
            return;
        };
        let every = plan.rules.settings().slow_progress.window_s * SECOND / MARKS as Millis;
        let (pace, started) = (&mut self.side.progress.pace, self.side.started);
        if pace.set == 0 {
            pace.push(before.time - started, before.chainage_dm);
        }
        pace.counted += now.time - before.time;
        while self.side.progress.pace.counted >= every {
            self.side.progress.pace.counted -= every;
            self.judge_pace(plan, step, now.chainage_dm);
            self.side.progress.pace.push(now.time - started, now.chainage_dm);
        }
        self.end_slow(plan, step, now.chainage_dm);
    }

    /// One more twelfth of the window is over.
    fn judge_pace(&mut self, plan: &Plan, step: &Step<'_>, chainage_dm: i32) {
        let pace = &self.side.progress.pace;
        let Some((since_start, from_dm)) = pace.oldest().filter(|_| pace.seq.is_none()) else { return };
        let since = self.side.started + Millis::from(since_start) * SECOND;
        let settings = &plan.rules.settings().slow_progress;
        let Some(corridor) = plan.corridor.as_ref() else { return };
        let progress_m = f64::from(chainage_dm - from_dm) / 10.0;
        if progress_m >= settings.distance_m {
            return;
        }
        let episode = Episode::new(Kind::SlowProgress, corridor.subject.clone(), since, step.fix.time, Priority::Low)
            .at(step.fix.position)
            .resting_on(step.fix.time, step.fix.position)
            .because(format!("progress<{}m", settings.distance_m as i64))
            .measuring(Measure::ChainageFromM, i64::from(from_dm) / 10)
            .measuring(Measure::ChainageToM, i64::from(chainage_dm) / 10)
            .measuring(Measure::DurationS, (step.fix.time - since) / SECOND)
            .measuring(Measure::ProgressM, progress_m as i64);
        let seq = self.raise(plan, episode);
        self.side.progress.pace.seq = Some(seq);
    }

    fn end_slow(&mut self, plan: &Plan, step: &Step<'_>, chainage_dm: i32) {
        let pace = &mut self.side.progress.pace;
        let Some((_, from_dm)) = pace.oldest().filter(|_| pace.seq.is_some()) else { return };
        if f64::from(chainage_dm - from_dm) / 10.0 >= plan.rules.settings().slow_progress.clear_m {
            self.suspend_pace(step.fix.time);
        }
    }

    /// It is over; also in a stop, in a place, off the corridor, in a jump: what is told then is not this.
    pub(super) fn suspend_pace(&mut self, t: Millis) {
        if let Some(seq) = self.side.progress.pace.seq.take() {
            self.side.book.close(seq, t, EndReason::Over, |e| e.set(Measure::DurationS, (t - e.onset).max(0) / SECOND));
        }
    }

    /// Whether the vehicle stands, or stood a moment ago and may be standing there still.
    fn stands(&self, plan: &Plan, t: Millis) -> bool {
        let merge = plan.rules.settings().unusual_stop.merge_s * SECOND;
        let left = self.side.stop.left.is_some_and(|l| l.t_in - l.t0 >= STANDING && t - l.t_in <= merge);
        left || self.standing().is_some_and(|lasts| lasts >= STANDING)
    }
}
