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
    /// Decide a log: alerts, tracks and tables without Kafka
    Replay(app::replay::ReplayArgs),
    /// Other people's tracks to a log
    Import(app::import::ImportArgs),
    /// Tracks and records of a lake back to a log
    ExportLog(app::export_log::ExportLogArgs),
    /// Validate a rulebook or a GeoJSON file
    Check(app::check::CheckArgs),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Replay(args) => app::replay::run(&args),
        Command::Import(args) => app::import::run(&args),
        Command::ExportLog(args) => app::export_log::run(&args),
        Command::Check(args) => app::check::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, error }) => {
            eprintln!("kervan: {error:#}");
            ExitCode::from(code as u8)
        }
    }
}
