//! Customs offices, for the questions "who is nearest" and "who is responsible".

use crate::domain::position::Position;

/// One customs office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// Reference number.
    pub code: String,
    /// For people.
    pub name: String,
    /// Where, if known.
    pub position: Option<Position>,
    /// `head`, `directorate`, `gate`, ...
    pub kind: String,
    /// Office above it.
    pub parent: Option<String>,
}

/// A micro-degree of latitude is nowhere shorter (0.11057 m at the equator), also by the measure of 0.1 % that is used here.
const LEAST_M_PER_E6: f64 = 0.110;

/// The nearest of the offices that have a position; of equally near ones that with the smallest code.
/// The offices must be sorted by code.
pub fn nearest(offices: &[Office], point: Position) -> Option<&Office> {
    let mut best: Option<(f64, &Office)> = None;
    for office in offices {
        let Some(position) = office.position else { continue };
        // No way is shorter than the one along a meridian to the other's latitude.
        let apart_m = f64::from((position.lat_e6 - point.lat_e6).abs()) * LEAST_M_PER_E6;
        if best.is_some_and(|(least, _)| apart_m > least) {
            continue;
        }
        let distance = position.distance_m(point);
        if best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, office));
        }
    }
    best.map(|(_, office)| office)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn office(code: usize, position: Option<Position>) -> Office {
        Office { code: format!("TR{code:06}"), name: String::new(), position, kind: String::new(), parent: None }
    }

    proptest! {
        /// The slow twin asks every office.
        #[test]
        fn none_that_is_left_out_is_nearer(
            places in prop::collection::vec(prop::option::of((35_000_000..43_000_000, 25_000_000..46_000_000)), 0..60),
            (lat_e6, lon_e6) in (35_000_000..43_000_000, 25_000_000..46_000_000),
        ) {
            let place = |(lat_e6, lon_e6)| Position { lat_e6, lon_e6 };
            let offices: Vec<Office> = places.iter().enumerate().map(|(n, at)| office(n, at.map(place))).collect();
            let point = place((lat_e6, lon_e6));
            let away = |office: &&Office| office.position.map_or(f64::INFINITY, |at| at.distance_m(point));
            let known = offices.iter().filter(|office| office.position.is_some());
            let slow = known.min_by(|a, b| away(a).total_cmp(&away(b)));
            prop_assert_eq!(nearest(&offices, point), slow);
        }
    }
}
