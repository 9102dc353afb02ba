//! Metres between two points of the ellipsoid: a local plane at the middle latitude, a formula for long distances.
//!
//! Coordinates are micro-degrees as `f64` (whole ones are exact), differences of longitude come unwrapped. Up to
//! [`PLANE_LIMIT_M`] and below [`PLANE_LATITUDE_E6`] only + - × ÷ √ run; beyond, `libm` does the trigonometry.
//!
//! | distance | formula | error |
//! |---|---|---|
//! | within 10 km | plane at the middle latitude | < 0.1 m |
//! | to 50 km | the same | < 0.01 % |
//! | beyond, and near the poles | Andoyer-Lambert | < 0.01 %, near the antipode < 0.1 % |

use super::table::PER_DEGREE;
use core::f64::consts::PI;

/// Semi-major axis of WGS 84, metres.
pub(super) const A: f64 = 6_378_137.0;
/// Flattening of WGS 84.
pub(super) const F: f64 = 1.0 / 298.257_223_563;
/// Half a meridian: no two points of the ellipsoid are farther apart.
const FARTHEST_M: f64 = 20_003_931.459;
/// Micro-degrees of a radian.
pub(super) const RADIAN_E6: f64 = 180e6 / PI;
/// Radians of a micro-degree.
pub(super) const E6_RADIAN: f64 = PI / 180e6;
/// Plane distances beyond this are measured again by the long formula.
pub(super) const PLANE_LIMIT_M: f64 = 50_000.0;
/// The plane is not used when the middle latitude lies beyond this.
pub(super) const PLANE_LATITUDE_E6: f64 = 80e6;

/// Metres per micro-degree at a latitude.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    /// Of longitude; 0 at the pole.
    pub east: f64,
    /// Of latitude.
    pub north: f64,
}

impl Scale {
    /// The scale at a latitude (1e-6 degrees), by linear interpolation in the committed table.
    #[inline]
    pub(crate) fn at(lat_e6: f64) -> Scale {
        let row = lat_e6.abs() * 4e-6;
        // By way of 32 bits, into which the processor casts in one step; never negative.
        let below = (row as i32 as usize).min(PER_DEGREE.len() - 2);
        let part = row - below as f64;
        let ([north, east], [north_up, east_up]) = (PER_DEGREE[below], PER_DEGREE[below + 1]);
        Scale {
            east: (east + (east_up - east) * part).max(0.0) * 1e-9,
            north: (north + (north_up - north) * part) * 1e-9,
        }
    }
}

/// Metres from a point at `lat_e6` to the point `dlon_e6`, `dlat_e6` away.
#[inline]
pub(crate) fn between(lat_e6: f64, dlon_e6: f64, dlat_e6: f64) -> f64 {
    let middle_e6 = lat_e6 + 0.5 * dlat_e6;
    let scale = Scale::at(middle_e6);
    let (east, north) = (dlon_e6 * scale.east, dlat_e6 * scale.north);
    let plane_m = (east * east + north * north).sqrt();
    if plane_m <= PLANE_LIMIT_M && middle_e6.abs() <= PLANE_LATITUDE_E6 {
        return plane_m;
    }
    andoyer_lambert(lat_e6, lat_e6 + dlat_e6, dlon_e6)
}

/// Sine and cosine of the reduced latitude of a geodetic latitude.
pub(super) fn reduced(lat_e6: f64) -> (f64, f64) {
    let latitude = lat_e6 * E6_RADIAN;
    let (sine, cosine) = ((1.0 - F) * libm::sin(latitude), libm::cos(latitude));
    let norm = (sine * sine + cosine * cosine).sqrt();
    (sine / norm, cosine / norm)
}

