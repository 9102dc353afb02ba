//! The grid of areas against asking every area.

use super::*;
use crate::domain::geometry::{Area, AreaGrid};

fn assert_agrees(grid: &AreaGrid, areas: &[Area], point: Position) -> usize {
    let mut out = vec![99];
    grid.containing(point, |number| &areas[number as usize], &mut out);
    let inside: Vec<u32> = (0..).zip(areas).filter(|(_, area)| area.contains(point)).map(|(place, _)| place).collect();
    assert_eq!((out[0], &out[1..]), (99, inside.as_slice()), "{point:?}");
    inside.len()
}

/// Points that are hardest: corners and what lies beside them, and the sides of squares.
fn around(corner: Position) -> impl Iterator<Item = Position> {
    let steps = [0, 1, -1, 1 << 14, -(1 << 14)];
    steps.into_iter().flat_map(move |dy| {
        steps.into_iter().map(move |dx| {
            Position::from_e6(f64::from(corner.lon_e6) + f64::from(dx), f64::from(corner.lat_e6) + f64::from(dy))
        })
    })
}

#[test]
fn it_gives_the_areas_that_contain_a_point() {
    let mut chance = Chance(30);
    let mut areas = vec![Area::new(&[])];
    let mut corners = Vec::new();
    for number in 0..600 {
        // A third of them crowd in one country, so that its squares are divided.
        let crowd = number % 3 == 0;
        let (y, x) = if crowd {
            (chance.between(38.0, 39.0), chance.between(30.0, 31.0))
        } else {
            (chance.between(-80.0, 80.0), chance.between(-180.0, 180.0))
        };
        let size = if crowd { 0.02 } else { 1.0 };
        let (height, width) = (size * chance.between(0.1, 8.0), size * chance.between(0.1, 30.0));
        let corner = |dy: f64, dx: f64| Position::from_e6((x + dx) * 1e6, (y + dy) * 1e6);
        let ring = vec![corner(0.0, 0.0), corner(0.0, width), corner(height, width / 2.0)];
        corners.extend_from_slice(&ring);
        areas.push(Area::new(&[vec![ring]]));
    }
    let world = vec![at(-90.0, -180.0), at(-90.0, 180.0), at(90.0, 180.0), at(90.0, -180.0)];
    areas.push(Area::new(&[vec![world]]));
    let grid = AreaGrid::new(&areas);
    let mut hits = 0;
    for round in 0..4_000 {
        let lon = if round % 10 == 0 { [-180.0, 180.0, 179.99][round / 10 % 3] } else { chance.between(-180.0, 180.0) };
        let crowd = at(chance.between(37.9, 39.2), chance.between(29.9, 31.6));
        hits += assert_agrees(&grid, &areas, at(chance.between(-90.0, 90.0), lon));
        hits += assert_agrees(&grid, &areas, crowd);
    }
    assert!(hits > 12_000, "{hits}");
    for corner in corners.into_iter().step_by(5).chain([at(90.0, 180.0), at(-90.0, -180.0)]) {
        around(corner).for_each(|point| {
            assert_agrees(&grid, &areas, point);
        });
    }
}

#[test]
fn without_areas_nothing_contains_a_point() {
    for areas in [vec![], vec![Area::new(&[])]] {
        let grid = AreaGrid::new(&areas);
        for point in [at(40.0, 30.0), at(-90.0, -180.0), at(90.0, 180.0)] {
            assert_eq!(assert_agrees(&grid, &areas, point), 0);
        }
    }
}
