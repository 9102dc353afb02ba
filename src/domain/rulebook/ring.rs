//! Soundness of polygons, decided exactly: what is wrong, at which vertex, and the mending of it.
//!
//! A sound ring is closed, has three distinct corners, and meets itself nowhere but where neighbours join. Rings of one
//! polygon may touch in single points (as in OGC Simple Features); they may not cross or run along each other, holes
//! lie inside the outer ring and outside each other, and so do the parts of a multi-polygon. Repeated vertices and the
//! direction of a ring do not matter. Everything is asked of whole micro-degrees: the numbers that decide later.

mod exact;
mod nesting;
pub mod repair;
mod sweep;

use super::fault::{Fault, Place};
use super::source::Rings;
use crate::domain::position::Position;
use exact::Vertex;

/// One flaw of one polygon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Stable code.
    pub code: &'static str,
    /// Polygon of the multi-polygon, from 0.
    pub part: usize,
    /// Ring, from 0 (the outer one).
    pub ring: usize,
    /// Vertex, from 0 as written.
    pub vertex: Option<usize>,
    /// Where.
    pub position: Option<Position>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Flaw {
    /// As a fault of the feature at `place`.
    pub fn into_fault(self, place: &Place) -> Fault {
        let place = Place {
            part: Some(self.part),
            ring: Some(self.ring),
            vertex: self.vertex,
            position: self.position,
            ..place.clone()
        };
        Fault::new(self.code, place, self.message)
    }
}

/// A ring ready for the sweep: repeated vertices dropped, closing vertex dropped, longitudes in one frame.
#[derive(Clone, Debug)]
struct Loop {
    part: usize,
    ring: usize,
    vertices: Vec<Vertex>,
    /// Place of each vertex in the ring as written.
    written: Vec<usize>,
}

/// Every flaw of the polygons of one feature, in the order of part, ring and vertex. No polygon at all is none.
pub fn check(polygons: &[Rings]) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let mut loops = Vec::new();
    for (part, rings) in polygons.iter().enumerate() {
        for (ring, positions) in rings.iter().enumerate() {
            open_or_short(part, ring, positions, &mut flaws);
            let anchor = rings.iter().flatten().next().map_or(0, |first| i64::from(first.lon_e6));
            let cleaned = clean(part, ring, positions, anchor);
            if cleaned.vertices.len() >= 3 {
                loops.push(cleaned);
            }
        }
    }
    let spoiled = sweep::meetings(&loops, &mut flaws);
    nesting::check(&loops, &spoiled, &mut flaws);
    flaws.sort_by_key(|flaw| (flaw.part, flaw.ring, flaw.vertex, flaw.code));
    flaws.dedup();
    flaws
}

/// Whether two segments have a point in common; a segment may be a single point.
pub(super) fn meet(a: Position, b: Position, c: Position, d: Position) -> bool {
    let vertex = |p: Position| (i64::from(p.lon_e6), i64::from(p.lat_e6));
    let (a, b, c, d) = (vertex(a), vertex(b), vertex(c), vertex(d));
    if a == b {
        return if c == d { a == c } else { exact::on_segment(c, d, a) };
    }
    if c == d { exact::on_segment(a, b, c) } else { exact::meeting(a, b, c, d).is_some() }
}

fn open_or_short(part: usize, ring: usize, positions: &[Position], flaws: &mut Vec<Flaw>) {
    let mut distinct = positions.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 3 {
        let position = positions.first().copied();
        let message = "the ring has no area: it needs three different corners; draw it or drop it".to_string();
        flaws.push(Flaw { code: "ring_without_area", part, ring, vertex: None, position, message });
        return;
    }
    if let (Some(first), Some(last)) = (positions.first(), positions.last())
        && first != last
    {
        let vertex = Some(positions.len() - 1);
        let message = "the ring is open: repeat its first position at the end".to_string();
        flaws.push(Flaw { code: "open_ring", part, ring, vertex, position: Some(*last), message });
    }
}

/// Drops repeated vertices and unwraps longitudes: neighbours are joined the shorter way, and the ring begins within
/// half a turn of `anchor`.
fn clean(part: usize, ring: usize, positions: &[Position], anchor: i64) -> Loop {
    let mut cleaned = Loop { part, ring, vertices: Vec::with_capacity(positions.len()), written: Vec::new() };
    let mut before = anchor;
    for (index, position) in positions.iter().enumerate() {
        let mut lon = i64::from(position.lon_e6);
        lon += (before - lon + HALF_TURN).div_euclid(2 * HALF_TURN) * 2 * HALF_TURN;
        before = lon;
        let vertex = (lon, i64::from(position.lat_e6));
        if cleaned.vertices.last() != Some(&vertex) {
            cleaned.vertices.push(vertex);
            cleaned.written.push(index);
        }
    }
    while cleaned.vertices.len() > 1 && cleaned.vertices.first() == cleaned.vertices.last() {
        cleaned.vertices.pop();
        cleaned.written.pop();
    }
    cleaned
}

/// 180 degrees.
const HALF_TURN: i64 = 180_000_000;

