//! Distances, courses and offsets against GeographicLib.

use super::*;
use geographiclib_rs::{DirectGeodesic, PolygonArea, Winding};

/// A pair with a true distance of at most `reach_m`, the first within `highest` degrees of the equator.
fn pair(chance: &mut Chance, reach_m: f64, highest: f64) -> (Position, Position) {
    let a = at(chance.between(-highest, highest), chance.between(-180.0, 180.0));
    let (course, metres) = (chance.between(0.0, 360.0), chance.between(0.0, reach_m));
    let (lat2, lon2): (f64, f64) = Geodesic::wgs84().direct(lat(a), lon(a), course, metres);
    (a, at(lat2, lon2))
}

fn worst(count: usize, reach_m: f64, highest: f64, error: impl Fn(f64, f64) -> f64) -> f64 {
    let mut chance = Chance(7);
    let mut worst = 0.0_f64;
    for _ in 0..count {
        let (a, b) = pair(&mut chance, reach_m, highest);
        let (is, should) = (a.distance_m(b), truth_m(a, b));
        assert!(is.is_finite() && is == b.distance_m(a), "{a:?} {b:?}: {is}");
        let error = error(is, should);
        assert!(error < 1.0, "{a:?} {b:?}: {is} instead of {should}");
        worst = worst.max(error);
    }
    worst
}

#[test]
fn within_ten_kilometres_right_to_a_metre() {
    let metres = worst(20_000, 10_000.0, 89.99, |is, should| (is - should).abs());
    assert!(metres < 0.2, "worst {metres} m");
}

#[test]
fn beyond_right_to_a_thousandth() {
    for reach_m in [20_000.0, 60_000.0, 100_000.0, 1_000_000.0, 20_000_000.0] {
        let share = worst(5_000, reach_m, 89.99, |is, should| (is - should).abs() / (0.001 * should + 0.05));
        assert!(share < 0.5, "worst {share} thousandths up to {reach_m} m");
    }
}

#[test]
fn equal_and_antipodal_points_have_a_distance() {
    let mut chance = Chance(8);
    for _ in 0..3_000 {
        let a = at(chance.between(-90.0, 90.0), chance.between(-180.0, 180.0));
        assert_eq!(a.distance_m(a), 0.0);
        let near = |chance: &mut Chance| chance.between(-1.0, 1.0) * chance.between(0.0, 1.0);
        let opposite = Position::from_e6(f64::from(a.lon_e6) + 180e6, -f64::from(a.lat_e6));
        let beside = Position::from_e6(
            f64::from(opposite.lon_e6) + 1e6 * near(&mut chance),
            f64::from(opposite.lat_e6) + 1e6 * near(&mut chance),
        );
        for b in [opposite, beside] {
            let (is, should) = (a.distance_m(b), truth_m(a, b));
            assert!((is - should).abs() <= 0.001 * should, "{a:?} {b:?}: {is} instead of {should}");
        }
    }
    for (a, b) in [((0.0, 0.0), (0.0, 180.0)), ((0.0, -90.0), (0.0, 89.9)), ((90.0, 0.0), (-90.0, 0.0))] {
        let (a, b) = (at(a.0, a.1), at(b.0, b.1));
        assert!((a.distance_m(b) - truth_m(a, b)).abs() < 20_000.0);
    }
    assert_eq!(at(12.0, 180.0).distance_m(at(12.0, -180.0)), 0.0);
    assert!(at(90.0, 10.0).distance_m(at(90.0, 170.0)) < 1e-3);
}

#[test]
fn courses_are_initial_courses() {
    let mut chance = Chance(9);
    for reach_m in [2_000.0, 45_000.0, 3_000_000.0] {
        for _ in 0..3_000 {
            let (a, b) = pair(&mut chance, reach_m, 75.0);
            let (metres, azimuth, _, _): (f64, f64, f64, f64) =
                Geodesic::wgs84().inverse(lat(a), lon(a), lat(b), lon(b));
            if metres < 100.0 {
                continue;
            }
            let is = a.course_deg(b);
            assert!((0.0..360.0).contains(&is));
            let apart = (is - azimuth + 540.0).rem_euclid(360.0) - 180.0;
            assert!(apart.abs() < 0.2, "{a:?} {b:?}: {is} instead of {azimuth}");
        }
    }
    let a = at(40.0, 30.0);
    assert_eq!([a.course_deg(a), a.course_deg(at(41.0, 30.0)), a.course_deg(at(39.0, 30.0))], [0.0, 0.0, 180.0]);
    assert!((at(40.0, 179.9).course_deg(at(40.0, -179.9)) - 89.94).abs() < 0.02);
}

#[test]
fn offsets_and_vectors_are_inverse() {
    let mut chance = Chance(10);
    for _ in 0..5_000 {
        let a = at(chance.between(-80.0, 80.0), chance.between(-180.0, 180.0));
        let (east, north) = (chance.between(-7e3, 7e3), chance.between(-7e3, 7e3));
        let b = a.offset_m(east, north);
        let (east_back, north_back) = a.vector_m(b);
        assert!((east - east_back).abs() < 0.2 && (north - north_back).abs() < 0.2, "{a:?} {east} {north}");
        assert!((truth_m(a, b) - (east * east + north * north).sqrt()).abs() < 1.0);
    }
    assert_eq!(at(0.0, 180.0).offset_m(1_113.195, 0.0), at(0.0, -179.99));
    assert_eq!(at(90.0, 0.0).offset_m(0.0, 5_000.0).lat_e6, 90_000_000);
}

#[test]
fn surfaces_are_those_of_geographiclib() {
    let mut chance = Chance(11);
    let geodesic = Geodesic::wgs84();
    for side in [0.002, 0.05, 0.3] {
        for _ in 0..200 {
            let (y, x) = (chance.between(-75.0, 75.0), chance.between(-180.0, 180.0));
            let ring: Vec<Position> = (0..7)
                .map(|k| {
                    let angle = f64::from(k) * core::f64::consts::TAU / 7.0;
                    let reach = side * chance.between(0.5, 1.0) * 1e6;
                    Position::from_e6(x * 1e6 + reach * libm::cos(angle), y * 1e6 + reach * libm::sin(angle))
                })
                .collect();
            let mut polygon = PolygonArea::new(&geodesic, Winding::CounterClockwise);
            for vertex in &ring {
                polygon.add_point(lat(*vertex), lon(*vertex));
            }
            let (_, should, _) = polygon.compute(true);
            let is = crate::domain::geometry::Area::new(&[vec![ring]]).area_m2();
            assert!((is - should).abs() < 0.002 * should, "{is} instead of {should}");
        }
    }
}
