//! One fleet of a campaign: simulated, decided by kervan and by the baselines, and judged, all in memory.

use std::sync::Arc;

use super::beside::{self, Judges};
use super::ledger::Ledger;
use super::tally::Tally;
use crate::app::failure::Failure;
use crate::app::simulate::{Delivery, GroupKind, INTERVALS_S, Plan, PlantKind, World, generate};
use crate::domain::record::{Body, Record, Source};
use crate::domain::rules::Rules;
use crate::edge::wire;

/// Vehicles of a fleet; each drives one day.
pub(super) const VEHICLES: u32 = 20;
/// Vehicles of a fleet that does things together: groups have up to eight.
pub(super) const TOGETHER: u32 = 40;
/// Properties by which a campaign divides its journeys.
pub(super) const BY: [&str; 3] = ["clean", "interval", "delivery"];
/// Fleets of a round: one a pair of interval and delivery, and one an interval whose vehicles do things together.
pub(super) const FLEETS: usize = INTERVALS_S.len() * (Delivery::ALL.len() + 1);

/// What the fleets of a round have in common.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    /// Round, from 0.
    pub round: u32,
    /// What is planted.
    pub plants: Vec<PlantKind>,
    /// Share of vehicle-days with nothing planted.
    pub clean_share: f64,
}

/// What a fleet, or several, leave behind.
#[derive(Clone, Debug)]
pub(super) struct Harvest {
    pub own: Tally,
    pub beside: Vec<(&'static str, Tally)>,
    pub vehicle_days: usize,
    pub clean_days: usize,
    pub fixes: u64,
}

impl Harvest {
    /// Adds that of the next fleet.
    pub fn merge(&mut self, other: Harvest) {
        self.own.merge(other.own);
        for ((_, mine), (_, more)) in self.beside.iter_mut().zip(other.beside) {
            mine.merge(more);
        }
        self.vehicle_days += other.vehicle_days;
        self.clean_days += other.clean_days;
        self.fixes += other.fixes;
    }
}

/// The seed of a fleet: `simulate --seed` makes the same log of it.
pub(super) fn seed(campaign: u64, fleet: u64) -> u64 {
    campaign.wrapping_mul(1_000_003).wrapping_add(fleet)
}

/// The plan of fleet `index` of a round, and its number.
pub(super) fn plan(order: &Order, index: usize, campaign: u64) -> (u64, Plan) {
    let fleet = u64::from(order.round) * 100 + index as u64;
    let (intervals, deliveries) = (INTERVALS_S.len(), Delivery::ALL.len());
    let apart = index < intervals * deliveries;
    let (interval, delivery) = match apart {
        true => (index / deliveries, index % deliveries),
        false => (index - intervals * deliveries, (order.round as usize + index) % deliveries),
    };
    let plan = Plan {
        seed: seed(campaign, fleet),
        vehicles: if apart { VEHICLES } else { TOGETHER },
        intervals_s: vec![INTERVALS_S[interval]],
        deliveries: vec![Delivery::ALL[delivery]],
        plants: if apart { order.plants.clone() } else { Vec::new() },
        together: if apart { Vec::new() } else { GroupKind::ALL.to_vec() },
        clean_share: order.clean_share,
        ..Plan::default()
    };
    (fleet, plan)
}

/// Runs one. Its violations get the number of the fleet before their names: every fleet counts from one.
///
/// # Errors
/// As the decision.
pub(super) fn run(
    world: &World,
    rules: &Arc<Rules>,
    order: &Order,
    index: usize,
    campaign: u64,
) -> Result<Harvest, Failure> {
    let (fleet, plan) = plan(order, index, campaign);
    let mut ledger = Ledger::new(rules.settings().alerts.stale_after_s);
    let mut judges = Judges::new(rules, Some(&mut ledger));
    let (mut offset, mut line, mut failed) = (0, Vec::new(), None);
    let mut truth = generate(world, &plan, &mut |record| {
        if failed.is_some() {
            return;
        }
        if let Some(record) = as_read(&record.body, offset, &mut line) {
            offset += 1;
            failed = judges.read(record).err();
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let others = judges.finish()?;
    for plant in &mut truth.plants {
        plant.plant.insert_str(0, &format!("f{fleet}:"));
    }
    let mut own = Tally::new(&BY.map(str::to_owned), true);
    own.add(&truth, &ledger);
    own.name_false_alarms(&format!("f{fleet}:"));
    Ok(Harvest {
        own,
        beside: beside::judged(&truth, others),
        vehicle_days: truth.journeys.len(),
        clean_days: truth.journeys.iter().filter(|j| j.clean).count(),
        fixes: truth.header.fixes,
    })
}

/// A record as a reader of the log has it: through the wire, so that its numbers are those of a line.
pub(super) fn as_read(body: &Body, offset: u64, line: &mut Vec<u8>) -> Option<Record> {
    let source = |timestamp| Source { partition: 0, offset, timestamp };
    if let Body::Tick { time } = *body {
        // Most records are ticks, and nothing of them is rounded.
        return Some(Record { source: source(time), body: Body::Tick { time } });
    }
    line.clear();
    wire::encode(body, None, line);
    let decoded = wire::decode(line).ok()?;
    let timestamp = decoded.envelope.timestamp().unwrap_or(0);
    Some(Record { source: source(timestamp), body: decoded.body })
}
