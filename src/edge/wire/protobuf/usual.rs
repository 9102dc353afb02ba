//! The usual fix and tick, read in one pass without a message in between.
//!
//! As with JSON: what this reader takes is read exactly as prost reads it; every other value it leaves alone (`None`):
//! another type, an unknown field, a wrong wire type, a value that is refused or dropped. So nothing is decided here.

use super::super::decode::{Decoded, Envelope};
use super::super::fields::in_time_range;
use super::super::{is_id, quantise};
use crate::domain::position::Position;
use crate::domain::record::{Alarms, Body, Fix};

const VARINT: u64 = 0;
const DOUBLE: u64 = 1;
const BYTES: u64 = 2;

/// Reads a record that is one fix or one tick.
pub(super) fn read(value: &[u8]) -> Option<Decoded> {
    let mut walk = Walk { rest: value };
    let tag = walk.varint()?;
    let message = walk.bytes()?;
    if !walk.rest.is_empty() {
        return None;
    }
    match (tag >> 3, tag & 7) {
        (2, BYTES) => read_fix(message),
        (17, BYTES) => read_tick(message),
        _ => None,
    }
}

fn read_tick(message: &[u8]) -> Option<Decoded> {
    let mut walk = Walk { rest: message };
    if walk.varint()? != 1 << 3 | VARINT {
        return None;
    }
    let time = in_time_range(walk.varint()? as i64)?;
    let envelope = Envelope { event_time: Some(time), ..Envelope::default() };
    walk.rest.is_empty().then_some(Decoded { body: Body::Tick { time }, envelope })
}

fn read_fix(message: &[u8]) -> Option<Decoded> {
    let mut walk = Walk { rest: message };
    let mut fix = Fix { valid: true, ..Fix::default() };
    let mut envelope = Envelope::default();
    let (mut unit, mut lat, mut lon) = (None, None, None);
    while !walk.rest.is_empty() {
        let tag = walk.varint()?;
        match (tag >> 3, tag & 7) {
            (1, BYTES) => unit = Some(walk.bytes()?),
            (2, VARINT) => envelope.event_time = Some(in_time_range(walk.varint()? as i64)?),
            (3, VARINT) => lat = Some(quantise::latitude(f64::from(walk.sint32()?) / 1e7)?),
            (4, VARINT) => lon = Some(quantise::longitude(f64::from(walk.sint32()?) / 1e7)?),
            (5, VARINT) => envelope.receive_time = Some(in_time_range(walk.varint()? as i64)?),
            (6, DOUBLE) => fix.speed_cm_s = Some(quantise::speed(walk.double()?)?),
            (7, DOUBLE) => fix.course_ddeg = Some(quantise::course(walk.double()?)?),
            (8, DOUBLE) => fix.altitude_dm = Some(quantise::altitude(walk.double()?)?),
            (9, DOUBLE) => fix.accuracy_dm = Some(quantise::accuracy(walk.double()?)?),
            (10, DOUBLE) => fix.hdop_centi = Some(quantise::hdop(walk.double()?)?),
            // prost cuts a varint of more bits than the field has.
            (11, VARINT) => fix.satellites = Some(u16::try_from(walk.varint()? as u32).ok()?),
            (12, VARINT) => fix.valid = walk.varint()? != 0,
            (13, VARINT) => fix.approximate = walk.varint()? != 0,
            (14, VARINT) => fix.archive = walk.varint()? != 0,
            (15, DOUBLE) => fix.battery_pct = Some(quantise::battery(walk.double()?)?),
            (16, VARINT) => fix.ignition = Some(walk.varint()? != 0),
            (17, VARINT) => fix.motion = Some(walk.varint()? != 0),
            (18, DOUBLE) => fix.odometer_dm = Some(quantise::odometer(walk.double()?)?),
            (19, VARINT) => fix.seq = Some(walk.varint()?),
            (20, BYTES) => fix.alarms = walk.alarms(fix.alarms)?,
            (21, VARINT) => fix.field_dropped = walk.varint()? != 0,
            _ => return None,
        }
    }
    let unit = std::str::from_utf8(unit?).ok().filter(|unit| is_id(unit))?;
    fix.time = envelope.event_time?;
    fix.receive_time = envelope.receive_time;
    fix.position = Position { lat_e6: lat?, lon_e6: lon? };
    Some(Decoded { body: Body::Fix { unit: unit.into(), fix }, envelope })
}

struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    #[inline]
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        // A tenth byte that says more than one bit is a fault, and left to prost.
        for (at, byte) in self.rest.iter().take(9).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * at);
            if *byte < 0x80 {
                self.rest = &self.rest[at + 1..];
                return Some(value);
            }
        }
        match self.rest {
            [_, _, _, _, _, _, _, _, _, 1, rest @ ..] => {
                self.rest = rest;
                Some(value | 1 << 63)
            }
            _ => None,
        }
    }

    #[inline]
    fn sint32(&mut self) -> Option<i32> {
        let zigzag = self.varint()? as u32;
        Some((zigzag >> 1) as i32 ^ -((zigzag & 1) as i32))
    }

    #[inline]
    fn double(&mut self) -> Option<f64> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(f64::from_le_bytes(*bytes))
    }

    #[inline]
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    /// Packed numbers of alarms, added to those before.
    fn alarms(&mut self, mut set: Alarms) -> Option<Alarms> {
        let mut packed = Walk { rest: self.bytes()? };
        while !packed.rest.is_empty() {
            let number = usize::try_from(packed.varint()?).ok()?;
            set.0 |= (1..=Alarms::NAMES.len()).contains(&number).then(|| 1 << (number - 1))?;
        }
        Some(set)
    }
}
