//! One GeoJSON file by itself, with or without the properties of a rulebook: only its shapes are judged.

use super::RulebookFile;
use super::features::{self, Geometry};
use crate::domain::rulebook::{Fault, Place, ring};

/// What a file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Features.
    pub features: usize,
    /// Polygons.
    pub polygons: usize,
    /// Rings of polygons.
    pub rings: usize,
    /// Lines.
    pub lines: usize,
    /// Positions of rings and lines.
    pub positions: usize,
}

/// Checks the shapes of every feature: what is wrong, and what is there.
pub fn check(file: &RulebookFile) -> (Vec<Fault>, Contents) {
    let (mut found, mut contents) = (Vec::new(), Contents::default());
    let Some(features) = features::read(file, &mut found) else { return (found, contents) };
    contents.features = features.len();
    for feature in features {
        match feature.geometry {
            Geometry::Nothing => {}
            Geometry::Polygons(polygons) => {
                contents.polygons += polygons.len();
                contents.rings += polygons.iter().map(Vec::len).sum::<usize>();
                contents.positions += polygons.iter().flatten().map(Vec::len).sum::<usize>();
                found.extend(ring::check(&polygons).into_iter().map(|flaw| flaw.into_fault(&feature.place)));
            }
            Geometry::Lines(lines) => {
                contents.lines += lines.len();
                contents.positions += lines.iter().map(Vec::len).sum::<usize>();
                for (part, line) in lines.iter().enumerate().filter(|(_, line)| line.iter().all(|p| p == &line[0])) {
                    let place = Place { part: Some(part), position: line.first().copied(), ..feature.place.clone() };
                    let message = "the line has no length; it needs two different positions";
                    found.push(Fault::warning("line_without_length", place, message));
                }
            }
        }
    }
    (found, contents)
}
