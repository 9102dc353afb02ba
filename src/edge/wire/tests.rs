//! What is accepted, what is refused and with which code, and that every record survives its own line.

use super::scan::{Cursor, Value};
use super::*;
use crate::domain::position::Position;
use crate::domain::record::*;
use proptest::option::of;
use proptest::prelude::*;

fn fix(line: &str) -> Fix {
    match decode(line.as_bytes()) {
        Ok(Decoded { body: Body::Fix { fix, .. }, .. }) => fix,
        other => panic!("{line}: {other:?}"),
    }
}

fn with(fields: &str) -> String {
    format!(r#"{{"type":"fix","unit":"u","fix_time":"2026-05-01T08:00:00Z","lat":40.1,"lon":29.2{fields}}}"#)
}

#[test]
fn a_fix_in_whole_units() {
    let line = with(
        r#","speed":12.345,"course":359.96,"altitude":-0.25,"accuracy":4.5,"hdop":0.875,"satellites":11,
        "valid":false,"battery":82.5,"ignition":true,"odometer":123456.78,"seq":18446744073709551615,
        "alarms":["sos","tamper"],"receive_time":1777622401500.9,"new":{"a":[1,{}]}"#,
    );
    let fix = fix(&line);
    let expected = Fix {
        time: 1_777_622_400_000,
        receive_time: Some(1_777_622_401_500),
        position: Position { lat_e6: 40_100_000, lon_e6: 29_200_000 },
        speed_cm_s: Some(1_235),
        course_ddeg: Some(0),
        altitude_dm: Some(-3),
        accuracy_dm: Some(45),
        hdop_centi: Some(88),
        satellites: Some(11),
        valid: false,
        battery_pct: Some(83),
        ignition: Some(true),
        odometer_dm: Some(1_234_568),
        seq: Some(u64::MAX),
        alarms: Alarms(0b10_0000_0001),
        ..Fix::default()
    };
    assert_eq!(fix, expected);
}

#[test]
fn the_usual_reader_takes_the_usual_line_and_leaves_the_rest() {
    let usual = with(r#","speed":12.3,"course":359.9,"valid":true,"battery":82,"alarms":["sos"],"seq":7"#);
    for line in [usual.as_str(), &usual.replace(':', ": ").replace("08: 00: 00", "08:00:00"), &with(r#","speed":null"#)]
    {
        assert_eq!(usual::read(line.as_bytes()), decode(line.as_bytes()).ok(), "{line}");
        assert!(usual::read(line.as_bytes()).is_some(), "{line}");
    }
    for fields in [r#","new":1"#, r#","speed":1e1"#, r#","speed":-1"#, r#","lat":40.1"#, r#","alarms":["ufo"]"#] {
        assert_eq!(usual::read(with(fields).as_bytes()), None, "{fields}");
    }
    assert_eq!(usual::read(br#"{"type":"tick","time":1}"#), None);
}

#[test]
fn optional_fields_that_cannot_be_read_are_dropped_and_the_fix_stands() {
    for fields in [
        r#","speed":"12""#,
        r#","speed":-1"#,
        r#","course":361"#,
        r#","satellites":70000"#,
        r#","battery":101"#,
        r#","battery":true"#,
        r#","valid":1"#,
        r#","alarms":"sos""#,
        r#","alarms":["sos","ufo"]"#,
        r#","seq":-1"#,
        r#","receive_time":"yesterday""#,
        r#","odometer":1e300"#,
        r#","altitude":[]"#,
        r#","accuracy":"NaN""#,
        r#","_field_dropped":true"#,
    ] {
        let read = fix(&with(fields));
        assert!(read.field_dropped, "{fields}");
        assert_eq!((read.valid, read.speed_cm_s, read.receive_time), (true, None, None), "{fields}");
    }
    for fields in ["", r#","speed":null"#, r#","alarms":[]"#, r#","speed":0.0"#, r#","brand_new":"x""#] {
        assert!(!fix(&with(fields)).field_dropped, "{fields}");
    }
    assert_eq!(fix(&with(r#","alarms":["sos","ufo"]"#)).alarms, Alarms::bit("sos").unwrap());
}

#[test]
fn lines_that_are_records() {
    for line in [
        "\u{feff} \t{\"type\":\"tick\",\"time\":0} \r\n",
        r#"{"type":"tick","time":"1900-01-01T00:00:00Z"}"#,
        r#"{"\u0074ype":"t\u0069ck","time":1.5e12}"#,
        r#"{"type":"nothing","type":"tick","time":"no","time":5}"#,
        r#"{"type":"heartbeat","unit":"u"}"#,
        r#"{"type":"hold","unit":"u","time":1,"plate":7}"#,
        r#"{"type":"reset","unit":"u","time":1,"alert":"01c3"}"#,
        r#"{"_partition":3,"_offset":9,"_timestamp":7,"type":"tick","time":1}"#,
        r#"{"type":"tick","time":1,"x":{"a":[[],{},[{"b":[1,2,{"c":null}]}]]}}"#,
    ] {
        assert!(decode(line.as_bytes()).is_ok(), "{line}: {:?}", decode(line.as_bytes()));
    }
}

#[test]
fn lines_that_are_none_and_why() {
    let fix = |lat: &str, lon: &str| {
        format!(r#"{{"type":"fix","unit":"u","fix_time":1,"lat":{lat},"lon":{lon}}}"#).into_bytes()
    };
    let id = |id: &str| format!(r#"{{"type":"heartbeat","unit":"{id}"}}"#).into_bytes();
    let nested = |depth: usize| [br#"{"type":"tick","time":1,"x":"#.to_vec(), vec![b'['; depth]].concat();
    let long = [br#"{"type":"tick","time":1,"x":""#.to_vec(), vec![b'a'; 10_000_000], b"\"}".to_vec()].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("not_json", b"".to_vec()),
        ("not_json", b"hello".to_vec()),
        ("not_json", b"[]".to_vec()),
        ("not_json", b"{".to_vec()),
        ("not_json", br#"{"type":"tick","time":1"#.to_vec()),
        ("not_json", br#"{"type":"tick","time":1}}"#.to_vec()),
        ("not_json", br#"{"type":"tick","time":1,}"#.to_vec()),
        ("not_json", br#"{"type":"tick","time":01}"#.to_vec()),
        ("not_json", br#"{"type":"tick","time":1.}"#.to_vec()),
        ("not_json", br#"{"type":"tick","time":NaN}"#.to_vec()),
        ("not_json", br#"{"type":"tick" "time":1}"#.to_vec()),
        ("not_json", br#"{"type":"tick","time":1,"x":[1,]}"#.to_vec()),
        ("not_json", br#"{"type":"tick","time":1,"x":[1}}"#.to_vec()),
        ("not_json", b"{\"type\":\"tick\",\"time\":1,\"x\":\"\n\"}".to_vec()),
        ("not_json", br#"{"type":"tick","time":1,"x":"\u12g4"}"#.to_vec()),
        ("not_utf8", b"{\"type\":\"tick\",\"time\":1,\"x\":\"\xff\"}".to_vec()),
        ("not_utf8", b"\xed\xa0\x80".to_vec()),
        ("too_deep", nested(100_000)),
        ("too_deep", nested(129)),
        ("too_long", long),
        ("unknown_type", br#"{"type":"Fix","unit":"u"}"#.to_vec()),
        ("missing_field", br#"{"unit":"u"}"#.to_vec()),
        ("wrong_type", br#"{"type":7}"#.to_vec()),
        ("wrong_type", br#"{"type":"\ud800"}"#.to_vec()),
        ("missing_field", br#"{"type":"fix","unit":"u","fix_time":1,"lat":1}"#.to_vec()),
        ("missing_field", br#"{"type":"fix","unit":null,"fix_time":1,"lat":1,"lon":1}"#.to_vec()),
        ("missing_field", br#"{"type":"tick"}"#.to_vec()),
        ("wrong_type", fix(r#""NaN""#, "1")),
        ("wrong_type", fix("1", r#""Infinity""#)),
        ("wrong_type", fix("true", "1")),
        ("out_of_range", fix("90.000001", "1")),
        ("out_of_range", fix("1", "-180.000001")),
        ("out_of_range", fix("1e999", "1")),
        ("wrong_type", br#"{"type":"tick","time":"2026-05-01T08:00:00"}"#.to_vec()),
        ("out_of_range", br#"{"type":"tick","time":"1899-12-31T23:59:59Z"}"#.to_vec()),
        ("out_of_range", br#"{"type":"tick","time":1e30}"#.to_vec()),
        ("bad_id", id("")),
        ("bad_id", id("34 ABC 01")),
        ("bad_id", id("ü")),
        ("bad_id", id(&"x".repeat(65))),
        ("wrong_type", br#"{"type":"heartbeat","unit":5}"#.to_vec()),
        ("bad_id", br#"{"type":"activate","unit":"u","journey":"j","time":1,"corridor":"a b"}"#.to_vec()),
        ("missing_field", br#"{"type":"activate","unit":"u","time":1}"#.to_vec()),
        ("out_of_range", br#"{"type":"excuse","unit":"u","time":1,"alert":"a","reason":"lunch"}"#.to_vec()),
        ("missing_field", br#"{"type":"note","unit":"u","time":1}"#.to_vec()),
        ("wrong_type", br#"{"type":"rulebook","version":"1","sha256":"abc","time":1}"#.to_vec()),
        ("missing_field", br#"{"_offset":1,"_timestamp":1,"type":"tick","time":1}"#.to_vec()),
        ("missing_field", br#"{"_partition":1,"_offset":1,"type":"tick","time":1}"#.to_vec()),
        ("out_of_range", br#"{"_partition":-1,"_offset":1,"_timestamp":1,"type":"tick","time":1}"#.to_vec()),
    ];
    for (code, line) in cases {
        let shown = String::from_utf8_lossy(&line[..line.len().min(100)]).into_owned();
        match decode(&line) {
            Ok(decoded) => panic!("{shown}: taken as {decoded:?}"),
            Err(reason) => assert_eq!(reason.code, code, "{shown}: {}", reason.message),
        }
    }
    let kept = decode(br#"{"_partition":3,"_offset":9,"_timestamp":7,"type":"x"}"#).unwrap_err().envelope;
    assert_eq!((kept.partition, kept.offset, kept.timestamp()), (Some(3), Some(9), Some(7)));
}

#[test]
fn the_timestamp_of_a_line() {
    let of = |fields: &str| {
        decode(format!(r#"{{"type":"fix","unit":"u","fix_time":1,"lat":1,"lon":1{fields}}}"#).as_bytes())
    };
    assert_eq!(of("").unwrap().envelope.timestamp(), Some(1));
    assert_eq!(of(r#","receive_time":2"#).unwrap().envelope.timestamp(), Some(2));
    assert_eq!(of(r#","receive_time":2,"_timestamp":3"#).unwrap().envelope.timestamp(), Some(3));
    assert_eq!(decode(br#"{"type":"heartbeat","unit":"u"}"#).unwrap().envelope.timestamp(), None);
    assert_eq!(decode(br#"{"type":"hold","unit":"u","time":4}"#).unwrap().envelope.timestamp(), Some(4));

    let mut guard = StyleGuard::default();
    assert!(guard.admits(LineStyle::Plain) && guard.admits(LineStyle::Plain) && !guard.admits(LineStyle::Exported));
}

#[test]
fn an_inline_corridor_in_each_of_its_shapes() {
    let line = r#"{"type":"LineString","coordinates":[[29.0,40.0,7],[29.5,40.5]]"#;
    let expected = InlineCorridor {
        line: vec![
            Position { lat_e6: 40_000_000, lon_e6: 29_000_000 },
            Position { lat_e6: 40_500_000, lon_e6: 29_500_000 },
        ],
        half_width_dm: Some(1_500),
    };
    for corridor in [
        format!(r#""corridor":{line},"half_width_m":150}}"#),
        format!(r#""half_width_m":150,"corridor":{line}}}"#),
        format!(r#""corridor":{{"type":"Feature","properties":{{"half_width_m":150}},"geometry":{line}}}}}"#),
        format!(r#""corridor":{{"geometry":{line}}},"half_width_m":150.04,"type":"Feature"}}"#),
    ] {
        let text = format!(r#"{{"type":"activate","unit":"u","journey":"j","time":1,{corridor}}}"#);
        let Ok(Decoded { body: Body::Command(command), .. }) = decode(text.as_bytes()) else { panic!("{text}") };
        let Action::Activate { declaration, .. } = command.action else { panic!("{text}") };
        assert_eq!(declaration.corridor, Some(CorridorChoice::Inline(expected.clone())), "{text}");
    }
    for corridor in [
        r#"{"type":"Point","coordinates":[1,2]}"#,
        r#"{"type":"LineString","coordinates":[[1,2]]}"#,
        r#"{"type":"LineString","coordinates":[[1,2],[1,91]]}"#,
        r#"{"coordinates":[[1,2],[3,4]]}"#,
        "[]",
        "7",
    ] {
        let text = format!(r#"{{"type":"amend","unit":"u","journey":"j","time":1,"detour":{corridor}}}"#);
        let Ok(Decoded { body: Body::Command(command), .. }) = decode(text.as_bytes()) else { panic!("{text}") };
        assert!(matches!(command.action, Action::Amend { detour: None, .. }), "{text}");
    }
}

#[test]
fn numbers_are_the_nearest_double() {
    for text in [
        "0",
        "-0",
        "0.1",
        "48.16350662940509",
        "9007199254740993",
        "1e22",
        "1e23",
        "-37.0627421097422",
        "123456789012345678",
        "123456789012345678901234567890",
        "0.30000000000000004",
        "2.2250738585072011e-308",
        "179769313486231580793728971405301e276",
        "1.7976931348623159e308",
        "0.000000000000000000000000000001",
    ] {
        let Ok(Value::Number(number)) = Cursor::new(text).value() else { panic!("{text}") };
        assert_eq!(number.to_f64().to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }
}

fn id() -> impl Strategy<Value = String> {
    "[A-Za-z0-9._:-]{1,64}"
}

fn words() -> impl Strategy<Value = Option<String>> {
    of(any::<String>())
}

fn time() -> impl Strategy<Value = Millis> {
    TIME_MIN..=TIME_MAX
}

fn position() -> impl Strategy<Value = Position> {
    (-90_000_000..=90_000_000, -180_000_000..=180_000_000).prop_map(|(lat_e6, lon_e6)| Position { lat_e6, lon_e6 })
}

fn any_fix() -> impl Strategy<Value = Fix> {
    let int32 = || of(0..=i32::MAX as u32);
    let motion = (int32(), of(0..3_600u16), of(-i32::MAX..=i32::MAX), int32(), int32(), of(any::<u16>()));
    let flags = (any::<[bool; 4]>(), of(0..=100u8), of(any::<bool>()), of(any::<bool>()));
    let rest = (of(0..=1_000_000_000_000_000u64), of(any::<u64>()), (0..1u16 << 10).prop_map(Alarms));
    (time(), of(time()), position(), motion, flags, rest).prop_map(
        |(time, receive_time, position, motion, (flags, battery_pct, ignition, motion_flag), rest)| Fix {
            time,
            receive_time,
            position,
            speed_cm_s: motion.0,
            course_ddeg: motion.1,
            altitude_dm: motion.2,
            accuracy_dm: motion.3,
            hdop_centi: motion.4,
            satellites: motion.5,
            valid: flags[0],
            approximate: flags[1],
            archive: flags[2],
            field_dropped: flags[3],
            battery_pct,
            ignition,
            motion: motion_flag,
            odometer_dm: rest.0,
            seq: rest.1,
            alarms: rest.2,
        },
    )
}

fn inline() -> impl Strategy<Value = InlineCorridor> {
    (prop::collection::vec(position(), 2..5), of(1..=1_000_000u32))
        .prop_map(|(line, half_width_dm)| InlineCorridor { line, half_width_dm })
}

fn declaration() -> impl Strategy<Value = Box<Declaration>> {
    let texts = || prop::collection::vec(any::<String>(), 0..3);
    let corridor = prop_oneof![id().prop_map(CorridorChoice::Id), inline().prop_map(CorridorChoice::Inline)];
    let vehicle = (words(), words(), words()).prop_map(|(plate, trailer, country)| Vehicle { plate, trailer, country });
    let consignment = (words(), words(), texts(), words()).prop_map(|(mrn, tir_carnet, seals, goods)| Consignment {
        mrn,
        tir_carnet,
        seals,
        goods,
    });
    let offices = (words(), words(), texts()).prop_map(|(departure, destination, on_route)| Offices {
        departure,
        destination,
        on_route,
    });
    let mount = prop::sample::select(&Mount::ALL[..]);
    let numbers = (of(time()), of(1..=30 * 86_400_000i64), of(0..=3u8), of(mount));
    (of(corridor), numbers, of(vehicle), of(consignment), of(offices), of(id()), words()).prop_map(
        |(corridor, (deadline, interval_ms, risk, mount), vehicle, consignment, offices, continues, note)| {
            Box::new(Declaration {
                corridor,
                deadline,
                interval_ms,
                risk,
                mount,
                vehicle,
                consignment,
                offices,
                continues,
                note,
            })
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    let amend = (id(), of(time()), of(time()), of(inline()), declaration(), words(), words()).prop_map(
        |(journey, from_time, until, detour, changes, by, reason)| Action::Amend {
            journey,
            from_time,
            until,
            detour,
            changes,
            by,
            reason,
        },
    );
    let verb = prop::sample::select(&OperatorVerb::ALL[..]);
    let excuse = prop::sample::select(&super::command::EXCUSES[..]);
    prop_oneof![
        (id(), declaration()).prop_map(|(journey, declaration)| Action::Activate { journey, declaration }),
        id().prop_map(|journey| Action::ClearToDepart { journey }),
        amend,
        (words(), words()).prop_map(|(plate, reason)| Action::Hold { plate, reason }),
        (words(), words()).prop_map(|(plate, reason)| Action::Release { plate, reason }),
        (id(), excuse, words()).prop_map(|(alert, reason, document)| Action::Excuse {
            alert,
            reason: reason.to_owned(),
            document
        }),
        (id(), words(), words()).prop_map(|(journey, outcome, note)| Action::Deactivate { journey, outcome, note }),
        (id(), words(), words()).prop_map(|(journey, by, reason)| Action::Reopen { journey, by, reason }),
        (verb, id(), words(), words(), of(time()), words()).prop_map(|(verb, alert, by, office, until, text)| {
            Action::Operator { verb, alert, by, office, until, text }
        }),
    ]
}

pub(super) fn body() -> impl Strategy<Value = Body> {
    let heartbeat =
        (id(), of(time()), of(0..=100u8), 0..1u16 << 10).prop_map(|(unit, receive_time, battery_pct, a)| {
            Body::Heartbeat { unit: unit.into(), heartbeat: Heartbeat { receive_time, battery_pct, alarms: Alarms(a) } }
        });
    prop_oneof![
        (id(), any_fix()).prop_map(|(unit, fix)| Body::Fix { unit: unit.into(), fix }),
        heartbeat,
        (id(), time(), action()).prop_map(|(unit, time, action)| Body::Command(Box::new(Command {
            unit,
            time,
            action
        }))),
        time().prop_map(|time| Body::Tick { time }),
        (any::<String>(), "[0-9a-f]{64}", time()).prop_map(|(version, sha256, time)| Body::Rulebook {
            version,
            sha256,
            time
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn every_record_survives_its_line(
        body in body(),
        source in of((any::<u32>(), any::<u64>(), time()).prop_map(|(partition, offset, timestamp)| Source { partition, offset, timestamp })),
    ) {
        let mut line = Vec::new();
        encode(&body, source.as_ref(), &mut line);
        prop_assert_eq!(line.iter().filter(|b| **b == b'\n').count(), 1);
        let decoded = decode(&line).map_err(|e| TestCaseError::fail(format!("{e:?}\n{}", String::from_utf8_lossy(&line))))?;
        prop_assert_eq!(&decoded.body, &body);
        if let Some(source) = source {
            let envelope = decoded.envelope;
            prop_assert_eq!(envelope.style(), LineStyle::Exported);
            prop_assert_eq!((envelope.partition, envelope.offset), (Some(source.partition), Some(source.offset)));
            prop_assert_eq!(envelope.timestamp(), Some(source.timestamp));
        }
        serde_json::from_slice::<serde_json::Value>(&line).map_err(|e| TestCaseError::fail(e.to_string()))?;
    }

    /// The slow twin: what serde_json takes for JSON, this scanner takes, and nothing else.
    #[test]
    fn the_usual_reader_reads_what_the_whole_reader_reads(
        (unit, fix) in (id(), any_fix()),
        members in prop::collection::vec((0usize..40, member()), 0..4),
        bytes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut line = Vec::new();
        encode(&Body::Fix { unit: unit.into(), fix }, None, &mut line);
        let text = String::from_utf8(line).unwrap();
        let mut parts: Vec<&str> = text.trim_end().trim_matches(['{', '}']).split(',').collect();
        for (place, member) in &members {
            parts.insert(place % parts.len(), member);
        }
        let mut line = format!("{{{}}}\n", parts.join(",")).into_bytes();
        prop_assert_eq!(decode(&line), super::decode::decode_json(&line));
        for (place, byte) in bytes {
            // The first byte tells JSON from the other wire format.
            let place = 1 + place.index(line.len() - 1);
            line[place] = byte;
        }
        prop_assert_eq!(decode(&line), super::decode::decode_json(&line), "{}", String::from_utf8_lossy(&line));
    }

    #[test]
    fn the_scanner_agrees_with_serde_json(text in r#"[ \[\]{}:,"\\a-u0-9.eE+-]{0,24}"#, pieces in json_pieces()) {
        for text in [text, pieces] {
            let mut cursor = Cursor::new(&text);
            let ours = cursor.value().and_then(|_| cursor.finish()).is_ok();
            // Half a surrogate pair is grammar to us and a fault to serde_json; 1e999 likewise.
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(ours, theirs, "{}", text);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in json_pieces()) {
        let _ = decode(&bytes);
        let _ = decode(text.as_bytes());
    }

    #[test]
    fn numbers_agree_with_the_standard_library(text in r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?") {
        let Ok(Value::Number(number)) = Cursor::new(&text).value() else { return Err(TestCaseError::fail(text)) };
        prop_assert_eq!(number.to_f64().to_bits(), text.parse::<f64>().unwrap().to_bits());
    }
}

/// Texts that are nearly JSON.
/// Members that a fix may have: right, of the wrong type, out of range, unknown.
fn member() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "type",
        "unit",
        "fix_time",
        "receive_time",
        "lat",
        "lon",
        "speed",
        "course",
        "altitude",
        "accuracy",
        "hdop",
        "satellites",
        "valid",
        "battery",
        "ignition",
        "odometer",
        "seq",
        "alarms",
        "_partition",
        "_offset",
        "_timestamp",
        "_field_dropped",
        "other",
    ]);
    let value = prop::sample::select(vec![
        "null",
        "true",
        "false",
        "0",
        "-0",
        "7",
        "-1",
        "1.5",
        "0.1234565",
        "1e2",
        "01",
        "361",
        "123456789012345678",
        "18446744073709551615",
        "\"x\"",
        "\"fix\"",
        "\"f\\u0069x\"",
        "\"2026-05-01T08:00:00Z\"",
        "[]",
        "[\"sos\"]",
        "[ \"sos\" , \"ufo\" ]",
        "{}",
        "\"ü\"",
        " 5 ",
    ]);
    (key, value).prop_map(|(key, value)| format!("\"{key}\":{value}"))
}

fn json_pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"type\":",
        "1",
        "-0.5e3",
        "true",
        "null",
        " ",
        "\"\\u0041\"",
        "{\"type\":\"fix\",\"unit\":\"u\",",
        "\"lat\":1",
        "[]",
        "{}",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

#[test]
fn a_revision_has_every_key_in_its_order() {
    use crate::domain::alert::*;
    let time = 1_777_622_400_000;
    let position = Position { lat_e6: 40_100_000, lon_e6: 29_200_000 };
    let evidence = Evidence {
        fixes: vec![EvidenceFix { time, position }],
        values: vec![
            ("max_cross_track_m", EvidenceValue::Int(742)),
            ("chainage_m", EvidenceValue::Pair(181_200, 190_400)),
            ("onset_unknown", EvidenceValue::Bool(true)),
            ("zone", EvidenceValue::Text("a\"b".into())),
            ("since", EvidenceValue::Time(time)),
        ],
    };
    let revision = Revision {
        alert: "01c3".into(),
        rev: 2,
        op: Op::Update,
        kind: Kind::CorridorDeviation,
        unit: Some("860000000000042".into()),
        journey: None,
        subject: "corridor:kapikule-habur".into(),
        vehicle: Vehicle { plate: Some("34 ABC 01".into()), ..Vehicle::default() },
        condition: Condition::Active,
        handling: Handling::Unacknowledged,
        priority: Priority::High,
        priority_reason: vec!["d_max>1000m".into()],
        confidence: Confidence::Confirmed,
        onset: time,
        raised: time,
        ended: None,
        log_time: time,
        late: false,
        late_by_s: 0,
        reason: None,
        parent: None,
        children: vec![],
        position: Some(position),
        evidence,
        responsible: vec!["TR341200".into()],
        nearest: None,
        text: AlertText { tr: "ş".into(), respond_within_min: Some(10), ..AlertText::default() },
        article: Some("65/2"),
        eaeu: None,
        ncts_incident: Some("1"),
        rulebook: "abc".into(),
        source: Source { partition: 3, offset: 981_233, timestamp: time },
    };
    let mut line = Vec::new();
    encode_revision(&revision, &mut line);
    let t = "\"2026-05-01T08:00:00.000Z\"";
    let engine = ENGINE_VERSION.as_str();
    let expected = format!(
        concat!(
            r#"{{"schema":"kervan.alert/1","alert":"01c3","rev":2,"op":"update","kind":"corridor_deviation","#,
            r#""unit":"860000000000042","journey":null,"subject":"corridor:kapikule-habur","#,
            r#""vehicle":{{"plate":"34 ABC 01","trailer":null,"country":null}},"condition":"active","#,
            r#""handling":"unacknowledged","priority":"high","priority_reason":["d_max>1000m"],"#,
            r#""confidence":"confirmed","onset":{t},"raised":{t},"ended":null,"log_time":{t},"late":false,"#,
            r#""late_by_s":0,"reason":null,"parent":null,"children":[],"#,
            r#""position":{{"lat":40.100000,"lon":29.200000}},"#,
            r#""evidence":{{"fixes":[{{"time":{t},"lat":40.100000,"lon":29.200000}}],"max_cross_track_m":742,"#,
            r#""chainage_m":[181200,190400],"onset_unknown":true,"zone":"a\"b","since":{t}}},"#,
            r#""offices":{{"responsible":["TR341200"],"nearest":null}},"#,
            r#""text":{{"tr":"ş","en":"","do_tr":"","do_en":"","respond_within_min":10}},"#,
            r#""codes":{{"article":"65/2","eaeu":null,"ncts_incident":"1"}},"#,
            r#""versions":{{"rulebook":"abc","decision":{decision},"engine":"{engine}"}},"#,
            r#""source":{{"partition":3,"offset":981233}}}}"#,
        ),
        t = t,
        decision = DECISION_VERSION,
        engine = engine
    );
    assert_eq!(String::from_utf8(line).unwrap(), expected + "\n");
}

#[test]
fn a_reject_keeps_its_bytes() {
    let mut reject = Reject {
        reason: "not_json",
        stage: "decode",
        topic: None,
        partition: 0,
        offset: 7,
        timestamp: None,
        message: "expected an object at byte 0",
        bytes: b"he\"llo",
    };
    let mut out = Vec::new();
    encode_reject(&reject, &mut out);
    reject.bytes = b"\xff\x00";
    encode_reject(&reject, &mut out);
    let head = concat!(
        r#"{"reason":"not_json","stage":"decode","topic":null,"partition":0,"offset":7,"timestamp":null,"#,
        r#""message":"expected an object at byte 0","#
    );
    let expected = [head, r#""bytes":"he\"llo"}"#, "\n", head, r#""bytes_base64":"/wA="}"#, "\n"].concat();
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

/// The real tracks of the shared data: every line is a fix, and its canonical line says the same.
#[test]
fn the_shared_tracks_all_decode() {
    use std::io::{BufRead, BufReader};
    let shared = std::env::var_os("KERVAN_SHARED")
        .map_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), std::path::PathBuf::from);
    let Ok(folder) = std::fs::read_dir(shared.join("data/tracks")) else {
        println!("skipped: no shared data at {}", shared.display());
        return;
    };
    let mut lines = 0;
    for path in folder.map(|entry| entry.unwrap().path()) {
        let file = std::fs::File::open(&path).unwrap();
        for line in BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines() {
            let line = line.unwrap();
            let decoded = decode(line.as_bytes()).unwrap_or_else(|e| panic!("{}: {line}: {e:?}", path.display()));
            let Body::Fix { fix, .. } = &decoded.body else { panic!("{line}") };
            assert!(!fix.field_dropped, "{line}");
            let mut canonical = Vec::new();
            encode(&decoded.body, None, &mut canonical);
            assert_eq!(decode(&canonical).unwrap().body, decoded.body);
            lines += 1;
        }
    }
    assert!(lines > 100_000, "{lines} lines");
}
