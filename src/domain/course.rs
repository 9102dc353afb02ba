//! What journeys are held to, compiled against a rulebook: the corridor, detours, offices, how the unit measures.

use std::sync::Arc;

use super::geometry::Route;
use super::record::{CorridorChoice, Declaration, Id, InlineCorridor, Mount, Offices};
use super::rulebook::ZoneClass;
use super::rules::Rules;
use super::time::{HOUR, MINUTE, Millis, SECOND};
use super::wayside::Wayside;

/// A further permitted branch for a while.
#[derive(Clone, Debug)]
pub struct Detour {
    /// Its line.
    pub route: Arc<Route>,
    /// Metres either side.
    pub half_width_m: f64,
    /// From when.
    pub from: Millis,
    /// Until when; for good where absent.
    pub until: Option<Millis>,
}

/// The corridor of a journey.
#[derive(Clone, Debug)]
pub struct PlanCorridor {
    /// Its id; `inline` where it was drawn for this journey.
    pub id: Id,
    /// `corridor:<id>`.
    pub subject: String,
    /// Metres either side.
    pub half_width_m: f64,
    /// How far inside the edge the way back begins to count, metres.
    pub hysteresis_m: f64,
    /// Time allowed.
    pub time_limit: Option<Millis>,
    /// Zones where stopping is allowed, ascending.
    pub places: Vec<u32>,
    /// Driving against the direction of its lines is an offence.
    pub one_way: bool,
    /// What lies along it.
    pub wayside: Arc<Wayside>,
    line: Line,
}

#[derive(Clone, Debug)]
enum Line {
    Book(u32),
    Own(Arc<Route>),
}

/// What a journey is held to, whoever drives.
#[derive(Clone, Debug)]
pub struct Course {
    /// The rulebook it was compiled against.
    pub rules: Arc<Rules>,
    /// The offices concerned.
    offices: Option<Offices>,
    /// The corridor, where there is one.
    pub corridor: Option<PlanCorridor>,
    /// Official detours.
    pub detours: Vec<Detour>,
    /// Where the unit sits.
    pub mount: Mount,
    /// The mount's factor on the standard deviation.
    pub sigma_factor: f64,
    /// Risk tier.
    pub risk: u8,
    /// Declared reporting interval.
    pub interval: Option<Millis>,
    /// Customs areas and warehouses of the office of departure, ascending.
    pub origin: Vec<u32>,
    /// Customs areas and warehouses of the office of destination, ascending.
    pub destination: Vec<u32>,
}

/// A declared detour: the line, from, until.
pub type DeclaredDetour = (InlineCorridor, Millis, Option<Millis>);

impl Course {
    pub(super) fn compile(rules: &Arc<Rules>, declaration: &Declaration, detours: &[DeclaredDetour]) -> Course {
        let settings = rules.settings();
        let mount = declaration.mount.unwrap_or_default();
        let corridor = declaration.corridor.as_ref().and_then(|choice| compile_corridor(rules, choice));
        let width = |line: &InlineCorridor| {
            line.half_width_dm.map_or(settings.corridor_deviation.half_width_m, |w| f64::from(w) / 10.0)
        };
        let detours = detours
            .iter()
            .filter(|(line, _, _)| line.line.len() >= 2)
            .map(|(line, from, until)| Detour {
                route: Arc::new(Route::new(std::slice::from_ref(&line.line))),
                half_width_m: width(line),
                from: *from,
                until: *until,
            })
            .collect();
        let offices = declaration.offices.as_ref();
        Course {
            rules: Arc::clone(rules),
            corridor,
            detours,
            mount,
            sigma_factor: settings.mount[mount as usize].sigma_factor,
            risk: declaration.risk.unwrap_or(0),
            interval: declaration.interval_ms,
            origin: yards(rules, offices.and_then(|o| o.departure.as_deref())),
            destination: yards(rules, offices.and_then(|o| o.destination.as_deref())),
            offices: declaration.offices.clone(),
        }
    }

    /// The corridor's line.
    pub fn route(&self) -> Option<&Route> {
        self.corridor.as_ref().map(|c| match &c.line {
            Line::Book(index) => &self.rules.book.corridors[*index as usize].route,
            Line::Own(route) => route.as_ref(),
        })
    }

