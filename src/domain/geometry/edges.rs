//! Edges in order, with boxes over runs of them: nearest edge and edges within a radius, equal to a scan of all.
//!
//! Neighbours in a line are neighbours in space, so the runs need no sorting: 16 edges make a block, 16 blocks the
//! next level, until at most 16 boxes remain. A box is left out only when the [`Reach`] of the best distance so far
//! misses it, so neither the order of the search nor the hint can change the answer; ties go to the smaller index.

use super::closest::{Edge, Foot, Query};
use super::frame::{Vertex, turns};
use super::window::{Reach, Window};
use crate::domain::ahead::ask_for;
use crate::domain::position::{Position, TURN_E6};
use core::ops::Range;

/// Edges of a block, and boxes of a box of the next level.
const FAN: usize = 16;
/// Within this the plane at the latitude of a query knows distances, up to 80 degrees, to a thousandth.
const PLANE_GOOD_M: f64 = 1_000.0;
/// A start farther than this from the point is a bad one; a walk down the boxes then looks for a better one. What was nearest
/// a moment ago is nearly so now, also where that is far.
const GOOD_START_M: f64 = 25_000.0;
/// So many neighbours of a hint are tried, one after the other.
const DESCENT: usize = 16;

/// Edges with their levels of boxes; level 0 holds the boxes of the blocks.
#[derive(Clone, Debug)]
pub(super) struct Edges {
    edges: Vec<Edge>,
    levels: Vec<Vec<Window>>,
    /// The box of all edges.
    all: Window,
}

/// An edge found, with the foot on it and the turn of longitude from which it was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    pub index: usize,
    pub foot: Foot,
    pub query: Query,
}

impl Edge {
    #[inline]
    pub(super) fn window(&self) -> Window {
        let (a, b) = (self.a, self.b);
        Window { west: a.x.min(b.x), south: a.y.min(b.y), east: a.x.max(b.x), north: a.y.max(b.y) }
    }
}

impl Found {
    /// The nearer one, of equally near ones that with the smaller index.
    pub(super) fn is_before(&self, other: &Found) -> bool {
        let (one, two) = (self.foot.distance_m, other.foot.distance_m);
        one < two || (one == two && self.index < other.index)
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
        let all = edges.iter().map(Edge::window).fold(Window::EMPTY, Window::with);
        Edges { edges, levels, all }
    }

    pub(super) fn len(&self) -> usize {
        self.edges.len()
    }

    pub(super) fn get(&self, index: usize) -> Edge {
        self.edges[index]
    }

    /// Asks memory for an edge.
    pub(super) fn ask_for(&self, index: usize) {
        self.edges.get(index).into_iter().for_each(ask_for);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter()
    }

    /// The box of all edges, [`Window::EMPTY`] without any.
    pub(super) fn window(&self) -> Window {
        self.all
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
        // An interval that holds nothing when there is no edge.
        let (low, high) =
            if self.edges.is_empty() { (1, 0) } else { (i64::from(all.west) - half, i64::from(all.east) + half) };
        turns(point.lon_e6, low, high).map(move |x| Query::new(x, point.lat_e6))
    }

    /// The foot on one edge.
    pub(super) fn found(&self, index: usize, query: Query) -> Option<Found> {
        Some(Found { index, foot: query.foot(*self.edges.get(index)?), query })
    }

    /// Whether a foot on an edge may be as near as that; no edge has none. The plane at the latitude of the query knows it
    /// well enough within [`PLANE_GOOD_M`].
    pub(super) fn may_be_within(&self, index: usize, query: &Query, distance_m: f64) -> bool {
        let Some(edge) = self.edges.get(index) else { return false };
        distance_m > PLANE_GOOD_M || query.plane2(*edge) <= distance_m * distance_m * 1.02 + 1e-6
    }

    /// The nearest edge, `None` without any. `hint` is an index worth trying first.
    pub(super) fn nearest(&self, point: Position, hint: Option<usize>) -> Option<Found> {
        let mut best: Option<Found> = None;
        for query in self.queries(point) {
            let mut search = Search { query, best, reach: Reach::new(query, radius(best)) };
            if let Some(index) = hint.and_then(|hint| self.descend(hint, &query)) {
                search.try_edge(index, &self.edges[index]);
            }
            let top = self.levels.len() - 1;
            if radius(search.best) > GOOD_START_M {
                let mut least =
                    search.best.map_or((f64::INFINITY, 0), |best| (query.plane2(self.edges[best.index]), best.index));
                self.lowest(top, 0..self.levels[top].len(), &query, &mut least);
                search.try_edge(least.1, &self.edges[least.1]);
            }
            self.visit(top, 0..self.levels[top].len(), &mut search);
            best = search.best;
        }
        best
    }

