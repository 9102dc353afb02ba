//! The detectors of one journey: a discrete simulation in event time.
//!
//! Reports, commands and timers are carried out in the order of their event times (a timer before a command before a
//! report at the same instant), so the state is a pure function of what lies before it in event time: it does not
//! know when a report arrived. Whoever drives it rewinds it when one comes late.
//!
//! ```text
//! report ─▶ advance (timers, commands) ─▶ sensors ─▶ gate ─▶ zones ─▶ corridor ─▶ stop ─▶ territory ─▶ progress ─▶ pace
//! ```
//!
//! The way of a quiet fix through all of it is some 30 KB of instructions, each run once: as much as the first cache of
//! a processor holds. So whatever happens to few fixes is marked `cold` or kept out of line, here and in the shard, and lies elsewhere.

mod battery;
mod checkpoint;
mod corridor;
mod crossing;
mod direction;
mod drive;
mod dual;
mod due;
mod entry;
mod frozen;
mod gap;
pub mod gate;
mod handover;
mod jamming;
mod journey;
mod jump;
pub mod kept;
pub mod left;
pub mod progress;
pub mod sensors;
mod slow;
pub mod state;
pub mod stop;
pub mod territory;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod trace;
mod unloading;
pub mod zones;

use std::sync::Arc;

use super::alert::{Confidence, Kind};
use super::episode::{EndReason, Episode};
use super::evidence::Weight;
use super::geometry::metres::nearest;
use super::nuisance::Terms;
use super::output::{MotionState, Quality};
use super::past::Past;
use super::plan::Plan;
use super::rulebook::ZoneClass;
use super::time::{Millis, SECOND};
use corridor::{Beside, beside};
pub use drive::Drive;
pub use due::Due;
pub use entry::{Entry, Turn};
use gate::{CHAIN_LIFE, Sighting, Verdict};
use progress::Step;
use state::{MachineMut, NONE, RingFix};
use zones::ZoneFlip;

/// What a report's row can say of it.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Seen {
    /// Where it stands beside the corridor: chainage and signed distance, 0.1 m.
    pub beside_dm: Option<(i64, i64)>,
    /// Standing or moving; `None` while the gate holds the fix.
    pub state: Option<MotionState>,
    /// Zone of class `office_area` around it.
    pub office_area: Option<u32>,
    /// Flags of the gate.
    pub quality: Quality,
}

/// Timers, in the order in which they are carried out at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Chain,
    Limit,
    Zone(usize),
    Corridor,
    Gap,
    Stop,
    Jump,
    Release,
    Arrival,
    Sensor,
    Dual,
    Jam,
}

impl Timer {
    /// Whether it rests on fixes, and so waits for those on their way; a limit needs none.
    fn waits(self) -> bool {
        self != Timer::Limit
    }
}

