//! A corridor's line with its branches: where a position stands beside it, and what lies at a chainage.
//!
//! Segments are numbered over all branches, the first line first. Chainage is that of the first line; a branch runs
//! linearly between the chainages of the points of the first line nearest to its ends. Travel goes the way chainage
//! grows: a branch drawn against it changes sides.

use super::apart::{apart_m, proves};
use super::chainage::Spread;
use super::edges::{Edges, Found, edges_of};
use super::frame::{align, unwrapped};
use super::metres::{Scale, compass};
use super::side::side;
use crate::domain::ahead::ask_for;
use crate::domain::position::Position;
use core::ops::Range;

/// A corridor's line with its branches.
#[derive(Clone, Debug)]
pub struct Route {
    pub(super) edges: Edges,
    /// One of each segment.
    along: Vec<Along>,
    /// The segments of each line.
    runs: Vec<Run>,
    lines: Vec<Vec<Position>>,
}

/// A hint so many segments away is a bad one.
const STEPS: usize = 8;

/// Chainage over a segment.
#[derive(Clone, Copy, Debug)]
struct Along {
    /// At its start.
    start_m: f64,
    /// From its start to its end; negative on a branch drawn backwards.
    gain_m: f64,
    spread: Spread,
    /// See [`apart_m`].
    apart_m: f32,
}

/// A line's segments.
#[derive(Clone, Debug)]
struct Run {
    segments: Range<usize>,
    /// Whether it was drawn against the direction of travel.
    backwards: bool,
}

/// Where a position stands beside a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RouteMatch {
    /// Metres to the nearest point of all branches, never negative.
    pub distance_m: f64,
    /// The same with a sign: positive to the right of the direction of travel.
    pub cross_track_m: f64,
    /// Metres along the first line (branches mapped onto it).
    pub chainage_m: f64,
    /// Index of the segment over all branches; pass it back as hint.
    pub segment: u32,
    /// The nearest point.
    pub position: Position,
}

impl Route {
    /// From the first line and its branches. Chainage runs along the first line; a further line is mapped linearly
    /// between the chainages of the nearest points of its two ends. Repeated vertices are harmless.
    ///
    /// Lines without a vertex are passed over. Without any line every point is infinitely far.
    pub fn new(lines: &[Vec<Position>]) -> Route {
        let lines: Vec<Vec<Position>> = lines.iter().filter(|line| !line.is_empty()).cloned().collect();
        let mut edges = Vec::new();
        let mut ends = Vec::new();
        let mut home = None;
        for line in &lines {
            let mut vertices = unwrapped(line);
            align(&mut vertices, &mut home);
            let from = edges.len();
            edges.extend(edges_of(&vertices));
            ends.push(from..edges.len());
        }
        let mut route = Route { edges: Edges::new(Vec::new()), along: Vec::new(), runs: Vec::new(), lines };
        let spreads: Vec<Spread> = edges.iter().map(|edge| Spread::of(*edge)).collect();
        for (place, segments) in ends.into_iter().enumerate() {
            let (from_m, to_m) = if place == 0 {
                (0.0, spreads[segments.clone()].iter().map(|spread| spread.length_m).sum())
            } else {
                route.ends_on_first(&route.lines[place])
            };
            route.extend(segments.clone(), &spreads[segments], from_m, to_m);
            if place == 0 {
                route.edges = Edges::new(edges[route.runs[0].segments.clone()].to_vec());
            }
        }
        route.edges = Edges::new(edges);
        for (index, along) in route.along.iter_mut().enumerate() {
            along.apart_m = apart_m(&route.edges, index);
        }
        route
    }

    /// Chainages of the points of the first line (all there is so far) nearest to the ends of a branch.
    fn ends_on_first(&self, branch: &[Position]) -> (f64, f64) {
        let chainage = |end: Option<&Position>| end.map_or(0.0, |end| self.nearest(*end, None).chainage_m);
        (chainage(branch.first()), chainage(branch.last()))
    }

    /// Lays a line's segments from one chainage to another in proportion to their lengths.
    fn extend(&mut self, segments: Range<usize>, spreads: &[Spread], from_m: f64, to_m: f64) {
        let length_m: f64 = spreads.iter().map(|spread| spread.length_m).sum();
        let factor = if length_m > 0.0 { (to_m - from_m) / length_m } else { 0.0 };
        let mut start_m = from_m;
        for spread in spreads {
            let gain_m = spread.length_m * factor;
            self.along.push(Along { start_m, gain_m, spread: *spread, apart_m: 0.0 });
            start_m += gain_m;
        }
        self.runs.push(Run { segments, backwards: to_m < from_m });
    }

    /// The nearest point of all branches. `hint` only makes it faster: the answer never depends on it; ties go to
    /// the smaller segment index.
    pub fn nearest(&self, point: Position, hint: Option<u32>) -> RouteMatch {
        let hint = hint.map(|hint| hint as usize);
        match self.walk(point, hint).or_else(|| self.edges.nearest(point, hint)) {
            Some(found) => self.matched(found),
            None => RouteMatch {
                distance_m: f64::INFINITY,
                cross_track_m: f64::INFINITY,
                chainage_m: 0.0,
                segment: 0,
                position: point,
            },
        }
    }

    /// From the hint to the nearest segment by way of neighbours, where it is proved that no other can be as near.
    fn walk(&self, point: Position, hint: Option<usize>) -> Option<Found> {
        let mut queries = self.edges.queries(point);
        let query = queries.next()?;
        if queries.next().is_some() {
            return None; // it may be seen from two sides
        }
        let mut best = self.edges.found(hint?, query)?;
        for _ in 0..STEPS {
            let here = best.index;
            for beside in [here.wrapping_sub(1), here + 1] {
                if self.edges.may_be_within(beside, &query, best.foot.distance_m) {
                    best = self.edges.found(beside, query).filter(|found| found.is_before(&best)).unwrap_or(best);
                }
            }
            if best.index == here {
                return proves(self.along[here].apart_m, best.foot.distance_m).then_some(best);
            }
        }
        None
    }

