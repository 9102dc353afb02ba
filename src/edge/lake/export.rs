//! A lake back to its log: the order is (log clock of the partition, partition, offset).
//!
//! A group of files whose spans overlap is read and sorted at a time, one group a partition: memory is bounded by the size
//! of a span times the number of partitions.

use super::error::LakeError;
use super::manifest::{Live, LiveFile};
use super::names::Table;
use super::parquet_file::{OpenFile, check_span, read_records};
use super::place::Lake;
use super::tracks::{NOT_OF_THE_FIX, TrackBatch};
use crate::domain::output::Quality;
use crate::domain::record::{Fix, Source};
use crate::domain::time::{Millis, WEEK_ROLLOVER};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::path::{Path, PathBuf};

/// One record of the rebuilt log.
#[derive(Clone, Debug, PartialEq)]
pub enum LogItem {
    /// A fix, its time as the unit said it (a repaired one is put back by 1024 weeks).
    Fix {
        /// Its place in the log.
        source: Source,
        /// Unit id.
        unit: String,
        /// The fix.
        fix: Fix,
    },
    /// Any other record, verbatim.
    Record {
        /// Its place in the log.
        source: Source,
        /// JSON on one line.
        json: String,
    },
}

impl LogItem {
    /// Its place in the log.
    pub fn source(&self) -> Source {
        match self {
            LogItem::Fix { source, .. } | LogItem::Record { source, .. } => *source,
        }
    }
}

/// Every record of a lake, in the order of an exported log. Ends after the first error.
#[derive(Debug)]
pub struct Export {
    streams: Vec<Stream>,
    heads: BinaryHeap<Reverse<(Millis, usize)>>, // (log clock of the next item, stream)
    failed: bool,
}

impl Export {
    /// Opens the lake `dir`.
    ///
    /// # Errors
    /// Where a manifest or the first files cannot be read.
    pub fn open(dir: &Path) -> Result<Export, LakeError> {
        let mut partitions: BTreeMap<u32, Vec<LiveFile>> = BTreeMap::new();
        for file in Live::load(dir)?.files {
            if matches!(file.table, Table::Tracks | Table::Records) {
                partitions.entry(file.span.partition).or_default().push(file);
            }
        }
        let mut export = Export { streams: Vec::new(), heads: BinaryHeap::new(), failed: false };
        for files in partitions.into_values() {
            export.streams.push(Stream::new(dir, files));
            export.arm(export.streams.len() - 1)?;
        }
        Ok(export)
    }

    /// Puts the next item of a stream into the race.
    fn arm(&mut self, stream: usize) -> Result<(), LakeError> {
        if let Some(clock) = self.streams[stream].next_clock()? {
            self.heads.push(Reverse((clock, stream)));
        }
        Ok(())
    }
}

impl Iterator for Export {
    type Item = Result<LogItem, LakeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let Reverse((_, stream)) = self.heads.pop()?;
        let item = self.streams[stream].waiting.pop_front()?;
        if let Err(error) = self.arm(stream) {
            self.failed = true;
            // The item before the fault is lost with it: the log is not whole anyway.
            return Some(Err(error));
        }
        Some(Ok(item))
    }
}

#[derive(Debug)]
struct Stream {
    dir: PathBuf,
    groups: VecDeque<Vec<LiveFile>>,
    waiting: VecDeque<LogItem>,
    clock: Millis,
}

impl Stream {
    fn new(dir: &Path, mut files: Vec<LiveFile>) -> Stream {
        files.sort_by_key(|file| file.span);
        let mut groups: VecDeque<Vec<LiveFile>> = VecDeque::new();
        let mut next = 0;
        for file in files {
            match groups.back_mut() {
                Some(group) if file.span.start < next => {
                    next = next.max(file.span.next);
                    group.push(file);
                }
                _ => {
                    next = file.span.next;
                    groups.push_back(vec![file]);
                }
            }
        }
        Stream { dir: dir.to_path_buf(), groups, waiting: VecDeque::new(), clock: Millis::MIN }
    }

    /// The log clock after the next item; `None` at the end.
    fn next_clock(&mut self) -> Result<Option<Millis>, LakeError> {
        while self.waiting.is_empty() {
            let Some(group) = self.groups.pop_front() else { return Ok(None) };
            self.waiting = read_group(&self.dir, &group)?;
        }
        let Some(item) = self.waiting.front() else { return Ok(None) };
        self.clock = self.clock.max(item.source().timestamp);
        Ok(Some(self.clock))
    }
}

fn read_group(dir: &Path, group: &[LiveFile]) -> Result<VecDeque<LogItem>, LakeError> {
    let mut items = Vec::new();
    for file in group {
        if file.table == Table::Tracks {
            read_fixes(dir, file, &mut items)?;
        } else {
            let records = read_records(dir, file)?.into_iter();
            items.extend(records.map(|row| LogItem::Record { source: row.source, json: row.json }));
        }
    }
    items.sort_by_key(|item| item.source().offset);
    let twice = items.windows(2).find(|pair| pair[0].source().offset == pair[1].source().offset);
    if let (Some(pair), Some(file)) = (twice, group.first()) {
        let message = format!("offset {} of its partition is in the lake twice", pair[0].source().offset);
        return Err(LakeError::corrupt(&file.path_in(dir), message));
    }
    Ok(items.into())
}

fn read_fixes(dir: &Path, file: &LiveFile, items: &mut Vec<LogItem>) -> Result<(), LakeError> {
    let open = OpenFile::open(&Lake::local(dir), Table::Tracks, file.path_in(dir))?;
    let wanted = |column: &str| !NOT_OF_THE_FIX.contains(&column);
    open.each_batch(wanted, None, |batch| {
        let rows = TrackBatch::of(batch, &open.path);
        for row in 0..rows.len() {
            let source = rows.source(row)?;
            check_span(&open.path, file.span, std::iter::once(&source))?;
            let mut fix = rows.fix(row)?;
            if rows.quality(row)?.has(Quality::WEEK_ROLLOVER) {
                fix.time -= WEEK_ROLLOVER;
            }
            let unit = rows.unit(row)?.to_owned();
            items.push(LogItem::Fix { source, unit, fix });
        }
        Ok(())
    })
}
