//! Metres between positions, by the same code that decides alerts.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::Result;

use super::RowFunction;
use crate::domain::position::Position;

pub fn functions() -> Vec<RowFunction> {
    vec![RowFunction::new(
        "distance_m(lat1, lon1, lat2, lon2)",
        vec![DataType::Float64; 4],
        DataType::Float64,
        distance_m,
    )]
}

fn distance_m(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let [lat1, lon1, lat2, lon2] = [0, 1, 2, 3].map(|at| columns[at].as_primitive::<Float64Type>());
    let rows = lat1.iter().zip(lon1).zip(lat2.iter().zip(lon2));
    let metres: Float64Array = rows
        .map(|((lat1, lon1), (lat2, lon2))| Some(position(lat1?, lon1?)?.distance_m(position(lat2?, lon2?)?)))
        .collect();
    Ok(Arc::new(metres))
}

/// Degrees as the log would take them: to the nearest 1e-6; `None` off the globe.
fn position(lat: f64, lon: f64) -> Option<Position> {
    let on_globe = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
    on_globe.then(|| Position { lat_e6: (lat * 1e6).round() as i32, lon_e6: (lon * 1e6).round() as i32 })
}
