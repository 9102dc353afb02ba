//! Exact geometry on the ellipsoid: polygons with holes, routes with branches, and the index of candidates.

use super::position::Position;

/// A multi-polygon with holes; edges are straight in longitude and latitude.
#[derive(Clone, Debug)]
pub struct Area {}

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
    pub fn new(_polygons: &[Vec<Vec<Position>>]) -> Area {
        todo!()
    }

    /// Whether the point lies inside (exact integer arithmetic; a point on an edge counts as inside).
    pub fn contains(&self, _point: Position) -> bool {
        todo!()
    }

    /// The nearest point of the boundary, holes included.
    pub fn nearest_boundary(&self, _point: Position) -> Nearest {
        todo!()
    }

    /// Metres to the boundary, positive inside.
    pub fn signed_distance_m(&self, point: Position) -> f64 {
        let distance = self.nearest_boundary(point).distance_m;
        if self.contains(point) { distance } else { -distance }
    }

    /// Surface in square metres, holes subtracted.
    pub fn area_m2(&self) -> f64 {
        todo!()
    }

    /// South-west and north-east corner.
    pub fn bounds(&self) -> (Position, Position) {
        todo!()
    }
}

/// A corridor's line with its branches.
#[derive(Clone, Debug)]
pub struct Route {}

/// Where a position stands beside a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RouteMatch {
    /// Metres to the nearest point of all branches, never negative.
    pub distance_m: f64,
    /// The same with a sign: positive to the right of the direction of travel.
    pub cross_track_m: f64,
    /// Metres along the first line (branches mapped onto it).
    pub chainage_m: f64,
    /// Index of the segment over all branches; pass it back as hint.
    pub segment: u32,
    /// The nearest point.
    pub position: Position,
}

impl Route {
    /// From the first line and its branches. Chainage runs along the first line; a further line is mapped linearly
    /// between the chainages of the nearest points of its two ends. Repeated vertices are harmless.
    pub fn new(_lines: &[Vec<Position>]) -> Route {
        todo!()
    }

    /// The nearest point of all branches. `hint` only makes it faster: the answer never depends on it; ties go to
    /// the smaller segment index.
    pub fn nearest(&self, _point: Position, _hint: Option<u32>) -> RouteMatch {
        todo!()
    }

    /// Nearest point per stretch for progress matching: every local candidate within `within_m` of the point, one a
    /// run of neighbouring segments, ordered by segment.
    pub fn candidates(&self, _point: Position, _within_m: f64) -> Vec<RouteMatch> {
        todo!()
    }

    /// Length of the first line in metres.
    pub fn length_m(&self) -> f64 {
        todo!()
    }

    /// The position at a chainage of the first line (clamped to its ends).
    pub fn at(&self, _chainage_m: f64) -> Position {
        todo!()
    }

    /// Course of the first line at a chainage, degrees.
    pub fn course_deg_at(&self, _chainage_m: f64) -> f64 {
        todo!()
    }

    /// South-west and north-east corner.
    pub fn bounds(&self) -> (Position, Position) {
        todo!()
    }

    /// The lines it was made from, for pictures and state.
    pub fn lines(&self) -> Vec<Vec<Position>> {
        todo!()
    }
}

/// An immutable index of areas: which of them contain a point.
#[derive(Clone, Debug)]
pub struct AreaIndex {}

impl AreaIndex {
    /// Indexes the areas by their place in the iterator (0, 1, ...): an R-tree of their boxes.
    pub fn new<'a>(_areas: impl IntoIterator<Item = &'a Area>) -> AreaIndex {
        todo!()
    }

    /// Appends to `out` the indices of the areas whose box contains the point, ascending; the caller asks the areas.
    pub fn candidates(&self, _point: Position, _out: &mut Vec<u32>) {
        todo!()
    }
}
