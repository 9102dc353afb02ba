//! How deep a straight way between two fixes cuts into an area, and where.

use super::area::Area;
use super::closest::Edge;
use super::frame::{Vertex, turns};
use super::metres;
use crate::domain::position::{Position, shorter};

/// Samples lie at most this far apart on ways of up to 4 km inside.
const STEP_M: f64 = 20.0;
/// Samples of the whole way.
const SAMPLES: f64 = 200.0;

/// Parts of a straight way (0 at its start, 1 at its end) between which it is inside an area.
pub(super) type Piece = (f64, f64);

impl Area {
    /// The greatest depth (metres inside) to which the straight edge from `a` to `b` penetrates, `None` if it never
    /// enters.
    ///
    /// The edge is cut where it crosses the boundary, so a corner cut between two samples is not missed; each piece
    /// inside is sampled every 20 m, farther apart only where that would take more than 200 samples in all (a piece
    /// has one at least). A way that only touches the boundary enters with depth 0.
    pub fn segment_depth_m(&self, a: Position, b: Position) -> Option<f64> {
        self.ways(a, b).filter_map(|way| self.depth_in_frame(way)).max_by(f64::total_cmp)
    }

    /// The part of the straight edge from `a` to `b` (0 at `a`, 1 at `b`) at which it first is inside, `None` if it
    /// never enters.
    pub fn segment_entry(&self, a: Position, b: Position) -> Option<f64> {
        self.ways(a, b).find_map(|way| self.pieces(way, &self.cuts(way)).first().map(|(from, _)| *from))
    }

    /// The straight edge in every turn of longitude in which it may meet the area.
    pub(super) fn ways(&self, a: Position, b: Position) -> impl Iterator<Item = Edge> {
        let window = self.edges.window();
        let dlon = shorter(i64::from(b.lon_e6) - i64::from(a.lon_e6));
        let (low, high) = (i64::from(window.west) - dlon.max(0), i64::from(window.east) - dlon.min(0));
        // Within half a turn of the frame of the area, hence within i32.
        turns(a.lon_e6, low, high).map(move |x| Edge {
            a: Vertex { x: x as i32, y: a.lat_e6 },
            b: Vertex { x: (x + dlon) as i32, y: b.lat_e6 },
        })
    }

    fn depth_in_frame(&self, way: Edge) -> Option<f64> {
        let cuts = self.cuts(way);
        let pieces = self.pieces(way, &cuts);
        self.deepest(way, &pieces).or_else(|| cuts.iter().any(|cut| self.contains(place(way, *cut))).then_some(0.0))
    }

    /// The greatest depth on pieces of a way, `None` without any.
    pub(super) fn deepest(&self, way: Edge, pieces: &[Piece]) -> Option<f64> {
        let (dlon, dlat) = (f64::from(way.b.x) - f64::from(way.a.x), f64::from(way.b.y) - f64::from(way.a.y));
        let length_m = metres::between(f64::from(way.a.y), dlon, dlat);
        let inside_m: f64 = pieces.iter().map(|(from, to)| (to - from) * length_m).sum();
        let step_m = STEP_M.max(inside_m / SAMPLES);
        let mut deepest: Option<f64> = None;
        let mut hint = None;
        for (from, to) in pieces {
            let samples = ((to - from) * length_m / step_m) as usize + 1;
            for sample in 0..samples {
                let part = from + (to - from) * (sample as f64 + 0.5) / samples as f64;
                let Some((edge, near)) = self.nearest_edge(place(way, part), hint) else { continue };
                // The nearest edge of one sample is a good start for the next.
                hint = Some(edge);
                deepest = Some(deepest.map_or(near.distance_m, |deepest| deepest.max(near.distance_m)));
            }
        }
        deepest
    }

    /// Where a way is inside, between neighbouring cuts.
    pub(super) fn pieces(&self, way: Edge, cuts: &[f64]) -> Vec<Piece> {
        cuts.windows(2)
            .map(|pair| (pair[0], pair[1]))
            .filter(|(from, to)| self.contains(place(way, 0.5 * (from + to))))
            .collect()
    }

    /// Parts of the way at which it meets the boundary, with its two ends, ascending.
    pub(super) fn cuts(&self, way: Edge) -> Vec<f64> {
        let mut cuts = vec![0.0, 1.0];
        let (ux, uy) = (i64::from(way.b.x) - i64::from(way.a.x), i64::from(way.b.y) - i64::from(way.a.y));
        self.edges.meeting(&way.window(), &mut |_, edge| {
            let (vx, vy) = (i64::from(edge.b.x) - i64::from(edge.a.x), i64::from(edge.b.y) - i64::from(edge.a.y));
            let (wx, wy) = (i64::from(edge.a.x) - i64::from(way.a.x), i64::from(edge.a.y) - i64::from(way.a.y));
            let across = ux * vy - uy * vx;
            if across == 0 {
                return;
            }
            let part = (wx * vy - wy * vx) as f64 / across as f64;
            let other = (wx * uy - wy * ux) as f64 / across as f64;
            if (0.0..=1.0).contains(&part) && (-1e-9..=1.000_000_001).contains(&other) {
                cuts.push(part);
            }
        });
        cuts.sort_by(f64::total_cmp);
        cuts
    }
}

fn place(way: Edge, part: f64) -> Position {
    let (x, y) = way.at(part);
    Position::from_e6(x, y)
}
