//! Which areas contain a point: squares that know.
//!
//! The map is cut into squares of 2^18 micro-degrees (29 km from south to north), those in which several boundaries
//! run into 256 smaller ones (1.8 km). A square lists the areas that hold all of it, and those whose boundary may run
//! through it: only these are asked. A lookup costs the same whatever the number of areas.

use super::area::Area;
use super::window::Window;
use crate::domain::ahead::ask_for;
use crate::domain::position::{Position, TURN_E6};

/// Width of a square: a power of two micro-degrees.
const WIDE: u32 = 18;
/// Width of a square in a divided one.
const NARROW: u32 = 14;
/// Squares along a side of a divided one.
const FAN: usize = 1 << (WIDE - NARROW);
/// So many boundaries may run through a square before it is divided.
const FEW: usize = 2;
/// An area over more squares than this (2 000 km by 2 000 km) stands in none: it is always asked.
const HUGE: usize = 4_096;
/// Set in an entry when the boundary of its area may run through the square.
const TOUCHED: u32 = 1;
/// In place of a count: the square is divided.
const DIVIDED: u32 = u32::MAX;

/// The whole map, closed.
const MAP: Window = Window { west: -180_000_000, south: -90_000_000, east: 180_000_000, north: 90_000_000 };

/// An immutable index of areas: which of them contain a point.
#[derive(Clone, Debug)]
pub struct AreaGrid {
    /// Column and row of the first square.
    first: (usize, usize),
    /// How many of them.
    columns: usize,
    rows: usize,
    /// Row by row from the south-west; behind them [`FAN`]² for each one that is divided.
    squares: Vec<Square>,
    entries: Vec<u32>,
    huge: Vec<u32>,
}

/// What is known of a square: its entries are twice the number of an area, ascending, and [`TOUCHED`].
#[derive(Clone, Copy, Debug, Default)]
struct Square {
    /// Place of the first entry; the entry itself when it is the only one; the first smaller square when divided.
    from: u32,
    count: u32,
}

impl AreaGrid {
    /// Numbers the areas by their place in the iterator (0, 1, ...).
    pub fn new<'a>(areas: impl IntoIterator<Item = &'a Area>) -> AreaGrid {
        let areas: Vec<&Area> = areas.into_iter().collect();
        let mut spread: Vec<(u32, Reach)> = Vec::new();
        let mut huge = Vec::new();
        for (number, area) in (0..).zip(&areas) {
            let reaches: Vec<Reach> = on_map(area).map(|window| Reach::of(&window, WIDE)).collect();
            if reaches.iter().map(Reach::squares).sum::<usize>() > HUGE {
                huge.push(number);
            } else {
                spread.extend(reaches.into_iter().map(|reach| (number, reach)));
            }
        }
        let all = spread.iter().map(|(_, reach)| *reach).reduce(Reach::with).unwrap_or_default();
        let (columns, rows) = (all.columns.1 - all.columns.0, all.rows.1 - all.rows.0);
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); all.squares()];
        for (number, reach) in spread {
            for (column, row) in reach.each() {
                let list = &mut lists[(row - all.rows.0) * columns + column - all.columns.0];
                enter(list, number, areas[number as usize], &square(column, row, WIDE));
            }
        }
        let (first, squares) = ((all.columns.0, all.rows.0), vec![Square::default(); lists.len()]);
        let mut grid = AreaGrid { first, columns, rows, squares, entries: Vec::new(), huge };
        for (place, (list, (column, row))) in lists.iter().zip(all.each()).enumerate() {
            if list.iter().filter(|entry| *entry & TOUCHED > 0).count() > FEW {
                let from = grid.squares.len() as u32;
                grid.divide(list, (column * FAN, row * FAN), &areas);
                grid.squares[place] = Square { from, count: DIVIDED };
            } else {
                grid.squares[place] = grid.list(list);
            }
        }
        grid
    }

    /// Appends the smaller squares of one; `first` is the column and row of the first.
    fn divide(&mut self, list: &[u32], first: (usize, usize), areas: &[&Area]) {
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); FAN * FAN];
        for entry in list {
            let (number, area) = (entry >> 1, areas[(entry >> 1) as usize]);
            if entry & TOUCHED == 0 {
                lists.iter_mut().for_each(|list| list.push(*entry));
                continue;
            }
            for reach in on_map(area).map(|window| Reach::of(&window, NARROW)) {
                for (column, row) in reach.cut(first).each() {
                    let list = &mut lists[(row - first.1) * FAN + column - first.0];
                    enter(list, number, area, &square(column, row, NARROW));
                }
            }
        }
        for list in lists {
            let square = self.list(&list);
            self.squares.push(square);
        }
    }

    fn list(&mut self, list: &[u32]) -> Square {
        if let [only] = list {
            return Square { from: *only, count: 1 };
        }
        let from = self.entries.len() as u32;
        self.entries.extend_from_slice(list);
        Square { from, count: list.len() as u32 }
    }

    /// Appends the numbers of the areas that contain the point, ascending; `area` gives an area by its number.
    pub fn containing<'a>(&self, point: Position, area: impl Fn(u32) -> &'a Area, out: &mut Vec<u32>) {
        let begin = out.len();
        let mut take = |entry: u32| {
            if entry & TOUCHED == 0 || area(entry >> 1).contains(point) {
                out.push(entry >> 1);
            }
        };
        let square = self.square_at(point).copied().unwrap_or_default();
        match square.count {
            0 => {}
            1 => take(square.from),
            count => self.entries[square.from as usize..][..count as usize].iter().copied().for_each(take),
        }
        if !self.huge.is_empty() {
            out.extend(self.huge.iter().copied().filter(|number| area(*number).contains(point)));
            out[begin..].sort_unstable();
        }
    }

    /// Asks memory for what [`AreaGrid::containing`] looks up first.
    pub fn ask_for(&self, point: Position) {
        self.square_at(point).into_iter().for_each(ask_for);
    }

    fn square_at(&self, point: Position) -> Option<&Square> {
        let (x, y) = (offset(MAP.west, point.lon_e6), offset(MAP.south, point.lat_e6));
        // What lies west or south of the first square comes out larger than every other.
        let column = (x >> WIDE).wrapping_sub(self.first.0);
        let row = (y >> WIDE).wrapping_sub(self.first.1);
        if column >= self.columns || row >= self.rows {
            return None;
        }
        let square = &self.squares[row * self.columns + column];
        if square.count != DIVIDED {
            return Some(square);
        }
        let within = |offset: usize| (offset >> NARROW) & (FAN - 1);
        Some(&self.squares[square.from as usize + within(y) * FAN + within(x)])
    }
}

