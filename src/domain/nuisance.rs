//! Nuisance control inside the engine (DETECTION, 2.5): what hangs below what, and how often one kind may be raised.

use super::alert::{Kind, Priority};
use super::codec::state;
use super::episode::Episode;
use super::rulebook::settings::Settings;
use super::time::{HOUR, Millis, SECOND};

/// Whether alerts of kind `child` hang below one of kind `parent` while that covers them: they are raised suppressed.
pub fn covers(parent: Kind, child: Kind) -> bool {
    match parent {
        // Where the track itself is in doubt, so is every boundary that it crosses.
        Kind::PositionJump => matches!(
            child,
            Kind::CorridorDeviation
                | Kind::ZoneEnter
                | Kind::ZoneExit
                | Kind::ZoneDwell
                | Kind::ZoneCrossed
                | Kind::TerritoryExit
                | Kind::BorderApproach
        ),
        Kind::Silence => matches!(child, Kind::GnssLost | Kind::RouteTimeWarning),
        Kind::CorridorDeviation => matches!(child, Kind::SlowProgress | Kind::WrongDirection),
        Kind::UnloadingSuspicion => child == Kind::UnusualStop,
        _ => false,
    }
}

/// A parent that covers what is found below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover {
    /// Episode of the parent.
    pub parent: u32,
    /// Its kind.
    pub kind: Kind,
    /// When it releases what still holds; with the parent's own end where absent.
    pub until: Option<Millis>,
}
state!(Cover { parent, kind, until });

/// How episodes are raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What returns so soon after its end is the same episode.
    pub hold: Millis,
    /// Whether this one may be such a return.
    pub returns: bool,
    /// More raises of one kind in an hour go to the journal.
    pub per_hour: usize,
}

impl Terms {
    /// As the rulebook says.
    pub fn of(settings: &Settings) -> Terms {
        let alerts = &settings.alerts;
        Terms { hold: alerts.reraise_hold_s * SECOND, returns: true, per_hour: alerts.raises_per_hour.max(0) as usize }
    }

    /// For episodes that never return: another one is another one.
    pub fn anew(self) -> Terms {
        Terms { returns: false, ..self }
    }
}

/// Counts announced raises of each kind over an hour of the machine's own time.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RateGuard {
    raised: Vec<(Kind, Millis)>,
}
state!(RateGuard { raised });

impl RateGuard {
    /// Nothing was raised yet.
    pub const NEW: RateGuard = RateGuard { raised: Vec::new() };

    /// A raise at its `raised`: beyond the rate it is journal, unless it is high (DETECTION, 2.5, 5). What is recorded only,
    /// or hangs below a parent, bothers nobody and is not counted.
    pub fn pass(&mut self, episode: &mut Episode, per_hour: usize) {
        episode.guarded = false;
        if episode.kind == Kind::Halt || episode.priority == Priority::Journal || episode.parent.is_some() {
            return;
        }
        let now = episode.raised;
        self.raised.retain(|(_, t)| t + HOUR > now);
        let before = self.raised.iter().filter(|(kind, _)| *kind == episode.kind).count();
        if before >= per_hour && episode.priority < Priority::High {
            episode.guarded = true;
            episode.priority = Priority::Journal;
            episode.reasons.push("rate_guard".to_owned());
            return;
        }
        self.raised.push((episode.kind, now));
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::MINUTE;
    use super::*;

    fn passed(guard: &mut RateGuard, minute: i64, priority: Priority) -> Priority {
        let mut episode = Episode::new(Kind::ZoneEnter, "zone:z", minute * MINUTE, minute * MINUTE, priority);
        guard.pass(&mut episode, 3);
        assert_eq!(episode.guarded, episode.priority != priority);
        episode.priority
    }

    #[test]
    fn the_fourth_raise_in_an_hour_is_journal_unless_it_is_high() {
        let mut guard = RateGuard::default();
        let said: Vec<Priority> = [0, 10, 20, 30].iter().map(|m| passed(&mut guard, *m, Priority::Low)).collect();
        assert_eq!(said, [Priority::Low, Priority::Low, Priority::Low, Priority::Journal]);
        assert_eq!(passed(&mut guard, 31, Priority::High), Priority::High);
        assert_eq!(passed(&mut guard, 61, Priority::Low), Priority::Journal, "10, 20 and 31 are within the hour");
        assert_eq!(passed(&mut guard, 81, Priority::Low), Priority::Low, "20 and 10 are over");
    }

    #[test]
    fn a_guarded_episode_rises_to_high_only() {
        let mut guard = RateGuard::default();
        for m in 0..3 {
            passed(&mut guard, m, Priority::Low);
        }
        let mut episode = Episode::new(Kind::ZoneEnter, "zone:z", 0, 5, Priority::Low);
        guard.pass(&mut episode, 3);
        assert!(!episode.may_rise(Priority::Medium) && !episode.escalate(Priority::Medium, "far"));
        assert!(episode.may_rise(Priority::High) && episode.escalate(Priority::High, "farther"));
        assert_eq!((episode.priority, episode.reasons.len()), (Priority::High, 3));
    }
}
