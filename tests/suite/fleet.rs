//! Seeded logs, a rulebook and the command `replay`, for the other suites: each uses some of it.

pub(crate) use crate::chance;

#[allow(dead_code)]
#[path = "deliveries.rs"]
pub mod deliveries;
#[allow(dead_code)]
#[path = "logs.rs"]
pub mod logs;
#[path = "moved.rs"]
pub mod moved;
#[allow(dead_code)]
#[path = "support.rs"]
pub mod support;
#[allow(dead_code)]
#[path = "world.rs"]
pub mod world;
