//! What can go wrong with a file of the log.

use std::io;
use std::path::PathBuf;

/// An error of the reader or writer; each names the file.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file cannot be opened.
    #[error("cannot open {}; check the name and the permissions", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Standard input was named twice.
    #[error("standard input (-) is named twice; it can be read once")]
    StdinTwice,
    /// The file ends in the middle of its compressed data.
    #[error(
        "{} ends in the middle of its compressed data, after line {lines} of the log; fetch the whole file again",
        path.display()
    )]
    Truncated {
        /// Which file.
        path: PathBuf,
        /// Lines read so far, over all files.
        lines: u64,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read on.
    #[error("cannot read {} after line {lines} of the log", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Lines read so far, over all files.
        lines: u64,
        /// Why.
        source: io::Error,
    },
    /// A `.pb` file says that a record is longer than any.
    #[error(
        "{}: record {record} of the log says that it has {length} bytes; a .pb file holds records with their lengths in front",
        path.display()
    )]
    BadLength {
        /// Which file.
        path: PathBuf,
        /// Its number, over all files.
        record: u64,
        /// What stands in front of it.
        length: u64,
    },
    /// The file ends in the middle of a record.
    #[error("{} ends in the middle of record {record} of the log; fetch the whole file again", path.display())]
    HalfRecord {
        /// Which file.
        path: PathBuf,
        /// Its number, over all files.
        record: u64,
    },
    /// The log is shorter than the place at which reading was to go on.
    #[error("the log has {lines} lines, fewer than the {wanted} that were read before; give the same files again")]
    Shorter {
        /// Lines of the log.
        lines: u64,
        /// Where reading was to go on.
        wanted: u64,
    },
    /// The file cannot be written.
    #[error("cannot write {}; check free space and permissions", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
