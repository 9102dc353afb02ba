//! Percentiles, and what a process has used.

#[cfg(feature = "kafka")]
use std::time::Duration;

/// Values, to be asked for their percentiles.
#[derive(Debug, Default)]
pub struct Sample {
    values: Vec<f64>,
}

impl Sample {
    /// Adds one.
    pub fn push(&mut self, value: f64) {
        self.values.push(value);
    }

    /// How many there are.
    #[cfg(feature = "kafka")]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The value that `share` of all do not exceed (nearest rank); `None` of nothing.
    pub fn percentile(&mut self, share: f64) -> Option<f64> {
        self.values.sort_by(f64::total_cmp);
        let rank = (share * self.values.len() as f64).ceil() as usize;
        self.values.get(rank.saturating_sub(1)).copied()
    }
}

/// Processor time and memory of a process.
#[cfg(feature = "kafka")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// User and system time.
    pub cpu: Duration,
    /// Resident memory, bytes.
    pub rss: u64,
}

#[cfg(feature = "kafka")]
impl Used {
    /// Of a process, from `/proc`; zeros where that is not there.
    pub fn of(pid: u32) -> Used {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Behind the name, which may hold blanks.
        let fields: Vec<&str> = stat.rsplit_once(')').map_or(Vec::new(), |(_, rest)| rest.split_whitespace().collect());
        let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
        // SAFETY: asks for a constant of the system.
        let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) }.max(1) as u64;
        let cpu = Duration::from_millis((ticks(11) + ticks(12)) * 1_000 / per_second);
        let memory = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let kib =
            memory.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().split(' ').next()?.parse::<u64>().ok());
        Used { cpu, rss: kib.unwrap_or(0) * 1_024 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_by_nearest_rank() {
        let mut sample = Sample::default();
        assert_eq!(sample.percentile(0.5), None);
        (1..=100).rev().for_each(|v| sample.push(f64::from(v)));
        assert_eq!(sample.percentile(0.5), Some(50.0));
        assert_eq!(sample.percentile(0.99), Some(99.0));
        assert_eq!(sample.percentile(0.999), Some(100.0));
    }

    #[test]
    #[cfg(feature = "kafka")]
    fn a_process_has_used_something() {
        let used = Used::of(std::process::id());
        assert!(used.rss > 1 << 20);
    }
}
