//! A campaign: logs simulated, decided and scored in memory, over every interval and delivery, until there are enough.
//!
//! A round is one fleet a pair of interval and delivery, each with a seed of its own that follows from the campaign's: the
//! same command gives the same report. Nothing is written on the way; the memory of a fleet is given back before the next.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::beside::{Judges, Said};
use super::ledger::{Alarm, Ledger};
use crate::app::baseline::METHODS;
use crate::app::failure::Failure;
use crate::app::simulate::{Delivery, Header, INTERVALS_S, Plan, Stratum, Truth, World, generate};
use crate::domain::record::{Record, Source};
use crate::domain::rules::Rules;
use crate::edge::wire;

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Size {
    /// Two rounds of small fleets: minutes.
    Standard,
    /// 3 000 observable violations of every planted kind and 2 000 clean vehicle-days: hours.
    Full,
}

/// Vehicles of a fleet; each drives one day.
const VEHICLES: u32 = 20;
/// Half of the vehicle-days have nothing planted.
const CLEAN_SHARE: f64 = 0.5;
/// Observable violations of a kind, clean vehicle-days and rounds at most of a full campaign.
const OBSERVABLE: u64 = 3_000;
const CLEAN_DAYS: usize = 2_000;
const ROUNDS_MOST: u32 = 400;
/// Kinds that are planted on purpose; others come about by chance, and are not waited for.
const PLANTED: [&str; 6] = ["corridor_deviation", "overstay", "position_jump", "silence", "unusual_stop", "zone_enter"];

/// What a campaign has gathered.
pub(super) struct Campaign {
    pub truth: Truth,
    pub ledger: Ledger,
    pub beside: Vec<Said>,
    pub rounds: u32,
}

impl Campaign {
    /// Observable violations of each planted kind, and clean vehicle-days.
    fn counts(&self) -> (BTreeMap<&'static str, u64>, usize) {
        let mut counts: BTreeMap<&'static str, u64> = PLANTED.iter().map(|kind| (*kind, 0)).collect();
        for plant in self.truth.plants.iter().filter(|p| p.stratum == Stratum::Observable) {
            if let Some(count) = counts.get_mut(plant.kind.as_str()) {
                *count += 1;
            }
        }
        (counts, self.truth.journeys.iter().filter(|j| j.clean).count())
    }

    fn is_enough(&self, size: Size) -> bool {
        let (counts, clean) = self.counts();
        match size {
            Size::Standard => self.rounds >= 2,
            Size::Full => {
                counts.values().all(|n| *n >= OBSERVABLE) && clean >= CLEAN_DAYS || self.rounds >= ROUNDS_MOST
            }
        }
    }
}

/// Runs it; a line of progress a round on standard error.
///
/// # Errors
/// Exit 2 for a rulebook without a corridor.
pub(super) fn run(rules: &Arc<Rules>, size: Size, seed: u64) -> Result<Campaign, Failure> {
    let world = World::from(&rules.book);
    if world.corridors.is_empty() {
        return Err(Failure::usage("the rulebook has no corridor to drive on; add one"));
    }
    let mut campaign = Campaign {
        truth: Truth { header: Header { truth: 1, seed, ..Header::default() }, ..Truth::default() },
        ledger: Ledger::default(),
        beside: METHODS.iter().map(|m| (m.name, Vec::new())).collect(),
        rounds: 0,
    };
    while !campaign.is_enough(size) {
        for (i, interval) in INTERVALS_S.iter().enumerate() {
            for (j, delivery) in Delivery::ALL.iter().enumerate() {
                let fleet = u64::from(campaign.rounds) * 100 + (i * Delivery::ALL.len() + j) as u64;
                let plan = Plan {
                    seed: seed.wrapping_mul(1_000_003).wrapping_add(fleet),
                    vehicles: VEHICLES,
                    intervals_s: vec![*interval],
                    deliveries: vec![*delivery],
                    clean_share: CLEAN_SHARE,
                    ..Plan::default()
                };
                fleet_day(&mut campaign, &world, rules, &plan, &format!("f{fleet}:"))?;
            }
        }
        campaign.rounds += 1;
        let (counts, clean) = campaign.counts();
        let least = counts.iter().min_by_key(|(_, n)| **n).map_or(String::new(), |(kind, n)| format!("{n} {kind}"));
        eprintln!(
            "round {}: {} vehicle-days, {clean} clean, fewest: {least}",
            campaign.rounds,
            campaign.truth.journeys.len()
        );
    }
    Ok(campaign)
}

/// One fleet's day. The names of its journeys get a prefix: every fleet counts its vehicles from one.
fn fleet_day(
    campaign: &mut Campaign,
    world: &World,
    rules: &Arc<Rules>,
    plan: &Plan,
    name: &str,
) -> Result<(), Failure> {
    let mut ledger = Ledger::default();
    let mut judges = Judges::new(rules, Some(&mut ledger));
    let (mut offset, mut line, mut failed) = (0, Vec::new(), None);
    let mut truth = generate(world, plan, &mut |record| {
        // Through the wire, so that numbers are those of a log.
        line.clear();
        wire::encode(&record.body, None, &mut line);
        let decoded = wire::decode(&line);
        if let (Ok(decoded), None) = (decoded, &failed) {
            let timestamp = decoded.envelope.timestamp().unwrap_or(0);
            let source = Source { partition: 0, offset, timestamp };
            offset += 1;
            failed = judges.read(Record { source, body: decoded.body }).err();
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let beside = judges.finish()?;
    for journey in &mut truth.journeys {
        journey.journey.insert_str(0, name);
        journey.unit.insert_str(0, name);
    }
    for plant in &mut truth.plants {
        plant.plant.insert_str(0, name);
        plant.journey.insert_str(0, name);
        plant.unit.insert_str(0, name);
    }
    campaign.truth.append(truth);
    campaign.ledger.alarms.extend(ledger.alarms.into_iter().map(|alarm| renamed(alarm, name)));
    for ((_, all), (_, alarms)) in campaign.beside.iter_mut().zip(beside) {
        all.extend(alarms.into_iter().map(|alarm| renamed(alarm, name)));
    }
    Ok(())
}

fn renamed(mut alarm: Alarm, name: &str) -> Alarm {
    for id in [&mut alarm.unit, &mut alarm.journey] {
        // Alarms of the second stage have neither.
        if !id.is_empty() {
            id.insert_str(0, name);
        }
    }
    alarm
}

/// What was done, for the head of the report.
pub(super) fn head(campaign: &Campaign, size: Size, seed: u64, rules: &Rules) -> String {
    let (counts, clean) = campaign.counts();
    let name = match size {
        Size::Standard => "standard",
        Size::Full => "full",
    };
    let mut out = format!("# Detection, campaign {name}\n\n");
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "`kervan score --campaign {name} --seed {seed} --rulebook DIR`, rulebook {}, engine {}.\n",
        rules.book.sha256,
        *wire::ENGINE_VERSION
    );
    let (days, rounds) = (campaign.truth.journeys.len(), campaign.rounds);
    let _ = writeln!(
        out,
        "{rounds} rounds, {days} vehicle-days of which {clean} clean, {} fixes. Observable violations:",
        campaign.truth.header.fixes
    );
    for (kind, count) in counts {
        let _ = writeln!(out, "- {kind}: {count}");
    }
    out.push('\n');
    out
}
