//! The command: files in, table out.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::campaign::{self, Size};
use super::ledger::Ledger;
use super::tally::Score;
use super::{beside, render, tally};
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::replay::load_rules;
use crate::app::simulate::Truth;
use crate::domain::rules::Rules;

/// Recall, precision, delay and false alarms a vehicle-day, per kind.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Alerts (`alerts.ndjson`); several runs with different journeys are scored as one
    #[arg(long, value_name = "FILE", required_unless_present_any = ["baselines", "campaign"], num_args = 1..)]
    pub alerts: Vec<PathBuf>,
    /// Truth that `kervan simulate` wrote
    #[arg(long, value_name = "FILE", required_unless_present = "campaign", num_args = 1..)]
    pub truth: Vec<PathBuf>,
    /// Decide this log as simpler systems would, too, and set them beside it; without --alerts it is also decided here
    #[arg(long, value_name = "LOG", num_args = 1.., requires = "rulebook")]
    pub baselines: Vec<PathBuf>,
    /// Simulate, decide and score, with baselines: standard (minutes) or full (hours: the numbers of a public claim)
    #[arg(long, requires = "rulebook", conflicts_with_all = ["alerts", "truth", "baselines"])]
    pub campaign: Option<Size>,
    /// Rulebook directory, for --baselines and --campaign
    #[arg(long, value_name = "DIR")]
    pub rulebook: Option<PathBuf>,
    /// Seed of the campaign
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
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
    let rules = arguments.rulebook.as_deref().map(load_rules).transpose()?;
    let (score, text) = match (arguments.campaign, &rules) {
        (Some(size), Some(rules)) => {
            let done = campaign::run(rules, size, arguments.seed)?;
            let by = ["interval".to_owned(), "delivery".to_owned()];
            let score = tally::score(&done.truth, &done.ledger, &by);
            let text =
                campaign::head(&done, size, arguments.seed, rules) + &beside::table(&done.truth, &score, &done.beside);
            let text = text + "\n" + &render::markdown(&score);
            (score, text)
        }
        _ => given(arguments, rules.as_ref())?,
    };
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

/// Scores files that are there.
fn given(arguments: &Arguments, rules: Option<&Arc<Rules>>) -> Result<(Score, String), Failure> {
    let mut truth =
        Truth { header: crate::app::simulate::Header { truth: 1, ..Default::default() }, ..Truth::default() };
    for path in &arguments.truth {
        truth.append(Truth::read(open(path)?).map_err(|e| wrong(path, &e))?);
    }
    let mut ledger = Ledger::default();
    for path in &arguments.alerts {
        ledger.read(open(path)?).map_err(|e| wrong(path, &e))?;
    }
    let mut others = Vec::new();
    if let Some(rules) = rules.filter(|_| !arguments.baselines.is_empty()) {
        let decide = arguments.alerts.is_empty();
        others = beside::decide(&arguments.baselines, rules, decide.then_some(&mut ledger))?;
    }
    let score = tally::score(&truth, &ledger, &arguments.by);
    let mut text = render::markdown(&score);
    if !others.is_empty() {
        text = beside::table(&truth, &score, &others) + "\n" + &text;
    }
    Ok((score, text))
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
