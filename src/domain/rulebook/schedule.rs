//! When a zone holds: weekly windows in local time, except on some dates.
//!
//! A window is half-open and lies within one day; `24:00` is the end of the day, so that `22:00-24:00` and the next
//! day's `00:00-05:00` together are one window. The question "open at this instant?" is asked of the local wall clock;
//! where clocks go back, a window can therefore hold twice, and where they go forward, be cut short.

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::domain::time::{DAY, MINUTE, Millis, SECOND};

/// Minutes of a day.
const DAY_MIN: u16 = 1_440;

/// Weekly windows of one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    time_zone: Tz,
    /// Windows a weekday (0 is Monday): minutes of the day [from, to), sorted, apart from each other.
    weekly: [Vec<(u16, u16)>; 7],
    /// Day numbers (from 1970-01-01) on which no window holds; sorted.
    except: Vec<i64>,
}

impl Schedule {
    /// From windows a weekday (0 is Monday), in minutes of the day [from, to) with `from < to <= 1440`, and the day
    /// numbers (from 1970-01-01) on which none holds. Windows may overlap; empty ones are dropped.
    pub fn new(time_zone: Tz, weekly: [Vec<(u16, u16)>; 7], mut except: Vec<i64>) -> Schedule {
        let weekly = weekly.map(|mut windows| {
            windows.retain(|(from, to)| from < to && *to <= DAY_MIN);
            windows.sort_unstable();
            let mut apart: Vec<(u16, u16)> = Vec::with_capacity(windows.len());
            for (from, to) in windows {
                match apart.last_mut() {
                    Some(last) if from <= last.1 => last.1 = last.1.max(to),
                    _ => apart.push((from, to)),
                }
            }
            apart
        });
        except.sort_unstable();
        except.dedup();
        Schedule { time_zone, weekly, except }
    }

    /// Whether the zone holds at an instant.
    pub fn is_open(&self, time: Millis) -> bool {
        let local = time + self.offset_ms(time);
        let day = local.div_euclid(DAY);
        let minute = (local.rem_euclid(DAY) / MINUTE) as u16;
        self.windows(day).iter().any(|&(from, to)| (from..to).contains(&minute))
    }

    /// The next instant strictly after `time` at which [`Self::is_open`] changes. `None` when it does not within eight
    /// days; a week without a change is followed by others, exceptions apart, and each of these lengthens the look by a week.
    pub fn next_edge(&self, time: Millis) -> Option<Millis> {
        let open = self.is_open(time);
        let today = (time + self.offset_ms(time)).div_euclid(DAY);
        let to_come = self.except.len() - self.except.partition_point(|day| *day < today);
        let last = time + (8 + 7 * to_come as i64) * DAY;
        let mut at = time;
        while at < last {
            at = self.next_candidate(at);
            if self.is_open(at) != open {
                return Some(at);
            }
        }
        None
    }

    /// The next instant after `time` at which a window of the wall clock begins or ends, a day begins, or the wall
    /// clock is set: between two of these nothing changes.
    fn next_candidate(&self, time: Millis) -> Millis {
        let offset = self.offset_ms(time);
        let local = time + offset;
        let day = local.div_euclid(DAY);
        let edges = self.windows(day).iter().flat_map(|&(from, to)| [from, to]);
        let next = edges
            .map(|minute| day * DAY + i64::from(minute) * MINUTE)
            .filter(|edge| *edge > local)
            .min()
            .unwrap_or((day + 1) * DAY);
        let candidate = next - offset;
        if self.offset_ms(candidate) == offset { candidate } else { self.clock_change(time, candidate, offset) }
    }

    /// The first second in (`before`, `after`] at which the offset is not `offset` any more.
    fn clock_change(&self, before: Millis, after: Millis, offset: Millis) -> Millis {
        let (mut same, mut other) = (before.div_euclid(SECOND), after.div_euclid(SECOND) + 1);
        while other - same > 1 {
            let middle = same + (other - same) / 2;
            if self.offset_ms(middle * SECOND) == offset { same = middle } else { other = middle }
        }
        other * SECOND
    }

    fn windows(&self, day: i64) -> &[(u16, u16)] {
        // 1970-01-01 was a Thursday.
        if self.except.binary_search(&day).is_ok() { &[] } else { &self.weekly[(day + 3).rem_euclid(7) as usize] }
    }

    /// Local time minus UTC. Instants outside the calendar of `chrono` (some 260 000 years) have none and take 0.
    fn offset_ms(&self, time: Millis) -> Millis {
        offset_ms(self.time_zone, time)
    }
}

fn offset_ms(time_zone: Tz, time: Millis) -> Millis {
    let Some(utc) = DateTime::from_timestamp_millis(time) else { return 0 };
    let offset = time_zone.offset_from_utc_datetime(&utc.naive_utc());
    i64::from(offset.fix().local_minus_utc()) * SECOND
}

