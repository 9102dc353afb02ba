//! Mends single rings: closes them, drops repeated vertices and spikes, and splits what touches or crosses itself.
//!
//! What is inside stays inside by the even-odd rule, which is also what decides containment later: stretches that a
//! ring runs twice enclose nothing and vanish. Corners move only where edges crossed at a place between micro-degrees.
//! Rings that cross other rings are left alone: which of them is right, only a person knows.

mod homes;

use std::collections::{BTreeMap, BTreeSet};

use super::exact::{Meeting, Side, Vertex, doubled_area, meeting, side, turn};
use super::{Loop, Rings, check, clean, position, sweep};
use crate::domain::position::Position;

/// Crossings are rounded, which can make new ones; a ring that is still tangled after so many rounds stays as it is.
const ROUNDS: usize = 20;

/// One thing that was changed, at a place of the polygons as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Polygon, from 0.
    pub part: usize,
    /// Ring, from 0.
    pub ring: usize,
    /// Vertex, from 0.
    pub vertex: Option<usize>,
    /// Where.
    pub position: Option<Position>,
    /// What was done.
    pub what: String,
}

/// The polygons, mended as far as possible, and everything that was changed. Rings without a flaw keep their vertices
/// and their direction; new rings are closed. A hole that lies wholly outside its part moves to the part around it.
pub fn repair(polygons: &[Rings]) -> (Vec<Rings>, Vec<Change>) {
    let (mut mended, mut changes) = (Vec::new(), Vec::new());
    for (part, rings) in polygons.iter().enumerate() {
        mended.extend(repair_part(part, rings, &mut changes).into_iter().map(|rings| (part, rings)));
    }
    homes::rehome(&mut mended, &mut changes);
    (mended.into_iter().map(|(_, rings)| rings).collect(), changes)
}

/// A simple ring, and whether it bounds what is inside (or a hole).
struct Simple {
    vertices: Vec<Vertex>,
    filled: bool,
}

fn repair_part(part: usize, rings: &[Vec<Position>], changes: &mut Vec<Change>) -> Vec<Rings> {
    let anchor = rings.iter().flatten().next().map_or(0, |first| i64::from(first.lon_e6));
    let (mut shells, mut holes): (Vec<Vec<Vertex>>, Vec<Vec<Vertex>>) = (Vec::new(), Vec::new());
    for (ring, positions) in rings.iter().enumerate() {
        let mut say =
            |vertex: Option<usize>, position, what: String| changes.push(Change { part, ring, vertex, position, what });
        let cleaned = tidy(part, ring, positions, anchor, &mut say);
        let simple = if cleaned.vertices.len() < 3 { Vec::new() } else { untangled(&cleaned, positions, &mut say) };
        if simple.is_empty() {
            let what = if ring == 0 {
                "dropped the part: its outer ring has no area"
            } else {
                "dropped the ring: it has no area"
            };
            say(None, positions.first().copied(), what.into());
            if ring == 0 {
                return Vec::new();
            }
        }
        for one in simple {
            let list = if one.filled == (ring == 0) { &mut shells } else { &mut holes };
            list.push(one.vertices);
        }
    }
    assemble(shells, holes)
}

/// Closed, without repeated vertices.
fn tidy(
    part: usize,
    ring: usize,
    positions: &[Position],
    anchor: i64,
    say: &mut impl FnMut(Option<usize>, Option<Position>, String),
) -> Loop {
    if positions.first() != positions.last() {
        say(Some(positions.len() - 1), positions.last().copied(), "closed the ring".into());
    }
    for (index, pair) in positions.windows(2).enumerate().filter(|(_, pair)| pair[0] == pair[1]) {
        say(Some(index + 1), Some(pair[1]), "dropped a repeated vertex".into());
    }
    clean(part, ring, positions, anchor)
}

