//! `kervan replay`: the whole job without Kafka. A log in; alerts, rejects, episodes, tracks and tables out.
//!
//! ```text
//! log ─▶ lines ─▶ records ─▶ shard of the partition ─▶ alerts.ndjson, rejects.ndjson, episodes.ndjson
//!                                                   └─▶ tracks, records, alerts, journeys, rejects (Parquet)
//! ```
//! A checkpoint commits all of it at once (`checkpoint`), so a run that is killed and started again ends with the
//! same bytes.

mod checkpoint;
mod job;
mod lines;
mod output;
mod progress;
mod summary;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure::{ExitCode, Failure};
use crate::domain::alert::Revision;
use crate::domain::rulebook::Fault;
use crate::domain::rules::Rules;
use crate::edge::rulebook::{LoadError, load};

pub use summary::Summary;

/// Decides a log: alerts, tracks and tables without Kafka.
#[derive(Clone, Debug, clap::Args)]
pub struct ReplayArgs {
    /// Files of the log, in order: NDJSON or Protobuf (.pb), plain, .gz or .zst; - is NDJSON from standard input
    #[arg(required = true, value_name = "LOG")]
    pub logs: Vec<PathBuf>,
    /// Rulebook directory; may be given several times: the first rules from the start, the others when a `rulebook`
    /// record names their hash
    #[arg(long, required = true, value_name = "DIR")]
    pub rulebook: Vec<PathBuf>,
    /// Directory for the results: new, empty, or an earlier try of the same command, which is continued
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Records between two checkpoints
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub checkpoint_records: u64,
    /// Records decided together; changes nothing but speed
    #[arg(long, default_value_t = 4_096, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub batch: u32,
    /// No progress bar and no closing lines
    #[arg(long)]
    pub quiet: bool,
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for a faulty rulebook or an output directory of something else, 3 for what cannot be read, 5 where the
/// output is full or unwritable.
pub fn run(args: &ReplayArgs) -> Result<(), Failure> {
    let summary = replay(args, &mut |_| {})?;
    if !args.quiet {
        eprint!("{}", summary.closing_lines(&args.out));
    }
    Ok(())
}

/// Decides the log; `listen` hears every alert as it comes.
///
/// # Errors
/// As [`run`].
pub fn replay(args: &ReplayArgs, listen: &mut dyn FnMut(&Revision)) -> Result<Summary, Failure> {
    let rulebooks = args.rulebook.iter().map(|path| load_rules(path)).collect::<Result<Vec<_>, _>>()?;
    let mut job = job::Job::open(args, rulebooks)?;
    if let Some(done) = job.finished()? {
        return Ok(done);
    }
    job.run(listen)
}

/// Loads a rulebook, with every fault in the error.
///
/// # Errors
/// Exit 2 for faults, 3 for what cannot be read.
pub fn load_rules(path: &Path) -> Result<Arc<Rules>, Failure> {
    load(path).map(Rules::new).map_err(|error| refused(path, error))
}

/// A rulebook that cannot be used, as a failure of the command: exit 2 for faults, 3 for what cannot be read.
pub(super) fn refused(path: &Path, error: LoadError) -> Failure {
    let LoadError::Faults(faults) = error else {
        let doing = format!("loading the rulebook {}", path.display());
        return Failure::new(ExitCode::Missing, anyhow::Error::new(error).context(doing));
    };
    faulty(&format!("loading the rulebook {}", path.display()), "; `kervan check` shows them", &faults)
}

/// Faults of a rulebook, all of them: exit 2.
pub(super) fn faulty(doing: &str, hint: &str, faults: &[Fault]) -> Failure {
    let list: Vec<String> = faults.iter().map(|f| format!("\n  {f}")).collect();
    Failure::usage(format!("{doing}: {} fault(s){hint}{}", faults.len(), list.concat()))
}
