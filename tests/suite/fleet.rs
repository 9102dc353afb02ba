//! Seeded logs and a rulebook, as the other suites have them.

pub(crate) use crate::chance;

#[allow(dead_code)]
#[path = "../suite/deliveries.rs"]
pub mod deliveries;
#[allow(dead_code)]
#[path = "../suite/logs.rs"]
pub mod logs;
#[path = "../suite/moved.rs"]
pub mod moved;
#[allow(dead_code)]
#[path = "../suite/support.rs"]
pub mod support;
#[allow(dead_code)]
#[path = "../suite/world.rs"]
pub mod world;
