//! `kervan bench plan`: what an expected fleet needs, reckoned from what `bench capacity` has measured.

use std::path::PathBuf;

use super::capacity::Capacity;
use crate::app::failure::{ExitCode, Failure, OrFail};

/// `kervan bench plan`
#[derive(Clone, Debug, clap::Args)]
pub struct PlanArgs {
    /// Figures of `kervan bench capacity --json FILE`
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// Vehicles under way at the same time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub fleet: u32,
    /// Seconds between two fixes of a vehicle
    #[arg(long, default_value_t = 10, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub interval: u32,
    /// Percent of processors and memory that stay free
    #[arg(long, default_value_t = 50, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..=95))]
    pub headroom: u32,
    /// Days that the log topic is kept
    #[arg(long, default_value_t = 7, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3_650))]
    pub keep: u32,
    /// The log is Protobuf
    #[arg(long)]
    pub protobuf: bool,
    /// Hours of a network failure after which every unit uploads what it has stored
    #[arg(long, default_value_t = 1, value_name = "H", value_parser = clap::value_parser!(u32).range(1..=240))]
    pub outage: u32,
}

/// Partitions for each processor: load spreads evenly, and processes can be added later.
const PARTITIONS_A_CORE: f64 = 4.0;
/// A late fix is decided when its rewind runs, after other fixes of its journey have been decided before: twice the work.
const LATE_COST: f64 = 2.0;
const DAY_S: f64 = 86_400.0;
/// A checkpoint should stop no partition for longer. The cut was measured on a machine that did nothing else; a busy one takes
/// several times as long.
const CUT_NS: f64 = 15e6;

/// What a fleet is told at most: the tables have number 900 for the second stage.
const MOST_PARTITIONS: u32 = 896;

/// What a fleet needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needs {
    /// Fixes a second.
    pub fixes_s: f64,
    /// Processors for the job; the broker's are not among them.
    pub cores: f64,
    /// Bytes of memory for the job.
    pub memory: f64,
    /// Partitions of the log: enough to share the load out, and few journeys enough in each that no cut takes long.
    pub partitions: u32,
    /// Bytes a day that come into the log topic, packed.
    pub log_day: f64,
    /// Bytes a day of tracks, all columns.
    pub tables_day: f64,
    /// Fixes that wait after the outage.
    pub backlog: f64,
    /// Seconds until they are decided, beside the live ones; `None` where that never ends.
    pub catch_up_s: Option<f64>,
}

/// Reckons.
pub fn needs(capacity: &Capacity, args: &PlanArgs) -> Needs {
    let used = 1.0 - f64::from(args.headroom) / 100.0;
    let fixes_s = f64::from(args.fleet) / f64::from(args.interval);
    let ns = capacity.kafka.as_ref().map_or_else(|| capacity.stages.job_ns(args.protobuf), |kafka| kafka.cpu_ns);
    let cores = (fixes_s * ns * 1e-9 / used).ceil().max(1.0);
    let packed = if args.protobuf { capacity.stages.protobuf_bytes.1 } else { capacity.stages.json_bytes.1 };
    let backlog = fixes_s * f64::from(args.outage) * 3_600.0;
    let free_s = cores * 1e9 / ns - fixes_s;
    Needs {
        fixes_s,
        cores,
        memory: f64::from(args.fleet) * capacity.vehicle_bytes() / used,
        partitions: (cores * PARTITIONS_A_CORE)
            .max(f64::from(args.fleet) * capacity.stages.cut_ns / CUT_NS)
            .ceil()
            .min(f64::from(MOST_PARTITIONS)) as u32,
        log_day: fixes_s * DAY_S * packed,
        tables_day: fixes_s * DAY_S * capacity.stages.table_bytes,
        backlog,
        catch_up_s: (free_s > 0.0).then(|| backlog * LATE_COST / free_s),
    }
}

