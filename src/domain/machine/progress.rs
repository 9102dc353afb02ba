//! How far along its corridor a vehicle is (DETECTION, 5.3): the match that progress is measured by, and what rests on it.
//!
//! The distance from a corridor never depends on which of two legs a fix belongs to; progress does. So of the stretches
//! near a fix the one is taken that the vehicle can have reached, at the pace and the course that it has.
//!
//! Off its corridor a vehicle has no progress, and during a jump nobody knows it: then nothing is matched, and what
//! rests on progress waits. `corridor_deviation` and `position_jump` are what there is to say meanwhile.

use std::sync::Arc;

use super::super::alert::Kind;
use super::super::codec::state;
use super::super::episode::EndReason;
use super::super::evidence::Weight;
use super::super::geometry::{Route, RouteMatch};
use super::super::past::NONE_U16;
use super::super::plan::Plan;
use super::super::position::turn_deg;
use super::super::seldom::Seldom;
use super::super::time::Millis;
use super::checkpoint::Noted;
use super::corridor::Beside;
use super::direction::Back;
use super::gate::Sighting;
use super::handover::Handover;
use super::slow::Pace;
use super::state::MachineMut;

/// A fix that was matched.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Matched {
    /// Its time.
    pub time: Millis,
    /// Chainage, 0.1 m.
    pub chainage_dm: i32,
    /// Line of the corridor.
    pub line: u32,
    /// Distance from the line, 0.1 m.
    pub aside_dm: u32,
}
state!(Matched { time, chainage_dm, line, aside_dm });

impl Matched {
    /// Chainage in metres.
    pub fn chainage_m(&self) -> f64 {
        f64::from(self.chainage_dm) / 10.0
    }

    /// Distance from the line in metres.
    pub fn aside_m(&self) -> f64 {
        f64::from(self.aside_dm) / 10.0
    }
}

/// Progress and its detectors.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Progress {
    /// The newest fix that was matched.
    pub last: Option<Matched>,
    /// Longest time between two accepted fixes since then, milliseconds.
    pub hole: Millis,
    /// Farthest chainage that was reached where the vehicle was expected, or by two fixes in a row, 0.1 m.
    pub farthest_dm: i32,
    /// D6, driving back.
    pub back: Back,
    /// Chainage where the vehicle came to the corridor, 0.1 m.
    pub began_dm: i32,
    /// Chainage up to which checkpoints have been judged, 0.1 m.
    pub judged_dm: i32,
    /// Checkpoints of which something is known before they are judged, ascending by zone.
    pub noted: Seldom<Vec<Noted>>,
    /// D5.
    pub pace: Pace,
    /// The next office.
    pub handover: Handover,
}
state!(Progress { last, hole, farthest_dm, back, began_dm, judged_dm, noted, pace, handover });

/// One accepted fix as the detectors of progress see it.
pub struct Step<'a> {
    /// The fix.
    pub fix: &'a Sighting,
    /// The accepted fix before it.
    pub previous: Option<&'a Sighting>,
    /// Metres between the two.
    pub way_m: f64,
    /// Speed, reported or implied.
    pub speed_mps: f64,
    /// How much it counts.
    pub weight: Weight,
    /// Zones around it, ascending.
    pub containing: &'a [u32],
    /// Zones that D1 has just seen it leave.
    pub left: &'a [u32],
}

/// What was matched before, and what now.
#[derive(Clone, Copy)]
pub struct Advance {
    /// The match before this one, whenever that was.
    pub before: Option<Matched>,
    /// This one.
    pub now: Matched,
    /// Its segment of the corridor.
    pub segment: u32,
}

impl Advance {
    /// Both matches, where the fixes follow one another.
    pub fn neighbours(&self, previous: Option<&Sighting>) -> Option<(Matched, Matched)> {
        let before = self.before.filter(|b| previous.is_some_and(|p| p.time == b.time))?;
        Some((before, self.now))
    }
}

