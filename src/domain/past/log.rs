//! The reports themselves: appended, inserted, forgotten, and read by cursors that survive it.

use super::super::codec::{Reader, State, StateError, state};
use super::super::time::Millis;
use super::packed::{LONGEST, decode, encode};
use super::{Key, Past};

/// The room for reports grows by so many bytes.
const STEP: usize = 256;

/// Reports of one unit in event order.
#[derive(Clone, Debug, PartialEq)]
pub struct PastLog {
    blob: Vec<u8>,
    count: u32,
    last: Option<Past>,
    /// Every report with an event time from here on is in memory.
    pub complete_from: Millis,
    /// Changes whenever the blob changes other than by an append: cursors of an older one start over.
    pub generation: u32,
    finger: Finger,
}

impl State for PastLog {
    fn put(&self, out: &mut Vec<u8>) {
        let PastLog { blob, count, last, complete_from, generation, finger: _ } = self;
        blob.put(out);
        count.put(out);
        last.put(out);
        (*complete_from, *generation).put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let (blob, count, last) = State::get(from)?;
        let (complete_from, generation) = State::get(from)?;
        Ok(PastLog { blob, count, last, complete_from, generation, finger: Finger::default() })
    }
}

/// Where the last late report was looked for, where there was one. Late reports come in runs, upwards or downwards: the
/// next one belongs beside the last one, and nobody decodes the whole past for it.
#[derive(Clone, Debug, Default)]
struct Finger(Option<Box<Place>>);

/// A place in the blob, and the report before it.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    at: usize,
    previous: Option<Past>,
}

/// A finger is derived: equal pasts have equal reports, wherever somebody looked last.
impl PartialEq for Finger {
    fn eq(&self, _: &Finger) -> bool {
        true
    }
}

impl Default for PastLog {
    fn default() -> Self {
        PastLog {
            blob: Vec::new(),
            count: 0,
            last: None,
            complete_from: Millis::MIN,
            generation: 0,
            finger: Finger::default(),
        }
    }
}

/// Where a reader of a [`PastLog`] stands; survives appends.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Cursor {
    at: u32,
    previous: Option<Past>,
    generation: u32,
    /// Reports up to and including this key were read.
    after: Option<Key>,
}
state!(Cursor { at, previous, generation, after });

impl Cursor {
    /// A cursor that yields what comes after `key`.
    pub fn after(key: Option<Key>) -> Self {
        Cursor { after: key, generation: u32::MAX, ..Cursor::default() }
    }

    /// The last report that was read, or the key to begin after.
    pub fn passed(&self) -> Option<Key> {
        self.after
    }
}

impl PastLog {
    /// Where the next report will be appended: the last byte before it.
    pub fn end(&self) -> Option<&u8> {
        self.blob.last()
    }

    /// The newest report.
    pub fn newest(&self) -> Option<&Past> {
        self.last.as_ref()
    }

    /// Number of reports in memory.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether memory holds nothing.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of the encoded reports.
    pub fn bytes(&self) -> usize {
        self.blob.capacity()
    }

    /// Appends a report that is newer than every other.
    pub fn push(&mut self, past: Past) {
        if self.blob.capacity() - self.blob.len() < LONGEST {
            // By steps, not doubled: what is kept of a unit stays within bounds, and there are many units.
            self.blob.reserve_exact(STEP);
        }
        encode(self.last.as_ref(), &past, &mut self.blob);
        self.count += 1;
        self.last = Some(past);
    }

    /// The report with this key.
    pub fn find(&mut self, key: Key) -> Option<Past> {
        match &self.last {
            Some(last) if key < last.key() => self.seek(key).map(|(past, _)| past).filter(|past| past.key() == key),
            Some(last) if key == last.key() => Some(*last),
            _ => None,
        }
    }

    /// Puts the finger before the first report that is not older than `key`; that report, and where it ends.
    fn seek(&mut self, key: Key) -> Option<(Past, usize)> {
        let place = self.finger.0.get_or_insert_default();
        if place.previous.is_some_and(|previous| previous.key() >= key) {
            **place = Place::default();
        }
        while place.at < self.blob.len() {
            let mut end = place.at;
            let past = decode(place.previous.as_ref(), &self.blob, &mut end);
            if past.key() >= key {
                return Some((past, end));
            }
            **place = Place { at: end, previous: Some(past) };
        }
        None
    }

