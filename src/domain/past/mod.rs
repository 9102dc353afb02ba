//! What memory keeps of a unit: its reports in event order, delta-coded, about 18 bytes each.
//!
//! The log is complete from [`PastLog::complete_from`] on; what is older is asked for through
//! [`History`](super::history::History). Doubted positions stay in it (their alarms and battery count), duplicates
//! and losers of a conflict do not.

mod log;
mod packed;

pub use log::{Cursor, PastLog};

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
