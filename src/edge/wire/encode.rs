//! A record to its canonical line: the keys in the order of FORMATS, section 1, absent fields left out.
//!
//! The line ends with a newline. `decode` gives back the same record; that an optional field had been dropped is kept
//! in `_field_dropped`, so that a log rebuilt from the tracks has the same quality flags.

use super::object::{Object, fixed};
use crate::domain::position::Position;
use crate::domain::record::{
    Action, Body, Command, CorridorChoice, Declaration, Fix, Heartbeat, InlineCorridor, Source,
};

/// Appends the line of a record. With a source it is an exported line: `_partition`, `_offset`, `_timestamp` first.
pub fn encode(body: &Body, source: Option<&Source>, out: &mut Vec<u8>) {
    let mut line = Object::open(out);
    if let Some(source) = source {
        line.int("_partition", source.partition);
        line.int("_offset", source.offset);
        line.time("_timestamp", source.timestamp);
    }
    line.text("type", body.type_name());
    match body {
        Body::Fix { unit, fix } => encode_fix(unit, fix, &mut line),
        Body::Heartbeat { unit, heartbeat } => encode_heartbeat(unit, heartbeat, &mut line),
        Body::Command(command) => encode_command(command, &mut line),
        Body::Tick { time } => line.time("time", *time),
        Body::Rulebook { version, sha256, time } => {
            line.text("version", version);
            line.text("sha256", sha256);
            line.time("time", *time);
        }
    }
    line.close();
    out.push(b'\n');
}

fn encode_fix(unit: &str, fix: &Fix, line: &mut Object<'_>) {
    line.text("unit", unit);
    line.time("fix_time", fix.time);
    line.degrees(fix.position);
    if let Some(time) = fix.receive_time {
        line.time("receive_time", time);
    }
    let numbers = [
        ("speed", fix.speed_cm_s.map(i64::from), 2),
        ("course", fix.course_ddeg.map(i64::from), 1),
        ("altitude", fix.altitude_dm.map(i64::from), 1),
        ("accuracy", fix.accuracy_dm.map(i64::from), 1),
        ("hdop", fix.hdop_centi.map(i64::from), 2),
        ("satellites", fix.satellites.map(i64::from), 0),
    ];
    for (key, value, decimals) in numbers {
        if let Some(value) = value {
            line.fixed(key, value, decimals);
        }
    }
    for (key, value, default) in
        [("valid", fix.valid, true), ("approximate", fix.approximate, false), ("archive", fix.archive, false)]
    {
        if value != default {
            line.bool(key, value);
        }
    }
    if let Some(battery) = fix.battery_pct {
        line.int("battery", battery);
    }
    for (key, value) in [("ignition", fix.ignition), ("motion", fix.motion)] {
        if let Some(value) = value {
            line.bool(key, value);
        }
    }
    if let Some(odometer) = fix.odometer_dm {
        line.fixed("odometer", odometer, 1);
    }
    if let Some(seq) = fix.seq {
        line.int("seq", seq);
    }
    encode_alarms(fix.alarms, line);
    if fix.field_dropped {
        line.bool("_field_dropped", true);
    }
}

fn encode_alarms(alarms: crate::domain::record::Alarms, line: &mut Object<'_>) {
    if alarms.0 != 0 {
        line.texts("alarms", &alarms.names().collect::<Vec<_>>());
    }
}

fn encode_heartbeat(unit: &str, heartbeat: &Heartbeat, line: &mut Object<'_>) {
    line.text("unit", unit);
    if let Some(time) = heartbeat.receive_time {
        line.time("receive_time", time);
    }
    if let Some(battery) = heartbeat.battery_pct {
        line.int("battery", battery);
    }
    encode_alarms(heartbeat.alarms, line);
}

