//! Wire formats of FORMATS, sections 1 and 3: bytes to typed records and back.
//!
//! What always holds:
//! * one line is decoded without recursion, without a tree, and at most once; nothing a line contains can panic;
//! * JSON and Protobuf of one record are the same record, and so the same decisions;
//! * every number becomes the integer that decides by one rule, in [`quantise`], whatever format it came in;
//! * a line is either a [`Decoded`] record or a [`RejectReason`] with a stable code, never a half;
//! * `decode(encode(record)) == record`.
//!
//! | module | turns |
//! |---|---|
//! | [`scan`] | bytes of JSON into values that point into them |
//! | [`quantise`], [`instant`] | numbers and times into whole units |
//! | [`decode`](fn@decode), `command` | a line into a record |
//! | `usual` | the same for the fix as nearly every unit writes it, six times as fast |
//! | `protobuf` | the second wire format into a record, and back |
//! | [`encode`](fn@encode) | a record into its canonical line |
//! | [`alert`], [`episode`], [`report`] | revisions, lines of the second stage, rejects and journeys into lines |

pub mod alert;
mod base64;
mod command;
mod decode;
mod encode;
pub mod episode;
mod fields;
pub mod instant;
mod object;
mod protobuf;
pub mod quantise;
mod reject;
pub mod report;
pub mod scan;
#[cfg(test)]
mod tests;
mod usual;

pub use alert::{ENGINE_VERSION, encode_revision};
pub use decode::{Decoded, Envelope, LINE_BYTES_MAX, LineStyle, StyleGuard, decode};
pub use encode::{encode, encode_declaration};
pub use episode::{decode_episode_line, encode_episode_line};
pub use object::Object;
pub use protobuf::{as_json, encode_protobuf, encode_protobuf_framed};
pub use reject::{Code, RejectReason};
pub use report::{Reject, encode_journey_row, encode_reject};

use crate::domain::time::Millis;

/// Whether `text` is an id of FORMATS: `[A-Za-z0-9._:-]{1,64}`.
///
/// ```
/// assert!(kervan::edge::wire::is_id("860000000000042"));
/// assert!(!kervan::edge::wire::is_id("34 ABC 01"));
/// ```
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'))
}

/// The first time a record may name: 1900-01-01T00:00:00Z. Whether it is too early to be true is the shard's question.
pub const TIME_MIN: Millis = -2_208_988_800_000;
/// The last time a record may name: 9999-12-31T23:59:59.999Z, the end of RFC 3339.
pub const TIME_MAX: Millis = 253_402_300_799_999;