/// A rectangle of squares: columns and rows, the ends not included.
#[derive(Clone, Copy, Debug, Default)]
struct Reach {
    columns: (usize, usize),
    rows: (usize, usize),
}

impl Reach {
    /// The squares that a window of the map meets.
    fn of(window: &Window, width: u32) -> Reach {
        let span =
            |origin: i32, low: i32, high: i32| (offset(origin, low) >> width, (offset(origin, high) >> width) + 1);
        Reach { columns: span(MAP.west, window.west, window.east), rows: span(MAP.south, window.south, window.north) }
    }

    fn with(self, other: Reach) -> Reach {
        let join = |a: (usize, usize), b: (usize, usize)| (a.0.min(b.0), a.1.max(b.1));
        Reach { columns: join(self.columns, other.columns), rows: join(self.rows, other.rows) }
    }

    /// What of it lies in the divided square that begins there.
    fn cut(self, first: (usize, usize)) -> Reach {
        let cut =
            |(low, high): (usize, usize), first: usize| (low.clamp(first, first + FAN), high.clamp(first, first + FAN));
        Reach { columns: cut(self.columns, first.0), rows: cut(self.rows, first.1) }
    }

    fn squares(&self) -> usize {
        (self.columns.1 - self.columns.0) * (self.rows.1 - self.rows.0)
    }

    /// Row by row.
    fn each(self) -> impl Iterator<Item = (usize, usize)> {
        let Reach { columns, rows } = self;
        (rows.0..rows.1).flat_map(move |row| (columns.0..columns.1).map(move |column| (column, row)))
    }
}

fn offset(origin: i32, value: i32) -> usize {
    (i64::from(value) - i64::from(origin)).max(0) as usize
}

/// The part of a square that lies on the map, closed.
fn square(column: usize, row: usize, width: u32) -> Window {
    // Columns and rows come from places on the map: everything fits.
    let low = |origin: i32, index: usize| origin + (index << width) as i32;
    let high = |origin: i32, index: usize, end: i32| {
        (i64::from(origin) + ((index + 1) << width) as i64 - 1).min(i64::from(end)) as i32
    };
    Window {
        west: low(MAP.west, column),
        south: low(MAP.south, row),
        east: high(MAP.west, column, MAP.east),
        north: high(MAP.south, row, MAP.north),
    }
}

/// Adds an area to the list of a square, unless it holds nothing of it or stands there already.
fn enter(list: &mut Vec<u32>, number: u32, area: &Area, square: &Window) {
    if list.last().is_some_and(|last| last >> 1 == number) {
        return;
    }
    let touched = turned(area, square).any(|window| {
        let mut met = false;
        area.edges.meeting(&window, &mut |_, _| met = true);
        met
    });
    // Without a boundary all of the square lies on one side of it.
    if touched {
        list.push(number << 1 | TOUCHED);
    } else if area.contains(Position { lat_e6: square.south, lon_e6: square.west }) {
        list.push(number << 1);
    }
}

/// Turns of longitude by which a shape may stand away from the map.
const TURNS: core::ops::RangeInclusive<i64> = -3..=3;

/// An area's window, shifted by whole turns, where it reaches onto the map.
fn on_map(area: &Area) -> impl Iterator<Item = Window> {
    let window = area.edges.window();
    TURNS.filter_map(move |turn| shifted(&window, turn, &MAP))
}

/// A square, shifted by whole turns, where it meets the window of an area.
fn turned(area: &Area, square: &Window) -> impl Iterator<Item = Window> {
    let (window, square) = (area.edges.window(), *square);
    TURNS.filter_map(move |turn| shifted(&square, turn, &window))
}

/// What of a window, shifted by so many turns, lies within another.
fn shifted(window: &Window, turns: i64, within: &Window) -> Option<Window> {
    let west = (i64::from(window.west) + turns * TURN_E6).max(i64::from(within.west));
    let east = (i64::from(window.east) + turns * TURN_E6).min(i64::from(within.east));
    let (south, north) = (window.south.max(within.south), window.north.min(within.north));
    (west <= east && south <= north).then_some(Window { west: west as i32, south, east: east as i32, north })
}
