//! Whether rings lie in each other as they should: holes inside their outer ring and beside each other, parts beside
//! each other (an island in a hole is beside).

use super::exact::{Side, Vertex, side};
use super::sweep::Spoiled;
use super::{Flaw, Loop, position};

/// Adds a flaw for every ring that lies where it should not. Pairs that cross have been told already.
pub fn check(loops: &[Loop], spoiled: &Spoiled, flaws: &mut Vec<Flaw>) {
    let boxes: Vec<Bounds> = loops.iter().map(Bounds::of).collect();
    let outer: Vec<Option<usize>> =
        loops.iter().map(|one| loops.iter().position(|other| other.part == one.part && other.ring == 0)).collect();
    for (i, one) in loops.iter().enumerate() {
        if one.ring > 0
            && let Some(shell) = outer[i]
            && judged(spoiled, shell, i)
            && relation(&loops[shell], one, spoiled, (shell, i)) != Relation::Within
        {
            flaws.push(flaw(
                one,
                "hole_outside",
                "the hole does not lie inside the outer ring; move it (`--repair` does, where it lies wholly outside) or drop it".into(),
            ));
        }
        for (j, other) in loops.iter().enumerate() {
            let siblings = i != j && one.ring.min(1) == other.ring.min(1) && (one.part == other.part) == (one.ring > 0);
            if !siblings || !boxes[j].covers(&boxes[i]) || !judged(spoiled, i, j) {
                continue;
            }
            if relation(other, one, spoiled, (j, i)) != Relation::Within {
                continue;
            }
            if one.ring > 0 {
                let message = format!("the hole lies inside the hole of ring {}; drop it", other.ring);
                flaws.push(flaw(one, "hole_in_hole", message));
            } else if !in_a_hole(loops, other.part, i, spoiled) {
                let message = format!("the part lies inside part {}; drop one of them or make it a hole", other.part);
                flaws.push(flaw(one, "parts_overlap", message));
            }
        }
    }
    crossings_through_vertices(loops, spoiled, flaws);
}

/// Rings that only touch may still pass into each other through their vertices.
fn crossings_through_vertices(loops: &[Loop], spoiled: &Spoiled, flaws: &mut Vec<Flaw>) {
    for (&(i, j), _) in spoiled.iter().filter(|((i, j), crosses)| i != j && !**crosses) {
        let pair = (i, j);
        if judged(spoiled, i, j)
            && (relation(&loops[i], &loops[j], spoiled, pair) == Relation::Both
                || relation(&loops[j], &loops[i], spoiled, pair) == Relation::Both)
        {
            let (one, other) = (&loops[i], &loops[j]);
            let message =
                format!("the ring passes through ring {} of part {}; move them apart", other.ring, other.part);
            flaws.push(flaw(one, "rings_cross", message));
        }
    }
}

/// Whether ring `i` lies in a hole of `part`.
fn in_a_hole(loops: &[Loop], part: usize, i: usize, spoiled: &Spoiled) -> bool {
    loops.iter().enumerate().any(|(hole, one)| {
        one.part == part
            && one.ring > 0
            && judged(spoiled, hole, i)
            && relation(one, &loops[i], spoiled, (hole, i)) == Relation::Within
    })
}

/// Whether nothing worse has been told of the pair.
fn judged(spoiled: &Spoiled, i: usize, j: usize) -> bool {
    let crosses = |pair| spoiled.get(&pair).copied().unwrap_or(false);
    !crosses((i.min(j), i.max(j))) && !crosses((i, i)) && !crosses((j, j))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// No point of the inner ring is outside.
    Within,
    /// No point of it is inside.
    Beside,
    /// Some are, some are not.
    Both,
}

/// Where `inner` lies against `outer`. Rings that do not meet need one vertex; others all vertices and middles of edges.
fn relation(outer: &Loop, inner: &Loop, spoiled: &Spoiled, (i, j): (usize, usize)) -> Relation {
    if !spoiled.contains_key(&(i.min(j), i.max(j))) {
        let inside = side(&outer.vertices, inner.vertices[0], 1) == Side::Inside;
        return if inside { Relation::Within } else { Relation::Beside };
    }
    let count = inner.vertices.len();
    let (mut inside, mut outside) = (false, false);
    for (corner, a) in inner.vertices.iter().enumerate() {
        let b = inner.vertices[(corner + 1) % count];
        for doubled in [(2 * a.0, 2 * a.1), (a.0 + b.0, a.1 + b.1)] {
            match side(&outer.vertices, doubled, 2) {
                Side::Inside => inside = true,
                Side::Outside => outside = true,
                Side::On => {}
            }
        }
    }
    match (inside, outside) {
        (true, true) => Relation::Both,
        (false, true) => Relation::Beside,
        _ => Relation::Within,
    }
}

fn flaw(one: &Loop, code: &'static str, message: String) -> Flaw {
    let vertex = Some(one.written[0]);
    Flaw { code, part: one.part, ring: one.ring, vertex, position: Some(position(one.vertices[0])), message }
}

/// Box of a ring.
struct Bounds {
    low: Vertex,
    high: Vertex,
}

impl Bounds {
    fn of(one: &Loop) -> Bounds {
        let first = one.vertices[0];
        let (mut low, mut high) = (first, first);
        for v in &one.vertices {
            low = (low.0.min(v.0), low.1.min(v.1));
            high = (high.0.max(v.0), high.1.max(v.1));
        }
        Bounds { low, high }
    }

    fn covers(&self, other: &Bounds) -> bool {
        self.low.0 <= other.low.0
            && self.low.1 <= other.low.1
            && self.high.0 >= other.high.0
            && self.high.1 >= other.high.1
    }
}
