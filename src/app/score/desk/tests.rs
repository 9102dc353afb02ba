//! Whose load an alarm is.

use super::load::Loads;
use super::verdict::{Layout, budget, targets};

#[test]
fn the_budget_grows_with_the_fleet() {
    assert_eq!((budget(300), budget(50)), (144.0, 24.0));
}

#[test]
fn a_silent_desk_misses_only_the_shares() {
    let found = targets(&[], &Loads::default(), Layout { vehicles: 300, days: 1, operators: 1 });
    let missed: Vec<&str> = found.iter().filter(|t| !t.met).map(|t| t.figure).collect();
    assert_eq!(missed, ["low / medium / high"]);
}
