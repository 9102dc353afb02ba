//! Parents and children among the alerts of a journey (DETECTION, 2.5): episodes know each other by number, readers by id.

use super::alert::{Kind, Op};
use super::ledger::{Alert, Ground, Ledger, Said};
use super::nuisance::covers;

impl Ledger {
    /// Ties what was just said together: who hangs below whom, by id. An alert whose ties have changed and that was not
    /// part of it is said again.
    pub(super) fn tie(&mut self, ground: Ground, out: &mut Vec<Said>) {
        let tied = |a: &Alert| a.said.parent.is_some() || a.parent.is_some() || !a.children.is_empty();
        if !self.alerts.iter().any(tied) {
            return;
        }
        let stands = |a: &Alert| !a.retracted && a.said.kind != Kind::Halt;
        let parent_of = |child: &Alert| {
            let seq = child.said.parent.filter(|_| stands(child))?;
            self.alerts.iter().position(|a| {
                stands(a)
                    && a.by_arrival == child.by_arrival
                    && a.said.seq == seq
                    && covers(a.said.kind, child.said.kind)
            })
        };
        let parents: Vec<Option<usize>> = self.alerts.iter().map(parent_of).collect();
        let ids: Vec<String> = self.alerts.iter().map(|a| a.id.clone()).collect();
        for (at, alert) in self.alerts.iter_mut().enumerate() {
            let parent = parents[at].map(|p| ids[p].clone());
            let mut children: Vec<String> =
                (0..ids.len()).filter(|c| parents[*c] == Some(at)).map(|c| ids[c].clone()).collect();
            children.sort();
            if (&parent, &children) == (&alert.parent, &alert.children) {
                continue;
            }
            (alert.parent, alert.children) = (parent, children);
            if !out.iter().any(|said| said.alert == at) {
                alert.rev += 1;
                let (op, reason) = match ground {
                    Ground::Rewind(word) => (Op::Amend, Some(word)),
                    _ if alert.said.ended.is_some() => (Op::Amend, None),
                    _ => (Op::Update, None),
                };
                out.push(Said::new(at, op, reason));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::alert::{Handling, Priority};
    use super::super::episode::Episode;
    use super::super::ledger::Speaker;
    use super::super::time::Millis;
    use super::*;

    const WHO: Speaker<'static> = Speaker { journey: "J-1", unit: "U-1", log_time: 10_000_000, stale_after_s: 1800 };

    fn episode(seq: u32, kind: Kind, onset: Millis, parent: Option<u32>) -> Episode {
        let subject = if kind == Kind::PositionJump { "unit" } else { "corridor:c" };
        Episode { seq, parent, ..Episode::new(kind, subject, onset, onset + 10, Priority::Medium) }
    }

    fn ops(said: &mut Vec<Said>) -> Vec<(usize, Op)> {
        said.drain(..).map(|s| (s.alert, s.op)).collect()
    }

    #[test]
    fn a_child_is_raised_suppressed_and_released_by_name() {
        let (mut ledger, mut said) = (Ledger::default(), Vec::new());
        let jump = episode(0, Kind::PositionJump, 1000, None);
        ledger.tell(vec![jump.clone()], Ground::Live, &WHO, &mut said);
        assert_eq!(ops(&mut said), [(0, Op::Raise)]);
        let child = episode(1, Kind::CorridorDeviation, 1100, Some(0));
        ledger.tell(vec![child.clone()], Ground::Live, &WHO, &mut said);
        assert_eq!(ops(&mut said), [(1, Op::Raise), (0, Op::Update)], "the parent tells its children");
        assert_eq!(ledger.alerts[1].handling_now(), Handling::Suppressed);
        assert_eq!(ledger.alerts[1].parent.as_ref(), Some(&ledger.alerts[0].id));
        assert_eq!(ledger.alerts[0].children, [ledger.alerts[1].id.clone()]);
        let free = Episode { parent: None, ..child.clone() };
        ledger.tell(vec![free], Ground::Live, &WHO, &mut said);
        assert_eq!(ops(&mut said), [(1, Op::Unsuppress), (0, Op::Update)]);
        assert_eq!(ledger.alerts[1].handling_now(), Handling::Unacknowledged);
        assert!(ledger.alerts[0].children.is_empty() && ledger.alerts[1].parent.is_none());
        ledger.tell(vec![child], Ground::Live, &WHO, &mut said);
        assert_eq!(ops(&mut said), [(1, Op::Suppress), (0, Op::Update)]);
    }

    #[test]
    fn a_rewind_that_numbers_anew_says_nothing_of_it() {
        let (mut ledger, mut said) = (Ledger::default(), Vec::new());
        let before =
            vec![episode(0, Kind::PositionJump, 1000, None), episode(1, Kind::CorridorDeviation, 1100, Some(0))];
        ledger.tell(before, Ground::Live, &WHO, &mut said);
        assert_eq!(ops(&mut said), [(0, Op::Raise), (1, Op::Raise)], "both at once know each other at once");
        let after =
            vec![episode(7, Kind::PositionJump, 1000, None), episode(8, Kind::CorridorDeviation, 1100, Some(7))];
        ledger.reconcile(|_| true, after, Ground::Rewind("late_data"), &WHO, &mut said);
        assert_eq!(ops(&mut said), []);
        assert_eq!(ledger.alerts[1].parent.as_ref(), Some(&ledger.alerts[0].id));
        let alone = vec![episode(8, Kind::CorridorDeviation, 1100, None)];
        ledger.reconcile(|_| true, alone, Ground::Rewind("late_data"), &WHO, &mut said);
        assert_eq!(ops(&mut said), [(1, Op::Amend), (0, Op::Retract)]);
        assert!(ledger.alerts[1].parent.is_none());
    }
}
