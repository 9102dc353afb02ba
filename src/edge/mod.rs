//! The rim: formats, files, pages. Siblings do not import each other.

#[cfg(feature = "sql")]
pub mod sql;
