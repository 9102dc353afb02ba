//! What memory keeps of a unit: its reports in event order, delta-coded, about 18 bytes each.
//!
//! The log is complete from [`PastLog::complete_from`] on; what is older is asked for through
//! [`History`](super::history::History). Doubted positions stay in it (their alarms and battery count), duplicates
//! and losers of a conflict do not.

use super::codec::{Reader, State, StateError, state};
use super::output::Quality;
use super::position::Position;
use super::record::{Alarms, Fix, Heartbeat};
use super::time::Millis;

/// Order of reports: event time, then the unit's own sequence number (0 where it gives none, else number + 1; heartbeats last).
pub type Key = (Millis, u64);

/// Greatest sequence number told apart; keys beyond it are those of heartbeats, by what they say.
const LAST_SEQ: u64 = 1 << 62;

/// `u16` and `u32` fields that the unit did not give.
pub const NONE_U16: u16 = u16::MAX;
/// See [`NONE_U16`].
pub const NONE_U32: u32 = u32::MAX;
/// A battery that the unit did not give.
pub const NONE_BATTERY: u8 = u8::MAX;

/// The part of a report that can ever decide something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// Event time.
    pub time: Millis,
    /// See [`Key`].
    pub seq: u64,
    /// Position; meaningless where `contact_only`.
    pub position: Position,
    /// 0.01 m/s, or [`NONE_U16`].
    pub speed: u16,
    /// 0.1°, or [`NONE_U16`].
    pub course: u16,
    /// Standard deviation before the mount's factor, 0.1 m.
    pub sigma_dm: u16,
    /// Reported accuracy for the conflict rule, 0.1 m, or [`NONE_U32`].
    pub accuracy: u32,
    /// No geometry: invalid, weak, approximate, null island, or a heartbeat.
    pub contact_only: bool,
    /// Percent, or [`NONE_BATTERY`].
    pub battery: u8,
    /// Alarm flags.
    pub alarms: u16,
    /// The unit's own motion sensor says moving.
    pub motion: bool,
    /// Odometer, 0.1 m.
    pub odometer_dm: Option<u64>,
    /// Payload hash, for duplicates and ties.
    pub fingerprint: u32,
}

impl Past {
    /// A fix with the flags that admission gave it.
    pub fn of_fix(fix: &Fix, sigma_dm: u16, doubt: Quality) -> Past {
        Past {
            time: fix.time,
            seq: fix.seq.map_or(0, |seq| seq.min(LAST_SEQ) + 1),
            position: fix.position,
            speed: fix.speed_cm_s.map_or(NONE_U16, |v| v.min(u32::from(NONE_U16) - 1) as u16),
            course: fix.course_ddeg.unwrap_or(NONE_U16),
            sigma_dm,
            accuracy: fix.accuracy_dm.filter(|a| *a > 0).unwrap_or(NONE_U32),
            contact_only: doubt != Quality::default(),
            battery: fix.battery_pct.unwrap_or(NONE_BATTERY),
            alarms: fix.alarms.0,
            motion: fix.motion == Some(true),
            odometer_dm: fix.odometer_dm,
            fingerprint: fingerprint(fix),
        }
    }

    /// A contact without a position. It stands beside a fix of the same instant, after it, and never in its place.
    pub fn of_heartbeat(heartbeat: &Heartbeat, time: Millis) -> Past {
        let fingerprint =
            mix(mix(0x6865_6172, u64::from(heartbeat.alarms.0)), heartbeat.battery_pct.map_or(999, u64::from)) as u32;
        Past {
            time,
            seq: LAST_SEQ + 2 + u64::from(fingerprint),
            position: Position::default(),
            speed: NONE_U16,
            course: NONE_U16,
            sigma_dm: 0,
            accuracy: NONE_U32,
            contact_only: true,
            battery: heartbeat.battery_pct.unwrap_or(NONE_BATTERY),
            alarms: heartbeat.alarms.0,
            motion: false,
            odometer_dm: None,
            fingerprint,
        }
    }

    /// Its place in event order.
    pub fn key(&self) -> Key {
        (self.time, self.seq)
    }

    /// Whether it carries alarms or a battery reading.
    pub fn has_senses(&self) -> bool {
        self.alarms != 0 || self.battery != NONE_BATTERY
    }

    /// Which of two different reports with one key stands: the smaller accuracy, then the smaller payload hash.
    pub fn beats(&self, other: &Past) -> bool {
        (self.accuracy, self.fingerprint) < (other.accuracy, other.fingerprint)
    }

