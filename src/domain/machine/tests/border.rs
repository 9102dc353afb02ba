//! D7: approaching the border, under a hold and without one.

use super::super::super::alert::{Kind, Priority};
use super::super::{Entry, Turn};
use super::*;

/// The land ends at 50 km; a gate lies on the corridor there, or not.
fn land(gate: bool) -> Vec<ZoneSource> {
    let mut zones = vec![zone("land", "territory", (-20_000.0, -40_000.0), (50_000.0, 40_000.0))];
    zones.extend(gate.then(|| zone("gate", "border_gate", (49_000.0, -600.0), (50_500.0, 600.0))));
    zones
}

fn approach(gate: bool, held: bool, x: f64) -> Option<(Priority, Vec<String>, String)> {
    let mut rig = Rig::new(source(land(gate))).place(30_000.0, 0.0);
    if held {
        rig.timeline.push(Entry { time: START + 10 * SECOND, order: 1, turn: Turn::Hold(true) });
    }
    rig.go(30, 20.0, x, 0.0);
    let found = rig.of(Kind::BorderApproach);
    assert!(found.len() < 2, "{found:?}");
    found.first().map(|e| (e.priority, e.reasons.clone(), e.subject.clone()))
}

#[test]
fn nearer_is_more_urgent_and_a_hold_one_step_more() {
    let of = |gate, held, x| approach(gate, held, x).map(|(priority, ..)| priority);
    assert_eq!(approach(false, false, 39_000.0), None);
    assert_eq!(of(false, false, 42_000.0), Some(Priority::Journal));
    assert_eq!(of(false, false, 48_500.0), Some(Priority::Medium));
    assert_eq!(of(true, false, 48_500.0), Some(Priority::Journal), "on its way to be cleared");
    assert_eq!(of(false, true, 42_000.0), Some(Priority::Low));
    assert_eq!(of(false, true, 48_500.0), Some(Priority::High));
    assert_eq!(of(true, true, 48_500.0), Some(Priority::High), "it will not be cleared");
    let told = approach(true, true, 48_500.0);
    assert!(told.is_some_and(|(_, reasons, subject)| reasons.contains(&"hold".to_owned()) && subject == "gate:gate"));
}
