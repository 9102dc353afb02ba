//! `kervan bench`: what this machine carries on Kafka: rate, latency, memory, restart.
//!
//! The job under test is a process of its own (`kervan run`, started and stopped here), fed by a fleet that drives along the
//! corridors of its rulebook. What generates load is not what is measured: its processor time is told apart.

mod drain;
mod figures;
mod fleet;
mod job;
mod latency;

use super::failure::Failure;

/// What can be measured.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum BenchCommand {
    /// From a fix in the log to its alert, readable by read_committed consumers, while a fleet reports at a given rate
    Latency(latency::LatencyArgs),
    /// The highest rate: a topic is filled, then the job reads it to its end; and the time from a restart to the first decision
    Drain(drain::DrainArgs),
}

/// Runs the command.
///
/// # Errors
/// Those of the configuration, of the broker, and of the job under test.
pub fn run(command: &BenchCommand) -> Result<(), Failure> {
    match command {
        BenchCommand::Latency(args) => latency::run(args),
        BenchCommand::Drain(args) => drain::run(args),
    }
}
