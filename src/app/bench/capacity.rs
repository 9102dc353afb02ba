//! `kervan bench capacity`: how many vehicles this machine carries, where the time and the memory go, and how the cost grows.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::country::Country;
use super::probe::{self, ProbeArgs};
use super::stages::Stages;
use super::yardstick::Machine;
use super::{report, stages};
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::edge::wire::ENGINE_VERSION;

/// `kervan bench capacity`
#[derive(Clone, Debug, clap::Args)]
pub struct CapacityArgs {
    /// The largest fleet that is tried; each vehicle takes some 5 KiB
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    pub vehicles: u32,
    /// The most zones that are tried
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub zones: u32,
    /// The most corridors that are tried
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub corridors: u32,
    /// How often a figure is taken; the median counts
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=99))]
    pub repeats: u32,
    /// Seconds between two fixes of a vehicle, for the closing sentence
    #[arg(long, default_value_t = 10, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub interval: u32,
    /// Percent of the machine that stay free, for storms and growth
    #[arg(long, default_value_t = 50, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..=95))]
    pub headroom: u32,
    /// Also measure on Kafka, as `bench limit` does: a configuration whose topics, group and store are new ones
    #[cfg(feature = "kafka")]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Write the figures, for `bench plan`
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write a page with plots
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// What was measured; what `bench plan` reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Capacity {
    /// Version of the program.
    pub engine: String,
    /// Whether it was built to be fast.
    pub optimised: bool,
    /// The machine.
    pub machine: Machine,
    /// Zones and corridors while the stages were measured.
    pub zones: u32,
    /// See `zones`.
    pub corridors: u32,
    /// Vehicles while the stages were measured.
    pub vehicles: u32,
    /// Costs of a fix.
    pub stages: Stages,
    /// How deciding grows with the fleet.
    pub by_vehicles: Vec<Point>,
    /// With the zones.
    pub by_zones: Vec<Point>,
    /// With the corridors.
    pub by_corridors: Vec<Point>,
    /// On Kafka, where that was measured.
    pub kafka: Option<OnKafka>,
}

/// One point of a curve.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Point {
    /// How many of what grows.
    pub count: u32,
    /// Nanoseconds a fix, deciding alone.
    pub ns: f64,
    /// Resident bytes a vehicle.
    pub bytes: f64,
}

/// The whole job on Kafka, broker and load beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OnKafka {
    /// The highest rate that was held, fixes a second.
    pub records_s: f64,
    /// The lowest that was not, where there was one.
    pub too_high: Option<f64>,
    /// Processor time of the job a fix at the highest rate, nanoseconds.
    pub cpu_ns: f64,
    /// Resident bytes of the job then.
    pub resident_bytes: f64,
    /// Latency at parts of it.
    pub parts: Vec<Part>,
}

/// How long alerts take at a part of the highest rate.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Part {
    /// Of the highest rate.
    pub share: f64,
    /// Fixes a second.
    pub rate: f64,
    /// Alerts that were heard.
    pub alerts: u32,
    /// From the fix in the log to its alert before a reader of what is committed: the median, milliseconds.
    pub p50_ms: f64,
    /// The same, of 99 in a hundred.
    pub p99_ms: f64,
    /// Cores that the job has used.
    pub cores: f64,
}

/// What ends first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Processor time.
    Processor,
    /// Memory.
    Memory,
}

impl Capacity {
    /// Fixes a second of the whole machine, nothing kept free.
    pub fn fixes_s(&self) -> f64 {
        match &self.kafka {
            Some(kafka) => kafka.records_s,
            None => self.machine.cores as f64 * 1e9 / self.stages.job_ns(false),
        }
    }

    /// Bytes a vehicle: of the largest fleet, for what every process has shrinks beside it.
    pub fn vehicle_bytes(&self) -> f64 {
        self.by_vehicles.last().map_or(f64::NAN, |point| point.bytes)
    }

    /// Vehicles at one fix in `interval_s`, with `headroom` percent kept free, and what ends it.
    pub fn carries(&self, interval_s: u32, headroom: u32) -> (f64, Limit) {
        let used = 1.0 - f64::from(headroom) / 100.0;
        let by_processor = self.fixes_s() * used * f64::from(interval_s);
        let by_memory = self.machine.memory_bytes as f64 * used / self.vehicle_bytes();
        if by_memory < by_processor { (by_memory, Limit::Memory) } else { (by_processor, Limit::Processor) }
    }
}