    /// The alarm flags.
    pub fn alarm_flags(&self) -> Alarms {
        Alarms(self.alarms)
    }
}

/// SplitMix64's finalizer over a running value: fixed, the same on every machine.
fn mix(seed: u64, value: u64) -> u64 {
    let mut z = (seed ^ value).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Hash of what the unit itself said: not when it was received, nor whether it came from a buffer, so that a report
/// sent again is the same report.
fn fingerprint(fix: &Fix) -> u32 {
    let position = (fix.position.lat_e6 as u32 as u64) << 32 | fix.position.lon_e6 as u32 as u64;
    let optional = |v: Option<u64>| v.map_or(u64::MAX, |v| v);
    let flags = u64::from(fix.valid) | u64::from(fix.approximate) << 1;
    let booleans = [fix.ignition, fix.motion].iter().fold(0u64, |acc, b| acc << 2 | b.map_or(0, |b| 1 + u64::from(b)));
    let motion = optional(fix.speed_cm_s.map(u64::from)) << 20 ^ optional(fix.course_ddeg.map(u64::from));
    let quality = optional(fix.accuracy_dm.map(u64::from)) << 32 ^ optional(fix.hdop_centi.map(u64::from));
    let rest = optional(fix.satellites.map(u64::from)) << 24 ^ optional(fix.battery_pct.map(u64::from));
    let altitude = fix.altitude_dm.map_or(u64::MAX, |a| a as u32 as u64);
    let mut hash = mix(position, flags << 8 | booleans << 4);
    for part in [motion, quality, rest, altitude, optional(fix.odometer_dm), u64::from(fix.alarms.0)] {
        hash = mix(hash, part);
    }
    hash as u32
}

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
}
state!(PastLog { blob, count, last, complete_from, generation });

impl Default for PastLog {
    fn default() -> Self {
        PastLog { blob: Vec::new(), count: 0, last: None, complete_from: Millis::MIN, generation: 0 }
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
        encode(self.last.as_ref(), &past, &mut self.blob);
        self.count += 1;
        self.last = Some(past);
    }

    /// The report with this key.
    pub fn find(&self, key: Key) -> Option<Past> {
        match &self.last {
            Some(last) if key < last.key() => self.iter().take_while(|p| p.key() <= key).find(|p| p.key() == key),
            Some(last) if key == last.key() => Some(*last),
            _ => None,
        }
    }

    /// Inserts a report at its place, or replaces the one with its key.
    pub fn insert(&mut self, past: Past) {
        if self.last.as_ref().is_none_or(|last| past.key() > last.key()) {
            return self.push(past);
        }
        let mut all: Vec<Past> = self.iter().collect();
        match all.binary_search_by_key(&past.key(), Past::key) {
            Ok(at) => all[at] = past,
            Err(at) => all.insert(at, past),
        }
        self.rebuild(&all);
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
        if from > self.complete_from {
            let kept: Vec<Past> = self.iter().filter(|p| p.time >= from).collect();
            self.complete_from = from;
            self.rebuild(&kept);
        }
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
        self.blob = blob;
        self.count = all.len() as u32;
        self.last = all.last().copied();
        self.generation = self.generation.wrapping_add(1) & 0x7FFF_FFFF;
    }
}

const CONTACT_ONLY: u16 = 1;
const HAS_SPEED: u16 = 2;
const HAS_COURSE: u16 = 4;
const HAS_ACCURACY: u16 = 8;
const HAS_BATTERY: u16 = 16;
const HAS_ODOMETER: u16 = 32;
const MOTION: u16 = 64;
// Beyond here the flags take a second byte.
const HAS_SEQ: u16 = 128;
const HAS_ALARMS: u16 = 256;