fn encode_command(command: &Command, line: &mut Object<'_>) {
    line.text("unit", &command.unit);
    line.optional_text("journey", command.action.journey());
    line.time("time", command.time);
    match &command.action {
        Action::Activate { declaration, .. } => declared(declaration, line),
        Action::ClearToDepart { .. } => {}
        Action::Amend { from_time, until, detour, changes, by, reason, .. } => {
            declared(changes, line);
            for (key, time) in [("from_time", from_time), ("until", until)] {
                if let Some(time) = time {
                    line.time(key, *time);
                }
            }
            if let Some(detour) = detour {
                encode_inline("detour", detour, line);
            }
            line.optional_text("by", by.as_deref());
            line.optional_text("reason", reason.as_deref());
        }
        Action::Hold { plate, reason } | Action::Release { plate, reason } => {
            line.optional_text("plate", plate.as_deref());
            line.optional_text("reason", reason.as_deref());
        }
        Action::Excuse { alert, reason, document } => {
            line.text("alert", alert);
            line.text("reason", reason);
            line.optional_text("document", document.as_deref());
        }
        Action::Deactivate { outcome, note, .. } => {
            line.optional_text("outcome", outcome.as_deref());
            line.optional_text("note", note.as_deref());
        }
        Action::Reopen { by, reason, .. } => {
            line.optional_text("by", by.as_deref());
            line.optional_text("reason", reason.as_deref());
        }
        Action::Operator { alert, by, office, until, text, .. } => {
            line.text("alert", alert);
            line.optional_text("by", by.as_deref());
            line.optional_text("office", office.as_deref());
            if let Some(until) = until {
                line.time("until", *until);
            }
            line.optional_text("text", text.as_deref());
        }
    }
}

/// Appends what was declared as an object of its own: the fields of `activate` that are given.
pub fn encode_declaration(declaration: &Declaration, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    declared(declaration, &mut object);
    object.close();
}

fn declared(declaration: &Declaration, line: &mut Object<'_>) {
    match &declaration.corridor {
        Some(CorridorChoice::Id(id)) => line.text("corridor", id),
        Some(CorridorChoice::Inline(inline)) => encode_inline("corridor", inline, line),
        None => {}
    }
    if let Some(deadline) = declaration.deadline {
        line.time("deadline", deadline);
    }
    match declaration.interval_ms {
        Some(interval) if interval % 1_000 == 0 => line.int("interval_s", interval / 1_000),
        Some(interval) => line.fixed("interval_s", interval, 3),
        None => {}
    }
    if let Some(risk) = declaration.risk {
        line.int("risk", risk);
    }
    line.optional_text("mount", declaration.mount.map(|m| m.name()));
    if let Some(vehicle) = &declaration.vehicle {
        let mut inner = Object::open(line.key("vehicle"));
        inner.optional_text("plate", vehicle.plate.as_deref());
        inner.optional_text("trailer", vehicle.trailer.as_deref());
        inner.optional_text("country", vehicle.country.as_deref());
        inner.close();
    }
    if let Some(consignment) = &declaration.consignment {
        let mut inner = Object::open(line.key("consignment"));
        inner.optional_text("mrn", consignment.mrn.as_deref());
        inner.optional_text("tir_carnet", consignment.tir_carnet.as_deref());
        if !consignment.seals.is_empty() {
            inner.texts("seals", &consignment.seals);
        }
        inner.optional_text("goods", consignment.goods.as_deref());
        inner.close();
    }
    if let Some(offices) = &declaration.offices {
        let mut inner = Object::open(line.key("offices"));
        inner.optional_text("departure", offices.departure.as_deref());
        inner.optional_text("destination", offices.destination.as_deref());
        if !offices.on_route.is_empty() {
            inner.texts("on_route", &offices.on_route);
        }
        inner.close();
    }
    line.optional_text("continues", declaration.continues.as_deref());
    line.optional_text("note", declaration.note.as_deref());
}

fn encode_inline(key: &str, inline: &InlineCorridor, line: &mut Object<'_>) {
    let mut object = Object::open(line.key(key));
    object.text("type", "LineString");
    let out = object.key("coordinates");
    out.push(b'[');
    for (i, Position { lat_e6, lon_e6 }) in inline.line.iter().enumerate() {
        out.extend_from_slice(if i > 0 { b",[" } else { b"[" });
        fixed(i128::from(*lon_e6), 6, out);
        out.push(b',');
        fixed(i128::from(*lat_e6), 6, out);
        out.push(b']');
    }
    out.push(b']');
    if let Some(width) = inline.half_width_dm {
        object.fixed("half_width_m", width, 1);
    }
    object.close();
}
