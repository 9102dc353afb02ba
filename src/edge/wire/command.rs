//! Journey and operator commands of a line.

use super::fields::{Fields, Key, read_text};
use super::quantise;
use super::reject::{Code, RejectReason};
use super::scan::{Value, elements, members};
use crate::domain::position::Position;
use crate::domain::record::{
    Action, Body, Command, Consignment, CorridorChoice, Declaration, InlineCorridor, Mount, Offices, OperatorVerb,
    Vehicle,
};
use crate::domain::time::Millis;

/// Reasons of an `excuse`.
pub(super) const EXCUSES: [&str; 8] =
    ["breakdown", "accident", "road_works", "road_closed", "illness", "security", "authorised", "other"];

/// Whether a type is that of a command.
pub(super) fn is_command(name: &str) -> bool {
    const JOURNEY: [&str; 8] =
        ["activate", "clear_to_depart", "amend", "hold", "release", "excuse", "deactivate", "reopen"];
    JOURNEY.contains(&name) || verb(name).is_some()
}

fn verb(name: &str) -> Option<OperatorVerb> {
    OperatorVerb::ALL.into_iter().find(|v| v.name() == name)
}

/// The command `name`, one of [`is_command`].
pub(super) fn read(name: &str, fields: &mut Fields<'_>, time: Millis) -> Result<Body, RejectReason> {
    let unit = fields.id(Key::Unit)?;
    let action = match name {
        "activate" => {
            Action::Activate { journey: fields.id(Key::Journey)?, declaration: Box::new(declaration(fields)?) }
        }
        "clear_to_depart" => Action::ClearToDepart { journey: fields.id(Key::Journey)? },
        "amend" => amend(fields)?,
        "hold" => Action::Hold { plate: fields.optional_text(Key::Plate), reason: fields.optional_text(Key::Reason) },
        "release" => {
            Action::Release { plate: fields.optional_text(Key::Plate), reason: fields.optional_text(Key::Reason) }
        }
        "excuse" => excuse(fields)?,
        "deactivate" => Action::Deactivate {
            journey: fields.id(Key::Journey)?,
            outcome: fields.optional_text(Key::Outcome),
            note: fields.optional_text(Key::Note),
        },
        "reopen" => Action::Reopen {
            journey: fields.id(Key::Journey)?,
            by: fields.optional_text(Key::By),
            reason: fields.optional_text(Key::Reason),
        },
        other => operator(other, fields)?,
    };
    Ok(Body::Command(Box::new(Command { unit, time, action })))
}

fn amend(fields: &mut Fields<'_>) -> Result<Action, RejectReason> {
    let beside = beside_half_width(fields);
    Ok(Action::Amend {
        journey: fields.id(Key::Journey)?,
        from_time: fields.optional_time(Key::FromTime),
        until: fields.optional_time(Key::Until),
        detour: fields.optional(Key::Detour, |value| inline_corridor(value, beside)),
        changes: Box::new(declaration(fields)?),
        by: fields.optional_text(Key::By),
        reason: fields.optional_text(Key::Reason),
    })
}

fn excuse(fields: &mut Fields<'_>) -> Result<Action, RejectReason> {
    let reason = fields.text(Key::Reason)?.into_owned();
    if !EXCUSES.contains(&reason.as_str()) {
        let list = EXCUSES.join(", ");
        return Err(RejectReason::new(Code::OutOfRange, format!("the field `reason` is none of {list}")));
    }
    Ok(Action::Excuse { alert: fields.id(Key::Alert)?, reason, document: fields.optional_text(Key::Document) })
}

fn operator(name: &str, fields: &mut Fields<'_>) -> Result<Action, RejectReason> {
    let verb =
        verb(name).ok_or_else(|| RejectReason::new(Code::UnknownType, format!("the type {name:?} is not known")))?;
    Ok(Action::Operator {
        verb,
        alert: fields.id(Key::Alert)?,
        by: fields.optional_text(Key::By),
        office: fields.optional_text(Key::Office),
        until: fields.optional_time(Key::Until),
        text: fields.optional_text(Key::Text),
    })
}

fn declaration(fields: &mut Fields<'_>) -> Result<Declaration, RejectReason> {
    Ok(Declaration {
        corridor: corridor(fields)?,
        deadline: fields.optional_time(Key::Deadline),
        interval_ms: fields.optional_number(Key::Interval, quantise::interval),
        risk: fields.optional(Key::Risk, |value| read_sequence(value).filter(|r| *r <= 3).map(|r| r as u8)),
        mount: fields.optional(Key::Mount, |value| {
            let name = read_text(value)?;
            Mount::ALL.into_iter().find(|m| m.name() == name)
        }),
        vehicle: fields.optional(Key::Vehicle, vehicle),
        consignment: fields.optional(Key::Consignment, consignment),
        offices: fields.optional(Key::Offices, offices),
        continues: fields.optional_id(Key::Continues)?,
        note: fields.optional_text(Key::Note),
    })
}

fn corridor(fields: &mut Fields<'_>) -> Result<Option<CorridorChoice>, RejectReason> {
    if let Some(Value::String(_)) = fields.get(Key::Corridor) {
        return Ok(fields.optional_id(Key::Corridor)?.map(CorridorChoice::Id));
    }
    let beside = beside_half_width(fields);
    Ok(fields.optional(Key::Corridor, |value| inline_corridor(value, beside)).map(CorridorChoice::Inline))
}

