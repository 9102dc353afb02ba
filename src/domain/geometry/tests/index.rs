//! The index of areas against asking every area.

use super::*;
use crate::domain::geometry::{Area, AreaIndex};

#[test]
fn candidates_are_the_areas_whose_box_holds_the_point() {
    let mut chance = Chance(30);
    let mut areas = vec![Area::new(&[])];
    for _ in 0..400 {
        let (y, x) = (chance.between(-80.0, 80.0), chance.between(-180.0, 180.0));
        let (height, width) = (chance.between(0.1, 8.0), chance.between(0.1, 30.0));
        let corner = |dy: f64, dx: f64| Position::from_e6((x + dx) * 1e6, (y + dy) * 1e6);
        areas.push(Area::new(&[vec![vec![corner(0.0, 0.0), corner(0.0, width), corner(height, width / 2.0)]]]));
    }
    let world = vec![at(-90.0, -180.0), at(-90.0, 180.0), at(90.0, 180.0), at(90.0, -180.0)];
    areas.push(Area::new(&[vec![world]]));
    let index = AreaIndex::new(&areas);
    let mut hits = 0;
    for round in 0..2_000 {
        let lon = if round % 10 == 0 { [-180.0, 180.0, 179.99][round / 10 % 3] } else { chance.between(-180.0, 180.0) };
        let point = at(chance.between(-90.0, 90.0), lon);
        let mut out = vec![99];
        index.candidates(point, &mut out);
        assert_eq!(out[0], 99);
        let found = &out[1..];
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{found:?}");
        let inside: Vec<u32> =
            (0..).zip(&areas).filter(|(_, area)| area.contains(point)).map(|(place, _)| place).collect();
        hits += inside.len();
        assert!(inside.iter().all(|place| found.contains(place)), "{point:?}: {found:?} without {inside:?}");
        for place in found {
            let (south_west, north_east) = areas[*place as usize].bounds();
            assert!((south_west.lat_e6..=north_east.lat_e6).contains(&point.lat_e6));
        }
    }
    assert!(hits > 2_200, "{hits}");
}

#[test]
fn an_empty_index_has_no_candidates() {
    let mut out = Vec::new();
    AreaIndex::new(&[]).candidates(at(40.0, 30.0), &mut out);
    assert!(out.is_empty());
}
