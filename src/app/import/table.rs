//! CSV and its relatives.

use super::clock::Clock;
use super::columns::{Column, Layout};
use super::draft::Draft;
use super::harvest::Harvest;
use super::{ImportArgs, SpeedUnit, log_failure, traccar, unreadable};
use crate::app::failure::Failure;
use crate::domain::record::Alarms;
use crate::edge::log;
use csv::ByteRecord;
use std::borrow::Cow;
use std::path::Path;

/// Reads a table; `speed_unit` is that of the speed column where its header does not say it.
pub(super) fn read(
    file: &Path,
    args: &ImportArgs,
    speed_unit: Option<SpeedUnit>,
    clock: &Clock,
    harvest: &mut Harvest,
) -> Result<(), Failure> {
    let mut bytes = log::open(file).map_err(log_failure)?;
    let head = bytes.fill_buf().map_err(|e| unreadable(file, e))?;
    let delimiter = delimiter(head);
    let mut table =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let header: Vec<String> = table
        .byte_headers()
        .map_err(|e| unreadable(file, e))?
        .iter()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    let layout = Layout::find(&header, &args.map, args.unit_column.as_deref())
        .map_err(|e| Failure::usage(format!("{}: {e}", file.display())))?;
    // What was asked for wins over the header, the header over what the format usually has.
    let speed_unit = args.speed_unit.or(layout.speed_unit).or(speed_unit).unwrap_or(SpeedUnit::Ms);
    let rows = Rows { layout, clock, factor: speed_unit.metres_per_second() };
    let fallback = args.unit.clone().or_else(|| stem(file));
    let mut record = ByteRecord::new();
    while table.read_byte_record(&mut record).map_err(|e| unreadable(file, e))? {
        let row = record.position().map_or(0, csv::Position::line);
        let named = if args.unit.is_some() { None } else { rows.text(&record, Column::Unit) };
        let unit = match (named, rows.layout.place(Column::Unit), &fallback) {
            (Some(name), _, _) => harvest.unit_id(&name),
            (None, None, Some(name)) => harvest.unit_id(name),
            (None, Some(_), Some(name)) if args.unit.is_some() => harvest.unit_id(name),
            _ => None,
        };
        let Some(unit) = unit else {
            harvest.refuse(row, "without a unit", "it names no unit");
            continue;
        };
        match rows.draft(&record) {
            Err((kind, reason)) => harvest.refuse(row, kind, reason),
            Ok(draft) => match draft.into_fix(unit) {
                Ok(body) => harvest.take(body),
                Err(reason) => harvest.refuse(row, "out of range", reason),
            },
        }
    }
    Ok(())
}

/// The name of a file without its endings: the unit of a file that names none.
pub(super) fn stem(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    name.split('.').next().filter(|stem| !stem.is_empty() && *stem != "-").map(str::to_owned)
}

/// The delimiter that the first line has most of.
fn delimiter(head: &[u8]) -> u8 {
    let line = head.split(|b| *b == b'\n').next().unwrap_or(head);
    let count = |delimiter: u8| line.iter().filter(|b| **b == delimiter).count();
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|d| count(*d)).unwrap_or(b',')
}

struct Rows<'c> {
    layout: Layout,
    clock: &'c Clock,
    /// To m/s.
    factor: f64,
}

impl Rows<'_> {
    /// A field that is there and not empty.
    fn text<'r>(&self, record: &'r ByteRecord, column: Column) -> Option<Cow<'r, str>> {
        let field = record.get(self.layout.place(column)?)?;
        let empty = field.is_empty() || field.eq_ignore_ascii_case(b"null");
        (!empty).then(|| String::from_utf8_lossy(field))
    }

    fn draft(&self, record: &ByteRecord) -> Result<Draft, (&'static str, String)> {
        let coordinate = |column, name: &str| {
            let text = self.text(record, column).ok_or_else(|| ("without a position", format!("{name} is empty")))?;
            number(&text).ok_or_else(|| ("with a bad number", format!("{name} {text:?} is no number")))
        };
        let (lat, lon) = (coordinate(Column::Lat, "latitude")?, coordinate(Column::Lon, "longitude")?);
        let time = self.text(record, Column::FixTime).ok_or_else(|| ("without a time", "time is empty".to_owned()))?;
        let time = match self.text(record, Column::Date) {
            Some(date) => Cow::Owned(format!("{date} {time}")),
            None => time,
        };
        let time = self.clock.read(&time).ok_or_else(|| {
            ("with a bad time", format!("time {time:?} is not understood; say how it is written with --time-format"))
        })?;
        let mut draft = Draft { time, lat, lon, ..Draft::default() };
        let mut dropped = false;
        let mut optional = |column| {
            let text = self.text(record, column)?;
            let value = number(&text);
            dropped |= value.is_none();
            value
        };
        draft.speed = optional(Column::Speed).map(|v| v * self.factor);
        draft.course = optional(Column::Course);
        draft.altitude = optional(Column::Altitude);
        draft.accuracy = optional(Column::Accuracy);
        draft.hdop = optional(Column::Hdop);
        draft.satellites = optional(Column::Satellites);
        draft.battery = optional(Column::Battery);
        draft.odometer = optional(Column::Odometer);
        let mut flag = |column| {
            let text = self.text(record, column)?;
            let value = truth(&text);
            dropped |= value.is_none();
            value
        };
        draft.invalid = flag(Column::Valid) == Some(false);
        draft.ignition = flag(Column::Ignition);
        draft.motion = flag(Column::Motion);
        if let Some(text) = self.text(record, Column::Seq) {
            draft.seq = text.parse().ok();
            dropped |= draft.seq.is_none();
        }
        if let Some(text) = self.text(record, Column::ReceiveTime) {
            draft.receive_time = self.clock.read(&text);
            dropped |= draft.receive_time.is_none();
        }
        if let Some(text) = self.text(record, Column::Alarms) {
            for name in text.split([',', ';', ' ', '|']).filter(|n| !n.is_empty()) {
                let alarm = Alarms::bit(name).or(traccar::alarm(name));
                draft.alarms.0 |= alarm.map_or(0, |a| a.0);
            }
        }
        draft.dropped = dropped;
        Ok(draft)
    }
}

/// A number with a point or a comma; not a NaN.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let value: f64 = match text.parse() {
        Ok(value) => value,
        Err(_) if text.matches(',').count() == 1 && !text.contains('.') => text.replace(',', ".").parse().ok()?,
        Err(_) => return None,
    };
    value.is_finite().then_some(value)
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" | "evet" | "a" | "açık" => Some(true),
        "0" | "false" | "no" | "off" | "hayır" | "v" | "kapalı" => Some(false),
        _ => None,
    }
}
