//! A journey to try detectors on: a corridor straight to the east, some zones on and beside it, reports by metres.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::alert::Kind;
use super::super::episode::Episode;
use super::super::output::Quality;
use super::super::past::Past;
use super::super::plan::{Courses, Plan};
use super::super::position::Position;
use super::super::record::{Alarms, CorridorChoice, Declaration, Fix, Heartbeat, Offices};
use super::super::rulebook::Rulebook;
use super::super::rulebook::source::{CorridorSource, OfficeSource, Source, ZoneSource};
use super::super::rules::Rules;
use super::super::time::{Millis, SECOND};
use super::state::{Machine, NONE};
use super::trace::Step;
use super::{Drive, Entry, Turn};

/// When the journey begins: 2026-05-28T20:26:40Z.
pub const START: Millis = 1_780_000_000_000;

/// A place by metres east and north of the begin of the corridor.
pub fn place(east_m: f64, north_m: f64) -> Position {
    Position { lat_e6: 40_000_000, lon_e6: 32_000_000 }.offset_m(east_m, north_m)
}

fn zone(id: &str, class: &str, east_m: f64, north_m: f64, half_m: f64) -> ZoneSource {
    let corner = |e: f64, n: f64| place(east_m + e * half_m, north_m + n * half_m);
    let ring = vec![corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0), corner(-1.0, -1.0)];
    let office = (class == "customs_area").then(|| "TR000001".to_owned());
    ZoneSource { id: id.into(), class: class.into(), office, polygons: vec![vec![ring]], ..ZoneSource::default() }
}

/// The rulebook: 250 m either side of 60 km; yard at 0, forbidden north of 10 km, risk at 20 km, warehouse at 30 km.
fn rules() -> Arc<Rules> {
    let office = |code: &str, x: f64| OfficeSource {
        code: code.into(),
        name: code.into(),
        position: Some(place(x, 0.0)),
        kind: "inland".into(),
        ..OfficeSource::default()
    };
    let source = Source {
        sha256: "0".repeat(64),
        zones: vec![
            zone("land", "territory", 30_000.0, 0.0, 60_000.0),
            zone("yard", "customs_area", 0.0, 0.0, 300.0),
            zone("forbidden", "forbidden", 10_000.0, 3_000.0, 600.0),
            zone("risky", "risk", 20_000.0, 0.0, 500.0),
            zone("store", "warehouse", 30_000.0, 0.0, 300.0),
        ],
        corridors: vec![CorridorSource {
            id: "c".into(),
            half_width_m: Some(250.0),
            lines: vec![vec![place(0.0, 0.0), place(30_000.0, 0.0), place(60_000.0, 0.0)]],
            ..CorridorSource::default()
        }],
        offices: vec![office("TR000001", 0.0), office("TR000002", 60_000.0)],
        ..Source::default()
    };
    match Rulebook::compile(source) {
        Ok(book) => Rules::new(book),
        Err(faults) => panic!("the rulebook has faults: {faults:?}"),
    }
}

/// A report to be completed: a fix of a second after [`START`] with speed and course to the east.
pub fn fix(second: i64, east_m: f64, north_m: f64, speed_mps: f64) -> Fix {
    Fix {
        time: START + second * SECOND,
        position: place(east_m, north_m),
        speed_cm_s: Some((speed_mps * 100.0) as u32),
        course_ddeg: (speed_mps > 1.0).then_some(900),
        accuracy_dm: Some(50),
        valid: true,
        ..Fix::default()
    }
}

/// The journey on its machine.
pub struct Trial {
    plans: Vec<Plan>,
    machine: Machine,
    timeline: Vec<Entry>,
    said: BTreeMap<u32, Episode>,
    border: u32,
}

impl Trial {
    /// With a declaration on the corridor, reporting every so many seconds.
    pub fn new(interval_s: i64, risk: u8) -> Trial {
        let declaration = Declaration {
            corridor: Some(CorridorChoice::Id("c".into())),
            interval_ms: Some(interval_s * SECOND),
            risk: Some(risk),
            offices: Some(Offices {
                departure: Some("TR000001".into()),
                destination: Some("TR000002".into()),
                on_route: Vec::new(),
            }),
            ..Declaration::default()
        };
        let (plan, _) = Plan::compile(&rules(), &Arc::new(declaration), &[], &mut Courses::default());
        Trial {
            plans: vec![plan],
            machine: Machine::starting(START, false),
            timeline: vec![Entry { time: START, order: 0, turn: Turn::Clear }],
            said: BTreeMap::new(),
            border: NONE,
        }
    }

    /// Reads a fix.
    pub fn fix(&mut self, fix: &Fix) {
        let doubt = if fix.valid { Quality::default() } else { Quality::INVALID };
        self.report(&Past::of_fix(fix, fix.accuracy_dm.unwrap_or(150) as u16, doubt));
    }

    /// Reads a plain fix.
    pub fn see(&mut self, second: i64, east_m: f64, north_m: f64, speed_mps: f64) {
        self.fix(&fix(second, east_m, north_m, speed_mps));
    }

    /// Reads a plain fix and writes its reckoning down.
    pub fn see_traced(&mut self, second: i64, east_m: f64, north_m: f64, speed_mps: f64, steps: &mut Vec<Step>) {
        let past = Past::of_fix(&fix(second, east_m, north_m, speed_mps), 50, Quality::default());
        let mut containing = Vec::new();
        let (plans, timeline) = (&self.plans, &self.timeline);
        let mut border = NONE;
        let mut drive = Drive { plans, timeline, containing: &mut containing, border: &mut border, trace: Some(steps) };
        self.machine.as_mut().report(&mut drive, &past);
    }

    /// Reads a heartbeat with flags and battery.
    pub fn beat(&mut self, second: i64, alarms: Alarms, battery_pct: Option<u8>) {
        let heartbeat = Heartbeat { receive_time: None, battery_pct, alarms };
        self.report(&Past::of_heartbeat(&heartbeat, START + second * SECOND));
    }

    fn report(&mut self, past: &Past) {
        let mut containing = Vec::new();
        let mut drive = Drive {
            plans: &self.plans,
            timeline: &self.timeline,
            containing: &mut containing,
            border: &mut self.border,
            trace: None,
        };
        let mut machine = self.machine.as_mut();
        machine.report(&mut drive, past);
        self.said.extend(machine.side.book.take_changed().into_iter().map(|e| (e.seq, e)));
    }

    /// Drives to the east at 20 m/s from where `second * 20` metres are, a fix every `step_s` seconds up to before `end_s`.
    pub fn drive(&mut self, from_s: i64, end_s: i64, step_s: usize) {
        for second in (from_s..end_s).step_by(step_s) {
            self.see(second, second as f64 * 20.0, 0.0, 20.0);
        }
    }

    /// What stands of a kind, in the order in which it was found.
    pub fn found(&self, kind: Kind) -> Vec<&Episode> {
        self.said.values().filter(|e| e.kind == kind && !e.withdrawn).collect()
    }
}

/// Seconds after [`START`].
pub fn second(time: Millis) -> i64 {
    (time - START) / SECOND
}
