//! One shipment through one transaction, and what is known afterwards.
//!
//! librdkafka has no KIP-890: a delayed end of a transaction can end a later one (KAFKA-17754). So after a commit whose
//! outcome is unknown, or that was slow, the producer is renewed (a new epoch fences what is still under way), and nothing
//! is ever aborted once a commit has been asked for (DELIVERY, 3.3 and 3.4).

use std::time::Duration;

use super::failpoint::{guarded, reach};
use super::membership::{Guard, Membership};
use super::outbox::{Outgoing, Shipment};

/// One offset of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetCommit {
    /// Partition of the log.
    pub partition: u32,
    /// C.
    pub next: u64,
    /// The pointer, as text.
    pub metadata: String,
}

/// What the group has committed for a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Partition of the log.
    pub partition: u32,
    /// C; `None` where nothing is committed.
    pub next: Option<u64>,
    /// Beside it.
    pub metadata: String,
}

/// Why a call failed, by what may be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The same call may be made again.
    Retriable(String),
    /// The transaction must be aborted; the same outputs may be sent in another.
    Abortable(String),
    /// This member's commits no longer count: its generation or its membership has ended.
    Stale(String),
    /// The producer is of no use any more; another with the same name is.
    Fatal(String),
}

impl Fault {
    /// What the client said.
    pub fn message(&self) -> &str {
        match self {
            Fault::Retriable(m) | Fault::Abortable(m) | Fault::Stale(m) | Fault::Fatal(m) => m,
        }
    }
}

/// A transactional producer with the offsets of its group. Every call returns within its limit, or little later.
pub trait Transactions {
    /// Time since the start of the process.
    fn now(&self) -> Duration;
    /// Who we are in the group, asked freshly.
    fn membership(&self) -> Membership;
    /// Time since records or events were last asked for.
    fn since_poll(&self) -> Duration;
    /// Begins a transaction.
    fn begin(&mut self) -> Result<(), Fault>;
    /// Hands an output over; waits where the client's queue is full.
    fn send(&mut self, record: &Outgoing) -> Result<(), Fault>;
    /// Waits until everything handed over is acknowledged.
    fn drain(&mut self, limit: Duration) -> Result<(), Fault>;
    /// Adds offsets to the transaction, as the member that we are now.
    fn offsets(&mut self, offsets: &[OffsetCommit], limit: Duration) -> Result<(), Fault>;
    /// Commits.
    fn commit(&mut self, limit: Duration) -> Result<(), Fault>;
    /// Aborts.
    fn abort(&mut self, limit: Duration) -> Result<(), Fault>;
    /// Replaces the producer by another of the same name, which ends what the old one left open.
    fn renew(&mut self, limit: Duration) -> Result<(), Fault>;
    /// What the group has committed, once no transaction is open on it.
    fn committed(&mut self, partitions: &[u32], limit: Duration) -> Result<Vec<Committed>, Fault>;
}

/// Limits of the calls.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For one request.
    pub request: Duration,
    /// A request that takes longer than this may have been sent twice: the producer is renewed after the transaction.
    pub slow: Duration,
    /// For everything about one transaction (`transaction.timeout.ms`).
    pub transaction: Duration,
}

/// How a shipment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shipped {
    /// Committed.
    Done,
    /// Committed, but slowly: the producer must be renewed before the next transaction.
    DoneSlowly,
    /// Not committed and nothing is open: the same may be sent again.
    Again(String),
    /// Not committed: our partitions are no longer ours.
    Stale(String),
    /// Nobody knows: [`resolve`] finds out.
    Unknown(String),
}

