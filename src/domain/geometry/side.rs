//! On which side of a line a point lies.

use super::closest::Query;
use super::edges::{Edges, Found};
use core::ops::Range;

/// Whether the point lies to the right of the line as it was drawn; a point on the line counts as right.
///
/// Beside a segment the segment decides. At a vertex the two segments that meet there may disagree: the nearest point
/// of a bend is its vertex only for points on the outside of the bend, so the turn decides.
pub(super) fn side(edges: &Edges, run: Range<usize>, found: Found) -> bool {
    let query = &found.query;
    let index = found.index;
    let edge = edges.get(index);
    let vertex = if found.foot.part <= 0.0 {
        edge.a
    } else if found.foot.part >= 1.0 {
        edge.b
    } else {
        let (x, y) = edge.at(found.foot.part);
        return across(direction(edges, index, query), query, x, y) <= 0.0;
    };
    // At a vertex: the nearest segments with a length before and after it.
    let long = |place: &usize| edges.get(*place).a != edges.get(*place).b;
    let at_start = found.foot.part <= 0.0;
    let before = if at_start && edge.a != edge.b { run.start..index } else { run.start..index + 1 };
    let after = if at_start { index..run.end } else { index + 1..run.end };
    let before = before.rev().find(long).map(|place| direction(edges, place, query));
    let after = after.into_iter().find(long).map(|place| direction(edges, place, query));
    let (x, y) = (f64::from(vertex.x), f64::from(vertex.y));
    match (before, after) {
        (Some(before), Some(after)) => {
            let turn = before.0 * after.1 - before.1 * after.0;
            if turn == 0.0 { across(before, query, x, y) <= 0.0 } else { turn > 0.0 }
        }
        (Some(only), None) | (None, Some(only)) => across(only, query, x, y) <= 0.0,
        (None, None) => true,
    }
}

/// East and north of a segment in the plane of the query.
fn direction(edges: &Edges, index: usize, query: &Query) -> (f64, f64) {
    let edge = edges.get(index);
    let (east, north) = (f64::from(edge.b.x) - f64::from(edge.a.x), f64::from(edge.b.y) - f64::from(edge.a.y));
    (east * query.scale.east, north * query.scale.north)
}

/// Positive when the query lies to the left of a direction through (x, y).
fn across(direction: (f64, f64), query: &Query, x: f64, y: f64) -> f64 {
    let (east, north) = ((query.x - x) * query.scale.east, (query.y - y) * query.scale.north);
    direction.0 * north - direction.1 * east
}
