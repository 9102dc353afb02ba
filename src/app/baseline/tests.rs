//! Each method on fixes laid by hand.

use std::sync::Arc;

use super::{Baseline, METHODS};
use crate::app::score::Alarm;
use crate::domain::position::Position;
use crate::domain::record::{Action, Body, Command, CorridorChoice, Declaration, Fix, Record, Source};
use crate::domain::rulebook::Rulebook;
use crate::domain::rulebook::source::{CorridorSource, Source as Files};
use crate::domain::rules::Rules;
use crate::domain::time::{Millis, SECOND};

const BEGIN: Millis = 1_777_622_400_000;

fn rules() -> Arc<Rules> {
    let end = |lon_e6| Position { lat_e6: 40_000_000, lon_e6 };
    let corridor = CorridorSource {
        id: "c".into(),
        half_width_m: Some(250.0),
        lines: vec![vec![end(32_000_000), end(33_000_000)]],
        ..CorridorSource::default()
    };
    let files = Files { sha256: "0".repeat(64), corridors: vec![corridor], ..Files::default() };
    Rules::new(Rulebook::compile(files).unwrap())
}

/// Alarms of every method over fixes (second, arrived at second, metres along, metres aside).
fn alarms(fixes: &[(i64, i64, f64, f64)]) -> [Vec<Alarm>; 4] {
    let rules = rules();
    let source = |timestamp| Source { partition: 0, offset: 0, timestamp };
    let declaration = Declaration { corridor: Some(CorridorChoice::Id("c".into())), ..Declaration::default() };
    let action = Action::Activate { journey: "J".into(), declaration: Box::new(declaration) };
    let activate = Record {
        source: source(BEGIN),
        body: Body::Command(Box::new(Command { unit: "u".into(), time: BEGIN, action })),
    };
    METHODS.map(|method| {
        let mut baseline = Baseline::new(method, &rules);
        baseline.read(&activate);
        for (second, came, along, aside) in fixes {
            let position = Position { lat_e6: 40_000_000, lon_e6: 32_100_000 }.offset_m(*along, *aside);
            let fix = Fix { time: BEGIN + second * SECOND, position, valid: true, ..Fix::default() };
            let body = Body::Fix { unit: "u".into(), fix };
            baseline.read(&Record { source: source(BEGIN + came * SECOND), body });
        }
        baseline.finish()
    })
}

#[test]
fn one_outlier_alarms_all_but_the_debounce() {
    let fixes: Vec<_> =
        (0..60).map(|i| (i * 10, i * 10, i as f64 * 200.0, if i == 30 { 900.0 } else { 0.0 })).collect();
    let counts = alarms(&fixes).map(|list| list.len());
    assert_eq!(counts, [1, 0, 1, 1]);
}

#[test]
fn a_long_deviation_is_found_by_all_and_later_by_the_debounce() {
    let aside = |i: i64| if (20..40).contains(&i) { 900.0 } else { 0.0 };
    let fixes: Vec<_> = (0..60).map(|i| (i * 10, i * 10, i as f64 * 200.0, aside(i))).collect();
    let found = alarms(&fixes);
    let raised = |list: &[Alarm]| list.iter().map(|a| (a.raised - BEGIN) / SECOND).collect::<Vec<_>>();
    assert_eq!(
        [raised(&found[0]), raised(&found[1]), raised(&found[2]), raised(&found[3])],
        [[200], [230], [200], [200]]
    );
    assert!(found.iter().flatten().all(|a| a.ended.is_some() && a.kind == "corridor_deviation"));
}

#[test]
fn what_is_uploaded_late_is_lost_to_traccar_and_to_a_watermark() {
    // The deviation between 200 s and 400 s arrives ten minutes later, after newer fixes.
    let live = (0..60).filter(|i| !(20..40).contains(i)).map(|i| (i * 10, i * 10, i as f64 * 200.0, 0.0));
    let late = (20..40).map(|i| (i * 10, 1_000 + i, i as f64 * 200.0, 900.0));
    let fixes: Vec<_> = live.chain(late).collect();
    let counts = alarms(&fixes).map(|list| list.len());
    assert_eq!(counts, [1, 1, 0, 0]);
}

#[test]
fn traccar_finds_a_stop_after_its_time() {
    let along = |i: i64| if i < 20 { i as f64 * 200.0 } else { 4_000.0 };
    let fixes: Vec<_> = (0..200).map(|i| (i * 10, i * 10, along(i), 0.0)).collect();
    let found = alarms(&fixes);
    assert_eq!(found[2].len(), 1);
    assert!((found[2][0].raised - found[2][0].onset) / SECOND >= 900);
    assert!(found[0].is_empty());
}
