//! What was said of the alert, and by which rules.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::replay::load_rules;
use crate::domain::rules::Rules;
use crate::edge::lake::{Live, StoredRevision, Table, read_alerts};

/// Fewer digits of an id are not enough.
const DIGITS_LEAST: usize = 6;

/// Every revision of the alert, ascending.
///
/// # Errors
/// Exit 2 where no alert, or more than one, has this id; 3 where the lake cannot be read.
pub(super) fn revisions(lake: &Path, id: &str) -> Result<Vec<StoredRevision>, Failure> {
    let reading = || format!("reading the alerts of the lake {}", lake.display());
    let live = Live::load(lake).or_fail(ExitCode::Missing, reading)?;
    if live.ends.is_empty() {
        let message =
            format!("no lake in {}: it has no manifest; name what replay or run wrote with --lake", lake.display());
        return Err(Failure::new(ExitCode::Missing, anyhow::Error::msg(message)));
    }
    let list = format!(
        "list them with: kervan sql --lake {} -c \"SELECT alert, kind, unit, subject, onset FROM alerts_latest ORDER BY onset\"",
        lake.display()
    );
    if id.len() < DIGITS_LEAST || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Failure::usage(format!(
            "{id:?} is no alert id: 32 hexadecimal digits, or the first {DIGITS_LEAST} and more; {list}"
        )));
    }
    let id = id.to_ascii_lowercase();
    let mut found = Vec::new();
    for file in live.of(Table::Alerts) {
        found.extend(read_alerts(lake, file, &|alert| alert.starts_with(&id)).or_fail(ExitCode::Missing, reading)?);
    }
    found.sort_by(|a, b| (&a.alert, a.rev).cmp(&(&b.alert, b.rev)));
    let ids: BTreeSet<&str> = found.iter().map(|r| r.alert.as_str()).collect();
    match ids.len() {
        0 => Err(Failure::usage(format!("no alert {id} in the lake {}; {list}", lake.display()))),
        1 => Ok(found),
        many => Err(Failure::usage(format!("{many} alerts of the lake begin with {id}; give more digits; {list}"))),
    }
}

/// The rulebooks that decided, the first in force first: those given, else those kept beside the lake by `run`.
///
/// # Errors
/// Exit 2 for faults, 3 where the rulebook of the alert is not among them.
pub(super) fn rulebooks(lake: &Path, given: &[PathBuf], said: &[StoredRevision]) -> Result<Vec<Arc<Rules>>, Failure> {
    let shelf = lake.join("rulebooks");
    let mut rules: Vec<Arc<Rules>> = given.iter().map(|dir| load_rules(dir)).collect::<Result<_, _>>()?;
    if given.is_empty() {
        let needed: Vec<&str> = said.iter().map(|r| r.rulebook.as_str()).collect();
        let first = fs::read_to_string(shelf.join("first")).unwrap_or_default();
        let mut names: Vec<String> = Vec::new();
        for entry in fs::read_dir(&shelf).into_iter().flatten().flatten() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        // The one that ruled from the start comes first, then that of the alert; others may be named by records.
        names.sort_by_key(|n| (n.as_str() != first.trim(), !needed.contains(&n.as_str()), n.clone()));
        for name in names.iter().filter(|name| name.len() == 64) {
            let loaded = load_rules(&shelf.join(name))?;
            if loaded.book.sha256 != *name {
                let message = format!(
                    "the files of rulebook {name} in {} have changed: their hash is {}",
                    shelf.display(),
                    loaded.book.sha256
                );
                return Err(Failure::new(ExitCode::Missing, anyhow::Error::msg(message)));
            }
            rules.push(loaded);
        }
    }
    match said.iter().find(|r| !rules.iter().any(|known| known.book.sha256 == r.rulebook)) {
        None => Ok(rules),
        Some(revision) => {
            let message = format!(
                "revision {} of the alert was decided by rulebook {}, which is not {}; name its directory with --rulebook",
                revision.rev,
                revision.rulebook,
                if given.is_empty() { format!("in {}", shelf.display()) } else { "among those given".to_owned() }
            );
            Err(Failure::new(ExitCode::Missing, anyhow::Error::msg(message)))
        }
    }
}
