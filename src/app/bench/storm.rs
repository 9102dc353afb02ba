//! `kervan bench storm`: a network fails for hours, then every unit uploads what it has stored, while others go on reporting.
//!
//! A fix of a vehicle that is not being corrected is decided at its own record, whatever waits: rewinds advance by a budget a
//! record (`[late] replay_per_record`). Fixes of a unit of the storm wait until its replay comes to them.
//! What a storm costs is memory, and the records until the last journey has been corrected; both are measured here.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

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
/// What is uploaded comes, and is replayed, within that time.
const AFTER: Millis = 4 * HOUR;
/// Between two fixes of a unit that uploads.
const BETWEEN: Millis = 200;
/// Seconds after which nothing waits any more for late data to settle.
const SETTLES: u64 = 30;

/// What was measured.
#[derive(Clone, Copy, Debug, Default)]
struct Storm {
    /// Fixes that were uploaded, and the nanoseconds that one took while they came.
    uploaded: u64,
    upload_ns: f64,
    /// Fixes of the others while that went on, and those that were decided at their own record.
    live: u64,
    live_decided: u64,
    /// Journeys that were rewound at a time at most.
    rewinds: usize,
    /// Seconds by the log clock after the upload until the last of them was done.
    done_s: u64,
    /// How often older fixes were asked for than memory holds.
    asked: u64,
    /// Resident bytes that came with it.
    bytes: f64,
}

/// Runs it.
///
/// # Errors
/// A fault of this program.
pub fn run(args: &StormArgs) -> Result<(), Failure> {
    let storm = measure(args)?;
    let order = if args.newest_first { "newest" } else { "oldest" };
    println!(
        "{} units upload {} h of fixes at {} s, the {order} first, while {} others report",
        args.units, args.hours, args.interval, args.live
    );
    println!("uploaded      {} fixes, {:.0} ns each", storm.uploaded, storm.upload_ns);
    println!("others        {} fixes, {} of them decided at their own record", storm.live, storm.live_decided);
    println!("rewinds       {} at a time at most, done {} s after the upload", storm.rewinds, storm.done_s);
    println!("older fixes   asked back from the tables {} times", storm.asked);
    println!(
        "memory        {:.1} MiB more, {:.0} bytes a unit",
        storm.bytes / f64::from(1 << 20),
        storm.bytes / f64::from(args.units)
    );
    Ok(())
}

fn measure(args: &StormArgs) -> Result<Storm, Failure> {
    let rules = COUNTRY.rules()?;
    let (interval, outage) = (Millis::from(args.interval) * SECOND, Millis::from(args.hours) * HOUR);
    let fleet = Fleet::new(Arc::clone(&rules), args.units + args.live, interval, BEFORE + outage + AFTER);
    let mut drive = Drive::new(&rules);
    let (all, cut_off, others) = (0..fleet.vehicles(), 0..args.units, args.units..fleet.vehicles());
    let fixes = |who: &Range<u32>, since: Millis, time: Millis| -> Vec<Body> {
        who.clone().map(|vehicle| fleet.fix(vehicle, since, time, false)).collect()
    };
    drive.step(all.clone().map(|vehicle| fleet.activate(vehicle, "storm", START)), START)?;
    let rounds = |from: Millis, to: Millis| (from / interval..to / interval).map(move |round| round * interval);
    for since in rounds(0, BEFORE + outage) {
        let time = START + SECOND + since;
        drive.step(fixes(if since < BEFORE { &all } else { &others }, since, time).into_iter(), time)?;
    }
    let before = resident();
    let mut stored: Vec<Millis> = rounds(BEFORE, BEFORE + outage).collect();
    if args.newest_first {
        stored.reverse();
    }
    // Each unit sends one fix after the other; between them the others report as ever.
    let (mut storm, mut spent, mut clock) = (Storm::default(), Duration::ZERO, START + SECOND + BEFORE + outage);
    let mut due = clock;
    let mut report = |drive: &mut Drive, storm: &mut Storm, clock: Millis| -> Result<(), Failure> {
        if clock >= due {
            drive.step(fixes(&others, clock - START - SECOND, clock).into_iter(), clock)?;
            storm.live += u64::from(args.live);
            storm.live_decided += drive.decided();
            due = clock + interval;
        }
        Ok(())
    };
    for since in stored {
        clock += BETWEEN;
        spent += drive.step(fixes(&cut_off, since, START + SECOND + since).into_iter(), clock)?;
        storm.uploaded += u64::from(args.units);
        report(&mut drive, &mut storm, clock)?;
        storm.rewinds = storm.rewinds.max(drive.shard.rewinding());
    }
    // Journeys wait until nothing more has come for a while, then they are replayed; the others report as ever.
    let mut seconds = 0;
    while seconds < SETTLES || drive.shard.rewinding() > 0 {
        clock += SECOND;
        seconds += 1;
        drive.step(std::iter::once(Body::Tick { time: clock }), clock)?;
        report(&mut drive, &mut storm, clock)?;
        storm.rewinds = storm.rewinds.max(drive.shard.rewinding());
        storm.done_s = if drive.shard.rewinding() > 0 { seconds + 1 } else { storm.done_s };
    }
    storm.upload_ns = spent.as_secs_f64() * 1e9 / storm.uploaded as f64;
    storm.asked = drive.asked.0;
    storm.bytes = resident().saturating_sub(before) as f64;
    Ok(storm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_behind_newer_fixes_is_rewound_and_nobody_else_waits() -> Result<(), Failure> {
        let args = StormArgs { units: 5, live: 7, hours: 1, interval: 60, newest_first: false };
        let oldest = measure(&args)?;
        assert_eq!((oldest.uploaded, oldest.rewinds, oldest.done_s), (300, 0, 0));
        let newest = measure(&StormArgs { newest_first: true, ..args })?;
        assert!(newest.rewinds > 0 && newest.done_s > 0, "{newest:?}");
        for storm in [oldest, newest] {
            assert!(storm.live > 0 && storm.live_decided == storm.live, "{storm:?}");
        }
        Ok(())
    }
}
