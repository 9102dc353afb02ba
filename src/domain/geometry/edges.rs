//! Edges in order, with boxes over runs of them: nearest edge and edges within a radius, equal to a scan of all.
//!
//! Neighbours in a line are neighbours in space, so the runs need no sorting: 16 edges make a block, 16 blocks the
//! next level, until at most 16 boxes remain. A box is left out only when the [`Window`] of the best distance so far
//! misses it, so neither the order of the search nor the hint can change the answer; ties go to the smaller index.

use super::closest::{Edge, Foot, Query};
use super::frame::{Vertex, turns};
use super::window::Window;
use crate::domain::position::{Position, TURN_E6};

/// Edges of a block, and boxes of a box of the next level.
const FAN: usize = 16;
/// A hint farther than this from the point is a bad start; a walk down the boxes then looks for a better one.
const GOOD_START_M: f64 = 1_000.0;

/// Edges with their levels of boxes; level 0 holds the boxes of the blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Edges {
    edges: Vec<Edge>,
    levels: Vec<Vec<Window>>,
}

/// An edge found, with the foot on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    pub index: usize,
    pub foot: Foot,
}

impl Edge {
    #[inline]
    pub(super) fn window(&self) -> Window {
        let (a, b) = (self.a, self.b);
        Window { west: a.x.min(b.x), south: a.y.min(b.y), east: a.x.max(b.x), north: a.y.max(b.y) }
    }
}

impl Edges {
    pub(super) fn new(edges: Vec<Edge>) -> Edges {
        let blocks = edges.chunks(FAN).map(|run| run.iter().map(Edge::window).fold(Window::EMPTY, Window::with));
        let mut levels: Vec<Vec<Window>> = vec![blocks.collect()];
        while let Some(below) = levels.last().filter(|below| below.len() > FAN) {
            let above = below.chunks(FAN).map(|run| run.iter().copied().fold(Window::EMPTY, Window::with)).collect();
            levels.push(above);
        }
        Edges { edges, levels }
    }

    pub(super) fn len(&self) -> usize {
        self.edges.len()
    }

    pub(super) fn get(&self, index: usize) -> Edge {
        self.edges[index]
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter()
    }

    /// The box of all edges, [`Window::EMPTY`] without any.
    pub(super) fn window(&self) -> Window {
        self.levels.last().map_or(Window::EMPTY, |top| top.iter().copied().fold(Window::EMPTY, Window::with))
    }

    /// South-west and north-east corner as positions, (0, 0) twice without any edge.
    pub(super) fn bounds(&self) -> (Position, Position) {
        let Window { west, south, east, north } = self.window();
        if self.edges.is_empty() {
            return Default::default();
        }
        let corner = |x: i32, y: i32| Position::from_e6(f64::from(x), f64::from(y));
        (corner(west, south), corner(east, north))
    }

    /// The point in every turn of longitude in which some edge lies within half a turn of it.
    pub(super) fn queries(&self, point: Position) -> impl Iterator<Item = Query> {
        let all = self.window();
        let half = TURN_E6 / 2;
        let (low, high) = if self.edges.is_empty() { (1, 0) } else { (i64::from(all.west), i64::from(all.east)) };
        turns(point.lon_e6, low - half, high + half).map(move |x| Query::new(x, point.lat_e6))
    }

    /// The nearest edge, `None` without any. `hint` is an index worth trying first.
    pub(super) fn nearest(&self, point: Position, hint: Option<usize>) -> Option<Found> {
        let mut best: Option<Found> = None;
        for query in self.queries(point) {
            let mut search = Search { query, best, window: Window::around(&query, radius(best)) };
            if let Some(edge) = hint.and_then(|hint| self.edges.get(hint)) {
                search.try_edge(hint.unwrap_or(0), edge);
            }
            if radius(search.best) > GOOD_START_M {
                self.descend(&mut search);
            }
            if let Some(top) = self.levels.len().checked_sub(1) {
                self.visit(top, 0, self.levels[top].len(), &mut search);
            }
            best = search.best;
        }
        best
    }

