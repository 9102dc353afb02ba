//! What the next records will need, asked of memory ahead of them: a miss is on its way while others are decided.
//!
//! Nothing is decided here and nothing changes. Each step needs what the one before has brought, so a record passes three
//! of them: its unit, what that points to, its journey. They are spread over the records before it, for memory answers
//! only so many questions at a time. `kervan bench capacity` shows what it saves with a fleet larger than the caches.

use super::super::ahead::ask_for;
use super::super::record::{Body, Record};
use super::Shard;

/// So many records ahead of its own turn a record's unit is looked up.
pub(super) const AHEAD: usize = 12;
/// What the unit points to is asked for so many records ahead.
const UNIT: usize = 10;
/// The unit's newest journey.
const JOURNEY: usize = 7;
/// What the journey points to.
const PARTS: usize = 5;
/// Its plan.
const PLAN: usize = 3;
/// What that leads along.
const ROUTE: usize = 1;

/// The units of the next records, by the place of the record; `u32::MAX` where there is none.
#[derive(Debug)]
pub(super) struct Next([u32; 16]);

impl Next {
    pub(super) fn new() -> Next {
        Next([u32::MAX; 16])
    }

    /// The unit of the record that comes `ahead` records after the one at `index - AHEAD`.
    fn unit(&self, index: usize, ahead: usize) -> Option<usize> {
        let place = index.checked_sub(AHEAD - ahead)?;
        Some(self.0[place % 16] as usize)
    }
}

impl Shard {
    /// Asks for what the records after the one at `index - AHEAD` will need.
    pub(super) fn warm(&self, batch: &[Record], index: usize, next: &mut Next) {
        next.0[index % 16] = u32::MAX;
        if let Some(Record { body: Body::Fix { unit, fix }, .. }) = batch.get(index) {
            self.rules_now().book.ask_for(fix.position);
            if let Some(number) = self.unit_ids.get(unit.as_str()) {
                next.0[index % 16] = *number;
                ask_for(&self.units[*number as usize]);
                ask_for(&self.spans[*number as usize]);
            }
        }
        if let Some(unit) = next.unit(index, UNIT).and_then(|number| self.units.get(number)) {
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
