//! A value of the log to a record (FORMATS, section 1).

use super::command;
use super::fields::{Fields, Key, missing, wrong_type};
use super::protobuf;
use super::quantise;
use super::reject::{Code, RejectReason};
use super::usual;
use crate::domain::position::Position;
use crate::domain::record::{Body, Fix, Heartbeat};
use crate::domain::time::Millis;

/// Longest line that is read, bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// A record with what the line says about its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// What it says.
    pub body: Body,
    /// Where and when.
    pub envelope: Envelope,
}

/// What a line says about its own place and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Envelope {
    /// `_partition` of an exported line.
    pub partition: Option<u32>,
    /// `_offset` of an exported line.
    pub offset: Option<u64>,
    /// `_timestamp`: the record's own.
    pub timestamp: Option<Millis>,
    /// `receive_time`.
    pub receive_time: Option<Millis>,
    /// `fix_time`, or `time`.
    pub event_time: Option<Millis>,
}

impl Envelope {
    /// The timestamp of the line: `_timestamp`, else `receive_time`, else `fix_time` or `time`. `None` for a heartbeat
    /// without any: it stands at the reader's running clock.
    pub fn timestamp(&self) -> Option<Millis> {
        self.timestamp.or(self.receive_time).or(self.event_time)
    }

    /// Whether the line carries its own place.
    pub fn style(&self) -> LineStyle {
        if self.offset.is_some() { LineStyle::Exported } else { LineStyle::Plain }
    }
}

/// The two kinds of lines; a log has one of them only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStyle {
    /// Its place is its line number.
    Plain,
    /// Its place is in `_partition`, `_offset`, `_timestamp`.
    Exported,
}

/// Watches that a log does not mix the two styles (exit 2).
#[derive(Clone, Copy, Debug, Default)]
pub struct StyleGuard {
    seen: Option<LineStyle>,
}

impl StyleGuard {
    /// Notes the style of a line; `false` where it differs from those before.
    #[must_use]
    pub fn admits(&mut self, style: LineStyle) -> bool {
        *self.seen.get_or_insert(style) == style
    }

    /// The style so far.
    pub fn style(&self) -> Option<LineStyle> {
        self.seen
    }
}

/// Reads one value: a JSON object, around which a byte-order mark, blanks and line ends do not matter, or a
/// `kervan.v1.Record`, which begins with neither a blank nor a brace.
///
/// ```
/// let line = br#"{"type":"tick","time":"2026-05-01T08:00:00.000Z"}"#;
/// assert_eq!(kervan::edge::wire::decode(line)?.body.type_name(), "tick");
/// # Ok::<(), kervan::edge::wire::RejectReason>(())
/// ```
///
/// # Errors
/// The line is no record: with a stable code, the culprit, and what could be read of its place.
pub fn decode(line: &[u8]) -> Result<Decoded, RejectReason> {
    if line.len() > LINE_BYTES_MAX {
        return Err(RejectReason::too_long(line.len() as u64));
    }
    if let Some(decoded) = usual::read(line) {
        return Ok(decoded);
    }
    if protobuf::begins(line) {
        return protobuf::decode(line);
    }
    decode_json(line)
}

