//! Who runs the lanes: threads, or the caller.
//!
//! A lane belongs to one thread and gets its tasks in order, so a checkpoint covers exactly the parcels that were answered
//! when it was cut. What it has done meanwhile (an [`Errand`](super::ports::Errand): files to be written) another thread does, in order,
//! too; [`Task::Echo`] and [`Task::Close`] are answered when the errands before it are done.
//!
//! | file | one idea |
//! |---|---|
//! | `bench` | the lanes of one thread: from a task to what comes of it |
//! | `inline` | the caller does the work |
//! | `threads` | threads do it |

mod bench;
mod inline;
mod threads;

use super::batch::Batch;
use super::ports::Origin;
use crate::delivery::{Parcel, Pointer};
pub use inline::Inline;
pub use threads::Threads;

/// Something to do for a lane.
#[derive(Debug)]
pub enum Task {
    /// Recover it.
    Open(Origin),
    /// Decide records.
    Decide(Batch),
    /// Write a checkpoint.
    Stage,
    /// It has been written.
    Staged(Pointer),
    /// Publish a committed checkpoint.
    Publish(Pointer),
    /// It has been published.
    Published(Pointer),
    /// Tell how it is.
    Status,
    /// Answer once everything before it is answered.
    Echo(u64),
    /// Forget it.
    Close,
}

/// What a lane answers.
#[derive(Debug)]
pub enum Answer {
    /// Recovered.
    Opened {
        /// Where to read from.
        from: u64,
        /// C.
        committed: u64,
        /// What the next commit names.
        pointer: Pointer,
        /// It was never committed.
        fresh: bool,
    },
    /// Decided so many records.
    Decided {
        /// Outputs.
        parcel: Parcel,
        /// Number of input records.
        records: usize,
        /// Rows in memory.
        rows: usize,
    },
    /// A checkpoint is durable.
    Staged(Pointer),
    /// And published.
    Published(Pointer),
    /// How it is.
    Status(String),
    /// Everything given before has been answered.
    Echo(u64),
    /// Forgotten.
    Closed,
    /// A checkpoint could not be written or published.
    Full(Option<Pointer>, String),
    /// It cannot go on.
    Stop {
        /// Exit code.
        exit: u8,
        /// Why.
        message: String,
    },
}

/// See the module.
pub trait Crew {
    /// Gives a task to the lane of a partition; waits for no one.
    fn give(&mut self, partition: u32, task: Task);
    /// Whether batches wait at the door: nothing more should be read.
    fn crowded(&self) -> bool;
    /// Batches given and not answered yet.
    fn waiting(&self) -> usize;
    /// The next answer, with its partition. With `wait`, blocks until there is one.
    fn answer(&mut self, wait: bool) -> Option<(u32, Answer)>;
}
