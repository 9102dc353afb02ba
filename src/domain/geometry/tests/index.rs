//! The index of areas against asking every area.

use super::*;
use crate::domain::geometry::{Area, AreaIndex};

#[test]
fn candidates_are_the_areas_that_a_way_meets() {
    let mut chance = Chance(31);
    let mut areas = vec![Area::new(&[])];
    for _ in 0..400 {
        let (y, x) = (chance.between(-80.0, 80.0), chance.between(-180.0, 180.0));
        let (height, width) = (chance.between(0.1, 8.0), chance.between(0.1, 30.0));
        let corner = |dy: f64, dx: f64| Position::from_e6((x + dx) * 1e6, (y + dy) * 1e6);
        areas.push(Area::new(&[vec![vec![corner(0.0, 0.0), corner(0.0, width), corner(height, width / 2.0)]]]));
    }
    let index = AreaIndex::new(&areas);
    let mut hits = 0;
    for round in 0..1_000 {
        let lon = if round % 10 == 0 { 179.9 } else { chance.between(-180.0, 180.0) };
        let from = at(chance.between(-85.0, 85.0), lon);
        let to = from.offset_m(chance.between(-40e3, 40e3), chance.between(-40e3, 40e3));
        let mut out = vec![99];
        index.candidates_along(from, to, &mut out);
        let found = &out[1..];
        assert!(out[0] == 99 && found.windows(2).all(|pair| pair[0] < pair[1]), "{out:?}");
        let met: Vec<u32> =
            (0..).zip(&areas).filter(|(_, a)| a.segment_depth_m(from, to).is_some()).map(|(place, _)| place).collect();
        hits += met.len();
        assert!(met.iter().all(|place| found.contains(place)), "{from:?} {to:?}: {found:?} without {met:?}");
    }
    assert!(hits > 100, "{hits}");
}
