//! The command: files in, table out.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use super::campaign::{self, Size, Wanted};
use super::desk::{self, DeskArgs};
use super::figures::Score;
use super::ledger::Ledger;
use super::{beside, render, summary, tally};
use crate::app::failure::{ExitCode, Failure, OrFail, print};
use crate::app::replay::load_rules;
use crate::app::simulate::Truth;
use crate::domain::rules::Rules;

/// Recall, precision, delay and false alarms a vehicle-day, per kind.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Alerts (`alerts.ndjson`); several runs with different journeys are scored as one
    #[arg(long, value_name = "FILE", required_unless_present_any = ["baselines", "campaign", "desk"], num_args = 1..)]
    pub alerts: Vec<PathBuf>,
    /// Truth that `kervan simulate` wrote
    #[arg(long, value_name = "FILE", required_unless_present_any = ["campaign", "desk"], num_args = 1..)]
    pub truth: Vec<PathBuf>,
    /// Decide this log as simpler systems would, too, and set them beside it; without --alerts it is also decided here
    #[arg(long, value_name = "LOG", num_args = 1.., requires = "rulebook")]
    pub baselines: Vec<PathBuf>,
    /// Simulate, decide and score, with baselines: standard (half a minute on two cores) or full (half an hour: the
    /// numbers of a public claim)
    #[arg(long, requires = "rulebook", conflicts_with_all = ["alerts", "truth", "baselines"])]
    pub campaign: Option<Size>,
    /// Rulebook directory, for --baselines, --campaign and --desk
    #[arg(long, value_name = "DIR")]
    pub rulebook: Option<PathBuf>,
    /// Seed of the campaign, or of the desk's fleet and operators
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Rounds of the campaign at most
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rounds: u32,
    /// Cores for the campaign; they do not change its result (default: all)
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Write everything as JSON
    #[arg(long, value_name = "OUT")]
    pub json: Option<PathBuf>,
    /// Write the table here too
    #[arg(long, value_name = "OUT")]
    pub markdown: Option<PathBuf>,
    /// Divide by interval, environment, delivery, mount, clean (days with nothing planted, by interval)
    #[arg(long, value_delimiter = ',', value_parser = ["interval", "environment", "delivery", "mount", "clean"])]
    pub by: Vec<String>,
    /// The desk run
    #[command(flatten)]
    pub at_desk: DeskArgs,
}

/// Runs it.
///
/// # Errors
/// A file is missing or is not what it should be, or an output cannot be written.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let at_desk = &arguments.at_desk;
    if let Some(rulebook) = arguments.rulebook.as_deref().filter(|_| at_desk.desk) {
        let report = desk::run(at_desk, rulebook, arguments.seed)?;
        return hand_out(arguments, &report.markdown(), &report);
    }
    if !at_desk.variant.is_none() {
        return Err(Failure::usage("--set and --without-zone change the rulebook of a --desk run; give --desk, too"));
    }
    let rules = arguments.rulebook.as_deref().map(load_rules).transpose()?;
    let (text, score) = match (arguments.campaign, &rules) {
        (Some(size), Some(rules)) => {
            let threads = arguments.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
            let wanted = Wanted { size, seed: arguments.seed, rounds: arguments.rounds, threads };
            summary::report(campaign::run(rules, &wanted)?, &wanted, rules)
        }
        _ => given(arguments, rules.as_ref())?,
    };
    hand_out(arguments, &text, &score)
}

/// The table to standard output and, where asked for, to files; the rest as JSON.
fn hand_out(arguments: &Arguments, text: &str, whole: &impl serde::Serialize) -> Result<(), Failure> {
    print(text, "the table")?;
    if let Some(path) = &arguments.markdown {
        write(path, text)?;
    }
    if let Some(path) = &arguments.json {
        write(path, &(serde_json::to_string_pretty(whole)? + "\n"))?;
    }
    Ok(())
}

/// Scores files that are there.
fn given(arguments: &Arguments, rules: Option<&Arc<Rules>>) -> Result<(String, Score), Failure> {
    let mut truth =
        Truth { header: crate::app::simulate::Header { truth: 1, ..Default::default() }, ..Truth::default() };
    for path in &arguments.truth {
        truth.append(Truth::read(open(path)?).map_err(|e| wrong(path, &e))?);
    }
    let mut ledger = rules.map_or_else(Ledger::default, |rules| Ledger::new(rules.settings().alerts.stale_after_s));
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
        text = beside::table(&score, beside::judged(&truth, others)) + "\n" + &text;
    }
    Ok((text, score))
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
