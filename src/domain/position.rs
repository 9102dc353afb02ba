//! Positions on WGS 84, and the one owner of units and axis order: latitude first, 1e-6 degrees.

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
    pub fn distance_m(self, _other: Position) -> f64 {
        todo!()
    }

    /// Initial course from here to `other`, degrees clockwise from north, 0..360.
    pub fn course_deg(self, _other: Position) -> f64 {
        todo!()
    }

    /// The position `east_m`, `north_m` metres away (a local plane; good within 10 km).
    pub fn offset_m(self, _east_m: f64, _north_m: f64) -> Position {
        todo!()
    }

    /// East and north metres from here to `other` in the local plane.
    pub fn vector_m(self, _other: Position) -> (f64, f64) {
        todo!()
    }
}
