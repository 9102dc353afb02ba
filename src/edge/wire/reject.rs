//! Why a line is no record.

use super::decode::Envelope;
use super::scan::{DEPTH_MAX, Fault};

/// Stable codes of rejects: what operators count and filter by, never renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// Not a JSON object.
    NotJson,
    /// Neither a JSON object nor a message of the second wire format.
    NotProtobuf,
    /// Not UTF-8.
    NotUtf8,
    /// Nested too deep.
    TooDeep,
    /// Too many bytes.
    TooLong,
    /// `type` is none of FORMATS.
    UnknownType,
    /// A required field is missing or null.
    MissingField,
    /// A required field is of another type.
    WrongType,
    /// A required field is outside its range.
    OutOfRange,
    /// An id is outside `[A-Za-z0-9._:-]{1,64}`.
    BadId,
}

impl Code {
    /// Its name in `reason`.
    pub fn name(self) -> &'static str {
        match self {
            Code::NotJson => "not_json",
            Code::NotProtobuf => "not_protobuf",
            Code::NotUtf8 => "not_utf8",
            Code::TooDeep => "too_deep",
            Code::TooLong => "too_long",
            Code::UnknownType => "unknown_type",
            Code::MissingField => "missing_field",
            Code::WrongType => "wrong_type",
            Code::OutOfRange => "out_of_range",
            Code::BadId => "bad_id",
        }
    }
}

/// Why a line is no record, and what could still be read of its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectReason {
    /// Stable code, as in [`Code::name`].
    pub code: &'static str,
    /// Which step refused it; `decode` for everything of this module.
    pub stage: &'static str,
    /// The culprit and what was expected of it.
    pub message: String,
    /// Place and times of the line, as far as they were readable; empty where it is not JSON.
    pub envelope: Box<Envelope>,
}

impl RejectReason {
    /// A refusal by the decoder.
    pub fn new(code: Code, message: String) -> RejectReason {
        RejectReason { code: code.name(), stage: "decode", message, envelope: Box::default() }
    }

    /// A line of `bytes` bytes, more than are read.
    pub fn too_long(bytes: u64) -> RejectReason {
        let max = super::LINE_BYTES_MAX;
        RejectReason::new(Code::TooLong, format!("the line has {bytes} bytes, more than the {max} that are read"))
    }
}

impl From<Fault> for RejectReason {
    fn from(fault: Fault) -> RejectReason {
        match fault {
            Fault::Syntax(at, what) => RejectReason::new(Code::NotJson, format!("expected {what} at byte {at}")),
            Fault::TooDeep => RejectReason::new(Code::TooDeep, format!("nested deeper than {DEPTH_MAX} levels")),
        }
    }
}
