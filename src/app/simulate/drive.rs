//! Driving the way, second by second: speeds, traffic lights, jams, breaks. What comes out is the truth.
//!
//! A driver brakes at 0.8 m/s² and speeds up at 0.6 m/s²; he rests 45 minutes before 4.5 hours of driving are over
//! (Regulation (EC) 561/2006), in a place where that is allowed if one comes in time, else where he is.

use super::agenda::{Agenda, HaltAt, Spell};
use super::chance::Chance;
use super::sites::CorridorSites;
use super::way::Way;
use crate::domain::position::Position;

/// Standing before departure and after arrival, seconds.
pub(super) const BEFORE_S: i64 = 360;
pub(super) const AFTER_S: i64 = 180;
const BRAKE: f64 = 0.8;
const ACCELERATE: f64 = 0.6;
/// Driving without a break, seconds: a place is taken when the next one would come later than this.
const DRIVE_S: i64 = 16_200;
/// Speed by which a driver reckons, metres per second.
const RECKON_MPS: f64 = 15.0;
/// No day lasts longer, seconds.
const DAY_S: usize = 15 * 3600;

/// One second of the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Second {
    /// Where.
    pub(super) position: Position,
    /// Metres per second.
    pub(super) speed: f32,
    /// Degrees.
    pub(super) course: f32,
    /// Between houses.
    pub(super) urban: bool,
    /// Chainage of the corridor it belongs to, metres.
    pub(super) chainage_m: f64,
}

/// What was driven.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    /// Every second from the activation on.
    pub(super) seconds: Vec<Second>,
    /// Seconds of driving.
    pub(super) driving_s: i64,
    /// When each spell that was reached began, seconds.
    pub(super) spells: Vec<(usize, Spell)>,
}

/// A stretch of the way with a speed of its own, up to an arc.
struct Stretch {
    until_m: f64,
    kind: StretchKind,
}

#[derive(Clone, Copy, PartialEq)]
enum StretchKind {
    Open,
    Urban,
    Jam,
}

/// Drives a way.
pub(super) fn drive(way: &Way, day: &Agenda, sites: &CorridorSites, driving_h: f64, chance: &mut Chance) -> Trace {
    let stretches = stretches(way.length_m(), chance);
    let halts = halts(way, day, &stretches, chance);
    let places: Vec<f64> = sites
        .places_m
        .iter()
        .filter(|chainage| **chainage > day.from_m && **chainage < day.to_m)
        .filter_map(|chainage| way.arc_of(*chainage))
        .collect();
    let spells = day.spells.iter().filter_map(|s| way.arc_of(s.chainage_m).map(|arc| (arc, *s))).collect();
    let limit_s = (driving_h * 3600.0) as i64;
    let mut driver = Driver::new(way, stretches, halts, places, spells, day.overstay_s);
    driver.stand(BEFORE_S);
    while driver.arc < way.length_m() - 0.5 && driver.trace.driving_s < limit_s && driver.trace.seconds.len() < DAY_S {
        driver.second(chance);
    }
    driver.pull_up();
    driver.stand(AFTER_S);
    driver.trace
}

struct Driver<'w> {
    way: &'w Way,
    cursor: usize,
    stretches: Vec<Stretch>,
    stretch: usize,
    halts: Vec<(f64, i64)>,
    halt: usize,
    places: Vec<f64>,
    place: usize,
    spells: Vec<(f64, Spell)>,
    spell: usize,
    overstay_s: Option<i64>,
    arc: f64,
    speed: f64,
    wanted: f64,
    redraw_in: i64,
    since_break: i64,
    course: f32,
    trace: Trace,
}

