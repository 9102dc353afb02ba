//! Which areas a straight way may meet: an R-tree of their boxes.

use super::area::Area;
use crate::domain::position::{Position, TURN_E6};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// A box with the index of its area. Whole micro-degrees are exact in `f64`, and no product can overflow.
type Boxed = GeomWithData<Rectangle<[f64; 2]>, u32>;

/// An immutable index of areas: which of them a way may meet.
#[derive(Clone, Debug)]
pub struct AreaIndex {
    tree: RTree<Boxed>,
}

impl AreaIndex {
    /// Indexes the areas by their place in the iterator (0, 1, ...): an R-tree of their boxes.
    ///
    /// An area across 180 degrees stands in the tree once on each side.
    pub fn new<'a>(areas: impl IntoIterator<Item = &'a Area>) -> AreaIndex {
        let boxes = areas.into_iter().zip(0..).flat_map(|(area, index)| boxes(area, index)).collect();
        AreaIndex { tree: RTree::bulk_load(boxes) }
    }

    /// Appends the indices of the areas whose box meets that of the straight way between two points, ascending.
    pub fn candidates_along(&self, a: Position, b: Position, out: &mut Vec<u32>) {
        if (i64::from(a.lon_e6) - i64::from(b.lon_e6)).abs() > TURN_E6 / 2 {
            let from = out.len();
            // The way leads over 180 degrees: on either side from the point there to the edge of the map.
            for end in [a, b] {
                let edge = [180e6_f64.copysign(f64::from(end.lon_e6)), f64::from(a.lat_e6 + b.lat_e6 - end.lat_e6)];
                self.meeting(AABB::from_corners(corner(end), edge), out);
            }
            let mut both = out.split_off(from);
            both.sort_unstable();
            both.dedup();
            out.append(&mut both);
            return;
        }
        self.meeting(AABB::from_corners(corner(a), corner(b)), out);
    }

    fn meeting(&self, window: AABB<[f64; 2]>, out: &mut Vec<u32>) {
        let from = out.len();
        out.extend(self.tree.locate_in_envelope_intersecting(&window).map(|boxed| boxed.data));
        out[from..].sort_unstable();
        // A box around the world stands in the tree more than once.
        let mut kept = from;
        for place in from..out.len() {
            if place == from || out[place] != out[kept - 1] {
                out[kept] = out[place];
                kept += 1;
            }
        }
        out.truncate(kept);
    }
}

fn corner(point: Position) -> [f64; 2] {
    [f64::from(point.lon_e6), f64::from(point.lat_e6)]
}

/// The copies of an area's box, shifted by whole turns, that reach into -180..=180 degrees.
fn boxes(area: &Area, index: u32) -> impl Iterator<Item = Boxed> {
    let window = area.edges.window();
    let some = if area.edges.len() == 0 { 0 } else { 7 };
    (0..some).filter_map(move |turn| {
        let shift = f64::from(turn - 3) * 360e6;
        let (west, east) = (f64::from(window.west) + shift, f64::from(window.east) + shift);
        let corners = ([west, f64::from(window.south)], [east, f64::from(window.north)]);
        let reaches = east >= -180e6 && west <= 180e6;
        reaches.then(|| GeomWithData::new(Rectangle::from_corners(corners.0, corners.1), index))
    })
}
