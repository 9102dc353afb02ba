//! Point in polygon, exact in `i64`: winding number over the edges of one band of latitude.
//!
//! Outer rings run counter-clockwise and holes clockwise when they come here, so a point is inside when the sum of
//! windings is positive: holes subtract, parts that overlap do not cancel. A point on an edge is inside.
//!
//! Two structures keep a query to a few edges, both from shifts of the offset to the south-west corner:
//!
//! * bands: each holds the edges that touch it, easternmost end first, so that a query stops at the first edge that
//!   ends west of the point;
//! * cells: each knows whether it lies inside, outside, or is touched by an edge and must ask its band.

use super::closest::Edge;
use super::frame::Vertex;
use super::window::Window;

/// Up to so many edges there is one band and no cells: looking at all of them is as fast.
const FEW: usize = 12;
/// Edges are listed in this many bands on average at most.
const SPREAD: usize = 6;
/// Cells per edge at most.
const CELLS: usize = 8;

const OUTSIDE: u8 = 0;
const INSIDE: u8 = 1;
const TOUCHED: u8 = 2;

/// The edges of an area arranged for the question whether a point is inside.
#[derive(Clone, Debug)]
pub(super) struct Inside {
    window: Window,
    /// Height of a band is a power of two micro-degrees.
    band_shift: u32,
    /// Start of each band in `edges`, and the end of the last.
    starts: Vec<u32>,
    edges: Vec<Edge>,
    /// Side of a cell is a power of two micro-degrees.
    cell_shift: u32,
    columns: usize,
    /// Row by row from the south-west; empty when there are few edges.
    cells: Vec<u8>,
}

impl Inside {
    pub(super) fn new(edges: &[Edge]) -> Inside {
        let window = edges.iter().map(Edge::window).fold(Window::EMPTY, Window::with);
        let mut inside = Inside {
            window,
            band_shift: 31,
            starts: vec![0, edges.len() as u32],
            edges: edges.to_vec(),
            cell_shift: 31,
            columns: 0,
            cells: Vec::new(),
        };
        inside.edges.sort_by_key(|edge| core::cmp::Reverse(edge.window().east));
        if edges.len() > FEW {
            inside.arrange_bands();
            inside.arrange_cells();
        }
        inside
    }

    /// The finest bands whose lists stay within [`SPREAD`] entries an edge; keeps the order by easternmost end.
    fn arrange_bands(&mut self) {
        let sorted = core::mem::take(&mut self.edges);
        let height = offset(self.window.south, self.window.north);
        self.band_shift = (0..31)
            .find(|shift| {
                let bands = (height >> shift) as usize + 1;
                let entries: usize = if bands <= sorted.len() {
                    sorted.iter().map(|edge| self.bands(edge, *shift).count()).sum()
                } else {
                    usize::MAX
                };
                entries <= SPREAD * sorted.len()
            })
            .unwrap_or(31);
        let bands = (height >> self.band_shift) as usize + 1;
        let mut lists: Vec<Vec<Edge>> = vec![Vec::new(); bands];
        for edge in &sorted {
            for band in self.bands(edge, self.band_shift) {
                lists[band].push(*edge);
            }
        }
        self.starts = vec![0];
        for list in lists {
            self.edges.extend(list);
            self.starts.push(self.edges.len() as u32);
        }
    }

    fn bands(&self, edge: &Edge, shift: u32) -> core::ops::RangeInclusive<usize> {
        let window = edge.window();
        let band = |y| (offset(self.window.south, y) >> shift) as usize;
        band(window.south)..=band(window.north)
    }

    /// Marks the cells an edge may touch, then asks one point of each remaining cell.
    fn arrange_cells(&mut self) {
        let (width, height) =
            (offset(self.window.west, self.window.east), offset(self.window.south, self.window.north));
        let size = |shift: u32| ((width >> shift) as usize + 1, (height >> shift) as usize + 1);
        let most = CELLS * self.edges.len() / SPREAD;
        self.cell_shift = (0..31).find(|shift| size(*shift).0 * size(*shift).1 <= most).unwrap_or(31);
        let (columns, rows) = size(self.cell_shift);
        self.columns = columns;
        let mut cells = vec![OUTSIDE; columns * rows];
        for edge in &self.edges {
            self.touch(edge, &mut cells);
        }
        for (place, cell) in cells.iter_mut().enumerate().filter(|(_, cell)| **cell == OUTSIDE) {
            let corner = |from: i32, index: usize| i64::from(from) + ((index as i64) << self.cell_shift);
            let (x, y) = (corner(self.window.west, place % columns), corner(self.window.south, place / columns));
            // Corners lie within the window, hence within i32.
            if self.asks_band(x as i32, y as i32) {
                *cell = INSIDE;
            }
        }
        self.cells = cells;
    }

