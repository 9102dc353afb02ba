//! Revisions of alerts as the table keeps them: words and texts, nothing interpreted.

use super::column::{Flags, Numbers, Texts};
use super::error::LakeError;
use super::manifest::LiveFile;
use super::names::Table;
use super::parquet_file::OpenFile;
use super::place::Lake;
use crate::domain::position::Position;
use crate::domain::record::Source;
use crate::domain::time::Millis;
use arrow::array::RecordBatch;
use std::path::Path;

/// One row of `alerts`; fields as FORMATS, section 3, lists joined by commas.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct StoredRevision {
    /// Alert id.
    pub alert: String,
    /// Revision, from 1.
    pub rev: u32,
    /// What it did.
    pub op: String,
    /// Kind.
    pub kind: String,
    /// Unit; `None` for the second stage.
    pub unit: Option<String>,
    /// Journey; `None` for the second stage.
    pub journey: Option<String>,
    /// Subject.
    pub subject: String,
    /// Number plate.
    pub plate: Option<String>,
    /// Active or not.
    pub condition: String,
    /// What people have done.
    pub handling: String,
    /// Priority.
    pub priority: String,
    /// Why so urgent.
    pub priority_reason: String,
    /// How it rests on fixes.
    pub confidence: String,
    /// First evidence.
    pub onset: Millis,
    /// When the evidence sufficed.
    pub raised: Millis,
    /// End.
    pub ended: Option<Millis>,
    /// Log clock of the decision.
    pub log_time: Millis,
    /// Found by late data.
    pub late: bool,
    /// By how much, seconds.
    pub late_by_s: i64,
    /// Why cleared, retracted or annotated.
    pub reason: Option<String>,
    /// Alert that suppresses it.
    pub parent: Option<String>,
    /// Alerts below it.
    pub children: String,
    /// Where.
    pub position: Option<Position>,
    /// JSON object.
    pub evidence: String,
    /// Offices responsible.
    pub responsible: String,
    /// Nearest office.
    pub nearest: Option<String>,
    /// Texts: Turkish, English, what to do in both.
    pub texts: [String; 4],
    /// Minutes to respond.
    pub respond_within_min: Option<i64>,
    /// Hash of the rulebook.
    pub rulebook: String,
    /// Decision version.
    pub decision: i64,
    /// Program version.
    pub engine: String,
    /// The record that was being read.
    pub source: Source,
}

/// The revisions of a file of `alerts` for which `wanted` (asked with the alert id) holds, in the order of the file.
///
/// # Errors
/// Where the file cannot be read, or holds what cannot be.
pub fn read_alerts(
    dir: &Path,
    file: &LiveFile,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<StoredRevision>, LakeError> {
    let open = OpenFile::open(&Lake::local(dir), Table::Alerts, file.path_in(dir))?;
    let mut found = Vec::new();
    open.each_batch(
        |_| true,
        None,
        |batch| {
            let ids = Texts::of(batch, "alert");
            let rows: Vec<usize> = (0..batch.num_rows()).filter(|row| ids.get(*row).is_some_and(wanted)).collect();
            if rows.is_empty() {
                return Ok(());
            }
            let columns = Columns { batch, path: &open.path };
            for row in rows {
                found.push(columns.row(row)?);
            }
            Ok(())
        },
    )?;
    Ok(found)
}

struct Columns<'a> {
    batch: &'a RecordBatch,
    path: &'a Path,
}

impl Columns<'_> {
    fn word(&self, name: &str, row: usize) -> Option<String> {
        Texts::of(self.batch, name).get(row).map(str::to_owned)
    }

    fn text(&self, name: &str, row: usize) -> Result<String, LakeError> {
        let missing = || LakeError::corrupt(self.path, format!("column {name} holds no value that can be"));
        self.word(name, row).ok_or_else(missing)
    }

    fn maybe(&self, name: &str, row: usize) -> Option<i64> {
        Numbers::of(self.batch, name).get(row)
    }

    fn number<T: TryFrom<i64>>(&self, name: &str, row: usize) -> Result<T, LakeError> {
        let missing = || LakeError::corrupt(self.path, format!("column {name} holds no value that can be"));
        self.maybe(name, row).and_then(|value| T::try_from(value).ok()).ok_or_else(missing)
    }

    fn row(&self, row: usize) -> Result<StoredRevision, LakeError> {
        let degrees = |name: &str| self.maybe(name, row).map(|value| value as i32);
        let position = degrees("lat").zip(degrees("lon")).map(|(lat_e6, lon_e6)| Position { lat_e6, lon_e6 });
        Ok(StoredRevision {
            alert: self.text("alert", row)?,
            rev: self.number("rev", row)?,
            op: self.text("op", row)?,
            kind: self.text("kind", row)?,
            unit: self.word("unit", row),
            journey: self.word("journey", row),
            subject: self.text("subject", row)?,
            plate: self.word("plate", row),
            condition: self.text("condition", row)?,
            handling: self.text("handling", row)?,
            priority: self.text("priority", row)?,
            priority_reason: self.text("priority_reason", row)?,
            confidence: self.text("confidence", row)?,
            onset: self.number("onset", row)?,
            raised: self.number("raised", row)?,
            ended: self.maybe("ended", row),
            log_time: self.number("log_time", row)?,
            late: Flags::of(self.batch, "late").get(row).unwrap_or(false),
            late_by_s: self.number("late_by_s", row)?,
            reason: self.word("reason", row),
            parent: self.word("parent", row),
            children: self.text("children", row)?,
            position,
            evidence: self.text("evidence", row)?,
            responsible: self.text("offices_responsible", row)?,
            nearest: self.word("office_nearest", row),
            texts: [
                self.text("text_tr", row)?,
                self.text("text_en", row)?,
                self.text("do_tr", row)?,
                self.text("do_en", row)?,
            ],
            respond_within_min: self.maybe("respond_within_min", row),
            rulebook: self.text("rulebook", row)?,
            decision: self.number("decision", row)?,
            engine: self.text("engine", row)?,
            source: Source {
                partition: self.number("_partition", row)?,
                offset: self.number("_offset", row)?,
                timestamp: self.number("_timestamp", row)?,
            },
        })
    }
}
