//! Rows of one partition on their way to files: pushed into memory, flushed to `stage/`, published.
//!
//! One writer serves one partition and one span at a time, `[start, next)`. A span is sealed, then written and published by
//! whatever thread; until the writer is told so, history finds its rows in memory. A flush seals and writes at once; where it
//! fails, the rows stay and no file is left behind, so that it can be tried again when there is room.

use super::alerts::{self, AlertRow};
use super::column::DayBatch;
use super::error::LakeError;
use super::file_index::Published;
use super::history::{HeartbeatDecode, LakeHistory};
use super::journeys::{self, Journey};
use super::manifest::{Live, LiveFile};
use super::names::{Span, Table, date_name, day_of, final_path, partition_name, stage_dir};
use super::parquet_file::encode;
use super::place::Lake;
use super::publish::publish;
use super::records::{RecordBuffer, RecordRow};
use super::rejects::{self, RejectRow};
use super::staged::{FileEntry, Staged, StagedFile};
use super::track_buffer::TrackBuffer;
use crate::domain::alert::Revision;
use crate::domain::output::{JourneyRow, TrackRow};
use crate::domain::record::Source;
use arrow::array::RecordBatch;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What every row of `alerts` says about its making.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Versions {
    /// Changes only when a verdict can change.
    pub decision: u32,
    /// Version of the program.
    pub engine: String,
}

/// Collects and writes the rows of one partition.
#[derive(Debug)]
pub struct LakeWriter {
    lake: Lake,
    partition: u32,
    start: u64,
    versions: Versions,
    rows: Rows,
    /// A span that somebody writes and publishes.
    sealed: Option<Arc<Sealed>>,
    /// Files that history may ask: published ones, and staged ones until then.
    pub(super) published: Published,
}

/// Rows of every table.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub tracks: TrackBuffer,
    pub records: RecordBuffer,
    alerts: Vec<AlertRow>,
    journeys: Vec<Journey>,
    rejects: Vec<RejectRow>,
}

impl Rows {
    fn len(&self) -> usize {
        self.tracks.len() + self.records.len() + self.alerts.len() + self.journeys.len() + self.rejects.len()
    }
}

/// A span with its rows: nothing is added to it any more.
#[derive(Debug)]
pub struct Sealed {
    lake: Lake,
    versions: Versions,
    span: Span,
    rows: Rows,
}

impl LakeWriter {
    /// A writer for the span that begins at `start`, on a lake that [`super::recover()`] has brought to its last commit.
    ///
    /// # Errors
    /// Where the manifests cannot be read, or reach beyond `start`: rows would count twice.
    pub fn open(lake: &Lake, partition: u32, start: u64, versions: Versions) -> Result<LakeWriter, LakeError> {
        let live = Live::load_partition(lake, partition)?;
        if let Some((_, seq, next)) = live.ends.first().filter(|(_, _, next)| *next > start) {
            let path = lake.path(super::manifest::manifest_path(partition, *seq));
            return Err(LakeError::corrupt(
                &path,
                format!("reaches to offset {next}, the checkpoint starts at {start}"),
            ));
        }
        Ok(LakeWriter {
            lake: lake.clone(),
            partition,
            start,
            versions,
            rows: Rows::default(),
            sealed: None,
            published: Published::new(lake.clone(), live.files),
        })
    }

    /// The partition.
    pub fn partition(&self) -> u32 {
        self.partition
    }

    /// First offset of the span being collected.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Rows in memory, of every table: what the caller bounds.
    pub fn rows_buffered(&self) -> usize {
        self.waiting().map(Rows::len).sum()
    }

