//! Longitudes without the jump at 180 degrees: vertices of a shape in one continuous frame.
//!
//! Consecutive vertices are joined the shorter way, so a shape across 180 degrees has longitudes beyond it; points
//! are then compared modulo a full turn ([`turns`]). Everything stays far inside `i32`.

use crate::domain::position::{Position, TURN_E6, shorter};

/// A vertex in a frame, 1e-6 degrees: longitude x (may pass ±180e6), latitude y.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vertex {
    pub x: i32,
    pub y: i32,
}

/// Two rounds of the earth: a longer line is taken as written.
const FRAME_LIMIT_E6: i64 = 2 * TURN_E6;

/// The vertices with continuous longitudes, the first as written.
pub(super) fn unwrapped(line: &[Position]) -> Vec<Vertex> {
    let mut x = line.first().map_or(0, |first| i64::from(first.lon_e6));
    let mut written = x;
    let mut vertices = Vec::with_capacity(line.len());
    for position in line {
        let lon = i64::from(position.lon_e6);
        x += shorter(lon - written);
        written = lon;
        if x.abs() > FRAME_LIMIT_E6 {
            return as_written(line);
        }
        vertices.push(Vertex { x: x as i32, y: position.lat_e6 });
    }
    vertices
}

/// The vertices with the longitudes they were given.
pub(super) fn as_written(line: &[Position]) -> Vec<Vertex> {
    line.iter().map(|position| Vertex { x: position.lon_e6, y: position.lat_e6 }).collect()
}

/// Shifts a line by whole turns so that its middle comes nearest to `home`, the middle of the first line, which it
/// sets when there was none.
pub(super) fn align(line: &mut [Vertex], home: &mut Option<i64>) {
    let (low, high) = line.iter().fold((i32::MAX, i32::MIN), |(low, high), v| (low.min(v.x), high.max(v.x)));
    if line.is_empty() {
        return;
    }
    let middle = (i64::from(low) + i64::from(high)) / 2;
    let apart = *home.get_or_insert(middle) - middle;
    let shift = (apart + apart.signum() * TURN_E6 / 2) / TURN_E6 * TURN_E6;
    for vertex in line {
        vertex.x = (i64::from(vertex.x) + shift) as i32;
    }
}

/// The longitudes equal to `lon_e6` modulo a turn that lie in `low..=high`, ascending: usually one or none.
pub(super) fn turns(lon_e6: i32, low: i64, high: i64) -> impl Iterator<Item = i64> {
    let lon = i64::from(lon_e6);
    let mut x = lon;
    while x - TURN_E6 >= low {
        x -= TURN_E6;
    }
    while x < low {
        x += TURN_E6;
    }
    core::iter::successors(Some(x), |x| Some(x + TURN_E6)).take_while(move |x| *x <= high)
}