fn encode(previous: Option<&Past>, past: &Past, out: &mut Vec<u8>) {
    let flag = |bit: u16, on: bool| if on { bit } else { 0 };
    varint(
        u64::from(
            flag(CONTACT_ONLY, past.contact_only)
                | flag(HAS_SEQ, past.seq != 0)
                | flag(HAS_SPEED, past.speed != NONE_U16)
                | flag(HAS_COURSE, past.course != NONE_U16)
                | flag(HAS_ACCURACY, past.accuracy != NONE_U32)
                | flag(HAS_BATTERY, past.battery != NONE_BATTERY)
                | flag(HAS_ALARMS, past.alarms != 0)
                | flag(HAS_ODOMETER, past.odometer_dm.is_some())
                | flag(MOTION, past.motion),
        ),
        out,
    );
    let (time, position) = previous.map_or((0, Position::default()), |p| (p.time, p.position));
    signed(past.time - time, out);
    signed(i64::from(past.position.lat_e6) - i64::from(position.lat_e6), out);
    signed(i64::from(past.position.lon_e6) - i64::from(position.lon_e6), out);
    varint(u64::from(past.sigma_dm), out);
    if past.seq != 0 {
        varint(past.seq, out);
    }
    for value in [past.speed, past.course] {
        if value != NONE_U16 {
            varint(u64::from(value), out);
        }
    }
    if past.accuracy != NONE_U32 {
        varint(u64::from(past.accuracy), out);
    }
    if past.battery != NONE_BATTERY {
        out.push(past.battery);
    }
    if past.alarms != 0 {
        varint(u64::from(past.alarms), out);
    }
    if let Some(odometer) = past.odometer_dm {
        signed(odometer.wrapping_sub(previous.and_then(|p| p.odometer_dm).unwrap_or(0)) as i64, out);
    }
    out.extend_from_slice(&past.fingerprint.to_le_bytes());
}

fn decode(previous: Option<&Past>, blob: &[u8], at: &mut usize) -> Past {
    let flags = read_varint(blob, at) as u16;
    let (time, position) = previous.map_or((0, Position::default()), |p| (p.time, p.position));
    let time = time + read_signed(blob, at);
    let lat_e6 = (i64::from(position.lat_e6) + read_signed(blob, at)) as i32;
    let lon_e6 = (i64::from(position.lon_e6) + read_signed(blob, at)) as i32;
    let sigma_dm = read_varint(blob, at) as u16;
    let mut optional = |bit: u16, none: u64| if flags & bit != 0 { read_varint(blob, at) } else { none };
    let seq = optional(HAS_SEQ, 0);
    let speed = optional(HAS_SPEED, u64::from(NONE_U16)) as u16;
    let course = optional(HAS_COURSE, u64::from(NONE_U16)) as u16;
    let accuracy = optional(HAS_ACCURACY, u64::from(NONE_U32)) as u32;
    let battery = if flags & HAS_BATTERY != 0 {
        *at += 1;
        blob[*at - 1]
    } else {
        NONE_BATTERY
    };
    let alarms = if flags & HAS_ALARMS != 0 { read_varint(blob, at) as u16 } else { 0 };
    let odometer_dm = (flags & HAS_ODOMETER != 0).then(|| {
        let before = previous.and_then(|p| p.odometer_dm).unwrap_or(0);
        before.wrapping_add(read_signed(blob, at) as u64)
    });
    let mut fingerprint = [0; 4];
    fingerprint.copy_from_slice(&blob[*at..*at + 4]);
    *at += 4;
    Past {
        time,
        seq,
        position: Position { lat_e6, lon_e6 },
        speed,
        course,
        sigma_dm,
        accuracy,
        contact_only: flags & CONTACT_ONLY != 0,
        battery,
        alarms,
        motion: flags & MOTION != 0,
        odometer_dm,
        fingerprint: u32::from_le_bytes(fingerprint),
    }
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn signed(value: i64, out: &mut Vec<u8>) {
    varint((value << 1 ^ value >> 63) as u64, out);
}

fn read_varint(blob: &[u8], at: &mut usize) -> u64 {
    let mut value = 0;
    let mut shift = 0;
    loop {
        let byte = blob[*at];
        *at += 1;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
        shift += 7;
    }
}

fn read_signed(blob: &[u8], at: &mut usize) -> i64 {
    let value = read_varint(blob, at);
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

impl State for Past {
    fn put(&self, out: &mut Vec<u8>) {
        encode(None, self, out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        // A report has at most 64 bytes; decode from a copy padded with zeros so that a torn one cannot read past it.
        let mut window = [0u8; 96];
        let mut probe = Vec::new();
        while let Ok(byte) = from.take(1) {
            probe.push(byte[0]);
            window[probe.len() - 1] = byte[0];
            let mut at = 0;
            let past = decode(None, &window, &mut at);
            if at <= probe.len() {
                return Ok(past);
            }
            if probe.len() >= 80 {
                break;
            }
        }
        Err(from.error("a report"))
    }
}

#[cfg(test)]
mod tests {
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
            prop_assert_eq!(trimmed.iter().collect::<Vec<_>>(), reports);
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
