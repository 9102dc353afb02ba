//! The command: arguments, files.

use std::path::{Path, PathBuf};

use super::plan::{Delivery, Environment, INTERVALS_S, Plan, PlantKind};
use super::together::GroupKind;
use super::truth::Truth;
use super::world::World;
use super::{generate, synthetic};
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::record_log::RecordLog;
use crate::domain::time::Millis;
use crate::edge::log::LogWriter;
use crate::edge::rulebook::{self, LoadError};
use crate::edge::wire;

/// A seeded fleet on a rulebook: a log, and the truth of every violation in it.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Rulebook directory
    #[arg(long, value_name = "DIR")]
    pub rulebook: PathBuf,
    /// Log to write: .ndjson or .pb (Protobuf), also .gz or .zst of it; - is NDJSON to standard output
    #[arg(long, value_name = "LOG")]
    pub out: PathBuf,
    /// Truth to write
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// Everything drawn follows from it
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Vehicles
    #[arg(long, default_value_t = 10)]
    pub vehicles: u32,
    /// Days; each vehicle makes one journey a day
    #[arg(long, default_value_t = 1)]
    pub days: u32,
    /// First instant
    #[arg(long, value_name = "RFC3339", default_value = "2026-05-01T00:00:00Z", value_parser = instant)]
    pub start: Millis,
    /// Seconds between two fixes: a number, or `mix` of 10, 30, 60, 120, 300
    #[arg(long, default_value = "30", value_parser = intervals)]
    pub interval: Intervals,
    /// Noise: open, urban or mix
    #[arg(long, default_value = "mix", value_parser = environment)]
    pub environment: Environment,
    /// How fixes arrive: in_order, oldest_first, newest_first, duplicated or mix
    #[arg(long, default_value = "mix", value_parser = deliveries)]
    pub delivery: Deliveries,
    /// What is planted: none, standard, or some of corridor,stop,zone,silence,jump,overstay,near_miss,reverse,wander,
    /// checkpoint,dual,frozen,jamming,hidden,battery,unloading,border,tamper,overdue,lost
    #[arg(long, default_value = "standard", value_parser = plants)]
    pub plants: Plants,
    /// What groups of vehicles do together, most of the fleet: none, all, or some of meeting,crowd,outage,jamming
    #[arg(long, default_value = "none", value_parser = together)]
    pub together: Groups,
    /// Share of vehicle-days in which nothing is planted
    #[arg(long, default_value_t = 0.5)]
    pub clean: f64,
    /// Share of units mounted underneath
    #[arg(long, default_value_t = 0.0)]
    pub underneath: f64,
    /// Hours of driving in a day
    #[arg(long, default_value_t = 9.0)]
    pub hours: f64,
    /// Leave the ticks out
    #[arg(long)]
    pub no_ticks: bool,
    /// Lay so many watch zones on and beside the corridors: needs --rulebook-out
    #[arg(long, value_name = "N", default_value_t = 0, requires = "rulebook_out")]
    pub zones: usize,
    /// Where the rulebook with the additional zones goes
    #[arg(long, value_name = "DIR")]
    pub rulebook_out: Option<PathBuf>,
}

/// Parsed `--interval`.
#[derive(Debug, Clone)]
pub struct Intervals(pub(in crate::app) Vec<i64>);
/// Parsed `--delivery`.
#[derive(Debug, Clone)]
pub struct Deliveries(pub(in crate::app) Vec<Delivery>);
/// Parsed `--plants`.
#[derive(Debug, Clone)]
pub struct Plants(Vec<PlantKind>);
/// Parsed `--together`.
#[derive(Debug, Clone)]
pub struct Groups(Vec<GroupKind>);

