//! From a fix in the log to its alert, as a read_committed reader sees it.
//!
//! Some fixes of the fleet say that their unit was opened: `tamper` is raised by the very record. The delay is the reader's
//! wall clock less `log_time` of the alert, which is when the broker appended the fix; both clocks are this machine's.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::fleet::{self, Fleet};
use super::job::Job;
use super::listen::Listener;
use super::used::Used;
use crate::app::failure::{ExitCode, Failure};
use crate::app::run::config::Config;
use crate::app::run::{connect, shelf};
use crate::app::score::quantile;
use crate::app::wall::now;
use crate::domain::time::Millis;
use crate::edge::kafka::Sender;

/// How often the job's memory is looked at while it is measured.
const SAMPLES: Millis = 12;
/// So long an alert may be on its way after the others.
const PATIENCE: Duration = Duration::from_secs(10);

/// `kervan bench latency`
#[derive(Clone, Debug, clap::Args)]
pub struct LatencyArgs {
    /// Configuration of the job; its topics should be for this alone
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Fixes a second
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: u32,
    /// Seconds that are measured, after as long a warm-up (30 at most)
    #[arg(long, default_value_t = 30, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// Alerts a second
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub alerts: u32,
    /// Seconds between two fixes of a vehicle: with the rate this makes the number of vehicles
    #[arg(long, default_value_t = 10, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=600))]
    pub interval: u32,
    /// The job runs already
    #[arg(long)]
    pub running: bool,
}

/// Runs it.
///
/// # Errors
/// Those of the configuration, the broker and the job; exit 1 where alerts are missing.
pub fn run(args: &LatencyArgs) -> Result<(), Failure> {
    let config = Config::read(&args.config)?;
    let settings = connect::settings(&config)?;
    let rules = crate::app::replay::load_rules(&shelf::directory(&config.rulebook.url, &config.base)?)?;
    let interval = Millis::from(args.interval) * 1_000;
    let warm_up = args.seconds.min(30);
    // Each vehicle is opened once at most: a second time within ten minutes is folded into the first.
    let needed = args.alerts * (args.seconds + warm_up + 5);
    let vehicles = args.rate.saturating_mul(args.interval).max(needed);
    let mut fleet = Fleet::new(rules, vehicles, interval, Millis::from(args.seconds + warm_up) * 1_000);
    let mut job = if args.running { None } else { Some(Job::start(&args.config)?) };
    connect::wait_for_topics(&settings, Duration::from_secs(60))?;
    let mut sender = Sender::connect_quick(&settings).map_err(connect::failed)?;
    let mut listener = Listener::start(&settings)?;
    let start = now();
    let name = fleet::name(start);
    for vehicle in 0..fleet.vehicles() {
        let unit = Fleet::unit(vehicle);
        let body = fleet.activate(vehicle, &name, start);
        sender.send(Some(unit.as_bytes()), None, fleet.value(&body)).map_err(connect::failed)?;
    }
    sender.finish(Duration::from_secs(120)).map_err(connect::failed)?;
    let (began, total) = (Instant::now(), warm_up + args.seconds);
    let (mut sent, mut opened) = (0u64, 0u32);
    let mut was_opened = vec![false; fleet.vehicles() as usize];
    let mut measured_from = None;
    let mut before = Used::default();
    let mut memory = Vec::new();
    while began.elapsed() < Duration::from_secs(u64::from(total)) {
        if measured_from.is_none() && began.elapsed() >= Duration::from_secs(u64::from(warm_up)) {
            measured_from = Some(now());
            before = job.as_ref().map_or(Used::default(), |j| Used::of(j.pid()));
        }
        if let Some(from) = measured_from
            && let Some(job) = &job
            && now() - from >= memory.len() as Millis * Millis::from(args.seconds) * 1_000 / SAMPLES
        {
            memory.push(Used::of(job.pid()).rss);
        }
        let due = (began.elapsed().as_secs_f64() * f64::from(args.rate)) as u64;
        if sent >= due {
            std::thread::sleep(Duration::from_micros(500));
            sender.serve();
            continue;
        }
        let time = now();
        let vehicle = (sent % u64::from(fleet.vehicles())) as u32;
        let wanted = u64::from(opened) * u64::from(args.rate) <= sent * u64::from(args.alerts) && opened < needed;
        let alarm = wanted && !std::mem::replace(&mut was_opened[vehicle as usize], true);
        opened += u32::from(alarm);
        let unit = Fleet::unit(vehicle);
        let body = fleet.fix(vehicle, time - start, time, alarm);
        sender.send(Some(unit.as_bytes()), None, fleet.value(&body)).map_err(connect::failed)?;
        sent += 1;
        if sent.is_multiple_of(1_000)
            && let Some(job) = &mut job
        {
            job.alive()?;
        }
    }
    let after = job.as_ref().map_or(Used::default(), |j| Used::of(j.pid()));
    sender.finish(Duration::from_secs(60)).map_err(connect::failed)?;
    let heard = listener.wait_for(opened as usize, start, PATIENCE)?;
    if let Some(job) = job {
        job.stop()?;
    }
    report(args, vehicles, sent, opened, measured_from.unwrap_or(start), &heard, (before, after), &memory)
}

// What is reported are independent figures of one run.
#[allow(clippy::too_many_arguments)]
fn report(
    args: &LatencyArgs,
    vehicles: u32,
    sent: u64,
    opened: u32,
    from: Millis,
    heard: &[(Millis, Millis)],
    (before, after): (Used, Used),
    memory: &[u64],
) -> Result<(), Failure> {
    let mut delays: Vec<f64> = heard.iter().filter(|(at, _)| *at >= from).map(|(_, delay)| *delay as f64).collect();
    let seconds = f64::from(args.seconds);
    println!(
        "vehicles {vehicles}, fixes a second {:.0}, alerts measured {}",
        sent as f64 / (seconds + f64::from(args.seconds.min(30))),
        delays.len()
    );
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)] {
        println!("fix to alert {name:6} {:>6.0} ms", quantile(&mut delays, share).unwrap_or(f64::NAN));
    }
    if after.rss > 0 {
        let cpu = (after.cpu - before.cpu).as_secs_f64() / seconds * 100.0;
        println!("the job: {cpu:.0} % of a core, {} MiB", after.rss >> 20);
        let memory: Vec<String> = memory.iter().map(|rss| (rss >> 20).to_string()).collect();
        println!("its memory at each twelfth of the time: {} MiB", memory.join(", "));
    }
    if heard.len() < opened as usize {
        let missing = opened as usize - heard.len();
        return Err(Failure::new(
            ExitCode::Other,
            anyhow::anyhow!(
                "{missing} of {opened} alerts were not read within 10 s: the job does not keep up; lower --rate"
            ),
        ));
    }
    Ok(())
}
