//! From what was read to what decides: everything is checked, then resolved, then indexed.

use super::check::{self, Known};
use super::settings::Settings;
use super::{Corridor, CorridorSource, Fault, Office, Place, Rulebook, Source, Zone, ZoneClass, ZoneSource};
use crate::domain::alert::Priority;
use crate::domain::geometry::{Area, AreaGrid, Route};

impl Rulebook {
    /// Checks and compiles.
    ///
    /// # Errors
    /// Every fault and every warning, in the order settings, zones, corridors, offices; at least one is a fault.
    pub fn compile(source: Source) -> Result<Rulebook, Vec<Fault>> {
        let mut found = Vec::new();
        check::settings(&source.settings, &mut found);
        let known = Known::new(&source);
        let mut zones: Vec<Zone> =
            source.zones.iter().filter_map(|zone| compile_zone(zone, &source.settings, &known, &mut found)).collect();
        zones.sort_by(|a, b| a.id.cmp(&b.id));
        check::territory(&source.zones, &mut found);
        let mut corridors: Vec<Corridor> = source
            .corridors
            .iter()
            .filter_map(|corridor| compile_corridor(corridor, &source, &zones, &known, &mut found))
            .collect();
        corridors.sort_by(|a, b| a.id.cmp(&b.id));
        let offices = compile_offices(&source, &known, &mut found);
        if found.iter().any(Fault::is_fault) {
            return Err(found);
        }
        let grid = AreaGrid::new(zones.iter().map(|zone| &zone.area));
        let territory = zones.iter().position(|zone| zone.class == ZoneClass::Territory).map(|i| i as u32);
        Ok(Rulebook {
            sha256: source.sha256,
            settings: source.settings,
            zones,
            corridors,
            offices,
            grid,
            territory,
            warnings: found,
        })
    }
}

/// `None` where the zone has a fault.
fn compile_zone(source: &ZoneSource, settings: &Settings, known: &Known, found: &mut Vec<Fault>) -> Option<Zone> {
    let before = faults(found);
    let class = check::zone(source, known, found);
    let schedule =
        source.schedule.as_ref().map(|schedule| check::schedule(schedule, settings.time_zone, &source.place, found));
    let class = class.filter(|_| faults(found) == before && !source.polygons.is_empty())?;
    let area = Area::new(&source.polygons);
    let class_settings = &settings.class[class as usize];
    let allowance = match class {
        ZoneClass::PermittedStop | ZoneClass::Warehouse => Some(settings.overstay.default_allowance_min),
        ZoneClass::Lodging => Some(settings.overstay.lodging_allowance_min),
        _ => None,
    };
    let radius_m = (area.area_m2().max(0.0) / std::f64::consts::PI).sqrt();
    Some(Zone {
        id: source.id.clone(),
        class,
        name: source.name.clone().unwrap_or_else(|| source.id.clone()),
        office: source.office.clone(),
        allowance_min: source.allowance_min.or(class_settings.allowance_min).or(allowance),
        dwell_min: source.dwell_min.or(class_settings.dwell_min),
        priority: source.priority.as_deref().and_then(Priority::from_name).or(class_settings.priority),
        schedule,
        zone_in: class_settings.zone_in.unwrap_or(settings.evidence.zone_in),
        zone_out: class_settings.zone_out.unwrap_or(settings.evidence.zone_out),
        exit_hysteresis_m: settings.zone.exit_hysteresis_m.min(settings.zone.exit_hysteresis_share * radius_m),
        area,
    })
}

/// `None` where the corridor has a fault.
fn compile_corridor(
    source: &CorridorSource,
    all: &Source,
    zones: &[Zone],
    known: &Known,
    found: &mut Vec<Fault>,
) -> Option<Corridor> {
    let before = faults(found);
    check::corridor(source, known, found);
    if faults(found) > before || source.lines.is_empty() {
        return None;
    }
    let route = Route::new(&source.lines);
    let half_width_m = source.half_width_m.unwrap_or(all.settings.corridor_deviation.half_width_m);
    check::checkpoints(source, &route, half_width_m, all, found);
    let indices = |ids: &[String]| -> Vec<u32> {
        ids.iter()
            .filter_map(|id| zones.binary_search_by(|zone| zone.id.cmp(id)).ok())
            .map(|index| index as u32)
            .collect()
    };
    let mut places = indices(&source.places);
    places.sort_unstable();
    places.dedup();
    Some(Corridor {
        id: source.id.clone(),
        name: source.name.clone().unwrap_or_else(|| source.id.clone()),
        half_width_m,
        time_limit_h: source.time_limit_h,
        one_way: source.one_way,
        checkpoints: indices(&source.checkpoints),
        places,
        from: source.from.clone(),
        to: source.to.clone(),
        route,
    })
}

fn compile_offices(source: &Source, known: &Known, found: &mut Vec<Fault>) -> Vec<Office> {
    let mut offices = Vec::with_capacity(source.offices.len());
    for office in &source.offices {
        check::office(office, known, found);
        offices.push(Office {
            code: office.code.clone(),
            name: office.name.clone(),
            position: office.position,
            kind: office.kind.clone(),
            parent: office.parent.clone(),
        });
    }
    if offices.is_empty() {
        let place = Place { file: "offices.csv".into(), ..Place::default() };
        found.push(Fault::warning("no_offices", place, "there is no office: alerts will name no nearest office"));
    }
    offices.sort_by(|a, b| a.code.cmp(&b.code));
    offices
}

fn faults(found: &[Fault]) -> usize {
    found.iter().filter(|fault| fault.is_fault()).count()
}
