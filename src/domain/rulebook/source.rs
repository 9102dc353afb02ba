//! What the rim read, before anything was decided about it: the input of [`super::Rulebook::compile`].

use super::fault::Place;
use super::settings::Settings;
use crate::domain::position::Position;

/// A rulebook as read: every feature that could be read at all.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Hash of the files, 64 lower-case hex digits.
    pub sha256: String,
    /// `rulebook.toml`.
    pub settings: Settings,
    /// Features of `zones/`.
    pub zones: Vec<ZoneSource>,
    /// Features of `corridors/`.
    pub corridors: Vec<CorridorSource>,
    /// Rows of `offices.csv`.
    pub offices: Vec<OfficeSource>,
    /// Whether a file of `zones/` could not be read at all: a reference to a zone that is missing is then no fault of its own.
    pub zones_unread: bool,
}

/// Rings of one polygon, the outer one first, as written (closed or not).
pub type Rings = Vec<Vec<Position>>;

/// A feature of `zones/`.
#[derive(Clone, Debug, Default)]
pub struct ZoneSource {
    /// Where it stands.
    pub place: Place,
    /// Id.
    pub id: String,
    /// Name of its class.
    pub class: String,
    /// Name.
    pub name: Option<String>,
    /// Reference number of its office.
    pub office: Option<String>,
    /// Minutes allowed.
    pub allowance_min: Option<i64>,
    /// Minutes until `zone_dwell`.
    pub dwell_min: Option<i64>,
    /// Name of its priority.
    pub priority: Option<String>,
    /// Windows: `(weekday name, ["22:00-24:00", ...])` as written, and excepted dates.
    pub schedule: Option<ScheduleSource>,
    /// Polygons; none is a zone without area, which is left out with a warning.
    pub polygons: Vec<Rings>,
    /// Whether the rim found a fault in it: what is empty then is not a second fault.
    pub broken: bool,
}

/// A schedule as written.
#[derive(Clone, Debug, Default)]
pub struct ScheduleSource {
    /// Weekday names with their windows.
    pub weekly: Vec<(String, Vec<String>)>,
    /// Dates.
    pub except: Vec<String>,
}

/// A feature of `corridors/`.
#[derive(Clone, Debug, Default)]
pub struct CorridorSource {
    /// Where it stands.
    pub place: Place,
    /// Id.
    pub id: String,
    /// Name.
    pub name: Option<String>,
    /// Half width, metres.
    pub half_width_m: Option<f64>,
    /// Hours allowed.
    pub time_limit_h: Option<f64>,
    /// Whether it has one direction.
    pub one_way: bool,
    /// Zone ids in order.
    pub checkpoints: Vec<String>,
    /// Zone ids.
    pub places: Vec<String>,
    /// Office code.
    pub from: Option<String>,
    /// Office code.
    pub to: Option<String>,
    /// The first line and its branches; none is a corridor without a line, which is left out with a warning.
    pub lines: Vec<Vec<Position>>,
    /// Whether the rim found a fault in it: what is empty then is not a second fault.
    pub broken: bool,
}

/// A row of `offices.csv`.
#[derive(Clone, Debug, Default)]
pub struct OfficeSource {
    /// Where it stands.
    pub place: Place,
    /// Reference number.
    pub code: String,
    /// Name.
    pub name: String,
    /// Where.
    pub position: Option<Position>,
    /// Kind.
    pub kind: String,
    /// Office above it.
    pub parent: Option<String>,
    /// Whether the rim found a fault in it.
    pub broken: bool,
}
