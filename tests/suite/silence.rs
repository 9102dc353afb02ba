//! How long a silence is explained by a tunnel (DETECTION, 5.11).

use kervan::domain::alert::{Kind, Op};
use kervan::domain::position::Position;
use kervan::domain::time::{Millis, SECOND};

use super::arrivals::{activate, decided, fix};
use super::world::road;

/// Reports a minute apart up to a place, and then nothing; whether seven minutes later a silence is told. Five are the limit.
fn is_silent_after(way: impl Fn(i64) -> Position) -> bool {
    let minute: Millis = 60 * SECOND;
    let mut said = vec![activate(None)];
    said.extend((0..=15).map(|n| fix(n * minute, way(15 - n), 20)));
    let ran = decided(&said, 22 * minute);
    ran.out.revisions.iter().any(|r| r.op == Op::Raise && r.kind == Kind::Silence)
}

#[test]
fn a_tunnel_ahead_on_the_corridor_explains_a_longer_silence() {
    // The tunnel begins 250 m ahead.
    assert!(!is_silent_after(|back| road(18_000.0 - 1_200.0 * back as f64)), "into the tunnel");
    assert!(is_silent_after(|back| road(10_000.0 - 600.0 * back as f64)), "where none is");
}

#[test]
fn a_tunnel_of_the_corridor_explains_nothing_of_who_is_off_it() {
    // Three kilometres beside it, at the same chainage.
    assert!(is_silent_after(|back| road(18_000.0 - 1_200.0 * back as f64).offset_m(0.0, 3_000.0)));
}
