//! Composition: one small module a command. Each has clap arguments and a `run` that returns a [`failure::Failure`].

pub mod failure;
pub mod score;
pub mod simulate;
