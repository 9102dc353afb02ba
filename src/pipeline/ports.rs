//! What the loop needs of a broker, and of a lane that decides one partition.

use std::fmt;
use std::time::Duration;

use super::batch::Batch;
use crate::delivery::{Parcel, Pointer, Transactions};

/// What happened to our partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// These are ours from now on; reading starts when [`Broker::assign`] is called.
    Assigned(Vec<u32>),
    /// All of ours are to be given back; [`Broker::unassign`] says that we have.
    Revoked,
}

/// A broker's failure that ends the process. What passes by itself is not reported, only counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerFault {
    /// Exit code (FORMATS, section 5).
    pub exit: u8,
    /// What was being done to what, and what to do next.
    pub message: String,
}

impl fmt::Display for BrokerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Where reading of a partition starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Partition.
    pub partition: u32,
    /// Offset to read from.
    pub from: u64,
}

/// Wakes the loop from another thread while it waits in [`Broker::poll`].
pub type Waker = Box<dyn Fn() + Send + Sync>;

/// A consumer of the log, a transactional producer of outputs, and a plain producer of ticks and status: one process.
pub trait Broker: Transactions {
    /// Serves events and takes records, at most `room` of them; waits no longer than `wait`.
    ///
    /// # Errors
    /// For what ends the process: another one with our name, an offset that is not there any more.
    fn poll(&mut self, wait: Duration, room: usize, out: &mut Vec<Batch>) -> Result<Option<Event>, BrokerFault>;
    /// Starts reading.
    fn assign(&mut self, from: &[Assignment]) -> Result<(), BrokerFault>;
    /// Gives everything back.
    fn unassign(&mut self);
    /// Joins the group anew, as a member that knows nothing.
    fn rejoin(&mut self) -> Result<(), BrokerFault>;
    /// First offset and the one behind the last, of all records, committed or not.
    fn bounds(&mut self, partition: u32) -> Result<(u64, u64), crate::delivery::Fault>;
    /// The offset behind the last one, as far as known without asking.
    fn high(&self, partition: u32) -> Option<u64>;
    /// Writes a tick into the log.
    fn tick(&mut self, partition: u32, time: i64);
    /// Writes the status of a partition.
    fn status(&mut self, partition: u32, value: &[u8]);
    /// Wall time, epoch milliseconds.
    fn wall(&self) -> i64;
    /// Wakes [`Broker::poll`].
    fn waker(&self) -> Waker;
    /// Leaves: everything that is still ours is given back.
    fn close(&mut self);
}

/// Where a partition begins for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Partition.
    pub partition: u32,
    /// C with its pointer; `None` where the group has never committed.
    pub committed: Option<(u64, Pointer)>,
    /// First offset of the log.
    pub low: u64,
    /// Offset behind the last one.
    pub high: u64,
}

/// Why a lane cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaneFault {
    /// The output is full or unwritable: waiting helps.
    Full(String),
    /// The process ends with this exit code.
    Stop {
        /// Exit code (FORMATS, section 5).
        exit: u8,
        /// What was being done to what, and what to do next.
        message: String,
    },
}

/// What a lane has others do while it goes on deciding: slow work on files. It ends with the pointer that it was about.
///
/// [`LaneFault::Full`]: it may be asked for again.
pub type Errand = Box<dyn FnOnce() -> Result<Pointer, LaneFault> + Send>;

/// Decides one partition. The lane outlives neither its assignment nor a failure.
pub trait Lane: Send {
    /// Decides a batch: rows into memory, outputs into the parcel. Outputs of records below C are left out.
    ///
    /// # Errors
    /// Where it cannot be decided.
    fn decide(&mut self, batch: &Batch, parcel: &mut Parcel) -> Result<(), LaneFault>;
    /// Cuts a checkpoint: the errand makes everything decided so far durable, unpublished, and a checkpoint that names it.
    /// Until one has succeeded, the same is cut again.
    ///
    /// # Errors
    /// Where nothing can be cut.
    fn stage(&mut self) -> Result<Errand, LaneFault>;
    /// That errand has succeeded.
    ///
    /// # Errors
    /// Where it does not fit.
    fn staged(&mut self, pointer: &Pointer) -> Result<(), LaneFault>;
    /// The errand publishes what the pointer's checkpoint names, after its commit.
    ///
    /// # Errors
    /// Where that is not what was staged; [`LaneFault::Full`]: may be tried again.
    fn publish(&mut self, pointer: &Pointer) -> Result<Errand, LaneFault>;
    /// That errand has succeeded.
    ///
    /// # Errors
    /// Where it does not fit.
    fn published(&mut self, pointer: &Pointer) -> Result<(), LaneFault>;
    /// Rows in memory: what a full disk makes grow.
    fn rows(&self) -> usize;
    /// The log clock, and numbers for the status.
    fn status(&self) -> String;
}

/// A lane, recovered.
pub struct Opening {
    /// The lane.
    pub lane: Box<dyn Lane>,
    /// Where to read from.
    pub from: u64,
    /// C.
    pub committed: u64,
    /// What the next commit names.
    pub pointer: Pointer,
    /// The pointer has never been committed: it is a first checkpoint.
    pub fresh: bool,
}

/// Opens lanes.
pub trait Lanes: Send + Sync {
    /// Recovers a partition: rolls the committed publication forward, removes what was never committed, loads the state.
    ///
    /// # Errors
    /// Where what is found does not fit together: nothing is guessed.
    fn open(&self, origin: &Origin) -> Result<Opening, LaneFault>;
}

/// What somebody who watches the loop is told. Every method does nothing by default.
pub trait Watch {
    /// A partition is ours and is read from here.
    fn opened(&mut self, _partition: u32, _started: Started) {}
    /// All partitions of an assignment (there may be none) are open.
    fn assigned(&mut self, _partitions: usize) {}
    /// All partitions were given up.
    fn closed(&mut self, _reason: &str) {}
    /// Records were decided.
    fn decided(&mut self, _partition: u32, _records: usize, _next: u64) {}
    /// A commit has ended.
    fn committed(&mut self, _records: usize, _took: Duration, _shipment: &crate::delivery::Shipment) {}
    /// A commit failed and what is done about it.
    fn trouble(&mut self, _what: &str, _message: &str) {}
    /// Reading pauses (with the reason) or goes on.
    fn paused(&mut self, _why: Option<&str>) {}
    /// A checkpoint was published.
    fn published(&mut self, _partition: u32, _pointer: &Pointer) {}
    /// Batches under way in the crew, and bytes in the outbox.
    fn queues(&mut self, _batches: usize, _outbox_bytes: usize) {}
    /// Once a turn: the loop lives.
    fn turn(&mut self, _lag: &dyn Fn() -> Vec<(u32, u64)>) {}
}

/// Where a partition starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// K.
    pub from: u64,
    /// C.
    pub committed: u64,
    /// Offset behind the last one.
    pub high: u64,
}

/// Watches nothing.
impl Watch for () {}
