//! The table `tracks`: one row per readable fix, with everything the fix said, so that the log can be rebuilt from it.
//!
//! Rows wait in a dense form (texts as numbers into one list of names) and leave it sorted by unit, fix time and offset.

use super::column::{self, BatchBuilder, Column, DayBatch, Flags, Kind, Texts, optional, required};
use super::error::LakeError;
use super::joined::Joined;
use super::names::{Table, day_of};
use crate::domain::numbers::{Hash, Numbers};
use crate::domain::output::{MotionState, Quality, TrackRow};
use crate::domain::position::Position;
use crate::domain::record::{Alarms, Fix, Id, Source};
use crate::domain::time::Millis;
use arrow::array::RecordBatch;
use std::collections::BTreeMap;
use std::path::Path;

/// Columns, in the order of FORMATS, section 4.
pub(super) const COLUMNS: &[Column] = &[
    required("unit", Kind::Word),
    optional("journey", Kind::Word),
    required("fix_time", Kind::Time),
    optional("receive_time", Kind::Time),
    required("lat", Kind::Decimal32(9, 6)),
    required("lon", Kind::Decimal32(9, 6)),
    optional("speed", Kind::Decimal64(10, 2)),
    optional("course", Kind::Decimal32(5, 1)),
    optional("accuracy", Kind::Decimal64(10, 1)),
    required("quality", Kind::Word),
    optional("corridor", Kind::Word),
    optional("chainage_m", Kind::Decimal64(18, 1)),
    optional("cross_track_m", Kind::Decimal64(18, 1)),
    required("state", Kind::Word),
    optional("office", Kind::Word),
    optional("altitude", Kind::Decimal64(10, 1)),
    optional("hdop", Kind::Decimal64(10, 2)),
    optional("satellites", Kind::Int),
    required("valid", Kind::Flag),
    required("approximate", Kind::Flag),
    required("archive", Kind::Flag),
    optional("battery", Kind::Int),
    optional("ignition", Kind::Flag),
    optional("motion", Kind::Flag),
    optional("odometer", Kind::Decimal64(18, 1)),
    optional("seq", Kind::Unsigned),
    optional("alarms", Kind::Word),
    required("_partition", Kind::Int),
    required("_offset", Kind::Long),
    required("_timestamp", Kind::Time),
];

/// What rows are sorted by.
pub(super) const SORTED_BY: &[&str] = &["unit", "fix_time", "_offset"];

/// Columns that a past report or an exported fix does not need.
pub(super) const NOT_OF_THE_FIX: &[&str] = &["journey", "corridor", "chainage_m", "cross_track_m", "state", "office"];

/// Rows of a batch: what the thirty columns are made from, one after the other, fits into the second cache.
const BATCH_ROWS: usize = 2_048;

/// Number of a name; [`NO_NAME`] for null.
type NameId = u32;
const NO_NAME: NameId = NameId::MAX;

#[derive(Clone, Copy, Debug)]
struct Row {
    unit: NameId,
    journey: NameId,
    corridor: NameId,
    office: NameId,
    fix: Fix,
    quality: Quality,
    chainage_dm: Option<i64>,
    cross_track_dm: Option<i64>,
    state: MotionState,
    offset: u64,
    timestamp: Millis,
}

/// Rows that are not in a file yet.
#[derive(Debug, Default)]
pub(super) struct TrackBuffer {
    names: Vec<Id>,
    numbers: Numbers,
    rows: Vec<Row>,
    /// Rows of a name (where it is a unit), in the order they came.
    of_unit: Vec<Vec<u32>>,
}

impl TrackBuffer {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    fn known(&self, name: &str) -> Option<NameId> {
        self.numbers.get(Hash::of(name), |id| self.names[id as usize] == name)
    }

    fn name(&mut self, name: &str) -> NameId {
        if let Some(id) = self.known(name) {
            return id;
        }
        let id = self.names.len() as NameId;
        self.names.push(Id::new(name));
        self.numbers.insert(Hash::of(name), id);
        self.of_unit.push(Vec::new());
        id
    }