/// Metres by the Andoyer-Lambert formula (first order in the flattening, on reduced latitudes).
///
/// Lambert's P and Q never appear: with unit vectors u, v of the two points 2 sin P cos Q is the sum of the sines,
/// 2 cos P sin Q their difference, |u - v| = 2 sin(σ/2) and |u + v| = 2 cos(σ/2). That form loses no digits between
/// neighbours and stays finite at the antipode. Source: Lambert 1942; Thomas 1970, "Spheroidal geodesics".
#[cold]
fn andoyer_lambert(lat1_e6: f64, lat2_e6: f64, dlon_e6: f64) -> f64 {
    let (sin1, cos1) = reduced(lat1_e6);
    let (sin2, cos2) = reduced(lat2_e6);
    let half_turn = 0.5 * dlon_e6 * E6_RADIAN;
    let (sin_half, cos_half) = (libm::sin(half_turn), libm::cos(half_turn));
    let (less, round) = ((cos1 - cos2) * (cos1 - cos2), 4.0 * cos1 * cos2);
    let apart2 = less + (sin2 - sin1) * (sin2 - sin1) + round * sin_half * sin_half;
    let together2 = less + (sin2 + sin1) * (sin2 + sin1) + round * cos_half * cos_half;
    let (apart, together) = (apart2.sqrt(), together2.sqrt());
    let sigma = 2.0 * libm::atan2(apart, together);
    let sin_sigma = 0.5 * apart * together;
    // Both quotients are at most 1; where they are 0 / 0 the other factor makes the term vanish or the cap holds.
    let sum = (sin1 + sin2) * (sin1 + sin2) / together2.max(1e-30);
    let difference = (sin2 - sin1) * (sin2 - sin1) / apart2.max(1e-30);
    let correction = (sigma - sin_sigma) * sum + (sigma + sin_sigma) * difference;
    (A * (sigma - 0.5 * F * correction)).clamp(0.0, FARTHEST_M)
}

/// Initial course in degrees, 0..360, from a point at `lat_e6` to the point `dlon_e6`, `dlat_e6` away; 0 if equal.
pub(crate) fn course_deg(lat_e6: f64, dlon_e6: f64, dlat_e6: f64) -> f64 {
    let middle_e6 = lat_e6 + 0.5 * dlat_e6;
    let scale = Scale::at(middle_e6);
    let (east, north) = (dlon_e6 * scale.east, dlat_e6 * scale.north);
    let near = east * east + north * north <= PLANE_LIMIT_M * PLANE_LIMIT_M;
    if near && middle_e6.abs() <= PLANE_LATITUDE_E6 {
        // The plane gives the course half-way; meridians converge by Δλ sin φ over the whole way.
        let converged = dlon_e6 * E6_RADIAN * libm::sin(middle_e6 * E6_RADIAN);
        return compass(libm::atan2(east, north) - 0.5 * converged);
    }
    let (sin1, cos1) = reduced(lat_e6);
    let (sin2, cos2) = reduced(lat_e6 + dlat_e6);
    let turn = dlon_e6 * E6_RADIAN;
    let east = cos2 * libm::sin(turn);
    // The auxiliary sphere shows the north-south scale wrong by this root (Bessel's ds on the ellipsoid).
    let stretch = (1.0 - F * (2.0 - F) * cos1 * cos1).sqrt();
    let north = (cos1 * sin2 - sin1 * cos2 * libm::cos(turn)) * stretch;
    compass(libm::atan2(east, north))
}

/// Radians clockwise from north as degrees 0..360.
pub(super) fn compass(radians: f64) -> f64 {
    let degrees = radians * (180.0 / PI);
    let turned = if degrees < 0.0 { degrees + 360.0 } else { degrees };
    if turned >= 360.0 { 0.0 } else { turned }
}

/// Surface between the equator and a latitude per radian of longitude, square metres, negative to the south.
///
/// Source: Snyder 1987, "Map projections", equation 3-12 (authalic latitude), times a² / 2.
pub(super) fn surface_per_radian(lat_e6: f64) -> f64 {
    let e2 = F * (2.0 - F);
    let e = e2.sqrt();
    let sine = libm::sin(lat_e6 * E6_RADIAN);
    let q = sine / (1.0 - e2 * sine * sine) + libm::log((1.0 + e * sine) / (1.0 - e * sine)) / (2.0 * e);
    0.5 * A * A * (1.0 - e2) * q
}

/// Nearest whole number, halves away from zero, as `libm::round` says it, where an `i64` holds it.
#[inline]
pub(crate) fn nearest(value: f64) -> i64 {
    // What is cut off is exact, and so is the difference.
    let below = value as i64;
    let rest = value - below as f64;
    below + i64::from(rest >= 0.5) - i64::from(rest <= -0.5)
}

/// Nearest whole number, halves away from zero; saturates like every cast. A hair below a half it goes up, where
/// [`nearest`] does not: what was reckoned with it stays as it is.
pub(crate) fn whole(value: f64) -> i64 {
    (if value < 0.0 { value - 0.5 } else { value + 0.5 }) as i64
}