/// The ring itself where it is simple, else the simple rings it is made of; none if it encloses nothing.
fn untangled(
    cleaned: &Loop,
    written: &[Position],
    say: &mut impl FnMut(Option<usize>, Option<Position>, String),
) -> Vec<Simple> {
    let same = || vec![Simple { vertices: cleaned.vertices.clone(), filled: true }];
    let mut flaws = Vec::new();
    sweep::meetings(std::slice::from_ref(cleaned), &mut flaws);
    if flaws.is_empty() {
        return same();
    }
    let Some(noded) = node(&cleaned.vertices) else {
        say(None, written.first().copied(), "left the ring as it is: too tangled to split".into());
        return same();
    };
    let loops = trace(&noded);
    for flaw in flaws {
        let what = match flaw.code {
            "spike" => "dropped a spike",
            "ring_overlaps" => "dropped a stretch that the ring ran along twice",
            "ring_crosses" => "split the ring where it crossed itself (a vertex was added there)",
            _ => "split the ring where it touched itself",
        };
        say(flaw.vertex, flaw.position, what.into());
    }
    let simple = nest(loops);
    let counts: Vec<String> = simple
        .iter()
        .map(|one| format!("{} of {}", if one.filled { "one" } else { "a hole" }, one.vertices.len()))
        .collect();
    if !simple.is_empty() {
        let what = format!("the ring of {} vertices became {}", cleaned.vertices.len(), counts.join(", "));
        say(None, written.first().copied(), what);
    }
    simple
}

/// The ring with a vertex wherever it meets itself. `None` if rounding keeps making new crossings.
fn node(ring: &[Vertex]) -> Option<Vec<Vertex>> {
    let mut ring = ring.to_vec();
    for _ in 0..ROUNDS {
        let edges: Vec<(Vertex, Vertex)> = (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()])).collect();
        let mut added: BTreeMap<usize, BTreeSet<Vertex>> = BTreeMap::new();
        let mut add = |edge: usize, at: Vertex| {
            if at != edges[edge].0 && at != edges[edge].1 {
                added.entry(edge).or_default().insert(at);
            }
        };
        sweep::crossing_pairs(&ring, |i, j| match meeting(edges[i].0, edges[i].1, edges[j].0, edges[j].1) {
            None => {}
            Some((Meeting::Overlap, _)) => {
                for (edge, other) in [(i, j), (j, i)] {
                    for end in [edges[other].0, edges[other].1] {
                        if super::exact::on_segment(edges[edge].0, edges[edge].1, end) {
                            add(edge, end);
                        }
                    }
                }
            }
            Some((_, at)) => {
                add(i, at);
                add(j, at);
            }
        });
        if added.is_empty() {
            return Some(ring);
        }
        let mut next = Vec::with_capacity(ring.len() + added.len());
        for (index, &(from, to)) in edges.iter().enumerate() {
            next.push(from);
            let mut between: Vec<Vertex> = added.remove(&index).unwrap_or_default().into_iter().collect();
            between.sort_by_key(|v| (v.0 - from.0) * (to.0 - from.0) + (v.1 - from.1) * (to.1 - from.1));
            next.extend(between);
        }
        next.dedup();
        ring = next;
    }
    None
}

/// Simple loops of the edges that the ring runs an odd number of times. At a vertex with several branches, branches
/// that are neighbours by angle are joined, so that loops touch there and do not cross.
fn trace(ring: &[Vertex]) -> Vec<Vec<Vertex>> {
    let mut runs: BTreeMap<(Vertex, Vertex), u32> = BTreeMap::new();
    for (i, &a) in ring.iter().enumerate() {
        let b = ring[(i + 1) % ring.len()];
        *runs.entry((a.min(b), a.max(b))).or_default() += 1;
    }
    let mut branches: BTreeMap<Vertex, Vec<Vertex>> = BTreeMap::new();
    for (&(a, b), _) in runs.iter().filter(|(_, count)| **count % 2 == 1) {
        branches.entry(a).or_default().push(b);
        branches.entry(b).or_default().push(a);
    }
    for (at, ends) in &mut branches {
        ends.sort_by(|a, b| by_angle(*at, *a, *b));
    }
    let mut unused: BTreeSet<(Vertex, Vertex)> =
        runs.into_iter().filter(|(_, count)| count % 2 == 1).map(|(e, _)| e).collect();
    let mut loops = Vec::new();
    while let Some(&(start, second)) = unused.first() {
        let mut walk = vec![start];
        let (mut from, mut at) = (start, second);
        unused.remove(&(from.min(at), from.max(at)));
        loop {
            // Back at a vertex of the walk: what lies between is a loop.
            if let Some(index) = walk.iter().rposition(|v| *v == at) {
                let simple: Vec<Vertex> = walk.drain(index..).collect();
                loops.push(simple);
            }
            walk.push(at);
            let Some(next) = continuation(&branches, &unused, from, at) else { break };
            unused.remove(&(at.min(next), at.max(next)));
            (from, at) = (at, next);
        }
    }
    loops.retain(|simple| simple.len() >= 3 && doubled_area(simple) != 0);
    loops
}

