//! H3: cells of a hexagonal grid, for counting and joining by place.
//!
//! H3 measures on a sphere of its own; distances in metres are `distance_m`'s.

use std::str::FromStr;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListBuilder, StringArray, StringBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use datafusion::common::{Result, exec_err};
use h3o::{CellIndex, LatLng, Resolution};

use super::RowFunction;

/// Widest disk: 3 k (k + 1) + 1 = 30 301 cells a row.
const DISK_STEPS_MAX: i64 = 100;

pub fn functions() -> Vec<RowFunction> {
    use DataType::{Boolean, Float64, Int64, Utf8};
    let cells = DataType::List(Arc::new(Field::new_list_field(Utf8, true)));
    vec![
        RowFunction::new("h3_cell(lat, lon, resolution)", vec![Float64, Float64, Int64], Utf8, cell),
        RowFunction::new("h3_parent(cell, resolution)", vec![Utf8, Int64], Utf8, parent),
        RowFunction::new("h3_resolution(cell)", vec![Utf8], Int64, resolution),
        RowFunction::new("h3_center_lat(cell)", vec![Utf8], Float64, center_lat),
        RowFunction::new("h3_center_lon(cell)", vec![Utf8], Float64, center_lon),
        RowFunction::new("h3_distance(cell, cell)", vec![Utf8, Utf8], Int64, distance),
        RowFunction::new("h3_disk(cell, k)", vec![Utf8, Int64], cells, disk),
        RowFunction::new("h3_is_cell(text)", vec![Utf8], Boolean, is_cell),
    ]
}

fn cell(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let (lat, lon) = (columns[0].as_primitive::<Float64Type>(), columns[1].as_primitive::<Float64Type>());
    let resolutions = columns[2].as_primitive::<Int64Type>();
    let mut cells = StringBuilder::new();
    for ((lat, lon), resolution) in lat.iter().zip(lon).zip(resolutions) {
        let (Some(lat), Some(lon), Some(resolution)) = (lat, lon, resolution) else {
            cells.append_null();
            continue;
        };
        let resolution = resolution_of(resolution)?;
        cells.append_option(place(lat, lon).map(|place| place.to_cell(resolution).to_string()));
    }
    Ok(Arc::new(cells.finish()))
}

/// The one place where degrees of SQL become H3's: latitude first in both.
fn place(lat: f64, lon: f64) -> Option<LatLng> {
    if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lon) {
        return None;
    }
    LatLng::new(lat, lon).ok()
}

fn parent(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let resolutions = columns[1].as_primitive::<Int64Type>();
    let parents: Result<StringArray> = texts(&columns[0])
        .zip(resolutions)
        .map(|pair| {
            let (Some(text), Some(resolution)) = pair else { return Ok(None) };
            Ok(parse(text)?.parent(resolution_of(resolution)?).map(|parent| parent.to_string()))
        })
        .collect();
    Ok(Arc::new(parents?))
}

fn resolution(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let numbers: Result<Int64Array> = texts(&columns[0])
        .map(|text| text.map(|text| Ok(i64::from(u8::from(parse(text)?.resolution())))).transpose())
        .collect();
    Ok(Arc::new(numbers?))
}

fn center_lat(columns: &[ArrayRef]) -> Result<ArrayRef> {
    center(&columns[0], LatLng::lat)
}

fn center_lon(columns: &[ArrayRef]) -> Result<ArrayRef> {
    center(&columns[0], LatLng::lng)
}

fn center(column: &ArrayRef, degrees: fn(LatLng) -> f64) -> Result<ArrayRef> {
    let centers: Result<Float64Array> =
        texts(column).map(|text| text.map(|text| Ok(degrees(LatLng::from(parse(text)?)))).transpose()).collect();
    Ok(Arc::new(centers?))
}

fn distance(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let distances: Result<Int64Array> = texts(&columns[0])
        .zip(texts(&columns[1]))
        .map(|pair| {
            let (Some(from), Some(to)) = pair else { return Ok(None) };
            Ok(parse(from)?.grid_distance(parse(to)?).ok().map(i64::from))
        })
        .collect();
    Ok(Arc::new(distances?))
}

fn disk(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let mut disks = ListBuilder::new(StringBuilder::new());
    for pair in texts(&columns[0]).zip(columns[1].as_primitive::<Int64Type>()) {
        let (Some(text), Some(steps)) = pair else {
            disks.append_null();
            continue;
        };
        let Some(steps) = u32::try_from(steps).ok().filter(|_| steps <= DISK_STEPS_MAX) else {
            return exec_err!("h3_disk(cell, k): k is {steps}, but must be from 0 to {DISK_STEPS_MAX}");
        };
        let mut cells = parse(text)?.grid_disk::<Vec<CellIndex>>(steps);
        cells.sort_unstable();
        cells.iter().for_each(|cell| disks.values().append_value(cell.to_string()));
        disks.append(true);
    }
    Ok(Arc::new(disks.finish()))
}

fn is_cell(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let flags: BooleanArray = texts(&columns[0]).map(|text| text.map(|text| parse(text).is_ok())).collect();
    Ok(Arc::new(flags))
}

fn texts(column: &ArrayRef) -> impl Iterator<Item = Option<&str>> {
    column.as_string::<i32>().iter()
}

fn parse(text: &str) -> Result<CellIndex> {
    match CellIndex::from_str(text) {
        Ok(cell) => Ok(cell),
        Err(_) => exec_err!("'{text}' is no H3 cell; h3_cell(lat, lon, resolution) makes one"),
    }
}

fn resolution_of(number: i64) -> Result<Resolution> {
    match u8::try_from(number).ok().and_then(|number| Resolution::try_from(number).ok()) {
        Some(resolution) => Ok(resolution),
        None => exec_err!("H3 resolution {number} is out of range: 0 (coarsest) to 15 (finest)"),
    }
}
