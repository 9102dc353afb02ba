//! The rim: formats, files, pages. Siblings do not import each other.

pub mod lake;
#[cfg(feature = "sql")]
pub mod sql;
