//! Composition: one small module a command. Each has clap arguments and a `run` that returns a [`failure::Failure`].

pub mod backtest;
pub mod baseline;
pub mod bench;
pub mod check;
pub mod demo;
pub mod explain;
pub mod export_log;
pub mod failure;
pub mod fit_noise;
pub mod import;
pub mod kpi;
pub mod lane;
pub mod record_log;
#[cfg(feature = "kafka")]
pub mod recover;
pub mod replay;
#[cfg(feature = "kafka")]
pub mod rulebook;
#[cfg(feature = "kafka")]
pub mod run;
pub mod score;
#[cfg(feature = "kafka")]
pub mod send;
pub mod simulate;
#[cfg(feature = "sql")]
pub mod sql;
pub mod stretch;
pub mod variant;
#[cfg(feature = "kafka")]
mod wall;