/// Runs it.
///
/// # Errors
/// The rulebook is missing or faulty, or an output cannot be written.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if !(0.0..=1.0).contains(&arguments.clean) || !(0.0..=1.0).contains(&arguments.underneath) {
        return Err(Failure::usage("--clean and --underneath are shares between 0 and 1"));
    }
    if !(0.1..=14.0).contains(&arguments.hours) {
        return Err(Failure::usage("--hours must lie between 0.1 and 14"));
    }
    let mut directory = arguments.rulebook.clone();
    let mut world = load(&directory)?;
    if let Some(copy) = arguments.rulebook_out.as_ref().filter(|_| arguments.zones > 0) {
        synthetic::augment(&world, &directory, copy, arguments.zones, arguments.seed)
            .or_fail(ExitCode::Other, || format!("writing the rulebook with more zones to {}", copy.display()))?;
        directory.clone_from(copy);
        world = load(&directory)?;
    }
    let truth = write_log(&world, &arguments.plan(), &arguments.out)?;
    write_truth(&truth, &arguments.truth)?;
    eprintln!(
        "{} vehicle-days, {} fixes, {} violations, log {}, truth {}, rulebook {}",
        truth.header.vehicle_days,
        truth.header.fixes,
        truth.plants.len(),
        arguments.out.display(),
        arguments.truth.display(),
        directory.display(),
    );
    Ok(())
}

impl Arguments {
    /// The plan they ask for.
    pub fn plan(&self) -> Plan {
        Plan {
            seed: self.seed,
            vehicles: self.vehicles,
            days: self.days,
            start: self.start,
            intervals_s: self.interval.0.clone(),
            environment: self.environment,
            deliveries: self.delivery.0.clone(),
            plants: self.plants.0.clone(),
            together: self.together.0.clone(),
            clean_share: self.clean,
            driving_h: self.hours,
            ticks: !self.no_ticks,
            underneath_share: self.underneath,
        }
    }
}

fn load(directory: &Path) -> Result<World, Failure> {
    let book = rulebook::load(directory).map_err(|error| {
        let code = if matches!(error, LoadError::Missing { .. }) { ExitCode::Missing } else { ExitCode::Usage };
        Failure::new(code, error)
    })?;
    let world = World::from(&book);
    if world.corridors.is_empty() {
        return Err(Failure::usage(format!("rulebook {} has no corridor to drive on; add one", directory.display())));
    }
    Ok(world)
}

/// Simulates into a log file.
///
/// # Errors
/// The file cannot be written.
pub fn write_log(world: &World, plan: &Plan, path: &Path) -> Result<Truth, Failure> {
    let mut log = RecordLog::create(path)?;
    let mut failed = None;
    let truth = generate(world, plan, &mut |record| {
        if failed.is_none() {
            failed = log.put(&record.body).err();
        }
    });
    if let Some(error) = failed {
        return Err(Failure::new(ExitCode::OutputFull, error));
    }
    log.finish()?;
    Ok(truth)
}

fn write_truth(truth: &Truth, path: &Path) -> Result<(), Failure> {
    let mut lines = Vec::new();
    truth.write(&mut lines)?;
    let mut writer = LogWriter::create(path)?;
    writer.write(&lines)?;
    writer.finish()?;
    Ok(())
}

fn instant(text: &str) -> Result<Millis, String> {
    wire::instant::parse(text).ok_or_else(|| format!("{text:?} is no RFC 3339 time"))
}

pub(in crate::app) fn intervals(text: &str) -> Result<Intervals, String> {
    if text == "mix" {
        return Ok(Intervals(INTERVALS_S.to_vec()));
    }
    let seconds = text.parse::<i64>().ok().filter(|s| (1..=900).contains(s));
    seconds.map(|s| Intervals(vec![s])).ok_or_else(|| "a number of seconds from 1 to 900, or mix".to_owned())
}

fn environment(text: &str) -> Result<Environment, String> {
    Environment::from_name(text).ok_or_else(|| "open, urban or mix".to_owned())
}

pub(in crate::app) fn deliveries(text: &str) -> Result<Deliveries, String> {
    if text == "mix" {
        return Ok(Deliveries(Delivery::ALL.to_vec()));
    }
    let one = Delivery::from_name(text).map(|d| Deliveries(vec![d]));
    one.ok_or_else(|| "in_order, oldest_first, newest_first, duplicated or mix".to_owned())
}

fn plants(text: &str) -> Result<Plants, String> {
    let known = || PlantKind::ALL.map(PlantKind::name).join(",");
    PlantKind::parse(text).map(Plants).map_err(|name| format!("{name:?} is not none, standard or one of {}", known()))
}

fn together(text: &str) -> Result<Groups, String> {
    let known = || GroupKind::ALL.map(GroupKind::name).join(",");
    GroupKind::parse(text).map(Groups).map_err(|name| format!("{name:?} is not none, all or one of {}", known()))
}
