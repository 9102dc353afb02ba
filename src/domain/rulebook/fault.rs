//! What is wrong with a rulebook, and where: enough to open the file and mend it.

use std::fmt;

use crate::domain::position::Position;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The rulebook cannot be used.
    Fault,
    /// It can; somebody should look.
    Warning,
}

/// Where it is; every part that is known.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Place {
    /// Path within the rulebook, or the file that was named.
    pub file: String,
    /// Line of a text file, from 1.
    pub line: Option<usize>,
    /// Place of the feature in its collection, from 0.
    pub feature: Option<usize>,
    /// Its id.
    pub id: Option<String>,
    /// Polygon of a multi-polygon or line of a multi-line, from 0.
    pub part: Option<usize>,
    /// Ring of a polygon, from 0 (the outer one).
    pub ring: Option<usize>,
    /// Vertex of the ring or line, from 0.
    pub vertex: Option<usize>,
    /// Its coordinates.
    pub position: Option<Position>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// How bad.
    pub severity: Severity,
    /// Stable code.
    pub code: &'static str,
    /// Where.
    pub place: Place,
    /// What is wrong and what to do.
    pub message: String,
}

impl Fault {
    /// A fault.
    pub fn new(code: &'static str, place: Place, message: impl Into<String>) -> Fault {
        Fault { severity: Severity::Fault, code, place, message: message.into() }
    }

    /// A warning.
    pub fn warning(code: &'static str, place: Place, message: impl Into<String>) -> Fault {
        Fault { severity: Severity::Warning, code, place, message: message.into() }
    }

    /// Whether it keeps the rulebook from being used.
    pub fn is_fault(&self) -> bool {
        self.severity == Severity::Fault
    }
}

/// `zones/a.geojson: feature 3 "gate-x": polygon 0, ring 1, vertex 7 (42.407230, 37.474860)`; coordinates in the order
/// of GeoJSON, longitude first.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ": line {line}")?;
        }
        if let Some(feature) = self.feature {
            write!(f, ": feature {feature}")?;
        }
        if let Some(id) = &self.id {
            write!(f, " \"{id}\"")?;
        }
        let parts = [("part", self.part), ("ring", self.ring), ("vertex", self.vertex)];
        let mut between = ": ";
        for (name, index) in parts {
            if let Some(index) = index {
                write!(f, "{between}{name} {index}")?;
                between = ", ";
            }
        }
        if let Some(p) = self.position {
            write!(f, " ({}, {})", Degrees(p.lon_e6), Degrees(p.lat_e6))?;
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.place, self.message, self.code)
    }
}

/// Micro-degrees as degrees, without trailing zeros.
pub(crate) struct Degrees(pub i32);

impl fmt::Display for Degrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.unsigned_abs();
        let text = format!("{}{}.{:06}", if self.0 < 0 { "-" } else { "" }, whole / 1_000_000, whole % 1_000_000);
        let text = text.trim_end_matches('0');
        f.write_str(text.strip_suffix('.').unwrap_or(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_file_feature_and_vertex() {
        let place = Place {
            file: "zones/a.geojson".into(),
            feature: Some(3),
            id: Some("x".into()),
            part: Some(0),
            ring: Some(1),
            vertex: Some(7),
            position: Some(Position { lat_e6: 37_474_860, lon_e6: -42_000_000 }),
            line: None,
        };
        let fault = Fault::new("ring_touches", place, "the ring touches itself");
        assert_eq!(
            fault.to_string(),
            "zones/a.geojson: feature 3 \"x\": part 0, ring 1, vertex 7 (-42, 37.47486): the ring touches itself [ring_touches]"
        );
    }
}
