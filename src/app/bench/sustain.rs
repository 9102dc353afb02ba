//! Whether the job keeps up with a rate, while everything runs on one machine: broker, job, and who makes the load.
//!
//! Requests are made beforehand and lie in a file; while the clock runs they are only written to a socket. A fix says the
//! time at which it is sent, as near as the preparation could be foreseen.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::drain::{total, wait_until};
use super::fleet::{self, Fleet};
use super::job::Job;
use super::report;
use super::used::{Used, machine_busy};
use super::yardstick::Machine;
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::run::config::Config;
use crate::app::run::intake::partition_of;
use crate::app::run::{connect, shelf};
use crate::app::wall::now;
use crate::domain::time::Millis;
use crate::edge::kafka::{KafkaSettings, Packer, Pipe, Sender};
use crate::edge::wire;

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

/// A request is sent so often.
const SLICE: Millis = 250;
/// How often it is looked how far the job has come.
const LOOK: Duration = Duration::from_secs(5);
/// The job falls behind where more than so many seconds of the load wait at the end, and more than in the middle.
const BEHIND_S: f64 = 5.0;

impl SustainArgs {
    fn slices(&self) -> u64 {
        (self.seconds * 1_000).div_ceil(SLICE as u64)
    }

    /// Fixes of a slice, by their numbers.
    fn fixes(&self, slice: u64) -> std::ops::Range<u64> {
        let at = |slice: u64| self.rate * slice * SLICE as u64 / 1_000;
        at(slice)..at(slice + 1)
    }
}

/// One look at how far everybody is.
#[derive(Clone, Copy)]
struct Look {
    second: f64,
    sent: u64,
    decided: u64,
}

/// Runs it.
///
/// # Errors
/// Those of the configuration, the broker and the job; exit 1 where the job does not keep up.
pub fn run(args: &SustainArgs) -> Result<(), Failure> {
    let config = Config::read(&args.config)?;
    let settings = connect::settings(&config)?;
    let rules = crate::app::replay::load_rules(&shelf::directory(&config.rulebook.url, &config.base)?)?;
    println!("{}", report::machine(&Machine::measure()));
    connect::make_topics(&config)?;
    let partitions = connect::partitions(&settings)?;
    if total(&settings)? > 0 {
        // What it has decided before would be counted as this load.
        let group = &config.kafka.group;
        return Err(Failure::usage(format!(
            "group {group} has read this log before; name new topics, a new group and a new store"
        )));
    }
    let lasting = args.seconds as Millis * 1_000;
    // Each vehicle reports once in this time.
    let interval = (Millis::from(args.vehicles) * 1_000 / args.rate as Millis).max(1);
    let mut fleet = Fleet::new(rules, args.vehicles, interval, lasting);
    fleet.speaks_protobuf(true);
    let prepared = Prepared::make(args, &fleet, partitions)?;
    let mut job = Job::start(&args.config)?;
    let before = activate(args, &mut fleet, &settings, &mut job)?;
    while now() < prepared.start {
        job.alive()?;
        std::thread::sleep(Duration::from_millis(50));
    }
    let looks = play(prepared, &settings, &mut job, before)?;
    job.stop()?;
    verdict(args, &looks)
}

/// The journeys of the fleet begin; how many records the job has then decided.
fn activate(args: &SustainArgs, fleet: &mut Fleet, settings: &KafkaSettings, job: &mut Job) -> Result<u64, Failure> {
    let mut sender = Sender::connect(settings).map_err(connect::failed)?;
    let start = now();
    let name = fleet::name(start);
    for vehicle in 0..args.vehicles {
        let unit = Fleet::unit(vehicle);
        let body = fleet.activate(vehicle, &name, start);
        sender.send(Some(unit.as_bytes()), None, fleet.value(&body)).map_err(connect::failed)?;
    }
    sender.finish(Duration::from_secs(300)).map_err(connect::failed)?;
    wait_until(job, settings, u64::from(args.vehicles))
}

/// Partition and length of each batch.
type Lengths = Vec<(u32, usize)>;

/// Requests in a file, in the order in which they are sent.
struct Prepared {
    file: BufReader<File>,
    /// Batches of each slice, and how many fixes lie in them.
    slices: Vec<(Lengths, u64)>,
    /// When the first one is to be sent.
    start: Millis,
}

