//! A campaign: fleets simulated, decided and scored in memory, over every interval and delivery, until there are enough.
//!
//! A round is one fleet a pair of interval and delivery, each with a seed of its own that follows from the campaign's, and
//! fleets whose vehicles meet and fall silent together. What there is enough of is planted no more. All cores take fleets; the
//! harvest is gathered in their order: the same command gives the same report, however many cores there are.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::fleets::{self, Harvest, Order};
use crate::app::failure::Failure;
use crate::app::simulate::{GroupKind, PlantKind, World};
use crate::domain::rules::Rules;

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Size {
    /// Two rounds of small fleets: half a minute on two cores.
    Standard,
    /// 3 000 observable violations of every planted kind and 2 000 clean vehicle-days: half an hour on
    /// two cores.
    Full,
}

impl Size {
    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Size::Standard => "standard",
            Size::Full => "full",
        }
    }
}

/// Half of the vehicle-days have nothing planted, until there are enough clean ones; then one in twenty.
const CLEAN_SHARE: (f64, f64) = (0.5, 0.05);
/// Observable violations of a kind and clean vehicle-days of a full campaign.
const OBSERVABLE: u64 = 3_000;
const CLEAN_DAYS: usize = 2_000;
/// Rounds of a standard campaign.
const STANDARD_ROUNDS: u32 = 2;

/// What is waited for, and what is planted for it. Other kinds come about by chance.
const PLANTED: [(&str, PlantKind); 20] = [
    ("battery_will_not_last", PlantKind::Battery),
    ("checkpoint_missed", PlantKind::Checkpoint),
    ("corridor_deviation", PlantKind::Corridor),
    ("dual_position", PlantKind::Dual),
    ("gnss_frozen", PlantKind::Frozen),
    ("gnss_lost", PlantKind::Lost),
    ("jamming", PlantKind::Jamming),
    ("overstay", PlantKind::Overstay),
    ("position_jump", PlantKind::Jump),
    ("route_time_exceeded", PlantKind::Overdue),
    ("seal", PlantKind::Unloading),
    ("silence", PlantKind::Silence),
    ("slow_progress", PlantKind::Wander),
    ("tamper", PlantKind::Tamper),
    ("territory_exit", PlantKind::Border),
    ("unloading_suspicion", PlantKind::Unloading),
    ("unusual_stop", PlantKind::Stop),
    ("unverified_interval", PlantKind::Hidden),
    ("wrong_direction", PlantKind::Reverse),
    ("zone_enter", PlantKind::Zone),
];

/// The same of what groups do. Meetings are planted twice as often: three in ten are none, and fewer are observable. Regions
/// of jamming have the kind of a unit's own: they are planted as long as the others.
const GROUPED: [(&str, GroupKind); 4] = [
    ("crowd", GroupKind::Crowd),
    ("regional_outage", GroupKind::Outage),
    ("rendezvous", GroupKind::Meeting),
    ("rendezvous", GroupKind::Meeting),
];
/// Fleets an interval and round whose vehicles do things together. One of them leaves one or two violations of each kind.
const GROUPS: (usize, usize) = (1, 5);

/// What a campaign is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub size: Size,
    pub seed: u64,
    /// Rounds at most.
    pub rounds: u32,
    pub threads: usize,
}

/// What a campaign has gathered.
pub(super) struct Campaign {
    pub harvest: Harvest,
    /// What each round was, in their order.
    pub orders: Vec<Order>,
    /// Observable violations of each kind that is waited for.
    pub counts: BTreeMap<&'static str, u64>,
    /// Rounds ran out before there was enough.
    pub cut_short: bool,
}

