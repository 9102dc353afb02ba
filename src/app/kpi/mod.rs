//! `kervan kpi DIR`: how good the alarms of a result directory are for those who work with them (DETECTION, 2.1).
//!
//! ```text
//! alerts.ndjson, else the table alerts ─▶ read ─▶ domain::kpi ─▶ table (Turkish or English), JSON
//! ```
//! `replay` writes the same JSON as `kpis.json` when it ends. Both are made of the alerts alone and of the log's first and last
//! clock (`summary.json`), so that a run that was killed and started again has the same figures, byte for byte.

mod json;
mod read;
mod table;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use super::failure::{Failure, print};
use crate::domain::kpi::{Kpis, Row};
use crate::domain::time::Millis;
use crate::edge::map::Language;
pub use read::heard_of_line;

/// Alarm load of each desk a day: rates, floods, bad actors, acknowledgements.
#[derive(Debug, Clone, clap::Args)]
pub struct KpiArgs {
    /// Result directory of replay, or lake directory of run
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Rows of these: all, office, kind, unit
    #[arg(long, value_delimiter = ',', default_value = "all,office,kind", value_parser = ["all", "office", "kind", "unit"])]
    pub by: Vec<String>,
    /// Language of the table: tr or en
    #[arg(long, default_value = "tr", value_parser = Language::from_code)]
    pub lang: Language,
    /// Print JSON instead: every row
    #[arg(long)]
    pub json: bool,
}

/// The figures of a directory, and the time for which they were made.
pub struct Report {
    /// First and last log clock, where they are known.
    pub span: Option<(Millis, Millis)>,
    /// By day and scope.
    pub rows: Vec<Row>,
}

impl Report {
    /// Of the alerts in a directory.
    ///
    /// # Errors
    /// Exit 3 where they are missing or not what they should be.
    pub fn of(dir: &Path) -> Result<Report, Failure> {
        let mut kpis = Kpis::default();
        read::alerts(dir, &mut |heard| _ = kpis.hear(&heard))?;
        let span = read::span(dir);
        Ok(Report { span, rows: kpis.rows(span) })
    }

    /// As JSON, with a line's end.
    ///
    /// # Errors
    /// None that can happen with such values.
    pub fn json(&self) -> Result<String, Failure> {
        json::render(self)
    }
}

/// Runs the command.
///
/// # Errors
/// Exit 3 where the alerts are missing or unreadable, 5 where standard output is full.
pub fn run(args: &KpiArgs) -> Result<(), Failure> {
    let report = Report::of(&args.dir)?;
    let text = if args.json { report.json()? } else { table::render(&report, &args.by, args.lang) };
    print(&text, "the figures")
}
