//! Times of other people's files: epochs, RFC 3339, and local times of a zone.

use crate::domain::time::Millis;
use crate::edge::wire::instant;
use chrono::{DateTime, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

/// Local times that are understood without being told; what is ambiguous (`03/04/2026`) is not among them.
const PATTERNS: [&str; 9] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S%.f",
    "%d.%m.%Y %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M",
    "%d.%m.%Y %H:%M",
    "%Y%m%dT%H%M%S",
];

/// From here on a whole number is milliseconds: as seconds it would be the year 5138, as milliseconds it is 1973.
const MILLIS_FROM: f64 = 1e11;

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Auto,
    EpochSeconds,
    EpochMillis,
    Pattern(String),
}

/// Reads times of one shape in one zone.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    shape: Shape,
    zone: Tz,
}

impl Clock {
    /// `format` is `auto`, `epoch_s`, `epoch_ms` or a pattern; `zone` is a name of the IANA list.
    pub(super) fn new(format: &str, zone: &str) -> Result<Clock, String> {
        let shape = match format {
            "auto" => Shape::Auto,
            "epoch_s" => Shape::EpochSeconds,
            "epoch_ms" => Shape::EpochMillis,
            pattern if pattern.contains('%') => Shape::Pattern(pattern.to_owned()),
            other => {
                return Err(format!("--time-format {other:?} is not auto, epoch_s, epoch_ms or a pattern with %"));
            }
        };
        if let Shape::Pattern(pattern) = &shape {
            let faulty = chrono::format::StrftimeItems::new(pattern).any(|i| i == chrono::format::Item::Error);
            if faulty {
                return Err(format!("--time-format {pattern:?} is no pattern; it takes the letters of strftime"));
            }
        }
        let zone =
            zone.parse().map_err(|_| format!("--time-zone {zone:?} is not known; use one like Europe/Istanbul"))?;
        Ok(Clock { shape, zone })
    }

    /// The instant; `None` where the text is no time of that shape, or a local time that the zone skips.
    pub(super) fn read(&self, text: &str) -> Option<Millis> {
        let text = text.trim();
        match &self.shape {
            Shape::EpochSeconds => epoch(text, false),
            Shape::EpochMillis => epoch(text, true),
            Shape::Pattern(pattern) if names_offset(pattern) => {
                DateTime::parse_from_str(text, pattern).ok().map(|t| t.timestamp_millis())
            }
            Shape::Pattern(pattern) => self.local(NaiveDateTime::parse_from_str(text, pattern).ok()?),
            Shape::Auto => self.guess(text),
        }
    }

    fn guess(&self, text: &str) -> Option<Millis> {
        if let Ok(number) = text.parse::<f64>() {
            return epoch(text, number.abs() >= MILLIS_FROM);
        }
        if let Some(time) = instant::parse(text) {
            return Some(time);
        }
        if let Some(time) = text.strip_suffix("UTC").or(text.strip_suffix("GMT")).or(text.strip_suffix('Z')) {
            return naive(time.trim_end()).map(|t| t.and_utc().timestamp_millis());
        }
        if let Some(naive) = naive(text) {
            return self.local(naive);
        }
        ["%Y-%m-%d %H:%M:%S%.f %#z", "%Y-%m-%dT%H:%M:%S%.f%#z"]
            .iter()
            .find_map(|pattern| DateTime::parse_from_str(text, pattern).ok())
            .map(|t| t.timestamp_millis())
    }

    /// When the clocks go back, the earlier of the two.
    fn local(&self, naive: NaiveDateTime) -> Option<Millis> {
        self.zone.from_local_datetime(&naive).earliest().map(|t| t.timestamp_millis())
    }
}

fn naive(text: &str) -> Option<NaiveDateTime> {
    PATTERNS.iter().find_map(|pattern| NaiveDateTime::parse_from_str(text, pattern).ok())
}

fn names_offset(pattern: &str) -> bool {
    ["%z", "%:z", "%#z", "%+", "%s"].iter().any(|p| pattern.contains(p))
}

/// An epoch, what is finer than a millisecond cut off; whole numbers without a detour over doubles.
fn epoch(text: &str, millis: bool) -> Option<Millis> {
    let scale = if millis { 1 } else { 1_000 };
    if let Ok(whole) = text.parse::<i64>() {
        return whole.checked_mul(scale);
    }
    if let (false, Some((whole, fraction))) = (millis, text.split_once('.')) {
        let digits = fraction.bytes().all(|b| b.is_ascii_digit());
        if let (true, Ok(whole), Ok(thousandths)) =
            (digits && !whole.starts_with('-'), whole.parse::<i64>(), format!("{fraction:0<3.3}").parse::<i64>())
        {
            return whole.checked_mul(scale)?.checked_add(thousandths);
        }
    }
    let value = text.parse::<f64>().ok()? * scale as f64;
    value.is_finite().then_some(value.floor() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_many_shapes() {
        const T: Millis = 1_777_622_400_000;
        for (format, zone, text, expected) in [
            ("auto", "UTC", "1777622400", Some(T)),
            ("auto", "UTC", "1777622400.1239", Some(T + 123)),
            ("auto", "UTC", "1777622400123", Some(T + 123)),
            ("auto", "UTC", "1.7776224e9", Some(T)),
            ("auto", "UTC", "2026-05-01T08:00:00.000Z", Some(T)),
            ("auto", "UTC", " 2026-05-01 08:00:00 ", Some(T)),
            ("auto", "UTC", "2026-05-01 08:00:00 UTC", Some(T)),
            ("auto", "Europe/Istanbul", "2026-05-01 08:00Z", Some(T)),
            ("auto", "Europe/Istanbul", "2026-05-01 11:00:00.0", Some(T)),
            ("auto", "Europe/Istanbul", "01.05.2026 11:00", Some(T)),
            ("auto", "Europe/Istanbul", "2026-05-01 11:00:00 +0300", Some(T)),
            ("auto", "Europe/Istanbul", "2026-05-01T11:00:00.5+03", Some(T + 500)),
            ("auto", "Europe/Berlin", "2026-03-29 02:30:00", None),
            ("auto", "Europe/Berlin", "2026-10-25 02:30:00", Some(1_792_888_200_000)),
            ("auto", "UTC", "03/04/2026 08:00:00", None),
            ("auto", "UTC", "NaN", None),
            ("auto", "UTC", "", None),
            ("epoch_s", "UTC", "99999999999", Some(99_999_999_999_000)),
            ("epoch_ms", "UTC", "1777622400000.9", Some(T)),
            ("%d/%m/%Y %H:%M:%S", "Europe/Istanbul", "01/05/2026 11:00:00", Some(T)),
            ("%d/%m/%Y %H:%M:%S %z", "UTC", "01/05/2026 11:00:00 +0300", Some(T)),
        ] {
            assert_eq!(Clock::new(format, zone).unwrap().read(text), expected, "{format} {zone} {text:?}");
        }
        for (format, zone) in [("fast", "UTC"), ("auto", "Mars/Olympus"), ("%Q", "UTC")] {
            assert!(Clock::new(format, zone).is_err(), "{format} {zone}");
        }
    }
}
