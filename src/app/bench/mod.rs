//! `kervan bench`: what this machine carries: rate, latency, memory, restart, and what an expected fleet needs.
//!
//! On Kafka the job under test is a process of its own (`kervan run`, started and stopped here), fed by a fleet that drives
//! along the corridors of its rulebook. What generates load is not what is measured: its processor time is told apart.
//!
//! | file | idea |
//! |---|---|
//! | `country`, `fleet` | what is driven on, and who drives |
//! | `decide`, `probe`, `stages`, `yardstick` | costs of a fix; of the machine at fixed things |
//! | `capacity`, `plan` | what follows from them |
//! | `storm` | late data of many at once |
//! | `plot`, `report` | words, pictures, a page |
//! | `latency`, `drain`, `sustain`, `limit` | the whole job on a broker |
//! | `job`, `road`, `load`, `listen`, `used` | it, a fleet before it, what it is sent, its alerts, what it takes |

mod capacity;
mod country;
mod decide;
#[cfg(feature = "kafka")]
mod drain;
mod fleet;
#[cfg(feature = "kafka")]
mod job;
#[cfg(feature = "kafka")]
mod latency;
#[cfg(feature = "kafka")]
mod limit;
#[cfg(feature = "kafka")]
mod listen;
#[cfg(feature = "kafka")]
mod load;
mod plan;
mod plot;
mod probe;
mod report;
#[cfg(feature = "kafka")]
mod road;
mod stages;
mod storm;
#[cfg(feature = "kafka")]
mod sustain;
#[cfg(feature = "kafka")]
mod used;
mod yardstick;

use super::failure::Failure;

/// What can be measured.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum BenchCommand {
    /// How many vehicles this machine carries: costs stage by stage, memory, growth, and a page with plots
    Capacity(capacity::CapacityArgs),
    /// One point of the curves of `capacity`
    #[command(hide = true)]
    Probe(probe::ProbeArgs),
    /// What an expected fleet needs, from the figures of `capacity`
    Plan(plan::PlanArgs),
    /// Thousands of units upload hours of stored fixes at once: memory, and how long corrections take
    Storm(storm::StormArgs),
    /// From a fix in the log to its alert, readable by read_committed consumers, while a fleet reports at a given rate
    #[cfg(feature = "kafka")]
    Latency(latency::LatencyArgs),
    /// The highest rate: a topic is filled, then the job reads it to its end; and the time from a restart to the first decision
    #[cfg(feature = "kafka")]
    Drain(drain::DrainArgs),
    /// The highest rate that the job holds, broker and load on the same machine, and how long alerts take at parts of it
    #[cfg(feature = "kafka")]
    Limit(limit::LimitArgs),
    /// Whether the job keeps up with a rate, broker and load on the same machine; requests are prepared beforehand
    #[cfg(feature = "kafka")]
    Sustain(sustain::SustainArgs),
}

/// Runs the command.
///
/// # Errors
/// Those of the configuration, of the broker, and of the job under test.
pub fn run(command: &BenchCommand) -> Result<(), Failure> {
    match command {
        BenchCommand::Capacity(args) => capacity::run(args),
        BenchCommand::Probe(args) => probe::run(args),
        BenchCommand::Plan(args) => plan::run(args),
        BenchCommand::Storm(args) => storm::run(args),
        #[cfg(feature = "kafka")]
        BenchCommand::Latency(args) => latency::run(args),
        #[cfg(feature = "kafka")]
        BenchCommand::Drain(args) => drain::run(args),
        #[cfg(feature = "kafka")]
        BenchCommand::Limit(args) => limit::run(args),
        #[cfg(feature = "kafka")]
        BenchCommand::Sustain(args) => sustain::run(args),
    }
}
