//! Reads a feature of `corridors/`.

use super::features::{Feature, Geometry, Properties};
use crate::domain::rulebook::{CorridorSource, Fault};

/// The corridor; what is wrong is told and left empty.
pub fn read(mut feature: Feature, found: &mut Vec<Fault>) -> CorridorSource {
    let lines = match std::mem::replace(&mut feature.geometry, Geometry::Nothing) {
        Geometry::Lines(lines) => lines,
        Geometry::Nothing => Vec::new(),
        Geometry::Polygons(_) => {
            feature.broken = true;
            let message = "a corridor must be a LineString or MultiLineString; areas belong to zones/";
            found.push(Fault::new("geometry_type", feature.place.clone(), message));
            Vec::new()
        }
    };
    let mut properties = Properties::new(&mut feature, found);
    let mut corridor = CorridorSource {
        id: properties.text("id").unwrap_or_default(),
        name: properties.text("name"),
        half_width_m: properties.number("half_width_m"),
        time_limit_h: properties.number("time_limit_h"),
        one_way: properties.flag("one_way").unwrap_or(false),
        checkpoints: properties.texts("checkpoints"),
        places: properties.texts("places"),
        from: properties.text("from"),
        to: properties.text("to"),
        lines,
        ..CorridorSource::default()
    };
    corridor.broken = feature.broken;
    corridor.place = feature.place;
    corridor
}