/// The partner by angle of the branch towards `from`, or another one that is left.
fn continuation(
    branches: &BTreeMap<Vertex, Vec<Vertex>>,
    unused: &BTreeSet<(Vertex, Vertex)>,
    from: Vertex,
    at: Vertex,
) -> Option<Vertex> {
    let ends = branches.get(&at)?;
    let free = |end: Vertex| unused.contains(&(at.min(end), at.max(end)));
    let partner = ends.iter().position(|end| *end == from).and_then(|index| ends.get(index ^ 1)).copied();
    partner.filter(|end| free(*end)).or_else(|| ends.iter().copied().find(|end| free(*end)))
}

/// Order of directions from `at`, counter-clockwise from east.
fn by_angle(at: Vertex, a: Vertex, b: Vertex) -> std::cmp::Ordering {
    let south = |v: Vertex| (v.1, v.0) < (at.1, at.0) && !(v.1 == at.1 && v.0 > at.0);
    south(a).cmp(&south(b)).then_with(|| 0.cmp(&turn(at, a, b)))
}

/// Which loops are filled: those that lie in an even number of others.
fn nest(loops: Vec<Vec<Vertex>>) -> Vec<Simple> {
    let depth = |i: usize| (0..loops.len()).filter(|j| *j != i && lies_in(&loops[i], &loops[*j])).count();
    let filled: Vec<bool> = (0..loops.len()).map(|i| depth(i) % 2 == 0).collect();
    loops.into_iter().zip(filled).map(|(vertices, filled)| Simple { vertices, filled }).collect()
}

/// Whether a ring lies in another that it does not cross: by the first vertex or middle of an edge that is not on it.
fn lies_in(inner: &[Vertex], outer: &[Vertex]) -> bool {
    let count = inner.len();
    (0..count)
        .flat_map(|i| {
            let (a, b) = (inner[i], inner[(i + 1) % count]);
            [(2 * a.0, 2 * a.1), (a.0 + b.0, a.1 + b.1)]
        })
        .map(|doubled| side(outer, doubled, 2))
        .find(|side| *side != Side::On)
        == Some(Side::Inside)
}

/// A polygon a shell, each with the holes that lie in it (the smallest shell, where shells lie in each other).
fn assemble(shells: Vec<Vec<Vertex>>, holes: Vec<Vec<Vertex>>) -> Vec<Rings> {
    let alone = shells.len() == 1;
    let mut polygons: Vec<(Vec<Vertex>, Vec<Vec<Vertex>>)> =
        shells.into_iter().map(|shell| (shell, Vec::new())).collect();
    for hole in holes {
        let home = (0..polygons.len())
            .filter(|i| alone || lies_in(&hole, &polygons[*i].0))
            .min_by_key(|i| doubled_area(&polygons[*i].0).abs())
            .unwrap_or(0);
        if let Some((_, of)) = polygons.get_mut(home) {
            of.push(hole);
        }
    }
    let written =
        |ring: Vec<Vertex>| -> Vec<Position> { ring.iter().chain(ring.first()).map(|v| position(*v)).collect() };
    polygons
        .into_iter()
        .map(|(shell, holes)| std::iter::once(written(shell)).chain(holes.into_iter().map(written)).collect())
        .collect()
}

