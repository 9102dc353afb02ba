//! A revision of an alert to its line (FORMATS, section 3): every key, in that order, absent values null, no blanks.

use super::object::{Object, quoted_time};
use crate::domain::alert::{DECISION_VERSION, Evidence, EvidenceValue, Revision};
use std::sync::LazyLock;

/// `versions.engine`: the version of the program and of the time-zone rules compiled into it.
pub static ENGINE_VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{}+tz{}", env!("CARGO_PKG_VERSION"), chrono_tz::IANA_TZDB_VERSION));

/// Appends the line of a revision.
pub fn encode_revision(rev: &Revision, out: &mut Vec<u8>) {
    let mut line = Object::open(out);
    line.text("schema", "kervan.alert/1");
    line.text("alert", &rev.alert);
    line.int("rev", rev.rev);
    line.text("op", rev.op.name());
    line.text("kind", rev.kind.name());
    line.nullable_text("unit", rev.unit.as_deref());
    line.nullable_text("journey", rev.journey.as_deref());
    line.text("subject", &rev.subject);
    let mut vehicle = Object::open(line.key("vehicle"));
    vehicle.nullable_text("plate", rev.vehicle.plate.as_deref());
    vehicle.nullable_text("trailer", rev.vehicle.trailer.as_deref());
    vehicle.nullable_text("country", rev.vehicle.country.as_deref());
    vehicle.close();
    line.text("condition", rev.condition.name());
    line.text("handling", rev.handling.name());
    line.text("priority", rev.priority.name());
    line.texts("priority_reason", &rev.priority_reason);
    line.text("confidence", rev.confidence.name());
    line.time("onset", rev.onset);
    line.time("raised", rev.raised);
    line.nullable_time("ended", rev.ended);
    line.time("log_time", rev.log_time);
    line.bool("late", rev.late);
    line.int("late_by_s", rev.late_by_s);
    line.nullable_text("reason", rev.reason.as_deref());
    line.nullable_text("parent", rev.parent.as_deref());
    line.texts("children", &rev.children);
    line.nullable_position("position", rev.position);
    encode_evidence(&rev.evidence, line.key("evidence"));
    encode_rest(rev, &mut line);
    line.close();
    out.push(b'\n');
}

fn encode_rest(rev: &Revision, line: &mut Object<'_>) {
    let mut offices = Object::open(line.key("offices"));
    offices.texts("responsible", &rev.responsible);
    offices.nullable_text("nearest", rev.nearest.as_deref());
    offices.close();
    let mut text = Object::open(line.key("text"));
    text.text("tr", &rev.text.tr);
    text.text("en", &rev.text.en);
    text.text("do_tr", &rev.text.do_tr);
    text.text("do_en", &rev.text.do_en);
    text.nullable_int("respond_within_min", rev.text.respond_within_min);
    text.close();
    let mut codes = Object::open(line.key("codes"));
    codes.nullable_text("article", rev.article);
    codes.nullable_text("eaeu", rev.eaeu);
    codes.nullable_text("ncts_incident", rev.ncts_incident);
    codes.close();
    let mut versions = Object::open(line.key("versions"));
    versions.text("rulebook", &rev.rulebook);
    versions.int("decision", DECISION_VERSION);
    versions.text("engine", &ENGINE_VERSION);
    versions.close();
    let mut source = Object::open(line.key("source"));
    source.int("partition", rev.source.partition);
    source.int("offset", rev.source.offset);
    source.close();
}

/// Appends the evidence as an object: `fixes`, then the values in their order.
pub fn encode_evidence(evidence: &Evidence, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    let out = object.key("fixes");
    out.push(b'[');
    for (i, fix) in evidence.fixes.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let mut item = Object::open(out);
        item.time("time", fix.time);
        item.degrees(fix.position);
        item.close();
    }
    out.push(b']');
    for (key, value) in &evidence.values {
        match value {
            EvidenceValue::Int(value) => object.int(key, *value),
            EvidenceValue::Bool(value) => object.bool(key, *value),
            EvidenceValue::Text(value) => object.text(key, value),
            EvidenceValue::Texts(values) => object.texts(key, values),
            EvidenceValue::Time(value) => quoted_time(*value, object.key(key)),
            EvidenceValue::Pair(from, to) => {
                let out = object.key(key);
                out.extend_from_slice(format!("[{from},{to}]").as_bytes());
            }
        }
    }
    object.close();
}
