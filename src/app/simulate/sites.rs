//! Where along each corridor there is something: places to rest in, marked zones to drive through.

use super::way::beside;
use super::world::{World, WorldCorridor, ZoneUse};
use crate::domain::position::Position;

/// So often a border is looked for, metres.
const LOOK_M: f64 = 2_000.0;
/// Nobody drives farther aside to cross one, metres.
const BORDER_REACH_M: f64 = 12_000.0;
/// So far beyond the margin a vehicle is outside, whatever the noise, metres.
const OUTSIDE_M: f64 = 200.0;

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
    /// Chainages beside which the territory ends within reach, and the offset that leads out of it, metres.
    pub(super) borders: Vec<(f64, f64)>,
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

    /// Whether some corridor has it.
    pub(super) fn any(&self, has: impl Fn(&CorridorSites) -> bool) -> bool {
        self.corridors.iter().any(has)
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
    sites.borders = borders(world, corridor);
    sites.places_m.sort_by(f64::total_cmp);
    for list in [&mut sites.marked, &mut sites.checks] {
        list.sort_by(|a, b| a.chainage_m.total_cmp(&b.chainage_m));
    }
    sites
}

/// Where the territory ends beside a corridor, and on which side.
fn borders(world: &World, corridor: &WorldCorridor) -> Vec<(f64, f64)> {
    let Some(land) = world.zones.iter().find(|zone| zone.class == ZoneUse::Territory) else { return Vec::new() };
    let outside = |point: Position| land.area.signed_distance_m(point) < -(world.limits.territory_m + OUTSIDE_M);
    let steps = (corridor.route.length_m() / LOOK_M) as usize;
    let mut out = Vec::new();
    for chainage in (1..steps).map(|i| i as f64 * LOOK_M) {
        let here = corridor.route.at(chainage);
        let inside_m = land.area.signed_distance_m(here);
        if !(0.0..BORDER_REACH_M).contains(&inside_m) {
            continue;
        }
        let wanted = inside_m + world.limits.territory_m + OUTSIDE_M;
        let sides = [wanted, -wanted, 1.4 * wanted, -1.4 * wanted].into_iter();
        out.extend(
            sides.map(|aside| (chainage, aside)).find(|(m, aside)| outside(beside(corridor, *m, *aside, LOOK_M))),
        );
    }
    out
}
