//! The history port over a lake: published files, staged files, and the rows still in memory.

use super::error::LakeError;
use super::names::Table;
use super::records::RecordBatchView;
use super::tracks::{NOT_OF_THE_FIX, TrackBatch};
use super::writer::LakeWriter;
use crate::domain::history::{History, HistoryError, PastReport};
use crate::domain::record::Heartbeat;
use crate::domain::time::Millis;
use std::error::Error;

/// Reads a heartbeat from its JSON; `None` where it is none. The wire format that can do this is a sibling.
pub type HeartbeatDecode = fn(&[u8]) -> Option<Heartbeat>;

/// What the log has said of the units of one partition.
#[derive(Debug)]
pub struct LakeHistory<'w> {
    writer: &'w mut LakeWriter,
    heartbeat: HeartbeatDecode,
}

impl<'w> LakeHistory<'w> {
    pub(super) fn new(writer: &'w mut LakeWriter, heartbeat: HeartbeatDecode) -> LakeHistory<'w> {
        LakeHistory { writer, heartbeat }
    }

    fn fixes(&mut self, unit: &str, from: Millis, to: Millis, before: u64) -> Result<Vec<PastReport>, LakeError> {
        let mut found = Vec::new();
        let wanted = |column: &str| column != "unit" && column != "_partition" && !NOT_OF_THE_FIX.contains(&column);
        self.writer.published.each(Table::Tracks, unit, (from, to), before, |index, rows| {
            index.file.each_batch(wanted, Some(rows), |batch| {
                let batch = TrackBatch::of(batch, &index.file.path);
                for row in 0..batch.len() {
                    let (offset, timestamp) = batch.place(row)?;
                    if offset < before && (from..to).contains(&batch.fix_time(row)?) {
                        found.push(PastReport::Fix { fix: batch.fix(row)?, quality: batch.quality(row)?, timestamp });
                    }
                }
                Ok(())
            })
        })?;
        for rows in self.writer.waiting() {
            rows.tracks.each_of(unit, |fix, quality, offset, timestamp| {
                if offset < before && (from..to).contains(&fix.time) {
                    found.push(PastReport::Fix { fix, quality, timestamp });
                }
            });
        }
        Ok(found)
    }

    fn heartbeats(&mut self, unit: &str, from: Millis, to: Millis, before: u64) -> Result<Vec<PastReport>, LakeError> {
        let mut found = Vec::new();
        let decode = self.heartbeat;
        let mut take = |json: &str, offset: u64, timestamp: Millis| -> Option<()> {
            let heartbeat = decode(json.as_bytes())?;
            if offset < before && (from..to).contains(&heartbeat.receive_time.unwrap_or(timestamp)) {
                found.push(PastReport::Heartbeat { heartbeat, timestamp });
            }
            Some(())
        };
        self.writer.published.each(Table::Records, unit, (from, to), before, |index, rows| {
            index.file.each_batch(
                |_| true,
                Some(rows),
                |batch| {
                    let batch = RecordBatchView::of(batch, &index.file.path);
                    for row in 0..batch.len() {
                        let record = batch.row(row)?;
                        take(&record.json, record.source.offset, record.source.timestamp).ok_or_else(|| {
                            LakeError::corrupt(&index.file.path, "a heartbeat that cannot be read again")
                        })?;
                    }
                    Ok(())
                },
            )
        })?;
        let memory = std::path::Path::new("rows in memory");
        for record in self.writer.waiting().flat_map(|rows| rows.records.heartbeats_of(unit)) {
            take(&record.json, record.source.offset, record.source.timestamp)
                .ok_or_else(|| LakeError::corrupt(memory, "a heartbeat that cannot be read again"))?;
        }
        Ok(found)
    }
}

impl History for LakeHistory<'_> {
    fn reports(
        &mut self,
        partition: u32,
        unit: &str,
        from: Millis,
        to: Millis,
        before: u64,
    ) -> Result<Vec<PastReport>, HistoryError> {
        let failed = |message: String| HistoryError { unit: unit.to_owned(), message };
        if partition != self.writer.partition() {
            let own = self.writer.partition();
            return Err(failed(format!("partition {partition} asked of the lake of partition {own}")));
        }
        let fixes = self.fixes(unit, from, to, before);
        let both = fixes.and_then(|mut reports| {
            reports.append(&mut self.heartbeats(unit, from, to, before)?);
            Ok(reports)
        });
        both.map_err(|error| failed(with_causes(&error)))
    }
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
