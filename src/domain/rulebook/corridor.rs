//! Corridors: the ways goods may take.

use crate::domain::geometry::Route;

/// One corridor.
#[derive(Clone, Debug)]
pub struct Corridor {
    /// Unique among the corridors.
    pub id: String,
    /// For people.
    pub name: String,
    /// Metres to either side that are allowed: the corridor's, else `[corridor_deviation] half_width_m`.
    pub half_width_m: f64,
    /// Hours that a journey may take.
    pub time_limit_h: Option<f64>,
    /// Whether driving against its direction is an offence.
    pub one_way: bool,
    /// Zones (indices into the rulebook's) to pass, in order.
    pub checkpoints: Vec<u32>,
    /// Zones (indices into the rulebook's) where stopping is allowed on this corridor; ascending, each once.
    pub places: Vec<u32>,
    /// Reference number of the office where it begins.
    pub from: Option<String>,
    /// Reference number of the office where it ends.
    pub to: Option<String>,
    /// Its line with branches.
    pub route: Route,
}
