//! Ten minutes of the desk, one after the other: rates, peaks, floods.

use std::collections::BTreeMap;

use super::super::time::{DAY, MINUTE, Millis};

/// Length of a slot.
pub const SLOT: Millis = 10 * MINUTE;
/// More than this in a slot is too much; a flood begins.
pub const FLOOD_ABOVE: u32 = 10;
/// Fewer than this, and a flood is over.
pub const FLOOD_BELOW: u32 = 5;

/// Annunciated alarms by slot; slots without one are not listed.
#[derive(Clone, Debug, Default)]
pub struct Slots(BTreeMap<i64, u32>);

/// A time in which nobody can keep up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flood {
    /// Start of its first slot.
    pub from: Millis,
    /// Its length, milliseconds.
    pub lasting: Millis,
    /// Most alarms in one of its slots.
    pub peak: u32,
}

/// The slots of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DaySlots {
    /// Slots in which the log was read.
    pub read: u32,
    /// Most alarms in one of them.
    pub peak: u32,
    /// Slots with too many.
    pub over: u32,
}

impl Slots {
    /// An alarm at this log clock.
    pub fn count(&mut self, t: Millis) {
        *self.0.entry(t.div_euclid(SLOT)).or_default() += 1;
    }

    /// Every flood, in order: from a slot with more than ten to the first one with fewer than five.
    pub fn floods(&self) -> Vec<Flood> {
        let mut floods: Vec<Flood> = Vec::new();
        let mut open: Option<(i64, i64, u32)> = None; // first slot, last slot, peak
        for (slot, count) in &self.0 {
            open = match open {
                Some((first, last, peak)) if *slot == last + 1 && *count >= FLOOD_BELOW => {
                    Some((first, *slot, peak.max(*count)))
                }
                over => {
                    floods.extend(over.map(flood));
                    (*count > FLOOD_ABOVE).then_some((*slot, *slot, *count))
                }
            };
        }
        floods.extend(open.map(flood));
        floods
    }

    /// The slots of a day, of those in which the log was read.
    pub fn of_day(&self, day: i64, (from, to): (Millis, Millis)) -> DaySlots {
        let first = (day * DAY).max(from).div_euclid(SLOT);
        let last = ((day + 1) * DAY - 1).min(to).div_euclid(SLOT);
        let counts = || self.0.range(first..=last.max(first)).map(|(_, count)| *count);
        DaySlots {
            read: (last - first + 1).max(0) as u32,
            peak: counts().max().unwrap_or(0),
            over: counts().filter(|count| *count > FLOOD_ABOVE).count() as u32,
        }
    }
}

fn flood((first, last, peak): (i64, i64, u32)) -> Flood {
    Flood { from: first * SLOT, lasting: (last - first + 1) * SLOT, peak }
}
