//! One point of a curve, measured by a process of its own: its memory is that of the point and of nothing that was measured
//! before it.

use std::process::{Command, Stdio};

use super::country::Country;
use super::decide::{self, Cost};
use crate::app::failure::{ExitCode, Failure, OrFail, print};

/// `kervan bench probe`: what `capacity` asks of itself.
#[derive(Clone, Debug, clap::Args)]
pub struct ProbeArgs {
    /// Vehicles
    #[arg(long)]
    pub vehicles: u32,
    /// Zones
    #[arg(long)]
    pub zones: u32,
    /// Corridors
    #[arg(long)]
    pub corridors: u32,
    /// Fixes of each vehicle that are measured
    #[arg(long)]
    pub rounds: u32,
}

/// Runs it: the cost as JSON on standard output.
///
/// # Errors
/// A fault of this program.
pub fn run(args: &ProbeArgs) -> Result<(), Failure> {
    let rules = Country { zones: args.zones as usize, corridors: args.corridors as usize }.rules()?;
    let cost = decide::measure(&rules, args.vehicles, args.rounds)?;
    print(&serde_json::to_string(&cost)?, "the cost")
}

/// Asks a new process.
///
/// # Errors
/// It cannot be started, or ends badly: for want of memory, as a rule.
pub fn ask(args: &ProbeArgs) -> Result<Cost, Failure> {
    let doing = || format!("measuring {} vehicles; try fewer", args.vehicles);
    let program = std::env::current_exe().or_fail(ExitCode::Other, || "finding this program".to_owned())?;
    let output = Command::new(program)
        .args(["bench", "probe"])
        .args(["--vehicles", &args.vehicles.to_string(), "--zones", &args.zones.to_string()])
        .args(["--corridors", &args.corridors.to_string(), "--rounds", &args.rounds.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .or_fail(ExitCode::Other, doing)?;
    if !output.status.success() {
        return Err(Failure::new(ExitCode::Other, anyhow::anyhow!("{} ended with {}", doing(), output.status)));
    }
    serde_json::from_slice(&output.stdout).or_fail(ExitCode::Other, doing)
}
