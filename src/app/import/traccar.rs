//! Traccar's forwarded positions (DOMAIN, section 5): `{"position":{…},"device":{…}}` a line, or an array of positions.
//!
//! Speeds are knots. A message without a new GNSS fix repeats the last one under a newer device time: that is contact
//! without a position, a `heartbeat`, and must never reach a detector as a fix.

use super::draft::Draft;
use super::harvest::Harvest;
use super::{ImportArgs, SpeedUnit, log_failure, unreadable};
use crate::app::failure::Failure;
use crate::domain::record::{Alarms, Body, Heartbeat};
use crate::domain::time::Millis;
use crate::edge::log;
use crate::edge::wire::{instant, quantise};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::path::Path;

/// What Traccar writes as the time of a fix where it never had one: the begin of GPS time.
const NEVER: Millis = 315_964_800_000;

type Object = Map<String, Value>;

/// The last fix of a unit: its time, and when it was sent.
type LastSeen = BTreeMap<String, (Millis, Option<Millis>)>;

/// Reads a file; rows are lines, or elements of the array.
pub(super) fn read(file: &Path, args: &ImportArgs, harvest: &mut Harvest) -> Result<(), Failure> {
    let mut bytes = log::open(file).map_err(log_failure)?;
    let mut last = LastSeen::new();
    let head = bytes.fill_buf().map_err(|e| unreadable(file, e))?;
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if head.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[') {
        let mut whole = Vec::new();
        bytes.read_to_end(&mut whole).map_err(|e| unreadable(file, e))?;
        let whole = whole.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&whole);
        let list: Vec<Value> = serde_json::from_slice(whole).map_err(|e| unreadable(file, e))?;
        for (row, value) in (1..).zip(&list) {
            take(row, value, args, &mut last, harvest);
        }
        return Ok(());
    }
    let mut line = Vec::new();
    for row in 1.. {
        line.clear();
        if bytes.read_until(b'\n', &mut line).map_err(|e| unreadable(file, e))? == 0 {
            break;
        }
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        match serde_json::from_slice(text) {
            Ok(value) => take(row, &value, args, &mut last, harvest),
            Err(error) => harvest.refuse(row, "not JSON", error),
        }
    }
    Ok(())
}

fn take(row: u64, value: &Value, args: &ImportArgs, last: &mut LastSeen, harvest: &mut Harvest) {
    if value.get("event").is_some() {
        // An event is a hint at most; the position it carries was forwarded by itself.
        return harvest.pass_over("events");
    }
    let position = value.get("position").unwrap_or(value);
    let Some(position) = position.as_object() else {
        return harvest.refuse(row, "not a position", "it has no object `position`");
    };
    let unique = value.pointer("/device/uniqueId").and_then(Value::as_str).map(str::to_owned);
    let internal = position.get("deviceId").filter(|id| id.is_i64()).map(Value::to_string);
    let Some(unit) = args.unit.clone().or(unique).or(internal).and_then(|name| harvest.unit_id(&name)) else {
        return harvest.refuse(row, "without a unit", "it has neither device.uniqueId nor position.deviceId");
    };
    match read_position(position, &unit, last) {
        Ok(body) => harvest.take(body),
        Err((kind, reason)) => harvest.refuse(row, kind, reason),
    }
}