/// Runs it; a line of progress a round on standard error.
///
/// # Errors
/// Exit 2 for a rulebook without a corridor.
pub(super) fn run(rules: &Arc<Rules>, wanted: &Wanted) -> Result<Campaign, Failure> {
    let world = World::from(&rules.book);
    if world.corridors.is_empty() {
        return Err(Failure::usage("the rulebook has no corridor to drive on; add one"));
    }
    let possible = PLANTED.iter().filter(|(_, plant)| world.offers(*plant));
    let mut counts: BTreeMap<&'static str, u64> = possible.map(|(kind, _)| (*kind, 0)).collect();
    counts.extend(GROUPED.iter().map(|(kind, _)| (*kind, 0)));
    let (mut harvest, mut orders): (Option<Harvest>, Vec<Order>) = (None, Vec::new());
    loop {
        let clean_days = harvest.as_ref().map_or(0, |h| h.clean_days);
        let lacking = |kind: &str| counts.get(kind).is_some_and(|n| wanted.size == Size::Standard || *n < OBSERVABLE);
        let mut plants: Vec<PlantKind> = PLANTED.iter().filter(|(kind, _)| lacking(kind)).map(|(_, p)| *p).collect();
        plants.dedup();
        let mut together: Vec<GroupKind> = GROUPED.iter().filter(|(kind, _)| lacking(kind)).map(|(_, g)| *g).collect();
        let enough = match wanted.size {
            Size::Standard => orders.len() as u32 >= STANDARD_ROUNDS,
            Size::Full => plants.is_empty() && together.is_empty() && clean_days >= CLEAN_DAYS,
        };
        let cut_short = !enough && orders.len() as u32 >= wanted.rounds;
        if let (true, Some(harvest)) = (enough || cut_short, harvest.as_ref()) {
            return Ok(Campaign { harvest: harvest.clone(), orders, counts, cut_short });
        }
        plants.push(PlantKind::NearMiss);
        if !together.is_empty() {
            together.push(GroupKind::Jamming);
        }
        let groups = if wanted.size == Size::Full { GROUPS.1 } else { GROUPS.0 };
        let clean_share = if clean_days < CLEAN_DAYS { CLEAN_SHARE.0 } else { CLEAN_SHARE.1 };
        let order = Order { round: orders.len() as u32, plants, together, groups, clean_share };
        for more in round(&world, rules, &order, wanted)? {
            match &mut harvest {
                Some(all) => all.merge(more),
                None => harvest = Some(more),
            }
        }
        orders.push(order);
        if let Some(harvest) = &harvest {
            counts.iter_mut().for_each(|(kind, n)| *n = harvest.own.observable(kind));
            tell(orders.len(), harvest, &counts);
        }
    }
}

fn tell(rounds: usize, harvest: &Harvest, counts: &BTreeMap<&'static str, u64>) {
    let mut least: Vec<(u64, &str)> = counts.iter().map(|(kind, n)| (*n, *kind)).collect();
    least.sort_unstable();
    let least: Vec<String> = least.iter().take(3).map(|(n, kind)| format!("{n} {kind}")).collect();
    eprintln!(
        "round {rounds}: {} vehicle-days, {} clean, fewest: {}",
        harvest.vehicle_days,
        harvest.clean_days,
        least.join(", ")
    );
}

/// The fleets of a round, in their order.
fn round(world: &World, rules: &Arc<Rules>, order: &Order, wanted: &Wanted) -> Result<Vec<Harvest>, Failure> {
    in_order(order.fleets(), wanted.threads, &|index| fleets::run(world, rules, order, index, wanted.seed))
        .into_iter()
        .collect()
}

/// What `work` makes of each number below `count`, in their order, by so many threads.
fn in_order<T: Send>(count: usize, threads: usize, work: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, T>> = Mutex::new(BTreeMap::new());
    let take = || loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= count {
            return;
        }
        let one = work(index);
        done.lock().unwrap_or_else(PoisonError::into_inner).insert(index, one);
    };
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, count.max(1)) {
            scope.spawn(take);
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn whoever_is_ready_first_results_come_in_their_order() {
        let slow_first = |index: usize| {
            thread::sleep(Duration::from_millis(if index == 0 { 40 } else { 1 }));
            index * index
        };
        let alone = in_order(9, 1, &slow_first);
        assert_eq!(alone, (0..9).map(|i| i * i).collect::<Vec<_>>());
        assert_eq!(in_order(9, 3, &slow_first), alone);
    }
}