    /// Inserts a report at its place, or replaces the one with its key.
    pub fn insert(&mut self, past: Past) {
        if self.last.as_ref().is_none_or(|last| past.key() > last.key()) {
            return self.push(past);
        }
        let next = self.seek(past.key());
        let Place { at, previous } = self.finger.0.as_deref().copied().unwrap_or_default();
        let mut bytes = Vec::with_capacity(LONGEST);
        encode(previous.as_ref(), &past, &mut bytes);
        let mut end = at;
        if let Some((found, found_end)) = next {
            // The report behind it, or behind the one that it replaces, is written as a difference from this one.
            let (follower, replaced) =
                if found.key() == past.key() { (None, Some((found, found_end))) } else { (next, None) };
            let follower = follower.or_else(|| {
                let (before, mut end) = replaced?;
                (end < self.blob.len()).then(|| (decode(Some(&before), &self.blob, &mut end), end))
            });
            if let Some((_, replaced_end)) = replaced {
                end = replaced_end;
                self.count -= 1;
            }
            match follower {
                Some((follower, follower_end)) => {
                    encode(Some(&past), &follower, &mut bytes);
                    end = follower_end;
                }
                None => self.last = Some(past),
            }
        }
        self.blob.splice(at..end, bytes);
        self.count += 1;
        self.generation = self.generation.wrapping_add(1) & 0x7FFF_FFFF;
    }

    /// Takes in older reports (any order, duplicates and losers included), complete from `from` on.
    pub fn prepend(&mut self, older: impl IntoIterator<Item = Past>, from: Millis) {
        let mut all: Vec<Past> = self.iter().collect();
        all.extend(older.into_iter().filter(|p| p.time < self.complete_from));
        // Of several with one key the winner comes first, whatever order they were read in.
        all.sort_by_key(|p| (p.key(), p.accuracy, p.fingerprint));
        all.dedup_by_key(|p| p.key());
        self.rebuild(&all);
        self.complete_from = self.complete_from.min(from);
    }

    /// Forgets the oldest reports until the encoding has at most `target` bytes.
    pub fn trim(&mut self, target: usize) {
        let all: Vec<Past> = self.iter().collect();
        let keep = (target * all.len() / self.blob.len().max(1)).min(all.len().saturating_sub(1)).max(1);
        let kept = &all[all.len() - keep..];
        if kept.len() < all.len() {
            self.complete_from = kept[0].time.max(all[all.len() - keep - 1].time + 1);
            let kept: Vec<Past> = kept.iter().filter(|p| p.time >= self.complete_from).copied().collect();
            self.rebuild(&kept);
        }
    }

    /// Forgets what lies before event time `from`.
    pub fn forget_before(&mut self, from: Millis) {
        if from <= self.complete_from {
            return;
        }
        self.complete_from = from;
        let (mut previous, mut at, mut gone) = (None, 0, 0);
        while at < self.blob.len() {
            let mut end = at;
            let report = decode(previous.as_ref(), &self.blob, &mut end);
            if report.time >= from {
                // It is the first one now; what follows is written as differences from reports that stay. In place: the
                // next reports fill the room again.
                let mut first = Vec::with_capacity(LONGEST);
                encode(None, &report, &mut first);
                let mut blob = std::mem::take(&mut self.blob);
                blob.splice(..end, first);
                return self.replace(blob, self.count - gone, self.last);
            }
            (previous, at, gone) = (Some(report), end, gone + 1);
        }
        self.replace(Vec::new(), 0, None);
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.blob.len()
    }

