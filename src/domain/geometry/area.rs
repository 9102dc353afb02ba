//! Multi-polygons with holes: inside or not, nearest boundary, surface.

use super::closest::Edge;
use super::edges::Edges;
use super::frame::{Vertex, align, as_written, turns, unwrapped};
use super::inside::Inside;
use super::metres;
use crate::domain::position::{Position, TURN_E6};

/// A multi-polygon with holes; edges are straight in longitude and latitude.
///
/// Without any ring it contains nothing and its boundary is infinitely far.
#[derive(Clone, Debug)]
pub struct Area {
    /// Outer rings counter-clockwise, holes clockwise, all in one frame of longitudes.
    pub(super) edges: Edges,
    inside: Inside,
    area_m2: f64,
}

/// A point of a boundary or a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// The point itself.
    pub position: Position,
    /// Metres to it, never negative.
    pub distance_m: f64,
}

impl Area {
    /// From polygons, each an outer ring followed by its holes. Rings may be open or closed, in either winding.
    /// Ring vertices must be valid (the rulebook checks); rings of fewer than three distinct vertices are dropped.
    ///
    /// A ring may cross 180 degrees: its vertices are joined the shorter way. A ring that does not close in that way,
    /// or holds nothing, goes round a pole or the world and is taken as written.
    pub fn new(polygons: &[Vec<Vec<Position>>]) -> Area {
        let mut edges = Vec::new();
        let mut area_m2 = 0.0;
        let mut home = None;
        for polygon in polygons {
            for (place, ring) in polygon.iter().enumerate() {
                let Some(mut ring) = framed(ring) else {
                    if place == 0 {
                        break;
                    }
                    continue;
                };
                align(&mut ring, &mut home);
                let hole = place > 0;
                if (twice_surface(&ring) < 0) != hole {
                    ring.reverse();
                }
                let closed = ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| Edge { a: *a, b: *b });
                let from = edges.len();
                edges.extend(closed);
                area_m2 += surface_m2(&edges[from..]);
            }
        }
        Area { inside: Inside::new(&edges), edges: Edges::new(edges), area_m2 }
    }

    /// Whether the point lies inside (exact integer arithmetic; a point on an edge counts as inside).
    pub fn contains(&self, point: Position) -> bool {
        let window = self.edges.window();
        if point.lat_e6 < window.south || point.lat_e6 > window.north {
            return false;
        }
        turns(point.lon_e6, i64::from(window.west), i64::from(window.east))
            .any(|x| self.inside.contains(x as i32, point.lat_e6))
    }

    /// The nearest point of the boundary, holes included.
    pub fn nearest_boundary(&self, point: Position) -> Nearest {
        self.nearest_edge(point, None).map_or(Nearest { position: point, distance_m: f64::INFINITY }, |(_, near)| near)
    }

    /// The same, where the search may begin at the edge that was nearest last; it is written back.
    pub fn nearest_boundary_from(&self, hint: &mut u32, point: Position) -> Nearest {
        let Some((edge, near)) = self.nearest_edge(point, Some(*hint as usize)) else {
            return Nearest { position: point, distance_m: f64::INFINITY };
        };
        *hint = edge as u32;
        near
    }

    /// The same with the index of its edge; the hint changes nothing but the speed.
    pub(super) fn nearest_edge(&self, point: Position, hint: Option<usize>) -> Option<(usize, Nearest)> {
        let found = self.edges.nearest(point, hint)?;
        let (x, y) = self.edges.get(found.index).at(found.foot.part);
        let near = Nearest { position: Position::from_e6(x, y), distance_m: found.foot.distance_m };
        Some((found.index, near))
    }

    /// Metres to the boundary, positive inside.
    pub fn signed_distance_m(&self, point: Position) -> f64 {
        let distance = self.nearest_boundary(point).distance_m;
        if self.contains(point) { distance } else { -distance }
    }

    /// Surface in square metres, holes subtracted.
    pub fn area_m2(&self) -> f64 {
        self.area_m2
    }

    /// Its rings, each closed, outer ones and holes alike, to be drawn by the even-odd rule.
    pub fn rings(&self) -> Vec<Vec<Position>> {
        let corner = |vertex: Vertex| Position::from_e6(f64::from(vertex.x), f64::from(vertex.y));
        let mut rings: Vec<Vec<Position>> = Vec::new();
        let mut last = None;
        for edge in self.edges.iter() {
            match rings.last_mut().filter(|_| last == Some(edge.a)) {
                Some(ring) => ring.push(corner(edge.b)),
                None => rings.push(vec![corner(edge.a), corner(edge.b)]),
            }
            last = Some(edge.b);
        }
        rings
    }

    /// South-west and north-east corner; the western longitude is the greater one when the area crosses 180 degrees.
    pub fn bounds(&self) -> (Position, Position) {
        self.edges.bounds()
    }
}

/// Distinct consecutive vertices of a ring in a frame, without the closing one; `None` when fewer than three remain.
fn framed(ring: &[Position]) -> Option<Vec<Vertex>> {
    let open = match ring {
        [first, middle @ .., last] if first == last => &ring[..=middle.len()],
        _ => ring,
    };
    let Some(vertices) = distinct(unwrapped(open)) else { return distinct(as_written(open)) };
    // The way back to the start must be the shorter one too.
    let back = i64::from(vertices[vertices.len() - 1].x) - i64::from(vertices[0].x);
    if back.abs() > TURN_E6 / 2 || twice_surface(&vertices) == 0 {
        return distinct(as_written(open));
    }
    Some(vertices)
}

/// Without repeated neighbours; `None` when fewer than three vertices are distinct.
fn distinct(mut vertices: Vec<Vertex>) -> Option<Vec<Vertex>> {
    vertices.dedup();
    let mut places: Vec<(i32, i32)> = vertices.iter().map(|v| (v.x, v.y)).collect();
    places.sort_unstable();
    places.dedup();
    (places.len() >= 3).then_some(vertices)
}

/// Twice the signed surface of an open ring in square micro-degrees, positive when counter-clockwise.
fn twice_surface(ring: &[Vertex]) -> i128 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| i128::from(i64::from(a.x) * i64::from(b.y)) - i128::from(i64::from(b.x) * i64::from(a.y)))
        .sum()
}

/// Surface to the left of a closed chain of edges, square metres: ∮ S(φ) dλ by Simpson's rule on each edge.
fn surface_m2(edges: &[Edge]) -> f64 {
    let sum: f64 = edges
        .iter()
        .map(|edge| {
            let (ay, by) = (f64::from(edge.a.y), f64::from(edge.b.y));
            let mean = (metres::surface_per_radian(ay)
                + 4.0 * metres::surface_per_radian(0.5 * (ay + by))
                + metres::surface_per_radian(by))
                / 6.0;
            mean * (f64::from(edge.a.x) - f64::from(edge.b.x)) * metres::E6_RADIAN
        })
        .sum();
    sum
}
