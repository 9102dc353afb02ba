//! Zones crossed between two fixes.

use super::super::super::alert::{Confidence, Kind, Priority};
use super::super::super::episode::Measure;
use super::*;

fn zones() -> Vec<ZoneSource> {
    vec![
        zone("ban", "forbidden", (20_000.0, -150.0), (20_300.0, 150.0)),
        zone("eye", "watch", (30_000.0, -150.0), (30_300.0, 150.0)),
    ]
}

#[test]
fn a_chord_through_a_zone_is_a_crossing() {
    let mut rig = Rig::new(source(zones())).place(19_800.0, 0.0);
    rig.stand(30, 120);
    rig.fix(30, 20_400.0, 0.0);
    let [crossed] = rig.of(Kind::ZoneCrossed)[..] else { panic!("{:?}", rig.found) };
    assert_eq!((crossed.subject.as_str(), crossed.priority), ("zone:ban", Priority::Medium));
    assert_eq!(crossed.confidence, Confidence::Inferred);
    assert_eq!(crossed.onset, START + 130 * SECOND, "a third of the way");
    assert_eq!((crossed.raised, crossed.ended), (START + 150 * SECOND, Some(START + 150 * SECOND)));
    assert_eq!((crossed.fixes.len(), crossed.get(Measure::DepthM)), (2, Some(149)));
}

#[test]
fn minutes_apart_it_is_the_corridor_that_was_driven() {
    for every in [60, 120, 300] {
        let mut rig = Rig::new(source(zones())).place(120.0, 0.0);
        rig.go(every, 19.0, 45_000.0, 0.0);
        let told: Vec<_> =
            rig.found.values().filter(|e| matches!(e.kind, Kind::ZoneEnter | Kind::ZoneCrossed)).collect();
        let mut subjects: Vec<_> = told.iter().map(|e| e.subject.as_str()).collect();
        subjects.sort_unstable();
        assert_eq!(subjects, ["zone:ban", "zone:eye"], "each once at {every} s: {told:?}");
        let watch = told.iter().find(|e| e.subject == "zone:eye" && e.kind == Kind::ZoneCrossed);
        assert!(watch.is_none_or(|e| e.priority == Priority::Journal));
    }
}

#[test]
fn no_crossing_is_inferred_off_the_corridor_over_a_gap_or_closer_than_the_zones_own_evidence() {
    // Beside the corridor's edge, a chord of two minutes: nobody knows the way.
    let mut off = Rig::new(source(zones())).place(19_000.0, 900.0);
    off.stand(30, 120);
    off.fix(120, 21_000.0, -900.0);
    assert!(off.of(Kind::ZoneCrossed).is_empty());
    let mut gap = Rig::new(source(zones())).place(15_000.0, 0.0);
    gap.stand(30, 120);
    gap.fix(900, 25_000.0, 0.0);
    assert!(gap.of(Kind::ZoneCrossed).is_empty());
    let mut dense = Rig::new(source(zones())).place(19_000.0, 0.0);
    dense.go(10, 8.0, 32_000.0, 0.0);
    assert!(dense.of(Kind::ZoneCrossed).is_empty() && dense.of(Kind::ZoneEnter).len() == 2);
}

#[test]
fn a_corner_that_is_only_grazed_is_not_crossed() {
    let mut rig = Rig::new(source(zones())).place(19_800.0, 135.0);
    rig.stand(30, 120);
    rig.fix(30, 20_400.0, 135.0);
    assert!(rig.of(Kind::ZoneCrossed).is_empty(), "15 m deep is within the noise: {:?}", rig.found);
}
