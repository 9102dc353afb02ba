//! Gatherings: several units near each other at the same time; vehicles that stand (a crowd), units that are jammed.
//!
//! A span is *dense* from when to when so many units are within the radius of it, itself among them. Dense stretches of
//! spans within the radius of each other that overlap in time are one gathering (the density of Ester et al. 1996,
//! "A density-based algorithm for discovering clusters", with time as a further condition). What is found is a function
//! of the set of spans: neither their order nor their number elsewhere matters.

use std::collections::{BTreeMap, BTreeSet};

use super::super::position::Position;
use super::super::time::Millis;
use super::field::{Field, Key, OPEN, Span};

/// What makes a gathering.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Metres around a span.
    pub radius_m: f64,
    /// Units within.
    pub units: usize,
    /// For so long, as far as proven.
    pub lasting: Millis,
    /// A span still counts so long after its end.
    pub slack: Millis,
}

/// One gathering.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathering {
    /// When there were first enough of them.
    pub from: Millis,
    /// When there were last enough; `None` while it goes on.
    pub to: Option<Millis>,
    /// Where its first dense span is.
    pub position: Position,
    /// Spans that took part, ascending.
    pub members: Vec<Key>,
    /// Highest risk tier of a member.
    pub risk: u8,
}

type Stretch = (Millis, Millis);

/// The gatherings that spans of `seeds` take part in, by begin.
pub fn around(field: &Field, seeds: &BTreeSet<Key>, terms: &Terms) -> Vec<Gathering> {
    let mut search = Search { field, terms, dense: BTreeMap::new() };
    let mut seen: BTreeSet<(Key, Millis)> = BTreeSet::new();
    let mut found: Vec<Gathering> = Vec::new();
    for seed in seeds {
        let Some(span) = field.get(seed) else { continue };
        // A member need not be dense itself: whoever stands beside a dense one belongs to it.
        for near in field.near(span.position, terms.radius_m, span.from - terms.slack, span.end() + terms.slack) {
            for stretch in search.dense(near).clone() {
                if !seen.contains(&(near.key.clone(), stretch.0)) {
                    found.push(search.gather(near, stretch, &mut seen));
                }
            }
        }
    }
    found.sort_by(|a, b| (a.from, &a.members).cmp(&(b.from, &b.members)));
    found
}

struct Search<'a> {
    field: &'a Field,
    terms: &'a Terms,
    dense: BTreeMap<Key, Vec<Stretch>>,
}

impl<'a> Search<'a> {
    fn dense(&mut self, span: &Span) -> &Vec<Stretch> {
        let (field, terms) = (self.field, self.terms);
        self.dense.entry(span.key.clone()).or_insert_with(|| dense(field, span, terms))
    }

    fn gather(&mut self, first: &'a Span, stretch: Stretch, seen: &mut BTreeSet<(Key, Millis)>) -> Gathering {
        let terms = self.terms;
        let mut members: BTreeSet<&Key> = BTreeSet::new();
        let (mut leader, mut to, mut risk) = ((stretch.0, first), stretch.1, 0);
        let mut open = vec![(first, stretch)];
        seen.insert((first.key.clone(), stretch.0));
        while let Some((span, (from, until))) = open.pop() {
            to = to.max(until);
            if (from, span.order()) < (leader.0, leader.1.order()) {
                leader = (from, span);
            }
            for near in self.field.near(span.position, terms.radius_m, from - terms.slack, until) {
                members.insert(&near.key);
                risk = risk.max(near.risk);
                for other in self.dense(near).clone() {
                    let together = other.0 <= until && from <= other.1;
                    if together && seen.insert((near.key.clone(), other.0)) {
                        open.push((near, other));
                    }
                }
            }
        }
        Gathering {
            from: leader.0,
            to: (to < OPEN).then_some(to),
            position: leader.1.position,
            members: members.into_iter().cloned().collect(),
            risk,
        }
    }
}

/// When a span is dense: maximal stretches, each proven to last long enough.
fn dense(field: &Field, span: &Span, terms: &Terms) -> Vec<Stretch> {
    let reach = |end: Millis| if end >= OPEN { OPEN } else { end + terms.slack };
    let near = field.near(span.position, terms.radius_m, span.from - terms.slack, reach(span.end()));
    let mut units: BTreeMap<&str, (Vec<Stretch>, Vec<Stretch>)> = BTreeMap::new();
    for other in &near {
        let (hoped, proven) = units.entry(&other.key.unit).or_default();
        hoped.push((other.from.max(span.from), reach(other.end()).min(reach(span.end()))));
        proven.push((other.from.max(span.from), reach(other.to).min(reach(span.to))));
    }
    if units.len() < terms.units {
        return Vec::new();
    }
    let (hoped, proven): (Vec<_>, Vec<_>) = units.into_values().unzip();
    let proven = crowded(proven, terms.units);
    let lasts = |(from, to): &Stretch| proven.iter().any(|(a, b)| from <= a && b <= to && b - a >= terms.lasting);
    crowded(hoped, terms.units).into_iter().filter(lasts).collect()
}

