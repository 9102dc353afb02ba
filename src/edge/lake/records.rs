//! The table `records`: every readable record that is no fix, verbatim, in the order of the log.

use super::column::{BatchBuilder, Column, DayBatch, Kind, Numbers, Texts, optional, required};
use super::error::LakeError;
use super::names::{Table, day_of};
use crate::domain::record::Source;
use crate::domain::time::Millis;
use arrow::array::RecordBatch;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Columns, in the order of FORMATS, section 4.
pub(super) const COLUMNS: &[Column] = &[
    required("_partition", Kind::Int),
    required("_offset", Kind::Long),
    required("timestamp", Kind::Time),
    required("type", Kind::Word),
    optional("unit", Kind::Word),
    optional("journey", Kind::Word),
    required("json", Kind::Text),
];

/// What rows are sorted by.
pub(super) const SORTED_BY: &[&str] = &["_offset"];

/// The type of a contact without a position, which history asks for.
pub(super) const HEARTBEAT: &str = "heartbeat";

/// A record that is no fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// Its place in the log.
    pub source: Source,
    /// Its `type`, as on the wire.
    pub type_name: String,
    /// The unit it concerns.
    pub unit: Option<String>,
    /// The journey it names.
    pub journey: Option<String>,
    /// Event time of a heartbeat (its receive time, else its timestamp); `None` for every other type.
    /// It is no column: it becomes `min_fix_time` and `max_fix_time` of the manifest, so that history finds it.
    pub heartbeat_time: Option<Millis>,
    /// The record as JSON on one line.
    pub json: String,
}

/// Rows that are not in a file yet.
#[derive(Debug, Default)]
pub(super) struct RecordBuffer {
    rows: Vec<RecordRow>,
    heartbeats: HashMap<String, Vec<u32>>, // looked up only
}

impl RecordBuffer {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn push(&mut self, row: RecordRow) {
        if let (HEARTBEAT, Some(unit)) = (row.type_name.as_str(), &row.unit) {
            let index = self.rows.len() as u32;
            match self.heartbeats.get_mut(unit) {
                Some(rows) => rows.push(index),
                None => drop(self.heartbeats.insert(unit.clone(), vec![index])),
            }
        }
        self.rows.push(row);
    }

    /// The waiting heartbeats of `unit`.
    pub fn heartbeats_of(&self, unit: &str) -> impl Iterator<Item = &RecordRow> {
        self.heartbeats.get(unit).into_iter().flatten().map(|index| &self.rows[*index as usize])
    }

    /// The waiting rows by UTC day of their timestamp.
    pub fn batches(&self) -> Result<Vec<DayBatch>, LakeError> {
        let mut days: BTreeMap<i64, Vec<&RecordRow>> = BTreeMap::new();
        for row in &self.rows {
            days.entry(day_of(row.source.timestamp)).or_default().push(row);
        }
        let mut batches = Vec::with_capacity(days.len());
        for (day, mut rows) in days {
            rows.sort_by_key(|row| row.source.offset);
            let times = rows.iter().filter_map(|row| row.heartbeat_time);
            let times = times.clone().min().zip(times.max());
            batches.push(DayBatch { table: Table::Records, day, batches: vec![batch(&rows)?], times });
        }
        Ok(batches)
    }
}

fn batch(rows: &[&RecordRow]) -> Result<RecordBatch, LakeError> {
    let mut b = BatchBuilder::new(Table::Records.name(), COLUMNS);
    b.numbers("_partition", rows.iter().map(|row| Some(row.source.partition.into())));
    b.numbers("_offset", rows.iter().map(|row| Some(row.source.offset as i64)));
    b.numbers("timestamp", rows.iter().map(|row| Some(row.source.timestamp)));
    b.texts("type", rows.iter().map(|row| Some(row.type_name.as_str())));
    b.texts("unit", rows.iter().map(|row| row.unit.as_deref()));
    b.texts("journey", rows.iter().map(|row| row.journey.as_deref()));
    b.texts("json", rows.iter().map(|row| Some(row.json.as_str())));
    b.finish()
}

/// Rows of a batch that was read.
pub(super) struct RecordBatchView<'p> {
    path: &'p Path,
    len: usize,
    partition: Numbers,
    offset: Numbers,
    timestamp: Numbers,
    type_name: Texts,
    unit: Texts,
    journey: Texts,
    json: Texts,
}

impl<'p> RecordBatchView<'p> {
    pub fn of(batch: &RecordBatch, path: &'p Path) -> RecordBatchView<'p> {
        RecordBatchView {
            path,
            len: batch.num_rows(),
            partition: Numbers::of(batch, "_partition"),
            offset: Numbers::of(batch, "_offset"),
            timestamp: Numbers::of(batch, "timestamp"),
            type_name: Texts::of(batch, "type"),
            unit: Texts::of(batch, "unit"),
            journey: Texts::of(batch, "journey"),
            json: Texts::of(batch, "json"),
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The row; what makes up `heartbeat_time` is inside the JSON, so it is `None`.
    pub fn row(&self, row: usize) -> Result<RecordRow, LakeError> {
        let text = |texts: &Texts| texts.get(row).map(str::to_owned);
        Ok(RecordRow {
            source: Source {
                partition: self.number(&self.partition, row, "_partition")?,
                offset: self.number(&self.offset, row, "_offset")?,
                timestamp: self.number(&self.timestamp, row, "timestamp")?,
            },
            type_name: self.must(text(&self.type_name), "type")?,
            unit: text(&self.unit),
            journey: text(&self.journey),
            heartbeat_time: None,
            json: self.must(text(&self.json), "json")?,
        })
    }

    fn number<T: TryFrom<i64>>(&self, numbers: &Numbers, row: usize, column: &str) -> Result<T, LakeError> {
        self.must(numbers.get(row).and_then(|value| T::try_from(value).ok()), column)
    }

    fn must<T>(&self, value: Option<T>, column: &str) -> Result<T, LakeError> {
        value.ok_or_else(|| LakeError::corrupt(self.path, format!("column {column} holds no value that can be")))
    }
}
