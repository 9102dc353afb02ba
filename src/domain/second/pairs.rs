//! What has been said about meetings, by pair of units, and how it follows the stops.

use std::collections::{BTreeMap, BTreeSet};

use super::super::codec::state;
use super::super::ledger::{Ground, Ledger, Said, Speaker};
use super::super::rulebook::Settings;
use super::super::time::{Millis, SECOND};
use super::field::{Field, OPEN, Span};
use super::meeting::{TOLD, between, of_later, subject};

/// Meetings by subject.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// What was said about each pair.
    pub ledgers: BTreeMap<String, Ledger>,
}
state!(Pairs { ledgers });

/// Two units, the smaller id first.
pub type Pair = (String, String);

/// A span before and after a change; `None` where there was or is none.
#[derive(Clone, Debug)]
pub struct Change {
    /// Before.
    pub old: Option<Span>,
    /// After.
    pub new: Option<Span>,
}

impl Change {
    /// Nothing but the proof of what goes on has grown.
    fn proof_only(&self) -> Option<(&Span, &Span)> {
        let (old, new) = (self.old.as_ref()?, self.new.as_ref()?);
        let same = Span { to: new.to, ..old.clone() } == *new;
        (same && old.open).then_some((old, new))
    }
}

impl Pairs {
    /// Pairs whose meetings a change can have changed.
    pub fn touched(&self, field: &Field, change: &Change, settings: &Settings, pairs: &mut BTreeSet<Pair>) {
        let (terms, crowd) = (&settings.rendezvous, &settings.crowd);
        let reach = crowd.radius_m.max(terms.max_distance_m);
        let lasting = terms.overlap_s * SECOND;
        if let Some((old, new)) = change.proof_only() {
            // Only who came so late that it was not yet proven.
            for other in field.near(new.position, terms.max_distance_m, old.to - lasting, OPEN) {
                if other.from.max(new.from) >= old.to - lasting {
                    self.pair(new, other, field, settings, pairs);
                }
            }
            return;
        }
        for span in [&change.old, &change.new].into_iter().flatten() {
            for other in field.near(span.position, terms.max_distance_m, span.from, span.end()) {
                self.pair(span, other, field, settings, pairs);
            }
            // Third parties: whoever came at about its time, or left at about its end.
            let judged = |s: &Span| s.from + (lasting - TOLD).max(0);
            let (from, to) = match (&change.old, &change.new) {
                (Some(old), Some(new)) if old.position == new.position && old.from == new.from => {
                    (old.end().min(new.end()), old.end().max(new.end()))
                }
                _ => (span.from, span.end()),
            };
            for later in field.near(span.position, reach, from - lasting, to) {
                if (from..=to).contains(&judged(later)) {
                    for other in field.near(later.position, terms.max_distance_m, later.from, later.end()) {
                        self.pair(later, other, field, settings, pairs);
                    }
                }
            }
        }
    }

    /// Adds a pair where something was said about it, or is to be said.
    fn pair(&self, a: &Span, b: &Span, field: &Field, settings: &Settings, pairs: &mut BTreeSet<Pair>) {
        if a.key.unit == b.key.unit {
            return;
        }
        let ordered = if a.key.unit < b.key.unit { (&a.key.unit, &b.key.unit) } else { (&b.key.unit, &a.key.unit) };
        let pair = (ordered.0.clone(), ordered.1.clone());
        if pairs.contains(&pair) {
            return;
        }
        let later = if a.order() > b.order() { a } else { b };
        let said = self.ledgers.contains_key(&subject(&pair.0, &pair.1));
        if said || of_later(field, later, settings).iter().any(|s| s.key == a.key || s.key == b.key) {
            pairs.insert(pair);
        }
    }

    /// What changes about the meetings of a pair.
    pub fn follow(
        &mut self,
        field: &Field,
        pair: &Pair,
        settings: &Settings,
        ground: Ground,
        who: &Speaker<'_>,
    ) -> (&Ledger, Vec<Said>) {
        let found = between(field, &pair.0, &pair.1, settings);
        let ledger = self.ledgers.entry(subject(&pair.0, &pair.1)).or_default();
        let mut said = Vec::new();
        ledger.reconcile(|_| true, found, ground, who, &mut said);
        (ledger, said)
    }

    /// Forgets meetings that ended before `horizon`.
    pub fn forget_before(&mut self, horizon: Millis) {
        for ledger in self.ledgers.values_mut() {
            ledger.alerts.retain(|a| !a.is_past(horizon));
        }
        self.ledgers.retain(|_, ledger| !ledger.alerts.is_empty());
    }
}
