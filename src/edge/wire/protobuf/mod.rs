//! The second wire format: `kervan.v1.Record` of `proto/kervan.proto`.
//!
//! A fix and a tick are read straight into the record by [`usual`], for they are nearly all of the log; numbers are
//! rounded and bounded by [`quantise`], like JSON's. Every other record is written as the JSON line that says the same, and read by
//! the reader of JSON: what a command means, what it may leave out and how it is refused stands there.

mod commands;
mod line;
mod messages;
#[cfg(test)]
mod tests;
mod time;
mod usual;

use std::borrow::Cow;

use prost::Message;

use super::decode::{Decoded, Envelope, decode_json};
use super::fields::{Key, in_time_range, missing, no_id, out_of_range, outside_years};
use super::reject::{Code, RejectReason};
use super::{encode, is_id, quantise};
use crate::domain::position::Position;
use crate::domain::record::{Alarms, Body, Fix, Heartbeat, Id};
use messages::{Record, Type};

/// Whether a value that is not JSON may be a record: the tag of a type of the oneof comes first, a message.
pub(super) fn begins(value: &[u8]) -> bool {
    matches!(value, [tag, ..] if *tag >= 2 << 3 && tag & 7 == 2)
}

/// Reads one record.
///
/// # Errors
/// It is none.
pub(super) fn decode(value: &[u8]) -> Result<Decoded, RejectReason> {
    match usual::read(value) {
        Some(decoded) => Ok(decoded),
        None => decode_any(value),
    }
}

/// The whole reader: every record type, every fault.
fn decode_any(value: &[u8]) -> Result<Decoded, RejectReason> {
    let record = Record::decode(value).map_err(|error| {
        RejectReason::new(Code::NotProtobuf, format!("neither JSON nor a kervan.v1.Record: {error}"))
    })?;
    let mut envelope = Envelope::default();
    let body = match record.record {
        Some(Type::Fix(fix)) => read_fix(fix, &mut envelope),
        Some(Type::Heartbeat(heartbeat)) => read_heartbeat(heartbeat, &mut envelope),
        Some(other) => {
            let line = serde_json::to_vec(&other).map_err(|error| unlike(&error))?;
            return decode_json(&line);
        }
        None => {
            let message = "the record has none of the types of kervan.v1.Record".to_owned();
            return Err(RejectReason::new(Code::UnknownType, message));
        }
    };
    match body {
        Ok(body) => Ok(Decoded { body, envelope }),
        Err(mut reason) => {
            *reason.envelope = envelope;
            Err(reason)
        }
    }
}

fn unlike(error: &serde_json::Error) -> RejectReason {
    RejectReason::new(Code::NotProtobuf, format!("the record cannot be said as JSON: {error}"))
}

/// What an optional field says; a value that is refused is dropped and leaves a mark.
struct Optional {
    dropped: bool,
}

impl Optional {
    fn read<V, T>(&mut self, value: Option<V>, read: impl FnOnce(V) -> Option<T>) -> Option<T> {
        let read = read(value?);
        self.dropped |= read.is_none();
        read
    }

    fn alarms(&mut self, numbers: &[i32]) -> Alarms {
        let mut set = Alarms::default();
        for number in numbers {
            match usize::try_from(*number) {
                Ok(number) if (1..=Alarms::NAMES.len()).contains(&number) => set.0 |= 1 << (number - 1),
                _ => self.dropped = true,
            }
        }
        set
    }
}

fn unit_id(text: &str) -> Result<Id, RejectReason> {
    match text {
        "" => Err(missing(Key::Unit)),
        text if is_id(text) => Ok(Id::from(text)),
        text => Err(no_id(Key::Unit, text)),
    }
}

fn read_fix(wire: messages::Fix, envelope: &mut Envelope) -> Result<Body, RejectReason> {
    let mut optional = Optional { dropped: wire.field_dropped.unwrap_or(false) };
    envelope.receive_time = optional.read(wire.receive_time, in_time_range);
    let time = wire.fix_time.ok_or_else(|| missing(Key::FixTime))?;
    let time = in_time_range(time).ok_or_else(|| outside_years(Key::FixTime))?;
    envelope.event_time = Some(time);
    let unit = unit_id(&wire.unit)?;
    let degrees = |value: Option<i32>, key: Key, quantise: fn(f64) -> Option<i32>| {
        let degrees = f64::from(value.ok_or_else(|| missing(key))?) / 1e7;
        quantise(degrees).ok_or_else(|| out_of_range(key, degrees))
    };
    let position = Position {
        lat_e6: degrees(wire.lat, Key::Lat, quantise::latitude)?,
        lon_e6: degrees(wire.lon, Key::Lon, quantise::longitude)?,
    };
    let mut fix = Fix {
        time,
        receive_time: envelope.receive_time,
        position,
        speed_cm_s: optional.read(wire.speed, quantise::speed),
        course_ddeg: optional.read(wire.course, quantise::course),
        altitude_dm: optional.read(wire.altitude, quantise::altitude),
        accuracy_dm: optional.read(wire.accuracy, quantise::accuracy),
        hdop_centi: optional.read(wire.hdop, quantise::hdop),
        satellites: optional.read(wire.satellites, |count| u16::try_from(count).ok()),
        valid: wire.valid.unwrap_or(true),
        approximate: wire.approximate.unwrap_or(false),
        archive: wire.archive.unwrap_or(false),
        battery_pct: optional.read(wire.battery, quantise::battery),
        ignition: wire.ignition,
        motion: wire.motion,
        odometer_dm: optional.read(wire.odometer, quantise::odometer),
        seq: wire.seq,
        alarms: optional.alarms(&wire.alarms),
        field_dropped: false,
    };
    fix.field_dropped = optional.dropped;
    Ok(Body::Fix { unit, fix })
}

