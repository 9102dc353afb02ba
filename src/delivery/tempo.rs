//! When to commit.
//!
//! Outputs wait for nobody who would only make them late: the first one after a pause is sent at once, those that follow
//! are sent together. A transaction begun right after a commit meets a coordinator that still writes markers, for which the
//! client waits a fixed 20 ms (KAFKA, 3); holding the next one back for a moment costs less.

use std::time::Duration;

/// See the module. Instants are durations since the start of the process.
#[derive(Clone, Debug)]
pub struct Tempo {
    /// Shortest time between two commits.
    every: Duration,
    /// Longest time for which an offset waits that has no outputs.
    idle: Duration,
    last: Duration,
}

impl Tempo {
    /// Commits at most once in `every`; offsets without outputs once in `idle`.
    pub fn new(every: Duration, idle: Duration) -> Tempo {
        Tempo { every, idle, last: Duration::ZERO }
    }

    /// A commit has ended.
    pub fn committed(&mut self, now: Duration) {
        self.last = now;
    }

    /// Whether to commit, with outputs or checkpoints waiting (`urgent`) or only offsets (`behind`).
    pub fn due(&self, now: Duration, urgent: bool, behind: bool) -> bool {
        let since = now.saturating_sub(self.last);
        urgent && since >= self.every || behind && since >= self.idle
    }

    /// How long until [`Tempo::due`] can turn true for what waits now.
    pub fn wait(&self, now: Duration, urgent: bool) -> Option<Duration> {
        urgent.then(|| (self.last + self.every).saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_goes_at_once_the_next_wait() {
        let ms = Duration::from_millis;
        let mut tempo = Tempo::new(ms(15), ms(30_000));
        assert!(tempo.due(ms(1_000), true, true));
        tempo.committed(ms(1_000));
        assert!(!tempo.due(ms(1_010), true, true));
        assert_eq!(tempo.wait(ms(1_010), true), Some(ms(5)));
        assert!(tempo.due(ms(1_015), true, true));
        assert!(!tempo.due(ms(20_000), false, true));
        assert!(tempo.due(ms(31_000), false, true));
        assert!(!tempo.due(ms(90_000), false, false));
    }
}
