//! Stretches in which a vehicle stood.
//!
//! A stretch is a run of fixes, no more than 15 minutes apart, whose speeds (reported, else implied) say rest and which lie
//! within 150 m of the run's first fixes. One fix that says otherwise does not end it: it may be the outlier that is looked
//! for. Two in a row do.

use super::Point;
use crate::domain::position::Position;
use crate::domain::time::{HOUR, MINUTE, Millis};

/// A longer silence ends a stretch.
const GAP: Millis = 15 * MINUTE;
/// Reported speeds below this say rest, 0.01 m/s.
const REST_CM_S: u32 = 100;
/// Fixes farther from the place say that the vehicle has left, metres.
const REACH_M: f64 = 150.0;
/// Time at either end that is left out: the vehicle may still be rolling.
const EDGE: Millis = MINUTE;
/// A larger share of fixes equal to the one before: the receiver freezes its position at rest.
const FROZEN_SHARE: f64 = 0.5;

/// One stretch: its fixes, and metres east and north of their median place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rest {
    pub points: Vec<Point>,
    pub residuals: Vec<(f64, f64)>,
}

impl Rest {
    /// Length.
    pub fn hours(&self) -> f64 {
        let span = self.points.last().map_or(0, |p| p.time) - self.points.first().map_or(0, |p| p.time);
        span as f64 / HOUR as f64
    }

    /// The receiver repeats itself.
    pub fn is_frozen(&self) -> bool {
        let equal = self.points.windows(2).filter(|w| w[0].position == w[1].position).count();
        equal as f64 > FROZEN_SHARE * (self.points.len() as f64 - 1.0)
    }
}

/// Every stretch of a unit, of at least so many minutes and fixes; `points` ascending by time.
pub(super) fn stretches(points: &[Point], minutes: i64, fixes: usize) -> Vec<Rest> {
    let mut out = Vec::new();
    let mut run: Vec<Point> = Vec::new();
    let mut strikes = 0;
    for (i, point) in points.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| points[i]);
        let gap = run.last().is_some_and(|last| point.time - last.time > GAP);
        let moved = is_moving(point, before.as_ref()) || is_away(point, &run);
        strikes = if moved { strikes + 1 } else { 0 };
        if gap || strikes >= 2 {
            out.extend(close(std::mem::take(&mut run), minutes, fixes));
            strikes = 0;
            if moved {
                continue;
            }
        }
        if !(moved && run.is_empty()) {
            run.push(*point);
        }
    }
    out.extend(close(run, minutes, fixes));
    out
}

fn is_moving(point: &Point, before: Option<&Point>) -> bool {
    match (point.speed_cm_s, before) {
        (Some(speed), _) => speed >= REST_CM_S,
        (None, Some(before)) => {
            let seconds = (point.time - before.time).max(1) as f64 / 1000.0;
            before.position.distance_m(point.position) / seconds > 3.0
        }
        (None, None) => false,
    }
}

/// Away from where the first fixes of the run lie.
fn is_away(point: &Point, run: &[Point]) -> bool {
    median_place(&run[..run.len().min(9)]).is_some_and(|place| place.distance_m(point.position) > REACH_M)
}

fn close(mut run: Vec<Point>, minutes: i64, fixes: usize) -> Option<Rest> {
    let (first, last) = (run.first()?.time + EDGE, run.last()?.time - EDGE);
    run.retain(|p| (first..=last).contains(&p.time));
    let long = run.last()?.time - run.first()?.time >= (minutes * MINUTE - 2 * EDGE).max(MINUTE);
    if !long || run.len() < fixes {
        return None;
    }
    let place = median_place(&run)?;
    let residuals = run.iter().map(|p| place.vector_m(p.position)).collect();
    Some(Rest { points: run, residuals })
}

fn median_place(points: &[Point]) -> Option<Position> {
    let middle = |of: fn(&Point) -> i32| {
        let mut values: Vec<i32> = points.iter().map(of).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied()
    };
    Some(Position { lat_e6: middle(|p| p.position.lat_e6)?, lon_e6: middle(|p| p.position.lon_e6)? })
}