    /// All reports, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = Past> + '_ {
        let mut cursor = Cursor { generation: self.generation, ..Cursor::default() };
        std::iter::from_fn(move || self.next(&mut cursor))
    }

    /// The next report after the cursor.
    pub fn next(&self, cursor: &mut Cursor) -> Option<Past> {
        if cursor.generation != self.generation {
            *cursor = Cursor { generation: self.generation, after: cursor.after, ..Cursor::default() };
        }
        while (cursor.at as usize) < self.blob.len() {
            let mut at = cursor.at as usize;
            let past = decode(cursor.previous.as_ref(), &self.blob, &mut at);
            cursor.at = at as u32;
            cursor.previous = Some(past);
            if cursor.after.is_none_or(|key| past.key() > key) {
                cursor.after = Some(past.key());
                return Some(past);
            }
        }
        None
    }

    fn rebuild(&mut self, all: &[Past]) {
        let mut blob = Vec::with_capacity(all.len() * 18);
        let mut previous = None;
        for past in all {
            encode(previous, past, &mut blob);
            previous = Some(past);
        }
        self.replace(blob, all.len() as u32, all.last().copied());
    }

    fn replace(&mut self, blob: Vec<u8>, count: u32, last: Option<Past>) {
        (self.blob, self.count, self.last) = (blob, count, last);
        self.finger = Finger::default();
        self.generation = self.generation.wrapping_add(1) & 0x7FFF_FFFF;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::position::Position;
    use super::super::super::record::Heartbeat;
    use super::*;
    use proptest::prelude::*;

    fn past() -> impl Strategy<Value = Past> {
        (
            (1_262_304_000_000i64..2_000_000_000_000, prop_oneof![Just(0u64), 1..90_000u64], any::<bool>()),
            (-90_000_000i32..=90_000_000, -180_000_000i32..=180_000_000),
            (any::<u16>(), any::<u16>(), 0u16..1600, any::<u32>(), any::<u8>(), any::<u16>(), any::<u32>()),
            (any::<bool>(), proptest::option::of(any::<u64>())),
        )
            .prop_map(
                |(
                    (time, seq, contact_only),
                    (lat_e6, lon_e6),
                    (speed, course, sigma_dm, accuracy, battery, alarms, fingerprint),
                    (motion, odometer_dm),
                )| Past {
                    time,
                    seq,
                    position: Position { lat_e6, lon_e6 },
                    speed,
                    course,
                    sigma_dm,
                    accuracy,
                    contact_only,
                    battery,
                    alarms,
                    motion,
                    odometer_dm,
                    fingerprint,
                },
            )
    }

    proptest! {
        #[test]
        fn inserting_in_any_order_gives_the_sorted_log(mut reports in proptest::collection::vec(past(), 1..40)) {
            reports.dedup_by_key(|p| p.key());
            let mut log = PastLog::default();
            for report in &reports {
                log.insert(*report);
            }
            let mut wanted = reports.clone();
            // The last one inserted under a key stands.
            wanted.reverse();
            wanted.sort_by_key(Past::key);
            wanted.dedup_by_key(|p| p.key());
            prop_assert_eq!(log.iter().collect::<Vec<_>>(), wanted.clone());
            for report in &wanted {
                prop_assert_eq!(log.find(report.key()), Some(*report));
            }
            let mut bytes = Vec::new();
            log.put(&mut bytes);
            prop_assert_eq!(PastLog::get(&mut Reader::new(&bytes)).unwrap(), log);
        }

        #[test]
        fn trimming_and_prepending_gives_it_back(mut reports in proptest::collection::vec(past(), 2..60)) {
            reports.sort_by_key(Past::key);
            reports.dedup_by_key(|p| p.key());
            let mut log = PastLog::default();
            reports.iter().for_each(|r| log.push(*r));
            let mut trimmed = log.clone();
            trimmed.trim(log.blob.len() / 3);
            prop_assert!(trimmed.iter().all(|p| p.time >= trimmed.complete_from));
            trimmed.prepend(reports.iter().rev().copied(), Millis::MIN);
            prop_assert_eq!(trimmed.iter().collect::<Vec<_>>(), reports.clone());
            for report in reports.iter().chain([&Past { time: Millis::MAX, ..reports[0] }]) {
                let mut forgetful = log.clone();
                forgetful.forget_before(report.time);
                let wanted: Vec<Past> = reports.iter().filter(|r| r.time >= report.time).copied().collect();
                prop_assert_eq!(forgetful.iter().collect::<Vec<_>>(), wanted.clone());
                prop_assert_eq!((forgetful.len(), forgetful.newest()), (wanted.len(), wanted.last()));
            }
        }
    }

    #[test]
    fn a_cursor_survives_appends_and_insertions() {
        let report = |time| Past { time, seq: 0, ..Past::of_heartbeat(&Heartbeat::default(), time) };
        let mut log = PastLog::default();
        [10, 20, 30].into_iter().for_each(|t| log.push(report(t)));
        let mut cursor = Cursor::after(Some((10, 0)));
        assert_eq!(log.next(&mut cursor).map(|p| p.time), Some(20));
        log.push(report(40));
        log.insert(report(35));
        let rest: Vec<_> = std::iter::from_fn(|| log.next(&mut cursor)).map(|p| p.time).collect();
        assert_eq!(rest, [30, 35, 40]);
    }
}
