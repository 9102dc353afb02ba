//! GeoJSON features (RFC 7946): geometry in whole micro-degrees, properties still as JSON.

use serde_json::{Map, Value};

use super::RulebookFile;
use crate::domain::position::Position;
use crate::domain::rulebook::{Fault, Place, Rings};

/// A feature, as far as it could be read.
pub struct Feature {
    /// Where it stands, its id included where that is text.
    pub place: Place,
    /// Properties.
    pub properties: Map<String, Value>,
    /// Geometry; `Nothing` where it is absent, empty or wrong.
    pub geometry: Geometry,
    /// Whether a fault was found in it.
    pub broken: bool,
}

/// The geometries a rulebook has.
#[derive(Debug, PartialEq)]
pub enum Geometry {
    /// Polygon or MultiPolygon.
    Polygons(Vec<Rings>),
    /// LineString or MultiLineString.
    Lines(Vec<Vec<Position>>),
    /// None.
    Nothing,
}

/// Every feature of a file: of a FeatureCollection, a single Feature, or a bare geometry. `None` where the file as a
/// whole could not be read.
pub fn read(file: &RulebookFile, found: &mut Vec<Fault>) -> Option<Vec<Feature>> {
    let root: Value = match serde_json::from_slice(file.text()) {
        Ok(root) => root,
        Err(error) => {
            let place = Place { line: Some(error.line()), ..place(file) };
            found.push(Fault::new("syntax", place, format!("this is not JSON: {error}")));
            return None;
        }
    };
    match (kind(&root), root.get("features")) {
        (Some("FeatureCollection"), Some(Value::Array(features))) => {
            Some(features.iter().enumerate().map(|(index, json)| feature(json, index, file, found)).collect())
        }
        (Some("Feature"), _) => Some(vec![feature(&root, 0, file, found)]),
        (Some("Polygon" | "MultiPolygon" | "LineString" | "MultiLineString"), _) => {
            let mut reader = Reader { place: place(file), broken: false, found };
            let geometry = reader.geometry(&root);
            let (place, broken) = (reader.place, reader.broken);
            Some(vec![Feature { place, properties: Map::new(), geometry, broken }])
        }
        _ => {
            let message = "this is not GeoJSON: a FeatureCollection with `features` is expected";
            found.push(Fault::new("not_geojson", place(file), message));
            None
        }
    }
}

fn kind(json: &Value) -> Option<&str> {
    json.get("type").and_then(Value::as_str)
}

fn place(file: &RulebookFile) -> Place {
    Place { file: file.path.clone(), ..Place::default() }
}

fn feature(json: &Value, index: usize, file: &RulebookFile, found: &mut Vec<Fault>) -> Feature {
    let properties = json.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let id = properties.get("id").and_then(Value::as_str).map(str::to_string);
    let place = Place { feature: Some(index), id, ..place(file) };
    let mut reader = Reader { place, broken: false, found };
    let geometry = match json.get("geometry") {
        _ if kind(json) != Some("Feature") => {
            reader.fault("not_geojson", "this is not a GeoJSON Feature: `type` must be \"Feature\"".into());
            Geometry::Nothing
        }
        None | Some(Value::Null) => Geometry::Nothing,
        Some(geometry) => reader.geometry(geometry),
    };
    let (place, broken) = (reader.place, reader.broken);
    Feature { place, properties, geometry, broken }
}

