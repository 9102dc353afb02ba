//! What a simulated vehicle drives on, and the definitions a violation is measured by: the rulebook, reduced to geometry.

use super::plan::PlantKind;
use super::shared::Together;
use super::sites::Sites;
use crate::domain::geometry::{Area, Route};
use crate::domain::position::Position;
use crate::domain::rulebook::{Corridor, Rulebook, Zone};

/// Corridors, zones and the numbers by which truth is labelled.
#[derive(Clone, Debug)]
pub struct World {
    /// Corridors to drive on; at least one.
    pub corridors: Vec<WorldCorridor>,
    /// Zones.
    pub zones: Vec<WorldZone>,
    /// Thresholds of the definitions.
    pub limits: Limits,
}

/// A corridor.
#[derive(Clone, Debug)]
pub struct WorldCorridor {
    /// Id in the rulebook.
    pub id: String,
    /// Its line and branches; vehicles drive along the first line.
    pub route: Route,
    /// Half width, metres.
    pub half_width_m: f64,
    /// Indices into [`World::zones`] where stopping is allowed on it.
    pub places: Vec<usize>,
    /// Indices into [`World::zones`] of its checkpoints.
    pub checkpoints: Vec<usize>,
    /// Office of departure.
    pub from: Option<String>,
    /// Office of destination.
    pub to: Option<String>,
}

/// A zone.
#[derive(Clone, Debug)]
pub struct WorldZone {
    /// Id in the rulebook.
    pub id: String,
    /// What it is for.
    pub class: ZoneUse,
    /// Where.
    pub area: Area,
    /// How long one may stand in it, seconds, where standing is allowed for a time.
    pub allowance_s: Option<i64>,
    /// Its customs office.
    pub office: Option<String>,
    /// Goods may be unloaded into it.
    pub warehouse: bool,
}

/// What a zone means to the truth (the effects of FORMATS, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneUse {
    /// The customs territory.
    Territory,
    /// `forbidden`
    Forbidden,
    /// `risk`
    Risk,
    /// `watch`
    Watch,
    /// `border_gate`
    BorderGate,
    /// `customs_area`, `queue`: a stop is judged by dwell only.
    Dwell,
    /// `permitted_stop`, `lodging`, `warehouse`: standing is allowed for a time, for every journey.
    Place,
    /// `dead_zone`
    DeadZone,
    /// `office_area`
    OfficeArea,
    /// Anything else.
    Other,
}

impl ZoneUse {
    /// The use of a class of the rulebook.
    pub fn from_class(class: &str) -> ZoneUse {
        match class {
            "territory" => ZoneUse::Territory,
            "forbidden" => ZoneUse::Forbidden,
            "risk" => ZoneUse::Risk,
            "watch" => ZoneUse::Watch,
            "border_gate" => ZoneUse::BorderGate,
            "customs_area" | "queue" => ZoneUse::Dwell,
            "permitted_stop" | "lodging" | "warehouse" => ZoneUse::Place,
            "dead_zone" => ZoneUse::DeadZone,
            "office_area" => ZoneUse::OfficeArea,
            _ => ZoneUse::Other,
        }
    }

    /// Whether entering it is a finding.
    pub fn entry_counts(self) -> bool {
        matches!(self, ZoneUse::Forbidden | ZoneUse::Risk | ZoneUse::Watch | ZoneUse::BorderGate)
    }
}

/// Thresholds of the definitions, from the rulebook's settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// A stop in a forbidden or risk zone, seconds.
    pub stop_marked_s: i64,
    /// A stop off the corridor, seconds.
    pub stop_off_s: i64,
    /// A stop on the corridor, seconds.
    pub stop_on_s: i64,
    /// Standing in a place, where it says nothing itself, seconds.
    pub allowance_s: i64,
    /// A stop stays within this radius, metres.
    pub stop_radius_m: f64,
    /// Stops this close together in time are one, seconds.
    pub merge_s: i64,
    /// And this close together in space, metres.
    pub merge_m: f64,
    /// `[zone] infer_gap_max_s`: between fixes that lie farther apart nothing is inferred.
    pub infer_gap_s: i64,
    /// Outside the territory by more than this, metres.
    pub territory_m: f64,
    /// Silence: at least this long, seconds.
    pub silence_floor_s: i64,
    /// Silence: this many intervals and a minute.
    pub silence_intervals: i64,
    /// Silence: what is added to the intervals, seconds.
    pub silence_extra_s: i64,
    /// Without a position for so long contact is not enough: at least this, seconds,
    pub lost_floor_s: i64,
    /// and so many intervals.
    pub lost_intervals: i64,
    /// Nothing drives faster, metres per second.
    pub v_max_mps: f64,
    /// So far back along the corridor is the wrong direction, metres.
    pub back_m: f64,
    /// Less progress than this in the window of `slow_window_s` is slow, metres.
    pub slow_m: f64,
    /// So much progress in the window ends it, metres.
    pub slow_clear_m: f64,
    /// See `slow_m`; seconds of driving.
    pub slow_window_s: i64,
    /// So far behind a checkpoint it is missed, metres.
    pub check_past_m: f64,
    /// So far before the area of the next office the handover is due, metres.
    pub handover_m: f64,
    /// Speed by which a way is planned, metres per second.
    pub plan_speed_mps: f64,
    /// So much time to spare in a hole is unverified, seconds.
    pub slack_s: i64,
    /// A frozen receiver repeats itself so often,
    pub frozen_fixes: usize,
    /// for so long, seconds,
    pub frozen_s: usize,
    /// while it reports more than this, metres per second.
    pub frozen_mps: f64,
    /// The jamming flag stands for so long, seconds,
    pub jam_s: i64,
    /// within so many.
    pub jam_window_s: i64,
    /// Two tracks change so often,
    pub alternations: usize,
    /// within so many seconds.
    pub alternate_s: usize,
    /// Below this the battery is low, percent.
    pub low_percent: u8,
    /// Points that make a suspicion of unloading.
    pub suspicion: i64,
    /// Local time less UTC at the start, hours.
    pub local_h: i64,
    /// What concerns several vehicles.
    pub together: Together,
}

