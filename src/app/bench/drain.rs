//! The highest rate: a topic is filled while nobody reads, then the job reads it to its end; then it is killed and started
//! again, and the time to its first new decision is taken.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::fleet::{self, Fleet};
use super::job::Job;
use super::report;
use super::used::Used;
use super::yardstick::Machine;
use crate::app::failure::{ExitCode, Failure};
use crate::app::run::config::Config;
use crate::app::run::{connect, shelf};
use crate::app::wall::now;
use crate::domain::time::Millis;
use crate::edge::kafka::{KafkaSettings, Sender, committed_offsets};

/// `kervan bench drain`
#[derive(Clone, Debug, clap::Args)]
pub struct DrainArgs {
    /// Configuration of the job; topics, group and store must be new ones
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Fixes to put into the topic
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub fixes: u64,
    /// Vehicles
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub vehicles: u32,
    /// Fixes as Protobuf
    #[arg(long)]
    pub protobuf: bool,
    /// Also kill and start again
    #[arg(long)]
    pub restart: bool,
}

const INTERVAL: Millis = 10_000;

impl DrainArgs {
    /// Fixes of each vehicle.
    fn rounds(&self) -> u64 {
        (self.fixes / u64::from(self.vehicles)).max(1)
    }
}

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Drained {
    /// Records that were decided while the clock ran, and for how long it ran.
    pub records: f64,
    /// See `records`.
    pub seconds: f64,
    /// Records a second.
    pub records_s: f64,
    /// Processor time of the job a record, nanoseconds.
    pub cpu_ns: f64,
    /// Resident memory of the job.
    pub resident_bytes: u64,
    /// Seconds from a kill and restart to the first new decision.
    pub restart_s: Option<f64>,
}

/// Runs it.
///
/// # Errors
/// Those of the configuration, the broker and the job.
pub fn run(args: &DrainArgs) -> Result<(), Failure> {
    println!("{}", report::machine(&Machine::measure()));
    let drained = measure(args)?;
    println!("{:.0} records in {:.1} s: {:.0} a second", drained.records, drained.seconds, drained.records_s);
    println!("the job: {:.0} ns of processor time a record, {} MiB", drained.cpu_ns, drained.resident_bytes >> 20);
    println!(
        "memory a vehicle: {:.0} bytes, everything counted",
        drained.resident_bytes as f64 / f64::from(args.vehicles)
    );
    if let Some(seconds) = drained.restart_s {
        println!("killed and started again: {seconds:.1} s to the first new decision");
    }
    Ok(())
}

/// Measures, without a word about it.
///
/// # Errors
/// As [`run`].
pub fn measure(args: &DrainArgs) -> Result<Drained, Failure> {
    let config = Config::read(&args.config)?;
    let settings = connect::settings(&config)?;
    let rules = crate::app::replay::load_rules(&shelf::directory(&config.rulebook.url, &config.base)?)?;
    connect::make_topics(&config)?;
    untouched(&settings)?;
    let mut fleet = Fleet::new(rules, args.vehicles, INTERVAL, args.rounds() as Millis * INTERVAL);
    fleet.speaks_protobuf(args.protobuf);
    let records = fill(args, &mut fleet, &settings)?;
    let mut job = Job::start(&args.config)?;
    let first = wait_until(&mut job, &settings, 1)?;
    let (began, used) = (Instant::now(), Used::of(job.pid()));
    let last = wait_until(&mut job, &settings, records)?;
    let seconds = began.elapsed().as_secs_f64();
    let after = Used::of(job.pid());
    let decided = last.saturating_sub(first) as f64;
    let mut drained = Drained {
        records: decided,
        seconds,
        records_s: decided / seconds,
        cpu_ns: (after.cpu - used.cpu).as_secs_f64() * 1e9 / decided.max(1.0),
        resident_bytes: after.rss,
        restart_s: None,
    };
    if !args.restart {
        job.stop()?;
        return Ok(drained);
    }
    // A checkpoint of all that was read, as an hour's work would leave.
    std::thread::sleep(Duration::from_secs(config.checkpoint.every_s + 5));
    let before = total(&settings)?;
    job.kill();
    let mut job = Job::start(&args.config)?;
    // Its own ticks are the new records: everything before them was committed.
    wait_until(&mut job, &settings, before + u64::from(connect::partitions(&settings)?))?;
    drained.restart_s = Some(job.began.elapsed().as_secs_f64());
    job.stop()?;
    Ok(drained)
}

/// Puts the fleet's records into the topic: what it drove in the hours before now.
fn fill(args: &DrainArgs, fleet: &mut Fleet, settings: &KafkaSettings) -> Result<u64, Failure> {
    let mut sender = Sender::connect(settings).map_err(connect::failed)?;
    let rounds = args.rounds();
    let now = now();
    let start = now - rounds as Millis * INTERVAL;
    let name = fleet::name(now);
    let began = Instant::now();
    for vehicle in 0..args.vehicles {
        let unit = Fleet::unit(vehicle);
        let body = fleet.activate(vehicle, &name, start);
        sender.send(Some(unit.as_bytes()), None, fleet.value(&body)).map_err(connect::failed)?;
    }
    for round in 0..rounds {
        for vehicle in 0..args.vehicles {
            let since = round as Millis * INTERVAL;
            let unit = Fleet::unit(vehicle);
            let body = fleet.fix(vehicle, since, start + since, false);
            sender.send(Some(unit.as_bytes()), None, fleet.value(&body)).map_err(connect::failed)?;
        }
    }
    sender.finish(Duration::from_secs(300)).map_err(connect::failed)?;
    let records = (rounds + 1) * u64::from(args.vehicles);
    println!(
        "{records} records of {} vehicles put into the topic in {:.1} s",
        args.vehicles,
        began.elapsed().as_secs_f64()
    );
    Ok(records)
}

/// Waits until the group has committed so many offsets in all; returns how many it then had.
pub(super) fn wait_until(job: &mut Job, settings: &KafkaSettings, records: u64) -> Result<u64, Failure> {
    let mut progress = (Instant::now(), 0);
    loop {
        job.alive()?;
        let committed = total(settings)?;
        if committed >= records {
            return Ok(committed);
        }
        if committed > progress.1 {
            progress = (Instant::now(), committed);
        } else if progress.0.elapsed() > Duration::from_secs(180) {
            return Err(Failure::new(
                ExitCode::Other,
                anyhow::anyhow!("the job has committed {committed} of {records} records and nothing for three minutes"),
            ));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Refuses a log that the group has read: what it has decided before would be counted as this load.
pub(super) fn untouched(settings: &KafkaSettings) -> Result<(), Failure> {
    if total(settings)? == 0 {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "group {} has read topic {} before; name new topics, a new group and a new store",
        settings.group, settings.topics.log
    )))
}

pub(super) fn total(settings: &KafkaSettings) -> Result<u64, Failure> {
    let partitions = connect::partitions(settings)?;
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        // A transaction that a killed job left open hides them until it has ended.
        match committed_offsets(settings, partitions) {
            Ok(committed) => return Ok(committed.iter().filter_map(|c| c.next).sum()),
            Err(_) if Instant::now() < until => {}
            Err(fault) => return Err(connect::failed(fault)),
        }
    }
}
