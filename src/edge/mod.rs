//! The rim: formats, files, pages. Siblings do not import each other.

pub mod lake;
pub mod log;
pub mod rulebook;
pub mod wire;
