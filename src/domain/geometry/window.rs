//! What a search may leave out, it leaves out by proof: boxes in which no foot lies within a radius.
//!
//! Two cases, both rigorous against [`between`](super::metres::between):
//!
//! * near (radius below 49 km, away from the poles): a foot within the radius is measured in the plane at its middle
//!   latitude, where a degree of latitude is never shorter than at the equator and a degree of longitude never
//!   shorter than at the outermost middle latitude;
//! * far: on the auxiliary sphere (reduced latitudes β) an angle σ is at least b σ metres long, and
//!   sin² σ/2 = sin² Δβ/2 + cos β cos β' sin² Δλ/2 grows with both differences; Δβ ≥ (1 - f) Δφ.
//!
//! A window of whole numbers sorts out most boxes with four comparisons, the proof itself the corners it leaves.

use super::closest::Query;
use super::metres::{A, E6_RADIAN, F, PLANE_LATITUDE_E6, RADIAN_E6, Scale};
use super::table::PER_DEGREE_MM;

/// Feet farther than this may have been measured by the long formula, so the plane's proof stops below it.
const NEAR_RADIUS_M: f64 = 49_000.0;
/// Covers rounding in the near case.
const NEAR_SLACK: f64 = 1.0001;
/// Covers the error of the long formula and a / b in the far case.
const FAR_SLACK: f64 = 1.015;
/// Metres of a micro-degree of latitude at the equator, where it is shortest.
pub(super) const EQUATOR_NORTH: f64 = PER_DEGREE_MM[0][0] as f64 * 1e-9;

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

    /// The same size on both sides of a point, whole micro-degrees outward.
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

/// A radius around a query, ready to be compared with boxes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub window: Window,
    query: Query,
    radius_m: f64,
    /// The least scale of a foot within the radius; `None` in the far case.
    least: Option<Scale>,
}

impl Reach {
    pub(super) fn new(query: Query, radius_m: f64) -> Reach {
        let far = Reach { window: Window::ALL, query, radius_m, least: None };
        if radius_m >= 1e9 || radius_m.is_nan() {
            return far;
        }
        let dlat = radius_m * NEAR_SLACK / EQUATOR_NORTH;
        let outermost = query.y.abs() + 0.5 * dlat;
        if radius_m < NEAR_RADIUS_M && outermost < PLANE_LATITUDE_E6 {
            let least = Scale { east: Scale::at(outermost).east, north: EQUATOR_NORTH };
            let window = Window::spanning(&query, radius_m * NEAR_SLACK / least.east, dlat);
            return Reach { window, least: Some(least), ..far };
        }
        let dlat = radius_m * FAR_SLACK / EQUATOR_NORTH;
        // sin Δλ ≤ σ / cos β with σ ≤ radius / b, where a cos β is the radius of the parallel.
        let sine = radius_m * FAR_SLACK / (query.scale.east * RADIAN_E6);
        if sine < 0.99 {
            // asin s ≤ s / sqrt(1 - s²), and asin s ≤ s π / 2.
            let dlon = (sine / (1.0 - sine * sine).sqrt()).min(sine * core::f64::consts::FRAC_PI_2);
            return Reach { window: Window::spanning(&query, dlon / E6_RADIAN, dlat), ..far };
        }
        Reach { window: Window { west: i32::MIN, east: i32::MAX, ..Window::spanning(&query, 0.0, dlat) }, ..far }
    }

    /// Whether a foot within the radius may lie in a box; `false` is proved.
    #[inline]
    pub(super) fn meets(&self, other: &Window) -> bool {
        if !self.window.meets(other) {
            return false;
        }
        let (dlon, dlat) = self.query.apart(other);
        match self.least {
            Some(least) => {
                let (east, north) = (dlon * least.east, dlat * least.north);
                east * east + north * north <= self.radius_m * self.radius_m * NEAR_SLACK
            }
            None => self.meets_far(other, dlon, dlat),
        }
    }

    #[cold]
    fn meets_far(&self, other: &Window, dlon_e6: f64, dlat_e6: f64) -> bool {
        // sin x/2 ≥ x/2 - x³/48, which grows up to 2.8; longer ways round belong to another turn of the query.
        let half_sine = |angle: f64| {
            let angle = angle.min(2.8);
            0.5 * angle * (1.0 - angle * angle / 24.0)
        };
        let outermost = f64::from(other.south).abs().max(f64::from(other.north).abs());
        let cosine = |scale: Scale| scale.east * RADIAN_E6 / A;
        let (up, round) = (half_sine(dlat_e6 * E6_RADIAN * (1.0 - F)), half_sine(dlon_e6 * E6_RADIAN));
        let cosines = cosine(self.query.scale) * cosine(Scale::at(outermost));
        let chord_m = 2.0 * A * (1.0 - F) * (up * up + cosines * round * round).sqrt();
        chord_m <= self.radius_m * 1.005
    }
}

impl Query {
    /// Differences of longitude and latitude to the nearest point of a box, 1e-6 degrees; 0 within.
    #[inline]
    pub(super) fn apart(&self, window: &Window) -> (f64, f64) {
        (
            (f64::from(window.west) - self.x).max(self.x - f64::from(window.east)).max(0.0),
            (f64::from(window.south) - self.y).max(self.y - f64::from(window.north)).max(0.0),
        )
    }
}