    /// Asks memory for a segment.
    pub fn ask_for(&self, segment: u32) {
        self.along.get(segment as usize).into_iter().for_each(ask_for);
        self.edges.ask_for(segment as usize);
    }

    /// Nearest point per stretch for progress matching: every local candidate within `within_m` of the point, one a
    /// run of neighbouring segments, ordered by segment.
    pub fn candidates(&self, point: Position, within_m: f64) -> Vec<RouteMatch> {
        let mut stretches: Vec<Found> = Vec::new();
        let mut last: Option<usize> = None;
        for found in self.edges.within(point, within_m) {
            let neighbours =
                last.is_some_and(|last| last + 1 == found.index && self.run(last).segments.contains(&found.index));
            match stretches.last_mut() {
                Some(best) if neighbours => {
                    if found.foot.distance_m < best.foot.distance_m {
                        *best = found;
                    }
                }
                _ => stretches.push(found),
            }
            last = Some(found.index);
        }
        stretches.into_iter().map(|found| self.matched(found)).collect()
    }

    fn matched(&self, found: Found) -> RouteMatch {
        let (x, y) = self.edges.get(found.index).at(found.foot.part);
        let distance_m = found.foot.distance_m;
        let run = self.run(found.index);
        let right = side(&self.edges, run.segments.clone(), found) != run.backwards;
        RouteMatch {
            distance_m,
            cross_track_m: if right { distance_m } else { -distance_m },
            chainage_m: self.chainage_on(found.index, found.foot.part),
            segment: found.index as u32,
            position: Position::from_e6(x, y),
        }
    }

    /// Chainage at a part of a segment.
    pub(super) fn chainage_on(&self, segment: usize, part: f64) -> f64 {
        let along = self.along[segment];
        along.start_m + along.gain_m * along.spread.share(part)
    }

    /// The line to which a segment belongs, 0 for the first.
    pub fn line_of(&self, segment: u32) -> u32 {
        self.runs.partition_point(|run| run.segments.end <= segment as usize) as u32
    }

    /// Course of a segment in the direction of travel, degrees; `None` where it has no length.
    pub fn course_deg_of(&self, segment: u32) -> Option<f64> {
        let index = segment as usize;
        if index >= self.edges.len() {
            return None;
        }
        let edge = self.edges.get(index);
        let ends = [edge.a, edge.b].map(|v| Position::from_e6(f64::from(v.x), f64::from(v.y)));
        let [from, to] = if self.run(index).backwards { [ends[1], ends[0]] } else { ends };
        (from != to).then(|| from.course_deg(to))
    }

    fn run(&self, segment: usize) -> &Run {
        // Runs lie one after the other and are never empty.
        &self.runs[self.runs.partition_point(|run| run.segments.end <= segment).min(self.runs.len() - 1)]
    }

    /// Length of the first line in metres.
    pub fn length_m(&self) -> f64 {
        self.first_line().last().map_or(0.0, |last| last.start_m + last.gain_m)
    }

    fn first_line(&self) -> &[Along] {
        self.runs.first().map_or(&[], |run| &self.along[run.segments.clone()])
    }

    /// The segment of the first line and the part of it at a chainage; the later one of two that meet there.
    fn place(&self, chainage_m: f64) -> Option<(usize, f64)> {
        let first = self.first_line();
        let chainage_m = if chainage_m > 0.0 { chainage_m.min(self.length_m()) } else { 0.0 };
        let segment = first.partition_point(|along| along.start_m <= chainage_m).checked_sub(1)?;
        let along = first[segment];
        let share = if along.gain_m > 0.0 { ((chainage_m - along.start_m) / along.gain_m).min(1.0) } else { 0.0 };
        Some((segment, along.spread.part(share)))
    }

    /// The position at a chainage of the first line (clamped to its ends).
    pub fn at(&self, chainage_m: f64) -> Position {
        let Some((segment, part)) = self.place(chainage_m) else { return Position::default() };
        let (x, y) = self.edges.get(segment).at(part);
        Position::from_e6(x, y)
    }

    /// Course of the first line at a chainage, degrees; 0 for a line without length.
    pub fn course_deg_at(&self, chainage_m: f64) -> f64 {
        let Some((segment, part)) = self.place(chainage_m) else { return 0.0 };
        let first = self.first_line();
        // A repeated vertex has no course: the next segment with a length tells it, else the last before.
        let ahead = (segment..first.len()).find(|place| first[*place].gain_m > 0.0);
        let behind = || (0..segment).rev().find(|place| first[*place].gain_m > 0.0);
        let Some(place) = ahead.or_else(behind) else { return 0.0 };
        let edge = self.edges.get(place);
        let scale = Scale::at(self.edges.get(segment).at(part).1);
        let (east, north) = (f64::from(edge.b.x) - f64::from(edge.a.x), f64::from(edge.b.y) - f64::from(edge.a.y));
        compass(libm::atan2(east * scale.east, north * scale.north))
    }

    /// South-west and north-east corner; the western longitude is the greater one when the route crosses 180 degrees.
    pub fn bounds(&self) -> (Position, Position) {
        self.edges.bounds()
    }

    /// The lines it was made from, for pictures and state.
    pub fn lines(&self) -> Vec<Vec<Position>> {
        self.lines.clone()
    }
}
