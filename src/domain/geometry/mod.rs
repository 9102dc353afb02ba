//! Exact geometry on the ellipsoid: polygons with holes, routes with branches, and the indices of areas.
//!
//! What always holds:
//!
//! * an edge is straight in longitude and latitude (RFC 7946), metres are those of WGS 84;
//! * inside or outside is decided by whole numbers, exactly; a point on an edge is inside;
//! * a search leaves out only what it has proved to be farther: answers equal a scan of every edge, whatever the hint;
//! * a query needs + - × ÷ √ only, unless the answer is 50 km away; the trigonometry of set-up goes through `libm`.
//!
//! | file | idea |
//! |---|---|
//! | `table`, `metres` | metres per degree, distance, course, surface |
//! | `frame` | longitudes across 180 degrees |
//! | `closest` | the nearest point of one edge: the definition of every distance |
//! | `window`, `edges` | which edges need not be asked |
//! | `apart` | when the neighbours of a hint are enough |
//! | `inside`, `area`, `depth` | areas |
//! | `chainage`, `side`, `route` | corridors |
//! | `passage` | where a corridor leads through an area |
//! | `grid` | which areas contain a point |
//! | `index` | which areas a straight way may meet |

mod apart;
mod area;
mod chainage;
mod closest;
mod depth;
mod edges;
mod frame;
mod grid;
mod index;
mod inside;
pub(crate) mod metres;
mod passage;
mod route;
mod side;
mod table;
#[cfg(test)]
mod tests;
mod window;

pub use area::{Area, Nearest};
pub use grid::AreaGrid;
pub use index::AreaIndex;
pub use passage::Passage;
pub use route::{Route, RouteMatch};
