//! In which order fixes are judged, and which are not.

use std::collections::{BTreeMap, VecDeque};

use super::Point;
use crate::domain::time::{MINUTE, Millis};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As they arrive.
    Arrival,
    /// As they arrive; of a unit, only those newer than all before.
    SkipOlder,
    /// By event time, once the watermark has passed: the newest event time of all units less so much. What is older than the
    /// watermark when it arrives is dropped.
    Watermark(Millis),
}

/// What waits, and how far each unit is.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    newest: BTreeMap<String, Millis>,
    points: BTreeMap<(Millis, u64), Point>,
    taken: u64,
    watermark: Option<Millis>,
}

impl Waiting {
    /// Takes a point in; the points to be judged now.
    pub fn admit(&mut self, order: Order, point: Point) -> VecDeque<Point> {
        match order {
            Order::Arrival => VecDeque::from([point]),
            Order::SkipOlder => {
                let newest = self.newest.entry(point.unit.clone()).or_insert(Millis::MIN);
                if point.time < *newest {
                    return VecDeque::new();
                }
                *newest = point.time;
                VecDeque::from([point])
            }
            Order::Watermark(behind) => {
                // A unit whose clock runs ahead would end the stream for all others.
                if self.watermark.is_some_and(|mark| point.time < mark) || point.time > point.came + MINUTE {
                    return VecDeque::new();
                }
                let mark = self.watermark.map_or(point.time - behind, |mark| mark.max(point.time - behind));
                self.watermark = Some(mark);
                self.points.insert((point.time, self.taken), point);
                self.taken += 1;
                let later = self.points.split_off(&(mark, u64::MAX));
                std::mem::replace(&mut self.points, later).into_values().collect()
            }
        }
    }

    /// The end: what still waits.
    pub fn rest(&mut self) -> VecDeque<Point> {
        std::mem::take(&mut self.points).into_values().collect()
    }
}
