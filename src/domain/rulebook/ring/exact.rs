//! Exact predicates on whole micro-degrees. Differences stay below 2^31, products below 2^62: `i64` holds them all.

/// A vertex: longitude in a continuous frame (it may pass ±180e6) and latitude, 1e-6 degrees.
pub type Vertex = (i64, i64);

/// How two segments meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// In one point that is an end of at least one of them.
    Touch,
    /// In one point inside both.
    Cross,
    /// Along a stretch.
    Overlap,
}

/// Twice the area of the triangle, positive when `c` lies to the left of `a` → `b`.
pub fn turn(a: Vertex, b: Vertex, c: Vertex) -> i64 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// Whether `p`, known to be collinear, lies on the segment.
fn within(a: Vertex, b: Vertex, p: Vertex) -> bool {
    (a.0.min(b.0)..=a.0.max(b.0)).contains(&p.0) && (a.1.min(b.1)..=a.1.max(b.1)).contains(&p.1)
}

/// Whether `p` lies on the segment, ends included.
pub fn on_segment(a: Vertex, b: Vertex, p: Vertex) -> bool {
    turn(a, b, p) == 0 && within(a, b, p)
}

/// How and where the segments `a`–`b` and `c`–`d` meet; neither may be a point. A crossing is given at the nearest whole
/// vertex, a stretch by one of its ends.
pub fn meeting(a: Vertex, b: Vertex, c: Vertex, d: Vertex) -> Option<(Meeting, Vertex)> {
    let (abc, abd, cda, cdb) = (turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b));
    if abc == 0 && abd == 0 {
        // All four in one line: the stretch in common lies between the second and the third of the sorted ends.
        let (from, to) = (a.min(b).max(c.min(d)), a.max(b).min(c.max(d)));
        return match from.cmp(&to) {
            std::cmp::Ordering::Less => Some((Meeting::Overlap, from)),
            std::cmp::Ordering::Equal => Some((Meeting::Touch, from)),
            std::cmp::Ordering::Greater => None,
        };
    }
    let touching = [(abc, a, b, c), (abd, a, b, d), (cda, c, d, a), (cdb, c, d, b)];
    if let Some((.., p)) = touching.into_iter().find(|(turn, from, to, p)| *turn == 0 && within(*from, *to, *p)) {
        return Some((Meeting::Touch, p));
    }
    if (abc > 0) == (abd > 0) || (cda > 0) == (cdb > 0) || abc == 0 || abd == 0 || cda == 0 || cdb == 0 {
        return None;
    }
    // a + (b - a) · s with s = cda / (cda - cdb); rounded half up in `i128`.
    let along = |from: i64, to: i64| {
        let (num, den) = (i128::from(to - from) * i128::from(cda), i128::from(cda) - i128::from(cdb));
        let (num, den) = if den < 0 { (-num, -den) } else { (num, den) };
        from + (2 * num + den).div_euclid(2 * den) as i64
    };
    Some((Meeting::Cross, (along(a.0, b.0), along(a.1, b.1))))
}

/// Where a point lies against a closed ring of distinct neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Inside.
    Inside,
    /// On an edge or vertex.
    On,
    /// Outside.
    Outside,
}

/// Even-odd rule with exact comparison; `scale` multiplies the ring's coordinates (2 for midpoints of edges).
pub fn side(ring: &[Vertex], p: Vertex, scale: i64) -> Side {
    let mut inside = false;
    for (i, &a) in ring.iter().enumerate() {
        let b = ring[(i + 1) % ring.len()];
        let (a, b) = ((a.0 * scale, a.1 * scale), (b.0 * scale, b.1 * scale));
        if a.1.min(b.1) > p.1 || a.1.max(b.1) < p.1 {
            continue;
        }
        let turn = turn(a, b, p);
        if turn == 0 && within(a, b, p) {
            return Side::On;
        }
        if (a.1 > p.1) != (b.1 > p.1) && (turn > 0) == (b.1 > a.1) {
            inside = !inside;
        }
    }
    if inside { Side::Inside } else { Side::Outside }
}

/// Twice the signed area, counter-clockwise positive.
pub fn doubled_area(ring: &[Vertex]) -> i128 {
    let sum = |i: usize| {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        i128::from(a.0) * i128::from(b.1) - i128::from(b.0) * i128::from(a.1)
    };
    (0..ring.len()).map(sum).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_meet_as_they_should() {
        let m = |a, b, c, d| meeting(a, b, c, d);
        assert_eq!(m((0, 0), (10, 10), (0, 10), (10, 0)), Some((Meeting::Cross, (5, 5))));
        assert_eq!(m((0, 0), (10, 0), (5, 0), (5, 9)), Some((Meeting::Touch, (5, 0))));
        assert_eq!(m((0, 0), (10, 0), (10, 0), (20, 5)), Some((Meeting::Touch, (10, 0))));
        assert_eq!(m((0, 0), (10, 0), (10, 0), (20, 0)), Some((Meeting::Touch, (10, 0))));
        assert_eq!(m((0, 0), (10, 0), (15, 0), (4, 0)), Some((Meeting::Overlap, (4, 0))));
        assert_eq!(m((0, 0), (10, 0), (11, 0), (20, 0)), None);
        assert_eq!(m((0, 0), (10, 0), (0, 1), (20, 1)), None);
        assert_eq!(m((0, 0), (10, 0), (12, 5), (12, -5)), None);
        let far = 360_000_000;
        assert_eq!(
            m((-far, -far / 4), (far, far / 4), (-far, far / 4), (far, -far / 4)),
            Some((Meeting::Cross, (0, 0)))
        );
    }

    #[test]
    fn sides_of_a_ring() {
        let ring = [(0, 0), (10, 0), (10, 10), (5, 5), (0, 10)];
        assert_eq!(side(&ring, (5, 4), 1), Side::Inside);
        assert_eq!(side(&ring, (5, 5), 1), Side::On);
        assert_eq!(side(&ring, (5, 6), 1), Side::Outside);
        assert_eq!(side(&ring, (0, 5), 1), Side::On);
        assert_eq!(side(&ring, (1, 1), 2), Side::Inside);
        assert_eq!(doubled_area(&ring), 150);
    }
}
