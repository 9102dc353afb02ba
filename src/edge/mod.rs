//! The rim: formats, files, pages. Siblings do not import each other.

pub mod log;
pub mod wire;
pub mod lake;
pub mod rulebook;
