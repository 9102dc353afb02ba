//! The command: files in, table out.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use super::ledger::Ledger;
use super::{render, tally};
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::simulate::Truth;

/// Recall, precision, delay and false alarms a vehicle-day, per kind.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Alerts (`alerts.ndjson`); several runs with different journeys are scored as one
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub alerts: Vec<PathBuf>,
    /// Truth that `kervan simulate` wrote
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub truth: Vec<PathBuf>,
    /// Write everything as JSON
    #[arg(long, value_name = "OUT")]
    pub json: Option<PathBuf>,
    /// Write the table here too
    #[arg(long, value_name = "OUT")]
    pub markdown: Option<PathBuf>,
    /// Divide by interval, environment, delivery, mount
    #[arg(long, value_delimiter = ',', value_parser = ["interval", "environment", "delivery", "mount"])]
    pub by: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// A file is missing or is not what it should be, or an output cannot be written.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut truth =
        Truth { header: crate::app::simulate::Header { truth: 1, ..Default::default() }, ..Truth::default() };
    for path in &arguments.truth {
        truth.append(Truth::read(open(path)?).map_err(|e| wrong(path, &e))?);
    }
    let mut ledger = Ledger::default();
    for path in &arguments.alerts {
        ledger.read(open(path)?).map_err(|e| wrong(path, &e))?;
    }
    let score = tally::score(&truth, &ledger, &arguments.by);
    let text = render::markdown(&score);
    match io::stdout().write_all(text.as_bytes()) {
        // Who reads only the head of the table has what he wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other.or_fail(ExitCode::OutputFull, || "writing the table to standard output".to_owned())?,
    }
    if let Some(path) = &arguments.markdown {
        write(path, &text)?;
    }
    if let Some(path) = &arguments.json {
        write(path, &(serde_json::to_string_pretty(&score)? + "\n"))?;
    }
    Ok(())
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let file = File::open(path).or_fail(ExitCode::Missing, || format!("reading {}", path.display()))?;
    Ok(BufReader::new(file))
}

fn wrong(path: &Path, what: &str) -> Failure {
    Failure::usage(format!("{}: {what}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).or_fail(ExitCode::OutputFull, || format!("writing {}", path.display()))
}
