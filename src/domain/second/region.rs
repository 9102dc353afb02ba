//! Regions by name: cells of H3 (Uber's hexagonal grid), which any map tool can draw.
//!
//! `h3o` without its feature `std` reckons with `libm`, so the cell of a position is the same on every machine.

use h3o::{CellIndex, LatLng, Resolution};

use super::super::position::Position;

/// The cell of a position at a resolution of H3, 0 to 15; beyond 15 it is 15.
pub fn cell(position: Position, resolution: u8) -> u64 {
    let resolution = Resolution::try_from(resolution).unwrap_or(Resolution::Fifteen);
    let point = LatLng::new(f64::from(position.lat_e6) / 1e6, f64::from(position.lon_e6) / 1e6);
    // Latitude and longitude of a position are finite.
    point.map_or(0, |point| u64::from(point.to_cell(resolution)))
}

/// The subject of a cell: `cell:` and its index in hexadecimal, as H3 writes it.
pub fn subject(cell: u64) -> String {
    format!("cell:{cell:x}")
}

/// The middle of a cell.
pub fn middle(cell: u64) -> Option<Position> {
    let point = LatLng::from(CellIndex::try_from(cell).ok()?);
    Some(Position::from_e6(point.lng() * 1e6, point.lat() * 1e6))
}

/// Twice the mean length of an edge at resolutions 0 to 15, kilometres: what a cell measures across
/// (H3 documentation, "Tables of cell statistics").
const ACROSS_KM: [f64; 16] =
    [2562.6, 966.1, 364.2, 137.6, 52.1, 19.7, 7.46, 2.81, 1.06, 0.401, 0.152, 0.0573, 0.0217, 0.0082, 0.0031, 0.0012];

/// The resolution whose cells come nearest to a size, by their ratio: 50 km is resolution 4.
pub fn resolution(size_km: f64) -> u8 {
    let ratio = |across: f64| if across > size_km { across / size_km } else { size_km / across };
    let mut best = 0;
    for (at, across) in ACROSS_KM.iter().enumerate() {
        if ratio(*across) < ratio(ACROSS_KM[best]) {
            best = at;
        }
    }
    best as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_those_of_h3() {
        // h3.latLngToCell(37.775938728915946, -122.41795063018799, 9), the example of H3's documentation.
        let here = Position { lat_e6: 37_775_939, lon_e6: -122_417_951 };
        assert_eq!(subject(cell(here, 9)), "cell:8928308280fffff");
        let middle = middle(cell(here, 4)).unwrap();
        assert_eq!(cell(middle, 4), cell(here, 4));
        assert!(middle.distance_m(here) < 30_000.0);
        assert_eq!([50.0, 20.0, 1.0, 5000.0, 0.0001].map(resolution), [4, 5, 8, 0, 15]);
    }
}
