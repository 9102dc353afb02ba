//! The way of a day: the corridor's line in its lane, with detours spliced in, measured along itself.
//!
//! A detour replaces a stretch of the line by a curve of its own, so that speeds along it are those of a vehicle and
//! not those of a shadow thrown from the line. The corridor's bends are rounded by the step, half of it at most.

use super::world::WorldCorridor;
use crate::domain::position::Position;

/// Metres between two points on the line, and on a detour.
const STEP_M: f64 = 100.0;
const FINE_M: f64 = 25.0;
/// To the right of the line, metres.
const LANE_M: f64 = 4.0;

/// A stretch of the corridor that is replaced.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Detour {
    /// Chainage where it leaves the line.
    pub(super) from_m: f64,
    /// Chainage where it is back.
    pub(super) to_m: f64,
    /// How it goes.
    pub(super) shape: Shape,
}

/// How a detour goes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Beside the line at this offset (right is positive) after a ramp of this length.
    Parallel { offset_m: f64, ramp_m: f64 },
    /// To a point this far beside the line and the same way back (`from_m` = `to_m`).
    Back { offset_m: f64 },
    /// Straight to a point and straight back to the line.
    Through { point: Position },
    /// Back along the line by so much and forward again, so many times (`from_m` = `to_m`).
    Reverse { back_m: f64, times: usize },
}

/// One point of the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// Where.
    pub(super) position: Position,
    /// Metres from the start of the way.
    pub(super) arc_m: f64,
    /// Chainage of the corridor it belongs to.
    pub(super) chainage_m: f64,
    /// On a detour.
    pub(super) detour: bool,
}

/// The way.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// At least two points, `arc_m` growing.
    pub(super) points: Vec<Point>,
    /// Of each detour, the arc of its farthest point (`Back`, `Through`), of its middle, or of its end (`Reverse`).
    pub(super) apexes_m: Vec<f64>,
}

impl Way {
    /// From chainage `from_m` to `to_m` of a corridor, with detours in order that do not overlap.
    pub(super) fn new(corridor: &WorldCorridor, from_m: f64, to_m: f64, detours: &[Detour]) -> Way {
        let mut way = Way { points: Vec::new(), apexes_m: Vec::new() };
        let mut at = from_m;
        for detour in detours {
            way.along(corridor, at, detour.from_m);
            way.aside(corridor, detour);
            at = detour.to_m;
        }
        way.along(corridor, at, to_m);
        way
    }

    /// Length, metres.
    pub(super) fn length_m(&self) -> f64 {
        self.points.last().map_or(0.0, |p| p.arc_m)
    }

    /// The arc of the first point at or after a chainage, detours passed over.
    pub(super) fn arc_of(&self, chainage_m: f64) -> Option<f64> {
        self.points.iter().find(|p| !p.detour && p.chainage_m >= chainage_m).map(|p| p.arc_m)
    }

    /// The position and the chainage at an arc; `cursor` is where the last search ended.
    pub(super) fn at(&self, arc_m: f64, cursor: &mut usize) -> (Position, f64) {
        while *cursor + 2 < self.points.len() && self.points[*cursor + 1].arc_m < arc_m {
            *cursor += 1;
        }
        let (a, b) = (self.points[*cursor], self.points[(*cursor + 1).min(self.points.len() - 1)]);
        let span = b.arc_m - a.arc_m;
        let share = if span > 0.0 { ((arc_m - a.arc_m) / span).clamp(0.0, 1.0) } else { 0.0 };
        (between(a.position, b.position, share), a.chainage_m + (b.chainage_m - a.chainage_m) * share)
    }

    fn along(&mut self, corridor: &WorldCorridor, from_m: f64, to_m: f64) {
        let steps = ((to_m - from_m) / STEP_M).ceil().max(1.0) as usize;
        for i in 0..=steps {
            let chainage = from_m + (to_m - from_m) * i as f64 / steps as f64;
            self.push(beside(corridor, chainage, LANE_M, STEP_M), chainage, false);
        }
    }

