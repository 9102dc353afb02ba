//! All vehicle-days as one log, in order of arrival, with a tick each second.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::journey::{Outcome, Slot, live};
use super::plan::Plan;
use super::shared::Shared;
use super::sites::Sites;
use super::together::Groups;
use super::truth::{Header, Truth};
use super::world::World;
use crate::domain::record::{Body, Record, Source};
use crate::domain::time::{Millis, SECOND};

/// Simulates a plan on a world: every record goes to `sink` in the order of the log; the truth comes back.
///
/// A world without corridors gives no records.
pub fn generate(world: &World, plan: &Plan, sink: &mut dyn FnMut(&Record)) -> Truth {
    let mut truth = Truth { header: Header { truth: 1, seed: plan.seed, ..Header::default() }, ..Truth::default() };
    if world.corridors.is_empty() {
        return truth;
    }
    let sites = Sites::new(world);
    let groups = Groups::draw(world, plan);
    let mut shared = Shared::default();
    let all = (0..plan.days).flat_map(|day| (0..plan.vehicles).map(move |vehicle| (vehicle, day)));
    let mut slots: Vec<Slot> = all.map(|(vehicle, day)| Slot::new(plan, vehicle, day, &groups)).collect();
    slots.sort_unstable();
    truth.header.vehicle_days = slots.len() as f64;
    let mut ticker = Ticker { next: plan.ticks.then_some(()).and(slots.first()).map(|s| s.start / SECOND * SECOND) };
    let mut fleet = Fleet::default();
    let mut waiting = slots.into_iter().peekable();
    loop {
        let due = fleet.due();
        if let Some(slot) = waiting.next_if(|slot| due.is_none_or(|(time, _)| slot.start <= time)) {
            let mut outcome = live(world, &sites, plan, slot, groups.of(slot.vehicle, slot.day));
            shared.halts.append(&mut outcome.shared.halts);
            shared.hits.append(&mut outcome.shared.hits);
            fleet.admit(slot, outcome, &mut truth);
            continue;
        }
        let Some((time, place)) = due else { break };
        ticker.until(time, sink);
        if let Some(record) = fleet.take(place) {
            truth.header.fixes += u64::from(matches!(record.body, Body::Fix { .. }));
            sink(&record);
        }
    }
    if let Some(last) = truth.journeys.iter().map(|j| j.to).max() {
        // Timers that are still running at the end get their time to fire.
        ticker.until(last + 600 * SECOND, sink);
    }
    truth.plants.extend(shared.plants(&world.limits.together));
    finish(&mut truth);
    truth
}

/// Orders journeys and violations and names the latter.
fn finish(truth: &mut Truth) {
    truth.journeys.sort_by(|a, b| (a.from, &a.journey).cmp(&(b.from, &b.journey)));
    truth.plants.sort_by(|a, b| (a.from, &a.unit, &a.kind, &a.subject).cmp(&(b.from, &b.unit, &b.kind, &b.subject)));
    for (i, plant) in truth.plants.iter_mut().enumerate() {
        plant.plant = format!("p-{}", i + 1);
    }
    let driving_s: i64 = truth.journeys.iter().map(|j| j.driving_s).sum();
    truth.header.driving_h = driving_s as f64 / 3600.0;
}

/// Vehicle-days under way, the next record of each in a heap ordered by (time, vehicle, day).
#[derive(Default)]
struct Fleet {
    heap: BinaryHeap<Reverse<(Millis, u32, u32, usize)>>,
    under_way: Vec<Option<Outcome>>,
    free: Vec<usize>,
}

impl Fleet {
    fn due(&self) -> Option<(Millis, usize)> {
        self.heap.peek().map(|Reverse((time, _, _, place))| (*time, *place))
    }

    fn admit(&mut self, slot: Slot, mut outcome: Outcome, truth: &mut Truth) {
        truth.journeys.push(outcome.journey.clone());
        truth.plants.append(&mut outcome.plants);
        let Some(due) = outcome.due() else { return };
        let place = self.free.pop().unwrap_or(self.under_way.len());
        self.heap.push(Reverse((due, slot.vehicle, slot.day, place)));
        match self.under_way.get_mut(place) {
            Some(free) => *free = Some(outcome),
            None => self.under_way.push(Some(outcome)),
        }
    }

    fn take(&mut self, place: usize) -> Option<Record> {
        let Reverse((_, vehicle, day, _)) = self.heap.pop()?;
        let outcome = self.under_way[place].as_mut()?;
        let record = outcome.next_record();
        match outcome.due() {
            Some(due) => self.heap.push(Reverse((due, vehicle, day, place))),
            None => {
                self.under_way[place] = None;
                self.free.push(place);
            }
        }
        record
    }
}

/// Writes the ticks up to an instant.
struct Ticker {
    next: Option<Millis>,
}

impl Ticker {
    fn until(&mut self, time: Millis, sink: &mut dyn FnMut(&Record)) {
        while let Some(next) = self.next.filter(|next| *next < time) {
            sink(&Record { source: Source { timestamp: next, ..Source::default() }, body: Body::Tick { time: next } });
            self.next = Some(next + SECOND);
        }
    }
}
