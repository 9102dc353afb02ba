//! Reads a schedule: weekday names, windows `HH:MM-HH:MM`, dates `YYYY-MM-DD`.

use chrono_tz::Tz;

use crate::domain::rulebook::{Fault, Place, Schedule, ScheduleSource};
use crate::domain::time::{civil_from_days, days_from_civil};

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The schedule of a zone; what cannot be read is a fault and left out.
pub fn schedule(source: &ScheduleSource, time_zone: Tz, place: &Place, found: &mut Vec<Fault>) -> Schedule {
    let mut fault = |message: String| found.push(Fault::new("schedule", place.clone(), message));
    let mut weekly: [Vec<(u16, u16)>; 7] = Default::default();
    for (name, windows) in &source.weekly {
        let Some(day) = WEEKDAYS.iter().position(|known| known == name) else {
            fault(format!("the schedule names the weekday \"{name}\"; it must be one of {}", WEEKDAYS.join(", ")));
            continue;
        };
        for text in windows {
            match window(text) {
                Some((from, to)) if from < to => weekly[day].push((from, to)),
                Some(_) => fault(format!(
                    "the window \"{text}\" of {name} ends before it begins; a window does not cross midnight, split it \
                     there: \"22:00-24:00\" and \"00:00-05:00\" of the next day"
                )),
                None => fault(format!("the window \"{text}\" of {name} is not HH:MM-HH:MM (00:00 to 24:00)")),
            }
        }
        weekly[day].sort_unstable();
        if let Some(pair) = weekly[day].windows(2).find(|pair| pair[1].0 < pair[0].1) {
            fault(format!("the windows of {name} overlap at {:02}:{:02}; join them", pair[1].0 / 60, pair[1].0 % 60));
        }
    }
    let mut except = Vec::new();
    for text in &source.except {
        match date(text) {
            Some(day) => except.push(day),
            None => fault(format!("\"{text}\" under `except` is not a date YYYY-MM-DD")),
        }
    }
    if weekly.iter().all(Vec::is_empty) && source.weekly.iter().all(|(_, windows)| windows.is_empty()) {
        let message = "the schedule has no window: the zone never holds; drop the schedule or the zone";
        found.push(Fault::warning("schedule_empty", place.clone(), message));
    }
    Schedule::new(time_zone, weekly, except)
}

fn window(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    Some((minute(from)?, minute(to)?))
}

/// Minutes of the day of `HH:MM`, 24:00 at most.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let minutes = digits(hour, 2)? * 60 + digits(minute, 2).filter(|minute| *minute < 60)?;
    u16::try_from(minutes).ok().filter(|minutes| *minutes <= 1_440)
}

/// Day number of `YYYY-MM-DD`; only dates that exist.
fn date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let number = days_from_civil(i64::from(year), month.clamp(1, 12), day);
    (parts.next().is_none() && civil_from_days(number) == (i64::from(year), month, day)).then_some(number)
}

fn digits(text: &str, width: usize) -> Option<u32> {
    if text.len() != width || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(day: &str, windows: &[&str], except: &[&str]) -> Vec<Fault> {
        let source = ScheduleSource {
            weekly: vec![(day.into(), windows.iter().map(|w| w.to_string()).collect())],
            except: except.iter().map(|d| d.to_string()).collect(),
        };
        let mut found = Vec::new();
        schedule(&source, Tz::UTC, &Place::default(), &mut found);
        found
    }

    #[test]
    fn good_ones_pass() {
        assert_eq!(read("mon", &["00:00-05:00", "22:00-24:00", "05:00-06:00"], &["2026-10-29", "2028-02-29"]), vec![]);
    }

    #[test]
    fn bad_ones_do_not() {
        for (day, window) in [
            ("monday", "08:00-09:00"),
            ("mon", "22:00-05:00"),
            ("mon", "8:00-9:00"),
            ("mon", "08:00-24:01"),
            ("mon", "08:60-09:00"),
            ("mon", "08:00-08:00"),
            ("mon", "+8:00-09:00"),
        ] {
            assert_eq!(read(day, &[window], &[]).iter().filter(|f| f.is_fault()).count(), 1, "{day} {window}");
        }
        for date in ["2026-02-29", "2026-13-01", "2026-00-10", "26-01-01", "2026-01-01-", "today"] {
            assert_eq!(read("mon", &["08:00-09:00"], &[date]).len(), 1, "{date}");
        }
        assert_eq!(read("mon", &["08:00-10:00", "09:00-11:00"], &[]).len(), 1);
        assert_eq!(read("mon", &[], &[])[0].code, "schedule_empty");
    }
}
