//! When the next record is due.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::domain::time::Millis;

/// How fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times faster than the log's own clock.
    Times(f64),
    /// So many records a second.
    Rate(u32),
    /// As fast as they are taken.
    Max,
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Speed, String> {
        if text == "max" {
            return Ok(Speed::Max);
        }
        match text.parse::<f64>() {
            Ok(x) if x > 0.0 && x.is_finite() => Ok(Speed::Times(x)),
            _ => Err(format!("{text:?} is neither a positive number nor max")),
        }
    }
}

/// See the module.
pub struct Pace {
    speed: Speed,
    began: Instant,
    first: Option<Millis>,
    sent: u64,
}

impl Pace {
    /// Starts now.
    pub fn new(speed: Speed) -> Pace {
        Pace { speed, began: Instant::now(), first: None, sent: 0 }
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Waits until the record of this time is due, or somebody stops us.
    pub fn wait(&mut self, timestamp: Millis, stop: &AtomicBool) {
        let due = self.due(timestamp);
        self.sent += 1;
        while let Some(left) = due.checked_sub(self.elapsed()).filter(|d| !d.is_zero()) {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
    }

    fn due(&mut self, timestamp: Millis) -> Duration {
        match self.speed {
            Speed::Max => Duration::ZERO,
            Speed::Rate(rate) => Duration::from_secs_f64(self.sent as f64 / f64::from(rate)),
            Speed::Times(x) => {
                let first = *self.first.get_or_insert(timestamp);
                Duration::from_secs_f64((timestamp - first).max(0) as f64 / 1_000.0 / x)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_by_scale_and_by_rate() {
        let mut live = Pace::new(Speed::Times(60.0));
        assert_eq!(live.due(1_000_000), Duration::ZERO);
        assert_eq!(live.due(1_060_000), Duration::from_secs(1));
        assert_eq!(live.due(900_000), Duration::ZERO, "late records are not waited for");
        let mut rate = Pace::new(Speed::Rate(4));
        rate.sent = 6;
        assert_eq!(rate.due(0), Duration::from_millis(1_500));
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert!("0".parse::<Speed>().is_err() && "x".parse::<Speed>().is_err());
    }
}
