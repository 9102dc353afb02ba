//! One vehicle on one day: drawn, driven, measured, sent, labelled.

use super::agenda::{Agenda, Spell, SpellKind};
use super::chance::Chance;
use super::delivery::{self, Sent};
use super::drive::{self, drive};
use super::labels;
use super::noise::Receiver;
use super::plan::{Delivery, Environment, Plan};
use super::senses;
use super::shared::Shared;
use super::sites::Sites;
use super::strata::Seen;
use super::together::{Groups, Part};
use super::truth::{Plant, TruthJourney};
use super::way::Way;
use super::world::{World, WorldCorridor};
use crate::domain::record::{
    Action, Body, Command, Consignment, CorridorChoice, Declaration, Mount, Offices, Record, Source, Vehicle,
};
use crate::domain::time::{DAY, HOUR, Millis, SECOND};

/// Which day of which vehicle, and when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    /// Activation.
    pub(super) start: Millis,
    /// Vehicle, from 0.
    pub(super) vehicle: u32,
    /// Day, from 0.
    pub(super) day: u32,
}

impl Slot {
    /// When the vehicle starts on that day: in its first 8 hours, or with its group.
    pub(super) fn new(plan: &Plan, vehicle: u32, day: u32, groups: &Groups) -> Slot {
        if let Some(part) = groups.of(vehicle, day) {
            return Slot { start: part.start, vehicle, day };
        }
        let mut chance = Chance::new(plan.seed, stream(vehicle, day, 0));
        let offset = chance.between(0.0, 8.0 * 3600.0) as Millis * SECOND;
        Slot { start: plan.start + Millis::from(day) * DAY + offset, vehicle, day }
    }
}

/// Everything a vehicle-day leaves behind. Records come out in order of time.
pub(super) struct Outcome {
    commands: Vec<Command>,
    sent: Vec<Sent>,
    unit: String,
    next_command: usize,
    next_fix: usize,
    /// Its journey.
    pub(super) journey: TruthJourney,
    /// Its violations.
    pub(super) plants: Vec<Plant>,
    /// What others may have shared.
    pub(super) shared: Shared,
}

impl Outcome {
    /// When the next record is due.
    pub(super) fn due(&self) -> Option<Millis> {
        let command = self.commands.get(self.next_command).map(|c| c.time);
        let fix = self.sent.get(self.next_fix).map(|s| s.arrival);
        command.into_iter().chain(fix).min()
    }

    /// The next record; a command before a fix of the same instant.
    pub(super) fn next_record(&mut self) -> Option<Record> {
        let due = self.due()?;
        let source = Source { timestamp: due, ..Source::default() };
        if let Some(command) = self.commands.get(self.next_command).filter(|c| c.time == due) {
            self.next_command += 1;
            return Some(Record { source, body: Body::Command(Box::new(command.clone())) });
        }
        let fix = self.sent.get(self.next_fix)?.fix;
        self.next_fix += 1;
        Some(Record { source, body: Body::Fix { unit: self.unit.as_str().into(), fix } })
    }
}

