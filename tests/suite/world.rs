//! A small world for property tests: a rulebook of some twenty kilometres, and drives through it in which a lot happens.

use std::sync::Arc;

use kervan::domain::position::Position;
use kervan::domain::record::{Alarms, Fix};
use kervan::domain::rulebook::source::{CorridorSource, OfficeSource, Source, ZoneSource};
use kervan::domain::rulebook::{Rulebook, Settings};
use kervan::domain::rules::Rules;
use kervan::domain::time::Millis;

use super::chance::Chance;

/// When every drive begins.
pub const START: Millis = 1_780_000_000_000;

const ORIGIN: Position = Position { lat_e6: 40_000_000, lon_e6: 32_000_000 };

/// A place by metres east and north of the start of the corridor.
pub fn at(east: f64, north: f64) -> Position {
    ORIGIN.offset_m(east, north)
}

/// Where the corridor runs at `x` metres east of its start: a straight, a bend, a straight.
pub fn road(x: f64) -> Position {
    let north = if x < 12_000.0 { 0.0 } else { ((x - 12_000.0) * 0.4).min(2_000.0) };
    at(x, north)
}

fn square(centre: Position, half: f64) -> Vec<Vec<Vec<Position>>> {
    let corner = |e: f64, n: f64| centre.offset_m(e * half, n * half);
    vec![vec![vec![corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0), corner(-1.0, -1.0)]]]
}

fn zone(id: &str, class: &str, office: Option<&str>, centre: Position, half: f64) -> ZoneSource {
    ZoneSource {
        id: id.to_owned(),
        class: class.to_owned(),
        office: office.map(str::to_owned),
        polygons: square(centre, half),
        ..ZoneSource::default()
    }
}

/// The rulebook; `width` is the corridor's half width in metres and makes it another one.
pub fn rules(width: f64) -> Arc<Rules> {
    let office = |code: &str, at: Position| OfficeSource {
        code: code.to_owned(),
        name: code.to_owned(),
        position: Some(at),
        kind: "inland".to_owned(),
        ..OfficeSource::default()
    };
    let mut rest = zone("rest", "permitted_stop", None, road(6_000.0), 200.0);
    rest.allowance_min = Some(10);
    let mut watched = zone("watched", "watch", None, road(9_000.0), 400.0);
    watched.dwell_min = Some(6);
    let corridor = CorridorSource {
        id: "c".to_owned(),
        half_width_m: Some(width),
        time_limit_h: Some(0.6),
        checkpoints: vec!["check".to_owned()],
        places: vec!["rest".to_owned()],
        from: Some("TR000001".to_owned()),
        to: Some("TR000002".to_owned()),
        lines: vec![[0.0, 12_000.0, 17_000.0, 24_000.0].map(road).to_vec()],
        ..CorridorSource::default()
    };
    // The same with a branch beside the bend, and to be driven one way only.
    let branch =
        vec![road(6_000.0), road(8_000.0).offset_m(0.0, 1_200.0), road(15_000.0).offset_m(0.0, 600.0), road(17_000.0)];
    let lines = vec![corridor.lines[0].clone(), branch];
    let one_way = CorridorSource { id: "o".to_owned(), one_way: true, lines, ..corridor.clone() };
    // An hour of these twenty kilometres is twenty minutes.
    let mut settings = Settings::default();
    settings.slow_progress.window_s = 1_200;
    let source = Source {
        sha256: format!("{:064x}", width as u64),
        zones: vec![
            zone("land", "territory", None, at(10_000.0, 0.0), 13_500.0),
            zone("yard-a", "customs_area", Some("TR000001"), road(0.0), 350.0),
            zone("yard-b", "customs_area", Some("TR000002"), road(20_000.0), 400.0),
            zone("area", "office_area", Some("TR000001"), at(5_000.0, 0.0), 6_000.0),
            zone("area-b", "office_area", Some("TR000002"), at(21_000.0, 0.0), 10_000.0),
            zone("forbidden", "forbidden", None, road(4_000.0).offset_m(0.0, 1_100.0), 500.0),
            zone("risky", "risk", None, road(15_000.0), 600.0),
            zone("check", "checkpoint", None, road(11_000.0), 250.0),
            zone("tunnel", "dead_zone", None, road(18_500.0), 250.0),
            rest,
            watched,
        ],
        corridors: vec![corridor, one_way],
        settings,
        offices: vec![office("TR000001", road(0.0)), office("TR000002", road(20_000.0))],
        ..Source::default()
    };
    match Rulebook::compile(source) {
        Ok(book) => Rules::new(book),
        Err(faults) => panic!("the test's rulebook has faults: {faults:?}"),
    }
}