impl MachineMut<'_> {
    #[cold]
    fn raise(&mut self, plan: &Plan, episode: Episode) -> u32 {
        self.side.book.raise(episode, Terms::of(plan.rules.settings()))
    }

    /// The next timer, by event time.
    fn next_timer(&self, plan: &Plan) -> Option<(Millis, Timer)> {
        if self.side.closed.is_some() {
            return None;
        }
        let mut next: Option<(Millis, Timer)> = None;
        // In the order of [`Timer`]: of two at one instant the one before stands.
        let mut consider = |t: Option<Millis>, timer: Timer| {
            if let Some(t) = t
                && next.is_none_or(|(least, _)| t < least)
            {
                next = Some((t, timer));
            }
        };
        consider(self.side.chain.held.last().map(|c| c.time + CHAIN_LIFE), Timer::Chain);
        consider(self.limit_timer(plan), Timer::Limit);
        if let Some((t, index)) = self.next_zone_timer(plan) {
            consider(Some(t), Timer::Zone(index));
        }
        consider(self.corridor_timer(plan), Timer::Corridor);
        consider(self.gap_timer(plan), Timer::Gap);
        consider(self.stop_timer(plan), Timer::Stop);
        consider(self.jump_timer(plan), Timer::Jump);
        consider(self.side.book.next_release(), Timer::Release);
        consider(self.arrival_timer(plan), Timer::Arrival);
        consider(self.sensor_timer(plan), Timer::Sensor);
        consider(self.dual_timer(plan), Timer::Dual);
        consider(self.jam_timer(plan), Timer::Jam);
        next
    }

    fn gap_timer(&self, plan: &Plan) -> Option<Millis> {
        let last = self.last_fix()?.time;
        let open = self.side.book.all_open();
        let unmarked = self.side.gap_marked != last
            && open.iter().any(|e| {
                matches!(e.kind, Kind::ZoneEnter | Kind::CorridorDeviation) && e.confidence != Confidence::Unverified
            });
        unmarked.then(|| last + plan.silence_limit(plan.interval.unwrap_or_else(|| self.ring.interval())))
    }

    #[cold]
    fn fire(&mut self, plan: &Plan, t: Millis, timer: Timer) {
        match timer {
            Timer::Chain => self.side.chain.held.clear(),
            Timer::Limit => self.fire_limit_timer(plan, t),
            Timer::Zone(index) => self.fire_zone_timer(plan, t, index),
            Timer::Corridor => self.escalate_corridor_by_time(plan, t),
            Timer::Gap => {
                self.side.gap_marked = self.last_fix().map_or(0, |f| f.time);
                self.mark_gap();
            }
            Timer::Stop => {
                self.fire_stop_timer(plan, t);
                self.sweep_unloading();
            }
            Timer::Jump => self.fire_jump_timer(plan, t),
            Timer::Release => self.side.book.release_due(t),
            Timer::Arrival => self.fire_arrival_timer(plan, t),
            Timer::Sensor => self.fire_sensor_timer(plan, t),
            Timer::Dual => self.fire_dual_timer(),
            Timer::Jam => self.fire_jam_timer(plan, t),
        }
    }

    /// Carries out what is due when the log clock stands at `clock`, without any further report.
    pub fn advance_to_clock(&mut self, drive: &mut Drive<'_>, clock: Millis, lag: Millis) {
        self.advance(drive, clock - lag);
        let plan = drive.plan(self.hot.plan);
        while let Some(t) = self.limit_timer(plan).filter(|t| *t <= clock && self.side.closed.is_none()) {
            self.fire(plan, t, Timer::Limit);
        }
    }

    /// Carries out every timer and command up to and including `until`. Returns what comes next.
    pub fn advance(&mut self, drive: &mut Drive<'_>, until: Millis) -> Due {
        let due = loop {
            let plan = drive.plan(self.hot.plan);
            let command = drive.timeline.get(usize::from(self.hot.command)).filter(|c| c.time <= until);
            let next = self.next_timer(plan);
            match (next.filter(|(t, _)| *t <= until), command) {
                (Some((t, timer)), command) if command.is_none_or(|c| t <= c.time) => {
                    self.hot.now = self.hot.now.max(t);
                    self.fire(plan, t, timer);
                }
                (_, Some(command)) => {
                    self.hot.now = self.hot.now.max(command.time);
                    self.hot.command += 1;
                    self.turn(drive, plan, *command);
                }
                (_, None) => break self.due_with(drive, next),
            }
        };
        self.hot.now = self.hot.now.max(until);
        due
    }

    #[cold]
    fn turn(&mut self, drive: &Drive<'_>, plan: &Plan, command: Entry) {
        match command.turn {
            Turn::Clear => {
                self.side.cleared = Some(command.time);
                self.recheck_limit(plan, command.time);
            }
            Turn::Hold(on) => self.side.hold = on,
            Turn::Plan(number) => self.change_plan(drive, plan, number, command.time),
            Turn::Close => {
                self.end_left();
                let open: Vec<u32> = self.side.book.all_open().iter().map(|e| e.seq).collect();
                for seq in open {
                    self.side.book.close(seq, command.time, EndReason::JourneyEnd, |_| {});
                }
                self.side.closed = Some(command.time);
            }
        }
    }

    /// Another plan: an amendment, or another rulebook, whose zones have other numbers.
    fn change_plan(&mut self, drive: &Drive<'_>, old: &Plan, number: u16, t: Millis) {
        let new = drive.plan(number);
        self.hot.plan = number;
        self.hot.segment = NONE;
        self.hot.clear_m = 0.0;
        self.change_corridor(old, new, t);
        if !Arc::ptr_eq(&old.rules, &new.rules) {
            let mut kept = Vec::with_capacity(self.side.zones.len());
            for mut machine in std::mem::take(&mut self.side.zones) {
                match new.rules.book.zone(&old.rules.book.zones[machine.zone as usize].id) {
                    Some(zone) => {
                        machine.zone = zone;
                        kept.push(machine);
                    }
                    None => {
                        for seq in [machine.enter_seq, machine.dwell_seq].into_iter().flatten() {
                            self.side.book.close(seq, t, EndReason::Rulebook, |_| {});
                        }
                    }
                }
            }
            kept.sort_by_key(|m| m.zone);
            self.side.zones = kept;
        }
        let same_corridor = old.corridor.as_ref().map(|c| &c.id) == new.corridor.as_ref().map(|c| &c.id);
        if !same_corridor {
            if let Some(off) = self.side.off.take() {
                let reason = if new.corridor.is_none() { EndReason::Rulebook } else { EndReason::Over };
                self.side.book.close(off.seq, t, reason, |_| {});
            }
            self.hot.corridor = Default::default();
        }
        self.recheck_limit(new, t);
    }

    /// One report, in event order. Everything due before it is carried out first.
    pub fn report(&mut self, drive: &mut Drive<'_>, past: &Past) -> Seen {
        self.report_after(drive, past, None).0
    }

    /// The same, where what is due next may be known already; with what is due after it.
    pub fn report_after(&mut self, drive: &mut Drive<'_>, past: &Past, due: Option<Due>) -> (Seen, Due) {
        if due.is_some_and(|due| due.is_after(past.time)) {
            self.hot.now = self.hot.now.max(past.time);
        } else {
            self.advance(drive, past.time);
        }
        self.hot.read(past.key());
        let plan = drive.plan(self.hot.plan);
        self.step_jamming(plan, past);
        if past.has_senses() {
            self.step_sensors(plan, past);
        }
        let seen = if past.contact_only {
            Seen::default()
        } else if self.step_frozen(plan, past) {
            Seen { quality: Quality::GLITCH, ..Seen::default() }
        } else {
            self.step_position(plan, drive, past)
        };
        self.judge_unloading(plan, past.time);
        self.sweep_unloading();
        // What became due by this report itself is not left to the next one.
        let due = self.advance(drive, past.time);
        (seen, due)
    }

    /// A position, before the gate.
    fn step_position(&mut self, plan: &Plan, drive: &mut Drive<'_>, past: &Past) -> Seen {
        let fix = Sighting::new(past, plan.sigma_factor);
        let settings = plan.rules.settings();
        let anchor = self.last_fix().copied();
        let held = self.side.chain.held.first().copied().zip(self.side.chain.held.last().copied());
        match self.hot.gate.judge(&mut self.side.chain, fix, &settings.fix, &settings.position_jump) {
            Verdict::Accepted => {
                let previous = (self.hot.gate.known > 1).then(|| self.hot.gate.recent[1]);
                let fix = self.hot.gate.recent[0];
                if let (Some(held), Some(before)) = (held, anchor) {
                    self.glitched(plan, held, &before, &fix);
                }
                self.accept(plan, drive, fix, previous)
            }
            Verdict::Held(impossible) => {
                let speed = if impossible { Quality::SPEED } else { Quality::default() };
                Seen { quality: Quality::GLITCH.with(speed), ..Seen::default() }
            }
            Verdict::Released { fixes, jump } => {
                if let Some(jump) = jump {
                    self.jumped(plan, &jump);
                    self.jump(plan, &jump, past.time);
                }
                let mut previous = anchor;
                let mut seen = Seen::default();
                for fix in fixes {
                    seen = self.accept(plan, drive, fix, previous);
                    previous = Some(fix);
                }
                Seen { quality: Quality::GLITCH, ..seen }
            }
        }
    }

    /// A fix that the gate believes, before every detector.
    fn accept(&mut self, plan: &Plan, drive: &mut Drive<'_>, fix: Sighting, previous: Option<Sighting>) -> Seen {
        if self.hot.fixes == 0 {
            self.side.first_fix = fix.time;
        }
        self.hot.fixes += 1;
        let since = previous.map(|p| fix.time - p.time);
        // An outlier almost always lands outside a corridor, almost never in one particular zone: only boundaries that
        // are left are on their guard.
        let weight = Weight { since, halved: self.hot.gate.suspect > 0 };
        self.hot.gate.suspect = self.hot.gate.suspect.saturating_sub(1);
        let way_m = previous.map_or(0.0, |p| p.position.distance_m(fix.position));
        let implied = since.filter(|dt| *dt > 0).map_or(0.0, |dt| way_m / (dt as f64 / 1000.0));
        let speed_mps = fix.speed_mps().unwrap_or(implied);
        self.hot.length_dm = self.hot.length_dm.saturating_add((way_m * 10.0) as u32);

        plan.rules.book.zones_containing(fix.position, drive.containing);
        let before = drive.trace.is_some().then(|| trace::Before::of(self));
        let mut flips: Vec<ZoneFlip> = Vec::new();
        self.step_zones(plan, &fix, since, drive.containing, &mut flips);
        for flip in &flips {
            self.join_flip(plan, &fix, flip);
        }
        let beside = beside(plan, &fix, self.hot.segment, drive.containing);
        if let Some(at) = &beside {
            self.step_corridor(plan, &fix, previous.as_ref(), weight, at);
        }
        let sigma_m = fix.sigma_m(&plan.rules.settings().fix) as u8;
        let speed = (speed_mps * 100.0).min(60_000.0) as u16;
        self.ring.push(RingFix { time: fix.time, position: fix.position, sigma_m, speed });
        self.step_stop(plan, &fix, since, speed_mps);
        self.step_territory(plan, drive.border, &fix, weight, way_m, speed_mps);
        let left: Vec<u32> = flips.iter().filter(|flip| !flip.inside).map(|flip| flip.zone).collect();
        let (previous, containing) = (previous.as_ref(), drive.containing.as_slice());
        let step = Step { fix: &fix, previous, way_m, speed_mps, weight, containing, left: &left };
        let along = self.step_progress(plan, &step, beside.as_ref());
        if let Some(previous) = previous {
            self.step_gap(plan, previous, &fix, along);
        }
        self.side.docking.step(&fix, speed_mps);
        // Where nobody knows the progress, all of the way is taken for it.
        let progress_m = along.map_or(way_m, |(before, now)| now.chainage_m() - before.chainage_m());
        self.step_pace(plan, way_m, progress_m, since, speed_mps);
        if let (Some(steps), Some(before)) = (drive.trace.as_deref_mut(), before) {
            let at = trace::At { fix: &fix, weight, speed_mps, beside: beside.as_ref(), containing: drive.containing };
            steps.push(before.step(plan, self, &at));
        }
        self.seen(plan, drive.containing, beside.as_ref(), speed_mps)
    }

    fn seen(&self, plan: &Plan, containing: &[u32], beside: Option<&Beside>, speed_mps: f64) -> Seen {
        let standing = self.standing().is_some_and(|d| d >= 60 * SECOND);
        let state = if standing && self.hot.stop.leave.s < 3000 {
            MotionState::Stopped
        } else if speed_mps > 1.0 {
            MotionState::Moving
        } else {
            MotionState::Unknown
        };
        let tenths = |metres: f64| nearest(metres * 10.0);
        Seen {
            beside_dm: beside.map(|b| (tenths(b.matched.chainage_m), tenths(b.matched.cross_track_m))),
            state: Some(state),
            office_area: containing.iter().copied().find(|z| plan.rules.class(*z) == ZoneClass::OfficeArea),
            quality: Quality::default(),
        }
    }
}