impl MachineMut<'_> {
    /// One accepted fix, after zones, corridor and stop. The match before and this one, where the fixes follow one another.
    pub(super) fn step_progress(
        &mut self,
        plan: &Plan,
        step: &Step<'_>,
        beside: Option<&Beside>,
    ) -> Option<(Matched, Matched)> {
        let since = step.previous.map_or(0, |p| step.fix.time - p.time);
        self.side.progress.hole = self.side.progress.hole.max(since);
        let advance = beside.and_then(|at| self.match_progress(plan, step, at));
        self.see_checkpoints(plan, step);
        self.infer_crossings(plan, step, advance.as_ref());
        let Some(advance) = advance else {
            self.suspend_pace(step.fix.time);
            return None;
        };
        self.step_direction(plan, step, &advance);
        self.step_checkpoints(plan, step, &advance);
        self.step_slow(plan, step, &advance);
        self.step_handover(plan, step, &advance.now);
        self.side.progress.hole = 0;
        advance.neighbours(step.previous)
    }

    /// Chainage of the newest accepted fix in metres: on the leg that it was matched with, else on the nearest one.
    pub fn chainage_m(&self) -> f64 {
        let newest = self.last_fix().map(|fix| fix.time);
        let matched = self.side.progress.last.filter(|matched| Some(matched.time) == newest);
        matched.map_or(f64::from(self.hot.chainage_dm) / 10.0, |matched| matched.chainage_m())
    }

    fn match_progress(&mut self, plan: &Plan, step: &Step<'_>, at: &Beside) -> Option<Advance> {
        let (corridor, route) = (plan.corridor.as_ref()?, plan.route()?);
        if self.hot.corridor.side || self.side.jump.is_some() {
            return None;
        }
        let settings = &plan.rules.settings().fix;
        let sigma = step.fix.sigma_m(settings);
        let reach = corridor.half_width_m + 3.0 * sigma + 200.0;
        if at.matched.distance_m > reach {
            return None;
        }
        let before = self.side.progress.last;
        let guess = Guess::new(step, before.as_ref(), sigma, settings.v_max_mps);
        let found = guess.choose(route, step.fix, at.matched, reach);
        let expected = guess.misplaced(&found) <= AS_GOOD;
        let now = Matched {
            time: step.fix.time,
            chainage_dm: (found.chainage_m * 10.0) as i32,
            line: route.line_of(found.segment),
            aside_dm: (found.distance_m * 10.0) as u32,
        };
        let progress = &mut self.side.progress;
        match before {
            // One outlier ahead is no progress: what is farther than its speed explains needs a second fix. What no lorry
            // is too slow for does not: it has hurried or stood in between, or turned.
            Some(b) => {
                let driven_m = LIMITER_MPS * (now.time - b.time) as f64 / 1000.0;
                let reach = guess.ahead_m.unwrap_or(0.0).max(b.chainage_m() + driven_m);
                let near = expected || found.chainage_m <= reach;
                let proved = if near { now.chainage_dm } else { b.chainage_dm.min(now.chainage_dm) };
                progress.farthest_dm = progress.farthest_dm.max(proved);
            }
            None => {
                progress.farthest_dm = now.chainage_dm;
                progress.began_dm = now.chainage_dm;
            }
        }
        progress.last = Some(now);
        Some(Advance { before, now, segment: found.segment })
    }

    /// Another plan: progress goes on along the same lines, also when a new rulebook has given its zones other numbers.
    pub(super) fn change_corridor(&mut self, old: &Plan, new: &Plan, t: Millis) {
        let id = |plan: &Plan| plan.corridor.as_ref().map(|c| c.id.clone());
        let lines = |plan: &Plan| plan.route().map(Route::lines);
        if id(old) != id(new) || lines(old) != lines(new) {
            let dropped = new.corridor.is_none() && !Arc::ptr_eq(&old.rules, &new.rules);
            let reason = if dropped { EndReason::Rulebook } else { EndReason::Over };
            return self.restart_progress(t, reason);
        }
        let renumbered = |note: Noted| {
            let zone = new.rules.book.zone(&old.rules.book.zones[note.zone as usize].id)?;
            Some(Noted { zone, ..note })
        };
        let mut noted: Vec<Noted> = self.side.progress.noted.iter().copied().filter_map(renumbered).collect();
        noted.sort_by_key(|n| n.zone);
        self.side.progress.noted = noted.into();
    }

    /// Nothing that was known of the way still holds: a jump turned out to be the way, or the corridor is another one.
    pub(super) fn restart_progress(&mut self, t: Millis, reason: EndReason) {
        let open: Vec<u32> = self.side.book.all_open().iter().filter(|e| of_progress(e.kind)).map(|e| e.seq).collect();
        for seq in open {
            self.side.book.close(seq, t, reason, |_| {});
        }
        self.side.progress = Progress::default();
    }
}