/// When at least so many of the units are there; each has its own list of stretches.
fn crowded(units: Vec<Vec<Stretch>>, least: usize) -> Vec<Stretch> {
    // A begin comes before an end of the same instant: to touch is to overlap.
    let mut turns: Vec<(Millis, i32)> = Vec::new();
    for mut stretches in units {
        stretches.retain(|(from, to)| from <= to);
        stretches.sort_unstable();
        let mut union: Option<Stretch> = None;
        for (from, to) in stretches {
            match &mut union {
                Some((_, end)) if from <= *end => *end = (*end).max(to),
                _ => {
                    let done = union.replace((from, to));
                    turns.extend(done.into_iter().flat_map(|(a, b)| [(a, -1), (b, 1)]));
                }
            }
        }
        turns.extend(union.into_iter().flat_map(|(a, b)| [(a, -1), (b, 1)]));
    }
    turns.sort_unstable();
    let (mut here, mut since, mut found) = (0usize, None, Vec::new());
    for (t, turn) in turns {
        if turn < 0 {
            here += 1;
            if here >= least {
                since = since.or(Some(t));
            }
        } else {
            here -= 1;
            if here < least
                && let Some(from) = since.take()
            {
                found.push((from, t));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::time::MINUTE;
    use super::*;

    const CROWD: Terms = Terms { radius_m: 300.0, units: 4, lasting: 5 * MINUTE, slack: 0 };

    fn field(spans: &[(&str, f64, Millis, Option<Millis>)]) -> (Field, BTreeSet<Key>) {
        let mut field = Field::new(300.0);
        let mut keys = BTreeSet::new();
        for (unit, east_m, from, to) in spans {
            let key = Key { unit: (*unit).to_owned(), journey: "J".to_owned(), from: *from, alert: String::new() };
            keys.insert(key.clone());
            field.insert(Span {
                key,
                position: Position { lat_e6: 41_000_000, lon_e6: 29_000_000 }.offset_m(*east_m, 0.0),
                sigma_m: 10,
                from: from * MINUTE,
                to: to.unwrap_or(from + 3) * MINUTE,
                open: to.is_none(),
                off_corridor: false,
                hints: 0,
                risk: 1,
            });
        }
        (field, keys)
    }

    #[test]
    fn four_within_300_m_for_five_minutes() {
        let four = |last: Millis, to| {
            [("a", 0.0, 0, Some(60)), ("b", 90.0, 1, Some(60)), ("c", 150.0, 2, Some(60)), ("d", 200.0, last, to)]
        };
        let (f, keys) = field(&four(10, Some(15)));
        let found = around(&f, &keys, &CROWD);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].from, found[0].to), (10 * MINUTE, Some(15 * MINUTE)));
        assert_eq!((found[0].members.len(), found[0].risk), (4, 1));
        let (f, keys) = field(&four(10, Some(14)));
        assert!(around(&f, &keys, &CROWD).is_empty(), "a minute short");
        let (f, keys) = field(&[("a", 0.0, 0, Some(60)), ("b", 90.0, 1, Some(60)), ("c", 150.0, 2, Some(60))]);
        assert!(around(&f, &keys, &CROWD).is_empty(), "three are not a crowd");
        let (f, keys) = field(&[
            ("a", 0.0, 0, Some(60)),
            ("a", 9.0, 30, Some(60)),
            ("c", 15.0, 2, Some(60)),
            ("d", 20.0, 3, Some(60)),
        ]);
        assert!(around(&f, &keys, &CROWD).is_empty(), "one unit counts once");
    }

    #[test]
    fn proof_is_needed_and_what_is_open_goes_on() {
        let (f, keys) =
            field(&[("a", 0.0, 0, Some(60)), ("b", 1.0, 1, Some(60)), ("c", 2.0, 2, Some(60)), ("d", 3.0, 10, None)]);
        assert!(around(&f, &keys, &CROWD).is_empty(), "three minutes are proven");
        let mut f = f;
        let open = Key { unit: "d".into(), journey: "J".into(), from: 10, alert: String::new() };
        let mut span = f.get(&open).cloned().unwrap();
        span.to += 2 * MINUTE;
        f.insert(span);
        let found = around(&f, &keys, &CROWD);
        assert_eq!((found[0].from, found[0].to), (10 * MINUTE, Some(60 * MINUTE)), "the others leave after an hour");
    }

    #[test]
    fn a_chain_is_one_gathering_and_any_member_finds_it() {
        let chain: Vec<(String, f64)> = (0..12).map(|i| (format!("u{i:02}"), f64::from(i) * 90.0)).collect();
        let spans: Vec<_> = chain.iter().map(|(u, e)| (u.as_str(), *e, 0, Some(30))).collect();
        let (f, keys) = field(&spans);
        let all = around(&f, &keys, &CROWD);
        assert_eq!((all.len(), all[0].members.len()), (1, 12));
        for key in &keys {
            assert_eq!(around(&f, &BTreeSet::from([key.clone()]), &CROWD), all);
        }
    }
}
