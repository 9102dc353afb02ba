//! Checkpoints, and the responsibility areas of offices.

use super::super::super::alert::{Confidence, Kind, Priority};
use super::super::super::episode::Measure;
use super::*;

fn checkpoint() -> ZoneSource {
    zone("check", "checkpoint", (19_800.0, -150.0), (20_200.0, 150.0))
}

#[test]
fn who_drives_through_is_not_missed_at_any_interval() {
    for every in [5, 10, 30, 45, 60, 120, 300] {
        for phase in [0.0, 100.0, 250.0] {
            let mut rig = Rig::new(source(vec![checkpoint()])).place(-phase, 0.0);
            rig.go(every, 20.0, 45_000.0, 0.0);
            assert!(rig.of(Kind::CheckpointMissed).is_empty(), "{every} s, {phase} m: {:?}", rig.found);
        }
    }
}

#[test]
fn who_drives_round_it_has_missed_it() {
    for every in [10, 30, 60] {
        let mut rig = Rig::new(source(vec![checkpoint()]));
        rig.go(every, 20.0, 18_000.0, 0.0);
        rig.go(every, 20.0, 19_000.0, 300.0);
        rig.go(every, 20.0, 21_000.0, 300.0);
        rig.go(every, 20.0, 22_000.0, 0.0);
        rig.go(every, 20.0, 30_000.0, 0.0);
        let [missed] = rig.of(Kind::CheckpointMissed)[..] else { panic!("at {every} s: {:?}", rig.found) };
        assert_eq!(missed.subject, "checkpoint:check");
        assert_eq!((missed.priority, missed.confidence), (Priority::Low, Confidence::Confirmed));
        assert!(missed.ended == Some(missed.raised) && missed.onset <= missed.raised);
        assert!(rig.of(Kind::CorridorDeviation).is_empty(), "all of it within the corridor");
    }
}

#[test]
fn who_leaves_the_corridor_before_and_comes_back_behind_has_missed_it() {
    let mut rig = Rig::new(source(vec![checkpoint()]));
    rig.go(30, 20.0, 17_000.0, 0.0);
    rig.go(30, 20.0, 18_500.0, 2_000.0);
    rig.go(30, 20.0, 22_000.0, 2_000.0);
    rig.go(30, 20.0, 23_500.0, 0.0);
    rig.go(30, 20.0, 30_000.0, 0.0);
    let [missed] = rig.of(Kind::CheckpointMissed)[..] else { panic!("{:?}", rig.found) };
    assert_eq!(missed.priority, Priority::Low);
}

#[test]
fn a_checkpoint_may_be_passed_off_the_corridor() {
    for every in [10, 30] {
        let mut rig = Rig::new(source(vec![zone("check", "checkpoint", (19_000.0, -150.0), (21_000.0, 1_500.0))]));
        rig.go(every, 20.0, 17_000.0, 0.0);
        rig.go(every, 20.0, 18_000.0, 1_000.0);
        rig.go(every, 20.0, 22_000.0, 1_000.0);
        rig.go(every, 20.0, 23_000.0, 0.0);
        rig.go(every, 20.0, 30_000.0, 0.0);
        assert_eq!(rig.of(Kind::CorridorDeviation).len(), 1);
        assert!(rig.of(Kind::CheckpointMissed).is_empty(), "{every} s: {:?}", rig.found);
    }
}

#[test]
fn where_fixes_are_missing_nothing_is_held_against_it() {
    let mut rig = Rig::new(source(vec![checkpoint()]));
    rig.go(30, 20.0, 15_000.0, 0.0);
    rig.fix(900, 30_000.0, 0.0);
    rig.go(30, 20.0, 35_000.0, 0.0);
    let [missed] = rig.of(Kind::CheckpointMissed)[..] else { panic!("{:?}", rig.found) };
    assert_eq!((missed.priority, missed.confidence), (Priority::Journal, Confidence::Unverified));
}

#[test]
fn a_journey_that_begins_behind_a_checkpoint_never_had_it_ahead() {
    for begin in [20_150.0, 20_300.0, 25_000.0] {
        let mut rig = Rig::new(source(vec![checkpoint()])).place(begin, 250.0);
        rig.stand(30, 120);
        rig.go(30, 20.0, 40_000.0, 0.0);
        assert!(rig.of(Kind::CheckpointMissed).is_empty(), "{begin}: {:?}", rig.found);
    }
}

fn areas() -> Vec<ZoneSource> {
    areas_meeting_at(25_000.0)
}

fn areas_meeting_at(border_m: f64) -> Vec<ZoneSource> {
    let area = |id: &str, office: &str, from: f64, to: f64| ZoneSource {
        office: Some(office.to_owned()),
        ..zone(id, "office_area", (from, -30_000.0), (to, 30_000.0))
    };
    vec![area("west", "TR1", -5_000.0, border_m), area("east", "TR2", border_m, 70_000.0)]
}

#[test]
fn the_next_office_is_told_five_kilometres_ahead_until_the_entry() {
    let mut rig = Rig::new(source(areas()));
    rig.go(30, 20.0, 19_000.0, 0.0);
    assert!(rig.of(Kind::HandoverDue).is_empty());
    rig.go(30, 20.0, 24_000.0, 0.0);
    let [due] = rig.of(Kind::HandoverDue)[..] else { panic!("{:?}", rig.found) };
    assert_eq!((due.subject.as_str(), due.priority, due.ended), ("office:TR2", Priority::Journal, None));
    rig.go(30, 20.0, 50_000.0, 0.0);
    let [due] = rig.of(Kind::HandoverDue)[..] else { panic!("{:?}", rig.found) };
    let entry = START + 1250 * SECOND;
    assert!(due.ended.is_some_and(|t| (entry..entry + 31 * SECOND).contains(&t)), "{:?}", due.ended);
}

#[test]
fn a_handover_that_was_done_is_not_due_again_at_the_border_of_the_areas() {
    // Some of these are no whole decimetres along the corridor.
    for step in 0..6 {
        let mut rig = Rig::new(source(areas_meeting_at(25_003.0 + 0.237 * f64::from(step))));
        rig.go(30, 20.0, 25_200.0, 0.0);
        rig.go(30, 20.0, 24_600.0, 0.0);
        rig.go(30, 20.0, 25_200.0, 0.0);
        let [due] = rig.of(Kind::HandoverDue)[..] else { panic!("{step}: {:?}", rig.found) };
        assert_eq!(due.get(Measure::Occurrences), None, "{step}: {due:?}");
    }
}

#[test]
fn a_handover_ends_where_the_vehicle_turns_back_and_is_low_while_an_alert_is_active() {
    let mut rig = Rig::new(source(areas()));
    rig.go(30, 20.0, 21_000.0, 0.0);
    rig.go(30, 20.0, 16_000.0, 0.0);
    let [due] = rig.of(Kind::HandoverDue)[..] else { panic!("{:?}", rig.found) };
    assert!(due.ended.is_some() && due.priority == Priority::Journal);
    // It is still the wrong way when it comes near again.
    assert_eq!(rig.of(Kind::WrongDirection).len(), 1);
    rig.go(30, 20.0, 20_300.0, 0.0);
    let due = rig.of(Kind::HandoverDue)[..].last().map(|e| (e.priority, e.reasons.clone()));
    assert_eq!(due, Some((Priority::Low, vec!["alert_open".to_owned()])));
}
