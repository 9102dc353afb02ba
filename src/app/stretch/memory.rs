//! History without files: every report of a stretch, by unit.

use std::collections::BTreeMap;

use crate::domain::history::{History, HistoryError, PastReport};
use crate::domain::output::{Disposition, Outcome};
use crate::domain::record::{Body, Record};
use crate::domain::time::Millis;

/// See the module.
#[derive(Debug, Default)]
pub struct Memory {
    units: BTreeMap<String, Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    offset: u64,
    time: Millis,
    report: PastReport,
}

impl Memory {
    /// Keeps what a decided record says of its unit.
    pub fn keep(&mut self, record: &Record, disposition: &Disposition) {
        let timestamp = record.source.timestamp;
        let (unit, time, report) = match (&record.body, &disposition.row) {
            (Body::Fix { unit, .. }, Some(row)) if disposition.outcome != Outcome::Rejected => {
                (unit, row.fix.time, PastReport::Fix { fix: row.fix, quality: row.quality, timestamp })
            }
            // Without a name it is no unit's: `explain` puts such records in the place of others', to keep the clock going.
            (Body::Heartbeat { unit, heartbeat }, _) if !unit.is_empty() => {
                let time = heartbeat.receive_time.unwrap_or(timestamp);
                (unit, time, PastReport::Heartbeat { heartbeat: *heartbeat, timestamp })
            }
            _ => return,
        };
        let kept = Kept { offset: record.source.offset, time, report };
        match self.units.get_mut(unit.as_str()) {
            Some(list) => list.push(kept),
            None => drop(self.units.insert(unit.to_string(), vec![kept])),
        }
    }
}

impl History for Memory {
    fn reports(
        &mut self,
        _partition: u32,
        unit: &str,
        from: Millis,
        to: Millis,
        before: u64,
    ) -> Result<Vec<PastReport>, HistoryError> {
        let all = self.units.get(unit).into_iter().flatten();
        Ok(all.filter(|k| k.offset < before && (from..to).contains(&k.time)).map(|k| k.report).collect())
    }
}
