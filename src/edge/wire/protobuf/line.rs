//! A drawn corridor: GeoJSON on one side, two packed lists of numbers on the other.

use serde::{Deserialize, Serialize};

use super::commands::Line;

/// A GeoJSON LineString with its half width.
#[derive(Clone, Serialize, Deserialize)]
pub struct LineString {
    #[serde(rename = "type")]
    kind: String,
    coordinates: Vec<(f64, f64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    half_width_m: Option<f64>,
}

impl From<Line> for LineString {
    fn from(line: Line) -> LineString {
        // A longitude without a latitude is no point, and the corridor no corridor: the reader of JSON drops it.
        let even = line.lat.len() == line.lon.len();
        let pairs = line.lat.iter().zip(&line.lon).filter(|_| even);
        LineString {
            kind: "LineString".to_owned(),
            coordinates: pairs.map(|(lat, lon)| (f64::from(*lon) / 1e7, f64::from(*lat) / 1e7)).collect(),
            half_width_m: line.half_width_m,
        }
    }
}

impl TryFrom<LineString> for Line {
    type Error = String;

    fn try_from(line: LineString) -> Result<Line, String> {
        let e7 = |degrees: f64| (degrees * 1e7).round() as i32;
        Ok(Line {
            lat: line.coordinates.iter().map(|(_, lat)| e7(*lat)).collect(),
            lon: line.coordinates.iter().map(|(lon, _)| e7(*lon)).collect(),
            half_width_m: line.half_width_m,
        })
    }
}
