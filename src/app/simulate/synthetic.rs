//! More zones for a campaign: a copy of a rulebook with watch zones laid on the corridors, and near misses beside them.
//!
//! Circles of 100 to 1000 m radius. Six in ten are crossed by the lane with a chord offset of at most 0.7 r; the others
//! lie 15, 30, 60, 120 or 200 m beside it (DETECTION, section 6.2).

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use super::chance::Chance;
use super::way::beside;
use super::world::World;
use crate::domain::position::Position;

/// Corners of a circle.
const CORNERS: usize = 32;

/// Writes the copy; `from` stays as it is.
///
/// # Errors
/// A file cannot be read or written.
pub(super) fn augment(world: &World, from: &Path, to: &Path, zones: usize, seed: u64) -> io::Result<()> {
    for folder in ["zones", "corridors"] {
        fs::create_dir_all(to.join(folder))?;
        for entry in fs::read_dir(from.join(folder))? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|e| e == "geojson") {
                fs::copy(entry.path(), to.join(folder).join(entry.file_name()))?;
            }
        }
    }
    for file in ["rulebook.toml", "offices.csv"] {
        if from.join(file).exists() {
            fs::copy(from.join(file), to.join(file))?;
        }
    }
    let mut chance = Chance::new(seed, u64::MAX);
    let features: Vec<_> = (0..zones).map(|i| feature(world, i, &mut chance)).collect();
    let collection = json!({"type": "FeatureCollection", "features": features});
    fs::write(to.join("zones/simulated.geojson"), collection.to_string())
}

fn feature(world: &World, number: usize, chance: &mut Chance) -> serde_json::Value {
    let corridor = &world.corridors[number % world.corridors.len()];
    let chainage = chance.between(0.02, 0.98) * corridor.route.length_m();
    let radius = chance.between(100.0, 1000.0);
    let side = if chance.happens(0.5) { 1.0 } else { -1.0 };
    let away = if chance.happens(0.6) {
        radius * chance.between(0.0, 0.7)
    } else {
        radius + chance.pick(&[15.0, 30.0, 60.0, 120.0, 200.0]).copied().unwrap_or(60.0)
    };
    let centre = beside(corridor, chainage, 4.0 + side * away, 100.0);
    let mut ring: Vec<[f64; 2]> = (0..CORNERS)
        .map(|i| {
            let angle = -std::f64::consts::TAU * i as f64 / CORNERS as f64;
            degrees(centre.offset_m(radius * libm::sin(angle), radius * libm::cos(angle)))
        })
        .collect();
    ring.push(ring[0]);
    json!({
        "type": "Feature",
        "properties": {
            "id": format!("sim-{number}"), "class": "watch", "name": format!("Simulated zone {number}"),
            "synthetic": true, "radius_m": radius as i64,
        },
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    })
}

fn degrees(position: Position) -> [f64; 2] {
    [f64::from(position.lon_e6) / 1e6, f64::from(position.lat_e6) / 1e6]
}
