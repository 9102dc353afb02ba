//! Rows for tests: every field, nulls and extremes included.

use super::records::RecordRow;
use super::rejects::RejectRow;
use crate::domain::alert::{AlertText, Condition, Confidence, Evidence, Handling, Kind, Op, Priority, Revision};
use crate::domain::output::{JourneyRow, MotionState, Quality, TrackRow};
use crate::domain::position::Position;
use crate::domain::record::{
    Alarms, Consignment, CorridorChoice, Declaration, Fix, Heartbeat, Id, Mount, Offices, Source, Vehicle,
};
use crate::domain::time::Millis;
use proptest::option::of;
use proptest::prelude::*;

/// 2026-05-01T08:00:00Z.
pub(super) const T0: Millis = 1_777_622_400_000;

/// Largest value of a decimal of 18 digits.
const DIGITS_18: u64 = 999_999_999_999_999_999;

fn id() -> impl Strategy<Value = String> {
    "[A-Za-z0-9._:-]{1,8}"
}

/// A fix of any content.
pub(super) fn any_fix() -> impl Strategy<Value = Fix> {
    let place = (-90_000_000..=90_000_000_i32, -180_000_000..=180_000_000_i32);
    let place = place.prop_map(|(lat_e6, lon_e6)| Position { lat_e6, lon_e6 });
    let time = prop_oneof![T0..T0 + 1_000_000, any::<i64>()];
    let odometer = prop_oneof![0..=DIGITS_18, Just(DIGITS_18)];
    let first = (time, of(any::<i64>()), place, of(any::<u32>()), of(0..3600_u16), of(any::<i32>()), of(any::<u32>()));
    let second = (of(any::<u32>()), of(any::<u16>()), any::<[bool; 3]>(), of(any::<u8>()), of(any::<bool>()));
    let third = (of(any::<bool>()), of(odometer), of(any::<u64>()), 0..1024_u16, any::<bool>());
    (first, second, third).prop_map(|(first, second, third)| Fix {
        time: first.0,
        receive_time: first.1,
        position: first.2,
        speed_cm_s: first.3,
        course_ddeg: first.4,
        altitude_dm: first.5,
        accuracy_dm: first.6,
        hdop_centi: second.0,
        satellites: second.1,
        valid: second.2[0],
        approximate: second.2[1],
        archive: second.2[2],
        battery_pct: second.3,
        ignition: second.4,
        motion: third.0,
        odometer_dm: third.1,
        seq: third.2,
        alarms: Alarms(third.3),
        field_dropped: third.4,
    })
}

/// A row of any content; `quality` has `field` exactly where a field was dropped.
pub(super) fn any_track() -> impl Strategy<Value = TrackRow> {
    let limit = DIGITS_18 as i64;
    let numbers = (of(-limit..=limit), of(-limit..=limit));
    let state = prop::sample::select(MotionState::ALL);
    (any_fix(), id(), of(id()), 0..4096_u16, of(id()), numbers, state, of(id())).prop_map(|row| {
        let (fix, unit, journey, quality, corridor, (chainage_dm, cross_track_dm), state, office) = row;
        let quality = if fix.field_dropped { quality | Quality::FIELD.0 } else { quality & !Quality::FIELD.0 };
        let quality = Quality(quality);
        let ids = |id: Option<String>| id.map(Id::from);
        let (unit, journey, corridor, office) = (unit.into(), ids(journey), ids(corridor), ids(office));
        TrackRow { unit, fix, journey, quality, corridor, chainage_dm, cross_track_dm, state, office }
    })
}

/// A source at an offset.
pub(super) fn source(offset: u64, timestamp: Millis) -> Source {
    Source { partition: 3, offset, timestamp }
}

/// A plain row.
pub(super) fn track(unit: &str, time: Millis) -> TrackRow {
    TrackRow {
        unit: unit.into(),
        fix: Fix { time, valid: true, ..Fix::default() },
        journey: None,
        quality: Quality(0),
        corridor: None,
        chainage_dm: None,
        cross_track_dm: None,
        state: MotionState::Unknown,
        office: None,
    }
}

