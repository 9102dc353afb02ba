//! The table `tracks`: one row per readable fix, with everything the fix said, so that the log can be rebuilt from it.

use super::column::{self, Column, Flags, Kind, Texts, optional, required};
use super::error::LakeError;
use crate::domain::output::{MotionState, Quality, TrackRow};
use crate::domain::position::Position;
use crate::domain::record::{Alarms, Fix, Id, Source};
use crate::domain::time::Millis;
use arrow::array::RecordBatch;
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
