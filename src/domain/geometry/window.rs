//! The box that holds every point within a radius: what a search may leave out, it leaves out by this proof.
//!
//! Two cases, both rigorous against [`between`](super::metres::between):
//!
//! * near (radius below 49 km, away from the poles): a foot within the radius is measured in the plane at its middle
//!   latitude, where a degree of latitude is never shorter than at the equator and a degree of longitude never
//!   shorter than at the outermost middle latitude;
//! * far: a degree of latitude is never shorter than at the equator; on the auxiliary sphere (reduced latitudes) an
//!   angle σ is at least b σ metres long, and sin σ ≥ cos β sin Δλ, the distance to a meridian.

use super::closest::Query;
use super::metres::{E6_RADIAN, PLANE_LATITUDE_E6, RADIAN_E6, Scale};

/// Feet farther than this may have been measured by the long formula, so the plane's proof stops below it.
const NEAR_RADIUS_M: f64 = 49_000.0;
/// Covers rounding in the near case.
const NEAR_SLACK: f64 = 1.0001;
/// Covers the error of the long formula and a / b in the far case.
const FAR_SLACK: f64 = 1.015;

/// A closed box in a frame, 1e-6 degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub west: i32,
    pub south: i32,
    pub east: i32,
    pub north: i32,
}

impl Window {
    /// Holds nothing; growing it by a vertex gives that vertex.
    pub(super) const EMPTY: Window = Window { west: i32::MAX, south: i32::MAX, east: i32::MIN, north: i32::MIN };
    const ALL: Window = Window { west: i32::MIN, south: i32::MIN, east: i32::MAX, north: i32::MAX };

    /// The smallest box that holds both.
    pub(super) fn with(self, other: Window) -> Window {
        Window {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }

    /// Whether the closed boxes share a point.
    #[inline]
    pub(super) fn meets(&self, other: &Window) -> bool {
        (self.west <= other.east)
            & (self.east >= other.west)
            & (self.south <= other.north)
            & (self.north >= other.south)
    }

    /// A box outside of which no foot lies within `radius_m` of the query.
    pub(super) fn around(query: &Query, radius_m: f64) -> Window {
        if radius_m >= 1e9 || radius_m.is_nan() {
            return Window::ALL;
        }
        let equator = Scale::at(0.0).north;
        let dlat = radius_m * NEAR_SLACK / equator;
        let outermost = query.y.abs() + 0.5 * dlat;
        if radius_m < NEAR_RADIUS_M && outermost < PLANE_LATITUDE_E6 {
            return Window::spanning(query, radius_m * NEAR_SLACK / Scale::at(outermost).east, dlat);
        }
        let dlat = radius_m * FAR_SLACK / equator;
        // sin Δλ ≤ σ / cos β with σ ≤ radius / b, where a cos β is the radius of the parallel.
        let sine = radius_m * FAR_SLACK / (query.scale.east * RADIAN_E6);
        if sine >= 0.99 {
            return Window { west: i32::MIN, east: i32::MAX, ..Window::spanning(query, 0.0, dlat) };
        }
        // asin s ≤ s / sqrt(1 - s²), and asin s ≤ s π / 2.
        let dlon = (sine / (1.0 - sine * sine).sqrt()).min(sine * core::f64::consts::FRAC_PI_2);
        Window::spanning(query, dlon / E6_RADIAN, dlat)
    }

    fn spanning(query: &Query, dlon_e6: f64, dlat_e6: f64) -> Window {
        // Casts cut off towards zero and saturate: one more on each side makes them outward.
        Window {
            west: (query.x - dlon_e6 - 1.0) as i32,
            south: (query.y - dlat_e6 - 1.0) as i32,
            east: (query.x + dlon_e6 + 1.0) as i32,
            north: (query.y + dlat_e6 + 1.0) as i32,
        }
    }
}