/// A drive of `count` fixes in event order, with distinct times: stops, gaps, deviations, jumps, alarms, battery.
pub fn drive(chance: &mut Chance, count: usize) -> Vec<Fix> {
    let interval = *chance.pick(&[10_000, 30_000, 60_000, 60_000, 120_000]);
    let (spoken, accurate) = (chance.percent(60), chance.percent(60));
    let sequenced = chance.percent(15);
    let mut battery = chance.within(12, 60);
    let powered = chance.percent(40);
    let (mut x, mut aside, mut aim) = (chance.within(-600, 12_000) as f64, 0.0f64, 0.0f64);
    let mut heading = 1.0;
    let (mut standing, mut jumped, mut alarm) = (0i64, 0i64, (0i64, 0u16));
    let mut leap = (0.0, 0.0);
    let (mut frozen, mut twin) = (0i64, (0i64, ORIGIN));
    let drain = chance.within(1, 8) as usize;
    let mut time = START + chance.within(0, 60_000);
    let mut fixes = Vec::with_capacity(count);
    for n in 0..count {
        let dt = match chance.within(0, 200) {
            0..7 => chance.within(2, 30) * 60_000,
            7 => chance.within(30, 150) * 60_000,
            _ => interval + chance.within(0, 900),
        };
        time += dt;
        match chance.within(0, 100) {
            0..6 => standing = chance.within(2, 14),
            6..10 => aim = chance.within(-2_500, 2_500) as f64,
            10..14 => aim = 0.0,
            14..16 => {
                (jumped, leap) =
                    (chance.within(1, 7), (chance.within(-40, 40) as f64 * 1e3, chance.within(-40, 40) as f64 * 1e3))
            }
            16..18 => alarm = (chance.within(1, 4), 1 << chance.within(0, 10)),
            18 => heading = -heading,
            19 => frozen = chance.within(3, 12),
            20 => twin = (chance.within(4, 14), road(x).offset_m(9_000.0, -7_000.0)),
            21 => alarm = (chance.within(2, 8), 1 << 6),
            22 if standing > 0 => alarm = (1, 1 << 2),
            _ => {}
        }
        let moving = standing <= 0;
        let speed = if moving { chance.within(8, 25) as f64 } else { 0.0 };
        let seconds = dt.min(180_000) as f64 / 1000.0;
        x += heading * speed * seconds;
        if !(-800.0..=23_500.0).contains(&x) {
            heading = -heading;
        }
        aside += (aim - aside).clamp(-15.0 * seconds, 15.0 * seconds) * f64::from(u8::from(moving));
        standing -= 1;
        alarm.0 -= 1;
        jumped -= 1;
        let noise = *chance.pick(&[3.0, 3.0, 8.0, 25.0]);
        let mut position = road(x).offset_m(chance.noise(noise), aside + chance.noise(noise));
        if jumped >= 0 {
            position = position.offset_m(leap.0, leap.1);
        }
        twin.0 -= 1;
        if twin.0 >= 0 && twin.0 % 2 == 0 {
            position = twin.1.offset_m(chance.noise(noise), chance.noise(noise));
        }
        frozen -= 1;
        let before = fixes.last().map(|f: &Fix| f.position);
        if let Some(before) = before.filter(|_| frozen >= 0) {
            position = before;
        }
        let odd = chance.percent(2);
        if n % drain == 0 {
            battery = (battery - 1).max(1);
        }
        fixes.push(Fix {
            time,
            position,
            speed_cm_s: spoken.then_some((speed * 100.0) as u32),
            course_ddeg: (spoken && moving).then_some(if heading > 0.0 { 900 } else { 2700 }),
            accuracy_dm: accurate.then_some((noise * 10.0) as u32),
            valid: !(odd && chance.percent(50)),
            approximate: odd && chance.percent(50),
            battery_pct: (powered && chance.percent(50)).then_some(battery as u8),
            seq: sequenced.then_some(n as u64),
            motion: (frozen >= 0).then_some(moving),
            odometer_dm: sequenced.then_some((x.abs() * 10.0) as u64),
            alarms: if alarm.0 >= 0 { Alarms(alarm.1) } else { Alarms::default() },
            ..Fix::default()
        });
    }
    fixes
}
