//! The nearest point of one edge: the one definition of distance that every search and every slow twin shares.
//!
//! An edge is straight in longitude and latitude, so it is straight in any plane that scales the two axes. The foot is
//! found in the plane at the point's own latitude (exact for an edge of 100 km when the foot is near), the distance
//! to the foot is then measured on the ellipsoid. Mapping far vertices each with its own middle latitude would bend
//! the edge by tens of metres.

use super::frame::Vertex;
use super::metres::{self, PLANE_LIMIT_M, Scale};

/// Beyond this the foot is sought again in the plane half-way to it.
const NEAR_M: f64 = 10_000.0;

/// A point that asks, with the scale at its latitude; longitude in the frame of the edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Query {
    pub x: f64,
    pub y: f64,
    pub scale: Scale,
}

/// The nearest point of an edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Foot {
    /// Place on the edge, 0 at its start, 1 at its end.
    pub part: f64,
    /// Metres from the query to it.
    pub distance_m: f64,
}

/// An edge in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub a: Vertex,
    pub b: Vertex,
}

impl Edge {
    /// Longitude and latitude at a part of the edge, 1e-6 degrees; the ends exactly.
    pub(super) fn at(self, part: f64) -> (f64, f64) {
        let (ax, ay) = (f64::from(self.a.x), f64::from(self.a.y));
        (ax + part * (f64::from(self.b.x) - ax), ay + part * (f64::from(self.b.y) - ay))
    }
}

impl Query {
    pub(super) fn new(x: i64, lat_e6: i32) -> Query {
        let y = f64::from(lat_e6);
        Query { x: x as f64, y, scale: Scale::at(y) }
    }

    /// Metres to the place `part` of an edge.
    fn measure(&self, edge: Edge, part: f64) -> f64 {
        let (x, y) = edge.at(part);
        metres::between(self.y, x - self.x, y - self.y)
    }

    /// Squared metres to an edge in the plane of the query: good for choosing where to start.
    pub(super) fn plane2(&self, edge: Edge) -> f64 {
        let (x, y) = edge.at(self.part(edge, self.scale));
        let (east, north) = ((x - self.x) * self.scale.east, (y - self.y) * self.scale.north);
        east * east + north * north
    }

    /// The foot in the plane of `scale`.
    fn part(&self, edge: Edge, scale: Scale) -> f64 {
        let (ax, ay) = (f64::from(edge.a.x), f64::from(edge.a.y));
        let (ux, uy) = ((f64::from(edge.b.x) - ax) * scale.east, (f64::from(edge.b.y) - ay) * scale.north);
        let (wx, wy) = ((self.x - ax) * scale.east, (self.y - ay) * scale.north);
        let length2 = ux * ux + uy * uy;
        if length2 > 0.0 { ((wx * ux + wy * uy) / length2).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The nearest point of an edge.
    pub(super) fn foot(&self, edge: Edge) -> Foot {
        let part = self.part(edge, self.scale);
        let distance_m = self.measure(edge, part);
        if distance_m <= NEAR_M { Foot { part, distance_m } } else { self.far_foot(edge, Foot { part, distance_m }) }
    }

    #[cold]
    fn far_foot(&self, edge: Edge, first: Foot) -> Foot {
        let mut best = first;
        let mut part = first.part;
        for _ in 0..3 {
            let middle = Scale::at(0.5 * (self.y + edge.at(part).1));
            part = self.part(edge, middle);
            best = self.better(edge, best, part);
        }
        let length_m = metres::between(
            f64::from(edge.a.y),
            f64::from(edge.b.x) - f64::from(edge.a.x),
            f64::from(edge.b.y) - f64::from(edge.a.y),
        );
        // A short edge cannot hide a foot nearer by 0.1 %; on a long one no plane reaches far enough.
        if best.distance_m > PLANE_LIMIT_M && length_m > 0.01 * best.distance_m {
            best = self.bracketed(edge, best);
        }
        best
    }

    /// Minimum of the squared distance, which is nearly a parabola of the part: three points, its lowest, repeat.
    fn bracketed(&self, edge: Edge, first: Foot) -> Foot {
        let mut best = first;
        let mut reach = 0.25;
        for _ in 0..3 {
            let (low, high) = ((best.part - reach).max(0.0), (best.part + reach).min(1.0));
            let (middle, value) = (0.5 * (low + high), |part| {
                let metres = self.measure(edge, part);
                metres * metres
            });
            let (left, centre, right) = (value(low), value(middle), value(high));
            let bend = left - 2.0 * centre + right;
            if bend > 0.0 {
                let lowest = middle + 0.25 * (high - low) * (left - right) / bend;
                best = self.better(edge, best, lowest.clamp(low, high));
            }
            best = self.better(edge, self.better(edge, best, low), high);
            reach *= 0.4;
        }
        best
    }

    fn better(&self, edge: Edge, best: Foot, part: f64) -> Foot {
        let distance_m = self.measure(edge, part);
        if distance_m < best.distance_m { Foot { part, distance_m } } else { best }
    }
}
