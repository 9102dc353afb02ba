//! Two sets of alerts beside each other.
//!
//! Alerts of one journey, kind and subject belong together when their ids agree, else by greatest overlap in time (greedy,
//! then earlier onset), as a rewind matches them (DETECTION, 4.4). What is left over is lost or gained. A retracted alert
//! does not stand.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

use crate::app::stretch::{Standing, Standings};
use crate::domain::alert::Kind;
use crate::domain::time::{Millis, Rfc3339};

/// The result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Hashes of the rulebooks: old, new.
    pub rulebooks: (String, String),
    /// Units times UTC days with a fix in a journey.
    pub vehicle_days: usize,
    /// `rulebook` records that were passed over.
    pub rulebook_records: u64,
    /// By kind, in the order of FORMATS, section 3.
    pub kinds: Vec<KindChange>,
}

/// One kind.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct KindChange {
    /// Kind.
    pub kind: String,
    /// Alerts that stand: under the old rulebook, under the new one.
    pub stand: (usize, usize),
    /// Of these, announced to a desk.
    pub announced: (usize, usize),
    /// By priority: old, new.
    pub priorities: BTreeMap<String, (usize, usize)>,
    /// Only the new rulebook says it.
    pub gained: Vec<Told>,
    /// Only the old one did.
    pub lost: Vec<Told>,
    /// Both, but not the same.
    pub changed: Vec<Changed>,
}

/// An alert in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// Id.
    pub alert: String,
    /// Unit.
    pub unit: Option<String>,
    /// Journey.
    pub journey: Option<String>,
    /// Subject.
    pub subject: String,
    /// Priority.
    pub priority: String,
    /// It was announced.
    pub announced: bool,
    /// First evidence, RFC 3339.
    pub onset: String,
    /// End, RFC 3339.
    pub ended: Option<String>,
}

/// An alert under both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// Under the old rulebook.
    pub old: Told,
    /// Under the new one.
    pub new: Told,
    /// Which of `priority`, `onset`, `ended`, `announced` differ.
    pub what: Vec<&'static str>,
}

impl Told {
    fn of(standing: &Standing) -> Told {
        let r = &standing.newest;
        Told {
            alert: r.alert.clone(),
            unit: r.unit.clone(),
            journey: r.journey.clone(),
            subject: r.subject.clone(),
            priority: r.priority.name().to_owned(),
            announced: standing.announced,
            onset: Rfc3339(r.onset).to_string(),
            ended: r.ended.map(|t| Rfc3339(t).to_string()),
        }
    }
}

type Matter<'a> = (Kind, Option<&'a str>, Option<&'a str>, &'a str);

/// Compares what stands.
pub(super) fn compare(
    old: &Standings,
    new: &Standings,
    window: &Range<Millis>,
    rulebooks: (String, String),
    vehicle_days: usize,
    rulebook_records: u64,
) -> Comparison {
    let mut matters: BTreeMap<Matter<'_>, (Vec<&Standing>, Vec<&Standing>)> = BTreeMap::new();
    for (side, standings) in [(0, old), (1, new)] {
        let counts = |s: &&Standing| !s.retracted() && window.contains(&s.newest.onset);
        for standing in standings.alerts.values().filter(counts) {
            let r = &standing.newest;
            let matter = (r.kind, r.unit.as_deref(), r.journey.as_deref(), r.subject.as_str());
            let lists = matters.entry(matter).or_default();
            if side == 0 { lists.0.push(standing) } else { lists.1.push(standing) }
        }
    }
    let mut kinds: BTreeMap<Kind, KindChange> = BTreeMap::new();
    for ((kind, ..), (old, new)) in matters {
        let entry =
            kinds.entry(kind).or_insert_with(|| KindChange { kind: kind.name().to_owned(), ..KindChange::default() });
        entry.add(&old, &new);
    }
    let mut kinds: Vec<KindChange> = kinds.into_values().collect();
    for kind in &mut kinds {
        let order = |told: &Told| (told.onset.clone(), told.alert.clone());
        kind.gained.sort_by_key(order);
        kind.lost.sort_by_key(order);
        kind.changed.sort_by_key(|c| order(&c.old));
    }
    Comparison { rulebooks, vehicle_days, rulebook_records, kinds }
}

impl KindChange {
    fn add(&mut self, old: &[&Standing], new: &[&Standing]) {
        let count = |list: &[&Standing]| (list.len(), list.iter().filter(|s| s.announced).count());
        let ((o, heard_o), (n, heard_n)) = (count(old), count(new));
        self.stand = (self.stand.0 + o, self.stand.1 + n);
        self.announced = (self.announced.0 + heard_o, self.announced.1 + heard_n);
        for standing in old {
            self.priorities.entry(standing.newest.priority.name().to_owned()).or_default().0 += 1;
        }
        for standing in new {
            self.priorities.entry(standing.newest.priority.name().to_owned()).or_default().1 += 1;
        }
        let pairs = pairs(old, new);
        for (i, j) in &pairs {
            let what = differences(old[*i], new[*j]);
            if !what.is_empty() {
                self.changed.push(Changed { old: Told::of(old[*i]), new: Told::of(new[*j]), what });
            }
        }
        let left = |list: &[&Standing], taken: &dyn Fn(usize) -> bool| -> Vec<Told> {
            (0..list.len()).filter(|i| !taken(*i)).map(|i| Told::of(list[i])).collect()
        };
        self.lost.extend(left(old, &|i| pairs.iter().any(|p| p.0 == i)));
        self.gained.extend(left(new, &|j| pairs.iter().any(|p| p.1 == j)));
    }
}

/// Which old alert is which new one.
fn pairs(old: &[&Standing], new: &[&Standing]) -> Vec<(usize, usize)> {
    let span = |s: &Standing| (s.newest.onset, s.newest.ended.unwrap_or(Millis::MAX));
    let mut candidates = Vec::new();
    for (i, a) in old.iter().enumerate() {
        for (j, b) in new.iter().enumerate() {
            let ((from_a, to_a), (from_b, to_b)) = (span(a), span(b));
            let overlap = to_a.min(to_b).saturating_sub(from_a.max(from_b));
            let same = a.newest.alert == b.newest.alert;
            if same || overlap >= 0 {
                candidates.push((!same, Reverse(overlap), from_a, i, j));
            }
        }
    }
    candidates.sort_unstable();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (_, _, _, i, j) in candidates {
        if !pairs.iter().any(|p| p.0 == i || p.1 == j) {
            pairs.push((i, j));
        }
    }
    pairs
}

fn differences(old: &Standing, new: &Standing) -> Vec<&'static str> {
    let (a, b) = (&old.newest, &new.newest);
    let mut what = Vec::new();
    if a.priority != b.priority {
        what.push("priority");
    }
    if a.onset != b.onset {
        what.push("onset");
    }
    if a.ended != b.ended {
        what.push("ended");
    }
    if old.announced != new.announced {
        what.push("announced");
    }
    what
}
