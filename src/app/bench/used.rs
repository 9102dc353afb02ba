//! What a process has used.

use std::time::Duration;

use super::yardstick::kib;

/// Processor time and memory of a process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// User and system time.
    pub cpu: Duration,
    /// Resident memory, bytes.
    pub rss: u64,
}

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
        let rss = kib(&format!("/proc/{pid}/status"), "VmRSS").unwrap_or(0) * 1_024;
        Used { cpu, rss }
    }
}

/// Processor time that the whole machine has spent on anything, all processors together; zero where nobody tells.
pub fn machine_busy() -> Duration {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    // Of user, nice, system, idle, iowait, irq, softirq, steal: all but the two of rest and what others stole.
    let busy: u64 = ticks.iter().take(7).enumerate().filter(|(i, _)| !matches!(i, 3 | 4)).map(|(_, t)| t).sum();
    // SAFETY: asks for a constant of the system.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) }.max(1) as u64;
    Duration::from_millis(busy * 1_000 / per_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_used_something() {
        let used = Used::of(std::process::id());
        assert!(used.rss > 1 << 20);
    }
}