fn read_position(position: &Object, unit: &str, last: &mut LastSeen) -> Result<Body, (&'static str, String)> {
    let nothing = Object::new();
    let attributes = position.get("attributes").and_then(Value::as_object).unwrap_or(&nothing);
    let time = |key: &str| position.get(key).and_then(Value::as_str).and_then(instant::parse);
    let (server_time, device_time) = (time("serverTime"), time("deviceTime"));
    let sent = device_time.or(server_time);
    let alarms = alarms(attributes);
    let fix_time = match position.get("fixTime") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let text = value.as_str().ok_or_else(|| ("with a bad time", "fixTime is no string".to_owned()))?;
            let time = instant::parse(text);
            Some(time.ok_or_else(|| ("with a bad time", format!("fixTime {text:?} is not RFC 3339")))?)
        }
    };
    let outdated = position.get("outdated") == Some(&Value::Bool(true));
    let fresh = fix_time.filter(|t| *t != NEVER && !outdated && !is_stale(*t, sent, last.get(unit)));
    let Some(fix_time) = fresh else {
        let battery = attributes.get("batteryLevel").and_then(Value::as_f64).and_then(quantise::battery);
        let heartbeat = Heartbeat { receive_time: server_time.or(device_time), battery_pct: battery, alarms };
        return Ok(Body::Heartbeat { unit: unit.into(), heartbeat });
    };
    let coordinate = |key: &str| {
        let value = position.get(key).filter(|v| !v.is_null());
        let value = value.ok_or_else(|| ("without a position", format!("{key} is missing")))?;
        value.as_f64().ok_or_else(|| ("with a bad number", format!("{key} {value} is no number")))
    };
    let mut numbers = Numbers { dropped: false };
    let draft = Draft {
        time: fix_time,
        receive_time: server_time,
        lat: coordinate("latitude")?,
        lon: coordinate("longitude")?,
        speed: numbers.read(position, "speed").map(|knots| knots * SpeedUnit::Kn.metres_per_second()),
        course: numbers.read(position, "course"),
        altitude: numbers.read(position, "altitude"),
        // 0 is "unknown" to Traccar.
        accuracy: numbers.read(position, "accuracy").filter(|metres| *metres != 0.0),
        hdop: numbers.read(attributes, "hdop"),
        satellites: numbers.read(attributes, "sat"),
        battery: numbers.read(attributes, "batteryLevel"),
        odometer: numbers.read(attributes, "odometer"),
        seq: attributes.get("index").and_then(Value::as_u64),
        invalid: position.get("valid") == Some(&Value::Bool(false)),
        approximate: attributes.get("approximate") == Some(&Value::Bool(true)),
        archive: attributes.get("archive") == Some(&Value::Bool(true)),
        ignition: attributes.get("ignition").and_then(Value::as_bool),
        motion: attributes.get("motion").and_then(Value::as_bool),
        alarms,
        dropped: numbers.dropped,
    };
    let body = draft.into_fix(unit.to_owned()).map_err(|reason| ("out of range", reason))?;
    last.insert(unit.to_owned(), (fix_time, sent));
    Ok(body)
}

/// The fix of before, sent again later (the only sign since version 6.10).
fn is_stale(fix_time: Millis, sent: Option<Millis>, last: Option<&(Millis, Option<Millis>)>) -> bool {
    last.is_some_and(|(time, before)| *time == fix_time && sent > *before)
}

struct Numbers {
    dropped: bool,
}

impl Numbers {
    /// A number, where there is one; what is there and is none (`"NaN"`) is dropped.
    fn read(&mut self, object: &Object, key: &str) -> Option<f64> {
        let value = object.get(key).filter(|v| !v.is_null())?;
        let number = value.as_f64();
        self.dropped |= number.is_none();
        number
    }
}

fn alarms(attributes: &Object) -> Alarms {
    let names = attributes.get("alarm").and_then(Value::as_str).unwrap_or_default();
    Alarms(names.split(',').filter_map(|name| alarm(name.trim())).fold(0, |set, alarm| set | alarm.0))
}

/// The flag of an alarm of Traccar; those that mean nothing to us have none.
pub(super) fn alarm(name: &str) -> Option<Alarms> {
    Alarms::bit(match name {
        "tampering" => "tamper",
        "removing" => "removed",
        "powerCut" => "power_cut",
        "lowBattery" => "low_battery",
        "gpsAntennaCut" => "antenna_cut",
        "door" | "lock" | "unlock" | "jamming" | "sos" => name,
        _ => return None,
    })
}