    /// Marks every cell that an edge passes, row by row, by whole numbers rounded outward.
    fn touch(&self, edge: &Edge, cells: &mut [u8]) {
        let (low, high) = if edge.a.y <= edge.b.y { (edge.a, edge.b) } else { (edge.b, edge.a) };
        let column = |x: i64| ((x - i64::from(self.window.west)).max(0) >> self.cell_shift) as usize;
        let row = |y: i32| (offset(self.window.south, y) >> self.cell_shift) as usize;
        for row in row(low.y)..=row(high.y) {
            let south = i64::from(self.window.south) + ((row as i64) << self.cell_shift);
            let north = south + (1 << self.cell_shift);
            let (one, other) = (crossing(low, high, south), crossing(low, high, north));
            let window = edge.window();
            let west = (one.min(other) - 1).max(i64::from(window.west));
            let east = (one.max(other) + 1).min(i64::from(window.east));
            for cell in &mut cells[row * self.columns..][column(west)..=column(east)] {
                *cell = TOUCHED;
            }
        }
    }

    /// Whether a point of the frame lies inside or on an edge.
    pub(super) fn contains(&self, x: i32, y: i32) -> bool {
        let Window { west, south, east, north } = self.window;
        if x < west || x > east || y < south || y > north {
            return false;
        }
        if self.columns > 0 {
            let column = (offset(west, x) >> self.cell_shift) as usize;
            let row = (offset(south, y) >> self.cell_shift) as usize;
            match self.cells[row * self.columns + column] {
                OUTSIDE => return false,
                INSIDE => return true,
                _ => {}
            }
        }
        self.asks_band(x, y)
    }

    fn asks_band(&self, x: i32, y: i32) -> bool {
        let band = (offset(self.window.south, y) >> self.band_shift) as usize;
        let edges = &self.edges[self.starts[band] as usize..self.starts[band + 1] as usize];
        winding(edges.iter().take_while(|edge| edge.a.x.max(edge.b.x) >= x), x, y)
    }
}

/// Whether the winding number of the edges around a point is positive, or the point lies on one of them.
pub(super) fn winding<'a>(edges: impl Iterator<Item = &'a Edge>, x: i32, y: i32) -> bool {
    let mut sum = 0;
    for edge in edges {
        let (a, b) = (edge.a, edge.b);
        if (a.y < y && b.y < y) || (a.y > y && b.y > y) {
            continue;
        }
        // Longitudes differ by less than 2^31, latitudes by less than 2^28: products and their difference fit.
        let (ux, uy) = (i64::from(b.x) - i64::from(a.x), i64::from(b.y) - i64::from(a.y));
        let (wx, wy) = (i64::from(x) - i64::from(a.x), i64::from(y) - i64::from(a.y));
        let left = ux * wy - uy * wx;
        if left == 0 && x >= a.x.min(b.x) && x <= a.x.max(b.x) {
            return true;
        }
        if a.y <= y && b.y > y && left > 0 {
            sum += 1;
        } else if b.y <= y && a.y > y && left < 0 {
            sum -= 1;
        }
    }
    sum > 0
}

fn offset(from: i32, to: i32) -> u32 {
    to.abs_diff(from)
}

/// Longitude of an edge (low end first) at a latitude, clamped to its ends, within one micro-degree.
fn crossing(low: Vertex, high: Vertex, y: i64) -> i64 {
    let (low_y, high_y) = (i64::from(low.y), i64::from(high.y));
    if low_y == high_y {
        // A level edge: every longitude of it, and the caller clamps to its box.
        return if y <= low_y { i64::MIN / 2 } else { i64::MAX / 2 };
    }
    let up = y.clamp(low_y, high_y) - low_y;
    i64::from(low.x) + (i64::from(high.x) - i64::from(low.x)) * up / (high_y - low_y)
}
