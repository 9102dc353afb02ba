//! The rim: formats, files, pages. Siblings do not import each other.

#[cfg(feature = "kafka")]
pub mod kafka;
pub mod lake;
pub mod log;
pub mod map;
pub mod rulebook;
#[cfg(feature = "sql")]
pub mod sql;
#[cfg(feature = "kafka")]
pub mod store;
pub mod wire;