impl<'w> Driver<'w> {
    fn new(
        way: &'w Way,
        stretches: Vec<Stretch>,
        halts: Vec<(f64, i64)>,
        places: Vec<f64>,
        spells: Vec<(f64, Spell)>,
        overstay_s: Option<i64>,
    ) -> Driver<'w> {
        Driver {
            way,
            cursor: 0,
            stretches,
            stretch: 0,
            halts,
            halt: 0,
            places,
            place: 0,
            spells,
            spell: 0,
            overstay_s,
            arc: 0.0,
            speed: 0.0,
            wanted: 0.0,
            redraw_in: 0,
            since_break: 0,
            course: 0.0,
            trace: Trace::default(),
        }
    }

    /// One second of driving; standing at a halt counts as one step of many seconds.
    fn second(&mut self, chance: &mut Chance) {
        self.consider_break(chance);
        let wanted = self.wanted_speed(chance);
        let next = self.halts.get(self.halt).map_or(f64::INFINITY, |h| h.0);
        let room = (next - self.arc).max(0.0);
        let allowed = wanted.min((2.0 * BRAKE * room).sqrt());
        self.speed += (allowed - self.speed).clamp(-1.5, ACCELERATE);
        self.speed = self.speed.max(0.0);
        self.step(room);
        self.trace.driving_s += 1;
        self.since_break += 1;
        if room - self.speed < 0.3 {
            let lasts = self.halts[self.halt].1;
            self.halt += 1;
            self.speed = 0.0;
            self.stand(lasts);
            if lasts >= 2700 {
                self.since_break = 0;
            }
        }
    }

    /// Adds a halt ahead when a break is due: at the place just ahead if the next one is too far, else here.
    fn consider_break(&mut self, chance: &mut Chance) {
        while self.places.get(self.place).is_some_and(|p| *p < self.arc + 350.0) {
            self.place += 1;
        }
        let rest = rest_s(chance);
        let here = self.places.get(self.place).copied().filter(|p| *p < self.arc + 400.0);
        let after = self.places.get(self.place + 1).copied().unwrap_or(self.way.length_m());
        let due = |at: f64| self.since_break + ((at - self.arc) / RECKON_MPS) as i64 > DRIVE_S;
        let left = self.way.length_m() - self.arc > 30_000.0;
        if let Some(place) = here {
            let overstay = if self.since_break > 3600 { self.overstay_s.take() } else { None };
            if overstay.is_some() || left && due(after) && self.since_break > 1800 {
                self.insert_halt(place + chance.between(-60.0, 60.0), overstay.unwrap_or(rest));
            }
            self.place += 1;
        } else if left && self.since_break > DRIVE_S {
            self.insert_halt(self.arc + 400.0, rest);
            self.since_break = 0;
        }
    }

    fn insert_halt(&mut self, arc: f64, lasts_s: i64) {
        let at = self.halts.partition_point(|h| h.0 < arc).max(self.halt);
        self.halts.insert(at, (arc, lasts_s));
    }

    fn wanted_speed(&mut self, chance: &mut Chance) -> f64 {
        while self.stretches.get(self.stretch + 1).is_some() && self.stretches[self.stretch].until_m < self.arc {
            self.stretch += 1;
            self.redraw_in = 0;
        }
        self.redraw_in -= 1;
        if self.redraw_in < 0 {
            let (speed, seconds) = match self.kind() {
                StretchKind::Open => ((22.0 + chance.normal(1.2)).clamp(16.0, 24.5), 90),
                StretchKind::Urban => ((11.5 + chance.normal(2.0)).clamp(6.0, 15.0), 45),
                StretchKind::Jam => (chance.between(-0.3, 3.0).max(0.0), 20),
            };
            self.wanted = speed;
            self.redraw_in = seconds;
        }
        let detour = self.way.points.get(self.cursor).is_some_and(|p| p.detour);
        if detour { self.wanted.min(14.0) } else { self.wanted }
    }

    fn kind(&self) -> StretchKind {
        self.stretches.get(self.stretch).map_or(StretchKind::Open, |s| s.kind)
    }

    fn step(&mut self, room: f64) {
        let (before, _) = self.way.at(self.arc, &mut self.cursor);
        self.arc = (self.arc + self.speed.min(room)).min(self.way.length_m());
        let (position, chainage_m) = self.way.at(self.arc, &mut self.cursor);
        if self.speed > 0.5 && position != before {
            self.course = before.course_deg(position) as f32;
        }
        self.note(position, chainage_m);
        while let Some(spell) = self.spells.get(self.spell).filter(|s| s.0 <= self.arc) {
            self.trace.spells.push((self.trace.seconds.len() - 1, spell.1));
            self.spell += 1;
        }
    }

    fn note(&mut self, position: Position, chainage_m: f64) {
        let urban = self.kind() == StretchKind::Urban;
        self.trace.seconds.push(Second { position, speed: self.speed as f32, course: self.course, urban, chainage_m });
    }

    fn stand(&mut self, seconds: i64) {
        self.speed = 0.0;
        let (position, chainage_m) = self.way.at(self.arc, &mut self.cursor);
        for _ in 0..seconds {
            self.note(position, chainage_m);
        }
    }

    fn pull_up(&mut self) {
        while self.speed > 0.0 {
            self.speed = (self.speed - BRAKE).max(0.0);
            self.step(f64::INFINITY);
        }
    }
}

/// 45 to 52 minutes.
fn rest_s(chance: &mut Chance) -> i64 {
    chance.between(2700.0, 3120.0) as i64
}

/// Open and urban stretches in turn (30 % urban), jams laid over them (1.2 a day, 1.5 to 4 km).
fn stretches(length_m: f64, chance: &mut Chance) -> Vec<Stretch> {
    let mut out: Vec<Stretch> = Vec::new();
    let mut jam_at = chance.exponential(470_000.0);
    let (mut at, mut kind) = (0.0, StretchKind::Open);
    while at < length_m {
        let mean = if kind == StretchKind::Open { 23_000.0 } else { 10_000.0 };
        let end = at + 1_000.0 + chance.exponential(mean - 1_000.0);
        while jam_at < end {
            out.push(Stretch { until_m: jam_at.max(at), kind });
            at = jam_at.max(at) + chance.between(1_500.0, 4_000.0);
            out.push(Stretch { until_m: at, kind: StretchKind::Jam });
            jam_at = at + chance.exponential(470_000.0);
        }
        out.push(Stretch { until_m: end.max(at), kind });
        at = end.max(at);
        kind = if kind == StretchKind::Open { StretchKind::Urban } else { StretchKind::Open };
    }
    out
}

/// Red lights (110 s at most) and the planted halts, in order along the way.
fn halts(way: &Way, day: &Agenda, stretches: &[Stretch], chance: &mut Chance) -> Vec<(f64, i64)> {
    let mut halts: Vec<(f64, i64)> = Vec::new();
    let mut begin = 0.0;
    for stretch in stretches {
        if stretch.kind == StretchKind::Urban {
            let mut at = begin + chance.exponential(1_200.0);
            while at < stretch.until_m.min(way.length_m() - 100.0) {
                if chance.happens(0.45) {
                    halts.push((at, chance.between(10.0, 110.0) as i64));
                }
                at += 300.0 + chance.exponential(900.0);
            }
        }
        begin = stretch.until_m;
    }
    for (place, lasts_s) in &day.halts {
        let arc = match place {
            HaltAt::Chainage(chainage) => way.arc_of(*chainage),
            HaltAt::Apex(detour) => way.apexes_m.get(*detour).copied(),
        };
        // A light beside a planted halt would make two stops of it.
        if let Some(arc) = arc {
            halts.retain(|halt| (halt.0 - arc).abs() > 400.0);
            halts.push((arc, *lasts_s));
        }
    }
    halts.sort_by(|a, b| a.0.total_cmp(&b.0));
    halts
}
