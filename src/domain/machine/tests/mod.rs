//! Detectors of one journey on hand-made drives: a straight corridor to the east, and what lies along it.

mod border;
mod crossing;
mod direction;
mod pace;
mod passage;
mod quiet;
mod rest;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::alert::Kind;
use super::super::episode::Episode;
use super::super::output::Quality;
use super::super::past::Past;
use super::super::plan::{Courses, Plan};
use super::super::position::Position;
use super::super::record::{CorridorChoice, Declaration, Fix};
use super::super::rulebook::Rulebook;
use super::super::rulebook::source::{CorridorSource, Source, ZoneSource};
use super::super::rules::Rules;
use super::super::time::{Millis, SECOND};
use super::state::{Machine, NONE};
use super::{Drive, Entry};

const ORIGIN: Position = Position { lat_e6: 40_000_000, lon_e6: 32_000_000 };

/// A place by metres east and north of the start of the corridor.
fn at(east: f64, north: f64) -> Position {
    ORIGIN.offset_m(east, north)
}

/// A zone of a class: a rectangle between two corners.
fn zone(id: &str, class: &str, from: (f64, f64), to: (f64, f64)) -> ZoneSource {
    let corner = |x: f64, y: f64| at(x, y);
    let ring = vec![
        corner(from.0, from.1),
        corner(to.0, from.1),
        corner(to.0, to.1),
        corner(from.0, to.1),
        corner(from.0, from.1),
    ];
    ZoneSource { id: id.to_owned(), class: class.to_owned(), polygons: vec![vec![ring]], ..ZoneSource::default() }
}

/// A corridor `c` of 60 km to the east, 400 m to either side, with these zones.
fn source(zones: Vec<ZoneSource>) -> Source {
    let checkpoints = zones.iter().filter(|z| z.class == "checkpoint").map(|z| z.id.clone()).collect();
    let line = (0..=60).map(|km| at(f64::from(km) * 1_000.0, 0.0)).collect();
    let corridor = CorridorSource {
        id: "c".to_owned(),
        half_width_m: Some(400.0),
        checkpoints,
        lines: vec![line],
        ..CorridorSource::default()
    };
    Source { sha256: "0".repeat(64), zones, corridors: vec![corridor], ..Source::default() }
}

/// One journey's machine, driven by hand.
struct Rig {
    machine: Machine,
    plans: Vec<Plan>,
    timeline: Vec<Entry>,
    containing: Vec<u32>,
    border: u32,
    found: BTreeMap<u32, Episode>,
    /// Seconds since the start.
    now: i64,
    x: f64,
    y: f64,
}

const START: Millis = 1_780_000_000_000;

impl Rig {
    fn new(source: Source) -> Rig {
        let book = Rulebook::compile(source).expect("the test's rulebook is sound");
        let declared = Declaration { corridor: Some(CorridorChoice::Id("c".to_owned())), ..Declaration::default() };
        let (plan, unknown) = Plan::compile(&Rules::new(book), &Arc::new(declared), &[], &mut Courses::default());
        assert!(!unknown);
        Rig {
            machine: Machine::starting(START, false),
            plans: vec![plan],
            timeline: Vec::new(),
            containing: Vec::new(),
            border: NONE,
            found: BTreeMap::new(),
            now: 0,
            x: 0.0,
            y: 0.0,
        }
    }

    /// Standing at a place from now on.
    fn place(mut self, x: f64, y: f64) -> Rig {
        (self.x, self.y) = (x, y);
        self
    }

    /// One fix, `after` seconds later, where the vehicle then is; it drives straight there.
    fn fix(&mut self, after: i64, x: f64, y: f64) {
        let (east, north) = (x - self.x, y - self.y);
        let way = (east * east + north * north).sqrt();
        self.now += after;
        (self.x, self.y) = (x, y);
        let course = at(0.0, 0.0).course_deg(at(0.0, 0.0).offset_m(east, north));
        let fix = Fix {
            time: START + self.now * SECOND,
            position: at(x, y),
            speed_cm_s: Some((way / after as f64 * 100.0) as u32),
            course_ddeg: (way > 1.0).then_some((course * 10.0) as u16),
            valid: true,
            ..Fix::default()
        };
        let past = Past::of_fix(&fix, 100, Quality::default());
        let mut drive = Drive {
            plans: &self.plans,
            timeline: &self.timeline,
            containing: &mut self.containing,
            border: &mut self.border,
            trace: None,
        };
        self.machine.as_mut().report(&mut drive, &past);
        if self.machine.side.book.has_changed() {
            self.found.extend(self.machine.side.book.take_changed().into_iter().map(|e| (e.seq, e)));
        }
    }

    /// Drives to a place at `speed` metres a second, with a fix every `every` seconds.
    fn go(&mut self, every: i64, speed: f64, x: f64, y: f64) {
        loop {
            let (east, north) = (x - self.x, y - self.y);
            let left = (east * east + north * north).sqrt();
            let step = speed * every as f64;
            if left <= step {
                return self.fix(((left / speed) as i64).max(1), x, y);
            }
            self.fix(every, self.x + east / left * step, self.y + north / left * step);
        }
    }

    /// Stands for so many seconds.
    fn stand(&mut self, every: i64, seconds: i64) {
        for _ in 0..seconds / every {
            self.fix(every, self.x, self.y);
        }
    }

    /// Findings of a kind that stand.
    fn of(&self, kind: Kind) -> Vec<&Episode> {
        self.found.values().filter(|e| e.kind == kind && !e.withdrawn).collect()
    }
}
