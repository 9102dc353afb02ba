//! Positions on WGS 84, and the one owner of units and axis order: latitude first, 1e-6 degrees.
//!
//! Longitudes -180e6 and 180e6 are the same meridian: every difference of longitudes is taken the shorter way.

use super::geometry::metres::{self, Scale};

/// A full turn of longitude, 1e-6 degrees.
pub(crate) const TURN_E6: i64 = 360_000_000;

/// A position in whole micro-degrees (0.11 m); the default is (0, 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Position {
    /// Latitude, 1e-6 degrees, -90e6..=90e6.
    pub lat_e6: i32,
    /// Longitude, 1e-6 degrees, -180e6..=180e6.
    pub lon_e6: i32,
}

impl Position {
    /// Metres on the ellipsoid between two positions: right to 1 m within 10 km, to 0.1 % beyond.
    pub fn distance_m(self, other: Position) -> f64 {
        let (dlon_e6, dlat_e6) = self.difference_e6(other);
        metres::between(f64::from(self.lat_e6), dlon_e6, dlat_e6)
    }

    /// Initial course from here to `other`, degrees clockwise from north, 0..360; 0 when they are the same.
    pub fn course_deg(self, other: Position) -> f64 {
        let (dlon_e6, dlat_e6) = self.difference_e6(other);
        metres::course_deg(f64::from(self.lat_e6), dlon_e6, dlat_e6)
    }

    /// The position `east_m`, `north_m` metres away (a local plane; good within 10 km).
    ///
    /// The inverse of [`Position::vector_m`], to the grid. Latitude stops at the poles, longitude wraps.
    pub fn offset_m(self, east_m: f64, north_m: f64) -> Position {
        let lat_e6 = f64::from(self.lat_e6);
        let first = north_m / Scale::at(lat_e6).north;
        let north_e6 = north_m / Scale::at((lat_e6 + 0.5 * first).clamp(-90e6, 90e6)).north;
        let middle = Scale::at((lat_e6 + 0.5 * north_e6).clamp(-90e6, 90e6));
        let east_e6 = if middle.east > 0.0 { east_m / middle.east } else { 0.0 };
        Position::from_e6(f64::from(self.lon_e6) + east_e6, lat_e6 + north_e6)
    }

    /// East and north metres from here to `other` in the local plane.
    pub fn vector_m(self, other: Position) -> (f64, f64) {
        let (dlon_e6, dlat_e6) = self.difference_e6(other);
        let middle = Scale::at(f64::from(self.lat_e6) + 0.5 * dlat_e6);
        (dlon_e6 * middle.east, dlat_e6 * middle.north)
    }

    /// Longitude the shorter way and latitude from here to `other`, 1e-6 degrees.
    pub(crate) fn difference_e6(self, other: Position) -> (f64, f64) {
        let dlon = shorter(i64::from(other.lon_e6) - i64::from(self.lon_e6));
        (dlon as f64, (i64::from(other.lat_e6) - i64::from(self.lat_e6)) as f64)
    }

    /// The grid point nearest to a longitude of any turn and a latitude, both in 1e-6 degrees.
    pub(crate) fn from_e6(lon_e6: f64, lat_e6: f64) -> Position {
        let lon = metres::whole(lon_e6);
        let turned = if (-180_000_000..=180_000_000).contains(&lon) { lon } else { shorter(lon % TURN_E6) };
        // Both lie within ±180e6 here.
        Position { lat_e6: metres::whole(lat_e6.clamp(-90e6, 90e6)) as i32, lon_e6: turned as i32 }
    }
}

/// A difference of longitudes (less than two turns) the shorter way; half a turn stays as it is.
pub(crate) fn shorter(difference_e6: i64) -> i64 {
    if difference_e6 > TURN_E6 / 2 {
        difference_e6 - TURN_E6
    } else if difference_e6 < -TURN_E6 / 2 {
        difference_e6 + TURN_E6
    } else {
        difference_e6
    }
}

/// Degrees between two courses, 0..=180.
pub fn turn_deg(a: f64, b: f64) -> f64 {
    let turn = (a - b).abs();
    turn.min(360.0 - turn)
}