fn of_progress(kind: Kind) -> bool {
    matches!(kind, Kind::SlowProgress | Kind::WrongDirection | Kind::HandoverDue)
}

/// Where a vehicle should be by now.
struct Guess {
    /// Chainage, where there was a match before.
    ahead_m: Option<f64>,
    /// By how much it may be off: `0.5 v_max Δt + 200`.
    play_m: f64,
    sigma_m: f64,
    /// Course, where it moves fast enough to have one.
    course_deg: Option<f64>,
}

/// What the speed limiter of a lorry lets it drive: 90 km/h (Directive 92/6/EEC).
const LIMITER_MPS: f64 = 25.0;

/// Misplaced by less than this, the nearest stretch is as good as any.
const AS_GOOD: f64 = 0.05;

impl Guess {
    fn new(step: &Step<'_>, before: Option<&Matched>, sigma_m: f64, v_max_mps: f64) -> Guess {
        let fix = step.fix;
        let seconds = before.map_or(0.0, |b| (fix.time - b.time) as f64 / 1000.0);
        let implied = step.previous.map(|p| step.way_m / (((fix.time - p.time) as f64) / 1000.0).max(0.001));
        let speed = |f: &Sighting| f.speed_mps().or(implied).unwrap_or(0.0);
        let pace = 0.5 * (speed(fix) + step.previous.map_or(speed(fix), speed));
        let moves = step.speed_mps > 3.0 && fix.course != NONE_U16;
        Guess {
            ahead_m: before.map(|b| b.chainage_m() + pace * seconds),
            play_m: 0.5 * v_max_mps * seconds + 200.0,
            sigma_m,
            course_deg: moves.then(|| f64::from(fix.course) / 10.0),
        }
    }

    /// Of the stretches near a fix the one of least cost `(d/(σ+15))² + (max(0,|s-ŝ|-100)/play)² + κ`; ties go to the
    /// smaller `|s-ŝ|`, then to the earlier segment. Where the nearest one is where the vehicle is expected, no other
    /// is looked for.
    fn choose(&self, route: &Route, fix: &Sighting, nearest: RouteMatch, reach: f64) -> RouteMatch {
        if self.ahead_m.is_some() && self.misplaced(&nearest) <= AS_GOOD {
            return nearest;
        }
        let mut best: Option<(f64, f64, RouteMatch)> = None;
        for candidate in route.candidates(fix.position, reach) {
            let off = candidate.distance_m / (self.sigma_m + 15.0);
            let cost = off * off + self.misplaced(&candidate) + self.against(route, &candidate);
            let apart = self.ahead_m.map_or(0.0, |ahead| (candidate.chainage_m - ahead).abs());
            if best.as_ref().is_none_or(|(least, nearer, _)| (cost, apart) < (*least, *nearer)) {
                best = Some((cost, apart, candidate));
            }
        }
        best.map_or(nearest, |(_, _, candidate)| candidate)
    }

    fn misplaced(&self, candidate: &RouteMatch) -> f64 {
        let Some(ahead) = self.ahead_m else { return 0.0 };
        let excess = ((candidate.chainage_m - ahead).abs() - 100.0).max(0.0) / self.play_m;
        excess * excess
    }

    fn against(&self, route: &Route, candidate: &RouteMatch) -> f64 {
        let course = self.course_deg.zip(route.course_deg_of(candidate.segment));
        match course.map(|(a, b)| turn_deg(a, b)) {
            None => 0.0,
            Some(turn) if turn <= 60.0 => 0.0,
            Some(turn) if turn <= 120.0 => 4.0,
            Some(_) => 9.0,
        }
    }
}
