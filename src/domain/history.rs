//! The port through which a step asks for fixes that memory no longer holds.
//!
//! It is called at places that depend on the log alone (a rewind or an activation that reaches further back than
//! the history in memory; a late fix that may be a duplicate), and answers before the next record is read.

use super::output::Quality;
use super::record::{Fix, Heartbeat};
use super::time::Millis;

/// One past report of a unit, as its row of the tracks (or its record) keeps it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PastReport {
    /// A row of `tracks`.
    Fix {
        /// The fix, its time repaired where the week had rolled over.
        fix: Fix,
        /// Flags of its row.
        quality: Quality,
        /// Record timestamp.
        timestamp: Millis,
    },
    /// A heartbeat of `records`.
    Heartbeat {
        /// The heartbeat.
        heartbeat: Heartbeat,
        /// Record timestamp.
        timestamp: Millis,
    },
}

/// Why older reports could not be read. Nothing may be decided without them, so the run stops.
#[derive(Clone, Debug, thiserror::Error)]
#[error("reading older reports of unit {unit} from the track files: {message}")]
pub struct HistoryError {
    /// Unit id.
    pub unit: String,
    /// What went wrong, with the culprit.
    pub message: String,
}

/// Reads back what the log said of a unit.
pub trait History {
    /// Every report of `unit` in partition `partition` that was read before offset `before` and whose event time (fix time; for a
    /// heartbeat its receive time, else its record timestamp) lies in `[from, to)`, in any order, duplicates and losers included.
    ///
    /// # Errors
    /// Where a file is missing or unreadable.
    fn reports(
        &mut self,
        partition: u32,
        unit: &str,
        from: Millis,
        to: Millis,
        before: u64,
    ) -> Result<Vec<PastReport>, HistoryError>;
}