    /// From an edge to a neighbour as long as that is nearer in the plane of the query: where who moves on is nearest now.
    fn descend(&self, hint: usize, query: &Query) -> Option<usize> {
        let mut here = (query.plane2(*self.edges.get(hint)?), hint);
        for _ in 0..DESCENT {
            let beside = [here.1.wrapping_sub(1), here.1 + 1];
            let plane2 = |index: usize| Some((query.plane2(*self.edges.get(index)?), index));
            let nearer = beside.into_iter().filter_map(plane2).filter(|(plane2, _)| *plane2 < here.0);
            let Some(next) = nearer.min_by(|a, b| a.0.total_cmp(&b.0)) else { break };
            here = next;
        }
        Some(here.1)
    }

    /// The edge nearest in the plane of the query, boxes that look nearest first; a start, nothing more.
    fn lowest(&self, level: usize, run: Range<usize>, query: &Query, least: &mut (f64, usize)) {
        let mut looks = [f64::INFINITY; FAN];
        for (look, window) in looks.iter_mut().zip(&self.levels[level][run.clone()]) {
            let (dlon, dlat) = query.apart(window);
            let (east, north) = (dlon * query.scale.east, dlat * query.scale.north);
            *look = east * east + north * north;
        }
        while let Some((place, look)) = looks.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1)) {
            if look >= least.0 {
                return;
            }
            looks[place] = f64::INFINITY;
            let below = self.below(level, run.start + place);
            if level > 0 {
                self.lowest(level - 1, below, query, least);
                continue;
            }
            for index in below {
                let plane2 = query.plane2(self.edges[index]);
                if plane2 < least.0 {
                    *least = (plane2, index);
                }
            }
        }
    }

    /// What a box holds: boxes of the next level, or edges.
    #[inline]
    fn below(&self, level: usize, node: usize) -> Range<usize> {
        let count = if level > 0 { self.levels[level - 1].len() } else { self.edges.len() };
        node * FAN..((node + 1) * FAN).min(count)
    }

    fn visit(&self, level: usize, run: Range<usize>, search: &mut Search) {
        for node in run {
            if !search.reach.meets(&self.levels[level][node]) {
                continue;
            }
            let below = self.below(level, node);
            if level > 0 {
                self.visit(level - 1, below, search);
                continue;
            }
            for (index, edge) in below.clone().zip(&self.edges[below]) {
                if search.reach.meets(&edge.window()) {
                    search.try_edge(index, edge);
                }
            }
        }
    }

    /// Every edge within a radius, ascending by index.
    pub(super) fn within(&self, point: Position, radius_m: f64) -> Vec<Found> {
        let mut found = Vec::new();
        for query in self.queries(point) {
            let reach = Reach::new(query, radius_m);
            self.meeting(&reach.window, &mut |index, edge| {
                if !reach.meets(&edge.window()) {
                    return;
                }
                let foot = query.foot(*edge);
                if foot.distance_m <= radius_m {
                    found.push(Found { index, foot, query });
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
        let top = self.levels.len() - 1;
        self.meeting_from(top, 0..self.levels[top].len(), window, visit);
    }

    fn meeting_from(&self, level: usize, run: Range<usize>, window: &Window, visit: &mut impl FnMut(usize, &Edge)) {
        for node in run.filter(|node| self.levels[level][*node].meets(window)) {
            let below = self.below(level, node);
            if level > 0 {
                self.meeting_from(level - 1, below, window, visit);
                continue;
            }
            for index in below.filter(|index| self.edges[*index].window().meets(window)) {
                visit(index, &self.edges[index]);
            }
        }
    }
}

const EQUAL: core::cmp::Ordering = core::cmp::Ordering::Equal;

fn radius(best: Option<Found>) -> f64 {
    best.map_or(f64::INFINITY, |best| best.foot.distance_m)
}

/// A search under way: the best so far and the reach beyond which nothing is as good.
struct Search {
    query: Query,
    best: Option<Found>,
    reach: Reach,
}

impl Search {
    #[inline]
    fn try_edge(&mut self, index: usize, edge: &Edge) {
        let found = Found { index, foot: self.query.foot(*edge), query: self.query };
        if self.best.is_none_or(|best| found.is_before(&best)) {
            self.best = Some(found);
            self.reach = Reach::new(self.query, found.foot.distance_m);
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
