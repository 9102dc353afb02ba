//! Records in their order, from log files or from the tables of a lake.

use std::path::PathBuf;

use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::domain::record::{Body, Record, Source};
use crate::domain::time::Millis;
use crate::edge::lake::{Export, Live, LogItem};
use crate::edge::log::{LogReader, RawBatch};
use crate::edge::wire::{self, StyleGuard};

/// Where records come from.
#[derive(Clone, Debug)]
pub enum Input {
    /// The tables of a lake, as `replay --out` or `run` wrote it.
    Lake(PathBuf),
    /// Log files, in order.
    Logs(Vec<PathBuf>),
}

impl Input {
    /// Hands over every readable record until `take` returns `false`. What cannot be read decides nothing and is passed over.
    ///
    /// # Errors
    /// Exit 3 where the input is not there or not whole, 2 where exported and plain lines mix; and those of `take`.
    pub fn each(&self, take: &mut dyn FnMut(Record) -> Result<bool, Failure>) -> Result<(), Failure> {
        match self {
            Input::Lake(dir) => {
                let reading = || format!("reading the log of the lake {}", dir.display());
                if Live::load(dir).or_fail(ExitCode::Missing, reading)?.ends.is_empty() {
                    let message =
                        format!("no lake in {}: it has no manifest; name what replay or run wrote", dir.display());
                    return Err(Failure::new(ExitCode::Missing, anyhow::Error::msg(message)));
                }
                for item in Export::open(dir).or_fail(ExitCode::Missing, reading)? {
                    let item = item.or_fail(ExitCode::Missing, reading)?;
                    if !take(record_of(item).or_fail(ExitCode::Missing, reading)?)? {
                        break;
                    }
                }
                Ok(())
            }
            Input::Logs(paths) => lines(paths, take),
        }
    }
}

fn record_of(item: LogItem) -> anyhow::Result<Record> {
    Ok(match item {
        LogItem::Fix { source, unit, fix } => Record { source, body: Body::Fix { unit: unit.into(), fix } },
        LogItem::Record { source, json } => {
            let decoded = wire::decode(json.as_bytes());
            let decoded = decoded.map_err(|why| {
                anyhow::anyhow!("partition {}, offset {}: {}", source.partition, source.offset, why.message)
            })?;
            Record { source, body: decoded.body }
        }
    })
}

fn lines(paths: &[PathBuf], take: &mut dyn FnMut(Record) -> Result<bool, Failure>) -> Result<(), Failure> {
    let reading = || "reading the log".to_owned();
    let mut reader = LogReader::open(paths).or_fail(ExitCode::Missing, reading)?;
    let mut batch = RawBatch::with_limits(4_096, 1 << 20);
    let mut style = StyleGuard::default();
    let mut running: Option<Millis> = None;
    while reader.next_batch(&mut batch).or_fail(ExitCode::Missing, reading)? {
        for line in batch.iter().filter(|line| !line.too_long()) {
            let Ok(decoded) = wire::decode(line.bytes) else { continue };
            let envelope = &decoded.envelope;
            if !style.admits(envelope.style()) {
                let message = format!("line {} of the log: exported and plain lines do not mix", line.number);
                return Err(Failure::usage(message));
            }
            let timestamp = envelope.timestamp().or(running).unwrap_or(0);
            running = Some(running.map_or(timestamp, |clock| clock.max(timestamp)));
            let source = Source {
                partition: envelope.partition.unwrap_or(0),
                offset: envelope.offset.unwrap_or(line.number),
                timestamp,
            };
            if !take(Record { source, body: decoded.body })? {
                return Ok(());
            }
        }
    }
    Ok(())
}
