//! What the next records will need, asked of memory ahead of them: a miss is on its way while others are decided.
//!
//! Nothing is decided here and nothing changes. Each step needs what the one before has brought, so a record passes all of
//! them, from its id down to the line of its corridor. They are spread over the records before it, for memory answers only
//! so many questions at a time. `kervan bench capacity` shows what it saves with a fleet larger than the caches.

use super::super::ahead::ask_for;
use super::super::numbers::Hash;
use super::super::plan::{Course, Plan};
use super::super::record::{Body, Record};
use super::Shard;

/// So many records ahead of its own turn a record's unit is asked for by its id.
pub(super) const AHEAD: usize = 7;
/// The unit itself.
const UNIT: usize = 6;
/// What the unit points to.
const REPORTS: usize = 5;
/// The unit's newest journey.
const JOURNEY: usize = 4;
/// What the journey points to.
const PARTS: usize = 3;
/// Its plan.
const PLAN: usize = 2;
/// What that leads along.
const ROUTE: usize = 1;

/// Records that are on their way, the one that is decided included.
const ON_THEIR_WAY: usize = AHEAD + 1;

/// What is known of them, by their places.
#[derive(Debug, Default)]
pub(super) struct Next {
    hashes: [Option<Hash>; ON_THEIR_WAY],
    units: [Option<u32>; ON_THEIR_WAY],
    /// An older journey is seldom meant.
    newest_journeys: [Option<u32>; ON_THEIR_WAY],
}

/// Where the record is kept that comes `ahead` records after the one at `index - AHEAD`.
fn place(index: usize, ahead: usize) -> usize {
    // Before the first record there are places that nobody has written yet: nothing is known of them.
    (index + ON_THEIR_WAY + ahead - AHEAD) % ON_THEIR_WAY
}

impl Next {
    /// The unit of the record at `index`, which is decided now: its id says whether it is.
    pub(super) fn unit_of(&self, index: usize) -> Option<u32> {
        self.units[index % ON_THEIR_WAY]
    }
}

impl Shard {
    /// Asks for what the records after the one at `index - AHEAD` will need.
    pub(super) fn warm(&self, batch: &[Record], index: usize, next: &mut Next) {
        let fresh = place(index, AHEAD);
        next.hashes[fresh] = None;
        if let Some(Record { body: Body::Fix { unit, fix }, .. }) = batch.get(index) {
            self.rules_now().book.ask_for(fix.position);
            let hash = Hash::of(unit);
            self.numbers.ask_for(hash);
            next.hashes[fresh] = Some(hash);
        }
        // Two ids with one hash are rare enough: then the wrong one is asked for.
        let known = place(index, UNIT);
        next.units[known] = next.hashes[known].and_then(|hash| self.numbers.get(hash, |_| true));
        if let Some(number) = next.units[known] {
            ask_for(&self.units[number as usize]);
            ask_for(&self.spans[number as usize]);
        }
        if let Some(number) = next.units[place(index, REPORTS)] {
            let unit = &self.units[number as usize];
            unit.past.end().into_iter().for_each(ask_for);
            unit.journeys.last().into_iter().for_each(ask_for);
        }
        let known = place(index, JOURNEY);
        next.newest_journeys[known] =
            next.units[known].and_then(|number| self.units[number as usize].journeys.last().copied());
        if let Some(slot) = next.newest_journeys[known] {
            let i = slot as usize;
            ask_for(&self.journeys[i]);
            ask_for(&self.hot[i]);
            self.ring[i].ask_for_end();
            ask_for(&self.side[i]);
            ask_for(&self.agenda[i]);
        }
        if let Some(slot) = next.newest_journeys[place(index, PARTS)] {
            let i = slot as usize;
            self.plan_on_its_way(slot).into_iter().for_each(ask_for);
            self.ring[i].ask_for_newest();
            self.side[i].zones.first().into_iter().for_each(ask_for);
            self.side[i].trend.ask_for();
            self.journeys[i].rolling.last().into_iter().for_each(ask_for);
        }
        if let Some(slot) = next.newest_journeys[place(index, PLAN)] {
            self.plan_on_its_way(slot).into_iter().for_each(|plan| ask_for::<Course>(plan));
        }
        if let Some(slot) = next.newest_journeys[place(index, ROUTE)]
            && let Some(route) = self.plan_on_its_way(slot).and_then(|plan| plan.route())
        {
            route.ask_for(self.hot[slot as usize].segment);
        }
    }

    /// The plan of a journey, which may have been forgotten since it was found.
    fn plan_on_its_way(&self, slot: u32) -> Option<&Plan> {
        self.journeys[slot as usize].plans.get(usize::from(self.hot[slot as usize].plan))
    }
}
