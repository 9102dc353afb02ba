//! Finds every pair of edges that meet: edges sorted by their western end, compared while they overlap in longitude.

use std::collections::{BTreeMap, BTreeSet};

use super::exact::{Meeting, Vertex, meeting, turn};
use super::{Flaw, Loop, position};

/// One edge of one loop, from corner `corner` to the next.
#[derive(Clone, Copy)]
struct Edge {
    of: usize,
    corner: usize,
    a: Vertex,
    b: Vertex,
}

/// Pairs of loops (smaller first) that meet: `true` where they cross or overlap, `false` where they only touch.
/// A loop that meets itself is paired with itself.
pub type Spoiled = BTreeMap<(usize, usize), bool>;

/// Adds a flaw for each meeting that is not allowed, and says which loops met.
pub fn meetings(loops: &[Loop], flaws: &mut Vec<Flaw>) -> Spoiled {
    let mut spoiled = Spoiled::new();
    let mut said = BTreeSet::new();
    pairs(loops, |first, second| {
        let (first, second) =
            if (first.of, first.corner) <= (second.of, second.corner) { (first, second) } else { (second, first) };
        let one = &loops[first.of];
        let met = match neighbours(one, first, second) {
            Some(corner) => spike(one, corner),
            None => meeting(first.a, first.b, second.a, second.b),
        };
        let Some((met, at)) = met else { return };
        let same = first.of == second.of;
        let only_touch = !same && met == Meeting::Touch;
        *spoiled.entry((first.of, second.of)).or_insert(false) |= !only_touch;
        if !only_touch {
            let flaw = describe(loops, first, second, met, at);
            if said.insert((flaw.code, flaw.part, flaw.ring, flaw.position, second.of)) {
                flaws.push(flaw);
            }
        }
    });
    spoiled
}

/// Calls `visit` for every pair of edges whose boxes overlap, once each.
fn pairs(loops: &[Loop], mut visit: impl FnMut(Edge, Edge)) {
    let mut edges: Vec<Edge> = Vec::new();
    for (of, one) in loops.iter().enumerate() {
        for (corner, &a) in one.vertices.iter().enumerate() {
            edges.push(Edge { of, corner, a, b: one.vertices[(corner + 1) % one.vertices.len()] });
        }
    }
    edges.sort_by_key(|edge| (edge.a.0.min(edge.b.0), edge.of, edge.corner));
    let mut active: Vec<Edge> = Vec::new();
    for edge in edges {
        let west = edge.a.0.min(edge.b.0);
        let (south, north) = (edge.a.1.min(edge.b.1), edge.a.1.max(edge.b.1));
        active.retain(|other| other.a.0.max(other.b.0) >= west);
        for other in &active {
            if other.a.1.min(other.b.1) <= north && other.a.1.max(other.b.1) >= south {
                visit(*other, edge);
            }
        }
        active.push(edge);
    }
}

/// Calls `visit` with the numbers of every pair of edges of one ring whose boxes overlap, once each.
pub fn crossing_pairs(ring: &[Vertex], mut visit: impl FnMut(usize, usize)) {
    let one = Loop { part: 0, ring: 0, vertices: ring.to_vec(), written: Vec::new() };
    pairs(std::slice::from_ref(&one), |first, second| visit(first.corner, second.corner));
}

/// The corner that two edges of one loop share as neighbours.
fn neighbours(one: &Loop, first: Edge, second: Edge) -> Option<usize> {
    let count = one.vertices.len();
    if first.of != second.of {
        None
    } else if first.corner + 1 == second.corner {
        Some(second.corner)
    } else {
        (first.corner == 0 && second.corner == count - 1).then_some(0)
    }
}

/// Neighbours may only run back along each other by mistake.
fn spike(one: &Loop, corner: usize) -> Option<(Meeting, Vertex)> {
    let count = one.vertices.len();
    let (before, at, after) =
        (one.vertices[(corner + count - 1) % count], one.vertices[corner], one.vertices[(corner + 1) % count]);
    let back = (before.0 - at.0) * (after.0 - at.0) + (before.1 - at.1) * (after.1 - at.1) > 0;
    (turn(before, at, after) == 0 && back).then_some((Meeting::Overlap, at))
}

/// The flaw in words; it is told at the earlier edge, or at the vertex that lies on the other edge.
fn describe(loops: &[Loop], first: Edge, second: Edge, met: Meeting, at: Vertex) -> Flaw {
    let (one, other) = (&loops[first.of], &loops[second.of]);
    let edge = |of: &Loop, edge: Edge| {
        format!("{} to {}", of.written[edge.corner], of.written[(edge.corner + 1) % of.vertices.len()])
    };
    let (edges, same) = ((edge(one, first), edge(other, second)), first.of == second.of);
    let (code, corner, message) = match (neighbours(one, first, second), met) {
        (Some(corner), _) => (
            "spike",
            corner,
            "the ring runs back along itself: a spike; drop this vertex (`--repair` does)".to_string(),
        ),
        (None, Meeting::Touch) => touch(one, first, second, at),
        (None, Meeting::Cross) if same => {
            let message = format!(
                "the ring crosses itself: edge {} crosses edge {}; reorder its vertices (`--repair` splits it here)",
                edges.0, edges.1
            );
            ("ring_crosses", first.corner, message)
        }
        (None, Meeting::Overlap) if same => {
            let message = format!(
                "the ring runs along itself: edges {} and {} share a stretch; separate them (`--repair` splits it here)",
                edges.0, edges.1
            );
            ("ring_overlaps", first.corner, message)
        }
        (None, met) => {
            let (code, verb) =
                if met == Meeting::Cross { ("rings_cross", "crosses") } else { ("rings_overlap", "runs along") };
            let message = format!(
                "edge {} {verb} edge {} of part {}, ring {}; move them apart or join the two",
                edges.0, edges.1, other.part, other.ring
            );
            (code, first.corner, message)
        }
    };
    Flaw {
        code,
        part: one.part,
        ring: one.ring,
        vertex: Some(one.written[corner]),
        position: Some(position(at)),
        message,
    }
}

/// A ring that touches itself: at a vertex that comes twice, or with a vertex on another edge.
fn touch(one: &Loop, first: Edge, second: Edge, at: Vertex) -> (&'static str, usize, String) {
    let count = one.vertices.len();
    let mut corners: Vec<usize> = [first, second]
        .iter()
        .flat_map(|edge| [edge.corner, (edge.corner + 1) % count])
        .filter(|corner| one.vertices[*corner] == at)
        .collect();
    corners.sort_unstable();
    corners.dedup();
    let split = "separate them (`--repair` splits it here)";
    let message = match corners[..] {
        [here, again] => {
            format!(
                "the ring touches itself: vertices {} and {} are the same; {split}",
                one.written[here], one.written[again]
            )
        }
        _ => {
            let on = if one.vertices[first.corner] == at || one.vertices[(first.corner + 1) % count] == at {
                second
            } else {
                first
            };
            let (from, to) = (one.written[on.corner], one.written[(on.corner + 1) % count]);
            format!("the ring touches itself: this vertex lies on edge {from} to {to}; {split}")
        }
    };
    // A touch is at an end of one of the two edges, so there is at least one such corner.
    ("ring_touches", corners.first().copied().unwrap_or(first.corner), message)
}