    /// Whether stopping in this zone is allowed on this journey, and for how long.
    pub fn allowance(&self, zone: u32) -> Option<Millis> {
        let z = &self.rules.book.zones[zone as usize];
        let overstay = &self.rules.settings().overstay;
        let place = matches!(z.class, ZoneClass::PermittedStop | ZoneClass::Lodging | ZoneClass::Warehouse)
            || self.corridor.as_ref().is_some_and(|c| c.places.binary_search(&zone).is_ok());
        let default =
            if z.class == ZoneClass::Lodging { overstay.lodging_allowance_min } else { overstay.default_allowance_min };
        place.then(|| z.allowance_min.unwrap_or(default) * MINUTE)
    }

    /// Whether a zone counts as distance 0 from the corridor: places, gates, yards and queues.
    pub fn counts_as_route(&self, zone: u32) -> bool {
        let place =
            matches!(self.rules.class(zone), ZoneClass::PermittedStop | ZoneClass::Lodging | ZoneClass::Warehouse);
        place || self.is_yard(zone) || self.corridor.as_ref().is_some_and(|c| c.places.binary_search(&zone).is_ok())
    }

    /// Whether a zone is a yard of the customs, a gate or a queue: one stands and crawls there as long as it takes.
    pub fn is_yard(&self, zone: u32) -> bool {
        matches!(self.rules.class(zone), ZoneClass::BorderGate | ZoneClass::CustomsArea | ZoneClass::Queue)
    }

    /// Whether a zone belongs to one of the journey's offices.
    pub fn is_own_office(&self, zone: u32) -> bool {
        let office = self.rules.book.zones[zone as usize].office.as_deref();
        let Some((office, own)) = office.zip(self.offices.as_ref()) else { return false };
        own.departure.as_deref() == Some(office)
            || own.destination.as_deref() == Some(office)
            || own.on_route.iter().any(|o| o == office)
    }

    /// The silence limit for an interval (DETECTION, 5.11).
    pub fn silence_limit(&self, interval: Millis) -> Millis {
        let s = &self.rules.settings().silence;
        (s.floor_s * SECOND).max(s.intervals * interval + s.extra_s * SECOND)
    }
}

fn compile_corridor(rules: &Arc<Rules>, choice: &CorridorChoice) -> Option<PlanCorridor> {
    let settings = &rules.settings().corridor_deviation;
    let hysteresis = |width: f64| settings.hysteresis_m.min(settings.hysteresis_share * width);
    match choice {
        CorridorChoice::Id(id) => {
            let index = rules.book.corridor(id)?;
            let corridor = &rules.book.corridors[index as usize];
            let mut places = corridor.places.clone();
            places.sort_unstable();
            Some(PlanCorridor {
                id: Id::new(id),
                subject: format!("corridor:{id}"),
                half_width_m: corridor.half_width_m,
                hysteresis_m: hysteresis(corridor.half_width_m),
                time_limit: corridor.time_limit_h.map(|h| libm::round(h * HOUR as f64) as Millis),
                places,
                one_way: corridor.one_way,
                wayside: Arc::clone(rules.wayside(index)),
                line: Line::Book(index),
            })
        }
        CorridorChoice::Inline(line) if line.line.len() >= 2 => {
            let width = line.half_width_dm.map_or(settings.half_width_m, |w| f64::from(w) / 10.0);
            let route = Arc::new(Route::new(std::slice::from_ref(&line.line)));
            Some(PlanCorridor {
                id: Id::new_static("inline"),
                subject: "corridor:inline".to_owned(),
                half_width_m: width,
                hysteresis_m: hysteresis(width),
                time_limit: None,
                places: Vec::new(),
                one_way: false,
                wayside: Arc::new(Wayside::look(&rules.book, &route, &[])),
                line: Line::Own(route),
            })
        }
        CorridorChoice::Inline(_) => None,
    }
}

fn yards(rules: &Rules, office: Option<&str>) -> Vec<u32> {
    let Some(office) = office else { return Vec::new() };
    let yard = |class| matches!(class, ZoneClass::CustomsArea | ZoneClass::Warehouse);
    (0..rules.book.zones.len() as u32)
        .filter(|z| {
            let zone = &rules.book.zones[*z as usize];
            yard(zone.class) && zone.office.as_deref() == Some(office)
        })
        .collect()
}
