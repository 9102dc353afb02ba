//! How much of what was planted was found: the simulator's truth beside the alerts, as `kervan score` counts.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::score::{self, Ledger};
use crate::app::simulate::Truth;

/// The few numbers that the demo says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Observable violations.
    pub observable: u64,
    /// Of these, found.
    pub found: u64,
    /// The same by kind, as `corridor_deviation 12/12`.
    pub kinds: Vec<String>,
    /// Alerts above the journal.
    pub announced: u64,
    /// Of these, false.
    pub false_announced: u64,
    /// The same a vehicle-day.
    pub false_per_day: f64,
}

/// Reads the truth of an earlier demo.
///
/// # Errors
/// It is missing or damaged.
pub fn read_truth(path: &Path) -> Result<Truth, Failure> {
    Truth::read(open(path)?).map_err(|error| Failure::usage(format!("reading {}: {error}", path.display())))
}

/// Scores the alerts.
///
/// # Errors
/// They cannot be read.
pub fn score(truth: &Truth, alerts: &Path) -> Result<Found, Failure> {
    let mut ledger = Ledger::default();
    ledger.read(open(alerts)?).map_err(|error| Failure::usage(format!("reading {}: {error}", alerts.display())))?;
    let score = score::score(truth, &ledger, &[]);
    let mut found = Found::default();
    let Some(all) = score.groups.first() else { return Ok(found) };
    for kind in &all.kinds {
        let (hit, of) = kind.last.observable;
        if of > 0 {
            found.kinds.push(format!("{} {hit}/{of}", kind.kind));
        }
        found.found += hit;
        found.observable += of;
        found.announced += kind.annunciated;
    }
    found.false_announced = all.false_annunciated;
    found.false_per_day = all.false_annunciated_per_day.0;
    Ok(found)
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    Ok(BufReader::new(File::open(path).or_fail(ExitCode::Missing, || format!("opening {}", path.display()))?))
}
