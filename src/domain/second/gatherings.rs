//! What has been said about gatherings of one kind, and how it follows the spans.

use std::collections::{BTreeMap, BTreeSet};

use super::super::alert::{Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::ledger::{Ground, Ledger, Said, Speaker};
use super::super::time::{Millis, SECOND};
use super::field::{Field, Key};
use super::gathering::{Gathering, Terms, around};
use super::region;
use super::regional::CHILDREN_MAX;

/// Gatherings of one kind.
#[derive(Clone, Debug, Default)]
pub struct Gatherings {
    /// What was said.
    pub ledger: Ledger,
    /// Spans of each alert that stands.
    members: BTreeMap<String, Vec<Key>>,
    /// Alerts of each span.
    of: BTreeMap<Key, Vec<String>>,
}
state!(Gatherings { ledger, members, of });

/// How gatherings of a kind are told.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Kind.
    pub kind: Kind,
    /// What makes one.
    pub terms: Terms,
    /// Resolution of the cell that names it.
    pub resolution: u8,
}

impl Gatherings {
    /// Follows changes of these spans, and of nothing else, since the last time.
    pub fn follow(
        &mut self,
        field: &Field,
        changed: BTreeSet<Key>,
        manner: &Manner,
        ground: Ground,
        who: &Speaker<'_>,
    ) -> Vec<Said> {
        let (mut seeds, mut touched) = (changed, BTreeSet::new());
        // A change may split what was one, or join what were two: all of both are looked at anew.
        let found = loop {
            let found = around(field, &seeds, &manner.terms);
            let before = touched.len();
            for key in seeds.iter().chain(found.iter().flat_map(|g| &g.members)) {
                touched.extend(self.of.get(key).into_iter().flatten().cloned());
            }
            if touched.len() == before {
                break found;
            }
            seeds.extend(touched.iter().filter_map(|alert| self.members.get(alert)).flatten().cloned());
        };
        if found.is_empty() && touched.is_empty() {
            return Vec::new();
        }
        let episodes: Vec<Episode> = found.iter().map(|g| episode(g, manner)).collect();
        let mut said = Vec::new();
        self.ledger.reconcile(|a| touched.contains(&a.id), episodes.clone(), ground, who, &mut said);
        for alert in &touched {
            self.release(alert);
        }
        for (gathering, episode) in found.into_iter().zip(&episodes) {
            let standing = |a: &&super::super::ledger::Alert| {
                !a.retracted && a.said.onset == episode.onset && a.said.subject == episode.subject
            };
            if let Some(alert) = self.ledger.alerts.iter().find(standing) {
                for key in &gathering.members {
                    self.of.entry(key.clone()).or_default().push(alert.id.clone());
                }
                self.members.insert(alert.id.clone(), gathering.members);
            }
        }
        said
    }

    /// Forgets alerts that ended before `horizon`.
    pub fn forget_before(&mut self, horizon: Millis) {
        let gone: Vec<String> =
            self.ledger.alerts.iter().filter(|a| a.is_past(horizon)).map(|a| a.id.clone()).collect();
        self.ledger.alerts.retain(|a| !a.is_past(horizon));
        for alert in gone {
            self.release(&alert);
        }
    }

    fn release(&mut self, alert: &String) {
        for key in self.members.remove(alert).into_iter().flatten() {
            if let Some(alerts) = self.of.get_mut(&key) {
                alerts.retain(|a| a != alert);
                if alerts.is_empty() {
                    self.of.remove(&key);
                }
            }
        }
    }
}

fn episode(gathering: &Gathering, manner: &Manner) -> Episode {
    let crowd = manner.kind == Kind::Crowd;
    let subject = region::subject(region::cell(gathering.position, manner.resolution));
    let priority = if crowd { Priority::Journal } else { Priority::Medium };
    let raised = gathering.from + manner.terms.lasting;
    let mut episode = Episode::new(manner.kind, subject, gathering.from, raised, priority).at(gathering.position);
    // A crowd has no alerts of its members to fold: it names the units. A jammed region folds their alerts.
    let mut children: Vec<String> =
        gathering.members.iter().map(|key| if crowd { key.unit.clone() } else { key.alert.clone() }).collect();
    children.sort();
    children.dedup();
    children.truncate(CHILDREN_MAX);
    episode.children = children;
    let units: BTreeSet<&str> = gathering.members.iter().map(|key| key.unit.as_str()).collect();
    episode.set(Measure::Count, units.len() as i64);
    episode.reasons.push(format!("units>={}", manner.terms.units));
    if !crowd && gathering.risk >= 2 {
        episode.escalate(Priority::High, "risk>=2");
    }
    if let Some(to) = gathering.to {
        episode.ended = Some(to);
        episode.end_reason = Some(EndReason::Over);
        episode.set(Measure::DurationS, (to - gathering.from) / SECOND);
    }
    episode
}
