//! The rulebook: settings, zones, corridors and offices, compiled once and never changed.
//!
//! * Immutable, `Send + Sync`, shared by `Arc`; rules change by swapping the whole.
//! * Zones and corridors are sorted by id, offices by code; an index into them is as good as the id and holds as long
//!   as the rulebook. Defaults of class and settings are resolved, so a detector reads one field.
//! * [`Rulebook::compile`] takes all or nothing and says every fault at once.
//!
//! Absent on purpose: files and formats (the rim reads them into a [`Source`]), and any part that is edited.

mod check;
mod compile;
pub mod corridor;
pub mod fault;
pub mod office;
pub mod ring;
pub mod schedule;
pub mod settings;
pub mod source;
pub mod zone;

pub use corridor::Corridor;
pub use fault::{Fault, Place, Severity};
pub use office::Office;
pub use schedule::{Schedule, local_hour};
pub use settings::{EvidenceParams, Literal, SettingFault, Settings};
pub use source::{CorridorSource, OfficeSource, Rings, ScheduleSource, Source, ZoneSource};
pub use zone::{Zone, ZoneClass};

use super::geometry::AreaGrid;
use super::position::Position;

/// A compiled rulebook.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// Hash of its files, 64 lower-case hex digits.
    pub sha256: String,
    /// `rulebook.toml`.
    pub settings: Settings,
    /// Sorted by id.
    pub zones: Vec<Zone>,
    /// Sorted by id.
    pub corridors: Vec<Corridor>,
    /// Sorted by code.
    pub offices: Vec<Office>,
    grid: AreaGrid,
    territory: Option<u32>,
    warnings: Vec<Fault>,
}

impl Rulebook {
    /// Index of a zone.
    pub fn zone(&self, id: &str) -> Option<u32> {
        self.zones.binary_search_by(|zone| zone.id.as_str().cmp(id)).ok().map(|i| i as u32)
    }

    /// Index of a corridor.
    pub fn corridor(&self, id: &str) -> Option<u32> {
        self.corridors.binary_search_by(|corridor| corridor.id.as_str().cmp(id)).ok().map(|i| i as u32)
    }

    /// An office.
    pub fn office(&self, code: &str) -> Option<&Office> {
        self.offices.binary_search_by(|office| office.code.as_str().cmp(code)).ok().map(|i| &self.offices[i])
    }

    /// Clears `out` and fills it with the indices of the zones that contain the point, ascending.
    pub fn zones_containing(&self, point: Position, out: &mut Vec<u32>) {
        out.clear();
        self.grid.containing(point, |zone| &self.zones[zone as usize].area, out);
    }

    /// Asks memory for what [`Rulebook::zones_containing`] looks up first.
    pub fn ask_for(&self, point: Position) {
        self.grid.ask_for(point);
    }

    /// The territory: the first zone of that class.
    pub fn territory(&self) -> Option<u32> {
        self.territory
    }

    /// The office nearest to a point; of equally near ones that with the smallest code.
    pub fn nearest_office(&self, point: Position) -> Option<&Office> {
        office::nearest(&self.offices, point)
    }

    /// Codes of the offices whose `office_area` contains the point; ascending, each once.
    pub fn responsible_offices(&self, point: Position) -> Vec<&str> {
        let mut inside = Vec::new();
        self.zones_containing(point, &mut inside);
        let mut codes: Vec<&str> = inside
            .iter()
            .map(|zone| &self.zones[*zone as usize])
            .filter(|zone| zone.class == ZoneClass::OfficeArea)
            .filter_map(|zone| zone.office.as_deref())
            .collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// What somebody should look at, though the rulebook can be used.
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// With further warnings, in front of its own (the rim adds what it saw while reading).
    #[must_use]
    pub fn with_warnings(mut self, mut further: Vec<Fault>) -> Rulebook {
        further.append(&mut self.warnings);
        self.warnings = further;
        self
    }
}

/// A rulebook is shared by threads.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Rulebook>();
};
