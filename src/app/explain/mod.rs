//! `kervan explain`: why an alert was raised, and what became of it, from the lake alone.
//!
//! ```text
//! alerts ─▶ find ─▶ what was said        rulebooks/ or --rulebook ─┐
//! tracks + records ─▶ derive ─▶ the same shard decides again ◀─────┘─▶ revisions (compared with what was said)
//!                                     └─▶ the journey retraced ─▶ account ─▶ text, JSON, page, picture
//! ```
//! * Records of other units only move the clock while it is derived; so a derivation costs one pass over the partition.
//! * Nothing but the lake and the rulebook goes in: the same bytes on every run.
//! * Whether the derivation agrees with the lake is said, revision by revision; it is never assumed.
//!
//! | file | idea |
//! |---|---|
//! | `find` | revisions in the lake, rulebooks by their hash |
//! | `derive` | the journey decided again |
//! | `account`, `fixes`, `thresholds`, `limits` | what is to be told, as data |
//! | `document`, `words` | the same in Turkish or English |
//! | `page`, `picture` | HTML and SVG |

mod account;
mod derive;
mod document;
mod find;
mod fixes;
mod limits;
mod page;
mod picture;
#[cfg(test)]
mod tests;
mod thresholds;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use super::failure::{ExitCode, Failure, OrFail, print};
use crate::edge::map::Language;

pub use account::Account;

/// Why an alert was raised, and what became of it.
#[derive(Debug, Clone, clap::Args)]
pub struct ExplainArgs {
    /// Alert id, or its beginning where that is enough (six digits or more)
    #[arg(value_name = "ALERT")]
    pub alert: String,
    /// Lake directory, as replay or run wrote it
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub lake: PathBuf,
    /// Rulebook directory, the first in force first; without it, those in `rulebooks/` of the lake
    #[arg(long, value_name = "DIR")]
    pub rulebook: Vec<PathBuf>,
    /// Language of text, page and picture: tr or en
    #[arg(long, default_value = "tr", value_parser = Language::from_code)]
    pub lang: Language,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
    /// Write a page that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the picture alone
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for an unknown alert, 3 where lake or rulebook are missing or unreadable, 5 where an output cannot be written.
pub fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let told = tell(args)?;
    print(&told.stdout, "the explanation")?;
    for (path, text) in [(&args.html, &told.html), (&args.svg, &told.svg)] {
        if let Some(path) = path {
            write(path, text)?;
        }
    }
    Ok(())
}

/// Everything that can be written.
struct Told {
    stdout: String,
    html: String,
    svg: String,
}

fn tell(args: &ExplainArgs) -> Result<Told, Failure> {
    let revisions = find::revisions(&args.lake, &args.alert)?;
    let rulebooks = find::rulebooks(&args.lake, &args.rulebook, &revisions)?;
    let derived = derive::derive(&args.lake, &revisions, rulebooks)?;
    let account = account::account(&revisions, &derived);
    let svg = picture::draw(&account, &revisions, &derived, args.lang);
    let blocks = document::blocks(&account, &revisions, args.lang);
    let stdout = if args.json { serde_json::to_string_pretty(&account)? + "\n" } else { document::text(&blocks) };
    let html = page::render(&account, &blocks, &svg, args.lang);
    Ok(Told { stdout, html, svg })
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).or_fail(ExitCode::OutputFull, || format!("writing {}", path.display()))
}
