//! Holes that were written under the wrong part: each moves to the smallest part that lies around it.

use super::super::HALF_TURN;
use super::super::exact::{Side, Vertex, doubled_area, side};
use super::{Change, Rings};
use crate::domain::position::Position;

/// An outer ring with its box, in its own frame.
struct Shell {
    vertices: Vec<Vertex>,
    low: Vertex,
    high: Vertex,
}

/// Moves holes that lie wholly outside their part into the part around them, or drops them where there is none: they
/// take nothing away. Holes that cross an outer ring stay. Each polygon comes with the number of the part it was.
pub fn rehome(polygons: &mut [(usize, Rings)], changes: &mut Vec<Change>) {
    let shells: Vec<Shell> = polygons.iter().map(|(_, rings)| Shell::of(&rings[0])).collect();
    let mut moved: Vec<(usize, Vec<Position>)> = Vec::new();
    for (index, (part, rings)) in polygons.iter_mut().enumerate() {
        let mut ring = 0;
        rings.retain(|hole| {
            ring += 1;
            if ring == 1 || !shells[index].every(hole, Side::Outside) {
                return true;
            }
            let home = (0..shells.len())
                .filter(|other| *other != index && shells[*other].every(hole, Side::Inside))
                .min_by_key(|other| doubled_area(&shells[*other].vertices).abs());
            let what = match home {
                Some(_) => "moved the hole to the part that lies around it: it lay outside its own",
                None => "dropped the hole: it lay outside every part",
            };
            let position = hole.first().copied();
            changes.push(Change { part: *part, ring: ring - 1, vertex: None, position, what: what.into() });
            moved.extend(home.map(|home| (home, hole.clone())));
            false
        });
    }
    for (home, hole) in moved {
        polygons[home].1.push(hole);
    }
}

impl Shell {
    fn of(ring: &[Position]) -> Shell {
        let anchor = ring.first().map_or(0, |first| i64::from(first.lon_e6));
        let vertices = super::clean(0, 0, ring, anchor).vertices;
        let first = vertices.first().copied().unwrap_or_default();
        let (mut low, mut high) = (first, first);
        for v in &vertices {
            low = (low.0.min(v.0), low.1.min(v.1));
            high = (high.0.max(v.0), high.1.max(v.1));
        }
        Shell { vertices, low, high }
    }

    /// Whether every vertex of `hole` lies on that side, or on the ring, and at least one not on it.
    fn every(&self, hole: &[Position], wanted: Side) -> bool {
        let mut strictly = false;
        for position in hole {
            match self.side(position) {
                Side::On => {}
                side if side == wanted => strictly = true,
                _ => return false,
            }
        }
        strictly
    }

    fn side(&self, position: &Position) -> Side {
        let mut lon = i64::from(position.lon_e6);
        if lon < self.low.0 && lon + 2 * HALF_TURN <= self.high.0 {
            lon += 2 * HALF_TURN;
        } else if lon > self.high.0 && lon - 2 * HALF_TURN >= self.low.0 {
            lon -= 2 * HALF_TURN;
        }
        let lat = i64::from(position.lat_e6);
        let boxed = (self.low.0..=self.high.0).contains(&lon) && (self.low.1..=self.high.1).contains(&lat);
        if boxed { side(&self.vertices, (lon, lat), 1) } else { Side::Outside }
    }
}

#[cfg(test)]
mod tests {
    use super::super::repair;
    use super::*;

    fn square(x: i32, y: i32, size: i32) -> Vec<Position> {
        [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]
            .map(|(lon_e6, lat_e6)| Position { lat_e6, lon_e6 })
            .to_vec()
    }

    #[test]
    fn holes_find_their_part() {
        let astray = [vec![square(0, 0, 100), square(220, 20, 10), square(500, 0, 5)], vec![square(200, 0, 100)]];
        let (mended, changes) = repair(&astray);
        assert_eq!(mended, [vec![square(0, 0, 100)], vec![square(200, 0, 100), square(220, 20, 10)]]);
        assert_eq!(changes.iter().map(|change| change.ring).collect::<Vec<_>>(), [1, 2]);
        // One that crosses stays for a person to judge.
        let crossing = [vec![square(0, 0, 100), square(90, 20, 30)]];
        assert_eq!(repair(&crossing), (crossing.to_vec(), vec![]));
    }
}
