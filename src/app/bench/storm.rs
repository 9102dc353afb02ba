//! `kervan bench storm`: a network fails for hours, then every unit uploads what it has stored, while others go on reporting.
//!
//! A fix of a vehicle that is not being corrected is decided at its own record, whatever waits: rewinds advance by a budget a
//! record (`[late] replay_per_record`). Fixes of a unit of the storm wait until its replay comes to them.
//! What a storm costs is memory, and the records until the last journey has been corrected; both are measured here.

use std::sync::Arc;
use std::time::Instant;

use super::country::Country;
use super::decide::{Drive, START};
use super::fleet::Fleet;
use super::yardstick::resident;
use crate::app::failure::Failure;
use crate::domain::record::Body;
use crate::domain::time::{HOUR, Millis, SECOND};

/// `kervan bench storm`
#[derive(Clone, Debug, clap::Args)]
pub struct StormArgs {
    /// Units that were cut off
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub units: u32,
    /// Units that were not
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub live: u32,
    /// For so many hours
    #[arg(long, default_value_t = 10, value_name = "H", value_parser = clap::value_parser!(u32).range(1..=48))]
    pub hours: u32,
    /// Seconds between two fixes of a unit
    #[arg(long, default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u32).range(5..=600))]
    pub interval: u32,
    /// The newest fix comes first: then everything behind it is late, and journeys are rewound
    #[arg(long)]
    pub newest_first: bool,
}

/// Zones and corridors of the bench.
const COUNTRY: Country = Country { zones: 1_000, corridors: 100 };
/// Before the network fails everybody drives for so long.
const BEFORE: Millis = HOUR;

/// Runs it.
///
/// # Errors
/// A fault of this program.
pub fn run(args: &StormArgs) -> Result<(), Failure> {
    let rules = COUNTRY.rules()?;
    let interval = Millis::from(args.interval) * SECOND;
    let fleet = Fleet::new(Arc::clone(&rules), args.units + args.live, interval);
    let mut drive = Drive::new(&rules);
    let all = 0..fleet.vehicles();
    drive.step(all.clone().map(|vehicle| fleet.activate(vehicle, "storm", START)), START)?;
    let rounds = |from: Millis, to: Millis| (from / interval..to / interval).map(move |round| round * interval);
    for since in rounds(0, BEFORE) {
        let time = START + SECOND + since;
        drive.step(all.clone().map(|vehicle| fleet.fix(vehicle, since, time, false)), time)?;
    }
    let outage = Millis::from(args.hours) * HOUR;
    for since in rounds(BEFORE, BEFORE + outage) {
        let time = START + SECOND + since;
        drive.step((args.units..fleet.vehicles()).map(|vehicle| fleet.fix(vehicle, since, time, false)), time)?;
    }
    let before = resident();
    let back = START + SECOND + BEFORE + outage;
    let mut stored: Vec<Millis> = rounds(BEFORE, BEFORE + outage).collect();
    if args.newest_first {
        stored.reverse();
    }
    // Each unit's upload is one burst; between the fixes of the bursts the live ones report as ever.
    let (mut records, mut live, mut clock, mut most) = (0u64, 0u64, back, 0);
    let began = Instant::now();
    let mut slowest_ns = 0.0f64;
    for (number, since) in stored.iter().enumerate() {
        let uploads = (0..args.units).map(|vehicle| fleet.fix(vehicle, *since, START + SECOND + since, false));
        let uploads: Vec<Body> = uploads.collect();
        clock += 200;
        let took = drive.step(uploads.into_iter(), clock)?;
        records += u64::from(args.units);
        slowest_ns = slowest_ns.max(took.as_secs_f64() * 1e9 / f64::from(args.units));
        if (number as Millis * 200) % interval < 200 {
            let now = BEFORE + outage + number as Millis * 200;
            drive.step((args.units..fleet.vehicles()).map(|v| fleet.fix(v, now, clock, false)), clock)?;
            live += u64::from(args.live);
        }
        most = most.max(drive.shard.rewinding());
    }
    let uploaded_s = began.elapsed().as_secs_f64();
    let uploaded = clock;
    let mut ticks = 0u64;
    // Journeys wait until nothing more has come for a while, then they are replayed.
    while ticks < 30 || drive.shard.rewinding() > 0 {
        clock += SECOND;
        drive.step(std::iter::once(Body::Tick { time: clock }), clock)?;
        most = most.max(drive.shard.rewinding());
        ticks += 1;
    }
    let peak = resident().saturating_sub(before) as f64;
    let order = if args.newest_first { "newest" } else { "oldest" };
    println!(
        "{} units upload {} h of fixes at {} s, the {order} first, while {} others report",
        args.units, args.hours, args.interval, args.live
    );
    println!(
        "uploaded          {records} fixes in {uploaded_s:.1} s, {:.0} ns each; slowest batch {slowest_ns:.0} ns",
        uploaded_s * 1e9 / records as f64
    );
    println!("live fixes        {live}, each decided at its own record");
    println!(
        "rewinds           {most} at a time at most; the last ended {ticks} ticks ({} s) after the upload",
        (clock - uploaded) / SECOND
    );
    println!(
        "memory            {:.1} MiB more, {:.0} bytes a unit",
        peak / f64::from(1 << 20),
        peak / f64::from(args.units)
    );
    Ok(())
}