/// Whether the polygons have no flaw.
pub fn is_sound(polygons: &[Rings]) -> bool {
    check(polygons).is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ring(points: &[(i32, i32)]) -> Vec<Position> {
        points.iter().map(|&(lon_e6, lat_e6)| Position { lat_e6, lon_e6 }).collect()
    }

    fn area(polygons: &[Rings]) -> i128 {
        polygons
            .iter()
            .map(|rings| {
                let one = |r: &Vec<Position>| {
                    doubled_area(&r.iter().map(|p| (i64::from(p.lon_e6), i64::from(p.lat_e6))).collect::<Vec<_>>())
                        .abs()
                };
                one(&rings[0]) - rings[1..].iter().map(one).sum::<i128>()
            })
            .sum()
    }

    #[test]
    fn every_flaw_of_a_ring_is_mended() {
        type Case = (&'static [(i32, i32)], usize, i128);
        let cases: [Case; 6] = [
            // Touching itself: two squares that meet in (10, 10).
            (&[(0, 0), (10, 0), (10, 10), (20, 10), (20, 20), (10, 20), (10, 10), (0, 10), (0, 0)], 2, 400),
            // A hole that hangs on the outer ring.
            (&[(0, 0), (20, 0), (20, 20), (10, 20), (5, 10), (15, 10), (10, 20), (0, 20), (0, 0)], 1, 700),
            // Bow tie.
            (&[(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)], 2, 100),
            // A spike, and an open ring with a repeated vertex.
            (&[(0, 0), (10, 0), (20, 0), (10, 0), (10, 10), (0, 10), (0, 0)], 1, 200),
            (&[(0, 0), (10, 0), (10, 0), (10, 10), (0, 10)], 1, 200),
            // Nothing at all.
            (&[(0, 0), (10, 0), (5, 0), (0, 0)], 0, 0),
        ];
        for (points, parts, doubled) in cases {
            let (mended, changes) = repair(&[vec![ring(points)]]);
            assert_eq!((mended.len(), area(&mended)), (parts, doubled), "{points:?} became {mended:?}");
            assert!(is_sound(&mended) && !changes.is_empty(), "{points:?}: {changes:?}");
        }
    }

    #[test]
    fn sound_rings_stay_as_they_are() {
        let polygons =
            vec![vec![ring(&[(0, 0), (0, 90), (90, 90), (90, 0), (0, 0)]), ring(&[(5, 5), (9, 5), (9, 9), (5, 5)])]];
        assert_eq!(repair(&polygons), (polygons.clone(), vec![]));
    }

    proptest! {
        /// Any scribble becomes sound (or nothing), and a point is inside after as it was before, by the even-odd rule.
        #[test]
        fn scribbles_become_sound(points in proptest::collection::vec((0i32..12, 0i32..12), 3..14)) {
            // Crossings of a grid of 1000 are rounded by little enough to keep probes on their side.
            let scaled: Vec<(i32, i32)> = points.iter().map(|(x, y)| (x * 1000, y * 1000)).collect();
            let scribble = ring(&scaled);
            let (mended, _) = repair(&[vec![scribble.clone()]]);
            prop_assert!(is_sound(&mended), "{:?} became {:?}: {:?}", points, mended, check(&mended));
            let before: Vec<Vertex> = scribble.iter().map(|p| (i64::from(p.lon_e6), i64::from(p.lat_e6))).collect();
            for (x, y) in (0..24).flat_map(|x| (0..24).map(move |y| (x * 500 + 123, y * 500 + 211))) {
                // Probes near an edge may change sides with a rounded crossing.
                let near = (0..before.len()).any(|i| {
                    let (a, b) = (before[i], before[(i + 1) % before.len()]);
                    let length = (((b.0 - a.0).pow(2) + (b.1 - a.1).pow(2)) as f64).sqrt();
                    (turn(a, b, (x, y)) as f64).abs() <= 3.0 * length
                });
                if near {
                    continue;
                }
                let now = mended.iter().flatten().filter(|r| {
                    let r: Vec<Vertex> = r.iter().map(|p| (i64::from(p.lon_e6), i64::from(p.lat_e6))).collect();
                    side(&r, (x, y), 1) == Side::Inside
                }).count() % 2 == 1;
                prop_assert_eq!(now, side(&before, (x, y), 1) == Side::Inside, "at {} {} of {:?}", x, y, points);
            }
        }
    }
}
