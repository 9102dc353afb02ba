//! Composition: one small module a command. Each has clap arguments and a `run` that returns a [`failure::Failure`].

pub mod check;
pub mod demo;
pub mod export_log;
pub mod failure;
pub mod import;
pub mod lane;
pub mod replay;
pub mod score;
pub mod simulate;
#[cfg(feature = "sql")]
pub mod sql;
