//! Geometry against GeographicLib and against slow twins that ask every edge.

mod areas;
mod distances;
mod grid;
mod index;
mod routes;

use crate::domain::position::Position;
use geographiclib_rs::{Geodesic, InverseGeodesic};
use proptest::prelude::*;

/// A position from degrees.
fn at(lat: f64, lon: f64) -> Position {
    Position { lat_e6: libm::round(lat * 1e6) as i32, lon_e6: libm::round(lon * 1e6) as i32 }
}

/// Metres by GeographicLib.
fn truth_m(a: Position, b: Position) -> f64 {
    true_m(lat(a), lon(a), lat(b), lon(b))
}

fn true_m(lat1: f64, lon1: f64, lat2: f64, lon2: f64) -> f64 {
    Geodesic::wgs84().inverse(lat1, lon1, lat2, lon2)
}

fn lat(position: Position) -> f64 {
    f64::from(position.lat_e6) * 1e-6
}

fn lon(position: Position) -> f64 {
    f64::from(position.lon_e6) * 1e-6
}

/// A small repeatable source of chance (Steele's SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Positions of a few degrees around a centre, on a coarse grid so that lines meet and vertices repeat.
fn scattered(centre: Position, reach_e6: i32) -> impl Strategy<Value = Position> + Clone {
    let step = (reach_e6 / 40).max(1);
    (-40..=40i32, -40..=40i32, prop_oneof![Just(0), -3..=3i32]).prop_map(move |(x, y, jitter)| {
        let lon = f64::from(centre.lon_e6) + f64::from(x * step + jitter);
        Position::from_e6(lon, f64::from(centre.lat_e6 + y * step - jitter))
    })
}

/// Centres that matter: home, the far north, the south, and both sides of 180 degrees.
fn centres() -> impl Strategy<Value = Position> + Clone {
    prop_oneof![Just(at(39.0, 35.0)), Just(at(78.5, 20.0)), Just(at(-41.0, 179.9)), Just(at(65.0, -179.99))]
}
