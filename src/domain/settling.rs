//! Findings about what is missing wait until late data has settled (DETECTION, 5.11): an upload may fill the hole.

use super::alert::{Kind, Op};
use super::ledger::{Ledger, Said, Speaker};
use super::time::SECOND;

/// Whether a kind waits.
pub fn settles(kind: Kind) -> bool {
    kind == Kind::UnverifiedInterval
}

impl Ledger {
    /// Whether something waits.
    pub fn has_waiting(&self) -> bool {
        self.alerts.iter().any(|a| a.rev == 0 && !a.retracted)
    }

    /// Nothing more is on its way: what waits is said.
    pub fn settle(&mut self, who: &Speaker<'_>, out: &mut Vec<Said>) {
        for at in 0..self.alerts.len() {
            let alert = &mut self.alerts[at];
            if alert.rev > 0 || alert.retracted {
                continue;
            }
            let late_by_s = ((who.log_time - alert.said.raised) / SECOND).max(0);
            alert.rev = 1;
            alert.late = late_by_s > who.stale_after_s;
            alert.late_by_s = if alert.late { late_by_s } else { 0 };
            out.push(Said::new(at, Op::Raise, None));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::alert::Priority;
    use super::super::episode::Episode;
    use super::super::ledger::Ground;
    use super::*;

    #[test]
    fn a_hole_that_is_filled_in_time_was_never_told() {
        let who = Speaker { journey: "J-1", unit: "U-1", log_time: 5_000_000, stale_after_s: 1800 };
        let hole = |seq, onset, ended| Episode {
            seq,
            ..Episode::new(Kind::UnverifiedInterval, "unit", onset, ended, Priority::Low).momentary(ended)
        };
        let (mut ledger, mut said) = (Ledger::default(), Vec::new());
        ledger.tell(vec![hole(0, 1_000, 4_000_000)], Ground::Live, &who, &mut said);
        assert!(said.is_empty() && ledger.has_waiting());
        ledger.reconcile(|_| true, Vec::new(), Ground::Rewind("late_data"), &who, &mut said);
        assert!(said.is_empty() && !ledger.has_waiting());
        ledger.reconcile(|_| true, vec![hole(3, 1_000, 3_900_000)], Ground::Rewind("late_data"), &who, &mut said);
        assert!(said.is_empty() && ledger.has_waiting());
        ledger.settle(&who, &mut said);
        assert_eq!(said.iter().map(|s| (s.alert, s.op)).collect::<Vec<_>>(), [(0, Op::Raise)]);
        assert_eq!((ledger.alerts.len(), ledger.alerts[0].rev, ledger.alerts[0].said.ended), (1, 1, Some(3_900_000)));
        said.clear();
        ledger.reconcile(|_| true, Vec::new(), Ground::Rewind("late_data"), &who, &mut said);
        assert_eq!(said[0].op, Op::Retract, "once told it is taken back aloud");
    }
}