    /// Rows that are in no file yet, the older ones first.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Rows> {
        self.sealed.iter().map(|sealed| &sealed.rows).chain([&self.rows])
    }

    /// A readable fix.
    pub fn push_track(&mut self, source: Source, row: TrackRow) {
        debug_assert_eq!(source.partition, self.partition);
        self.rows.tracks.push(source, row);
    }

    /// A readable record that is no fix.
    pub fn push_record(&mut self, row: RecordRow) {
        debug_assert_eq!(row.source.partition, self.partition);
        self.rows.records.push(row);
    }

    /// A revision; `evidence` is its evidence as a JSON object.
    pub fn push_alert(&mut self, revision: Revision, evidence: String) {
        self.rows.alerts.push(AlertRow { revision, evidence });
    }

    /// A row of a journey; `declaration` is its declaration as a JSON object.
    pub fn push_journey(&mut self, row: JourneyRow, declaration: String) {
        self.rows.journeys.push(Journey { row, declaration });
    }

    /// A record that could not be read.
    pub fn push_reject(&mut self, row: RejectRow) {
        self.rows.rejects.push(row);
    }

    /// What the log has said of a unit, in files and in memory. Records of a batch that has not been pushed are not there.
    pub fn history(&mut self, heartbeat: HeartbeatDecode) -> LakeHistory<'_> {
        LakeHistory::new(self, heartbeat)
    }

    /// Begins the next span at `next`. The one before is to be [written](Sealed::write), published, and
    /// [told](LakeWriter::published); where that has not been done yet, it is that one once more, and nothing else is sealed.
    pub fn seal(&mut self, next: u64) -> Arc<Sealed> {
        if let Some(sealed) = &self.sealed {
            return Arc::clone(sealed);
        }
        let sealed = Arc::new(Sealed {
            lake: self.lake.clone(),
            versions: self.versions.clone(),
            span: Span { partition: self.partition, start: self.start, next },
            rows: std::mem::take(&mut self.rows),
        });
        self.start = next;
        self.sealed = Some(Arc::clone(&sealed));
        sealed
    }

    /// The sealed span has been written: history finds it in its files from now on.
    fn settle(&mut self, staged: &Staged) -> Result<(), LakeError> {
        for file in &staged.files {
            self.published.add_staged(file)?;
        }
        self.sealed = None;
        Ok(())
    }

    /// Writes the rows of `[start, next)` to durable files under `stage/` and begins the next span.
    ///
    /// # Errors
    /// Where they cannot be written: the rows stay, the files are removed, and it may be tried again.
    pub fn flush(&mut self, next: u64) -> Result<Staged, LakeError> {
        let sealed = self.seal(next);
        let written = sealed.write();
        if written.is_err() {
            self.sealed = None;
            if let Some(Sealed { span, rows, .. }) = Arc::into_inner(sealed) {
                (self.start, self.rows) = (span.start, rows);
            }
        }
        let staged = written?;
        self.settle(&staged)?;
        Ok(staged)
    }

    /// Publishes a staged set as manifest `seq`, after the checkpoint that names it has become durable.
    ///
    /// # Errors
    /// As [`publish()`]; it may be repeated.
    pub fn publish(&mut self, staged: &Staged, seq: u64) -> Result<Vec<LiveFile>, LakeError> {
        let live = publish(&self.lake, staged, seq)?;
        self.published.settle(staged);
        Ok(live)
    }

    /// Somebody else has published the sealed span. Only now history leaves its rows for its files: they have moved
    /// meanwhile.
    ///
    /// # Errors
    /// Where a path of the lake is none.
    pub fn published(&mut self, staged: &Staged) -> Result<(), LakeError> {
        self.settle(staged)?;
        self.published.settle(staged);
        Ok(())
    }
}

impl Sealed {
    /// Writes the rows to durable files under `stage/`. It may be repeated: nobody knows the files of the time before.
    ///
    /// # Errors
    /// Where they cannot be written; then none is left.
    pub fn write(&self) -> Result<Staged, LakeError> {
        let mut files = Vec::new();
        if let Err(error) = self.stage(&mut files) {
            for file in &files {
                // Best effort: recovery sweeps what stays.
                let _ = self.lake.remove(&self.lake.path(&file.stage));
            }
            return Err(error);
        }
        let Span { partition, start, next } = self.span;
        Ok(Staged { format: 1, partition, start, next, files })
    }

    /// First offset behind it.
    pub fn next(&self) -> u64 {
        self.span.next
    }

    fn stage(&self, files: &mut Vec<StagedFile>) -> Result<(), LakeError> {
        let span = self.span;
        let folder = stage_dir(span.partition);
        self.lake.make_folder(&self.lake.path(&folder))?;
        let token = self.lake.token();
        for DayBatch { table, day, batches, times } in self.batches()? {
            let name = format!("{}-{}-{}", partition_name(span.partition), span.start, span.next);
            let stage = format!("{folder}/{name}-{}-{}-{token:016x}.parquet.part", table.name(), date_name(day));
            let bytes = encode(table, &batches)?;
            let entry = FileEntry {
                table: table.name().to_owned(),
                path: final_path(table, day, span),
                rows: batches.iter().map(RecordBatch::num_rows).sum::<usize>() as u64,
                bytes: bytes.len() as u64,
                min_fix_time: times.map(|(first, _)| first),
                max_fix_time: times.map(|(_, last)| last),
                blake3: blake3::hash(&bytes).to_hex().to_string(),
            };
            self.lake.write_new(&self.lake.path(&stage), &bytes)?;
            files.push(StagedFile { stage, entry });
        }
        self.lake.sync_dir(&self.lake.path(&folder))
    }

    /// One batch a table and day.
    fn batches(&self) -> Result<Vec<DayBatch>, LakeError> {
        let rows = &self.rows;
        let mut batches = rows.tracks.batches(self.span.partition)?;
        batches.append(&mut rows.records.batches()?);
        for (day, rows) in by_day(&self.rows.alerts, |row| row.revision.source) {
            let rows = vec![alerts::batch(&rows, &self.versions)?];
            batches.push(DayBatch { table: Table::Alerts, day, batches: rows, times: None });
        }
        for (day, rows) in by_day(&self.rows.journeys, |journey| journey.row.source) {
            batches.push(DayBatch { table: Table::Journeys, day, batches: vec![journeys::batch(&rows)?], times: None });
        }
        for (day, rows) in by_day(&self.rows.rejects, |row| row.source) {
            batches.push(DayBatch { table: Table::Rejects, day, batches: vec![rejects::batch(&rows)?], times: None });
        }
        Ok(batches)
    }
}

/// Rows by UTC day of their record timestamp; within a day by offset, then as they were found.
fn by_day<T>(rows: &[T], source: impl Fn(&T) -> Source) -> BTreeMap<i64, Vec<&T>> {
    let mut days: BTreeMap<i64, Vec<&T>> = BTreeMap::new();
    for row in rows {
        days.entry(day_of(source(row).timestamp)).or_default().push(row);
    }
    for rows in days.values_mut() {
        rows.sort_by_key(|row| source(row).offset);
    }
    days
}
