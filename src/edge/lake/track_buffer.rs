//! Rows of `tracks` that are in no file yet: they wait as they came, and leave sorted by unit, fix time and offset.
//!
//! A row that comes is written down and nothing is looked up for it: with many vehicles every look is at memory that nobody has
//! touched for long. Which rows are those of a unit is found out when somebody asks, or when they leave: then in one go.

use super::column::{BatchBuilder, DayBatch};
use super::error::LakeError;
use super::joined::Joined;
use super::names::{Table, day_of};
use super::tracks::COLUMNS;
use crate::domain::numbers::{Hash, Numbers};
use crate::domain::output::{Quality, TrackRow};
use crate::domain::record::{Alarms, Fix, Id, Source};
use crate::domain::time::Millis;
use arrow::array::RecordBatch;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Rows of a batch: what the thirty columns are made from, one after the other, fits into the second cache.
const BATCH_ROWS: usize = 2_048;

#[derive(Clone, Debug)]
struct Row {
    row: TrackRow,
    offset: u64,
    timestamp: Millis,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct TrackBuffer {
    rows: Vec<Row>,
    /// Of the first so many rows; asked from two threads once they are sealed.
    by_unit: Mutex<ByUnit>,
}

/// The rows of each unit, in the order they came.
#[derive(Debug, Default)]
struct ByUnit {
    units: Vec<Id>,
    numbers: Numbers,
    rows: Vec<Vec<u32>>,
    /// So many rows have been looked at.
    seen: usize,
}

impl ByUnit {
    fn known(&self, unit: &str) -> Option<usize> {
        self.numbers.get(Hash::of(unit), |number| self.units[number as usize] == unit).map(|number| number as usize)
    }

    fn look_at(&mut self, rows: &[Row]) {
        for (index, Row { row, .. }) in rows.iter().enumerate().skip(self.seen) {
            let unit = self.known(&row.unit).unwrap_or_else(|| {
                self.numbers.insert(Hash::of(&row.unit), self.units.len() as u32);
                self.units.push(row.unit.clone());
                self.rows.push(Vec::new());
                self.units.len() - 1
            });
            self.rows[unit].push(index as u32);
        }
        self.seen = rows.len();
    }
}

impl TrackBuffer {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn push(&mut self, source: Source, row: TrackRow) {
        self.rows.push(Row { row, offset: source.offset, timestamp: source.timestamp });
    }

    /// Asks for the rows of the units as they are now.
    fn by_unit<R>(&self, ask: impl FnOnce(&ByUnit) -> R) -> R {
        // Whoever panicked while he held it left rows that have been looked at, or have not.
        let mut by_unit = self.by_unit.lock().unwrap_or_else(PoisonError::into_inner);
        by_unit.look_at(&self.rows);
        ask(&by_unit)
    }

    /// Calls `take` with fix, quality, offset and timestamp of every waiting row of `unit`.
    pub fn each_of(&self, unit: &str, mut take: impl FnMut(Fix, Quality, u64, Millis)) {
        self.by_unit(|by_unit| {
            let Some(unit) = by_unit.known(unit) else { return };
            for index in &by_unit.rows[unit] {
                let Row { row, offset, timestamp } = &self.rows[*index as usize];
                let quality = quality_of(row);
                let fix = Fix { field_dropped: quality.has(Quality::FIELD), ..row.fix };
                take(fix, quality, *offset, *timestamp);
            }
        });
    }

    /// The waiting rows by UTC day of their record timestamp, each day sorted and with its first and last fix time.
    pub fn batches(&self, partition: u32) -> Result<Vec<DayBatch>, LakeError> {
        let mut batches = Vec::new();
        for (day, rows) in self.days() {
            let times = || rows.iter().map(|index| self.rows[*index as usize].row.fix.time);
            let times = times().min().zip(times().max());
            let parts = rows.chunks(BATCH_ROWS).map(|part| self.batch(partition, part)).collect::<Result<_, _>>()?;
            batches.push(DayBatch { table: Table::Tracks, day, batches: parts, times });
        }
        Ok(batches)
    }

