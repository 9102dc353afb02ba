//! A country made up for measuring: corridors of many vertices, zones scattered over it, both as many as are asked for.

use std::sync::Arc;

use crate::app::failure::Failure;
use crate::app::simulate::Chance;
use crate::domain::position::Position;
use crate::domain::rulebook::Rulebook;
use crate::domain::rulebook::source::{CorridorSource, Source, ZoneSource};
use crate::domain::rules::Rules;

/// Vertices of a corridor, and metres between two.
const VERTICES: usize = 500;
const LEG_M: f64 = 800.0;
/// Corners of a zone.
const CORNERS: usize = 32;
const SEED: u64 = 1;

/// How much there is in it.
#[derive(Clone, Copy, Debug)]
pub struct Country {
    /// Zones of 32 corners and 300 to 1000 m radius; one in ten is watched, the others are places where a stop is allowed.
    pub zones: usize,
    /// Corridors of 500 vertices and 400 km.
    pub corridors: usize,
}

impl Country {
    /// Its rulebook, ready for use.
    ///
    /// # Errors
    /// It has a fault: one of this program.
    pub fn rules(self) -> Result<Arc<Rules>, Failure> {
        let mut chance = Chance::new(SEED, 0);
        let corridors = (0..self.corridors).map(|number| corridor(number, &mut chance)).collect();
        let zones = (0..self.zones).map(|number| zone(number, &mut chance));
        let source = Source {
            sha256: format!("{:032x}{:032x}", self.zones, self.corridors),
            zones: std::iter::once(territory()).chain(zones).collect(),
            corridors,
            ..Source::default()
        };
        let book = Rulebook::compile(source).map_err(|faults| {
            anyhow::anyhow!("the rulebook of the bench has a fault: {}", faults.first().map_or("", |f| &f.message))
        })?;
        Ok(Rules::new(book))
    }
}

/// Somewhere between 36 and 42 degrees north, 26 and 45 east, and away from the edge.
fn somewhere(chance: &mut Chance) -> Position {
    Position { lat_e6: chance.between(37e6, 41e6) as i32, lon_e6: chance.between(28e6, 43e6) as i32 }
}

/// A way that bends now to one side and now to the other, and turns back where it comes near the edge.
fn corridor(number: usize, chance: &mut Chance) -> CorridorSource {
    let mut at = somewhere(chance);
    let mut course = chance.between(0.0, 360.0);
    let mut line = vec![at];
    while line.len() < VERTICES {
        course += chance.between(-15.0, 15.0);
        let inside = (36_600_000..=41_400_000).contains(&at.lat_e6) && (27_000_000..=44_000_000).contains(&at.lon_e6);
        if !inside {
            let middle = Position { lat_e6: 39_000_000, lon_e6: 35_500_000 };
            course = at.course_deg(middle);
        }
        let radians = course.to_radians();
        at = at.offset_m(LEG_M * libm::sin(radians), LEG_M * libm::cos(radians));
        line.push(at);
    }
    CorridorSource {
        id: format!("corridor-{number}"),
        half_width_m: Some(500.0),
        time_limit_h: Some(1_000.0),
        lines: vec![line],
        ..CorridorSource::default()
    }
}

fn zone(number: usize, chance: &mut Chance) -> ZoneSource {
    let (centre, radius) = (somewhere(chance), chance.between(300.0, 1_000.0));
    let corner = |i: usize| {
        let angle = std::f64::consts::TAU * i as f64 / CORNERS as f64;
        centre.offset_m(radius * libm::cos(angle), radius * libm::sin(angle))
    };
    let ring = (0..=CORNERS).map(|i| corner(i % CORNERS)).collect();
    ZoneSource {
        id: format!("zone-{number}"),
        class: if number.is_multiple_of(10) { "watch" } else { "permitted_stop" }.to_owned(),
        polygons: vec![vec![ring]],
        ..ZoneSource::default()
    }
}

fn territory() -> ZoneSource {
    let corner = |lat: i32, lon: i32| Position { lat_e6: lat * 1_000_000, lon_e6: lon * 1_000_000 };
    let ring = vec![corner(36, 26), corner(36, 45), corner(42, 45), corner(42, 26), corner(36, 26)];
    ZoneSource {
        id: "territory".to_owned(),
        class: "territory".to_owned(),
        polygons: vec![vec![ring]],
        ..ZoneSource::default()
    }
}
