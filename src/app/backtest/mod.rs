//! `kervan backtest`: an old stretch of a log under a new rulebook: alerts gained, lost and changed.
//!
//! Both rulebooks decide the same records side by side in memory. `rulebook` records of the log are passed over: the question
//! is what one rulebook would have said from the beginning, and what the other. Everything before `--from` is decided, too, so
//! that journeys under way are known; only alerts whose onset lies in the stretch are compared.

mod compare;
mod report;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use super::failure::{ExitCode, Failure, OrFail, print};
use super::replay::load_rules;
use super::stretch::{Decision, Input, Standings};
use super::variant::VariantArgs;
use crate::domain::output::Outputs;
use crate::domain::record::Body;
use crate::domain::rules::Rules;
use crate::domain::time::{DAY, Millis};
use crate::edge::wire::instant;
pub use compare::{Changed, Comparison, KindChange, Told};

/// An old stretch of a log under a new rulebook.
#[derive(Debug, Clone, clap::Args)]
pub struct BacktestArgs {
    /// Files of the log, in order: NDJSON or Protobuf (.pb), plain, .gz or .zst
    #[arg(value_name = "LOG", required_unless_present = "lake", conflicts_with = "lake")]
    pub logs: Vec<PathBuf>,
    /// Lake directory instead, as replay or run wrote it
    #[arg(long, value_name = "DIR")]
    pub lake: Option<PathBuf>,
    /// Rulebook in force
    #[arg(long, value_name = "OLD")]
    pub rulebook: PathBuf,
    /// Rulebook to be tried; without it, the one in force with what is changed
    #[arg(long, value_name = "NEW", required_unless_present_any = ["set", "without_zone"])]
    pub with: Option<PathBuf>,
    /// What the rulebook to be tried has changed
    #[command(flatten)]
    pub variant: VariantArgs,
    /// Compare alerts that began at this time or later (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<Millis>,
    /// Compare alerts that began before this time; nothing later is read (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub to: Option<Millis>,
    /// Examples a kind and sort
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub examples: usize,
    /// Write everything, each alert named, as JSON
    #[arg(long, value_name = "OUT")]
    pub json: Option<PathBuf>,
}

fn time(text: &str) -> Result<Millis, String> {
    instant::parse(text).ok_or_else(|| format!("{text:?} is no RFC 3339 time"))
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for a faulty rulebook, 3 for what cannot be read, 5 where the result cannot be written.
pub fn run(args: &BacktestArgs) -> Result<(), Failure> {
    let comparison = backtest(args)?;
    let text = report::markdown(&comparison, args.examples);
    print(&text, "the comparison")?;
    if let Some(path) = &args.json {
        let json = serde_json::to_string_pretty(&comparison)? + "\n";
        fs::write(path, json).or_fail(ExitCode::OutputFull, || format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// Decides the stretch under both rulebooks.
///
/// # Errors
/// As [`run`].
pub fn backtest(args: &BacktestArgs) -> Result<Comparison, Failure> {
    let (old_rules, new_rules) =
        (load_rules(&args.rulebook)?, args.variant.load(args.with.as_ref().unwrap_or(&args.rulebook))?.0);
    let input = args.lake.clone().map_or_else(|| Input::Logs(args.logs.clone()), Input::Lake);
    let hashes = (old_rules.book.sha256.clone(), new_rules.book.sha256.clone());
    let standings = |rules: &Rules| Standings::new(rules.settings().alerts.stale_after_s);
    let (mut before, mut after) = (standings(&old_rules), standings(&new_rules));
    let (mut old, mut new) = (Decision::new(vec![old_rules]), Decision::new(vec![new_rules]));
    let window = args.from.unwrap_or(Millis::MIN)..args.to.unwrap_or(Millis::MAX);
    let mut days: BTreeSet<(String, i64)> = BTreeSet::new();
    let mut passed_over = 0;
    input.each(&mut |record| {
        if record.source.timestamp >= window.end {
            return Ok(false);
        }
        if matches!(record.body, Body::Rulebook { .. }) {
            passed_over += 1;
            return Ok(true);
        }
        old.take(record.clone(), &mut |_, out| {
            out.revisions.iter().for_each(|r| before.take(r));
            watch(out, &window, &mut days);
        })?;
        new.take(record, &mut |_, out| out.revisions.iter().for_each(|r| after.take(r)))?;
        Ok(true)
    })?;
    old.finish(&mut |_, out| {
        out.revisions.iter().for_each(|r| before.take(r));
        watch(out, &window, &mut days);
    })?;
    new.finish(&mut |_, out| out.revisions.iter().for_each(|r| after.take(r)))?;
    Ok(compare::compare(&before, &after, &window, hashes, days.len(), passed_over))
}

/// Adds the vehicle-days of a batch: a fix in a journey within the stretch.
fn watch(out: &Outputs, window: &Range<Millis>, days: &mut BTreeSet<(String, i64)>) {
    let rows = out.dispositions.iter().filter_map(|d| d.row.as_ref());
    let watched = rows.filter(|row| row.journey.is_some() && window.contains(&row.fix.time));
    days.extend(watched.map(|row| (row.unit.to_string(), row.fix.time.div_euclid(DAY))));
}
