//! Routes against a scan of every segment and against GeographicLib.

use super::areas::nearest_slowly;
use super::*;
use crate::domain::geometry::Route;

/// A road that wanders: `count` vertices about `step_m` apart.
fn road(start: Position, count: usize, step_m: f64, chance: &mut Chance) -> Vec<Position> {
    let mut course = chance.between(0.0, core::f64::consts::TAU);
    let mut line = vec![start];
    while line.len() < count {
        course += chance.between(-0.5, 0.5);
        let step = step_m * chance.between(0.2, 1.0);
        let last = line[line.len() - 1];
        line.push(if chance.next().is_multiple_of(20) {
            last
        } else {
            last.offset_m(step * libm::sin(course), step * libm::cos(course))
        });
    }
    line
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn nearest_is_that_of_all_segments_whatever_the_hint(
        seed in any::<u64>(), centre in centres(), count in 1usize..300, step_m in 5.0..20_000.0f64,
    ) {
        let mut chance = Chance(seed);
        let main = road(centre, count, step_m.min(3e6 / count as f64), &mut chance);
        let branch = road(main[count / 2], count / 3 + 1, step_m.min(3e6 / count as f64), &mut chance);
        let route = Route::new(&[main.clone(), branch]);
        for _ in 0..8 {
            let beside = main[chance.next() as usize % main.len()];
            let reach = [10.0, 500.0, 9_000.0, 60_000.0][chance.next() as usize % 4];
            let point = beside.offset_m(chance.between(-reach, reach), chance.between(-reach, reach));
            let answer = route.nearest(point, None);
            prop_assert_eq!(Some((answer.segment as usize, answer.distance_m)), nearest_slowly(&route.edges, point));
            for hint in [0, answer.segment, chance.next() as u32 % (2 * count as u32), u32::MAX] {
                prop_assert_eq!(route.nearest(point, Some(hint)), answer);
            }
            prop_assert_eq!(answer.cross_track_m.abs(), answer.distance_m);
        }
    }

    /// A scattered line crosses itself, repeats vertices and turns back: the hint still changes nothing.
    #[test]
    fn nearest_of_any_line_at_all(
        (line, points) in (centres(), prop_oneof![Just(500_000), Just(4_000)]).prop_flat_map(|(centre, reach_e6)| {
            let near = scattered(centre, reach_e6);
            (proptest::collection::vec(near.clone(), 1..80), proptest::collection::vec(near, 10))
        }),
    ) {
        let route = Route::new(std::slice::from_ref(&line));
        for point in points.into_iter().chain(line) {
            let answer = route.nearest(point, None);
            prop_assert_eq!(Some((answer.segment as usize, answer.distance_m)), nearest_slowly(&route.edges, point));
            for hint in [answer.segment / 2, answer.segment + 1, 0] {
                prop_assert_eq!(route.nearest(point, Some(hint)), answer);
            }
            prop_assert!(answer.chainage_m >= 0.0 && answer.chainage_m <= route.length_m() * (1.0 + 1e-12));
        }
    }

    #[test]
    fn candidates_are_the_best_of_each_stretch(seed in any::<u64>(), within_m in 10.0..5_000.0f64) {
        let mut chance = Chance(seed);
        let main = road(at(39.5, 33.0), 200, 800.0, &mut chance);
        let branch = road(main[90], 60, 800.0, &mut chance);
        let route = Route::new(&[main.clone(), branch]);
        let point = main[chance.next() as usize % 200].offset_m(chance.between(-3e3, 3e3), chance.between(-3e3, 3e3));
        let mut expected: Vec<(usize, f64)> = Vec::new();
        let mut last = usize::MAX - 1;
        let query = route.edges.queries(point).next().expect("a route has a query");
        for (index, edge) in route.edges.iter().enumerate() {
            let metres = query.foot(*edge).distance_m;
            if metres > within_m {
                continue;
            }
            match expected.last_mut() {
                Some(best) if last + 1 == index && index != 199 => {
                    if metres < best.1 {
                        *best = (index, metres);
                    }
                }
                _ => expected.push((index, metres)),
            }
            last = index;
        }
        let found = route.candidates(point, within_m);
        let found: Vec<(usize, f64)> = found.iter().map(|m| (m.segment as usize, m.distance_m)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn places_and_chainages_invert_each_other(seed in any::<u64>(), centre in centres(), step_m in 50.0..10_000.0f64) {
        let mut chance = Chance(seed);
        let route = Route::new(&[road(centre, 60, step_m, &mut chance)]);
        for _ in 0..20 {
            let chainage = chance.between(0.0, route.length_m());
            let place = route.at(chainage);
            let answer = route.nearest(place, None);
            prop_assert!(answer.distance_m < 0.2);
            // The line may cross itself there: one of the stretches must have the chainage.
            let close = route.candidates(place, 1.0).iter().any(|m| (m.chainage_m - chainage).abs() < 1.0);
            let sharp = route.candidates(place, 1.0).len() == 1 && (answer.chainage_m - chainage).abs() < 5.0;
            prop_assert!(close || sharp, "{} instead of {}", answer.chainage_m, chainage);
        }
    }
}

#[test]
fn points_on_the_centre_line_are_on_it() {
    let corridors = [
        [at(38.0, 33.0), at(39.0, 33.0)],
        [at(39.0, 27.0), at(39.0, 28.2)],
        [at(37.2, 30.1), at(37.9, 31.2)],
        [at(41.0, 44.0), at(40.1, 42.7)],
        [at(-20.0, 179.5), at(-20.6, -179.7)],
    ];
    for [a, b] in corridors {
        let route = Route::new(&[vec![a, b]]);
        let (dlon, dlat) = a.difference_e6(b);
        let mut worst = 0.0_f64;
        for k in 0..=20_000 {
            let t = f64::from(k) / 20_000.0;
            let point = Position::from_e6(f64::from(a.lon_e6) + t * dlon, f64::from(a.lat_e6) + t * dlat);
            let answer = route.nearest(point, None);
            assert!(answer.distance_m >= 0.0 && answer.cross_track_m.abs() == answer.distance_m);
            worst = worst.max(answer.distance_m);
        }
        assert!(worst < 0.2, "{a:?} {b:?}: {worst} m");
    }
}

#[test]
fn long_chords_have_their_true_length() {
    for [a, b] in [[at(36.0, 30.0), at(36.9, 30.4)], [at(42.0, 26.0), at(36.0, 45.0)], [at(70.0, 10.0), at(70.4, 12.5)]]
    {
        let (dlon, dlat) = a.difference_e6(b);
        let place = |t: f64| (lat(a) + t * dlat * 1e-6, lon(a) + t * dlon * 1e-6);
        let along = |t: f64| -> f64 {
            (0..2_000)
                .map(|k| (place(t * f64::from(k) / 2_000.0), place(t * f64::from(k + 1) / 2_000.0)))
                .map(|(p, q)| true_m(p.0, p.1, q.0, q.1))
                .sum()
        };
        let route = Route::new(&[vec![a, b]]);
        assert!((route.length_m() / along(1.0) - 1.0).abs() < 1e-4);
        for t in [0.1, 0.25, 0.5, 0.8] {
            let (y, x) = place(t);
            let answer = route.nearest(at(y, x), None);
            assert!((answer.chainage_m / along(t) - 1.0).abs() < 1e-3, "{} {}", answer.chainage_m, along(t));
            assert!(truth_m(route.at(answer.chainage_m), at(y, x)) < 0.5);
        }
    }
}

#[test]
fn right_of_travel_is_positive() {
    let east = Route::new(&[vec![at(40.0, 30.0), at(40.0, 30.5), at(40.0, 31.0)]]);
    assert!(east.nearest(at(39.99, 30.2), None).cross_track_m > 1_000.0);
    assert!(east.nearest(at(40.01, 30.2), None).cross_track_m < -1_000.0);
    assert!(east.nearest(at(40.01, 30.5), None).cross_track_m < -1_000.0);
    assert!(east.nearest(at(39.99, 29.99), None).cross_track_m > 1_000.0);
    assert_eq!(east.nearest(at(40.0, 30.7), None).cross_track_m, 0.0);
    // A hairpin to the left: whatever lies before its tip is outside, hence to the right.
    let tip = at(40.0, 31.0);
    let hairpin = Route::new(&[vec![at(40.0, 30.0), tip, tip, at(40.02, 30.0)]]);
    for (lat, lon) in [(40.0, 31.01), (40.005, 31.01), (39.995, 31.01), (39.99, 31.0)] {
        assert!(hairpin.nearest(at(lat, lon), None).cross_track_m > 400.0, "{lat} {lon}");
    }
    assert!(hairpin.nearest(at(40.009, 30.5), None).cross_track_m < 0.0);
}

#[test]
fn branches_are_mapped_onto_the_first_line() {
    let main = vec![at(40.0, 30.0), at(40.0, 30.5), at(40.0, 31.0)];
    let branch = vec![at(40.0, 30.2), at(40.1, 30.5), at(40.0, 30.8)];
    let route = Route::new(&[main.clone(), branch.clone()]);
    let length = route.length_m();
    let middle = route.nearest(at(40.1, 30.5), None);
    assert!((middle.chainage_m - length / 2.0).abs() < 1.0 && middle.segment == 2, "{middle:?}");
    let reversed: Vec<Position> = branch.iter().rev().copied().collect();
    let against = Route::new(&[main.clone(), reversed]);
    for point in [at(40.06, 30.3), at(40.04, 30.35), at(40.08, 30.6)] {
        let (with, against) = (route.nearest(point, None), against.nearest(point, None));
        assert!((with.chainage_m - against.chainage_m).abs() < 1.0);
        assert!((with.cross_track_m - against.cross_track_m).abs() < 0.1, "{with:?} {against:?}");
    }
    // A branch that touches nothing and one of a single vertex are harmless.
    let route = Route::new(&[main, vec![], vec![at(41.0, 30.4)], vec![at(39.0, 29.0), at(39.0, 29.5)]]);
    assert_eq!(route.nearest(at(41.0, 30.4), None).distance_m, 0.0);
    assert!(route.nearest(at(39.0, 29.3), None).chainage_m < 1.0);
    assert_eq!(route.lines().len(), 3);
}

#[test]
fn ties_go_to_the_smaller_segment() {
    let line = vec![at(40.0, 30.0), at(40.0, 30.1), at(40.0, 30.2), at(40.0, 30.1), at(40.0, 30.0)];
    let route = Route::new(&[line]);
    for hint in [None, Some(0), Some(1), Some(2), Some(3)] {
        assert_eq!(route.nearest(at(40.01, 30.1), hint).segment, 0);
        assert_eq!(route.nearest(at(40.01, 30.15), hint).segment, 1);
        assert_eq!(route.nearest(at(40.01, 30.05), hint).segment, 0);
    }
}

#[test]
fn degenerate_lines_have_answers() {
    let point = at(40.0, 30.0);
    for lines in [vec![], vec![vec![]]] {
        let none = Route::new(&lines);
        assert_eq!(none.nearest(point, Some(3)).distance_m, f64::INFINITY);
        assert!(none.candidates(point, 1e9).is_empty());
        assert_eq!((none.length_m(), none.course_deg_at(5.0), none.at(5.0)), (0.0, 0.0, Position::default()));
        assert_eq!(none.bounds(), Default::default());
    }
    for line in [vec![point], vec![point, point, point]] {
        let one = Route::new(&[line]);
        let answer = one.nearest(at(40.0, 30.1), None);
        assert!((answer.distance_m - truth_m(point, at(40.0, 30.1))).abs() < 0.1);
        assert_eq!((answer.chainage_m, answer.segment, answer.position), (0.0, 0, point));
        assert_eq!((one.at(f64::NAN), one.at(1e9), one.course_deg_at(0.0)), (point, point, 0.0));
    }
}

#[test]
fn courses_follow_the_line() {
    let corner = at(40.0, 30.5);
    let route = Route::new(&[vec![at(40.0, 30.0), corner, corner, at(40.5, 30.5)]]);
    let east = route.nearest(corner, None).chainage_m;
    assert_eq!(route.course_deg_at(east / 2.0), 90.0);
    assert_eq!(route.course_deg_at(east + 1.0), 0.0);
    assert_eq!(route.course_deg_at(east), 0.0);
    assert_eq!(route.course_deg_at(1e12), 0.0);
    assert_eq!((route.at(-5.0), route.at(1e12)), (at(40.0, 30.0), at(40.5, 30.5)));
    let oblique = Route::new(&[vec![at(40.0, 30.0), at(40.05, 30.05)]]);
    let should = at(40.02, 30.02).course_deg(at(40.021, 30.021));
    assert!((oblique.course_deg_at(0.42 * oblique.length_m()) - should).abs() < 0.05);
}

#[test]
fn a_route_across_180_degrees_is_one_route() {
    let route = Route::new(&[vec![at(65.0, 179.0), at(65.0, -179.0)], vec![at(65.2, -179.5), at(65.2, 179.5)]]);
    let (a, b) = (route.nearest(at(65.01, 179.99), None), route.nearest(at(65.01, -179.99), None));
    assert!((a.chainage_m + b.chainage_m - route.length_m()).abs() < 1.0);
    assert!(a.chainage_m < b.chainage_m && a.distance_m < 1_200.0 && a.cross_track_m < 0.0);
    let branch = route.nearest(at(65.2, 180.0), None);
    assert!(
        branch.segment == 1 && branch.distance_m == 0.0 && (branch.chainage_m - route.length_m() / 2.0).abs() < 1.0
    );
    assert_eq!(route.bounds(), (at(65.0, 179.0), at(65.2, -179.0)));
    assert!(route.at(route.length_m() / 2.0).distance_m(at(65.0, 180.0)) < 0.2);
}