/// Zones and corridors of the standard country (SPEED, goals).
const STANDARD: Country = Country { zones: 10_000, corridors: 200 };
/// The fleet in front of which zones and corridors grow, and the stages are measured.
const FLEET: u32 = 10_000;
/// Fixes that a point of a curve rests on at least.
const FIXES: u32 = 400_000;

/// Runs it.
///
/// # Errors
/// Exit 5 where a file cannot be written; with --config those of the broker and the job.
pub fn run(args: &CapacityArgs) -> Result<(), Failure> {
    let capacity = measure(args)?;
    if let Some(path) = &args.json {
        let json = serde_json::to_vec_pretty(&capacity)?;
        std::fs::write(path, json).or_fail(ExitCode::OutputFull, || format!("writing {}", path.display()))?;
    }
    if let Some(path) = &args.html {
        let page = report::page(&capacity, args.interval, args.headroom);
        std::fs::write(path, page).or_fail(ExitCode::OutputFull, || format!("writing {}", path.display()))?;
        println!("\nwritten: {}", path.display());
    }
    Ok(())
}

fn measure(args: &CapacityArgs) -> Result<Capacity, Failure> {
    let optimised = !cfg!(debug_assertions);
    if !optimised {
        eprintln!("this program was built for debugging; build it with --profile dist before you believe a figure");
    }
    let machine = Machine::measure();
    println!("{}", report::machine(&machine));
    let fleet = FLEET.min(args.vehicles);
    let rules = STANDARD.rules()?;
    let scratch = std::env::temp_dir().join(format!("kervan-bench-{}", std::process::id()));
    let stages = stages::measure(&rules, fleet, FIXES / fleet, args.repeats, &scratch);
    // Best effort: the folder is in a place for temporary files.
    let _ = std::fs::remove_dir_all(&scratch);
    let mut capacity = Capacity {
        engine: ENGINE_VERSION.to_owned(),
        optimised,
        machine,
        zones: STANDARD.zones as u32,
        corridors: STANDARD.corridors as u32,
        vehicles: fleet,
        stages: stages?,
        by_vehicles: Vec::new(),
        by_zones: Vec::new(),
        by_corridors: Vec::new(),
        kafka: None,
    };
    println!("{}", report::stages(&capacity));
    let (zones, corridors) = (capacity.zones, capacity.corridors);
    for zones in tenfold(100, args.zones) {
        capacity.by_zones.push(point("zones", zones, ProbeArgs { vehicles: fleet, zones, corridors, rounds: 0 })?);
    }
    for corridors in tenfold(10, args.corridors) {
        let probe = ProbeArgs { vehicles: fleet, zones, corridors, rounds: 0 };
        capacity.by_corridors.push(point("corridors", corridors, probe)?);
    }
    for vehicles in tenfold(1_000.min(args.vehicles), args.vehicles) {
        capacity.by_vehicles.push(point("vehicles", vehicles, ProbeArgs { vehicles, zones, corridors, rounds: 0 })?);
    }
    capacity.kafka = on_kafka(args)?;
    println!("\n{}", report::sentence(&capacity, args.interval, args.headroom));
    Ok(capacity)
}

#[cfg(feature = "kafka")]
fn on_kafka(args: &CapacityArgs) -> Result<Option<OnKafka>, Failure> {
    use super::limit::{self, LimitArgs};
    let Some(config) = &args.config else { return Ok(None) };
    println!("on Kafka, {} vehicles:", args.vehicles);
    let found = limit::measure(&LimitArgs::of(config, args.vehicles))?;
    println!("{}", report::on_kafka(&found));
    Ok(Some(found))
}

#[cfg(not(feature = "kafka"))]
fn on_kafka(_: &CapacityArgs) -> Result<Option<OnKafka>, Failure> {
    Ok(None)
}

