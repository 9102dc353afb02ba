//! The job against a real Apache Kafka that is broken on purpose (DELIVERY, section 6).
//!
//! The suite starts the broker itself: its jars come once through Maven (Java 17 is needed), everything listens on the loopback
//! address, and no process outlives the suite. Without Java and Maven the tests say that they are skipped; in CI that is a
//! failure.
//!
//! `cargo test --test broker` runs the part that is short; `cargo test --test broker -- --ignored` the rest.

mod bench;
mod children;
mod cluster;
mod commits;
mod harness;
mod invariants;
mod jars;
mod matrix;
mod port;
mod process;
mod produce;
mod properties;
mod proxy;
mod read;
mod results;
mod scratch;
mod shim;
mod story;
mod topics;
mod watch;

// Seeded logs and the command `replay`, as the other suites have them.
#[path = "../suite/chance.rs"]
mod chance;
#[path = "../suite/fleet.rs"]
mod fleet;

use fleet::{logs, moved, support};
