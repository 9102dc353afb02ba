//! What a vehicle will do in a day, drawn before it drives: its stretch of corridor and what is planted where.
//!
//! Plants lie along the corridor, far enough apart that more than 20 minutes pass between two. Whether one becomes a
//! violation, and which, is not said here: the labels measure that on the way that was driven.

use super::chance::Chance;
use super::plan::{Plan, PlantKind};
use super::sites::Sites;
use super::way::{Detour, Shape, beside};
use super::world::{World, WorldCorridor};

/// Metres between the end of a plant and the next: 20 minutes at the speed of an open road.
const APART_M: f64 = 30_000.0;

/// Speed up and down a stretch, by which its length is reckoned, metres per second.
const WANDER_MPS: f64 = 13.0;

/// Something that begins when the vehicle passes a chainage and lasts a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spell {
    /// Where it begins.
    pub(super) chainage_m: f64,
    /// How long it lasts, seconds.
    pub(super) lasts_s: i64,
    /// What happens.
    pub(super) what: SpellKind,
}

/// What happens for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum SpellKind {
    /// The unit is dead: nothing is measured.
    Dead,
    /// Contact is lost: fixes are stored, and sent later.
    OutOfContact,
    /// In turn with the true one, a place that lies here from where it began.
    Alternating {
        /// To the east, metres.
        east_m: f64,
        /// To the north, metres.
        north_m: f64,
    },
    /// Positions repeat the one before.
    Frozen,
    /// The jamming flag flickers, and some fixes are invalid.
    Flickering,
    /// No satellite is seen: fixes come, and none is valid.
    Blind,
    /// The unit is jammed: its fixes say so.
    Jammed,
    /// Reported positions are shifted by so much.
    Shifted {
        /// To the east, metres.
        east_m: f64,
        /// To the north, metres.
        north_m: f64,
    },
}

/// A halt that is planted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum HaltAt {
    /// On the corridor.
    Chainage(f64),
    /// At the farthest point of the detour of this index.
    Apex(usize),
}

/// The day.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Agenda {
    /// Chainage where it begins.
    pub(super) from_m: f64,
    /// Chainage where it ends at the latest.
    pub(super) to_m: f64,
    /// Detours in order.
    pub(super) detours: Vec<Detour>,
    /// Halts with their length in seconds.
    pub(super) halts: Vec<(HaltAt, i64)>,
    /// Spells in order.
    pub(super) spells: Vec<Spell>,
    /// How long the first break lasts instead, seconds.
    pub(super) overstay_s: Option<i64>,
    /// Detours at whose farthest point a door is opened while the vehicle stands.
    pub(super) opened: Vec<usize>,
    /// Percent in the battery at the start, and how many it loses an hour.
    pub(super) battery: Option<(f64, f64)>,
    /// Seconds after the start at which somebody tampers with the unit.
    pub(super) tampered: Vec<usize>,
    /// Seconds after the start at which the time allowed ends.
    pub(super) allowed_s: Option<i64>,
}

impl Agenda {
    /// Nothing is planted.
    pub(super) fn is_clean(&self) -> bool {
        let none = Agenda { from_m: self.from_m, to_m: self.to_m, ..Agenda::default() };
        *self == none
    }

    /// Draws a day on a corridor.
    pub(super) fn draw(world: &World, corridor: usize, sites: &Sites, plan: &Plan, chance: &mut Chance) -> Agenda {
        let road = &world.corridors[corridor];
        let length = road.route.length_m();
        let reach = plan.driving_h * 3600.0 * 22.0;
        let from_m = if chance.happens(0.5) { 0.0 } else { chance.between(0.0, (length - 300_000.0).max(0.0)) };
        let mut day = Agenda { from_m, to_m: length.min(from_m + reach), ..Agenda::default() };
        if plan.plants.is_empty() || chance.happens(plan.clean_share) {
            return day;
        }
        let end = day.to_m.min(from_m + reach * 0.72) - 10_000.0;
        let mut at = from_m + 12_000.0 + chance.exponential(10_000.0);
        for _ in 0..1 + chance.below(5) {
            let Some(kind) = chance.pick(&plan.plants).copied() else { break };
            match day.plant(kind, (world, road, sites.of(corridor)), at, end, chance) {
                Some(over) => at = over + APART_M + chance.exponential(15_000.0),
                None => at += 5_000.0,
            }
            if at > end {
                break;
            }
        }
        day
    }

