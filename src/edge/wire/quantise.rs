//! Numbers of the wire in whole units: the one place that scales, rounds and bounds them, for every format.
//!
//! The rule of FORMATS: the nearest double times the scale, rounded half away from zero. The bounds are checked on the
//! rounded number, so that every format agrees on the edge. `None` is "out of range"; NaN and infinities are always.

/// Largest value of a field that Parquet keeps in 32 bits.
const INT32: f64 = i32::MAX as f64;

fn scaled(value: f64, scale: f64, min: f64, max: f64) -> Option<f64> {
    let scaled = value * scale;
    // What `f64::round` does, without the call: below 2^52 the cast cuts off the fraction, and what is left of it is
    // exact. (Beyond, and for NaN, no bound holds: the largest is 1e15.)
    let whole = scaled as i64 as f64;
    let rest = scaled - whole;
    let rounded = whole + f64::from(i8::from(rest >= 0.5) - i8::from(rest <= -0.5));
    (scaled.is_finite() && rounded >= min && rounded <= max).then_some(rounded)
}

/// Latitude in degrees to 1e-6 degrees.
///
/// ```
/// use kervan::edge::wire::quantise;
/// assert_eq!(quantise::latitude(40.1234565), Some(40_123_457));
/// assert_eq!(quantise::latitude(90.1), None);
/// ```
pub fn latitude(degrees: f64) -> Option<i32> {
    scaled(degrees, 1e6, -90e6, 90e6).map(|v| v as i32)
}

/// Longitude in degrees to 1e-6 degrees.
pub fn longitude(degrees: f64) -> Option<i32> {
    scaled(degrees, 1e6, -180e6, 180e6).map(|v| v as i32)
}

/// Speed in m/s to 0.01 m/s; how fast is too fast is the gate's question.
pub fn speed(metres_per_second: f64) -> Option<u32> {
    scaled(metres_per_second, 100.0, 0.0, INT32).map(|v| v as u32)
}

/// Course in degrees, 0..=360, to 0.1°, 0..3600.
pub fn course(degrees: f64) -> Option<u16> {
    scaled(degrees, 10.0, 0.0, 3_600.0).map(|v| v as u16 % 3_600)
}

/// Altitude in metres to 0.1 m.
pub fn altitude(metres: f64) -> Option<i32> {
    scaled(metres, 10.0, -INT32, INT32).map(|v| v as i32)
}

/// Accuracy in metres to 0.1 m.
pub fn accuracy(metres: f64) -> Option<u32> {
    scaled(metres, 10.0, 0.0, INT32).map(|v| v as u32)
}

/// Dilution of precision to 0.01.
pub fn hdop(value: f64) -> Option<u32> {
    scaled(value, 100.0, 0.0, INT32).map(|v| v as u32)
}

/// Number of satellites.
pub fn satellites(count: f64) -> Option<u16> {
    scaled(count, 1.0, 0.0, f64::from(u16::MAX)).map(|v| v as u16)
}

/// Battery to 1 %, 0..=100.
pub fn battery(percent: f64) -> Option<u8> {
    scaled(percent, 1.0, 0.0, 100.0).map(|v| v as u8)
}

/// Odometer in metres to 0.1 m.
pub fn odometer(metres: f64) -> Option<u64> {
    // 1e15: well beyond it (from 2^52 on) not every 0.1 m survives a decimal, a double and the scale.
    scaled(metres, 10.0, 0.0, 1e15).map(|v| v as u64)
}

/// Reporting interval in seconds to milliseconds: more than nothing, 30 days at most.
pub fn interval(seconds: f64) -> Option<i64> {
    scaled(seconds, 1e3, 1.0, 30.0 * 86_400e3).map(|v| v as i64)
}

/// Half width of a corridor in metres to 0.1 m: more than nothing, 100 km at most.
pub fn half_width(metres: f64) -> Option<u32> {
    scaled(metres, 10.0, 1.0, 1e6).map(|v| v as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_away_from_zero_and_bounds_the_rounded() {
        assert_eq!((altitude(0.25), altitude(-0.25)), (Some(3), Some(-3)));
        assert_eq!((latitude(90.000_000_4), latitude(90.000_000_6)), (Some(90_000_000), None));
        assert_eq!((course(359.96), course(360.0), course(360.1), course(-0.04)), (Some(0), Some(0), None, Some(0)));
        assert_eq!((battery(99.5), battery(100.4), battery(100.6), battery(-0.6)), (Some(100), Some(100), None, None));
        assert_eq!((speed(f64::NAN), speed(f64::INFINITY), speed(-1.0)), (None, None, None));
    }

    #[test]
    fn the_cast_rounds_as_the_standard_library_does() {
        let edges =
            [0.5, 0.499_999_999_999_999_94, 1.5, 2.5, 1e15, 999_999_999_999_999.4, 4_503_599_627_370_497.5, 1e300];
        for value in edges.into_iter().chain((0..100_000).map(|n| f64::from(n) * 0.123_456_789)) {
            for value in [value, -value] {
                let expected = Some(value.round()).filter(|v| v.abs() <= 1e15);
                assert_eq!(scaled(value, 1.0, -1e15, 1e15), expected, "{value}");
            }
        }
    }

    #[test]
    fn every_whole_unit_comes_back_from_its_decimal() {
        for unit in (-180_000_000..=180_000_000).step_by(9_973) {
            assert_eq!(longitude(f64::from(unit) / 1e6), Some(unit));
        }
    }
}