    /// The number of a name that is mostly that of the unit's row before: comparing is cheaper than looking up.
    fn optional_name(&mut self, name: Option<&str>, before: NameId) -> NameId {
        match name {
            None => NO_NAME,
            Some(name) if self.names.get(before as usize).is_some_and(|known| known == name) => before,
            Some(name) => self.name(name),
        }
    }

    pub fn push(&mut self, source: Source, row: &TrackRow) {
        let unit = self.name(&row.unit);
        let before = self.of_unit[unit as usize].last().map(|index| &self.rows[*index as usize]);
        let (journey, corridor, office) =
            before.map_or((NO_NAME, NO_NAME, NO_NAME), |row| (row.journey, row.corridor, row.office));
        self.of_unit[unit as usize].push(self.rows.len() as u32);
        let quality = if row.fix.field_dropped { row.quality.with(Quality::FIELD) } else { row.quality };
        let row = Row {
            unit,
            journey: self.optional_name(row.journey.as_deref(), journey),
            corridor: self.optional_name(row.corridor.as_deref(), corridor),
            office: self.optional_name(row.office.as_deref(), office),
            fix: row.fix,
            quality,
            chainage_dm: row.chainage_dm,
            cross_track_dm: row.cross_track_dm,
            state: row.state,
            offset: source.offset,
            timestamp: source.timestamp,
        };
        self.rows.push(row);
    }

    /// Calls `take` with fix, quality, offset and timestamp of every waiting row of `unit`.
    pub fn each_of(&self, unit: &str, mut take: impl FnMut(Fix, Quality, u64, Millis)) {
        let Some(id) = self.known(unit) else { return };
        for row in &self.of_unit[id as usize] {
            let row = &self.rows[*row as usize];
            let fix = Fix { field_dropped: row.quality.has(Quality::FIELD), ..row.fix };
            take(fix, row.quality, row.offset, row.timestamp);
        }
    }

    /// The waiting rows by UTC day of their record timestamp, each day sorted and with its first and last fix time.
    pub fn batches(&self, partition: u32) -> Result<Vec<DayBatch>, LakeError> {
        let mut units: Vec<NameId> = (0..self.names.len() as NameId).collect();
        units.retain(|id| !self.of_unit[*id as usize].is_empty());
        units.sort_unstable_by_key(|id| &self.names[*id as usize]);
        let mut days: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
        let mut rows: Vec<(Millis, u64, u32)> = Vec::new();
        for unit in units {
            rows.clear();
            rows.extend(self.of_unit[unit as usize].iter().map(|index| {
                let row = &self.rows[*index as usize];
                (row.fix.time, row.offset, *index)
            }));
            rows.sort_unstable(); // mostly they came in their order: one look
            for (_, _, index) in &rows {
                days.entry(day_of(self.rows[*index as usize].timestamp)).or_default().push(*index);
            }
        }
        let mut batches = Vec::with_capacity(days.len());
        for (day, rows) in days {
            let times = || rows.iter().map(|index| self.rows[*index as usize].fix.time);
            let times = times().min().zip(times().max());
            let parts = rows.chunks(BATCH_ROWS).map(|part| self.batch(partition, part)).collect::<Result<_, _>>()?;
            batches.push(DayBatch { table: Table::Tracks, day, batches: parts, times });
        }
        Ok(batches)
    }