impl Default for Limits {
    /// The defaults of the example rulebook (FORMATS, section 2).
    fn default() -> Limits {
        Limits {
            stop_marked_s: 180,
            stop_off_s: 300,
            stop_on_s: 900,
            allowance_s: 3600,
            stop_radius_m: 50.0,
            merge_s: 300,
            merge_m: 80.0,
            infer_gap_s: 600,
            territory_m: 100.0,
            silence_floor_s: 300,
            silence_intervals: 2,
            silence_extra_s: 60,
            lost_floor_s: 180,
            lost_intervals: 3,
            v_max_mps: 42.0,
            back_m: 2000.0,
            slow_m: 2000.0,
            slow_clear_m: 3000.0,
            slow_window_s: 3600,
            check_past_m: 500.0,
            handover_m: 5000.0,
            plan_speed_mps: 16.7,
            slack_s: 2700,
            frozen_fixes: 5,
            frozen_s: 120,
            frozen_mps: 2.0,
            jam_s: 30,
            jam_window_s: 60,
            alternations: 5,
            alternate_s: 600,
            low_percent: 15,
            suspicion: 5,
            local_h: 3,
            together: Together::default(),
        }
    }
}

impl Limits {
    /// How long a unit that reports every `interval_s` may be silent, seconds.
    pub fn silence_s(&self, interval_s: i64) -> i64 {
        self.silence_floor_s.max(self.silence_intervals * interval_s + self.silence_extra_s)
    }

    /// How long it may go without a position while it is heard, seconds.
    pub fn lost_s(&self, interval_s: i64) -> i64 {
        self.lost_floor_s.max(self.lost_intervals * interval_s)
    }
}

impl World {
    /// Whether a zone that tells how long one may stand ends within `metres` of `point`.
    pub(super) fn is_at_edge(&self, corridor: &WorldCorridor, point: Position, metres: f64) -> bool {
        let counts = |i: usize, zone: &WorldZone| {
            let by_class = matches!(
                zone.class,
                ZoneUse::Forbidden | ZoneUse::Risk | ZoneUse::Dwell | ZoneUse::BorderGate | ZoneUse::Place
            );
            by_class || corridor.places.contains(&i)
        };
        let mut zones = self.zones.iter().enumerate().filter(|(i, zone)| counts(*i, zone));
        zones.any(|(_, zone)| {
            let near = far_from(zone.area.bounds(), point).is_none_or(|far| far <= metres);
            near && zone.area.signed_distance_m(point).abs() <= metres
        })
    }

    /// Whether standing at `point` is allowed for a time on `corridor`; the allowance in seconds.
    pub(super) fn allowance_s(&self, corridor: &WorldCorridor, point: Position) -> Option<i64> {
        self.zones
            .iter()
            .enumerate()
            .filter(|(i, zone)| zone.class == ZoneUse::Place || corridor.places.contains(i))
            .filter(|(_, zone)| zone.area.contains(point))
            .map(|(_, zone)| zone.allowance_s.unwrap_or(self.limits.allowance_s))
            .max()
    }

    /// Whether a violation of this sort can be planted: there is something along the corridors for it.
    pub fn offers(&self, kind: PlantKind) -> bool {
        let uses = |wanted: &[ZoneUse]| self.zones.iter().any(|zone| wanted.contains(&zone.class));
        match kind {
            PlantKind::Checkpoint => self.corridors.iter().any(|corridor| !corridor.checkpoints.is_empty()),
            PlantKind::Zone => uses(&[ZoneUse::Forbidden, ZoneUse::Risk, ZoneUse::Watch]),
            PlantKind::Border => Sites::new(self).any(|site| !site.borders.is_empty()),
            PlantKind::Overstay => Sites::new(self).any(|site| !site.places_m.is_empty()),
            _ => true,
        }
    }

