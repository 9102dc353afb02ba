//! Web Mercator (EPSG:3857) scaled to a unit square: x eastward, y southward, both 0..1.
//!
//! x = (λ + 180) / 360, y = 1/2 - artanh(sin φ) / 2π (Snyder, "Map Projections: A Working Manual", 1987, eq. 7-1 and 7-2, on
//! the sphere). Latitudes beyond 85.05° are held there. `libm` keeps the digits equal on every machine.

use crate::domain::position::Position;
use std::f64::consts::PI;

/// Length of the equator of EPSG:3857, metres.
pub const EQUATOR_M: f64 = 40_075_016.685_578_49;

/// The point of the unit square of a position.
pub fn project(p: Position) -> (f64, f64) {
    let lat = (f64::from(p.lat_e6) / 1e6).clamp(-85.05, 85.05);
    let sine = libm::sin(lat * PI / 180.0);
    (f64::from(p.lon_e6) / 360e6 + 0.5, 0.5 - libm::atanh(sine) / (2.0 * PI))
}

/// Metres on the ground per unit of the square at height `y` in it.
pub fn metres_per_unit(y: f64) -> f64 {
    EQUATOR_M / libm::cosh((0.5 - y) * 2.0 * PI)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_and_scale_are_those_of_the_projection() {
        assert_eq!(project(Position::default()), (0.5, 0.5));
        let (x, y) = project(Position { lat_e6: 85_051_129, lon_e6: -180_000_000 });
        assert!(x.abs() < 1e-12 && y.abs() < 1e-4, "{x} {y}");
        let (_, y) = project(Position { lat_e6: 60_000_000, lon_e6: 0 });
        assert!((metres_per_unit(y) / EQUATOR_M - 0.5).abs() < 1e-9);
    }
}
