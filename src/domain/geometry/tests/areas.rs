//! Areas against a scan of every edge.

use super::*;
use crate::domain::geometry::area::Area;
use crate::domain::geometry::edges::Edges;
use crate::domain::geometry::inside::winding;

/// The slow twin of inside: all edges, at every turn.
fn contains_slowly(area: &Area, point: Position) -> bool {
    (-2..=2).any(|turn| winding(area.edges.iter(), point.lon_e6 + turn * 360_000_000, point.lat_e6))
}

/// The slow twin of the nearest edge: all edges, at every turn within reach.
pub(super) fn nearest_slowly(edges: &Edges, point: Position) -> Option<(usize, f64)> {
    let mut best: Option<(usize, f64)> = None;
    for query in edges.queries(point) {
        for (index, edge) in edges.iter().enumerate() {
            let metres = query.foot(*edge).distance_m;
            if best.is_none_or(|(other, least)| metres < least || (metres == least && index < other)) {
                best = Some((index, metres));
            }
        }
    }
    best
}

/// A star-shaped ring: never crosses itself.
fn star(centre: Position, reach_e6: f64, count: usize, chance: &mut Chance) -> Vec<Position> {
    (0..count)
        .map(|k| {
            let angle = k as f64 * core::f64::consts::TAU / count as f64;
            let reach = reach_e6 * chance.between(0.6, 1.0);
            let (x, y) = (reach * libm::cos(angle), 0.8 * reach * libm::sin(angle));
            Position::from_e6(f64::from(centre.lon_e6) + x, f64::from(centre.lat_e6) + y)
        })
        .collect()
}

