//! The highest rate that the job holds on this machine, broker and load beside it, and how long alerts take at parts of it.
//!
//! The fleet reports faster and faster until the job does not keep up, then the rate is halved in; each stretch lasts some
//! seconds and is waited for. Some vehicles say that they were opened: from such a fix in the log to its alert before a
//! reader of what is committed.

use std::path::PathBuf;
use std::time::Duration;

use super::capacity::{OnKafka, Part};
use super::listen::Listener;
use super::load::{Load, Stretch};
use super::report;
use super::road::{Played, Road, Site};
use super::yardstick::Machine;
use crate::app::failure::{ExitCode, Failure};
use crate::app::score::quantile;
use crate::domain::time::Millis;

/// `kervan bench limit`
#[derive(Clone, Debug, clap::Args)]
pub struct LimitArgs {
    /// Configuration of the job; topics, group and store must be new ones
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Vehicles
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    pub vehicles: u32,
    /// So long each rate is held
    #[arg(long, default_value_t = 20, value_name = "S", value_parser = clap::value_parser!(u64).range(5..=600))]
    pub seconds: u64,
    /// Fixes a second to begin with
    #[arg(long, default_value_t = 50_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
    pub from: u64,
    /// Fixes as Protobuf
    #[arg(long)]
    pub protobuf: bool,
    /// Folder for the prepared requests, 40 to 100 bytes a fix of one rate [default: that for temporary files]
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
}

impl LimitArgs {
    /// With defaults, for a fleet of so many.
    pub fn of(config: &std::path::Path, vehicles: u32) -> LimitArgs {
        LimitArgs {
            config: config.to_owned(),
            vehicles: vehicles.max(1_000),
            seconds: 20,
            from: 50_000,
            protobuf: false,
            scratch: None,
        }
    }
}

/// Parts of the highest rate at which latency is measured; at the end the highest rate itself.
const SHARES: [f64; 5] = [0.25, 0.5, 0.75, 0.9, 1.0];
/// Two rates that are closer than this are one.
const CLOSE: f64 = 1.08;
/// Rates that are tried at most.
const MOST: u32 = 20;
/// Alerts a second, where the fleet is large enough: each vehicle is opened once.
const ALERTS_S: u32 = 50;
/// A sender that is later than so many seconds has not sent at that rate.
const SENDER_S: f64 = 1.0;

/// Runs it.
///
/// # Errors
/// Those of the configuration, the broker and the job; exit 1 where not even the first rate is held.
pub fn run(args: &LimitArgs) -> Result<(), Failure> {
    println!("{}", report::machine(&Machine::measure()));
    let found = measure(args)?;
    println!("\n{}", report::on_kafka(&found));
    Ok(())
}

/// Measures; says each rate that it tries.
///
/// # Errors
/// As [`run`].
pub fn measure(args: &LimitArgs) -> Result<OnKafka, Failure> {
    let stretches = 1 + MOST + SHARES.len() as u32;
    let lasting = Millis::from(stretches) * args.seconds as Millis * 1_000;
    let interval = (Millis::from(args.vehicles) * 1_000 / args.from as Millis).max(1);
    let mut site = Site::open(&args.config, args.vehicles, lasting, interval)?;
    site.fleet.speaks_protobuf(args.protobuf);
    let road = site.begin()?;
    let listener = Listener::start(&road.site.settings)?;
    let opened = (args.vehicles / stretches).min(ALERTS_S * args.seconds as u32);
    let mut search = Search { args, road, listener, number: 0, opened };
    let (mut held, mut too_high): (Option<(u64, Played)>, Option<u64>) = (None, None);
    let mut rate = args.from;
    search.warm_up(rate)?;
    while search.number <= MOST {
        let (played, sender_keeps_up) = search.play(rate)?;
        if played.kept_up() && sender_keeps_up {
            held = Some((rate, played));
        } else {
            too_high = Some(rate);
        }
        rate = match (&held, too_high) {
            (Some((held, _)), Some(high)) if high as f64 <= *held as f64 * CLOSE => break,
            (held, Some(high)) => (held.as_ref().map_or(0, |(rate, _)| *rate) + high) / 2,
            (_, None) => rate * 2,
        };
        if rate < args.from / 8 {
            break;
        }
    }
    let Some((rate, played)) = held else {
        let error = anyhow::anyhow!("the job holds no rate from {} fixes a second down; try a lower --from", args.from);
        return Err(Failure::new(ExitCode::Other, error));
    };
    let parts = SHARES.iter().map(|share| search.part(*share, rate)).collect::<Result<Vec<_>, _>>()?;
    search.road.close()?;
    Ok(OnKafka {
        records_s: rate as f64,
        too_high: too_high.map(|rate| rate as f64),
        cpu_ns: played.cpu_ns(),
        resident_bytes: played.rss as f64,
        parts,
    })
}

struct Search<'a> {
    args: &'a LimitArgs,
    road: Road,
    listener: Listener,
    /// Stretches so far.
    number: u32,
    /// Vehicles that are opened in each.
    opened: u32,
}

impl Search<'_> {
    fn make(&mut self, rate: u64) -> Result<Load, Failure> {
        let first = self.number * self.opened;
        let stretch = Stretch {
            rate,
            seconds: self.args.seconds,
            driven: Millis::from(self.number) * self.args.seconds as Millis * 1_000,
            opened: first..first + self.opened,
            scratch: self.args.scratch.clone(),
        };
        self.number += 1;
        Load::make(&stretch, &self.road.site.fleet, self.road.site.partitions, 500)
    }

    /// The first fixes of a journey settle its gates and fill memory; they are no measure of what comes.
    fn warm_up(&mut self, rate: u64) -> Result<(), Failure> {
        println!("{rate:>9} fixes a second to warm up");
        let load = self.make(rate)?;
        self.road.play(load).map(drop)
    }

    /// Holds a rate; whether the sender has.
    fn play(&mut self, rate: u64) -> Result<(Played, bool), Failure> {
        let load = self.make(rate)?;
        let played = self.road.play(load)?;
        let sender_keeps_up = played.late_s <= SENDER_S;
        println!(
            "{rate:>9} fixes a second: {}, {:.1} s of them wait at the end; the job uses {:.2} cores",
            match (played.kept_up(), sender_keeps_up) {
                (true, true) => "held",
                (_, false) => "the broker does not take them in time",
                (false, true) => "not held",
            },
            played.behind_s(),
            played.cores.0
        );
        Ok((played, sender_keeps_up))
    }

    fn part(&mut self, share: f64, highest: u64) -> Result<Part, Failure> {
        let rate = ((highest as f64 * share) as u64).max(1);
        let load = self.make(rate)?;
        let (from, opened) = (load.start, load.opened as usize);
        let played = self.road.play(load)?;
        let heard = self.listener.wait_for(opened, from, Duration::from_secs(10))?;
        if heard.len() < opened {
            let error = anyhow::anyhow!(
                "{} of {opened} alerts were not read within 10 s after the load at {rate} fixes a second",
                opened - heard.len()
            );
            return Err(Failure::new(ExitCode::Other, error));
        }
        let mut delays: Vec<f64> = heard.iter().map(|(_, delay)| *delay as f64).collect();
        Ok(Part {
            share,
            rate: rate as f64,
            alerts: delays.len() as u32,
            p50_ms: quantile(&mut delays, 0.5).unwrap_or(f64::NAN),
            p99_ms: quantile(&mut delays, 0.99).unwrap_or(f64::NAN),
            cores: played.cores.0,
        })
    }
}
