//! Where along each corridor there is something: places to rest in, marked zones to drive through.

use super::way::beside;
use super::world::{World, WorldCorridor, ZoneUse};
use crate::domain::position::Position;

/// A zone beside a corridor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    /// Middle of its box.
    pub(super) centre: Position,
    /// Half the shorter side of its box, metres.
    pub(super) radius_m: f64,
    /// Nearest chainage.
    pub(super) chainage_m: f64,
    /// From the line to the middle, metres.
    pub(super) distance_m: f64,
}

/// The sites of one corridor, by chainage.
#[derive(Clone, Debug, Default)]
pub(super) struct CorridorSites {
    /// Chainages where the lane leads through a place where standing is allowed.
    pub(super) places_m: Vec<f64>,
    /// Forbidden, risk and watch zones.
    pub(super) marked: Vec<Site>,
    /// Checkpoints.
    pub(super) checks: Vec<Site>,
}

/// The sites of every corridor.
#[derive(Clone, Debug)]
pub(super) struct Sites {
    corridors: Vec<CorridorSites>,
}

impl Sites {
    /// Looks along every corridor.
    pub(super) fn new(world: &World) -> Sites {
        Sites { corridors: world.corridors.iter().map(|corridor| look(world, corridor)).collect() }
    }

    /// Those of one corridor.
    pub(super) fn of(&self, corridor: usize) -> &CorridorSites {
        &self.corridors[corridor]
    }
}

fn look(world: &World, corridor: &WorldCorridor) -> CorridorSites {
    let mut sites = CorridorSites::default();
    for (i, zone) in world.zones.iter().enumerate() {
        let place = zone.class == ZoneUse::Place || corridor.places.contains(&i);
        let marked = matches!(zone.class, ZoneUse::Forbidden | ZoneUse::Risk | ZoneUse::Watch);
        let check = corridor.checkpoints.contains(&i);
        if !place && !marked && !check {
            continue;
        }
        let (low, high) = zone.area.bounds();
        let centre = Position {
            lat_e6: low.lat_e6 + (high.lat_e6 - low.lat_e6) / 2,
            lon_e6: low.lon_e6 + (high.lon_e6 - low.lon_e6) / 2,
        };
        let (east, north) = low.vector_m(high);
        let foot = corridor.route.nearest(centre, None);
        if place {
            if zone.area.contains(beside(corridor, foot.chainage_m, 4.0, 100.0)) {
                sites.places_m.push(foot.chainage_m);
            }
            continue;
        }
        let radius_m = east.abs().min(north.abs()) / 2.0;
        let site = Site { centre, radius_m, chainage_m: foot.chainage_m, distance_m: foot.distance_m };
        if check { sites.checks.push(site) } else { sites.marked.push(site) }
    }
    sites.places_m.sort_by(f64::total_cmp);
    for list in [&mut sites.marked, &mut sites.checks] {
        list.sort_by(|a, b| a.chainage_m.total_cmp(&b.chainage_m));
    }
    sites
}
