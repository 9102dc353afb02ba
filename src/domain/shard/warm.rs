//! What the next records will need, asked of memory together: their misses overlap instead of waiting for each other.
//!
//! Nothing is decided here and nothing changes. With a fleet larger than the caches it saves 4 to 8 % of a step
//! (`kervan bench capacity`).

use super::super::record::{Body, Record};
use super::Shard;

/// So many records are looked ahead: what they need fits the second cache many times over.
pub(super) const WINDOW: usize = 16;

impl Shard {
    /// Asks for the state of the units of `records`, [`WINDOW`] at most.
    pub(super) fn warm(&self, records: &[Record]) {
        // One step for all before the next: each needs what the one before has brought.
        let mut numbers = [u32::MAX; WINDOW];
        for (number, record) in numbers.iter_mut().zip(records) {
            if let Body::Fix { unit, .. } = &record.body
                && let Some(known) = self.unit_ids.get(unit.as_str())
            {
                *number = *known;
                ask_for(&self.units[*known as usize]);
                ask_for(&self.spans[*known as usize]);
            }
        }
        let mut slots = [u32::MAX; WINDOW];
        for (slot, number) in slots.iter_mut().zip(numbers).filter(|(_, number)| *number != u32::MAX) {
            let unit = &self.units[number as usize];
            if let Some(end) = unit.past.end() {
                ask_for(end);
            }
            // An older journey is seldom meant.
            if let Some(newest) = unit.journeys.last() {
                *slot = *newest;
            }
        }
        for slot in slots.into_iter().filter(|slot| *slot != u32::MAX) {
            let slot = slot as usize;
            ask_for(&self.journeys[slot]);
            ask_for(&self.hot[slot]);
            ask_for(&self.ring[slot]);
            ask_for(&self.side[slot]);
            ask_for(&self.due[slot]);
            ask_for(&self.scheduled[slot]);
        }
    }
}

/// Asks for the lines of a value.
#[inline]
fn ask_for<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..size_of::<T>()).step_by(64) {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let at = core::ptr::from_ref(value).cast::<i8>().wrapping_add(line);
        // SAFETY: a prefetch reads nothing; here the address even lies within a value.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
