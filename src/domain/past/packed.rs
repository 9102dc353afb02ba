//! A report as a difference from the one before it: varints behind a word of flags.

use super::super::codec::{Reader, State, StateError};
use super::super::position::Position;
use super::{NONE_BATTERY, NONE_U16, NONE_U32, Past};

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

/// Room for any report: it takes 64 bytes at most, every number at its longest.
pub(super) const LONGEST: usize = 96;

/// Bytes on their way into a blob: one look at the room that is left in it for all of them.
struct Scratch {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Scratch {
    #[inline]
    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }
}

pub(super) fn encode(previous: Option<&Past>, past: &Past, out: &mut Vec<u8>) {
    let mut scratch = Scratch { bytes: [0; LONGEST], len: 0 };
    write(previous, past, &mut scratch);
    out.extend_from_slice(&scratch.bytes[..scratch.len]);
}

fn write(previous: Option<&Past>, past: &Past, out: &mut Scratch) {
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
    past.fingerprint.to_le_bytes().into_iter().for_each(|byte| out.push(byte));
}

pub(super) fn decode(previous: Option<&Past>, blob: &[u8], at: &mut usize) -> Past {
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

fn varint(mut value: u64, out: &mut Scratch) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn signed(value: i64, out: &mut Scratch) {
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
        let mut window = [0u8; LONGEST];
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