/// Reads one geometry and remembers where it is.
struct Reader<'a> {
    place: Place,
    broken: bool,
    found: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, code: &'static str, message: String) {
        self.broken = true;
        self.found.push(Fault::new(code, self.place.clone(), message));
    }

    fn geometry(&mut self, json: &Value) -> Geometry {
        let coordinates = json.get("coordinates").unwrap_or(&Value::Null);
        let geometry = match kind(json) {
            Some("Polygon") => self.rings(coordinates, 0).map(|rings| Geometry::Polygons(vec![rings])),
            Some("MultiPolygon") => {
                self.list(coordinates, |reader, part, json| reader.rings(json, part)).map(Geometry::Polygons)
            }
            Some("LineString") => self.line(coordinates, 0).map(|line| Geometry::Lines(vec![line])),
            Some("MultiLineString") => {
                self.list(coordinates, |reader, part, json| reader.line(json, part)).map(Geometry::Lines)
            }
            other => {
                let message = format!(
                    "the geometry {} is not one of Polygon, MultiPolygon, LineString, MultiLineString",
                    other.map_or("without a type".to_string(), |name| format!("\"{name}\""))
                );
                self.fault("geometry_type", message);
                None
            }
        };
        self.place = Place { part: None, ring: None, vertex: None, position: None, ..self.place.clone() };
        match geometry.filter(|_| !self.broken) {
            // `"coordinates": []` is an empty geometry.
            Some(Geometry::Polygons(parts)) if parts.iter().all(Vec::is_empty) => Geometry::Nothing,
            Some(Geometry::Polygons(parts)) => {
                Geometry::Polygons(parts.into_iter().filter(|p| !p.is_empty()).collect())
            }
            Some(Geometry::Lines(lines)) if lines.iter().all(Vec::is_empty) => Geometry::Nothing,
            Some(geometry) => geometry,
            None => Geometry::Nothing,
        }
    }

    /// Reads the elements of a list; a broken one is told and the others are read on.
    fn list<T>(&mut self, json: &Value, mut read: impl FnMut(&mut Self, usize, &Value) -> Option<T>) -> Option<Vec<T>> {
        let Value::Array(elements) = json else {
            self.fault("bad_coordinates", "`coordinates` must be nested lists as RFC 7946 says".into());
            return None;
        };
        let mut list = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            list.extend(read(self, index, element));
        }
        Some(list)
    }

    fn rings(&mut self, json: &Value, part: usize) -> Option<Rings> {
        self.place.part = Some(part);
        let rings = self.list(json, |reader, ring, json| {
            reader.place.ring = Some(ring);
            reader.positions(json)
        });
        self.place.ring = None;
        rings
    }

    fn line(&mut self, json: &Value, part: usize) -> Option<Vec<Position>> {
        self.place.part = Some(part);
        self.positions(json)
    }

    fn positions(&mut self, json: &Value) -> Option<Vec<Position>> {
        let positions = self.list(json, |reader, vertex, json| {
            let position = position(json);
            if position.is_none() {
                reader.place.vertex = Some(vertex);
                let written: String = json.to_string().chars().take(60).collect();
                let message = format!(
                    "{written} is not a position: [longitude -180 to 180, latitude -90 to 90] in degrees is expected"
                );
                reader.fault("bad_coordinates", message);
            }
            position
        });
        self.place.vertex = None;
        positions
    }
}

/// `[longitude, latitude, ...]` in degrees, to the nearest micro-degree, half away from zero.
fn position(json: &Value) -> Option<Position> {
    let numbers = json.as_array()?;
    let degrees = |index: usize, limit: f64| {
        let number = numbers.get(index)?.as_f64().filter(|number| number.abs() <= limit)?;
        Some((number * 1e6).round() as i32)
    };
    Some(Position { lon_e6: degrees(0, 180.0)?, lat_e6: degrees(1, 90.0)? })
}

/// Reads typed properties of a feature and tells those of the wrong type.
pub struct Properties<'a> {
    feature: &'a mut Feature,
    found: &'a mut Vec<Fault>,
}

impl<'a> Properties<'a> {
    pub fn new(feature: &'a mut Feature, found: &'a mut Vec<Fault>) -> Properties<'a> {
        Properties { feature, found }
    }

    /// A property; `null` is absent.
    fn get<T>(&mut self, key: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.feature.properties.get(key).filter(|value| !value.is_null())?;
        let taken = read(value);
        if taken.is_none() {
            self.wrong(format!("`{key}` must be {expected}"));
        }
        taken
    }

    /// Tells a fault of type.
    pub fn wrong(&mut self, message: String) {
        self.feature.broken = true;
        self.found.push(Fault::new("wrong_type", self.feature.place.clone(), message));
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        self.get(key, "text", |value| value.as_str().map(str::to_string))
    }

    pub fn whole(&mut self, key: &str) -> Option<i64> {
        self.get(key, "a whole number", |value| {
            value.as_i64().or_else(|| value.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 1e15).map(|n| n as i64))
        })
    }

    pub fn number(&mut self, key: &str) -> Option<f64> {
        self.get(key, "a number", Value::as_f64)
    }

    pub fn flag(&mut self, key: &str) -> Option<bool> {
        self.get(key, "true or false", Value::as_bool)
    }

    pub fn texts(&mut self, key: &str) -> Vec<String> {
        self.get(key, "a list of texts", texts).unwrap_or_default()
    }

    pub fn object(&mut self, key: &str) -> Option<Map<String, Value>> {
        self.get(key, "an object", |value| value.as_object().cloned())
    }
}

/// A list of texts.
pub fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_string)).collect()
}
