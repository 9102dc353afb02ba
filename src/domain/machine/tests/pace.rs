//! D5: hardly any progress in an hour of driving.

use super::super::super::alert::{Kind, Priority};
use super::super::testing::Trial;
use super::*;

/// Up and down between two chainages for so many minutes.
fn wander(rig: &mut Rig, every: i64, minutes: i64) {
    let (until, near) = (rig.now + minutes * 60, rig.x - 1_200.0);
    let far = rig.x;
    while rig.now < until {
        rig.go(every, 10.0, near, 0.0);
        rig.go(every, 10.0, far, 0.0);
    }
}

#[test]
fn an_hour_on_the_same_stretch_is_told_and_ends_with_progress() {
    for every in [10, 30, 60, 120] {
        let mut rig = Rig::new(source(vec![]));
        rig.go(every, 20.0, 20_000.0, 0.0);
        wander(&mut rig, every, 50);
        assert!(rig.of(Kind::SlowProgress).is_empty(), "{every} s: {:?}", rig.found);
        wander(&mut rig, every, 30);
        let [slow] = rig.of(Kind::SlowProgress)[..] else { panic!("{every} s: {:?}", rig.found) };
        assert_eq!((slow.priority, slow.ended, slow.subject.as_str()), (Priority::Low, None, "corridor:c"));
        assert!(slow.raised - slow.onset >= 3_300 * SECOND);
        rig.go(every, 20.0, 26_000.0, 0.0);
        assert!(rig.of(Kind::SlowProgress)[0].ended.is_some());
        assert!(rig.of(Kind::WrongDirection).is_empty());
    }
}

#[test]
fn rests_and_queues_are_not_slow() {
    let queue = zone("queue", "queue", (30_000.0, -100.0), (33_000.0, 100.0));
    let mut rig = Rig::new(source(vec![queue]));
    rig.go(30, 20.0, 10_000.0, 0.0);
    rig.stand(30, 11 * 3600);
    rig.go(30, 20.0, 11_000.0, 0.0);
    rig.stand(30, 45 * 60);
    rig.go(30, 20.0, 30_200.0, 0.0);
    rig.go(30, 0.3, 32_800.0, 0.0);
    rig.go(30, 20.0, 40_000.0, 0.0);
    assert!(rig.of(Kind::SlowProgress).is_empty(), "{:?}", rig.found);
}

#[test]
fn a_gap_is_not_counted() {
    let mut rig = Rig::new(source(vec![]));
    rig.go(30, 20.0, 10_000.0, 0.0);
    for _ in 0..6 {
        rig.go(30, 20.0, rig.x + 200.0, 0.0);
        rig.fix(1_000, rig.x + 50.0, 0.0);
    }
    rig.go(30, 20.0, 40_000.0, 0.0);
    assert!(rig.of(Kind::SlowProgress).is_empty(), "{:?}", rig.found);
}

#[test]
fn a_stop_ends_what_was_slow() {
    let mut rig = Rig::new(source(vec![]));
    rig.go(30, 20.0, 20_000.0, 0.0);
    wander(&mut rig, 30, 75);
    rig.stand(30, 1_500);
    let [slow] = rig.of(Kind::SlowProgress)[..] else { panic!("{:?}", rig.found) };
    assert!(slow.ended.is_some(), "a stop is told as a stop");
}

#[test]
fn who_passes_a_place_again_and_again_is_slow_and_who_is_where_he_was_at_every_report_does_not_stand() {
    let place = zone("place", "permitted_stop", (19_000.0, -200.0), (19_500.0, 200.0));
    let mut rig = Rig::new(source(vec![place]));
    rig.go(30, 20.0, 20_000.0, 0.0);
    wander(&mut rig, 30, 75);
    assert_eq!(rig.of(Kind::SlowProgress).len(), 1, "{:?}", rig.found);
    // Up and down takes five minutes: every report comes from the same place.
    let mut trial = Trial::new(300, 0);
    trial.drive(0, 1_800, 300);
    for t in (1_800..7_200).step_by(300) {
        trial.see(t, 36_000.0 + 5.0 * (t % 900) as f64 / 300.0, 0.0, 14.0);
    }
    assert_eq!(trial.found(Kind::SlowProgress).len(), 1);
    assert!(trial.found(Kind::UnusualStop).is_empty());
}
