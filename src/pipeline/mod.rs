//! The loop of `kervan run`: batches in, lanes decide, one transaction publishes.
//!
//! ```text
//!  broker ─ batches ─▶ runner ─ tasks ─▶ crew: a lane a partition (decode ▸ decide ▸ append)
//!    ▲                   │  ▲                       │
//!    └── transactions ── outbox ◀── parcels, pointers ──┘
//! ```
//! What it talks to are ports: a [`ports::Broker`], and [`ports::Lanes`] that decide. So the same loop runs on Kafka with
//! threads, and in the simulator of failures with neither.
//!
//! | file | one idea |
//! |---|---|
//! | `batch` | raw records of one partition, in one piece of memory |
//! | `ports` | what the loop needs of a broker and of a lane |
//! | `crew` | who runs the lanes: threads, or the caller |
//! | `runner` | the loop: assignment, feeding, checkpoints, commits, the end |
//! | `settling` | a shipment whose outcome is not known yet |
pub mod batch;
pub mod crew;
pub mod ports;
pub mod runner;
mod settling;

pub use batch::{Batch, Raw};
pub use crew::{Crew, Inline, Threads};
pub use ports::{
    Assignment, Broker, BrokerFault, Errand, Event, Lane, LaneFault, Lanes, Opening, Origin, Started, Waker, Watch,
};
pub use runner::{Ending, Runner, Stop, Tuning};