    /// Whether `point` lies in a zone of one of these uses.
    pub(super) fn inside(&self, uses: &[ZoneUse], point: Position) -> bool {
        self.zones.iter().any(|zone| uses.contains(&zone.class) && zone.area.contains(point))
    }
}

/// A lower bound of the metres to a box, `None` where it is no use.
pub(super) fn far_from((low, high): (Position, Position), point: Position) -> Option<f64> {
    let beyond = |x: i32, from: i32, to: i32| (from - x).max(x - to).max(0);
    let lat = f64::from(beyond(point.lat_e6, low.lat_e6, high.lat_e6)) * 0.110;
    // Metres of a degree of longitude shrink with latitude; below 60 degrees they are more than half of the equator's.
    let lon = f64::from(beyond(point.lon_e6, low.lon_e6, high.lon_e6)) * 0.055;
    (lat.max(lon) > 0.0 && point.lat_e6.abs() < 59_000_000).then(|| lat.max(lon))
}

impl From<&Rulebook> for World {
    fn from(book: &Rulebook) -> World {
        let zone = |zone: &Zone| WorldZone {
            id: zone.id.clone(),
            class: ZoneUse::from_class(zone.class.name()),
            area: zone.area.clone(),
            allowance_s: zone.allowance_min.map(|min| min * 60),
            office: zone.office.clone(),
            warehouse: zone.class.name() == "warehouse",
        };
        let corridor = |corridor: &Corridor| WorldCorridor {
            id: corridor.id.clone(),
            route: corridor.route.clone(),
            half_width_m: corridor.half_width_m,
            places: corridor.places.iter().map(|i| *i as usize).collect(),
            checkpoints: corridor.checkpoints.iter().map(|i| *i as usize).collect(),
            from: corridor.from.clone(),
            to: corridor.to.clone(),
        };
        let settings = &book.settings;
        let limits = Limits {
            stop_marked_s: settings.unusual_stop.forbidden_or_risk_s,
            stop_off_s: settings.unusual_stop.off_corridor_s,
            stop_on_s: settings.unusual_stop.on_corridor_journal_s,
            allowance_s: settings.overstay.default_allowance_min * 60,
            stop_radius_m: settings.unusual_stop.radius_m,
            merge_s: settings.unusual_stop.merge_s,
            merge_m: settings.unusual_stop.merge_m,
            infer_gap_s: settings.zone.infer_gap_max_s,
            territory_m: settings.territory_exit.margin_m,
            silence_floor_s: settings.silence.floor_s,
            lost_floor_s: settings.gnss_lost.floor_s,
            lost_intervals: settings.gnss_lost.intervals,
            silence_intervals: settings.silence.intervals,
            silence_extra_s: settings.silence.extra_s,
            v_max_mps: settings.fix.v_max_mps,
            back_m: settings.wrong_direction.back_m,
            slow_m: settings.slow_progress.distance_m,
            slow_clear_m: settings.slow_progress.clear_m,
            slow_window_s: settings.slow_progress.window_s,
            check_past_m: settings.checkpoint_missed.past_m,
            handover_m: settings.handover_due.ahead_m,
            plan_speed_mps: settings.route_time.plan_speed_mps,
            slack_s: settings.unverified_interval.slack_s,
            frozen_fixes: settings.gnss_frozen.fixes.max(0) as usize,
            frozen_s: settings.gnss_frozen.duration_s.max(0) as usize,
            frozen_mps: settings.gnss_frozen.speed_mps,
            jam_s: settings.jamming.flag_s,
            jam_window_s: settings.jamming.flag_window_s,
            alternations: settings.dual_position.alternations.max(0) as usize,
            alternate_s: settings.dual_position.window_s.max(0) as usize,
            low_percent: settings.low_battery.low_percent.clamp(0, 100) as u8,
            suspicion: settings.unloading_suspicion.medium_score,
            local_h: Limits::default().local_h,
            together: Together {
                meeting_m: settings.rendezvous.distance_m,
                meeting_max_m: settings.rendezvous.max_distance_m,
                meeting_s: settings.rendezvous.overlap_s,
                crowd_units: settings.crowd.units.max(1) as usize,
                crowd_m: settings.crowd.radius_m,
                jammed_units: settings.jamming.regional_units.max(1) as usize,
                region_km: settings.regional_outage.cell_km,
                silent_within_s: settings.regional_outage.window_s,
            },
        };
        World {
            corridors: book.corridors.iter().map(corridor).collect(),
            zones: book.zones.iter().map(zone).collect(),
            limits,
        }
    }
}
