//! What several vehicles are made to do together, or to suffer together (DETECTION, section 6.2): meetings and near
//! misses, crowds, outages and jamming of a region.
//!
//! A group sets out together on one corridor and drives the same stretch. Whether its halts meet, and whether its units
//! are silent in one region, is not said here: `shared` measures that on what was driven.

use std::collections::BTreeMap;

use super::agenda::{Agenda, HaltAt, Spell, SpellKind};
use super::chance::Chance;
use super::plan::Plan;
use super::way::beside;
use super::world::World;
use crate::domain::time::{DAY, Millis, SECOND};

/// What a group can be made to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// Two halt beside each other; three in ten of them 150 m apart, which is no meeting.
    Meeting,
    /// Six halt beside each other.
    Crowd,
    /// Eight lose contact at the same time.
    Outage,
    /// Eight are jammed at the same time.
    Jamming,
}

impl GroupKind {
    /// Every kind.
    pub const ALL: [GroupKind; 4] = [GroupKind::Meeting, GroupKind::Crowd, GroupKind::Outage, GroupKind::Jamming];

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            GroupKind::Meeting => "meeting",
            GroupKind::Crowd => "crowd",
            GroupKind::Outage => "outage",
            GroupKind::Jamming => "jamming",
        }
    }

    /// `none`, `all` or a list separated by commas.
    ///
    /// # Errors
    /// The first name that is unknown.
    pub fn parse(text: &str) -> Result<Vec<GroupKind>, String> {
        match text {
            "none" => Ok(Vec::new()),
            "all" => Ok(GroupKind::ALL.to_vec()),
            list => list
                .split(',')
                .map(|name| GroupKind::ALL.into_iter().find(|k| k.name() == name).ok_or_else(|| name.to_owned()))
                .collect(),
        }
    }

    fn members(self) -> u32 {
        match self {
            GroupKind::Meeting => 2,
            GroupKind::Crowd => 6,
            GroupKind::Outage | GroupKind::Jamming => 8,
        }
    }
}

/// The part of one vehicle in its group on one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    /// Activation.
    pub(super) start: Millis,
    /// Corridor, an index into the world's.
    pub(super) corridor: usize,
    /// Chainage where its day begins.
    from_m: f64,
    /// Where it halts, and for how long, seconds.
    halt: Option<(f64, i64)>,
    /// What happens to it: from when, for how long (seconds).
    event: Option<(Millis, i64, SpellKind)>,
}

impl Part {
    /// Its day: this and nothing else.
    pub(super) fn agenda(&self, world: &World, plan: &Plan) -> Agenda {
        let length = world.corridors[self.corridor].route.length_m();
        let reach = plan.driving_h * 3600.0 * 22.0;
        Agenda {
            from_m: self.from_m,
            to_m: length.min(self.from_m + reach),
            halts: self.halt.iter().map(|(at, lasts_s)| (HaltAt::Chainage(*at), *lasts_s)).collect(),
            ..Agenda::default()
        }
    }

    /// What happens to it, and in which second of its day that begins.
    pub(super) fn spell(&self, seconds: usize) -> Option<(usize, Spell)> {
        let (from, lasts_s, what) = self.event?;
        let second = usize::try_from((from - self.start) / SECOND).ok()?;
        (second < seconds).then_some((second, Spell { chainage_m: 0.0, lasts_s, what }))
    }
}

/// The parts of all vehicles, by (vehicle, day).
#[derive(Clone, Debug, Default)]
pub(super) struct Groups(BTreeMap<(u32, u32), Part>);

impl Groups {
    /// Draws the groups of every day: between two groups one vehicle on average is left to itself.
    pub(super) fn draw(world: &World, plan: &Plan) -> Groups {
        let mut groups = Groups::default();
        if plan.together.is_empty() || world.corridors.is_empty() {
            return groups;
        }
        for day in 0..plan.days {
            // No vehicle has this number.
            let mut chance = Chance::new(plan.seed, u64::from(u32::MAX) << 32 | u64::from(day));
            let mut vehicle = 0;
            while vehicle < plan.vehicles {
                let kind = chance.pick(&plan.together).copied().unwrap_or(GroupKind::Meeting);
                if chance.happens(0.5) && vehicle + kind.members() <= plan.vehicles {
                    groups.add(kind, vehicle, day, (world, plan), &mut chance);
                    vehicle += kind.members();
                } else {
                    vehicle += 1;
                }
            }
        }
        groups
    }

    /// The part of a vehicle on a day.
    pub(super) fn of(&self, vehicle: u32, day: u32) -> Option<&Part> {
        self.0.get(&(vehicle, day))
    }

    fn add(&mut self, kind: GroupKind, first: u32, day: u32, (world, plan): (&World, &Plan), chance: &mut Chance) {
        let corridor = chance.below(world.corridors.len());
        let road = &world.corridors[corridor];
        let room = (road.route.length_m() - 150_000.0).max(1.0);
        let begin = chance.between(0.0, room);
        let wanted = begin + chance.between(25_000.0, 60_000.0);
        // Not where one may stand: there nobody meets.
        let free = |at: f64| {
            (0..6).all(|i| world.allowance_s(road, beside(road, at + 25.0 * f64::from(i), 4.0, 100.0)).is_none())
        };
        let place = (0..40).map(|i| wanted + 700.0 * f64::from(i)).find(|at| free(*at)).unwrap_or(wanted);
        let start = plan.start + Millis::from(day) * DAY + chance.between(0.0, 8.0 * 3600.0) as Millis * SECOND;
        let apart_m = match kind {
            GroupKind::Meeting if chance.happens(0.3) => 150.0,
            GroupKind::Meeting => chance.between(8.0, 30.0),
            _ => 20.0,
        };
        let event_from = start + chance.between(1500.0, 3600.0) as Millis * SECOND;
        let event_s = chance.between(1200.0, 3600.0) as i64;
        for i in 0..kind.members() {
            let halts = matches!(kind, GroupKind::Meeting | GroupKind::Crowd);
            let lasts_s = chance.pick(&[900, 1500, 2400, 2700]).copied().unwrap_or(1500);
            let what = match kind {
                GroupKind::Outage if chance.happens(0.3) => SpellKind::Dead,
                GroupKind::Outage => SpellKind::OutOfContact,
                _ => SpellKind::Jammed,
            };
            let part = Part {
                start: start + chance.between(0.0, 90.0) as Millis * SECOND,
                corridor,
                from_m: begin + chance.between(0.0, if halts { 3_000.0 } else { 8_000.0 }),
                halt: halts.then_some((place + apart_m * f64::from(i), lasts_s)),
                event: (!halts).then_some((event_from, event_s, what)),
            };
            self.0.insert((first + i, day), part);
        }
    }
}