/// Runs it.
///
/// # Errors
/// Exit 3 where the figures are not there or are none.
pub fn run(args: &PlanArgs) -> Result<(), Failure> {
    let reading = || format!("reading {}; `kervan bench capacity --json FILE` writes it", args.from.display());
    let bytes = std::fs::read(&args.from).or_fail(ExitCode::Missing, reading)?;
    let capacity: Capacity = serde_json::from_slice(&bytes).or_fail(ExitCode::Missing, reading)?;
    println!("{}", render(&needs(&capacity, args), args, capacity.kafka.is_some(), capacity.stages.cut_ns));
    Ok(())
}

fn render(needs: &Needs, args: &PlanArgs, on_kafka: bool, cut_ns: f64) -> String {
    let gb = |bytes: f64| format!("{:.1} GB", bytes / 1e9);
    let wait = match needs.catch_up_s {
        Some(seconds) => {
            format!(
                "{:.0} minutes beside the fixes of other vehicles, which do not wait for it",
                (seconds / 60.0).ceil()
            )
        }
        None => "never: nothing is left for it; raise --headroom".to_owned(),
    };
    let basis =
        if on_kafka { "as measured on Kafka" } else { "the client of Kafka not counted: measure with --config" };
    [
        format!("{} vehicles, one fix in {} s: {:.0} fixes a second", args.fleet, args.interval, needs.fixes_s),
        format!(
            "  processors   {:.0} for the job, {} % of them free ({basis}); the broker's come on top",
            needs.cores, args.headroom
        ),
        format!("  memory       {} for the job", gb(needs.memory)),
        format!(
            "  partitions   {} (a checkpoint stops one for {:.0} ms, longer where the machine is busy)",
            needs.partitions,
            f64::from(args.fleet) / f64::from(needs.partitions) * cut_ns / 1e6
        ),
        format!(
            "  log topic    {} a day, packed: {} in the {} days that it is kept, times the replicas",
            gb(needs.log_day),
            gb(needs.log_day * f64::from(args.keep)),
            args.keep
        ),
        format!("  tables       {} a day, {} a year", gb(needs.tables_day), gb(needs.tables_day * 365.0)),
        format!(
            "  after {} h without a network {:.0} fixes are uploaded at once; they are decided in {wait}",
            args.outage, needs.backlog
        ),
    ]
    .join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::capacity::tests::round;
    use super::*;

    fn args(fleet: u32) -> PlanArgs {
        PlanArgs { from: PathBuf::new(), fleet, interval: 10, headroom: 50, keep: 7, protobuf: false, outage: 1 }
    }

    #[test]
    fn a_fleet_gets_what_it_needs() {
        // 2 µs a fix, half of the machine free: 10 million vehicles are a million fixes a second and four processors.
        let needs = needs(&round(), &args(10_000_000));
        // 3 µs a journey, 5 000 of them in 15 ms: it would have to be 2 000.
        assert_eq!((needs.fixes_s, needs.cores, needs.partitions), (1e6, 4.0, 896));
        assert_eq!(needs.memory, 10e6 * 8_192.0 * 2.0);
        assert_eq!((needs.log_day, needs.tables_day), (1e6 * DAY_S * 40.0, 1e6 * DAY_S * 11.0));
        // A million a second are free, and each late fix counts twice.
        assert_eq!((needs.backlog, needs.catch_up_s), (3.6e9, Some(7_200.0)));
        let said = render(&needs, &args(10_000_000), false, 3_000.0);
        assert!(
            said.contains("120 minutes")
                && said.contains("896 (a checkpoint stops one for 33 ms,")
                && said.contains("24192.0 GB in the 7 days"),
            "{said}"
        );
    }

    #[test]
    fn what_leaves_nothing_free_never_catches_up() {
        let needs = needs(&round(), &PlanArgs { headroom: 0, ..args(10_000_000) });
        assert_eq!((needs.cores, needs.catch_up_s), (2.0, None));
    }
}