/// Back from a frame to a position.
fn position(vertex: Vertex) -> Position {
    let lon = (vertex.0 + HALF_TURN).rem_euclid(2 * HALF_TURN) - HALF_TURN;
    // 180 and -180 are the same meridian; the frame keeps +180 where a shape reaches it from the west.
    let lon = if lon == -HALF_TURN && vertex.0 > 0 { HALF_TURN } else { lon };
    Position { lat_e6: vertex.1 as i32, lon_e6: lon as i32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(i32, i32)]) -> Vec<Position> {
        points.iter().map(|&(lon_e6, lat_e6)| Position { lat_e6, lon_e6 }).collect()
    }

    fn codes(polygons: &[Rings]) -> Vec<(&'static str, usize, usize, Option<usize>)> {
        check(polygons).into_iter().map(|f| (f.code, f.part, f.ring, f.vertex)).collect()
    }

    fn square(x: i32, y: i32, size: i32) -> Vec<Position> {
        ring(&[(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)])
    }

    #[test]
    fn sound_ones_pass() {
        assert_eq!(codes(&[]), vec![]);
        assert_eq!(codes(&[vec![square(0, 0, 100), square(10, 10, 20)], vec![square(200, 0, 50)]]), vec![]);
        // Repeated vertices, a vertex in the middle of an edge, and either direction.
        assert_eq!(
            codes(&[vec![ring(&[(0, 0), (0, 0), (0, 5), (0, 10), (10, 10), (10, 10), (10, 0), (0, 0), (0, 0)])]]),
            vec![]
        );
        // A hole that touches in one point; parts that touch in one point; an island in a hole.
        assert_eq!(codes(&[vec![square(0, 0, 100), ring(&[(0, 50), (20, 40), (20, 60), (0, 50)])]]), vec![]);
        assert_eq!(codes(&[vec![square(0, 0, 10)], vec![square(10, 10, 10)]]), vec![]);
        assert_eq!(codes(&[vec![square(0, 0, 100), square(10, 10, 50)], vec![square(20, 20, 10)]]), vec![]);
        // Across 180 degrees.
        assert_eq!(
            codes(&[vec![ring(&[
                (179_000_000, 0),
                (-179_000_000, 0),
                (-179_000_000, 5),
                (179_000_000, 5),
                (179_000_000, 0)
            ])]]),
            vec![]
        );
    }

    #[test]
    fn flaws_are_named_with_their_vertex() {
        assert_eq!(codes(&[vec![ring(&[(0, 0), (10, 0), (10, 10)])]]), vec![("open_ring", 0, 0, Some(2))]);
        assert_eq!(codes(&[vec![ring(&[(0, 0), (10, 0), (0, 0)])]]), vec![("ring_without_area", 0, 0, None)]);
        assert_eq!(codes(&[vec![vec![]]]), vec![("ring_without_area", 0, 0, None)]);
        // Bow tie.
        assert_eq!(
            codes(&[vec![ring(&[(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)])]]),
            vec![("ring_crosses", 0, 0, Some(0))]
        );
        // Touches itself at a repeated vertex (index 2 and 5), named once.
        let touching = ring(&[(0, 0), (10, 0), (10, 10), (20, 10), (20, 20), (10, 10), (0, 10), (0, 0)]);
        assert_eq!(codes(&[vec![touching]]), vec![("ring_touches", 0, 0, Some(2))]);
        // A vertex on another edge.
        let tee = ring(&[(0, 0), (10, 0), (10, 10), (5, 0), (0, 10), (0, 0)]);
        assert_eq!(codes(&[vec![tee]]), vec![("ring_touches", 0, 0, Some(3))]);
        // A spike.
        let spike = ring(&[(0, 0), (10, 0), (20, 0), (10, 0), (10, 10), (0, 0)]);
        assert_eq!(codes(&[vec![spike]]), vec![("ring_touches", 0, 0, Some(1)), ("spike", 0, 0, Some(2))]);
    }

    #[test]
    fn rings_that_do_not_nest() {
        assert_eq!(codes(&[vec![square(0, 0, 10), square(20, 0, 5)]]), vec![("hole_outside", 0, 1, Some(0))]);
        assert_eq!(
            codes(&[vec![square(0, 0, 100), square(10, 10, 50), square(20, 20, 5)]]),
            vec![("hole_in_hole", 0, 2, Some(0))]
        );
        assert_eq!(codes(&[vec![square(0, 0, 100)], vec![square(20, 20, 5)]]), vec![("parts_overlap", 1, 0, Some(0))]);
        // The same part twice.
        assert!(codes(&[vec![square(0, 0, 10)], vec![square(0, 0, 10)]]).iter().any(|c| c.0 == "rings_overlap"));
        assert!(codes(&[vec![square(0, 0, 10), square(5, 5, 10)]]).iter().any(|c| c.0 == "rings_cross"));
        // Crosses through vertices only: the chord of a diamond.
        let diamond = ring(&[(0, 0), (10, 10), (20, 0), (10, -10), (0, 0)]);
        let through = ring(&[(10, 10), (10, -10), (40, 0), (10, 10)]);
        assert!(!codes(&[vec![diamond], vec![through]]).is_empty());
    }
}