/// The hour of the wall clock at an instant, 0 to 23.
pub fn local_hour(time_zone: Tz, time: Millis) -> u8 {
    ((time + offset_ms(time_zone, time)).rem_euclid(DAY) / (60 * MINUTE)) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::time::{HOUR, days_from_civil};

    fn utc(year: i64, month: u32, day: u32, hour: i64, minute: i64) -> Millis {
        days_from_civil(year, month, day) * DAY + hour * HOUR + minute * MINUTE
    }

    fn daily(windows: &[(u16, u16)]) -> [Vec<(u16, u16)>; 7] {
        std::array::from_fn(|_| windows.to_vec())
    }

    #[test]
    fn half_open_in_local_time() {
        // 2026-11-23 is a Monday; Istanbul is UTC+3 all year.
        let mut weekly = daily(&[]);
        weekly[0] = vec![(480, 1_080)];
        let s = Schedule::new(Tz::Europe__Istanbul, weekly, vec![]);
        let opens = utc(2026, 11, 23, 5, 0);
        let closes = utc(2026, 11, 23, 15, 0);
        assert!(!s.is_open(opens - 1) && s.is_open(opens) && s.is_open(closes - 1) && !s.is_open(closes));
        assert_eq!(s.next_edge(opens - 1), Some(opens));
        assert_eq!(s.next_edge(opens), Some(closes));
        assert_eq!(s.next_edge(closes), Some(opens + 7 * DAY));
    }

    #[test]
    fn windows_that_meet_at_midnight_are_one() {
        let s = Schedule::new(Tz::Europe__Istanbul, daily(&[(0, 300), (1_320, 1_440)]), vec![]);
        let ten_pm = utc(2026, 11, 23, 19, 0);
        assert_eq!(s.next_edge(ten_pm), Some(ten_pm + 7 * HOUR));
        assert_eq!(s.next_edge(ten_pm + 7 * HOUR), Some(ten_pm + DAY));
    }

    #[test]
    fn an_excepted_date_closes_and_is_looked_past() {
        let mut weekly = daily(&[]);
        weekly[0] = vec![(0, 1_440)];
        let monday = days_from_civil(2026, 11, 23);
        let s = Schedule::new(Tz::UTC, weekly, vec![monday, monday + 7]);
        assert!(!s.is_open(monday * DAY));
        assert_eq!(s.next_edge(monday * DAY), Some((monday + 14) * DAY));
        let always = Schedule::new(Tz::UTC, daily(&[(0, 1_440)]), vec![monday]);
        assert_eq!(always.next_edge(monday * DAY - 1), Some(monday * DAY));
        assert_eq!(always.next_edge(monday * DAY), Some((monday + 1) * DAY));
        assert_eq!(always.next_edge((monday + 1) * DAY), None);
    }

    #[test]
    fn clocks_that_are_set() {
        // Berlin, 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC; the window 02:00-02:30 holds twice.
        let s = Schedule::new(Tz::Europe__Berlin, daily(&[(120, 150)]), vec![]);
        let first = utc(2026, 10, 25, 0, 0);
        assert_eq!(s.next_edge(first - 1), Some(first));
        assert_eq!(s.next_edge(first), Some(first + 30 * MINUTE));
        assert_eq!(s.next_edge(first + 30 * MINUTE), Some(first + 60 * MINUTE));
        // 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC; the window does not happen.
        let spring = utc(2026, 3, 29, 0, 30);
        assert_eq!(s.next_edge(spring), Some(utc(2026, 3, 30, 0, 0)));
        // A window that the change cuts ends with the change.
        let cut = Schedule::new(Tz::Europe__Berlin, daily(&[(60, 150)]), vec![]);
        assert_eq!(cut.next_edge(utc(2026, 3, 29, 0, 0)), Some(utc(2026, 3, 29, 1, 0)));
    }

    proptest! {
        #[test]
        fn next_edge_is_the_first_change_minute_by_minute(
            windows in proptest::collection::vec((0u16..7, 0u16..24, 1u16..=24), 0..6),
            start in 0i64..(2 * 365 * 24 * 60),
            except in proptest::collection::vec(0i64..(2 * 365), 0..20),
        ) {
            let mut weekly = daily(&[]);
            for (day, from, to) in windows {
                weekly[day as usize].push((from * 60, to * 60));
            }
            let zero = days_from_civil(2025, 1, 1);
            let s = Schedule::new(Tz::Europe__Berlin, weekly, except.iter().map(|d| zero + d).collect());
            let time = zero * DAY + start * MINUTE;
            let open = s.is_open(time);
            let slow = (1..8 * 24 * 60).map(|m| time + m * MINUTE).find(|t| s.is_open(*t) != open);
            let fast = s.next_edge(time);
            match slow {
                Some(edge) => prop_assert_eq!(fast, Some(edge)),
                None => prop_assert!(fast.is_none_or(|edge| edge >= time + 8 * DAY - MINUTE)),
            }
        }
    }
}