fn square(south: f64, west: f64, side: f64) -> Vec<Position> {
    vec![at(south, west), at(south, west + side), at(south + side, west + side), at(south + side, west)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Any rings at all, crossing ones too, and points on a grid that meets vertices and edges.
    #[test]
    fn inside_is_what_all_edges_say(
        (centre, rings, points) in centres().prop_flat_map(|centre| {
            let near = scattered(centre, 2_000_000);
            let ring = proptest::collection::vec(near.clone(), 3..60);
            (Just(centre), proptest::collection::vec(ring, 1..4), proptest::collection::vec(near, 40))
        }),
        holes in any::<bool>(),
    ) {
        let _ = centre;
        let polygons = if holes { vec![rings] } else { rings.into_iter().map(|ring| vec![ring]).collect() };
        let area = Area::new(&polygons);
        let vertices: Vec<Position> = polygons.iter().flatten().flatten().copied().collect();
        for point in points.into_iter().chain(vertices) {
            prop_assert_eq!(area.contains(point), contains_slowly(&area, point));
        }
    }

    #[test]
    fn nearest_boundary_is_that_of_all_edges(
        seed in any::<u64>(), centre in centres(), count in 3usize..400, reach in 1e3..3e6f64,
    ) {
        let mut chance = Chance(seed);
        let area = Area::new(&[vec![star(centre, reach, count, &mut chance), star(centre, 0.4 * reach, 40, &mut chance)]]);
        for spread in [1.0, 1.0, 1.2, 3.0, 30.0] {
            let (x, y) = (chance.between(-spread, spread) * reach, chance.between(-spread, spread) * reach);
            let point = Position::from_e6(f64::from(centre.lon_e6) + x, f64::from(centre.lat_e6) + y);
            let slow = nearest_slowly(&area.edges, point);
            for hint in [None, Some(0), Some(chance.next() as usize % (count + 50))] {
                let fast = area.nearest_edge(point, hint).map(|(edge, near)| (edge, near.distance_m));
                prop_assert_eq!(fast, slow);
            }
            let near = area.nearest_boundary(point);
            let signed = area.signed_distance_m(point);
            prop_assert_eq!(signed.abs(), near.distance_m);
            prop_assert_eq!(signed > 0.0, area.contains(point) && near.distance_m > 0.0);
            prop_assert!((point.distance_m(near.position) - near.distance_m).abs() <= 0.1 + 1e-3 * near.distance_m);
        }
    }
}

#[test]
fn the_nearest_edge_is_right_from_anywhere_on_earth() {
    let mut chance = Chance(20);
    for round in 0..150 {
        let centre = at(chance.between(-85.0, 85.0), chance.between(-180.0, 180.0));
        let reach = if round % 3 == 0 { 4e6 } else { 3e4 };
        let area = Area::new(&[vec![star(centre, reach, 120, &mut chance)]]);
        for _ in 0..40 {
            let point = at(chance.between(-90.0, 90.0), chance.between(-180.0, 180.0));
            let fast = area.nearest_edge(point, None).map(|(edge, near)| (edge, near.distance_m));
            assert_eq!(fast, nearest_slowly(&area.edges, point), "{centre:?} {point:?}");
        }
    }
}

#[test]
fn a_hole_is_outside_and_its_edge_inside() {
    let area = Area::new(&[vec![square(40.0, 30.0, 1.0), square(40.4, 30.4, 0.2)], vec![square(42.0, 30.0, 0.5)]]);
    for (lat, lon, inside) in [
        (40.1, 30.1, true),
        (40.5, 30.5, false),
        (40.4, 30.5, true),
        (40.4, 30.4, true),
        (40.0, 30.0, true),
        (41.0, 30.5, true),
        (41.5, 30.2, false),
        (42.2, 30.2, true),
        (40.5, 29.999_999, false),
        (40.5, 30.399_999, true),
        (40.5, 30.400_001, false),
    ] {
        assert_eq!(area.contains(at(lat, lon)), inside, "{lat} {lon}");
    }
    let inner = area.signed_distance_m(at(40.5, 30.39));
    assert!((inner - truth_m(at(40.5, 30.39), at(40.5, 30.4))).abs() < 0.2, "{inner}");
    let in_hole = area.signed_distance_m(at(40.5, 30.5));
    assert!(in_hole < -8_000.0, "{in_hole}");
}

#[test]
fn winding_and_closing_do_not_matter() {
    let open = square(40.0, 30.0, 1.0);
    let mut closed = open.clone();
    closed.push(open[0]);
    let backwards: Vec<Position> = closed.iter().rev().copied().collect();
    let hole: Vec<Position> = square(40.2, 30.2, 0.1);
    for ring in [open, closed, backwards] {
        let area = Area::new(&[vec![ring, hole.clone()]]);
        assert!(area.contains(at(40.5, 30.5)) && !area.contains(at(40.25, 30.25)) && !area.contains(at(39.0, 30.5)));
        assert!((area.area_m2() / 9.29e9 - 1.0).abs() < 0.02, "{}", area.area_m2());
    }
}

#[test]
fn parts_that_overlap_do_not_cancel() {
    let area = Area::new(&[vec![square(40.0, 30.0, 1.0)], vec![square(40.5, 30.5, 1.0)]]);
    assert!(area.contains(at(40.7, 30.7)) && area.contains(at(40.1, 30.1)) && area.contains(at(41.4, 31.4)));
}

#[test]
fn degenerate_rings_are_dropped() {
    let twice = vec![at(1.0, 1.0), at(2.0, 2.0), at(1.0, 1.0), at(2.0, 2.0)];
    for polygons in [vec![], vec![vec![]], vec![vec![vec![]]], vec![vec![twice.clone(), square(1.0, 1.0, 1.0)]]] {
        let area = Area::new(&polygons);
        assert!(!area.contains(at(1.0, 1.0)));
        assert_eq!(area.nearest_boundary(at(1.0, 1.0)).distance_m, f64::INFINITY);
        assert_eq!(area.area_m2(), 0.0);
        assert_eq!(area.bounds(), Default::default());
        assert_eq!(area.segment_depth_m(at(0.0, 0.0), at(2.0, 2.0)), None);
    }
    let area = Area::new(&[vec![square(1.0, 1.0, 1.0), twice]]);
    assert!(area.contains(at(1.5, 1.5)));
}

#[test]
fn an_area_across_180_degrees_is_one_area() {
    let ring = vec![at(-18.0, 179.0), at(-18.0, -179.0), at(-16.0, -179.0), at(-16.0, 179.0)];
    // A hole and a second part written from the other side.
    let hole = vec![at(-17.1, -179.6), at(-17.1, -179.4), at(-16.9, -179.4), at(-16.9, -179.6)];
    let area = Area::new(&[vec![ring, hole], vec![square(-15.0, -179.5, 0.3)]]);
    for (lat, lon, inside) in [
        (-17.0, 179.5, true),
        (-17.0, -179.7, true),
        (-17.0, -179.5, false),
        (-17.0, 180.0, true),
        (-17.0, -180.0, true),
        (-17.0, 178.9, false),
        (-17.0, 0.0, false),
        (-14.9, -179.4, true),
    ] {
        assert_eq!(area.contains(at(lat, lon)), inside, "{lat} {lon}");
    }
    assert_eq!(area.bounds(), (at(-18.0, 179.0), at(-14.7, -179.0)));
    let metres = area.signed_distance_m(at(-17.0, -178.9));
    assert!((metres + truth_m(at(-17.0, -178.9), at(-17.0, -179.0))).abs() < 1.0, "{metres}");
    let east = Area::new(&[vec![square(-18.0, 179.0, 1.0)]]);
    assert!(east.contains(at(-17.5, -180.0)));
}

#[test]
fn a_ring_around_the_world_is_taken_as_written() {
    let world = vec![at(-90.0, -180.0), at(-90.0, 180.0), at(90.0, 180.0), at(90.0, -180.0)];
    let cap = vec![
        at(-60.0, -180.0),
        at(-65.0, -60.0),
        at(-65.0, 60.0),
        at(-60.0, 180.0),
        at(-90.0, 180.0),
        at(-90.0, -180.0),
    ];
    assert!(Area::new(&[vec![world]]).contains(at(40.0, 30.0)));
    let cap = Area::new(&[vec![cap]]);
    assert!(cap.contains(at(-70.0, 10.0)) && !cap.contains(at(-50.0, 10.0)) && cap.contains(at(-80.0, -170.0)));
}

#[test]
fn depth_is_how_far_a_way_goes_in() {
    let area = Area::new(&[vec![square(40.0, 30.0, 0.1)]]);
    let middle = area.signed_distance_m(at(40.05, 30.05));
    let depth = |a, b| area.segment_depth_m(a, b);
    let across = depth(at(40.05, 29.9), at(40.05, 30.2)).unwrap_or(0.0);
    assert!((across - middle).abs() < 25.0, "{across} instead of {middle}");
    assert_eq!(depth(at(40.2, 29.9), at(40.2, 30.2)), None);
    assert_eq!(depth(at(40.2, 29.9), at(39.9, 29.95)), None);
    // Within, without crossing the boundary.
    let within = depth(at(40.05, 30.049), at(40.05, 30.051)).unwrap_or(0.0);
    assert!((within - middle).abs() < 1.0, "{within}");
    // Past the north-eastern corner, through the middle, and through the corner itself.
    let corner = depth(at(40.0505, 30.15), at(40.15, 30.0505));
    assert_eq!(corner, None);
    let corner = depth(at(39.9, 30.1995), at(40.1995, 29.9)).unwrap_or(0.0);
    assert!(corner > 2_000.0, "{corner}");
    let clipped = depth(at(40.05, 30.149), at(40.149, 30.05)).unwrap_or(0.0);
    assert!((30.0..60.0).contains(&clipped), "{clipped}");
    // Standing still.
    assert_eq!(depth(at(41.0, 30.05), at(41.0, 30.05)), None);
    assert!(depth(at(40.05, 30.05), at(40.05, 30.05)).is_some_and(|depth| (depth - middle).abs() < 1.0));
    // Touching.
    assert_eq!(depth(at(40.1, 29.9), at(40.2, 30.0)), None);
    assert_eq!(depth(at(40.1, 30.0), at(40.2, 30.0)), Some(0.0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Against dense samples of the same way.
    #[test]
    fn depth_is_that_of_dense_samples(seed in any::<u64>(), centre in centres()) {
        let mut chance = Chance(seed);
        let area = Area::new(&[vec![star(centre, 3e4, 50, &mut chance)]]);
        let end = |chance: &mut Chance| {
            let (x, y) = (chance.between(-5e4, 5e4), chance.between(-4e4, 4e4));
            Position::from_e6(f64::from(centre.lon_e6) + x, f64::from(centre.lat_e6) + y)
        };
        let (a, b) = (end(&mut chance), end(&mut chance));
        let (dlon, dlat) = a.difference_e6(b);
        let dense = (0..=2_000)
            .map(|k| f64::from(k) / 2_000.0)
            .map(|t| Position::from_e6(f64::from(a.lon_e6) + t * dlon, f64::from(a.lat_e6) + t * dlat))
            .filter(|point| area.contains(*point))
            .map(|point| area.nearest_boundary(point).distance_m)
            .max_by(f64::total_cmp);
        let depth = area.segment_depth_m(a, b);
        match (dense, depth) {
            (Some(dense), Some(depth)) => prop_assert!((dense - depth).abs() < 35.0, "{} {}", dense, depth),
            (None, Some(depth)) => prop_assert!(depth < 10.0),
            (dense, depth) => prop_assert_eq!(dense, depth),
        }
    }
}

#[test]
fn a_foot_agrees_with_dense_samples_of_geographiclib() {
    let mut chance = Chance(21);
    for round in 0..400 {
        let (y, x) = (chance.between(-80.0, 80.0), chance.between(-180.0, 180.0));
        let length = [0.02, 0.2, 1.2][round % 3];
        let away = [0.01, 0.06, 0.5, 4.0][round % 4];
        let a = at(y, x);
        let b = Position::from_e6(
            f64::from(a.lon_e6) + 1e6 * chance.between(-length, length),
            f64::from(a.lat_e6) + 1e6 * chance.between(-length, length),
        );
        let (dlon, dlat) = a.difference_e6(b);
        let along = chance.between(-0.2, 1.2);
        let point = Position::from_e6(
            f64::from(a.lon_e6) + along * dlon + 1e6 * chance.between(-away, away),
            (f64::from(a.lat_e6) + along * dlat + 1e6 * chance.between(-away, away)).clamp(-88e6, 88e6),
        );
        let truth = |t: f64| true_m(lat(point), lon(point), lat(a) + t * dlat * 1e-6, lon(a) + t * dlon * 1e-6);
        // Coarse, then fine around the least.
        let least = |from: f64, step: f64| {
            (0..=200)
                .map(|k| (from + step * f64::from(k)).clamp(0.0, 1.0))
                .min_by(|s, t| truth(*s).total_cmp(&truth(*t)))
                .unwrap_or(0.0)
        };
        let coarse = least(0.0, 0.005);
        let should = truth(least(coarse - 0.01, 0.0001));
        let edges = crate::domain::geometry::edges::edges_of(&crate::domain::geometry::frame::unwrapped(&[a, b]));
        let is = Edges::new(edges).nearest(point, None).map_or(f64::NAN, |found| found.foot.distance_m);
        let allowed = if should <= 10_000.0 { 1.0 } else { 0.001 * should };
        assert!((is - should).abs() < allowed, "{a:?} {b:?} {point:?}: {is} instead of {should}");
    }
}
