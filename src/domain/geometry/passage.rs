//! Where a route leads through an area: stretches of chainage, found once for a rulebook and read for every vehicle.

use super::area::Area;
use super::closest::Edge;
use super::depth::Piece;
use super::frame::Vertex;
use super::route::Route;
use super::window::Window;
use crate::domain::position::{Position, TURN_E6};

/// A stretch of one line of a route that lies inside an area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passage {
    /// The line, 0 for the first.
    pub line: u32,
    /// Chainage where it begins, metres; the smaller end.
    pub from_m: f64,
    /// Chainage where it ends, metres; the greater end.
    pub to_m: f64,
    /// Greatest distance from the boundary, metres inside; see [`Area::segment_depth_m`].
    pub depth_m: f64,
}

impl Route {
    /// Every stretch inside an area, line by line in the order in which the line was drawn. A stretch goes on over the
    /// vertices of the line; what only touches the boundary is none.
    pub fn passages(&self, area: &Area) -> Vec<Passage> {
        self.inside(area, |way, piece| area.deepest(way, &[piece]).unwrap_or(0.0))
    }

    /// The same on one line, from and to which chainage, without the depth: that is most of the work.
    pub fn stretches(&self, area: &Area, line: u32) -> Vec<(f64, f64)> {
        let all = self.inside(area, |_, _| 0.0).into_iter();
        all.filter(|passage| passage.line == line).map(|passage| (passage.from_m, passage.to_m)).collect()
    }

    fn inside(&self, area: &Area, depth_m: impl Fn(Edge, Piece) -> f64) -> Vec<Passage> {
        let mut found: Vec<Passage> = Vec::new();
        // The edge on whose end the newest stretch ended.
        let mut joins: Option<usize> = None;
        for index in self.meeting(area) {
            let edge = self.edges.get(index);
            let (a, b) = (corner(edge.a), corner(edge.b));
            for way in area.ways(a, b) {
                for piece in joined(area.pieces(way, &area.cuts(way))) {
                    let (from_m, to_m) = (self.chainage_on(index, piece.0), self.chainage_on(index, piece.1));
                    let depth_m = depth_m(way, piece);
                    let line = self.line_of(index as u32);
                    let goes_on = piece.0 == 0.0 && joins.is_some_and(|before| before + 1 == index);
                    match found.last_mut().filter(|last| goes_on && last.line == line) {
                        Some(last) => {
                            last.from_m = last.from_m.min(from_m).min(to_m);
                            last.to_m = last.to_m.max(from_m).max(to_m);
                            last.depth_m = last.depth_m.max(depth_m);
                        }
                        None => {
                            let (from_m, to_m) = (from_m.min(to_m), from_m.max(to_m));
                            found.push(Passage { line, from_m, to_m, depth_m });
                        }
                    }
                    joins = (piece.1 == 1.0).then_some(index);
                }
            }
        }
        found
    }

    /// Segments whose box meets that of an area in some turn of longitude, ascending.
    fn meeting(&self, area: &Area) -> Vec<usize> {
        let window = area.edges.window();
        let mut met = Vec::new();
        if area.edges.len() == 0 || self.edges.len() == 0 {
            return met;
        }
        for turn in [-1, 0, 1] {
            let shifted =
                |x: i32| (i64::from(x) + turn * TURN_E6).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
            let moved = Window { west: shifted(window.west), east: shifted(window.east), ..window };
            self.edges.meeting(&moved, &mut |index, _: &Edge| met.push(index));
        }
        met.sort_unstable();
        met.dedup();
        met
    }
}

/// Pieces that follow one another without a gap are one.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match out.last_mut() {
            Some(last) if last.1 == piece.0 => last.1 = piece.1,
            _ => out.push(piece),
        }
    }
    out
}

fn corner(vertex: Vertex) -> Position {
    Position::from_e6(f64::from(vertex.x), f64::from(vertex.y))
}
