//! SQL over a lake: the tables of FORMATS section 4 as DataFusion tables, read only.
//!
//! What always holds:
//!
//! * A table is a list of files that somebody else took from the manifest; no directory is ever listed. One statement sees
//!   one list for all its tables, the next statement asks for a new one, so new files are seen without a restart.
//! * Decimals of the files are shown as DOUBLE, text as UTF-8, times as UTC timestamps; `date` is a column where the path
//!   has it.
//! * Nothing can be written, created or configured by a statement: such plans are refused before they run.
//! * Files are pruned by `date` and by their bounds of `fix_time` before they are opened, then row groups and pages by
//!   their statistics. The order that the files declare is passed on, so `ORDER BY unit, fix_time` merges and never sorts.
//!
//! | name | what it shows |
//! |---|---|
//! | `tracks`, `records`, `alerts`, `rejects` | the rows of the files |
//! | `alerts_latest` | of each alert its highest `rev` |
//! | `journeys` | of each journey its newest `rev` (all of them: `journey_revisions`) |
//!
//! A file that is deleted while a statement reads it (compaction) breaks that statement; asking again is the cure, and the
//! error says so.

mod complete;
mod error;
mod files;
mod functions;
mod near;
mod prompt;
mod render;
mod session;
mod statement;
mod table;
mod views;

#[cfg(test)]
mod tests;

pub use error::SqlError;
pub use files::{BoxError, Lake, LakeFile, TableFiles};
pub use prompt::{History, prompt, to_file};
pub use render::Format;
pub use session::{Interrupt, Session, Shown};
pub use statement::statements;

/// One query over the tables as text, for callers that print a few answers (`kervan demo`).
///
/// # Errors
/// The query cannot be planned or run, or is not a query.
pub fn query_table(tables: Vec<TableFiles>, sql: &str) -> Result<String, SqlError> {
    let session = Session::new(Box::new(move || Ok(tables.clone())))?;
    let mut text = Vec::new();
    session.run(sql, Format::Table, &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
