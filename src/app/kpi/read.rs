//! Alerts as they lie on disk: lines, or rows of the table.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::replay::Summary;
use crate::domain::alert::{Condition, Handling, Kind, Op, Priority};
use crate::domain::kpi::Heard;
use crate::domain::time::Millis;
use crate::edge::lake::{Live, StoredRevision, Table, read_alerts};
use crate::edge::wire::instant;

/// The fields of a revision that figures rest on (FORMATS, section 3).
#[derive(Deserialize)]
struct Line {
    alert: String,
    rev: u32,
    op: String,
    kind: String,
    unit: Option<String>,
    subject: String,
    condition: String,
    handling: String,
    priority: String,
    log_time: String,
    late_by_s: i64,
    offices: LineOffices,
}

#[derive(Deserialize)]
struct LineOffices {
    responsible: Vec<String>,
}

/// Words of a revision, before they are understood.
struct Words<'a> {
    op: &'a str,
    kind: &'a str,
    condition: &'a str,
    handling: &'a str,
    priority: &'a str,
}

impl Words<'_> {
    fn understood(&self) -> Result<(Op, Kind, Condition, Handling, Priority), String> {
        let unknown = |what: &str, word: &str| format!("{what} {word:?} is not known to this version");
        Ok((
            Op::from_name(self.op).ok_or_else(|| unknown("op", self.op))?,
            Kind::from_name(self.kind).ok_or_else(|| unknown("kind", self.kind))?,
            Condition::from_name(self.condition).ok_or_else(|| unknown("condition", self.condition))?,
            Handling::from_name(self.handling).ok_or_else(|| unknown("handling", self.handling))?,
            Priority::from_name(self.priority).ok_or_else(|| unknown("priority", self.priority))?,
        ))
    }
}

/// A line of `alerts.ndjson`.
///
/// # Errors
/// What is wrong with it.
pub fn heard_of_line(line: &[u8]) -> Result<Heard, String> {
    let line: Line = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    let log_time = instant::parse(&line.log_time).ok_or_else(|| format!("{:?} is no RFC 3339 time", line.log_time))?;
    let words = Words {
        op: &line.op,
        kind: &line.kind,
        condition: &line.condition,
        handling: &line.handling,
        priority: &line.priority,
    };
    let (op, kind, condition, handling, priority) = words.understood()?;
    let Line { alert, rev, unit, subject, late_by_s, offices, .. } = line;
    let offices = offices.responsible;
    Ok(Heard { alert, rev, op, kind, unit, subject, condition, handling, priority, log_time, late_by_s, offices })
}

fn heard_of_row(row: StoredRevision) -> Result<Heard, String> {
    let words = Words {
        op: &row.op,
        kind: &row.kind,
        condition: &row.condition,
        handling: &row.handling,
        priority: &row.priority,
    };
    let (op, kind, condition, handling, priority) = words.understood()?;
    let offices = row.responsible.split(',').filter(|office| !office.is_empty()).map(str::to_owned).collect();
    let StoredRevision { alert, rev, unit, subject, log_time, late_by_s, .. } = row;
    Ok(Heard { alert, rev, op, kind, unit, subject, condition, handling, priority, log_time, late_by_s, offices })
}

/// Every revision of a directory: the lines of `replay`, else the table, which `run` writes, too. Of the table each alert
/// comes in the order of its revisions; between alerts no figure asks for an order.
///
/// # Errors
/// Exit 3 where there is neither, or one cannot be read.
pub fn alerts(dir: &Path, hear: &mut dyn FnMut(Heard)) -> Result<(), Failure> {
    let path = dir.join("alerts.ndjson");
    if !path.exists() {
        return rows(dir, hear);
    }
    let reading = || format!("reading the alerts {}", path.display());
    let file = File::open(&path).or_fail(ExitCode::Missing, reading)?;
    for (number, line) in (1..).zip(BufReader::new(file).split(b'\n')) {
        let line = line.or_fail(ExitCode::Missing, reading)?;
        if line.is_empty() {
            continue;
        }
        let heard = heard_of_line(&line).map_err(anyhow::Error::msg);
        hear(heard.or_fail(ExitCode::Missing, || format!("line {number} of {}", path.display()))?);
    }
    Ok(())
}

fn rows(dir: &Path, hear: &mut dyn FnMut(Heard)) -> Result<(), Failure> {
    let reading = || format!("reading the alerts of {}", dir.display());
    let live = Live::load(dir).or_fail(ExitCode::Missing, reading)?;
    if live.ends.is_empty() {
        let message = format!(
            "no alerts in {}: it has neither alerts.ndjson nor a manifest; name what replay or run wrote",
            dir.display()
        );
        return Err(Failure::new(ExitCode::Missing, anyhow::Error::msg(message)));
    }
    let mut found = Vec::new();
    for file in live.of(Table::Alerts) {
        for row in read_alerts(dir, file, &|_| true).or_fail(ExitCode::Missing, reading)? {
            found.push(heard_of_row(row).map_err(anyhow::Error::msg).or_fail(ExitCode::Missing, reading)?);
        }
    }
    found.sort_by(|a, b| (&a.alert, a.rev).cmp(&(&b.alert, b.rev)));
    found.into_iter().for_each(hear);
    Ok(())
}

/// First and last log clock, where a summary tells them.
pub fn span(dir: &Path) -> Option<(Millis, Millis)> {
    let bytes = std::fs::read(dir.join("summary.json")).ok()?;
    let summary: Summary = serde_json::from_slice(&bytes).ok()?;
    summary.clock.first.zip(summary.clock.last)
}
