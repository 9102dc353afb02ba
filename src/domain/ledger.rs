//! The ledger of one journey: what was said, and how a finding becomes a revision of it (DETECTION, 4.4).
//!
//! Nothing is ever deleted. New findings are matched with published alerts by number where the machine is the same,
//! by overlap in time where a rewind has made new ones.

use std::borrow::Cow;

use super::alert::{Handling, Kind, Op};
use super::codec::state;
use super::episode::Episode;
use super::handling::Desk;
pub use super::identity::{Speaker, alert_id};
use super::settling::settles;
use super::time::{Millis, SECOND};

/// One published alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// 32 lower-case hex digits, fixed at the first raise.
    pub id: String,
    /// Last revision; 0 while it waits for late data to settle and nobody has been told.
    pub rev: u32,
    /// What was published last.
    pub said: Episode,
    /// Born of, or changed by, an extrapolation that the next report confirms or refutes.
    pub provisional: bool,
    /// From the contact machine: a function of arrivals, never rewound.
    pub by_arrival: bool,
    /// What people have done.
    pub desk: Desk,
    /// It was not so.
    pub retracted: bool,
    /// Found by late data.
    pub late: bool,
    /// By how much, seconds.
    pub late_by_s: i64,
    /// The documented reason attached to it.
    pub excuse: Option<String>,
    /// Id of the alert below which it hangs, as published last.
    pub parent: Option<String>,
    /// Ids of the alerts that hang below it, as published last.
    pub children: Vec<String>,
}
state!(Alert { id, rev, said, provisional, by_arrival, desk, retracted, late, late_by_s, excuse, parent, children });

impl Alert {
    /// Suppressed while it hangs below another one, else what people have done.
    pub fn handling_now(&self) -> Handling {
        if self.said.parent.is_some() && !self.retracted { Handling::Suppressed } else { self.desk.handling() }
    }

    /// Whether it was over before `horizon` and can be let go: what lies on a shelf comes back first.
    pub fn is_past(&self, horizon: Millis) -> bool {
        self.said.ended.is_some_and(|end| end < horizon) && self.desk.shelved_until.is_none()
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Ledger {
    /// In the order in which they were raised.
    pub alerts: Vec<Alert>,
}
state!(Ledger { alerts });

/// A revision to be written: which alert, what is done to it, why.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Index of the alert.
    pub alert: usize,
    /// What is done.
    pub op: Op,
    /// Why: a word of the engine's, or an operator's text.
    pub reason: Option<Cow<'static, str>>,
    /// The operator, where one did it.
    pub by: Option<String>,
}

impl Said {
    /// What the engine says of itself.
    pub fn new(alert: usize, op: Op, reason: Option<&'static str>) -> Said {
        Said { alert, op, reason: reason.map(Cow::Borrowed), by: None }
    }
}

/// On what grounds findings are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The journey's own course, extrapolated to the log clock where a timer asks for it.
    Live,
    /// Arrivals, not event time.
    Arrival,
    /// A rewind; the word says what caused it.
    Rewind(&'static str),
}

/// Of findings with one identity the newest stands: to a reader they are one alert. What was withdrawn stays where
/// nothing else has its identity.
fn newest_of_each(found: Vec<Episode>) -> Vec<Episode> {
    let mut kept: Vec<Episode> = Vec::with_capacity(found.len());
    for episode in found {
        match kept.iter_mut().find(|k| k.same_matter(&episode) && k.onset == episode.onset) {
            Some(same) if (!same.withdrawn, same.seq) < (!episode.withdrawn, episode.seq) => *same = episode,
            Some(_) => {}
            None => kept.push(episode),
        }
    }
    kept
}

/// Whether two findings say the same to a reader.
fn same_words(a: &Episode, b: &Episode) -> bool {
    a.onset == b.onset
        && a.ended == b.ended
        && a.priority == b.priority
        && a.confidence == b.confidence
        && a.reasons == b.reasons
        && a.position == b.position
        && a.fixes == b.fixes
        && a.measures == b.measures
        && a.lists == b.lists
        && a.parent.is_some() == b.parent.is_some()
        && a.children == b.children
        // The second stage is told when an open stop was last known to stand.
        && (a.kind != Kind::Halt || a.raised == b.raised)
}

/// Whether a finding may be another version of a published one. A stop on its way to the second stage is known there by
/// its begin: with another begin it is another stop, and the old one is taken back.
fn may_be(said: &Episode, found: &Episode) -> bool {
    said.same_matter(found) && said.overlap(found) > 0 && (said.kind != Kind::Halt || said.onset == found.onset)
}

impl Ledger {
    /// Publishes changes of a machine that has not been rewound: each finding has its number.
    pub fn tell(&mut self, changed: Vec<Episode>, ground: Ground, who: &Speaker<'_>, out: &mut Vec<Said>) {
        let by_arrival = ground == Ground::Arrival;
        let mut changed = newest_of_each(changed);
        // What is new first: it does not take over an alert that is taken back in the same breath.
        changed.sort_by_key(|e| e.withdrawn);
        for episode in changed {
            let known = self.alerts.iter().position(|a| {
                a.by_arrival == by_arrival && !a.retracted && a.said.seq == episode.seq && a.said.same_matter(&episode)
            });
            match known {
                Some(at) => self.revise(at, episode, ground, out),
                None if episode.withdrawn => {}
                None => self.raise(episode, ground, who, out),
            }
        }
        self.tie(ground, out);
    }

