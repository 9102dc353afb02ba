//! The table `rejects`: the bytes of what could not be read, with the reason.

use super::column::{BatchBuilder, Column, Kind, optional, required};
use super::error::LakeError;
use super::names::Table;
use crate::domain::record::Source;
use arrow::array::RecordBatch;

/// Columns: the fields of a reject (FORMATS, section 1); `bytes` are the bytes as they came, whatever they are.
pub(super) const COLUMNS: &[Column] = &[
    required("reason", Kind::Word),
    required("stage", Kind::Word),
    optional("topic", Kind::Word),
    required("message", Kind::Text),
    required("bytes", Kind::Bytes),
    required("_partition", Kind::Int),
    required("_offset", Kind::Long),
    required("_timestamp", Kind::Time),
];

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectRow {
    /// Its place in the log.
    pub source: Source,
    /// Stable code.
    pub reason: String,
    /// Which stage found it.
    pub stage: String,
    /// Topic or file.
    pub topic: Option<String>,
    /// For people.
    pub message: String,
    /// As they came.
    pub bytes: Vec<u8>,
}

pub(super) fn batch(rows: &[&RejectRow]) -> Result<RecordBatch, LakeError> {
    let mut b = BatchBuilder::new(Table::Rejects.name(), COLUMNS);
    b.texts("reason", rows.iter().map(|row| Some(row.reason.as_str())));
    b.texts("stage", rows.iter().map(|row| Some(row.stage.as_str())));
    b.texts("topic", rows.iter().map(|row| row.topic.as_deref()));
    b.texts("message", rows.iter().map(|row| Some(row.message.as_str())));
    b.bytes("bytes", rows.iter().map(|row| Some(row.bytes.as_slice())));
    b.numbers("_partition", rows.iter().map(|row| Some(row.source.partition.into())));
    b.numbers("_offset", rows.iter().map(|row| Some(row.source.offset as i64)));
    b.numbers("_timestamp", rows.iter().map(|row| Some(row.source.timestamp)));
    b.finish()
}