    /// Plants one thing at or after chainage `at`; the chainage where it is over.
    fn plant(
        &mut self,
        kind: PlantKind,
        (world, road, sites): (&World, &WorldCorridor, &super::sites::CorridorSites),
        at: f64,
        end: f64,
        chance: &mut Chance,
    ) -> Option<f64> {
        match kind {
            PlantKind::Corridor => {
                let offset_m = far_offset(road, chance);
                if chance.happens(0.5) {
                    let ramp_m = 1.2 * offset_m.abs();
                    let over = at + 2.0 * ramp_m + 400.0 + chance.exponential(3_000.0);
                    self.detour(at, over, Shape::Parallel { offset_m, ramp_m }, end)
                } else {
                    let over = self.detour(at, at, Shape::Back { offset_m }, end)?;
                    if let Some(stop @ 1..) = chance.pick(&[20, 20, 720, 1500]).copied() {
                        self.halts.push((HaltAt::Apex(self.detours.len() - 1), stop));
                    }
                    Some(over)
                }
            }
            PlantKind::Stop => {
                let stop = chance.pick(&[240, 420, 780, 1200, 2700, 7200]).copied()?;
                if chance.happens(0.3) {
                    let offset_m = far_offset(road, chance).clamp(-4_000.0, 4_000.0);
                    self.detour(at, at, Shape::Back { offset_m }, end)?;
                    self.halts.push((HaltAt::Apex(self.detours.len() - 1), stop));
                    return Some(at);
                }
                let free = (0..8)
                    .map(|i| at + 700.0 * f64::from(i))
                    .find(|chainage| world.allowance_s(road, beside(road, *chainage, 4.0, 100.0)).is_none())?;
                self.halts.push((HaltAt::Chainage(free), stop));
                Some(free)
            }
            PlantKind::Zone => {
                let near = sites.marked.iter().filter(|site| site.distance_m < 15_000.0);
                let ahead = |m: f64| at + m < end;
                let site = near
                    .filter(|site| site.chainage_m > at + 1.2 * site.distance_m + 1_000.0)
                    .find(|site| site.chainage_m < at + 150_000.0 && ahead(site.chainage_m - at))?;
                let (east, north) = chance.direction();
                let aside = site.radius_m * chance.between(0.0, 0.7);
                let point = site.centre.offset_m(east * aside, north * aside);
                let ramp = (1.2 * site.distance_m).max(800.0);
                self.detour(site.chainage_m - ramp, site.chainage_m + ramp, Shape::Through { point }, end)
            }
            PlantKind::Silence => {
                let lasts_s = chance.pick(&[360, 420, 600, 600, 1200, 1200, 2700, 2700, 5400, 10_800]).copied()?;
                let what = if chance.happens(0.5) { SpellKind::Dead } else { SpellKind::OutOfContact };
                self.spell(at, lasts_s, what)
            }
            PlantKind::Jump => {
                let far = 1000.0 * chance.pick(&[0.6, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0]).copied()?;
                let (east, north) = chance.direction();
                let lasts_s = chance.between(300.0, 2400.0) as i64;
                self.spell(at, lasts_s, SpellKind::Shifted { east_m: east * far, north_m: north * far })
            }
            PlantKind::Dual => {
                let far = 1000.0 * chance.pick(&[4.5, 8.0, 20.0, 60.0]).copied()?;
                let (east, north) = chance.direction();
                let lasts_s = chance.between(900.0, 2400.0) as i64;
                self.spell(at, lasts_s, SpellKind::Alternating { east_m: east * far, north_m: north * far })
            }
            PlantKind::Frozen => {
                let lasts_s = chance.pick(&[120, 300, 600, 1200, 2400]).copied()?;
                self.spell(at, lasts_s, SpellKind::Frozen)
            }
            PlantKind::Jamming => {
                let lasts_s = chance.pick(&[60, 180, 600, 1500]).copied()?;
                self.spell(at, lasts_s, SpellKind::Flickering)
            }
            PlantKind::Lost => {
                let lasts_s = chance.pick(&[300, 600, 1_200, 2_700]).copied()?;
                self.spell(at, lasts_s, SpellKind::Blind)
            }
            PlantKind::Hidden => {
                let stop = chance.pick(&[3_600, 4_500, 6_000]).copied()?;
                self.halts.push((HaltAt::Chainage(at + 3_000.0), stop));
                self.spell(at, stop + 900, SpellKind::Dead).map(|_| at + 25_000.0)
            }
            PlantKind::Battery => {
                self.battery = Some((chance.between(45.0, 70.0), chance.between(8.0, 12.0)));
                None
            }
            PlantKind::Unloading => {
                let stop = chance.pick(&[900, 1_500, 2_700]).copied()?;
                let offset_m = far_offset(road, chance).clamp(-4_000.0, 4_000.0);
                self.detour(at, at, Shape::Back { offset_m }, end)?;
                self.halts.push((HaltAt::Apex(self.detours.len() - 1), stop));
                if chance.happens(0.7) {
                    self.opened.push(self.detours.len() - 1);
                }
                Some(at)
            }
            PlantKind::NearMiss => {
                let side = if chance.happens(0.5) { 1.0 } else { -1.0 };
                let offset_m = side * chance.between(0.5, 0.88) * road.half_width_m;
                let ramp_m = 1.2 * offset_m.abs();
                let over = at + 2.0 * ramp_m + 400.0 + chance.exponential(3_000.0);
                self.detour(at, over, Shape::Parallel { offset_m, ramp_m }, end)
            }
            PlantKind::Reverse => {
                let back_m = chance.between(1_000.0, 10_000.0);
                if at - back_m < self.from_m {
                    return None;
                }
                self.detour(at, at, Shape::Reverse { back_m, times: 1 }, end)
            }
            PlantKind::Wander => {
                let back_m = chance.between(900.0, 1_700.0);
                let minutes = chance.between(62.0, 90.0);
                let times = (minutes * 60.0 * WANDER_MPS / (2.0 * back_m)).ceil() as usize;
                self.detour(at, at, Shape::Reverse { back_m, times }, end)
            }
            PlantKind::Checkpoint => {
                let ahead = |m: f64| m > at + 8_000.0 && m < at + 150_000.0;
                let site = sites.checks.iter().find(|site| ahead(site.chainage_m))?;
                let side = if chance.happens(0.5) { 1.0 } else { -1.0 };
                let offset_m = side * (site.distance_m + site.radius_m + chance.between(60.0, 900.0));
                let ramp_m = 1.2 * offset_m.abs();
                let half = site.radius_m + ramp_m + 100.0;
                self.detour(site.chainage_m - half, site.chainage_m + half, Shape::Parallel { offset_m, ramp_m }, end)
            }
            PlantKind::Border => {
                let ahead = |m: f64| m > at && m < at + 150_000.0;
                let (chainage, aside_m) = sites.borders.iter().copied().find(|border| ahead(border.0))?;
                let offset_m = aside_m + aside_m.signum() * chance.between(0.0, 3_000.0);
                self.detour(chainage, chainage, Shape::Back { offset_m }, end)
            }
            PlantKind::Tamper => {
                self.tampered.push(chance.between(1_800.0, 14_400.0) as usize);
                None
            }
            PlantKind::Overdue => {
                self.allowed_s = Some(chance.between(3_600.0, 16_200.0) as i64);
                None
            }
            PlantKind::Overstay => {
                self.overstay_s = chance.pick(&[4500, 5400, 7200]).copied();
                None
            }
        }
    }

    fn detour(&mut self, from_m: f64, to_m: f64, shape: Shape, end: f64) -> Option<f64> {
        if to_m >= end {
            return None;
        }
        self.detours.push(Detour { from_m, to_m, shape });
        Some(to_m)
    }

    fn spell(&mut self, chainage_m: f64, lasts_s: i64, what: SpellKind) -> Option<f64> {
        self.spells.push(Spell { chainage_m, lasts_s, what });
        Some(chainage_m + 22.0 * lasts_s as f64)
    }
}

/// An offset to either side that is beyond the half width.
fn far_offset(road: &WorldCorridor, chance: &mut Chance) -> f64 {
    let wanted = chance.pick(&[700.0, 1_500.0, 4_000.0, 12_000.0]).copied().unwrap_or(700.0);
    let far = if wanted < 1.3 * road.half_width_m { 1.4 * road.half_width_m } else { wanted };
    if chance.happens(0.5) { far } else { -far }
}