    /// Matches findings with the alerts in `scope` by overlap, and publishes the difference.
    pub fn reconcile(
        &mut self,
        scope: impl Fn(&Alert) -> bool,
        found: Vec<Episode>,
        ground: Ground,
        who: &Speaker<'_>,
        out: &mut Vec<Said>,
    ) {
        let mut old: Vec<usize> = (0..self.alerts.len())
            .filter(|i| !self.alerts[*i].retracted && !self.alerts[*i].by_arrival && scope(&self.alerts[*i]))
            .collect();
        let mut found: Vec<Option<Episode>> =
            newest_of_each(found).into_iter().filter(|e| !e.withdrawn).map(Some).collect();
        // One's own identity first: another finding may not take it. Then greedy by overlap, descending; ties: the earlier
        // onset, then the earlier number.
        let mut pairs: Vec<(bool, Millis, Millis, usize, usize)> = Vec::new();
        for (o, alert) in old.iter().enumerate() {
            for (f, episode) in found.iter().enumerate() {
                let Some(episode) = episode else { continue };
                let said = &self.alerts[*alert].said;
                let other = self.alerts[*alert].id != who.id(episode);
                if !other || may_be(said, episode) {
                    pairs.push((other, -said.overlap(episode), episode.onset, o, f));
                }
            }
        }
        pairs.sort_unstable();
        let mut matched = vec![false; old.len()];
        for (.., o, f) in pairs {
            if !matched[o]
                && let Some(episode) = found[f].take()
            {
                matched[o] = true;
                self.revise(old[o], episode, ground, out);
            }
        }
        let mut index = 0;
        old.retain(|_| {
            index += 1;
            !matched[index - 1]
        });
        for at in old {
            self.retract(at, ground, out);
        }
        for episode in found.into_iter().flatten() {
            self.raise(episode, ground, who, out);
        }
        self.tie(ground, out);
    }