/// The whole reader of JSON: every record type, every fault.
pub(super) fn decode_json(line: &[u8]) -> Result<Decoded, RejectReason> {
    let text = std::str::from_utf8(line)
        .map_err(|e| RejectReason::new(Code::NotUtf8, format!("byte {} is not UTF-8", e.valid_up_to())))?;
    let mut fields = Fields::read(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    let mut envelope = Envelope::default();
    match read_record(&mut fields, &mut envelope) {
        Ok(body) => Ok(Decoded { body, envelope }),
        Err(mut reason) => {
            *reason.envelope = envelope;
            Err(reason)
        }
    }
}

fn read_record(fields: &mut Fields<'_>, envelope: &mut Envelope) -> Result<Body, RejectReason> {
    read_place(fields, envelope)?;
    envelope.receive_time = fields.optional_time(Key::ReceiveTime);
    let name = fields.text(Key::Type)?;
    match name.as_ref() {
        "fix" => read_fix(fields, envelope),
        "heartbeat" => Ok(Body::Heartbeat {
            unit: fields.id(Key::Unit)?.into(),
            heartbeat: Heartbeat {
                receive_time: envelope.receive_time,
                battery_pct: fields.optional_number(Key::Battery, quantise::battery),
                alarms: fields.alarms(),
            },
        }),
        other => {
            let known = other == "tick" || other == "rulebook" || command::is_command(other);
            if !known {
                let shown: String = other.chars().take(80).collect();
                return Err(RejectReason::new(Code::UnknownType, format!("the type {shown:?} is not known")));
            }
            let time = fields.time(Key::Time)?;
            envelope.event_time = Some(time);
            match other {
                "tick" => Ok(Body::Tick { time }),
                "rulebook" => read_rulebook(fields, time),
                command => command::read(command, fields, time),
            }
        }
    }
}

/// `_partition`, `_offset`, `_timestamp`: right, and all three or only the last, or the line has no place.
fn read_place(fields: &Fields<'_>, envelope: &mut Envelope) -> Result<(), RejectReason> {
    if fields.get(Key::Timestamp).is_some() {
        envelope.timestamp = Some(fields.time(Key::Timestamp)?);
    }
    if fields.get(Key::Partition).is_none() && fields.get(Key::Offset).is_none() {
        return Ok(());
    }
    let partition = fields.whole(Key::Partition)?.ok_or_else(|| missing(Key::Partition))?;
    let offset = fields.whole(Key::Offset)?.ok_or_else(|| missing(Key::Offset))?;
    if envelope.timestamp.is_none() {
        return Err(missing(Key::Timestamp));
    }
    let partition =
        u32::try_from(partition).map_err(|_| super::fields::out_of_range(Key::Partition, partition as f64))?;
    (envelope.partition, envelope.offset) = (Some(partition), Some(offset));
    Ok(())
}

fn read_fix(fields: &mut Fields<'_>, envelope: &mut Envelope) -> Result<Body, RejectReason> {
    let time = fields.time(Key::FixTime)?;
    envelope.event_time = Some(time);
    let unit = fields.id(Key::Unit)?;
    let position = Position {
        lat_e6: fields.number(Key::Lat, quantise::latitude)?,
        lon_e6: fields.number(Key::Lon, quantise::longitude)?,
    };
    let mut fix = Fix {
        time,
        receive_time: envelope.receive_time,
        position,
        speed_cm_s: fields.optional_number(Key::Speed, quantise::speed),
        course_ddeg: fields.optional_number(Key::Course, quantise::course),
        altitude_dm: fields.optional_number(Key::Altitude, quantise::altitude),
        accuracy_dm: fields.optional_number(Key::Accuracy, quantise::accuracy),
        hdop_centi: fields.optional_number(Key::Hdop, quantise::hdop),
        satellites: fields.optional_number(Key::Satellites, quantise::satellites),
        valid: fields.flag(Key::Valid).unwrap_or(true),
        approximate: fields.flag(Key::Approximate).unwrap_or(false),
        archive: fields.flag(Key::Archive).unwrap_or(false),
        battery_pct: fields.optional_number(Key::Battery, quantise::battery),
        ignition: fields.flag(Key::Ignition),
        motion: fields.flag(Key::Motion),
        odometer_dm: fields.optional_number(Key::Odometer, quantise::odometer),
        seq: fields.optional(Key::Seq, command::read_sequence),
        alarms: fields.alarms(),
        field_dropped: false,
    };
    // What an exported log remembers of the line it came from.
    let dropped_before = fields.flag(Key::FieldDropped).unwrap_or(false);
    fix.field_dropped = fields.dropped || dropped_before;
    Ok(Body::Fix { unit: unit.into(), fix })
}

fn read_rulebook(fields: &Fields<'_>, time: Millis) -> Result<Body, RejectReason> {
    let version = fields.text(Key::Version)?.into_owned();
    let sha256 = fields.text(Key::Sha256)?.to_ascii_lowercase();
    if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong_type(Key::Sha256, "64 hex digits"));
    }
    Ok(Body::Rulebook { version, sha256, time })
}