    fn batch(&self, partition: u32, order: &[u32]) -> Result<RecordBatch, LakeError> {
        let rows: Vec<Row> = order.iter().map(|index| self.rows[*index as usize]).collect();
        let rows = || rows.iter();
        let name = |id: NameId| self.names.get(id as usize).map(Id::as_str);
        let qualities = Joined::of(rows().map(|row| row.quality.0), |bits| Quality(bits).names().collect());
        let alarms = Joined::of(rows().map(|row| row.fix.alarms.0), |bits| Alarms(bits).names().collect());
        let mut b = BatchBuilder::new(Table::Tracks.name(), COLUMNS);
        b.texts("unit", rows().map(|row| name(row.unit)));
        b.texts("journey", rows().map(|row| name(row.journey)));
        b.numbers("fix_time", rows().map(|row| Some(row.fix.time)));
        b.numbers("receive_time", rows().map(|row| row.fix.receive_time));
        b.numbers("lat", rows().map(|row| Some(row.fix.position.lat_e6.into())));
        b.numbers("lon", rows().map(|row| Some(row.fix.position.lon_e6.into())));
        b.numbers("speed", rows().map(|row| row.fix.speed_cm_s.map(i64::from)));
        b.numbers("course", rows().map(|row| row.fix.course_ddeg.map(i64::from)));
        b.numbers("accuracy", rows().map(|row| row.fix.accuracy_dm.map(i64::from)));
        b.texts("quality", rows().map(|row| Some(qualities.text(row.quality.0))));
        b.texts("corridor", rows().map(|row| name(row.corridor)));
        b.numbers("chainage_m", rows().map(|row| row.chainage_dm));
        b.numbers("cross_track_m", rows().map(|row| row.cross_track_dm));
        b.texts("state", rows().map(|row| Some(row.state.name())));
        b.texts("office", rows().map(|row| name(row.office)));
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
        b.numbers("_offset", rows().map(|row| Some(row.offset as i64)));
        b.numbers("_timestamp", rows().map(|row| Some(row.timestamp)));
        b.finish()
    }
}

/// Rows of a batch that was read; columns that were not asked for are null.
pub(super) struct TrackBatch<'p> {
    path: &'p Path,
    len: usize,
    unit: Texts,
    journey: Texts,
    quality: Texts,
    corridor: Texts,
    state: Texts,
    office: Texts,
    alarms: Texts,
    fix_time: column::Numbers,
    receive_time: column::Numbers,
    lat: column::Numbers,
    lon: column::Numbers,
    speed: column::Numbers,
    course: column::Numbers,
    accuracy: column::Numbers,
    chainage: column::Numbers,
    cross_track: column::Numbers,
    altitude: column::Numbers,
    hdop: column::Numbers,
    satellites: column::Numbers,
    battery: column::Numbers,
    odometer: column::Numbers,
    seq: column::Numbers,
    partition: column::Numbers,
    offset: column::Numbers,
    timestamp: column::Numbers,
    valid: Flags,
    approximate: Flags,
    archive: Flags,
    ignition: Flags,
    motion: Flags,
}