    /// The rows of each day, sorted.
    fn days(&self) -> BTreeMap<i64, Vec<u32>> {
        self.by_unit(|by_unit| {
            let mut units: Vec<usize> = (0..by_unit.units.len()).collect();
            units.sort_unstable_by_key(|unit| &by_unit.units[*unit]);
            let mut days: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
            let mut rows: Vec<(Millis, u64, u32, i64)> = Vec::new();
            for unit in units {
                rows.clear();
                rows.extend(by_unit.rows[unit].iter().map(|index| {
                    let row = &self.rows[*index as usize];
                    (row.row.fix.time, row.offset, *index, day_of(row.timestamp))
                }));
                rows.sort_unstable(); // mostly they came in their order: one look
                for days_rows in rows.chunk_by(|a, b| a.3 == b.3) {
                    let indices = days_rows.iter().map(|(_, _, index, _)| *index);
                    days.entry(days_rows[0].3).or_default().extend(indices);
                }
            }
            days
        })
    }

    fn batch(&self, partition: u32, order: &[u32]) -> Result<RecordBatch, LakeError> {
        let rows: Vec<&Row> = order.iter().map(|index| &self.rows[*index as usize]).collect();
        let places = || rows.iter();
        let rows = || rows.iter().map(|place| &place.row);
        let qualities = Joined::of(rows().map(|row| quality_of(row).0), |bits| Quality(bits).names().collect());
        let alarms = Joined::of(rows().map(|row| row.fix.alarms.0), |bits| Alarms(bits).names().collect());
        let mut b = BatchBuilder::new(Table::Tracks.name(), COLUMNS);
        b.texts("unit", rows().map(|row| Some(row.unit.as_str())));
        b.texts("journey", rows().map(|row| row.journey.as_deref()));
        b.numbers("fix_time", rows().map(|row| Some(row.fix.time)));
        b.numbers("receive_time", rows().map(|row| row.fix.receive_time));
        b.numbers("lat", rows().map(|row| Some(row.fix.position.lat_e6.into())));
        b.numbers("lon", rows().map(|row| Some(row.fix.position.lon_e6.into())));
        b.numbers("speed", rows().map(|row| row.fix.speed_cm_s.map(i64::from)));
        b.numbers("course", rows().map(|row| row.fix.course_ddeg.map(i64::from)));
        b.numbers("accuracy", rows().map(|row| row.fix.accuracy_dm.map(i64::from)));
        b.texts("quality", rows().map(|row| Some(qualities.text(quality_of(row).0))));
        b.texts("corridor", rows().map(|row| row.corridor.as_deref()));
        b.numbers("chainage_m", rows().map(|row| row.chainage_dm));
        b.numbers("cross_track_m", rows().map(|row| row.cross_track_dm));
        b.texts("state", rows().map(|row| Some(row.state.name())));
        b.texts("office", rows().map(|row| row.office.as_deref()));
        b.numbers("altitude", rows().map(|row| row.fix.altitude_dm.map(i64::from)));
        b.numbers("hdop", rows().map(|row| row.fix.hdop_centi.map(i64::from)));
        b.numbers("satellites", rows().map(|row| row.fix.satellites.map(i64::from)));
        b.flags("valid", rows().map(|row| Some(row.fix.valid)));
        b.flags("approximate", rows().map(|row| Some(row.fix.approximate)));
        b.flags("archive", rows().map(|row| Some(row.fix.archive)));
        b.numbers("battery", rows().map(|row| row.fix.battery_pct.map(i64::from)));
        b.flags("ignition", rows().map(|row| row.fix.ignition));
        b.flags("motion", rows().map(|row| row.fix.motion));
        b.numbers("odometer", rows().map(|row| row.fix.odometer_dm.map(|value| value.min(i64::MAX as u64) as i64)));
        b.numbers("seq", rows().map(|row| row.fix.seq.map(|value| value as i64)));
        b.texts("alarms", rows().map(|row| (row.fix.alarms.0 != 0).then(|| alarms.text(row.fix.alarms.0))));
        b.numbers("_partition", rows().map(|_| Some(partition.into())));
        b.numbers("_offset", places().map(|place| Some(place.offset as i64)));
        b.numbers("_timestamp", places().map(|place| Some(place.timestamp)));
        b.finish()
    }
}

/// The flags of a row with that of a field that was dropped.
fn quality_of(row: &TrackRow) -> Quality {
    if row.fix.field_dropped { row.quality.with(Quality::FIELD) } else { row.quality }
}
