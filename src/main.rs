//! The command `kervan`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use kervan::app::{self, failure::Failure};

/// Watches vehicles that carry goods under customs control.
#[derive(Parser)]
#[command(name = "kervan", version, about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A simulated day in Türkiye: alerts, SQL answers and a map, with nothing installed
    Demo(app::demo::Arguments),
    /// Decide a log: alerts, tracks and tables without Kafka
    Replay(app::replay::ReplayArgs),
    /// The whole job on Kafka
    #[cfg(feature = "kafka")]
    Run(app::run::RunArgs),
    /// A log file to Kafka, at a chosen rate or time scale
    #[cfg(feature = "kafka")]
    Send(app::send::SendArgs),
    /// What this machine carries, and what a fleet needs: rate, latency, memory, growth, restart
    #[command(subcommand)]
    Bench(app::bench::BenchCommand),
    /// Restore the committed offsets of a group from its outputs
    #[cfg(feature = "kafka")]
    Recover(app::recover::RecoverArgs),
    /// Put a rulebook in force
    #[cfg(feature = "kafka")]
    #[command(subcommand)]
    Rulebook(app::rulebook::RulebookCommand),
    /// Other people's tracks to a log
    Import(app::import::ImportArgs),
    /// Tracks and records of a lake back to a log
    ExportLog(app::export_log::ExportLogArgs),
    /// Validate a rulebook or a GeoJSON file
    Check(app::check::CheckArgs),
    /// A seeded fleet on a rulebook: a log, and the truth of every violation in it
    Simulate(app::simulate::Arguments),
    /// Recall, precision, delay and false alarms of a run against the truth
    Score(app::score::Arguments),
    /// Noise parameters of a mount from stretches in which vehicles stood
    FitNoise(app::fit_noise::FitNoiseArgs),
    /// Why an alert was raised, and what became of it
    Explain(app::explain::ExplainArgs),
    /// Alarm load of each desk a day: rates, floods, bad actors, acknowledgements
    Kpi(app::kpi::KpiArgs),
    /// An old stretch of a log under a new rulebook: alerts gained, lost and changed
    Backtest(app::backtest::BacktestArgs),
    /// SQL over a lake directory
    #[cfg(feature = "sql")]
    Sql(app::sql::Arguments),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo(args) => app::demo::run(&args),
        Command::Replay(args) => app::replay::run(&args),
        #[cfg(feature = "kafka")]
        Command::Run(args) => app::run::run(&args),
        #[cfg(feature = "kafka")]
        Command::Send(args) => app::send::run(&args),
        Command::Bench(command) => app::bench::run(&command),
        #[cfg(feature = "kafka")]
        Command::Recover(args) => app::recover::run(&args),
        #[cfg(feature = "kafka")]
        Command::Rulebook(command) => app::rulebook::run(&command),
        Command::Import(args) => app::import::run(&args),
        Command::ExportLog(args) => app::export_log::run(&args),
        Command::Check(args) => app::check::run(args),
        Command::Simulate(args) => app::simulate::run(&args),
        Command::Score(args) => app::score::run(&args),
        Command::FitNoise(args) => app::fit_noise::run(&args),
        Command::Explain(args) => app::explain::run(&args),
        Command::Kpi(args) => app::kpi::run(&args),
        Command::Backtest(args) => app::backtest::run(&args),
        #[cfg(feature = "sql")]
        Command::Sql(args) => app::sql::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, error }) => {
            eprintln!("kervan: {error:#}");
            ExitCode::from(code as u8)
        }
    }
}