impl Prepared {
    fn make(args: &SustainArgs, fleet: &Fleet, partitions: u32) -> Result<Prepared, Failure> {
        let folder = args.scratch.clone().unwrap_or_else(std::env::temp_dir);
        let path = folder.join(format!("kervan-bench-{}.requests", std::process::id()));
        let doing = || format!("writing prepared requests to {}; name another folder with --scratch", path.display());
        let made = File::options().read(true).write(true).create_new(true).open(&path);
        let mut file = BufWriter::with_capacity(1 << 20, made.or_fail(ExitCode::OutputFull, doing)?);
        // Nobody else is to see it, and nothing is left of it: it lives as long as it is open.
        std::fs::remove_file(&path).or_fail(ExitCode::OutputFull, doing)?;
        let homes: Vec<u32> =
            (0..args.vehicles).map(|vehicle| partition_of(Fleet::unit(vehicle).as_bytes(), partitions)).collect();
        let began = Instant::now();
        slice(args, fleet, &homes, partitions, 0, 0)?;
        // Two at a time; and then the journeys begin.
        let estimate = began.elapsed().as_millis() as Millis * args.slices() as Millis * 2 / 3;
        let start = now() + estimate + Millis::from(args.vehicles / 20) + 15_000;
        eprintln!("preparing {} requests takes some {} s", args.slices(), estimate / 1_000);
        let (mut slices, numbers): (Vec<(Lengths, u64)>, Vec<u64>) = (Vec::new(), (0..args.slices()).collect());
        for pair in numbers.chunks(2) {
            let make = |number: u64| slice(args, fleet, &homes, partitions, number, start);
            let made: Vec<_> = std::thread::scope(|scope| {
                let workers: Vec<_> = pair.iter().map(|number| scope.spawn(move || make(*number))).collect();
                workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
            });
            for (number, made) in pair.iter().zip(made) {
                let lost = |_| Failure::new(ExitCode::Other, anyhow::anyhow!("a thread that packs requests panicked"));
                let batches = made.map_err(lost)??;
                for (_, batch) in &batches {
                    file.write_all(batch).or_fail(ExitCode::OutputFull, doing)?;
                }
                let fixes = args.fixes(*number);
                slices.push((batches.into_iter().map(|(p, b)| (p, b.len())).collect(), fixes.end - fixes.start));
            }
        }
        let mut file = file.into_inner().map_err(|error| error.into_error()).or_fail(ExitCode::OutputFull, doing)?;
        file.seek(SeekFrom::Start(0)).or_fail(ExitCode::OutputFull, doing)?;
        let (mut bytes, mut fixes) = (0, 0);
        for slice in &slices {
            bytes += length(&slice.0);
            fixes += slice.1;
        }
        println!(
            "{fixes} fixes prepared in {:.0} s, {:.1} bytes each as they are sent",
            began.elapsed().as_secs_f64(),
            bytes as f64 / fixes.max(1) as f64
        );
        Ok(Prepared { file: BufReader::with_capacity(1 << 20, file), slices, start: start.max(now()) })
    }

    /// The next request into `bytes`.
    fn read(&mut self, slice: usize, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.resize(length(&self.slices[slice].0), 0);
        self.file.read_exact(bytes).or_fail(ExitCode::Other, || "reading prepared requests".to_owned())
    }
}

fn length(batches: &[(u32, usize)]) -> usize {
    batches.iter().map(|(_, length)| *length).sum()
}

/// The batches of one slice, one a partition.
fn slice(
    args: &SustainArgs,
    fleet: &Fleet,
    homes: &[u32],
    partitions: u32,
    number: u64,
    start: Millis,
) -> Result<Vec<(u32, Vec<u8>)>, Failure> {
    let mut packers: Vec<Packer> = (0..partitions).map(|_| Packer::default()).collect();
    let mut value = Vec::new();
    for fix in args.fixes(number) {
        let vehicle = (fix % u64::from(args.vehicles)) as u32;
        let since = (fix * 1_000 / args.rate) as Millis;
        value.clear();
        wire::encode_protobuf(&fleet.fix(vehicle, since, start + since, false), &mut value);
        packers[homes[vehicle as usize] as usize].push(Fleet::unit(vehicle).as_bytes(), &value);
    }
    let time = start + number as Millis * SLICE;
    let batches = packers.iter_mut().zip(0..).filter(|(packer, _)| packer.count() > 0);
    batches
        .map(|(packer, partition)| {
            let batch = packer.finish(time).or_fail(ExitCode::Other, || "packing a batch".to_owned())?;
            Ok((partition, batch))
        })
        .collect()
}

