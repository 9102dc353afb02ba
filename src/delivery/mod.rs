//! Exactly once, as book-keeping: what waits for a commit, what a commit says, and when its outcome is known.
//!
//! Nothing here knows of Kafka's client or of what is decided: the words are offsets, bytes, names and outcomes. So the
//! same code runs against a broker and against the simulator of failures (`tests/failures`).
//!
//! Letters, as in DELIVERY: **C** is the committed offset of a partition, the next one to send outputs for; **K** is the
//! offset of its checkpoint, the next one to read from after a restart; K <= C always.
//!
//! | file | one idea |
//! |---|---|
//! | `pointer` | the text beside a committed offset: which checkpoint, and its hash |
//! | `outbox` | outputs and offsets that wait for the next commit |
//! | `membership` | whether a commit of ours may still count |
//! | `transaction` | one shipment through one transaction, and what is known afterwards |
//! | `tempo` | when to commit |
//! | `disk` | files, and what of them a power cut leaves |
//! | `failpoint` | where tests end, freeze or delay the process |
pub mod disk;
pub mod failpoint;
pub mod membership;
pub mod outbox;
pub mod pointer;
pub mod tempo;
pub mod transaction;

pub use membership::{Guard, Membership};
pub use outbox::{Channel, Outbox, Outgoing, Parcel, Shipment};
pub use pointer::{Pointer, PointerFault};
pub use tempo::Tempo;
pub use transaction::{Committed, Fault, OffsetCommit, Shipped, Transactions, resolve, ship};
