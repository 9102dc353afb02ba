//! What else leaves the job as lines: rejects and rows of journeys.

use super::base64;
use super::encode::encode_declaration;
use super::object::{Object, string};
use crate::domain::output::JourneyRow;
use crate::domain::record::Source;
use crate::domain::time::Millis;

/// A line that is no record, with the bytes as they came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reject<'a> {
    /// Stable code.
    pub reason: &'a str,
    /// Which step refused it.
    pub stage: &'a str,
    /// Topic, or the name of the file; null where there is none.
    pub topic: Option<&'a str>,
    /// Partition.
    pub partition: u32,
    /// Offset.
    pub offset: u64,
    /// The record's timestamp, where it was readable.
    pub timestamp: Option<Millis>,
    /// The culprit.
    pub message: &'a str,
    /// The bytes as they came.
    pub bytes: &'a [u8],
}

/// Appends the line of a reject: `bytes`, or `bytes_base64` where they are not UTF-8.
pub fn encode_reject(reject: &Reject<'_>, out: &mut Vec<u8>) {
    let mut line = Object::open(out);
    line.text("reason", reject.reason);
    line.text("stage", reject.stage);
    line.nullable_text("topic", reject.topic);
    line.int("partition", reject.partition);
    line.int("offset", reject.offset);
    line.nullable_time("timestamp", reject.timestamp);
    line.text("message", reject.message);
    match std::str::from_utf8(reject.bytes) {
        Ok(text) => string(text, line.key("bytes")),
        Err(_) => {
            let out = line.key("bytes_base64");
            out.push(b'"');
            base64::encode(reject.bytes, out);
            out.push(b'"');
        }
    }
    line.close();
    out.push(b'\n');
}

/// Appends the row of a journey as a line.
pub fn encode_journey_row(row: &JourneyRow, out: &mut Vec<u8>) {
    let mut line = Object::open(out);
    line.text("journey", &row.journey);
    line.int("rev", row.rev);
    line.text("unit", &row.unit);
    line.text("event", row.event);
    line.time("activated", row.activated);
    line.nullable_time("cleared", row.cleared);
    line.nullable_time("deactivated", row.deactivated);
    encode_declaration(&row.declaration, line.key("declaration"));
    line.nullable_text("outcome", row.outcome.as_deref());
    line.nullable_time("first_fix", row.first_fix);
    line.nullable_time("last_fix", row.last_fix);
    line.int("fixes", row.fixes);
    line.int("length_m", row.length_m);
    line.int("used_s", row.used_s);
    line.nullable_int("allowed_s", row.allowed_s);
    let mut alerts = Object::open(line.key("alerts"));
    for (name, count) in ["journal", "low", "medium", "high"].into_iter().zip(row.alerts) {
        alerts.int(name, count);
    }
    alerts.close();
    line.text("finding", row.finding);
    line.time("log_time", row.log_time);
    encode_source(&row.source, &mut line);
    line.close();
    out.push(b'\n');
}

/// The record that was being read, under `source`.
pub(super) fn encode_source(source: &Source, line: &mut Object<'_>) {
    let mut object = Object::open(line.key("source"));
    object.int("partition", source.partition);
    object.int("offset", source.offset);
    object.close();
}