/// Sends every request at its time while somebody looks how far the job has come; then waits for the rest.
fn play(mut prepared: Prepared, settings: &KafkaSettings, job: &mut Job, before: u64) -> Result<Vec<Look>, Failure> {
    let mut pipe = Pipe::connect(settings).map_err(connect::failed)?;
    let (sent, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let (job_used, own_used, busy) = (Used::of(job.pid()), Used::of(std::process::id()), machine_busy());
    let began = Instant::now();
    let look = || -> Result<Look, Failure> {
        let decided = total(settings)?.saturating_sub(before);
        Ok(Look { second: began.elapsed().as_secs_f64(), sent: sent.load(Ordering::Relaxed), decided })
    };
    let mut late = Duration::ZERO;
    let mut used = (Duration::ZERO, job_used, own_used, busy);
    let mut looks = std::thread::scope(|scope| -> Result<Vec<Look>, Failure> {
        let looking = scope.spawn(|| {
            let mut looks = Vec::new();
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(LOOK);
                looks.push(look()?);
            }
            Ok::<_, Failure>(looks)
        });
        let mut sending = || -> Result<(), Failure> {
            let mut bytes = Vec::new();
            for slice in 0..prepared.slices.len() {
                prepared.read(slice, &mut bytes)?;
                let due = Duration::from_millis(slice as u64 * SLICE as u64);
                match due.checked_sub(began.elapsed()) {
                    Some(wait) => std::thread::sleep(wait),
                    None => late = late.max(began.elapsed() - due),
                }
                let (mut rest, mut parts) = (bytes.as_slice(), Vec::new());
                for (partition, length) in &prepared.slices[slice].0 {
                    let (part, behind) = rest.split_at(*length);
                    rest = behind;
                    parts.push((*partition, part));
                }
                pipe.send(parts.into_iter()).map_err(connect::failed)?;
                sent.fetch_add(prepared.slices[slice].1, Ordering::Relaxed);
                job.alive()?;
            }
            Ok(())
        };
        let outcome = sending();
        // Before anybody is waited for.
        used = (began.elapsed(), Used::of(job.pid()), Used::of(std::process::id()), machine_busy());
        over.store(true, Ordering::Relaxed);
        let panicked = |_| Failure::new(ExitCode::Other, anyhow::anyhow!("the thread that looks panicked"));
        let looks = looking.join().map_err(panicked)?;
        outcome.and(looks)
    })?;
    let (wall, job_after, own_after, busy_after) = used;
    let (wall, all) = (wall.as_secs_f64(), sent.load(Ordering::Relaxed));
    let share = |used: Duration| used.as_secs_f64() / wall;
    let (of_job, own) = (share(job_after.cpu - job_used.cpu), share(own_after.cpu - own_used.cpu));
    let everybody = share(busy_after.saturating_sub(busy));
    println!(
        "{all} fixes sent in {wall:.1} s: {:.0} a second, at most {:.1} s behind time",
        all as f64 / wall,
        late.as_secs_f64()
    );
    println!(
        "cores in use: the job {of_job:.2}, who sends {own:.2}, the broker and all else {:.2}; the job's memory {} MiB",
        (everybody - of_job - own).max(0.0),
        job_after.rss >> 20
    );
    wait_until(job, settings, before + all)?;
    looks.push(look()?);
    Ok(looks)
}

/// What the looks say.
fn verdict(args: &SustainArgs, looks: &[Look]) -> Result<(), Failure> {
    let behind = |look: &Look| look.sent.saturating_sub(look.decided) as f64 / args.rate as f64;
    let (Some(last), during) = (looks.last(), &looks[..looks.len().saturating_sub(1)]) else { return Ok(()) };
    let seconds: Vec<String> = during.iter().map(|look| format!("{:.1}", behind(look))).collect();
    println!("seconds of load not yet decided, each {} s: {}", LOOK.as_secs(), seconds.join(" "));
    println!(
        "decided {} records, ticks among them, {:.1} s after the last was sent: {:.0} a second",
        last.decided,
        last.second - args.seconds as f64,
        last.decided as f64 / last.second
    );
    let at_end = during.last().map_or(0.0, behind);
    let in_the_middle = during.get(during.len() / 2).map_or(0.0, behind);
    if at_end > BEHIND_S && at_end > in_the_middle + 1.0 {
        let error = anyhow::anyhow!(
            "the job does not keep up with {} fixes a second: {at_end:.1} s of load wait at the end; try a lower --rate",
            args.rate
        );
        return Err(Failure::new(ExitCode::Other, error));
    }
    println!("{} fixes a second are sustained", args.rate);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::country::Country;
    use super::*;

    fn args(rate: u64, seconds: u64) -> SustainArgs {
        SustainArgs { config: PathBuf::new(), rate, seconds, vehicles: 30, scratch: None }
    }

    #[test]
    fn slices_hold_every_fix_once() {
        let args = args(333, 7);
        let mut next = 0;
        for slice in 0..args.slices() {
            let fixes = args.fixes(slice);
            assert_eq!(fixes.start, next);
            next = fixes.end;
        }
        assert_eq!(next, 333 * 7);
    }

    #[test]
    fn what_is_prepared_can_be_read_slice_by_slice() -> Result<(), Failure> {
        let args = args(200, 2);
        let fleet = Fleet::new(Country { zones: 1, corridors: 1 }.rules()?, 30, 150, 2_000);
        let mut prepared = Prepared::make(&args, &fleet, 4)?;
        let (mut bytes, mut fixes) = (Vec::new(), 0);
        for slice in 0..prepared.slices.len() {
            prepared.read(slice, &mut bytes)?;
            let first = prepared.slices[slice].0[0].1;
            assert_eq!(bytes[16], 2, "a batch begins where it should");
            assert!(first <= bytes.len());
            fixes += prepared.slices[slice].1;
        }
        assert_eq!((fixes, prepared.slices.len()), (400, 8));
        Ok(())
    }

    #[test]
    fn a_job_that_falls_behind_is_told_from_one_that_keeps_up() {
        let look = |second: f64, decided: u64| Look { second, sent: 100 * second as u64, decided };
        let keeps_up = [look(5.0, 400), look(10.0, 950), look(12.0, 1_000)];
        assert!(verdict(&args(100, 10), &keeps_up).is_ok());
        let falls_behind = [look(5.0, 100), look(10.0, 200), look(15.0, 300), look(40.0, 1_500)];
        assert!(verdict(&args(100, 15), &falls_behind).is_err());
    }
}
