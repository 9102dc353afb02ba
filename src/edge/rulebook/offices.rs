//! Reads `offices.csv`: `code,name,lat,lon,kind,parent`, in any order; further columns are ignored.

use csv::{ReaderBuilder, StringRecord};

use super::RulebookFile;
use crate::domain::position::Position;
use crate::domain::rulebook::{Fault, OfficeSource, Place};

const COLUMNS: [&str; 6] = ["code", "name", "lat", "lon", "kind", "parent"];

/// The offices; a row that cannot be read is told and left out.
pub fn read(file: &RulebookFile, found: &mut Vec<Fault>) -> Vec<OfficeSource> {
    let place =
        |line: Option<u64>| Place { file: file.path.clone(), line: line.map(|line| line as usize), ..Place::default() };
    let mut reader = ReaderBuilder::new().from_reader(file.text());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            found.push(Fault::new("syntax", place(Some(1)), format!("this is not CSV: {error}")));
            return Vec::new();
        }
    };
    let columns = COLUMNS.map(|name| header.iter().position(|column| column == name));
    let missing: Vec<&str> =
        COLUMNS.iter().zip(&columns).filter(|(_, at)| at.is_none()).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        let message = format!("the header lacks {}; it must have {}", missing.join(", "), COLUMNS.join(","));
        found.push(Fault::new("no_column", place(Some(1)), message));
        return Vec::new();
    }
    let mut offices = Vec::new();
    for row in reader.records() {
        match row {
            Ok(row) => offices.push(office(&row, columns, place(row.position().map(|at| at.line())), found)),
            Err(error) => {
                let line = error.position().map(|at| at.line());
                found.push(Fault::new("syntax", place(line), format!("this row cannot be read: {error}")));
            }
        }
    }
    offices
}

fn office(row: &StringRecord, columns: [Option<usize>; 6], place: Place, found: &mut Vec<Fault>) -> OfficeSource {
    let [code, name, lat, lon, kind, parent] =
        columns.map(|at| at.and_then(|at| row.get(at)).unwrap_or_default().trim());
    let place = Place { id: Some(code).filter(|code| !code.is_empty()).map(str::to_string), ..place };
    let mut broken = false;
    let position = match (lat, lon) {
        ("", "") => None,
        _ => {
            let position = degrees(lat, 90.0).zip(degrees(lon, 180.0));
            if position.is_none() {
                broken = true;
                let message = format!(
                    "lat \"{lat}\" and lon \"{lon}\" are no position: degrees, -90 to 90 and -180 to 180, or both empty"
                );
                found.push(Fault::new("bad_coordinates", place.clone(), message));
            }
            position.map(|(lat_e6, lon_e6)| Position { lat_e6, lon_e6 })
        }
    };
    OfficeSource {
        place,
        code: code.to_string(),
        name: name.to_string(),
        position,
        kind: kind.to_string(),
        parent: Some(parent).filter(|parent| !parent.is_empty()).map(str::to_string),
        broken,
    }
}

fn degrees(text: &str, limit: f64) -> Option<i32> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.abs() <= limit)?;
    Some((number * 1e6).round() as i32)
}