/// Lets a vehicle live a day, its own or its part in a group.
pub(super) fn live(world: &World, sites: &Sites, plan: &Plan, slot: Slot, part: Option<&Part>) -> Outcome {
    let mut chance = Chance::new(plan.seed, stream(slot.vehicle, slot.day, 1));
    let corridor = part.map_or(chance.below(world.corridors.len()), |p| p.corridor);
    let road = &world.corridors[corridor];
    let interval_s = chance.pick(&plan.intervals_s).copied().unwrap_or(30);
    let delivery = chance.pick(&plan.deliveries).copied().unwrap_or(Delivery::InOrder);
    let underneath = chance.happens(plan.underneath_share);
    let mut day = match part {
        Some(part) => part.agenda(world, plan),
        None => Agenda::draw(world, corridor, sites, plan, &mut chance),
    };
    day.spells.iter_mut().for_each(|spell| spell.what = as_delivered(spell.what, delivery));
    let way = Way::new(road, day.from_m, day.to_m, &day.detours);
    let mut chance = Chance::new(plan.seed, stream(slot.vehicle, slot.day, 2));
    let mut trace = drive(&way, &day, sites.of(corridor), plan.driving_h, &mut chance);
    let event = part.and_then(|part| part.spell(trace.seconds.len()));
    let event = event.map(|(at, spell)| (at, Spell { what: as_delivered(spell.what, delivery), ..spell }));
    trace.spells.extend(event);
    let mut chance = Chance::new(plan.seed, stream(slot.vehicle, slot.day, 3));
    let mut opened: Vec<usize> = day.opened.iter().filter_map(|i| door(&way, *i, &trace)).collect();
    opened.sort_unstable();
    day.tampered.sort_unstable();
    let receiver = Receiver {
        start: slot.start,
        interval_s,
        environment: plan.environment,
        battery: day.battery,
        opened: &opened,
        tampered: &day.tampered,
    };
    let measured = receiver.measure(&trace, &mut chance);
    let mut chance = Chance::new(plan.seed, stream(slot.vehicle, slot.day, 4));
    let sent = delivery::send(&measured, &trace, slot.start, delivery, &mut chance);

    let end = slot.start + trace.seconds.len() as Millis * SECOND;
    let (unit, id) = (unit(slot.vehicle), format!("J-{:04}-{:02}", slot.vehicle + 1, slot.day + 1));
    let seen = Seen { world, start: slot.start, end, interval_s, underneath, trace: &trace, measured: &measured };
    let strong = labels::strong_m(plan.environment != Environment::Open, underneath);
    let (labels, halts) = labels::label(world, road, &trace, strong);
    let mut plants: Vec<Plant> = labels.iter().map(|label| seen.of_label(label)).collect();
    let shared = Shared {
        halts: halts.iter().map(|stay| seen.of_halt(stay, &unit)).collect(),
        hits: event.iter().filter_map(|(at, spell)| seen.of_hit(*at, spell, &sent, &unit)).collect(),
    };
    plants.extend(trace.spells.iter().filter_map(|(at, spell)| seen.of_jump(*at, spell, trace.seconds.len())));
    let position_at = |time: Millis| {
        let second = ((time - slot.start) / SECOND).clamp(0, trace.seconds.len() as i64 - 1);
        trace.seconds[second as usize].position
    };
    seen.silences(&sent, position_at, &mut plants);
    seen.losses(&sent, position_at, &mut plants);
    senses::label(&seen, road, &trace, &mut plants);
    plants.extend(day.allowed_s.and_then(|allowed_s| seen.overdue(allowed_s)));
    plants.sort_by(|a, b| (a.from, &a.kind, &a.subject).cmp(&(b.from, &b.kind, &b.subject)));
    for plant in &mut plants {
        plant.unit.clone_from(&unit);
        plant.journey.clone_from(&id);
    }
    let mount = if underneath { Mount::TrailerUnder } else { Mount::TractorTop };
    let clean = part.is_none() && day.is_clean();
    let journey = TruthJourney {
        journey: id.clone(),
        unit: unit.clone(),
        from: slot.start,
        to: end,
        interval_s,
        environment: plan.environment.name().to_owned(),
        delivery: delivery.name().to_owned(),
        corridor: road.id.clone(),
        mount: mount.name().to_owned(),
        clean,
        driving_s: trace.driving_s,
    };
    let left_h = (road.route.length_m() - day.from_m) / 16_000.0;
    let ample = ((left_h * 2.5 + 36.0) * HOUR as f64) as Millis / SECOND * SECOND;
    let deadline = slot.start + day.allowed_s.map_or(ample, |s| s * SECOND);
    let commands = commands(road, &journey, slot, mount, deadline);
    Outcome { commands, sent, unit, next_command: 0, next_fix: 0, journey, plants, shared }
}

/// A unit that never loses contact can only fall silent by dying.
fn as_delivered(what: SpellKind, delivery: Delivery) -> SpellKind {
    match (what, delivery) {
        (SpellKind::OutOfContact, Delivery::InOrder | Delivery::Duplicated) => SpellKind::Dead,
        _ => what,
    }
}

/// A few minutes after the vehicle has come to rest at the farthest point of a detour.
fn door(way: &Way, detour: usize, trace: &drive::Trace) -> Option<usize> {
    let (apex, _) = way.at(*way.apexes_m.get(detour)?, &mut 0);
    let rests = |s: &drive::Second| s.speed < 0.3 && s.position.distance_m(apex) < 60.0;
    trace.seconds.iter().position(rests).map(|second| second + 240)
}

fn commands(road: &WorldCorridor, journey: &TruthJourney, slot: Slot, mount: Mount, deadline: Millis) -> Vec<Command> {
    let number = slot.vehicle + 1;
    let declaration = Declaration {
        corridor: Some(CorridorChoice::Id(road.id.clone())),
        deadline: Some(deadline),
        interval_ms: Some(journey.interval_s * SECOND),
        risk: Some(u8::from(number.is_multiple_of(5))),
        mount: Some(mount),
        vehicle: Some(Vehicle {
            plate: Some(format!("{:02} KV {:04}", 1 + number % 81, number % 10_000)),
            trailer: Some(format!("{:02} DR {:04}", 1 + number % 81, number % 10_000)),
            country: Some("TR".to_owned()),
        }),
        consignment: Some(Consignment {
            mrn: Some(format!("26TR{:06}{:08}", slot.day + 1, number)),
            seals: vec![format!("S{number:06}")],
            ..Consignment::default()
        }),
        offices: Some(Offices { departure: road.from.clone(), destination: road.to.clone(), on_route: Vec::new() }),
        ..Declaration::default()
    };
    let id = || journey.journey.clone();
    let cleared = journey.from + drive::BEFORE_S / 2 * SECOND;
    let actions = [
        (journey.from, Action::Activate { journey: id(), declaration: Box::new(declaration) }),
        (cleared, Action::ClearToDepart { journey: id() }),
        (journey.to, Action::Deactivate { journey: id(), outcome: Some("arrived".to_owned()), note: None }),
    ];
    actions.into_iter().map(|(time, action)| Command { unit: journey.unit.clone(), time, action }).collect()
}

/// Unit id of a vehicle: 15 digits, as an IMEI has.
fn unit(vehicle: u32) -> String {
    format!("8600000{:08}", vehicle + 1)
}

/// Streams of chance that no other vehicle-day uses.
fn stream(vehicle: u32, day: u32, purpose: u64) -> u64 {
    u64::from(vehicle) << 32 | u64::from(day) << 8 | purpose
}
