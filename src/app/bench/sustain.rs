//! Whether the job keeps up with a rate, while everything runs on one machine: broker, job, and who makes the load.

use std::path::PathBuf;
use std::time::Instant;

use super::load::{Load, Stretch};
use super::report;
use super::road::{LOOK, Played, Site};
use super::yardstick::Machine;
use crate::app::failure::{ExitCode, Failure};
use crate::domain::time::Millis;

/// `kervan bench sustain`
#[derive(Clone, Debug, clap::Args)]
pub struct SustainArgs {
    /// Configuration of the job; topics, group and store must be new ones
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Fixes a second
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    pub rate: u64,
    /// For so long
    #[arg(long, default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// Vehicles
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub vehicles: u32,
    /// Folder for the prepared requests, some 40 bytes a fix [default: that for temporary files]
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// Those of the configuration, the broker and the job; exit 1 where the job does not keep up.
pub fn run(args: &SustainArgs) -> Result<(), Failure> {
    println!("{}", report::machine(&Machine::measure()));
    // Each vehicle reports once in this time.
    let interval = (Millis::from(args.vehicles) * 1_000 / args.rate as Millis).max(1);
    let mut site = Site::open(&args.config, args.vehicles, args.seconds as Millis * 1_000, interval)?;
    site.fleet.speaks_protobuf(true);
    let stretch =
        Stretch { rate: args.rate, seconds: args.seconds, driven: 0, opened: 0..0, scratch: args.scratch.clone() };
    let began = Instant::now();
    // Before the journeys begin: nobody is to be silent meanwhile.
    let load = Load::make(&stretch, &site.fleet, site.partitions, site.beginning())?;
    println!(
        "{} fixes prepared in {:.0} s, {:.1} bytes each as they are sent",
        load.all_fixes(),
        began.elapsed().as_secs_f64(),
        load.bytes() as f64 / load.all_fixes().max(1) as f64
    );
    let mut road = site.begin()?;
    let played = road.play(load)?;
    road.close()?;
    say(&played);
    verdict(args.rate, &played)
}

fn say(played: &Played) {
    let (of_job, own, everybody) = played.cores;
    println!(
        "{} fixes sent in {:.1} s: {:.0} a second, at most {:.1} s behind time",
        played.fixes,
        played.seconds,
        played.fixes as f64 / played.seconds,
        played.late_s
    );
    println!(
        "cores in use: the job {of_job:.2}, who sends {own:.2}, the broker and all else {:.2}; the job's memory {} MiB",
        (everybody - of_job - own).max(0.0),
        played.rss >> 20
    );
    let seconds: Vec<String> = played.looks.iter().map(|look| format!("{:.1}", played.waiting_s(look))).collect();
    println!("seconds of load not yet decided, each {} s and at the end: {}", LOOK.as_secs(), seconds.join(" "));
    println!(
        "decided {} records, ticks among them, {:.1} s after the last was sent: {:.0} a second",
        played.done.decided,
        played.done.second - played.seconds,
        played.done.decided as f64 / played.done.second
    );
}

/// What it comes to.
fn verdict(rate: u64, played: &Played) -> Result<(), Failure> {
    if !played.kept_up() {
        let error = anyhow::anyhow!(
            "the job does not keep up with {rate} fixes a second: {:.1} s of load wait at the end; try a lower --rate",
            played.behind_s()
        );
        return Err(Failure::new(ExitCode::Other, error));
    }
    println!("{rate} fixes a second are sustained");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::road::tests::played;
    use super::*;

    #[test]
    fn who_does_not_keep_up_is_told_how_far_behind_he_is() {
        assert!(verdict(100, &played(&[(5.0, 450), (10.0, 950)], 10.0)).is_ok());
        let behind = verdict(100, &played(&[(5.0, 100), (10.0, 400)], 10.0)).err().map(|f| f.error.to_string());
        assert!(behind.is_some_and(|said| said.contains("6.0 s of load wait")));
    }
}