fn beside_half_width(fields: &Fields<'_>) -> Option<u32> {
    fields.get(Key::HalfWidth).and_then(half_width)
}

fn half_width(value: Value<'_>) -> Option<u32> {
    if let Value::Number(number) = value { quantise::half_width(number.to_f64()) } else { None }
}

/// A GeoJSON LineString, bare or as a Feature; its half width stands in it, in the properties, or `beside` it.
fn inline_corridor(value: Value<'_>, beside: Option<u32>) -> Option<InlineCorridor> {
    let Value::Object(object) = value else { return None };
    let (mut line, mut width, mut feature) = (None, None, false);
    let mut is_line = false;
    for (key, value) in members(object) {
        match key.decode()?.as_ref() {
            "type" => {
                let name = read_text(value)?;
                (is_line, feature) = (name == "LineString", name == "Feature");
            }
            "coordinates" => line = coordinates(value),
            "half_width_m" => width = half_width(value),
            "properties" => width = width.or(inner_half_width(value)),
            "geometry" => {
                if let Some(inner) = geometry(value) {
                    line = Some(inner);
                }
            }
            _ => {}
        }
    }
    if !is_line && !feature {
        return None;
    }
    Some(InlineCorridor { line: line?, half_width_dm: width.or(beside) })
}

fn geometry(value: Value<'_>) -> Option<Vec<Position>> {
    let Value::Object(object) = value else { return None };
    let (mut line, mut is_line) = (None, false);
    for (key, value) in members(object) {
        match key.decode()?.as_ref() {
            "type" => is_line = read_text(value)? == "LineString",
            "coordinates" => line = coordinates(value),
            _ => {}
        }
    }
    line.filter(|_| is_line)
}

fn inner_half_width(value: Value<'_>) -> Option<u32> {
    let Value::Object(object) = value else { return None };
    members(object).filter(|(key, _)| key.decode().as_deref() == Some("half_width_m")).find_map(|(_, v)| half_width(v))
}

/// At least two positions, longitude first (RFC 7946); an altitude is passed over.
fn coordinates(value: Value<'_>) -> Option<Vec<Position>> {
    let Value::Array(list) = value else { return None };
    let line: Vec<Position> = elements(list).map(position).collect::<Option<_>>()?;
    (line.len() >= 2).then_some(line)
}

fn position(value: Value<'_>) -> Option<Position> {
    let Value::Array(pair) = value else { return None };
    let mut numbers = elements(pair);
    let (Some(Value::Number(lon)), Some(Value::Number(lat))) = (numbers.next(), numbers.next()) else { return None };
    Some(Position { lat_e6: quantise::latitude(lat.to_f64())?, lon_e6: quantise::longitude(lon.to_f64())? })
}

fn vehicle(value: Value<'_>) -> Option<Vehicle> {
    let Value::Object(object) = value else { return None };
    let mut vehicle = Vehicle::default();
    for (key, value) in members(object) {
        let slot = match key.decode().as_deref() {
            Some("plate") => &mut vehicle.plate,
            Some("trailer") => &mut vehicle.trailer,
            Some("country") => &mut vehicle.country,
            _ => continue,
        };
        *slot = read_text(value).map(|t| t.into_owned());
    }
    Some(vehicle)
}

fn consignment(value: Value<'_>) -> Option<Consignment> {
    let Value::Object(object) = value else { return None };
    let mut consignment = Consignment::default();
    for (key, value) in members(object) {
        let slot = match key.decode().as_deref() {
            Some("mrn") => &mut consignment.mrn,
            Some("tir_carnet") => &mut consignment.tir_carnet,
            Some("goods") => &mut consignment.goods,
            Some("seals") => {
                consignment.seals = texts(value);
                continue;
            }
            _ => continue,
        };
        *slot = read_text(value).map(|t| t.into_owned());
    }
    Some(consignment)
}

fn offices(value: Value<'_>) -> Option<Offices> {
    let Value::Object(object) = value else { return None };
    let mut offices = Offices::default();
    for (key, value) in members(object) {
        let slot = match key.decode().as_deref() {
            Some("departure") => &mut offices.departure,
            Some("destination") => &mut offices.destination,
            Some("on_route") => {
                offices.on_route = texts(value);
                continue;
            }
            _ => continue,
        };
        *slot = read_text(value).map(|t| t.into_owned());
    }
    Some(offices)
}

/// The strings of a list; other elements are passed over.
fn texts(value: Value<'_>) -> Vec<String> {
    let Value::Array(list) = value else { return Vec::new() };
    elements(list).filter_map(|v| read_text(v).map(|t| t.into_owned())).collect()
}

/// A whole number that is not negative: exact where it is written as one, else the nearest.
pub(super) fn read_sequence(value: Value<'_>) -> Option<u64> {
    let Value::Number(number) = value else { return None };
    number.to_u64().or_else(|| {
        let rounded = number.to_f64().round();
        (0.0..=9_007_199_254_740_992.0).contains(&rounded).then_some(rounded as u64)
    })
}
