//! The files that history may ask, and where each of them keeps the rows of a unit.
//!
//! A file is looked into only when its event times meet the question; what was learnt then (footer, rows of each unit) is
//! kept for the next question, up to a bound.

use super::column::Texts;
use super::error::LakeError;
use super::manifest::LiveFile;
use super::names::Table;
use super::parquet_file::OpenFile;
use super::place::Lake;
use super::records::HEARTBEAT;
use super::staged::{Staged, StagedFile};
use crate::domain::time::Millis;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Units known over all indexed files before the ones used longest ago are forgotten: about 64 MB.
const UNITS_KEPT: usize = 1_000_000;

/// Rows of each unit in one file.
#[derive(Debug)]
pub(super) struct FileIndex {
    pub file: OpenFile,
    /// Sorted by unit; ranges in order.
    units: Vec<(Box<str>, Vec<Range<usize>>)>,
    used: u64,
}

impl FileIndex {
    fn build(lake: &Lake, table: Table, path: PathBuf) -> Result<FileIndex, LakeError> {
        let file = OpenFile::open(lake, table, path)?;
        let mut units: BTreeMap<Box<str>, Vec<Range<usize>>> = BTreeMap::new();
        let mut begin = 0;
        file.each_batch(
            |column| column == "unit" || column == "type",
            None,
            |batch| {
                let (unit, kind) = (Texts::of(batch, "unit"), Texts::of(batch, "type"));
                let rows = batch.num_rows();
                let mut row = 0;
                while row < rows {
                    let first = row;
                    let name = unit.get(first);
                    row += 1;
                    while row < rows && unit.get(row) == name && kind.get(row) == kind.get(first) {
                        row += 1;
                    }
                    let Some(name) = name.filter(|_| table == Table::Tracks || kind.get(first) == Some(HEARTBEAT))
                    else {
                        continue;
                    };
                    let range = begin + first..begin + row;
                    match units.get_mut(name) {
                        Some(ranges) => match ranges.last_mut() {
                            Some(last) if last.end == range.start => last.end = range.end,
                            _ => ranges.push(range),
                        },
                        None => drop(units.insert(name.into(), vec![range])),
                    }
                }
                begin += rows;
                Ok(())
            },
        )?;
        Ok(FileIndex { file, units: units.into_iter().collect(), used: 0 })
    }

    /// The rows of a unit.
    pub fn rows_of(&self, unit: &str) -> Option<&[Range<usize>]> {
        let place = self.units.binary_search_by(|(name, _)| name.as_ref().cmp(unit)).ok()?;
        self.units.get(place).map(|(_, ranges)| ranges.as_slice())
    }
}

/// Tracks and records of one partition, published or staged.
#[derive(Debug)]
pub(super) struct Published {
    lake: Lake,
    files: Vec<Known>,
    indexes: BTreeMap<String, FileIndex>, // by final path
    units: usize,
    clock: u64,
}

#[derive(Clone, Debug)]
struct Known {
    file: LiveFile,
    stage: Option<String>,
}

impl Published {
    pub fn new(lake: Lake, files: Vec<LiveFile>) -> Published {
        let asked = |file: &LiveFile| matches!(file.table, Table::Tracks | Table::Records);
        let files = files.into_iter().filter(asked).map(|file| Known { file, stage: None }).collect();
        Published { lake, files, indexes: BTreeMap::new(), units: 0, clock: 0 }
    }

    /// A file that is durable and has no final name yet.
    pub fn add_staged(&mut self, staged: &StagedFile) -> Result<(), LakeError> {
        let file = LiveFile::of(staged.entry.clone(), Path::new(&staged.stage))?;
        if matches!(file.table, Table::Tracks | Table::Records) {
            self.files.push(Known { file, stage: Some(staged.stage.clone()) });
        }
        Ok(())
    }

    /// The files of `staged` have their final names now.
    pub fn settle(&mut self, staged: &Staged) {
        for file in &staged.files {
            if let Some(known) = self.files.iter_mut().find(|known| known.stage.as_ref() == Some(&file.stage)) {
                known.stage = None;
                // What was learnt of it stands under the old name.
                if let Some(index) = self.indexes.remove(&file.entry.path) {
                    self.units -= index.units.len();
                }
            }
        }
    }

    /// Calls `take` with every file of `table` that may hold rows of `unit` in `[from, to)` below offset `before`.
    pub fn each(
        &mut self,
        table: Table,
        unit: &str,
        (from, to): (Millis, Millis),
        before: u64,
        mut take: impl FnMut(&FileIndex, &[Range<usize>]) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        for place in 0..self.files.len() {
            let Known { file, stage } = &self.files[place];
            let meets = |(first, last): (Millis, Millis)| first < to && last >= from;
            let times = file.entry.min_fix_time.zip(file.entry.max_fix_time);
            if file.table != table || file.span.start >= before || !times.is_some_and(meets) {
                continue;
            }
            let key = file.entry.path.clone();
            let path = self.lake.path(stage.as_ref().unwrap_or(&key));
            if !self.indexes.contains_key(&key) {
                let index = FileIndex::build(&self.lake, table, path)?;
                self.forget(index.units.len());
                self.units += index.units.len();
                self.indexes.insert(key.clone(), index);
            }
            self.clock += 1;
            if let Some(index) = self.indexes.get_mut(&key) {
                index.used = self.clock;
                if let Some(rows) = index.rows_of(unit) {
                    take(index, rows)?;
                }
            }
        }
        Ok(())
    }

    /// Makes room for `more` units.
    fn forget(&mut self, more: usize) {
        while self.units + more > UNITS_KEPT && !self.indexes.is_empty() {
            let oldest = self.indexes.iter().min_by_key(|(_, index)| index.used).map(|(key, _)| key.clone());
            if let Some(index) = oldest.and_then(|key| self.indexes.remove(&key)) {
                self.units -= index.units.len();
            }
        }
    }
}
