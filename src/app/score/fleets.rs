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
/// Hours that one drives: what its groups do begins within the first and is over before the third ends.
pub(super) const TOGETHER_H: f64 = 3.0;
/// Properties by which a campaign divides its journeys.
pub(super) const BY: [&str; 3] = ["clean", "interval", "delivery"];
/// Fleets of a round whose vehicles do nothing together: one a pair of interval and delivery.
const APART: usize = INTERVALS_S.len() * Delivery::ALL.len();

/// What the fleets of a round have in common.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    /// Round, from 0.
    pub round: u32,
    /// What is planted.
    pub plants: Vec<PlantKind>,
    /// What groups do together.
    pub together: Vec<GroupKind>,
    /// Fleets an interval whose vehicles do things together.
    pub groups: usize,
    /// Share of vehicle-days with nothing planted.
    pub clean_share: f64,
}

impl Order {
    /// Fleets of the round.
    pub fn fleets(&self) -> usize {
        APART + if self.together.is_empty() { 0 } else { INTERVALS_S.len() * self.groups }
    }
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
    let apart = index < APART;
    let (interval, delivery) = match apart {
        true => (index / deliveries, index % deliveries),
        false => ((index - APART) % intervals, (order.round as usize + index) % deliveries),
    };
    let plan = Plan {
        seed: seed(campaign, fleet),
        vehicles: if apart { VEHICLES } else { TOGETHER },
        intervals_s: vec![INTERVALS_S[interval]],
        deliveries: vec![Delivery::ALL[delivery]],
        plants: if apart { order.plants.clone() } else { Vec::new() },
        together: if apart { Vec::new() } else { order.together.clone() },
        driving_h: if apart { Plan::default().driving_h } else { TOGETHER_H },
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
    if !plan.together.is_empty() {
        // A short day on which nothing happens would make false alarms look rarer than they are in a whole one.
        truth.journeys.iter_mut().for_each(|journey| journey.clean = false);
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_fleet_of_a_round_has_a_seed_of_its_own_and_groups_every_interval() {
        let mut order = Order {
            round: 3,
            plants: vec![PlantKind::Lost],
            together: vec![GroupKind::Crowd],
            groups: 5,
            clean_share: 0.5,
        };
        let plans: Vec<(u64, Plan)> = (0..order.fleets()).map(|index| plan(&order, index, 1)).collect();
        assert_eq!(plans.len(), 45);
        assert!(plans.iter().all(|(fleet, _)| fleet / 100 == 3), "the number says the round");
        assert_eq!(plans.iter().map(|(_, plan)| plan.seed).collect::<BTreeSet<u64>>().len(), 45);
        let grouped: Vec<&Plan> = plans.iter().map(|(_, plan)| plan).filter(|plan| !plan.together.is_empty()).collect();
        for interval in INTERVALS_S {
            assert_eq!(grouped.iter().filter(|plan| plan.intervals_s == [interval]).count(), 5);
        }
        assert!(grouped.iter().all(|plan| plan.plants.is_empty() && plan.driving_h < 9.0));
        order.together.clear();
        assert_eq!(order.fleets(), 20, "of what there is enough, no more");
    }
}