fn read_heartbeat(wire: messages::Heartbeat, envelope: &mut Envelope) -> Result<Body, RejectReason> {
    let mut optional = Optional { dropped: false };
    envelope.receive_time = optional.read(wire.receive_time, in_time_range);
    let unit = unit_id(&wire.unit)?;
    let heartbeat = Heartbeat {
        receive_time: envelope.receive_time,
        battery_pct: optional.read(wire.battery, quantise::battery),
        alarms: optional.alarms(&wire.alarms),
    };
    Ok(Body::Heartbeat { unit, heartbeat })
}

/// Appends the message of a record, as a value of the topic.
///
/// # Panics
/// Never: a command becomes its canonical line, and that is what the messages are made of; a property test says so.
pub fn encode_protobuf(body: &Body, out: &mut Vec<u8>) {
    let record = match body {
        Body::Fix { unit, fix } => Type::Fix(fix_message(unit, fix)),
        Body::Heartbeat { unit, heartbeat } => Type::Heartbeat(messages::Heartbeat {
            unit: unit.to_string(),
            receive_time: heartbeat.receive_time,
            battery: heartbeat.battery_pct.map(f64::from),
            alarms: numbers(heartbeat.alarms),
        }),
        Body::Tick { time } => Type::Tick(commands::Tick { time: Some(*time) }),
        other => {
            let mut line = Vec::new();
            encode(other, None, &mut line);
            // Every record type has a message with the fields of its line, which a property test goes through.
            serde_json::from_slice(&line).expect("a canonical line is one of the messages")
        }
    };
    // A vector has room for whatever is asked of it.
    let _ = Record { record: Some(record) }.encode(out);
}

/// The same with its length in front, as it stands in a file.
pub fn encode_protobuf_framed(body: &Body, out: &mut Vec<u8>) {
    let mut message = Vec::new();
    encode_protobuf(body, &mut message);
    let _ = prost::encode_length_delimiter(message.len(), out);
    out.append(&mut message);
}

/// The line of a record for whoever reads JSON only: its own where it came as one, else its canonical one.
pub fn as_json<'a>(value: &'a [u8], body: &Body) -> Cow<'a, [u8]> {
    if !begins(value) {
        return Cow::Borrowed(value);
    }
    let mut line = Vec::new();
    encode(body, None, &mut line);
    Cow::Owned(line)
}

fn numbers(alarms: Alarms) -> Vec<i32> {
    (0..Alarms::NAMES.len() as i32).filter(|bit| alarms.0 >> bit & 1 == 1).map(|bit| bit + 1).collect()
}

fn fix_message(unit: &str, fix: &Fix) -> messages::Fix {
    messages::Fix {
        unit: unit.to_owned(),
        fix_time: Some(fix.time),
        lat: Some(fix.position.lat_e6 * 10),
        lon: Some(fix.position.lon_e6 * 10),
        receive_time: fix.receive_time,
        speed: fix.speed_cm_s.map(|v| f64::from(v) / 100.0),
        course: fix.course_ddeg.map(|v| f64::from(v) / 10.0),
        altitude: fix.altitude_dm.map(|v| f64::from(v) / 10.0),
        accuracy: fix.accuracy_dm.map(|v| f64::from(v) / 10.0),
        hdop: fix.hdop_centi.map(|v| f64::from(v) / 100.0),
        satellites: fix.satellites.map(u32::from),
        valid: (!fix.valid).then_some(false),
        approximate: fix.approximate.then_some(true),
        archive: fix.archive.then_some(true),
        battery: fix.battery_pct.map(f64::from),
        ignition: fix.ignition,
        motion: fix.motion,
        odometer: fix.odometer_dm.map(|v| v as f64 / 10.0),
        seq: fix.seq,
        alarms: numbers(fix.alarms),
        field_dropped: fix.field_dropped.then_some(true),
    }
}
