//! What the next records will need, asked of memory ahead of them: a miss is on its way while others are decided.
//!
//! Nothing is decided here and nothing changes. Each step needs what the one before has brought, so a record passes three
//! of them: its unit, what that points to, its journey. They are spread over the records before it, for memory answers
//! only so many questions at a time. `kervan bench capacity` shows what it saves with a fleet larger than the caches.

use super::super::ahead::ask_for;
use super::super::numbers::Hash;
use super::super::record::{Body, Record};
use super::Shard;

/// So many records ahead of its own turn a record's unit is asked for by its id.
pub(super) const AHEAD: usize = 15;
/// The unit itself.
const UNIT: usize = 12;
/// What the unit points to.
const REPORTS: usize = 10;
/// The unit's newest journey.
const JOURNEY: usize = 7;
/// What the journey points to.
const PARTS: usize = 5;
/// Its plan.
const PLAN: usize = 3;
/// What that leads along.
const ROUTE: usize = 1;

/// What is known of the next records, by their places.
#[derive(Debug)]
pub(super) struct Next {
    hashes: [Option<Hash>; 16],
    /// `u32::MAX` where the unit is unknown.
    units: [u32; 16],
}

impl Next {
    pub(super) fn new() -> Next {
        Next { hashes: [None; 16], units: [u32::MAX; 16] }
    }

    /// The unit of the record that comes `ahead` records after the one at `index - AHEAD`.
    fn unit(&self, index: usize, ahead: usize) -> Option<usize> {
        let place = index.checked_sub(AHEAD - ahead)?;
        Some(self.units[place % 16] as usize)
    }
}

impl Shard {
    /// Asks for what the records after the one at `index - AHEAD` will need.
    pub(super) fn warm(&self, batch: &[Record], index: usize, next: &mut Next) {
        next.hashes[index % 16] = None;
        if let Some(Record { body: Body::Fix { unit, fix }, .. }) = batch.get(index) {
            self.rules_now().book.ask_for(fix.position);
            let hash = Hash::of(unit);
            self.numbers.ask_for(hash);
            next.hashes[index % 16] = Some(hash);
        }
        if let Some(place) = index.checked_sub(AHEAD - UNIT) {
            // Two ids with one hash are rare enough: then the wrong one is asked for.
            let number = next.hashes[place % 16].and_then(|hash| self.numbers.get(hash, |_| true));
            next.units[place % 16] = number.unwrap_or(u32::MAX);
            if let Some(number) = number {
                ask_for(&self.units[number as usize]);
                ask_for(&self.spans[number as usize]);
            }
        }
        if let Some(unit) = next.unit(index, REPORTS).and_then(|number| self.units.get(number)) {
            unit.past.end().into_iter().for_each(ask_for);
            unit.journeys.last().into_iter().for_each(ask_for);
        }
        if let Some(slot) = self.newest_journey(next.unit(index, JOURNEY)) {
            ask_for(&self.journeys[slot]);
            ask_for(&self.hot[slot]);
            ask_for(&self.ring[slot]);
            ask_for(&self.side[slot]);
            ask_for(&self.due[slot]);
            ask_for(&self.scheduled[slot]);
        }
        if let Some(slot) = self.newest_journey(next.unit(index, PARTS)) {
            self.journeys[slot].plans.get(usize::from(self.hot[slot].plan)).into_iter().for_each(ask_for);
            self.side[slot].zones.first().into_iter().for_each(ask_for);
            self.side[slot].trend.ask_for();
            self.journeys[slot].rolling.last().into_iter().for_each(ask_for);
        }
        if let Some(slot) = self.newest_journey(next.unit(index, PLAN))
            && let Some(plan) = self.journeys[slot].plans.get(usize::from(self.hot[slot].plan))
        {
            ask_for(&**plan);
        }
        if let Some(slot) = self.newest_journey(next.unit(index, ROUTE))
            && let Some(plan) = self.journeys[slot].plans.get(usize::from(self.hot[slot].plan))
            && let Some(route) = plan.route()
        {
            route.ask_for(self.hot[slot].segment);
        }
    }

    /// An older journey is seldom meant.
    fn newest_journey(&self, unit: Option<usize>) -> Option<usize> {
        Some(*self.units.get(unit?)?.journeys.last()? as usize)
    }
}
