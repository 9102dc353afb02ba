//! D6: back along the corridor, and against a one-way corridor.

use super::super::super::alert::{Kind, Priority};
use super::super::super::episode::Measure;
use super::super::testing::{Trial, fix};
use super::*;

#[test]
fn back_by_more_than_two_kilometres_is_told_and_ends_near_the_farthest_point() {
    for every in [10, 30, 60, 120] {
        let mut rig = Rig::new(source(vec![]));
        rig.go(every, 20.0, 20_000.0, 0.0);
        rig.go(every, 20.0, 14_000.0, 0.0);
        let [back] = rig.of(Kind::WrongDirection)[..] else { panic!("once at {every} s: {:?}", rig.found) };
        assert_eq!((back.priority, back.ended, back.subject.as_str()), (Priority::Low, None, "corridor:c"));
        let turned = START + 1000 * SECOND;
        let delay = (back.onset - turned) / SECOND;
        assert!((100..=100 + 2 * every + 10).contains(&delay), "{delay} s after the turn, 2 km take 100 s");
        rig.go(every, 20.0, 40_000.0, 0.0);
        let [back] = rig.of(Kind::WrongDirection)[..] else { panic!("once: {:?}", rig.found) };
        assert!(back.ended.is_some());
        let driven = back.get(Measure::BackM).unwrap_or(0);
        assert!((5_900..=6_100).contains(&driven), "{driven} m");
    }
}

#[test]
fn a_fix_on_the_way_back_already_shows_how_far_it_had_come() {
    // Between two reports it turns: the second is nearer than its speed says, or farther, for it had hurried first.
    for (before_mps, turned) in [(20.0, 26_500.0), (8.0, 30_300.0)] {
        let mut trial = Trial::new(300, 0);
        trial.drive(0, 1_200, 300);
        trial.see(1_200, 24_000.0, 0.0, before_mps);
        let way = [turned, turned - 4_000.0, turned - 4_600.0, 27_000.0, 30_000.0, 36_000.0, 42_000.0];
        for (n, x) in way.into_iter().enumerate() {
            let course_ddeg = Some(if n < 2 { 2_700 } else { 900 });
            trial.fix(&Fix { course_ddeg, ..fix(1_500 + 300 * n as i64, x, 0.0, if n == 2 { 1.5 } else { 14.0 }) });
        }
        let found = trial.found(Kind::WrongDirection);
        let [back] = found[..] else { panic!("{turned} m: {found:?}") };
        assert!(back.get(Measure::BackM).is_some_and(|m| m > 4_000), "{back:?}");
    }
}

#[test]
fn an_interchange_loop_and_one_outlier_ahead_are_no_way_back() {
    let mut rig = Rig::new(source(vec![]));
    rig.go(30, 20.0, 20_000.0, 0.0);
    rig.go(30, 20.0, 18_400.0, 0.0);
    rig.go(30, 20.0, 30_000.0, 0.0);
    // 300 s may hide 12 km: the gate cannot tell this fix from a fast vehicle.
    rig.fix(300, 41_000.0, 0.0);
    rig.fix(300, 33_000.0, 0.0);
    rig.go(300, 20.0, 55_000.0, 0.0);
    assert!(rig.of(Kind::WrongDirection).is_empty(), "{:?}", rig.found);
}

#[test]
fn against_a_one_way_corridor_half_a_kilometre_is_enough() {
    let one_way = || {
        let mut source = source(vec![]);
        source.corridors[0].one_way = true;
        Rig::new(source)
    };
    let mut rig = one_way();
    rig.go(10, 20.0, 20_000.0, 0.0);
    rig.go(10, 20.0, 18_500.0, 0.0);
    let [back] = rig.of(Kind::WrongDirection)[..] else { panic!("{:?}", rig.found) };
    assert_eq!(back.reasons, ["one_way"]);
    rig.go(10, 20.0, 25_000.0, 0.0);
    assert!(rig.of(Kind::WrongDirection)[0].ended.is_some());
    let mut shunting = one_way();
    shunting.go(10, 20.0, 20_000.0, 0.0);
    shunting.go(10, 3.0, 19_000.0, 0.0);
    assert!(shunting.of(Kind::WrongDirection).is_empty(), "who crawls has no course");
}

#[test]
fn a_corridor_that_comes_back_beside_itself_is_matched_by_what_can_be_reached() {
    // Out to the east, and back to the west 300 m beside: the nearest leg alternates with the noise, progress does not.
    let mut source = source(vec![]);
    source.corridors[0].lines = vec![vec![at(0.0, 0.0), at(30_000.0, 0.0), at(30_000.0, 300.0), at(0.0, 300.0)]];
    let mut rig = Rig::new(source);
    let mut aside = [40.0, 170.0, 190.0].into_iter().cycle();
    while rig.x < 29_000.0 {
        let (x, y) = (rig.x + 500.0, aside.next().unwrap_or(0.0));
        rig.fix(30, x, y);
    }
    rig.go(30, 16.0, 30_000.0, 150.0);
    while rig.x > 5_000.0 {
        let (x, y) = (rig.x - 500.0, 300.0 - aside.next().unwrap_or(0.0));
        rig.fix(30, x, y);
    }
    assert!(rig.of(Kind::WrongDirection).is_empty(), "{:?}", rig.found);
    let reached = rig.machine.side.progress.farthest_dm / 10;
    assert!((54_000..56_000).contains(&reached), "{reached}");
}

#[test]
fn off_the_corridor_there_is_no_direction() {
    let mut rig = Rig::new(source(vec![]));
    rig.go(30, 20.0, 20_000.0, 0.0);
    rig.go(30, 20.0, 18_500.0, 3_000.0);
    rig.go(30, 20.0, 12_000.0, 3_000.0);
    rig.go(30, 20.0, 19_000.0, 1_000.0);
    rig.go(30, 20.0, 21_000.0, 0.0);
    assert_eq!(rig.of(Kind::CorridorDeviation).len(), 1);
    assert!(rig.of(Kind::WrongDirection).is_empty(), "{:?}", rig.found);
}
