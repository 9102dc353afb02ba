//! `kervan demo`: no arguments, no network, nothing installed. A fleet for a day, its alerts, three answers, a map.
//!
//! Everything goes the way of the other commands: the rulebook is compiled, [`simulate`] drives,
//! [`replay`](super::replay) decides, [`score`](super::score) judges against the truth. Nothing is prepared beforehand; the
//! same seed gives the same log and the same alerts.
//!
//! | file | idea |
//! |---|---|
//! | `facts`, `outline` | places and ways, typed by hand |
//! | `world` | the rulebook made of them |
//! | `folder` | what is replaced and what never |
//! | `screen`, `words` | what is said, in two languages |
//! | `announce` | alerts as they come |
//! | `answers` | three questions in SQL |
//! | `page` | the map |
//! | `verdict` | how much was found |

mod announce;
#[cfg(feature = "sql")]
mod answers;
mod facts;
mod folder;
mod outline;
mod page;
mod screen;
#[cfg(test)]
mod tests;
mod verdict;
mod words;
mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::failure::{ExitCode, Failure, OrFail};
use super::replay::{ReplayArgs, load_rules, replay};
use super::simulate::{self, Delivery, Environment, Plan, World};
use crate::domain::rules::Rules;
use crate::edge::map::{self, Language};
use crate::edge::rulebook::{RulebookFile, compile};
use announce::Announcer;
use folder::Folder;
use screen::Screen;

/// Departures begin at 05:00 of a Monday in Türkiye: 2026-05-04T02:00:00Z.
const START: i64 = 1_777_860_000_000;
/// Reporting intervals, seconds; each journey has one of them.
const INTERVALS_S: [i64; 4] = [30, 60, 60, 120];
/// How fixes arrive: one journey in four loses contact at times, or its gateway repeats itself.
const DELIVERIES: [Delivery; 12] = [
    Delivery::InOrder,
    Delivery::InOrder,
    Delivery::InOrder,
    Delivery::InOrder,
    Delivery::InOrder,
    Delivery::InOrder,
    Delivery::InOrder,
    Delivery::InOrder,
    Delivery::InOrder,
    Delivery::OldestFirst,
    Delivery::NewestFirst,
    Delivery::Duplicated,
];

/// A fleet for a day on a built-in rulebook of Türkiye: alerts as they come, three SQL answers, a map to open.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Directory for everything it makes; an earlier demo in it is replaced, anything else is refused
    #[arg(long, value_name = "DIR", default_value = "demo-out")]
    pub out: PathBuf,
    /// Vehicles
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub vehicles: u32,
    /// Another seed, another day
    #[arg(long, default_value_t = 3)]
    pub seed: u64,
    /// Language of what is printed and of the map: tr or en
    #[arg(long, default_value = "tr", value_parser = Language::from_code)]
    pub lang: Language,
    /// Keep the rulebook and the log of the earlier demo and decide them again: for trying a changed rulebook
    #[arg(long, conflicts_with_all = ["vehicles", "seed"])]
    pub keep: bool,
    /// Also draw the day as a still picture (SVG, in English)
    #[arg(long, value_name = "FILE", hide = true)]
    pub picture: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Exit 2 where the directory holds something else or the changed rulebook is faulty, 3 where a part of the earlier demo is
/// missing, 5 where it cannot be written.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let began = Instant::now();
    let mut screen = Screen::stdout(arguments.lang);
    let folder = Folder::open(&arguments.out, arguments.keep)?;
    let rules = if arguments.keep { load_rules(&folder.rulebook())? } else { write_rulebook(&folder)? };
    screen.welcome(&folder.root);
    let truth = if arguments.keep { verdict::read_truth(&folder.truth())? } else { drive(arguments, &folder, &rules)? };
    screen.simulated(&truth.header, began.elapsed());

    let decided = Instant::now();
    let mut announcer = Announcer::new(&mut screen);
    let summary = replay(&replay_arguments(&folder), &mut |revision| announcer.hear(revision))?;
    let ledger = announcer.finish();
    screen.decided(&summary, decided.elapsed());

    #[cfg(feature = "sql")]
    answers::print(&folder.result(), &mut screen)?;
    #[cfg(not(feature = "sql"))]
    screen.no_sql();

    let scene = page::scene(&rules, &folder.result(), &ledger, arguments.lang)?;
    let mut html = Vec::new();
    map::render(&scene, &mut html)?;
    write(&folder.map(), &html)?;
    screen.map(&folder.map(), html.len());
    if let Some(picture) = &arguments.picture {
        write(picture, page::picture(scene).as_bytes())?;
    }
    let score = verdict::score(&truth, &folder.alerts())?;
    screen.verdict(&score);
    screen.farewell(&folder, began.elapsed());
    Ok(())
}

/// Writes the built-in rulebook and compiles it from memory.
fn write_rulebook(folder: &Folder) -> Result<Arc<Rules>, Failure> {
    let files: Vec<RulebookFile> = world::files();
    for file in &files {
        let path = folder.rulebook().join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).or_fail(ExitCode::OutputFull, || format!("making {}", parent.display()))?;
        }
        write(&path, &file.bytes)?;
    }
    match compile(&files) {
        Ok(book) => Ok(Rules::new(book)),
        // A unit test holds that there are none.
        Err(faults) => Err(Failure::usage(format!(
            "compiling the built-in rulebook: {} faults, please report this: {}",
            faults.len(),
            faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        ))),
    }
}

/// Simulates the day into the log and writes the truth beside it.
fn drive(arguments: &Arguments, folder: &Folder, rules: &Rules) -> Result<simulate::Truth, Failure> {
    let plan = Plan {
        seed: arguments.seed,
        vehicles: arguments.vehicles,
        start: START,
        intervals_s: INTERVALS_S.to_vec(),
        environment: Environment::Mix,
        deliveries: DELIVERIES.to_vec(),
        clean_share: 0.6,
        ..Plan::default()
    };
    let truth = simulate::write_log(&World::from(&rules.book), &plan, &folder.log())?;
    let mut lines = Vec::new();
    truth.write(&mut lines)?;
    write(&folder.truth(), &lines)?;
    Ok(truth)
}

fn replay_arguments(folder: &Folder) -> ReplayArgs {
    ReplayArgs {
        logs: vec![folder.log()],
        rulebook: vec![folder.rulebook()],
        out: folder.result(),
        checkpoint_records: 1_000_000,
        batch: 4_096,
        quiet: true,
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).or_fail(ExitCode::OutputFull, || format!("writing {}", path.display()))
}