/// A heartbeat record; its JSON is what [`decode`] reads.
pub(super) fn heartbeat(source: Source, unit: &str, receive_time: Option<Millis>) -> RecordRow {
    let json = receive_time.map_or_else(|| "none".to_owned(), |time| time.to_string());
    RecordRow {
        source,
        type_name: "heartbeat".into(),
        unit: Some(unit.into()),
        journey: None,
        heartbeat_time: Some(receive_time.unwrap_or(source.timestamp)),
        json,
    }
}

/// Reads what [`heartbeat`] wrote.
pub(super) fn decode(json: &[u8]) -> Option<Heartbeat> {
    let receive_time = match json {
        b"none" => None,
        digits => Some(std::str::from_utf8(digits).ok()?.parse().ok()?),
    };
    Some(Heartbeat { receive_time, ..Heartbeat::default() })
}

/// A tick record.
pub(super) fn tick(source: Source) -> RecordRow {
    let json = format!(r#"{{"type":"tick","time":{}}}"#, source.timestamp);
    RecordRow { source, type_name: "tick".into(), unit: None, journey: None, heartbeat_time: None, json }
}

/// A revision with every optional field set, or none.
pub(super) fn revision(source: Source, full: bool) -> Revision {
    let some = |text: &str| full.then(|| text.to_owned());
    Revision {
        alert: "01c3".repeat(8),
        rev: 2,
        op: Op::Raise,
        kind: Kind::CorridorDeviation,
        unit: some("u"),
        journey: some("J-17"),
        subject: "corridor:k".into(),
        vehicle: Vehicle { plate: some("34 ABC 01"), trailer: some("34 DEF 02"), country: some("TR") },
        condition: Condition::Active,
        handling: Handling::Unacknowledged,
        priority: Priority::High,
        priority_reason: if full { vec!["d_max>1000m".into(), "hold".into()] } else { Vec::new() },
        confidence: Confidence::Confirmed,
        onset: T0,
        raised: T0 + 1,
        ended: full.then_some(T0 + 2),
        log_time: T0 + 3,
        late: full,
        late_by_s: 4,
        reason: some("rulebook"),
        parent: some("ff"),
        children: if full { vec!["aa".into(), "bb".into()] } else { Vec::new() },
        position: full.then_some(Position { lat_e6: 40_100_000, lon_e6: -29_200_001 }),
        evidence: Evidence::default(),
        responsible: if full { vec!["TR341200".into()] } else { Vec::new() },
        nearest: some("TR343100"),
        text: AlertText { tr: "ş".into(), respond_within_min: full.then_some(10), ..AlertText::default() },
        article: full.then_some("65/2"),
        eaeu: None,
        ncts_incident: full.then_some("1"),
        rulebook: "ab".repeat(32),
        source,
    }
}

/// A journey row with every optional field set, or none.
pub(super) fn journey(source: Source, full: bool) -> JourneyRow {
    let some = |text: &str| full.then(|| text.to_owned());
    let declaration = Declaration {
        corridor: full.then(|| CorridorChoice::Id("k".into())),
        deadline: full.then_some(T0),
        risk: full.then_some(3),
        mount: full.then_some(Mount::TrailerTop),
        vehicle: full.then(|| Vehicle { plate: some("34 ABC 01"), ..Vehicle::default() }),
        consignment: full.then(|| Consignment { mrn: some("26TR"), ..Consignment::default() }),
        offices: full.then(|| Offices { departure: some("TR1"), destination: some("TR2"), on_route: Vec::new() }),
        ..Declaration::default()
    };
    JourneyRow {
        journey: "J-17".into(),
        rev: 1,
        unit: "u".into(),
        event: "open",
        activated: T0,
        cleared: full.then_some(T0),
        deactivated: None,
        declaration,
        outcome: some("completed"),
        first_fix: full.then_some(T0),
        last_fix: full.then_some(T0),
        fixes: 7,
        length_m: 8,
        used_s: 9,
        allowed_s: full.then_some(10),
        alerts: [1, 2, 3, 4],
        finding: "open",
        log_time: T0,
        source,
    }
}

/// A reject of bytes that are no UTF-8.
pub(super) fn reject(source: Source) -> RejectRow {
    let bytes = vec![0xff, 0, b'{'];
    let (reason, stage, message) = ("not_json".into(), "decode".into(), "m".into());
    RejectRow { source, reason, stage, topic: None, message, bytes }
}
