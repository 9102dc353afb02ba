//! Metres along an edge that is straight in longitude and latitude.
//!
//! A long edge changes its scale on the way, so equal parts are not equally long. Metres to a part t are
//! L (t + c t (1 - t)) with the bow c from the length of the first half: exact at both ends and in the middle, within
//! 1e-5 of L between them for chords of 100 km. Place and chainage use this one mapping, so they invert each other.

use super::closest::Edge;
use super::metres;

/// Pieces are no longer than this, so that the plane measures each of them right.
const PIECE_M: f64 = 5_000.0;
/// Pieces of half an edge at most: 20,000 km.
const PIECES: usize = 2_000;

/// Length of an edge and how it spreads over the edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub length_m: f64,
    /// The bow c, between -1 and 1; positive when the first half is the longer one.
    bow: f64,
}

impl Spread {
    /// The true length of the straight line in longitude and latitude, summed over short pieces.
    pub(super) fn of(edge: Edge) -> Spread {
        let first_m = length_m(edge, 0.0, 0.5);
        let length_m = first_m + length_m(edge, 0.5, 1.0);
        let bow = if length_m > 0.0 { (4.0 * (first_m / length_m - 0.5)).clamp(-0.999, 0.999) } else { 0.0 };
        Spread { length_m, bow }
    }

    /// Share of the length up to a part of the edge.
    pub(super) fn share(self, part: f64) -> f64 {
        part + self.bow * part * (1.0 - part)
    }

    /// The part of the edge up to which a share of its length lies: the root of the parabola, in its stable form.
    pub(super) fn part(self, share: f64) -> f64 {
        let linear = 1.0 + self.bow;
        let root = (linear * linear - 4.0 * self.bow * share).max(0.0).sqrt();
        (2.0 * share / (linear + root)).clamp(0.0, 1.0)
    }
}

fn length_m(edge: Edge, from: f64, to: f64) -> f64 {
    let (mut x, mut y) = edge.at(from);
    let (end_x, end_y) = edge.at(to);
    let whole_m = metres::between(y, end_x - x, end_y - y);
    let pieces = ((whole_m / PIECE_M) as usize + 1).min(PIECES);
    let mut sum = 0.0;
    for piece in 1..=pieces {
        let (next_x, next_y) = edge.at(from + (to - from) * piece as f64 / pieces as f64);
        sum += metres::between(y, next_x - x, next_y - y);
        (x, y) = (next_x, next_y);
    }
    sum
}
