//! The checks of a rulebook's meaning. Each adds what it finds and goes on, so that everything is said at once.
//!
//! Broken things count as known: a reference to a zone with a fault is not a second fault.

mod checkpoints;
mod schedule;

use std::collections::BTreeMap;

pub(super) use checkpoints::checkpoints;
pub(super) use schedule::schedule;

use super::fault::Degrees;
use super::ring;
use super::{CorridorSource, Fault, OfficeSource, Place, Settings, Source, ZoneClass, ZoneSource};
use crate::domain::alert::Priority;

/// Minutes of a year: the longest stay a zone may allow.
const YEAR_MIN: i64 = 525_600;
/// Half widths that are allowed, metres (DETECTION 5.15).
const HALF_WIDTH_M: std::ops::RangeInclusive<f64> = 50.0..=50_000.0;

/// What exists, and where it was first seen.
pub(super) struct Known<'a> {
    zones: BTreeMap<&'a str, &'a Place>,
    corridors: BTreeMap<&'a str, &'a Place>,
    offices: BTreeMap<&'a str, &'a Place>,
    zones_unread: bool,
    classes: BTreeMap<&'a str, &'a str>,
}

impl<'a> Known<'a> {
    pub(super) fn new(source: &'a Source) -> Known<'a> {
        let mut known = Known {
            zones: BTreeMap::new(),
            corridors: BTreeMap::new(),
            offices: BTreeMap::new(),
            zones_unread: source.zones_unread,
            classes: BTreeMap::new(),
        };
        for zone in &source.zones {
            known.zones.entry(&zone.id).or_insert(&zone.place);
            known.classes.entry(&zone.id).or_insert(&zone.class);
        }
        for corridor in &source.corridors {
            known.corridors.entry(&corridor.id).or_insert(&corridor.place);
        }
        for office in &source.offices {
            known.offices.entry(&office.code).or_insert(&office.place);
        }
        known
    }

    fn has_zone(&self, id: &str) -> bool {
        self.zones_unread || self.zones.contains_key(id)
    }
}

/// Contradictions between settings.
pub(super) fn settings(settings: &Settings, found: &mut Vec<Fault>) {
    for (table, message) in settings.conflicts() {
        let place = Place { file: "rulebook.toml".into(), ..Place::default() };
        found.push(Fault::new("setting_conflict", place, format!("[{table}] {message}; change one of them")));
    }
}

/// Everything about a zone but its schedule; its class, where that is known.
pub(super) fn zone(zone: &ZoneSource, known: &Known, found: &mut Vec<Fault>) -> Option<ZoneClass> {
    let place = &zone.place;
    id(&zone.id, zone.broken, place, known.zones.get(zone.id.as_str()).copied(), "zone", found);
    let class = ZoneClass::from_name(&zone.class);
    if class.is_none() && !(zone.class.is_empty() && zone.broken) {
        let known: Vec<&str> = ZoneClass::ALL.iter().map(|class| class.name()).collect();
        let wrong = if zone.class.is_empty() {
            "the zone has no class".into()
        } else {
            format!("unknown class \"{}\"", zone.class)
        };
        let message = format!("{wrong}; it must be one of {}", known.join(", "));
        found.push(Fault::new("unknown_class", place.clone(), message));
    }
    for (key, value) in [("allowance_min", zone.allowance_min), ("dwell_min", zone.dwell_min)] {
        if value.is_some_and(|minutes| !(0..=YEAR_MIN).contains(&minutes)) {
            found.push(Fault::new("out_of_range", place.clone(), format!("`{key}` must be 0 to {YEAR_MIN} minutes")));
        }
    }
    if let Some(priority) = zone.priority.as_deref().filter(|name| Priority::from_name(name).is_none()) {
        let message = format!("unknown priority \"{priority}\"; it must be journal, low, medium or high");
        found.push(Fault::new("unknown_priority", place.clone(), message));
    }
    office_reference("office", zone.office.as_deref(), place, known, found);
    if class == Some(ZoneClass::OfficeArea) && zone.office.is_none() {
        let message = "an `office_area` without `office` makes nobody responsible; name the office";
        found.push(Fault::warning("no_office", place.clone(), message));
    }
    if zone.polygons.is_empty() && !zone.broken {
        found.push(Fault::warning("no_polygon", place.clone(), "the zone has no polygon and is left out"));
    }
    found.extend(ring::check(&zone.polygons).into_iter().map(|flaw| flaw.into_fault(place)));
    class
}

/// One territory is usual; without any, two kinds are silent.
pub(super) fn territory(zones: &[ZoneSource], found: &mut Vec<Fault>) {
    let mut territories = zones.iter().filter(|zone| zone.class == ZoneClass::Territory.name());
    let Some(first) = territories.next() else {
        let place = Place { file: "zones".into(), ..Place::default() };
        let message = "there is no zone of class `territory`: neither territory_exit nor border_approach can be found";
        found.push(Fault::warning("no_territory", place, message));
        return;
    };
    let least = territories.clone().fold(first.id.as_str(), |least, zone| least.min(&zone.id));
    for zone in territories {
        let message = format!("a further territory; only \"{least}\" counts; join them into one multi-polygon");
        found.push(Fault::warning("second_territory", zone.place.clone(), message));
    }
}

/// Everything about a corridor that needs no geometry of its checkpoints.
pub(super) fn corridor(corridor: &CorridorSource, known: &Known, found: &mut Vec<Fault>) {
    let place = &corridor.place;
    id(&corridor.id, corridor.broken, place, known.corridors.get(corridor.id.as_str()).copied(), "corridor", found);
    if let Some(width) = corridor.half_width_m.filter(|width| !HALF_WIDTH_M.contains(width)) {
        let message = format!("`half_width_m` is {width}; it must be 50 to 50000 metres");
        found.push(Fault::new("width_out_of_range", place.clone(), message));
    }
    if corridor.time_limit_h.is_some_and(|hours| !(hours > 0.0 && hours <= 8_760.0)) {
        found.push(Fault::new("out_of_range", place.clone(), "`time_limit_h` must be over 0 and at most 8760 hours"));
    }
    for (key, ids) in [("checkpoints", &corridor.checkpoints), ("places", &corridor.places)] {
        for id in ids.iter().filter(|id| !known.has_zone(id)) {
            let message = format!("`{key}` names \"{id}\", but there is no such zone; correct the id or add the zone");
            let code = if key == "places" { "unknown_place" } else { "unknown_checkpoint" };
            found.push(Fault::new(code, place.clone(), message));
        }
    }
    for id in &corridor.checkpoints {
        if let Some(class) = known.classes.get(id.as_str()).filter(|class| **class != ZoneClass::Checkpoint.name()) {
            let message = format!("`checkpoints` names \"{id}\", which is of class {class}");
            found.push(Fault::warning("checkpoint_class", place.clone(), message));
        }
    }
    office_reference("from", corridor.from.as_deref(), place, known, found);
    office_reference("to", corridor.to.as_deref(), place, known, found);
    lines(corridor, found);
}

/// Repeated vertices, branches that do not meet, further lines without length and crossings are no faults; a first
/// line without length is one: nothing could be measured along it.
fn lines(corridor: &CorridorSource, found: &mut Vec<Fault>) {
    let Some(first) = corridor.lines.first() else {
        found.push(Fault::new(
            "no_line",
            corridor.place.clone(),
            "the corridor has no line; draw one of two positions",
        ));
        return;
    };
    if first.iter().all(|position| position == &first[0]) {
        let message = "the first line has no length; it needs two different positions, chainage runs along it";
        let place = Place { part: Some(0), position: first.first().copied(), ..corridor.place.clone() };
        found.push(Fault::new("line_without_length", place, message));
    }
}

/// Code, parent and place of an office.
pub(super) fn office(office: &OfficeSource, known: &Known, found: &mut Vec<Fault>) {
    id(&office.code, office.broken, &office.place, known.offices.get(office.code.as_str()).copied(), "office", found);
    office_reference("parent", office.parent.as_deref(), &office.place, known, found);
}

/// Pattern and uniqueness.
fn id(id: &str, broken: bool, place: &Place, first: Option<&Place>, what: &str, found: &mut Vec<Fault>) {
    if id.is_empty() && broken {
        return;
    }
    if !is_id(id) {
        let message = format!("the id \"{id}\" must have 1 to 64 of the characters A-Z a-z 0-9 . _ : -");
        found.push(Fault::new("bad_id", place.clone(), message));
    }
    if let Some(first) = first.filter(|first| *first != place && !id.is_empty()) {
        let message = format!("the {what} id \"{id}\" is used twice, first in {first}; give one of them another");
        found.push(Fault::new("id_used_twice", place.clone(), message));
    }
}

/// Whether a text matches `[A-Za-z0-9._:-]{1,64}` (FORMATS).
pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
}

/// An office that the rulebook does not list is a warning: it is only a label.
fn office_reference(key: &str, code: Option<&str>, place: &Place, known: &Known, found: &mut Vec<Fault>) {
    if let Some(code) = code.filter(|code| !known.offices.contains_key(code)) {
        let message = format!("`{key}` names the office \"{code}\", which offices.csv does not list");
        found.push(Fault::warning("unknown_office", place.clone(), message));
    }
}

/// Coordinates as GeoJSON writes them.
pub(super) fn lon_lat(position: crate::domain::position::Position) -> String {
    format!("{}, {}", Degrees(position.lon_e6), Degrees(position.lat_e6))
}