/// A point of a curve of `what`, with rounds enough for a figure.
fn point(what: &str, count: u32, probe: ProbeArgs) -> Result<Point, Failure> {
    let cost = probe::ask(&ProbeArgs { rounds: (FIXES / probe.vehicles).max(2), ..probe })?;
    println!("{count:>9} {what:<9} {:>6.0} ns a fix, {:>6.0} bytes a vehicle", cost.ns, cost.bytes);
    Ok(Point { count, ns: cost.ns, bytes: cost.bytes })
}

/// `from`, ten times it, and so on, up to and including `to`.
fn tenfold(from: u32, to: u32) -> Vec<u32> {
    let mut counts: Vec<u32> =
        std::iter::successors(Some(from), |count| count.checked_mul(10)).take_while(|count| *count < to).collect();
    counts.push(to);
    counts
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A machine of round figures.
    pub fn round() -> Capacity {
        let point = |count, ns, bytes| Point { count, ns, bytes };
        Capacity {
            engine: "0".to_owned(),
            optimised: true,
            machine: Machine {
                processor: "P <1>".to_owned(),
                cores: 2,
                memory_bytes: 16 << 30,
                sha256_bytes_s: 1e9,
                random_read_ns: 100.0,
            },
            zones: 10_000,
            corridors: 200,
            vehicles: 10_000,
            stages: Stages {
                json_ns: 500.0,
                protobuf_ns: 100.0,
                decide_ns: 900.0,
                lane_ns: 1_500.0,
                cut_ns: 3_000.0,
                json_bytes: (250.0, 40.0),
                protobuf_bytes: (90.0, 30.0),
                table_bytes: 11.0,
            },
            by_vehicles: vec![point(1_000, 800.0, 12_000.0), point(10_000, 900.0, 8_192.0)],
            by_zones: vec![point(100, 800.0, 9_000.0), point(1_000, 850.0, 9_000.0)],
            by_corridors: vec![point(10, 800.0, 9_000.0), point(100, 850.0, 9_000.0)],
            kafka: None,
        }
    }

    /// What a broker of round figures gives.
    pub fn on_kafka() -> OnKafka {
        let part = |share: f64| Part {
            share,
            rate: 1e5 * share,
            alerts: 50,
            p50_ms: 40.0,
            p99_ms: 90.0 * share,
            cores: share,
        };
        OnKafka {
            records_s: 1e5,
            too_high: Some(1.06e5),
            cpu_ns: 9_000.0,
            resident_bytes: 1e9,
            parts: [0.25, 0.5, 1.0].map(part).to_vec(),
        }
    }

    #[test]
    fn what_a_machine_carries_ends_with_processor_or_memory() {
        let capacity = round();
        assert_eq!(capacity.fixes_s(), 1e6);
        assert_eq!(capacity.carries(1, 50), (500_000.0, Limit::Processor));
        // 16 GiB in pieces of 8 KiB are two million vehicles.
        assert_eq!(capacity.carries(10, 50), (f64::from(1 << 20), Limit::Memory));
        let kafka = Some(on_kafka());
        assert_eq!(Capacity { kafka, ..capacity }.carries(10, 0), (1e6, Limit::Processor));
    }

    #[test]
    fn tenfold_ends_where_it_is_told_to() {
        assert_eq!(tenfold(100, 100_000), [100, 1_000, 10_000, 100_000]);
        assert_eq!(tenfold(100, 3_000), [100, 1_000, 3_000]);
        assert_eq!(tenfold(100, 100), [100]);
    }

    #[test]
    fn a_small_machine_is_measured_and_survives_its_file() -> Result<(), Failure> {
        let rules = Country { zones: 20, corridors: 3 }.rules()?;
        let dir = tempfile::tempdir()?;
        let stages = stages::measure(&rules, 50, 8, 1, &dir.path().join("scratch"))?;
        for figure in [stages.json_ns, stages.protobuf_ns, stages.decide_ns, stages.lane_ns, stages.table_bytes] {
            assert!(figure > 0.0 && figure.is_finite(), "{stages:?}");
        }
        assert!(stages.protobuf_bytes.0 < stages.json_bytes.0, "{stages:?}");
        let capacity = Capacity { stages, ..round() };
        let back: Capacity = serde_json::from_slice(&serde_json::to_vec(&capacity)?)?;
        assert_eq!(back.stages.lane_ns, capacity.stages.lane_ns);
        Ok(())
    }
}
