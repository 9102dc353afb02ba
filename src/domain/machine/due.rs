//! What a machine has to do next: reckoned once after each report, and asked for several times.

use super::super::time::Millis;
use super::state::MachineMut;
use super::{Drive, Timer};

/// When a machine has to act though no report comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The next timer, event time, and whether it waits for fixes on their way.
    timer: Option<(Millis, bool)>,
    /// The end of the time allowed, which waits for nobody.
    limit: Millis,
    /// The next command.
    command: Millis,
}

impl Due {
    /// The instant on the log clock at which the next timer is due; `lag` is what fixes take to arrive.
    pub fn on_clock(&self, lag: Millis) -> Option<Millis> {
        let (t, waits) = self.timer?;
        let due = if waits { t + lag } else { t };
        // A limit waits for nobody: it may be due before a timer that comes first in event time.
        Some(due.min(self.limit))
    }

    /// Whether nothing is due up to and including event time `t`.
    pub(super) fn is_after(&self, t: Millis) -> bool {
        self.timer.is_none_or(|(timer, _)| timer > t) && self.command > t
    }
}

impl MachineMut<'_> {
    /// What is due next. It stands until the machine, its plans or its timeline change.
    pub fn due(&self, drive: &Drive<'_>) -> Due {
        self.due_with(drive, self.next_timer(drive.plan(self.hot.plan)))
    }

    /// The same, where the next timer is known.
    pub(super) fn due_with(&self, drive: &Drive<'_>, next: Option<(Millis, Timer)>) -> Due {
        let plan = drive.plan(self.hot.plan);
        Due {
            timer: next.map(|(t, timer)| (t, timer.waits())),
            limit: self.limit_timer(plan).unwrap_or(Millis::MAX),
            command: drive.timeline.get(usize::from(self.hot.command)).map_or(Millis::MAX, |entry| entry.time),
        }
    }
}
