//! Both wire formats say the same, and what is written about this one in `proto/kervan.proto` is true.

use super::super::tests::body;
use super::super::{Decoded, decode, encode};
use super::*;
use proptest::prelude::*;

fn value(body: &Body) -> Vec<u8> {
    let mut value = Vec::new();
    encode_protobuf(body, &mut value);
    value
}

fn refused(record: Type) -> RejectReason {
    let value = Record { record: Some(record) }.encode_to_vec();
    super::super::decode(&value).unwrap_err()
}

fn wire_fix() -> messages::Fix {
    messages::Fix {
        unit: "u".to_owned(),
        fix_time: Some(1_777_622_400_000),
        lat: Some(401_234_565),
        lon: Some(-292_000_004),
        ..messages::Fix::default()
    }
}

#[test]
fn a_fix_in_whole_units() {
    let wire = messages::Fix { speed: Some(12.345), alarms: vec![10, 1], valid: Some(false), ..wire_fix() };
    let value = Record { record: Some(Type::Fix(wire)) }.encode_to_vec();
    let Ok(Decoded { body: Body::Fix { unit, fix }, .. }) = decode(&value) else { panic!("not a fix") };
    assert_eq!(unit.as_str(), "u");
    assert_eq!(fix.position, Position { lat_e6: 40_123_457, lon_e6: -29_200_000 });
    assert_eq!((fix.speed_cm_s, fix.alarms, fix.valid), (Some(1_235), Alarms(0b10_0000_0001), false));
    assert!(!fix.field_dropped);
}

#[test]
fn what_cannot_be_right_is_refused_or_dropped_as_in_json() {
    let code = |wire: messages::Fix| refused(Type::Fix(wire)).code;
    assert_eq!(code(messages::Fix { unit: String::new(), ..wire_fix() }), "missing_field");
    assert_eq!(code(messages::Fix { unit: "34 ABC".to_owned(), ..wire_fix() }), "bad_id");
    assert_eq!(code(messages::Fix { lat: None, ..wire_fix() }), "missing_field");
    assert_eq!(code(messages::Fix { lat: Some(900_000_006), ..wire_fix() }), "out_of_range");
    assert_eq!(code(messages::Fix { fix_time: None, ..wire_fix() }), "missing_field");
    assert_eq!(code(messages::Fix { fix_time: Some(i64::MAX), ..wire_fix() }), "out_of_range");
    assert_eq!(refused(Type::Tick(commands::Tick { time: None })).code, "missing_field");
    let hold = commands::Hold { unit: Some("u".to_owned()), ..commands::Hold::default() };
    assert_eq!(refused(Type::Hold(hold)).code, "missing_field");

    let odd = messages::Fix { speed: Some(f64::NAN), alarms: vec![0, 3], satellites: Some(1 << 20), ..wire_fix() };
    let value = Record { record: Some(Type::Fix(odd)) }.encode_to_vec();
    let Ok(Decoded { body: Body::Fix { fix, .. }, .. }) = decode(&value) else { panic!("not a fix") };
    assert_eq!((fix.speed_cm_s, fix.satellites, fix.alarms, fix.field_dropped), (None, None, Alarms(0b100), true));
}

#[test]
fn a_refusal_names_the_format_it_looked_for() {
    let code = |value: &[u8]| decode(value).unwrap_err().code;
    assert_eq!(code(b"hello"), "not_json");
    assert_eq!(code(b""), "not_json");
    assert_eq!(code(b"[]"), "not_json");
    assert_eq!(code(b"\x12\x05hello"), "not_protobuf");
    assert_eq!(code(b"\x12\xff\xff\xff\xff\x0f"), "not_protobuf");
    // The tag 19 is a type of a later version.
    assert_eq!(code(b"\x9a\x01\x00"), "unknown_type");
}

/// The messages are written by hand beside the `.proto`: each field has the name, the number and the type there.
#[test]
fn the_messages_are_those_of_the_proto() {
    let proto = fields_of_proto(include_str!("../../../../proto/kervan.proto"));
    let source = fields_of_source(&[include_str!("messages.rs"), include_str!("commands.rs")].concat());
    assert!(proto.len() > 100, "{}", proto.len());
    assert_eq!(proto, source);
}

