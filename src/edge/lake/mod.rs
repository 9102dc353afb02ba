//! The lake: what was read and found, as plain Parquet files under one directory, and the list that says which count.
//!
//! What always holds:
//!
//! * Every file is written whole, made durable under `stage/` (a name that no engine takes for a table), and only then
//!   renamed to its final name. Between the two stands the commit point, which is not here: the checkpoint of the caller,
//!   which names the [`Staged`] set. [`publish()`] may be repeated any number of times with the same result.
//! * Readers of ours go by the manifests (`manifest/p003/<seq>.json`), never by a listing of a folder.
//! * Rows of a file lie in the span of offsets its name says, and the spans of a partition are disjoint. So order, gaps and
//!   overlaps can be audited from a listing alone, and a log is rebuilt span by span.
//! * Numbers are the integers that decided, as decimals of their scale: no float is written.
//!
//! | step of the caller | of the lake | after a crash here |
//! |---|---|---|
//! | decide a batch | `push_*` into memory | input is read again from the checkpoint |
//! | [`LakeWriter::flush`], or [`LakeWriter::seal`] and [`Sealed::write`] elsewhere | files durable in `stage/` | [`recover()`] sweeps them |
//! | write the checkpoint that names them | none | [`publish()`] of the named set |
//! | [`LakeWriter::publish`], or [`publish()`] elsewhere and [`LakeWriter::published`] | renames, then the manifest | [`publish()`] again: what is done is skipped |
//!
//! JSON texts (evidence, declarations, records) come in as strings: the wire formats are siblings and not known here.

mod alert_rows;
mod alerts;
mod column;
mod content;
mod error;
mod export;
mod file_index;
mod history;
mod joined;
mod journeys;
mod manifest;
mod names;
mod parquet_file;
mod place;
mod publish;
mod records;
mod recover;
mod rejects;
mod shape;
mod staged;
mod track_buffer;
mod tracks;
mod writer;

pub use alert_rows::{StoredRevision, read_alerts};
pub use error::LakeError;
pub use export::{Export, LogItem};
pub use history::{HeartbeatDecode, LakeHistory};
pub use manifest::{Live, LiveFile, Manifest};
pub use names::{Span, Table};
pub use place::Lake;
pub use publish::publish;
pub use records::RecordRow;
pub use recover::{Recovered, Surveyed, recover, survey, tidy};
pub use rejects::RejectRow;
pub use staged::{FileEntry, Staged, StagedFile};
pub use writer::{LakeWriter, Sealed, Versions};

pub use parquet_file::{read_records, read_tracks, sorted_by, table_schema};

#[cfg(test)]
mod budget;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
