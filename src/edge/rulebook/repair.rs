//! Mends the polygons of a GeoJSON file; everything else in it stays as it is.

use serde_json::{Value, json};

use super::RulebookFile;
use super::features::{self, Geometry};
use crate::domain::position::Position;
use crate::domain::rulebook::ring::repair::{Change, repair};
use crate::domain::rulebook::{Fault, Place, Rings};

/// A mended file.
#[derive(Clone, Debug)]
pub struct Repaired {
    /// The file, of the same path.
    pub file: RulebookFile,
    /// Everything that was changed: where it was, and what was done.
    pub changes: Vec<(Place, String)>,
}

/// Mends what can be mended. Features without a change keep their coordinates as written; the others are written in
/// whole micro-degrees, without altitude. Geometry that cannot be read is left alone; check the result.
///
/// # Errors
/// The faults of a file that is no GeoJSON at all.
pub fn repair_file(file: &RulebookFile) -> Result<Repaired, Vec<Fault>> {
    let mut found = Vec::new();
    let Some(features) = features::read(file, &mut found) else { return Err(found) };
    // It was JSON a moment ago.
    let mut root: Value = serde_json::from_slice(file.text()).unwrap_or_default();
    let mut changes = Vec::new();
    for (index, feature) in features.into_iter().enumerate() {
        let Geometry::Polygons(polygons) = feature.geometry else { continue };
        let (mended, made) = repair(&polygons);
        if made.is_empty() {
            continue;
        }
        changes.extend(made.into_iter().map(|change| located(&feature.place, change)));
        if let Some(geometry) = geometry_of(&mut root, index) {
            write(geometry, &mended);
        }
    }
    let file = RulebookFile { path: file.path.clone(), bytes: print(&root).into_bytes() };
    Ok(Repaired { file, changes })
}

fn located(feature: &Place, change: Change) -> (Place, String) {
    let Change { part, ring, vertex, position, what } = change;
    (Place { part: Some(part), ring: Some(ring), vertex, position, ..feature.clone() }, what)
}

/// The geometry of the feature of that number, in any of the three shapes of a file.
fn geometry_of(root: &mut Value, index: usize) -> Option<&mut Value> {
    if root.get("features").is_some() {
        return root.get_mut("features")?.get_mut(index)?.get_mut("geometry");
    }
    if root.get("geometry").is_some() { root.get_mut("geometry") } else { Some(root) }
}

/// One polygon where there was one, else a multi-polygon; bounding boxes would be out of date.
fn write(geometry: &mut Value, polygons: &[Rings]) {
    let Some(object) = geometry.as_object_mut() else { return };
    let degrees = |p: &Position| json!([f64::from(p.lon_e6) / 1e6, f64::from(p.lat_e6) / 1e6]);
    let rings =
        |rings: &Rings| -> Value { rings.iter().map(|ring| ring.iter().map(degrees).collect::<Value>()).collect() };
    let single = object.get("type").and_then(Value::as_str) == Some("Polygon");
    let (name, coordinates) = match polygons {
        [one] if single => ("Polygon", rings(one)),
        many => ("MultiPolygon", many.iter().map(rings).collect()),
    };
    object.insert("type".into(), name.into());
    object.insert("coordinates".into(), coordinates);
    object.remove("bbox");
}

/// JSON with a line a feature, so that a difference can be read.
fn print(root: &Value) -> String {
    let Some(Value::Array(features)) = root.get("features") else { return format!("{root}\n") };
    let mut text = String::from("{");
    for (key, value) in root.as_object().into_iter().flatten().filter(|(key, _)| *key != "features" && *key != "bbox") {
        text.push_str(&format!("{}:{value},", Value::from(key.as_str())));
    }
    let lines: Vec<String> = features.iter().map(Value::to_string).collect();
    text.push_str(&format!("\"features\":[\n{}\n]}}\n", lines.join(",\n")));
    text
}