    fn revise(&mut self, at: usize, episode: Episode, ground: Ground, out: &mut Vec<Said>) {
        let alert = &mut self.alerts[at];
        alert.provisional = false;
        if episode.withdrawn {
            return self.retract(at, ground, out);
        }
        let alert = &mut self.alerts[at];
        if alert.rev == 0 {
            alert.said = episode;
            return;
        }
        if same_words(&alert.said, &episode) {
            (alert.said.seq, alert.said.parent) = (episode.seq, episode.parent);
            return;
        }
        let (was_active, is_active) = (alert.said.ended.is_none(), episode.ended.is_none());
        let (was_below, is_below) = (alert.said.parent.is_some(), episode.parent.is_some());
        let reason = episode.end_reason.and_then(|r| r.word());
        let op = match ground {
            _ if !was_active && is_active => Op::Raise,
            Ground::Rewind(_) => Op::Amend,
            _ if was_active && !is_active => Op::Clear,
            _ if !was_active => Op::Amend,
            _ if !was_below && is_below => Op::Suppress,
            _ if was_below && !is_below => Op::Unsuppress,
            _ => Op::Update,
        };
        if is_active && !was_active {
            alert.desk.raise(episode.kind, true);
        } else if was_active && !is_active {
            alert.desk.clear(episode.kind);
        }
        let reason = match ground {
            Ground::Rewind(word) if op == Op::Amend => Some(word),
            _ => reason,
        };
        // The first raise stays the time at which the operators were told, unless it is raised anew.
        alert.said = episode;
        alert.rev += 1;
        out.push(Said::new(at, op, reason));
    }

    fn retract(&mut self, at: usize, ground: Ground, out: &mut Vec<Said>) {
        let alert = &mut self.alerts[at];
        alert.retracted = true;
        alert.provisional = false;
        alert.said.ended = alert.said.ended.or(Some(alert.said.raised));
        if alert.rev == 0 {
            return;
        }
        alert.desk.retract();
        alert.rev += 1;
        let reason = match ground {
            Ground::Rewind(word) => word,
            _ => "not_confirmed",
        };
        out.push(Said::new(at, Op::Retract, Some(reason)));
    }

    fn raise(&mut self, episode: Episode, ground: Ground, who: &Speaker<'_>, out: &mut Vec<Said>) {
        let by_arrival = ground == Ground::Arrival;
        // What was withdrawn and found again in one breath has another number and the same identity.
        let stands = |a: &Alert| !a.retracted && a.by_arrival == by_arrival && a.said.same_matter(&episode);
        if let Some(at) = self.alerts.iter().position(|a| stands(a) && a.said.onset == episode.onset) {
            return self.revise(at, episode, ground, out);
        }
        let id = self.free_id(&episode, who);
        let late_by_s = ((who.log_time - episode.raised) / SECOND).max(0);
        let late = !by_arrival && (matches!(ground, Ground::Rewind(_)) || late_by_s > who.stale_after_s);
        let late_by_s = if late { late_by_s } else { 0 };
        let reason = episode.end_reason.and_then(|r| r.word());
        // Found again after a retraction: the same alert, next revision.
        let again = self.alerts.iter().position(|a| a.id == id).or_else(|| {
            self.alerts.iter().position(|a| a.retracted && a.by_arrival == by_arrival && may_be(&a.said, &episode))
        });
        let waits = settles(episode.kind) && again.is_none_or(|at| self.alerts[at].rev == 0);
        let at = match again {
            Some(at) => {
                let alert = &mut self.alerts[at];
                alert.rev += u32::from(!waits);
                alert.desk.raise(episode.kind, episode.ended.is_none());
                alert.said = episode;
                alert.retracted = false;
                alert.provisional = false;
                alert.late = late;
                alert.late_by_s = late_by_s;
                at
            }
            None => {
                self.alerts.push(Alert {
                    id,
                    rev: u32::from(!waits),
                    desk: Desk::raised(episode.kind, episode.ended.is_none()),
                    said: episode,
                    provisional: false,
                    by_arrival,
                    retracted: false,
                    late,
                    late_by_s,
                    excuse: None,
                    parent: None,
                    children: Vec::new(),
                });
                self.alerts.len() - 1
            }
        };
        if !waits {
            out.push(Said::new(at, Op::Raise, reason));
        }
    }