    fn aside(&mut self, corridor: &WorldCorridor, detour: &Detour) {
        let (from, to) = (detour.from_m, detour.to_m);
        match detour.shape {
            Shape::Parallel { offset_m, ramp_m } => {
                let steps = ((to - from) / FINE_M).ceil().max(1.0) as usize;
                let window = offset_m.abs().max(500.0);
                for i in 0..=steps {
                    let chainage = from + (to - from) * i as f64 / steps as f64;
                    let ramp = ((chainage - from).min(to - chainage) / ramp_m).clamp(0.0, 1.0);
                    let share = ramp * ramp * (3.0 - 2.0 * ramp);
                    self.push(beside(corridor, chainage, LANE_M + offset_m * share, window), chainage, true);
                    if i == steps / 2 {
                        self.apexes_m.push(self.length_m());
                    }
                }
            }
            Shape::Back { offset_m } => {
                let foot = beside(corridor, from, LANE_M, STEP_M);
                let far = beside(corridor, from, LANE_M + offset_m, STEP_M);
                self.straight(foot, far, from);
                self.apexes_m.push(self.length_m());
                self.straight(far, foot, from);
            }
            Shape::Reverse { back_m, times } => {
                for _ in 0..times {
                    self.sweep(corridor, from, from - back_m, -LANE_M);
                    self.sweep(corridor, from - back_m, from, LANE_M);
                }
                self.apexes_m.push(self.length_m());
            }
            Shape::Through { point } => {
                self.straight(beside(corridor, from, LANE_M, STEP_M), point, from);
                self.apexes_m.push(self.length_m());
                self.straight(point, beside(corridor, to, LANE_M, STEP_M), to);
            }
        }
    }

    /// Along the line in either direction, as a detour.
    fn sweep(&mut self, corridor: &WorldCorridor, from_m: f64, to_m: f64, lane_m: f64) {
        let steps = ((to_m - from_m).abs() / FINE_M).ceil().max(1.0) as usize;
        for i in 0..=steps {
            let chainage = from_m + (to_m - from_m) * i as f64 / steps as f64;
            self.push(beside(corridor, chainage, lane_m, STEP_M), chainage, true);
        }
    }

    fn straight(&mut self, from: Position, to: Position, chainage: f64) {
        let steps = (from.distance_m(to) / FINE_M).ceil().max(1.0) as usize;
        for i in 0..=steps {
            self.push(between(from, to, i as f64 / steps as f64), chainage, true);
        }
    }

    fn push(&mut self, position: Position, chainage_m: f64, detour: bool) {
        let arc_m = self.points.last().map_or(0.0, |p| p.arc_m + p.position.distance_m(position));
        self.points.push(Point { position, arc_m, chainage_m, detour });
    }
}

/// A position beside the corridor (right is positive); the direction is that of a chord of twice `window_m`, so that a
/// bend does not throw a far offset about.
pub(super) fn beside(corridor: &WorldCorridor, chainage_m: f64, offset_m: f64, window_m: f64) -> Position {
    let route = &corridor.route;
    let here = route.at(chainage_m);
    let back = route.at((chainage_m - window_m).max(0.0));
    let ahead = route.at((chainage_m + window_m).min(route.length_m()));
    let (east, north) = back.vector_m(ahead);
    let length = (east * east + north * north).sqrt();
    if length == 0.0 {
        return here;
    }
    here.offset_m(north / length * offset_m, -east / length * offset_m)
}

/// The position at a share of the way between two (straight in longitude and latitude).
fn between(a: Position, b: Position, share: f64) -> Position {
    let mix = |x: i32, y: i32| x + (f64::from(y - x) * share).round() as i32;
    Position { lat_e6: mix(a.lat_e6, b.lat_e6), lon_e6: mix(a.lon_e6, b.lon_e6) }
}
