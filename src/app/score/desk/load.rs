//! Who fills the desk: announced alarms by kind, and by the class of the zone that they are about.
//!
//! An alarm is about the zone of its subject (`zone:`, `gate:`, `checkpoint:`); a stop in a marked zone is about that zone, though its
//! subject is the stop. Everything else is about no zone.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::alert::{Kind, Priority, Revision};
use crate::domain::rulebook::{Rulebook, ZoneClass};
use crate::domain::time::DAY;

/// Alarms by priority, `Priority as usize`.
pub(super) type ByPriority = [u64; 4];

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Loads {
    /// By kind.
    pub kinds: BTreeMap<Kind, ByPriority>,
    /// By class, then by zone.
    pub zones: BTreeMap<ZoneClass, BTreeMap<String, u64>>,
    days: BTreeSet<i64>,
}

impl Loads {
    /// An alarm is announced.
    pub fn count(&mut self, revision: &Revision, book: &Rulebook) {
        self.kinds.entry(revision.kind).or_default()[revision.priority as usize] += 1;
        self.days.insert(revision.log_time.div_euclid(DAY));
        if let Some(zone) = zone_of(revision, book) {
            let zone = &book.zones[zone as usize];
            *self.zones.entry(zone.class).or_default().entry(zone.id.clone()).or_default() += 1;
        }
    }

    /// All of them.
    pub fn announced(&self) -> u64 {
        self.kinds.values().flatten().sum()
    }

    /// Days with an alarm.
    pub fn days(&self) -> usize {
        self.days.len()
    }

    /// By priority.
    pub fn of(&self, priority: Priority) -> u64 {
        self.kinds.values().map(|by| by[priority as usize]).sum()
    }
}

/// The zone that an alarm is about.
fn zone_of(revision: &Revision, book: &Rulebook) -> Option<u32> {
    let named = revision.subject.split_once(':').filter(|(sort, _)| ["zone", "gate", "checkpoint"].contains(sort));
    named.and_then(|(_, id)| book.zone(id)).or_else(|| marked(revision, book))
}

/// The marked zone that a stop is in.
fn marked(revision: &Revision, book: &Rulebook) -> Option<u32> {
    if !revision.priority_reason.iter().any(|reason| reason.starts_with("stop_in_sensitive_zone")) {
        return None;
    }
    let mut around = Vec::new();
    book.zones_containing(revision.position?, &mut around);
    let class = |zone: &u32| book.zones[*zone as usize].class;
    let of = |wanted: ZoneClass| around.iter().copied().find(|zone| class(zone) == wanted);
    of(ZoneClass::Forbidden).or_else(|| of(ZoneClass::Risk))
}