    /// The identity of a finding; where an alert that stands was given it and has become another interval since, the next
    /// free one.
    fn free_id(&self, episode: &Episode, who: &Speaker<'_>) -> String {
        let taken =
            |id: &String| self.alerts.iter().any(|a| a.id == *id && !a.retracted && a.said.onset != episode.onset);
        (0..)
            .map(|n| alert_id(who.journey, who.unit, episode.kind, &episode.subject, episode.onset + n))
            .find(|id| !taken(id))
            .unwrap_or_default() // there are more instants than alerts
    }

    /// Alerts that stand, by priority: journal, low, medium, high.
    pub fn standing(&self) -> [u32; 4] {
        let mut counts = [0; 4];
        for alert in self.alerts.iter().filter(|a| !a.retracted && a.rev > 0 && a.said.kind != Kind::Halt) {
            counts[alert.said.priority as usize] += 1;
        }
        counts
    }

    /// Whether alerts of this kind stand: (one without an excuse, one with).
    pub fn stands(&self, kind: Kind) -> (bool, bool) {
        let of_kind = |excused: bool| {
            self.alerts.iter().any(|a| !a.retracted && a.said.kind == kind && a.excuse.is_some() == excused)
        };
        (of_kind(false), of_kind(true))
    }
}

#[cfg(test)]
mod tests {
    use super::super::alert::Priority;
    use super::*;

    fn who() -> Speaker<'static> {
        Speaker { journey: "J-1", unit: "U-1", log_time: 10_000_000, stale_after_s: 1800 }
    }

    fn episode(seq: u32, onset: Millis, ended: Option<Millis>) -> Episode {
        let mut e = Episode::new(Kind::ZoneEnter, "zone:z", onset, onset + 10, Priority::Low);
        e.seq = seq;
        e.ended = ended;
        e
    }

    #[test]
    fn what_is_withdrawn_and_found_again_in_one_breath_is_one_alert() {
        let (mut ledger, mut out) = (Ledger::default(), Vec::new());
        ledger.tell(vec![episode(0, 1000, None)], Ground::Live, &who(), &mut out);
        // Its id stays that of its first onset.
        ledger.reconcile(|_| true, vec![episode(0, 900, None)], Ground::Rewind("late_data"), &who(), &mut out);
        let withdrawn = Episode { withdrawn: true, ..episode(0, 900, None) };
        ledger.tell(vec![withdrawn, episode(1, 900, Some(2000))], Ground::Live, &who(), &mut out);
        assert_eq!(ledger.alerts.iter().map(|a| (a.said.seq, a.retracted)).collect::<Vec<_>>(), [(1, false)]);
    }

    #[test]
    fn a_rewind_amends_retracts_and_raises() {
        let mut ledger = Ledger::default();
        let mut out = Vec::new();
        ledger.tell(vec![episode(0, 1000, Some(2000)), episode(1, 5000, Some(6000))], Ground::Live, &who(), &mut out);
        assert_eq!(out.iter().map(|s| s.op).collect::<Vec<_>>(), [Op::Raise, Op::Raise]);
        let ids: Vec<String> = ledger.alerts.iter().map(|a| a.id.clone()).collect();
        out.clear();
        let found = vec![episode(0, 1000, Some(2500)), episode(1, 8000, None)];
        ledger.reconcile(|_| true, found, Ground::Rewind("late_data"), &who(), &mut out);
        assert_eq!(
            out.iter().map(|s| (s.alert, s.op)).collect::<Vec<_>>(),
            [(0, Op::Amend), (1, Op::Retract), (2, Op::Raise)]
        );
        assert!(ledger.alerts[2].late && ledger.alerts[1].retracted);
        out.clear();
        let found = vec![episode(0, 1000, Some(2500)), episode(1, 5000, Some(6000)), episode(2, 8000, None)];
        ledger.reconcile(|_| true, found, Ground::Rewind("late_data"), &who(), &mut out);
        // Found again: the same alert.
        assert_eq!(out.iter().map(|s| (s.alert, s.op)).collect::<Vec<_>>(), [(1, Op::Raise)]);
        assert_eq!((ledger.alerts[1].rev, &ledger.alerts[1].id), (3, &ids[1]));
    }
}