impl<'p> TrackBatch<'p> {
    pub fn of(batch: &RecordBatch, path: &'p Path) -> TrackBatch<'p> {
        let texts = |name| Texts::of(batch, name);
        let numbers = |name| column::Numbers::of(batch, name);
        let flags = |name| Flags::of(batch, name);
        TrackBatch {
            path,
            len: batch.num_rows(),
            unit: texts("unit"),
            journey: texts("journey"),
            quality: texts("quality"),
            corridor: texts("corridor"),
            state: texts("state"),
            office: texts("office"),
            alarms: texts("alarms"),
            fix_time: numbers("fix_time"),
            receive_time: numbers("receive_time"),
            lat: numbers("lat"),
            lon: numbers("lon"),
            speed: numbers("speed"),
            course: numbers("course"),
            accuracy: numbers("accuracy"),
            chainage: numbers("chainage_m"),
            cross_track: numbers("cross_track_m"),
            altitude: numbers("altitude"),
            hdop: numbers("hdop"),
            satellites: numbers("satellites"),
            battery: numbers("battery"),
            odometer: numbers("odometer"),
            seq: numbers("seq"),
            partition: numbers("_partition"),
            offset: numbers("_offset"),
            timestamp: numbers("_timestamp"),
            valid: flags("valid"),
            approximate: flags("approximate"),
            archive: flags("archive"),
            ignition: flags("ignition"),
            motion: flags("motion"),
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// Event time of a row.
    pub fn fix_time(&self, row: usize) -> Result<Millis, LakeError> {
        self.must(self.fix_time.get(row), "fix_time")
    }

    /// Offset and record timestamp of a row.
    pub fn place(&self, row: usize) -> Result<(u64, Millis), LakeError> {
        let offset = self.must(self.narrow(self.offset.get(row), "_offset")?, "_offset")?;
        Ok((offset, self.must(self.timestamp.get(row), "_timestamp")?))
    }

    /// Where a row came from.
    pub fn source(&self, row: usize) -> Result<Source, LakeError> {
        let partition = self.must(self.narrow(self.partition.get(row), "_partition")?, "_partition")?;
        let (offset, timestamp) = self.place(row)?;
        Ok(Source { partition, offset, timestamp })
    }

    /// The unit of a row.
    pub fn unit(&self, row: usize) -> Result<&str, LakeError> {
        self.must(self.unit.get(row), "unit")
    }

    /// The quality flags of a row.
    pub fn quality(&self, row: usize) -> Result<Quality, LakeError> {
        self.must(Quality::parse(self.must(self.quality.get(row), "quality")?), "quality")
    }

    /// The fix of a row, exactly as it was written.
    pub fn fix(&self, row: usize) -> Result<Fix, LakeError> {
        let position = Position {
            lat_e6: self.must(self.narrow(self.lat.get(row), "lat")?, "lat")?,
            lon_e6: self.must(self.narrow(self.lon.get(row), "lon")?, "lon")?,
        };
        Ok(Fix {
            time: self.fix_time(row)?,
            receive_time: self.receive_time.get(row),
            position,
            speed_cm_s: self.narrow(self.speed.get(row), "speed")?,
            course_ddeg: self.narrow(self.course.get(row), "course")?,
            altitude_dm: self.narrow(self.altitude.get(row), "altitude")?,
            accuracy_dm: self.narrow(self.accuracy.get(row), "accuracy")?,
            hdop_centi: self.narrow(self.hdop.get(row), "hdop")?,
            satellites: self.narrow(self.satellites.get(row), "satellites")?,
            valid: self.must(self.valid.get(row), "valid")?,
            approximate: self.must(self.approximate.get(row), "approximate")?,
            archive: self.must(self.archive.get(row), "archive")?,
            battery_pct: self.narrow(self.battery.get(row), "battery")?,
            ignition: self.ignition.get(row),
            motion: self.motion.get(row),
            odometer_dm: self.narrow(self.odometer.get(row), "odometer")?,
            seq: self.seq.get(row).map(|bits| bits as u64),
            alarms: self.must(alarms_of(self.alarms.get(row).unwrap_or_default()), "alarms")?,
            field_dropped: self.quality(row)?.has(Quality::FIELD),
        })
    }

    /// The whole row.
    pub fn row(&self, row: usize) -> Result<TrackRow, LakeError> {
        Ok(TrackRow {
            unit: self.unit(row)?.into(),
            fix: self.fix(row)?,
            journey: self.journey.get(row).map(Id::from),
            quality: self.quality(row)?,
            corridor: self.corridor.get(row).map(Id::from),
            chainage_dm: self.chainage.get(row),
            cross_track_dm: self.cross_track.get(row),
            state: self.must(self.state.get(row).and_then(MotionState::from_name), "state")?,
            office: self.office.get(row).map(Id::from),
        })
    }

    fn must<T>(&self, value: Option<T>, column: &str) -> Result<T, LakeError> {
        value.ok_or_else(|| LakeError::corrupt(self.path, format!("column {column} holds no value that can be")))
    }

    fn narrow<T: TryFrom<i64>>(&self, value: Option<i64>, column: &str) -> Result<Option<T>, LakeError> {
        value.map(|value| self.must(T::try_from(value).ok(), column)).transpose()
    }
}

fn alarms_of(text: &str) -> Option<Alarms> {
    text.split(',')
        .filter(|name| !name.is_empty())
        .try_fold(Alarms(0), |set, name| Alarms::bit(name).map(|bit| Alarms(set.0 | bit.0)))
}
