//! The log as files: lines in, lines out, nothing about what they say. In a `.pb` file a message with its length in front
//! takes the place of a line.
//!
//! What always holds:
//! * every line has a number, counted from 0 over all files in the order given; blank lines count and are not delivered;
//! * what can be read of a damaged file is delivered first, then the error names the file;
//! * memory does not grow with a line: beyond [`LINE_BYTES_MAX`] bytes only a head is kept;
//! * a written log appears under its name when it is complete and on disk, or not at all.

mod batch;
mod error;
mod frames;
mod input;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use batch::{RawBatch, RawLine};
pub use error::LogError;
pub use input::{Framing, Packing, open};
pub use reader::LogReader;
pub use writer::LogWriter;

/// Longest line that is delivered whole, bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;
/// What is kept of a longer one, bytes: enough for a reject to be recognised.
pub const HEAD_BYTES: usize = 64 << 10;