#[test]
fn the_alarms_are_those_of_the_proto() {
    let proto = include_str!("../../../../proto/kervan.proto");
    for (number, name) in Alarms::NAMES.iter().enumerate() {
        let line = format!("  {} = {};", name.to_uppercase(), number + 1);
        assert!(proto.lines().any(|l| l == line), "{line}");
    }
}

/// `message.field type number` of every field of the schema, sorted.
fn fields_of_proto(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut message = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(opened) = line.strip_suffix(" {") {
            if !opened.starts_with("oneof") {
                message = opened.split(' ').next_back().unwrap_or_default().to_owned();
            }
        } else if let Some((field, number)) = line.split_once(" = ")
            && message != "Alarm"
            && !line.starts_with("syntax")
        {
            let mut words = field.split(' ').rev();
            let (name, kind) = (words.next().unwrap(), words.next().unwrap());
            let kind = match kind {
                "Alarm" => "int32",
                kind if kind.starts_with(char::is_uppercase) => "message",
                kind => kind,
            };
            found.push(format!("{message}.{name} {kind} {}", number.split(';').next().unwrap()));
        }
    }
    found.sort();
    found
}

/// The same of the attributes in `messages.rs`; a variant of the oneofs is a field of the message that holds them.
fn fields_of_source(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut message, mut attribute) = (String::new(), None);
    for line in text.lines().map(str::trim) {
        if let Some(name) = opened(line) {
            message = match name {
                "Type" => "Record".to_owned(),
                "Corridor" => "Declaration".to_owned(),
                name => name.to_owned(),
            };
        }
        let rest = match line.split_once("#[prost(").map(|(_, rest)| rest.split_once(")]").unwrap()) {
            Some((inside, rest)) if inside.contains("tag = ") => {
                attribute = Some(inside);
                rest.trim()
            }
            Some(_) => continue,
            None => line,
        };
        let Some(inside) = attribute.filter(|_| !rest.is_empty() && !rest.starts_with('#')) else { continue };
        attribute = None;
        let kind = inside.split(',').next().unwrap();
        let number = inside.split("tag = \"").nth(1).unwrap().trim_end_matches('"');
        let name = rest.trim_start_matches("pub ").split([':', '(']).next().unwrap();
        found.push(format!("{message}.{} {kind} {number}", wire_name(&message, name)));
    }
    found.sort();
    found
}

/// The name of the message, enum or macro call that a line opens.
fn opened(line: &str) -> Option<&str> {
    let name = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum ")).or_else(|| {
        let plain = line.strip_suffix(" {")?;
        plain.chars().all(|c| c.is_ascii_alphabetic()).then_some(line)
    })?;
    name.strip_suffix(" {").filter(|name| !name.starts_with('$'))
}

fn wire_name(message: &str, name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    match (message, snake.as_str()) {
        ("Declaration", "id" | "line") => format!("corridor_{snake}"),
        _ => snake,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_record_survives_and_is_what_its_line_says(body in body()) {
        let value = value(&body);
        prop_assert!(begins(&value));
        let decoded = decode_any(&value).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
        let plain = matches!(body, Body::Fix { .. } | Body::Tick { .. });
        prop_assert_eq!(usual::read(&value), plain.then(|| decoded.clone()));
        prop_assert_eq!(&decoded.body, &body);
        let mut line = Vec::new();
        encode(&body, None, &mut line);
        prop_assert_eq!(Ok(decoded), decode(&line));
    }

    #[test]
    fn a_frame_tells_its_length(body in body()) {
        let mut framed = Vec::new();
        encode_protobuf_framed(&body, &mut framed);
        let mut rest = framed.as_slice();
        let length = prost::decode_length_delimiter(&mut rest).unwrap();
        prop_assert_eq!(rest.len(), length);
        prop_assert_eq!(rest, value(&body));
    }

    #[test]
    fn of_broken_bytes_the_usual_reader_says_what_prost_says(
        body in body(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut value = value(&body);
        for (place, byte) in changes {
            let place = place.index(value.len());
            value[place] = byte;
        }
        for value in [&value[..], &value[..cut.index(value.len())]] {
            prop_assert!(usual::read(value).is_none_or(|usual| Ok(usual) == decode_any(value)), "{value:x?}");
        }
    }
}
