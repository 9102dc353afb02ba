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

/// The nearest of the offices that have a position; of equally near ones that with the smallest code.
/// The offices must be sorted by code.
pub fn nearest(offices: &[Office], point: Position) -> Option<&Office> {
    let mut best: Option<(f64, &Office)> = None;
    for office in offices {
        let Some(position) = office.position else { continue };
        let distance = position.distance_m(point);
        if best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, office));
        }
    }
    best.map(|(_, office)| office)
}