    /// Tries the block whose boxes look nearest on the way down; a start, nothing more.
    fn descend(&self, search: &mut Search) {
        let mut run = 0..self.levels.last().map_or(0, Vec::len);
        for place in (0..self.levels.len()).rev() {
            let (mut chosen, mut least) = (run.start, f64::INFINITY);
            for (node, window) in run.clone().zip(&self.levels[place][run.clone()]) {
                let looks = search.query.looks(window);
                if looks < least {
                    (chosen, least) = (node, looks);
                }
            }
            let below = if place == 0 { self.edges.len() } else { self.levels[place - 1].len() };
            run = chosen * FAN..((chosen + 1) * FAN).min(below);
        }
        for index in run {
            search.try_edge(index, &self.edges[index]);
        }
    }

    fn visit(&self, level: usize, from: usize, to: usize, search: &mut Search) {
        for node in from..to {
            if !self.levels[level][node].meets(&search.window) {
                continue;
            }
            let (from, to) = (node * FAN, (node + 1) * FAN);
            if level > 0 {
                self.visit(level - 1, from, to.min(self.levels[level - 1].len()), search);
                continue;
            }
            let to = to.min(self.edges.len());
            for (index, edge) in (from..to).zip(&self.edges[from..to]) {
                if edge.window().meets(&search.window) {
                    search.try_edge(index, edge);
                }
            }
        }
    }

    /// Every edge within a radius, ascending by index.
    pub(super) fn within(&self, point: Position, radius_m: f64) -> Vec<Found> {
        let mut found = Vec::new();
        for query in self.queries(point) {
            self.meeting(&Window::around(&query, radius_m), &mut |index, edge| {
                let foot = query.foot(*edge);
                if foot.distance_m <= radius_m {
                    found.push(Found { index, foot });
                }
            });
        }
        // In two turns at once only for points half a world away.
        found.sort_by(|a, b| (a.index, a.foot.distance_m).partial_cmp(&(b.index, b.foot.distance_m)).unwrap_or(EQUAL));
        found.dedup_by_key(|found| found.index);
        found
    }

    /// Every edge whose box meets a window, ascending by index.
    pub(super) fn meeting(&self, window: &Window, visit: &mut impl FnMut(usize, &Edge)) {
        if let Some(top) = self.levels.len().checked_sub(1) {
            self.meeting_from(top, 0..self.levels[top].len(), window, visit);
        }
    }

    fn meeting_from(
        &self,
        level: usize,
        run: core::ops::Range<usize>,
        window: &Window,
        visit: &mut impl FnMut(usize, &Edge),
    ) {
        for node in run.filter(|node| self.levels[level][*node].meets(window)) {
            let (from, to) = (node * FAN, (node + 1) * FAN);
            if level > 0 {
                self.meeting_from(level - 1, from..to.min(self.levels[level - 1].len()), window, visit);
                continue;
            }
            for index in (from..to.min(self.edges.len())).filter(|index| self.edges[*index].window().meets(window)) {
                visit(index, &self.edges[index]);
            }
        }
    }
}

const EQUAL: core::cmp::Ordering = core::cmp::Ordering::Equal;

fn radius(best: Option<Found>) -> f64 {
    best.map_or(f64::INFINITY, |best| best.foot.distance_m)
}

impl Query {
    /// Squared distance to a box in the plane of the query: good for choosing, not for leaving out.
    fn looks(&self, window: &Window) -> f64 {
        let east = (f64::from(window.west) - self.x).max(self.x - f64::from(window.east)).max(0.0) * self.scale.east;
        let north =
            (f64::from(window.south) - self.y).max(self.y - f64::from(window.north)).max(0.0) * self.scale.north;
        east * east + north * north
    }
}

/// A search under way: the best so far and the window outside of which nothing is as good.
struct Search {
    query: Query,
    best: Option<Found>,
    window: Window,
}

impl Search {
    #[inline]
    fn try_edge(&mut self, index: usize, edge: &Edge) {
        let foot = self.query.foot(*edge);
        let better = self.best.is_none_or(|best| {
            foot.distance_m < best.foot.distance_m || (foot.distance_m == best.foot.distance_m && index < best.index)
        });
        if better {
            self.best = Some(Found { index, foot });
            self.window = Window::around(&self.query, foot.distance_m);
        }
    }
}

/// The edges of a line: one fewer than its vertices, or a single edge of no length for a single vertex.
pub(super) fn edges_of(line: &[Vertex]) -> Vec<Edge> {
    match line {
        [only] => vec![Edge { a: *only, b: *only }],
        _ => line.windows(2).map(|pair| Edge { a: pair[0], b: pair[1] }).collect(),
    }
}
