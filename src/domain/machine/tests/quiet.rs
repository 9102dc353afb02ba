//! What a journey has that nothing happens to.

use super::super::state::Side;
use super::*;

/// Which of the parts that a machine seldom needs take room of their own.
fn there(side: &Side) -> Vec<&'static str> {
    let Side { chain, jump, book, off, dual, holes, suspicions, jam, sensors, progress, docking, .. } = side;
    [
        ("held", chain.held.is_there()),
        ("jump", jump.is_there()),
        ("book", book.is_there()),
        ("off", off.is_there()),
        ("dual", dual.is_there()),
        ("holes", holes.is_there()),
        ("suspicions", suspicions.is_there()),
        ("flag", jam.flag.is_there()),
        ("active", sensors.active.is_there()),
        ("noted", progress.noted.is_there()),
        ("reversals", docking.reversals.is_there()),
    ]
    .into_iter()
    .filter_map(|(name, there)| there.then_some(name))
    .collect()
}

#[test]
fn who_drives_along_has_none_of_what_is_seldom() {
    let mut rig = Rig::new(source(Vec::new())).place(1_000.0, 0.0);
    rig.go(30, 20.0, 40_000.0, 20.0);
    assert_eq!((there(&rig.machine.side), rig.found.len()), (Vec::new(), 0));
    rig.go(30, 20.0, 45_000.0, 6_000.0);
    assert_eq!(there(&rig.machine.side), ["book", "off"], "and who leaves the corridor has what that takes");
}