/// Sends a shipment through one transaction.
pub fn ship(txn: &mut dyn Transactions, guard: &Guard, shipment: &Shipment, limits: &Limits) -> Shipped {
    let objection =
        |txn: &dyn Transactions| guard.objection(&txn.membership(), txn.since_poll()).filter(|_| guarded("guard"));
    if let Some(objection) = objection(txn) {
        return Shipped::Stale(objection);
    }
    let began = txn.now();
    // What was slow may have been sent twice, and the copy may arrive in a later transaction.
    let mut slow = false;
    if let Err(fault) = fill(txn, shipment, limits, &mut slow) {
        return give_up(txn, fault, limits, slow);
    }
    // Between filling and committing time has passed.
    if let Some(objection) = objection(txn) {
        return match give_up(txn, Fault::Stale(objection), limits, slow) {
            Shipped::Again(message) => Shipped::Stale(message),
            other => other,
        };
    }
    let asked = txn.now();
    loop {
        match txn.commit(limits.request) {
            Ok(()) => {
                reach("committed");
                slow |= txn.now() - asked >= limits.slow;
                return if slow && guarded("renew") { Shipped::DoneSlowly } else { Shipped::Done };
            }
            Err(Fault::Retriable(_)) if txn.now() - began < limits.transaction => {}
            // The commit was refused before it was written: the client says that aborting is right.
            Err(fault @ (Fault::Abortable(_) | Fault::Stale(_))) => return give_up(txn, fault, limits, slow),
            Err(fault) => return Shipped::Unknown(fault.message().to_owned()),
        }
    }
}

fn fill(txn: &mut dyn Transactions, shipment: &Shipment, limits: &Limits, slow: &mut bool) -> Result<(), Fault> {
    txn.begin()?;
    reach("begun");
    for record in shipment.records.iter().flat_map(|(_, records)| records) {
        txn.send(record)?;
    }
    reach("sent");
    txn.drain(limits.transaction)?;
    reach("drained");
    if shipment.offsets.is_empty() {
        return Ok(());
    }
    let began = txn.now();
    loop {
        let answer = txn.offsets(&shipment.offsets, limits.request);
        *slow |= txn.now() - began >= limits.slow;
        match answer {
            Err(Fault::Retriable(_)) if txn.now() - began < limits.transaction => {}
            Ok(()) => {
                reach("offsets");
                return Ok(());
            }
            fault => return fault,
        }
    }
}

/// Ends a transaction that was not asked to commit. After a slow request only a new producer may go on, as after a commit
/// of unknown outcome: a copy of it could end, or move the offsets of, a later transaction.
fn give_up(txn: &mut dyn Transactions, fault: Fault, limits: &Limits, slow: bool) -> Shipped {
    let message = fault.message().to_owned();
    if matches!(fault, Fault::Fatal(_)) {
        return Shipped::Unknown(message);
    }
    let began = txn.now();
    // An abort does not end while outputs are under way and nobody serves their reports (P2).
    let _ = txn.drain(limits.request);
    let asked = txn.now();
    loop {
        match txn.abort(limits.request) {
            Ok(()) if (slow || txn.now() - asked >= limits.slow) && guarded("renew") => {
                return Shipped::Unknown(format!("{message}; then a slow abort"));
            }
            Ok(()) if matches!(fault, Fault::Stale(_)) => return Shipped::Stale(message),
            Ok(()) => return Shipped::Again(message),
            Err(Fault::Retriable(_)) if txn.now() - began < limits.transaction => {
                let _ = txn.drain(limits.request);
            }
            Err(other) => return Shipped::Unknown(format!("{message}; then aborting: {}", other.message())),
        }
    }
}

/// What has become of a shipment whose outcome is unknown: renews the producer, which ends whatever was open, then asks.
///
/// Returns the partitions of it that were committed.
///
/// # Errors
/// Where the broker does not answer yet; it may be asked again.
pub fn resolve(txn: &mut dyn Transactions, shipment: &Shipment, limits: &Limits) -> Result<Resolution, Fault> {
    txn.renew(limits.transaction)?;
    let partitions: Vec<u32> = shipment.offsets.iter().map(|o| o.partition).collect();
    if partitions.is_empty() || !guarded("resolve") {
        return Ok(Resolution::default());
    }
    let committed = txn.committed(&partitions, limits.transaction)?;
    let mut resolution = Resolution::default();
    for offset in &shipment.offsets {
        let found = committed.iter().find(|c| c.partition == offset.partition);
        match found.and_then(|c| c.next.map(|next| (next, &c.metadata))) {
            Some((next, metadata)) if next == offset.next && *metadata == offset.metadata => {
                resolution.committed.push(offset.partition);
            }
            Some((next, _)) if next > offset.next => resolution.overtaken.push(offset.partition),
            _ => {}
        }
    }
    Ok(resolution)
}

/// See [`resolve`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Committed by the shipment.
    pub committed: Vec<u32>,
    /// Somebody else has committed more: the partition is not ours any more.
    pub overtaken: Vec<u32>,
}
