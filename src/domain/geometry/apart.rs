//! How far an edge of a line lies from those that are not its neighbours: near it, nobody else need be asked.
//!
//! Let a point lie d from its foot on an edge, and some other edge come as near to the point, or nearer. Then the two
//! edges are 2 d apart at most: measured in a plane whose degrees are nowhere longer than those of the ellipsoid there,
//! so that the sum of two sides holds exactly. What is farther apart than that is farther from the point than d.

use super::closest::Edge;
use super::edges::Edges;
use super::metres::{PLANE_LATITUDE_E6, Scale};
use super::window::{EQUATOR_NORTH, Window};

/// Nobody looks farther.
const FARTHEST_M: f64 = 600.0;
/// Covers rounding.
const SLACK: f64 = 1.0 - 1e-6;

/// Metres between an edge and every one that is not beside it in the line, [`FARTHEST_M`] at most; never too much.
pub(super) fn apart_m(edges: &Edges, index: usize) -> f32 {
    let edge = edges.get(index);
    let window = edge.window();
    let outermost = f64::from(window.south).abs().max(f64::from(window.north).abs()) + FARTHEST_M / EQUATOR_NORTH;
    if outermost > PLANE_LATITUDE_E6 {
        return 0.0;
    }
    let least = Scale { east: Scale::at(outermost).east, north: EQUATOR_NORTH };
    let (dlon, dlat) = ((FARTHEST_M / least.east) as i32 + 1, (FARTHEST_M / least.north) as i32 + 1);
    let around = Window {
        west: window.west.saturating_sub(dlon),
        south: window.south - dlat,
        east: window.east.saturating_add(dlon),
        north: window.north + dlat,
    };
    let mut nearest2 = FARTHEST_M * FARTHEST_M;
    edges.meeting(&around, &mut |other, found| {
        if other.abs_diff(index) > 1 {
            nearest2 = nearest2.min(between2(edge, *found, least));
        }
    });
    (nearest2.sqrt() * SLACK) as f32
}

/// Whether no edge but the neighbours can be as near to a point that lies so far from an edge.
pub(super) fn proves(apart_m: f32, distance_m: f64) -> bool {
    2.0 * distance_m < f64::from(apart_m) * SLACK
}

type Point = (f64, f64);

/// Square of the distance between two edges in a plane.
fn between2(one: Edge, other: Edge, scale: Scale) -> f64 {
    let plane = |edge: Edge| [edge.a, edge.b].map(|v| (f64::from(v.x) * scale.east, f64::from(v.y) * scale.north));
    let ([a, b], [c, d]) = (plane(one), plane(other));
    let side = |p: Point, q: Point, r: Point| (q.0 - p.0) * (r.1 - p.1) - (q.1 - p.1) * (r.0 - p.0);
    if side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0 {
        return 0.0; // they cross; where they only touch, an end lies on the other
    }
    let ends = [to_edge2(a, c, d), to_edge2(b, c, d), to_edge2(c, a, b), to_edge2(d, a, b)];
    ends.into_iter().fold(f64::INFINITY, f64::min)
}

fn to_edge2(p: Point, a: Point, b: Point) -> f64 {
    let (ux, uy, wx, wy) = (b.0 - a.0, b.1 - a.1, p.0 - a.0, p.1 - a.1);
    let length2 = ux * ux + uy * uy;
    let part = if length2 > 0.0 { ((wx * ux + wy * uy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    let (east, north) = (wx - part * ux, wy - part * uy);
    east * east + north * north
}

#[cfg(test)]
mod tests {
    use super::super::edges::edges_of;
    use super::super::frame::Vertex;
    use super::*;

    /// Metres of each edge of a line at 40 degrees, from vertices in units of 0.001 degrees (85 m, 111 m).
    fn apart(line: &[(i32, i32)]) -> Vec<f32> {
        let vertices: Vec<Vertex> =
            line.iter().map(|(x, y)| Vertex { x: 30_000_000 + x * 1_000, y: 40_000_000 + y * 1_000 }).collect();
        let edges = Edges::new(edges_of(&vertices));
        (0..edges.len()).map(|index| apart_m(&edges, index)).collect()
    }

    #[test]
    fn edges_of_a_straight_line_are_a_length_apart() {
        let found = apart(&[(0, 0), (4, 0), (8, 0), (12, 0), (16, 0)]);
        assert!(found.iter().all(|metres| (340.0..342.0).contains(metres)), "{found:?}");
        assert!(proves(found[0], 160.0) && !proves(found[0], 171.0));
    }

    #[test]
    fn what_comes_back_or_crosses_is_near_and_what_is_alone_is_far() {
        let back = apart(&[(0, 0), (20, 0), (20, 1), (0, 1)]);
        assert!((109.0..111.5).contains(&back[0]) && (109.0..111.5).contains(&back[2]), "{back:?}");
        assert!(back[1] > 590.0, "both others are its neighbours: {back:?}");
        let crossing = apart(&[(0, 0), (10, 0), (10, 5), (5, 5), (5, -5)]);
        assert_eq!((crossing[0], crossing[3]), (0.0, 0.0));
        let touching = apart(&[(0, 0), (10, 0), (10, 5), (5, 5), (5, 0)]);
        assert!(touching[0] < 0.001 && touching[3] < 0.001, "{touching:?}");
    }
}
