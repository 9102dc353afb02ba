//! `kervan send`: a log file to Kafka, at a chosen rate or time scale: a live fleet for tests, load and exercises.

mod pace;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pace::{Pace, Speed};

use super::failure::{ExitCode, Failure, OrFail};
use super::run::config::Config;
use super::run::connect;
use super::wall::now;
use crate::domain::record::Body;
use crate::domain::time::Millis;
use crate::edge::kafka::Sender;
use crate::edge::log::{LogReader, RawBatch};
use crate::edge::wire;

/// A log file to Kafka.
#[derive(Clone, Debug, clap::Args)]
pub struct SendArgs {
    /// Files of the log, in order: NDJSON or Protobuf (.pb), plain, .gz or .zst; - is NDJSON from standard input
    #[arg(required = true, value_name = "LOG")]
    pub logs: Vec<PathBuf>,
    /// Send Protobuf (kervan.v1.Record) instead of JSON; both may stand in one topic
    #[arg(long)]
    pub protobuf: bool,
    /// The configuration of `kervan run`: cluster and topic
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// So many times faster than the log's own clock; `max` for as fast as the broker takes it
    #[arg(long, default_value = "1", value_name = "X", conflicts_with = "rate")]
    pub speed: Speed,
    /// So many records a second, whatever their times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// Send every time as it stands; otherwise all are moved by one amount, so that the first record is due now, and at
    /// any other pace than the log's own the last one is
    #[arg(long)]
    pub keep_times: bool,
    /// Send ticks, too; otherwise `kervan run` writes its own
    #[arg(long)]
    pub ticks: bool,
    /// No progress and no closing line
    #[arg(long)]
    pub quiet: bool,
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for wrong use, 3 for a log that cannot be read or a topic that is not there, 5 where the broker does not take it.
pub fn run(args: &SendArgs) -> Result<(), Failure> {
    let config = Config::read(&args.config)?;
    let settings = connect::settings(&config)?;
    let live = args.rate.is_none() && args.speed == Speed::Times(1.0);
    let span = if args.keep_times { None } else { Some(span(args, live)?) };
    let mut sender = Sender::connect(&settings).map_err(connect::failed)?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [libc::SIGTERM, libc::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .or_fail(ExitCode::Other, || "catching SIGTERM".to_owned())?;
    }
    let by = match span {
        None => 0,
        Some((first, _)) if live => now() - first,
        Some((_, last)) => now() - last,
    };
    let mut pace = Pace::new(match args.rate {
        Some(rate) => Speed::Rate(rate),
        None => args.speed,
    });
    let sent = send(args, by, &mut pace, &mut sender, &stop)?;
    sender.finish(Duration::from_secs(60)).map_err(connect::failed)?;
    if !args.quiet {
        let Sent { records, skipped, seconds } = sent;
        eprintln!(
            "sent {records} records to {} in {seconds:.1} s ({:.0}/s); {skipped} left out (ticks, or without a unit)",
            settings.topics.log,
            records as f64 / seconds.max(1e-3)
        );
    }
    Ok(())
}

struct Sent {
    records: u64,
    skipped: u64,
    seconds: f64,
}

fn send(args: &SendArgs, by: Millis, pace: &mut Pace, sender: &mut Sender, stop: &AtomicBool) -> Result<Sent, Failure> {
    let mut reader = open(args)?;
    let mut batch = RawBatch::default();
    let (mut records, mut skipped, mut shown) = (0u64, 0u64, std::time::Instant::now());
    let mut line = Vec::new();
    'log: while reader.next_batch(&mut batch).map_err(unreadable)? {
        for raw in batch.iter() {
            if stop.load(Ordering::Relaxed) {
                break 'log;
            }
            let decoded = wire::decode(raw.bytes);
            let Ok(mut decoded) = decoded else {
                // What cannot be read is sent as it is: whether it is a reject is for `run` to say.
                sender.send(Some(b"unreadable"), None, raw.bytes).map_err(connect::failed)?;
                records += 1;
                continue;
            };
            if matches!(decoded.body, Body::Tick { .. }) && !args.ticks {
                skipped += 1;
                continue;
            }
            if let Some(timestamp) = decoded.envelope.timestamp() {
                pace.wait(timestamp, stop);
            }
            decoded.body.shift(by);
            line.clear();
            let value = if args.protobuf {
                wire::encode_protobuf(&decoded.body, &mut line);
                &line[..]
            } else {
                wire::encode(&decoded.body, None, &mut line);
                line.strip_suffix(b"\n").unwrap_or(&line)
            };
            match decoded.body.unit() {
                Some(unit) => sender.send(Some(unit.as_bytes()), None, value).map_err(connect::failed)?,
                None => sender.send_everywhere(value).map_err(connect::failed)?,
            }
            records += 1;
            if !args.quiet && shown.elapsed() > Duration::from_secs(1) {
                shown = std::time::Instant::now();
                eprint!("\r{records} records, {:.0}/s ", records as f64 / pace.elapsed().as_secs_f64().max(1e-3));
            }
        }
    }
    if !args.quiet {
        eprint!("\r");
    }
    Ok(Sent { records, skipped, seconds: pace.elapsed().as_secs_f64() })
}

/// First and last time of the log. The last is asked for only where it is needed: it costs reading the log twice.
fn span(args: &SendArgs, live: bool) -> Result<(Millis, Millis), Failure> {
    if args.logs.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::usage(
            "standard input is read once, so its times cannot be moved; add --keep-times, or name a file".to_owned(),
        ));
    }
    let mut reader = open(args)?;
    let mut batch = RawBatch::default();
    let mut span: Option<(Millis, Millis)> = None;
    while reader.next_batch(&mut batch).map_err(unreadable)? {
        for raw in batch.iter() {
            let Ok(decoded) = wire::decode(raw.bytes) else { continue };
            if matches!(decoded.body, Body::Tick { .. }) {
                continue;
            }
            if let Some(time) = decoded.envelope.timestamp() {
                span = Some(span.map_or((time, time), |(first, last)| (first, last.max(time))));
            }
        }
        if live && span.is_some() {
            break;
        }
    }
    span.ok_or_else(|| Failure::new(ExitCode::Missing, anyhow::anyhow!("the log holds no record with a time")))
}

fn open(args: &SendArgs) -> Result<LogReader, Failure> {
    LogReader::open(&args.logs).map_err(unreadable)
}

fn unreadable(error: crate::edge::log::LogError) -> Failure {
    Failure::new(ExitCode::Missing, anyhow::Error::new(error).context("reading the log"))
}
