//! Composition: one small module a command. Each has clap arguments and a `run` that returns a [`failure::Failure`].

pub mod failure;
#[cfg(feature = "sql")]
pub mod sql;
