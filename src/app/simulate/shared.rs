//! What concerns several vehicles, in the truth: who stood with whom, where many stood, where many were silent or jammed.
//!
//! Every vehicle-day leaves its halts and spells behind; when all have been driven they are held against each other. The
//! definitions are measured on the noise-free way, planted or not; what is near a threshold is a guard.

use std::collections::BTreeMap;

use super::truth::{Detail, Plant, Stratum};
use crate::domain::alert::Kind;
use crate::domain::position::Position;
use crate::domain::second::{meeting, region};
use crate::domain::time::{Millis, SECOND};

/// So many silent units make a regional outage at the least (DETECTION, 2.5); no key of the rulebook says so.
const SILENT_UNITS: usize = 3;

/// Thresholds of what concerns several vehicles, from the rulebook's settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Together {
    /// Two stand together within, metres.
    pub meeting_m: f64,
    /// The same, for noisy fixes.
    pub meeting_max_m: f64,
    /// For so long, seconds.
    pub meeting_s: i64,
    /// So many are a crowd.
    pub crowd_units: usize,
    /// Within, metres.
    pub crowd_m: f64,
    /// So many jammed units make a region.
    pub jammed_units: usize,
    /// Size of a region, kilometres.
    pub region_km: f64,
    /// Units that fall silent within so long of each other are one outage, seconds.
    pub silent_within_s: i64,
}

impl Together {
    /// So long a proven meeting must last to be observable, seconds: as a stop (DETECTION, section 6.4).
    fn observable_s(&self) -> f64 {
        1.15 * self.meeting_s as f64 + 30.0
    }
}

impl Default for Together {
    fn default() -> Together {
        Together {
            meeting_m: 60.0,
            meeting_max_m: 120.0,
            meeting_s: 300,
            crowd_units: 4,
            crowd_m: 300.0,
            jammed_units: 3,
            region_km: 50.0,
            silent_within_s: 300,
        }
    }
}

/// A halt of two minutes and more outside every place where one may stand.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Halt {
    /// Unit.
    pub(super) unit: String,
    /// Where.
    pub(super) place: Position,
    /// Begin.
    pub(super) from: Millis,
    /// End.
    pub(super) to: Millis,
    /// Times of sound fixes within, ascending.
    pub(super) fixes: Vec<Millis>,
    /// Seconds between two fixes.
    pub(super) interval_s: i64,
}

/// A planted spell of one unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hit {
    /// Unit.
    pub(super) unit: String,
    /// Kind of the alert of its region.
    pub(super) kind: Kind,
    /// Begin.
    pub(super) from: Millis,
    /// End.
    pub(super) to: Millis,
    /// Where it was at the begin.
    pub(super) place: Position,
    /// And five minutes before.
    pub(super) before: Position,
    /// When it was last heard, if it then was silent for long enough to say so. Who had lost contact before it began did not
    /// fall silent in it.
    pub(super) fell: Option<Millis>,
}

/// What the vehicle-days have left behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    /// Halts.
    pub(super) halts: Vec<Halt>,
    /// Spells.
    pub(super) hits: Vec<Hit>,
}

impl Shared {
    /// Everything that several vehicles did or suffered.
    pub(super) fn plants(&mut self, terms: &Together) -> Vec<Plant> {
        self.halts.sort_by(|a, b| (a.from, &a.unit).cmp(&(b.from, &b.unit)));
        let mut plants = Vec::new();
        let mut crowds: Vec<(Millis, Millis, Position, bool)> = Vec::new();
        // Those that began before and still stand: whatever the campaign, there are few.
        let mut standing: Vec<&Halt> = Vec::new();
        for (i, later) in self.halts.iter().enumerate() {
            standing.retain(|h| h.to >= later.from);
            let there: Vec<&Halt> = standing
                .iter()
                .copied()
                .filter(|h| h.unit != later.unit && h.to > later.from)
                .filter(|h| h.place.distance_m(later.place) < 1.2 * terms.crowd_m)
                .collect();
            let within = |metres: f64, long: &dyn Fn(&Halt) -> bool| {
                let mut units: Vec<&str> = there
                    .iter()
                    .filter(|h| long(h) && h.place.distance_m(later.place) <= metres)
                    .map(|h| h.unit.as_str())
                    .collect();
                units.sort_unstable();
                units.dedup();
                units.len() + 1
            };
            let lasts = (later.to - later.from) / SECOND;
            let nearly = |h: &Halt| (h.to.min(later.to) - later.from) * 10 >= terms.meeting_s * SECOND * 9;
            if within(1.1 * terms.crowd_m, &nearly) >= terms.crowd_units && lasts * 10 >= terms.meeting_s * 9 {
                let seen = |h: &Halt| is_seen(h, later, terms);
                let firm = within(0.8 * terms.crowd_m, &seen) >= terms.crowd_units;
                crowds.push((later.from, later.to, later.place, firm));
            }
            plants.extend(there.iter().filter_map(|earlier| {
                // Where more come while the two stand, it depends on their order whether that is a crowd.
                let until = earlier.to.min(later.to);
                let around = around(&standing, &self.halts[i..], until, 1.2 * terms.crowd_m);
                pair(earlier, later, around >= terms.crowd_units, terms)
            }));
            standing.push(later);
        }
        plants.extend(merged(crowds));
        plants.extend(self.regions(terms));
        plants
    }

    /// Spells of one kind that lie in one cell and begin together.
    fn regions(&self, terms: &Together) -> Vec<Plant> {
        let resolution = region::resolution(terms.region_km);
        let mut cells: BTreeMap<(Kind, Millis, u64), Vec<&Hit>> = BTreeMap::new();
        for hit in &self.hits {
            cells.entry((hit.kind, hit.from, region::cell(hit.place, resolution))).or_default().push(hit);
        }
        let mut plants = Vec::new();
        for ((kind, from, cell), hits) in cells {
            // Jamming is counted within a radius, whatever the cells.
            let all: Vec<&Hit> = self.hits.iter().filter(|h| h.kind == kind && h.from == from).collect();
            let hits = if kind == Kind::Jamming { &all } else { &hits };
            let enough = if kind == Kind::Jamming { terms.jammed_units } else { SILENT_UNITS };
            if hits.len() < enough
                || plants.iter().any(|p: &Plant| p.kind == kind.name() && p.from == from && kind == Kind::Jamming)
            {
                continue;
            }
            let firm = hits.iter().filter(|h| region::cell(h.before, resolution) == cell);
            let sure = kind == Kind::Jamming || together(firm.filter_map(|h| h.fell), terms) >= enough;
            let to = hits.iter().map(|h| h.to).max().unwrap_or(from);
            let stratum = if sure { Stratum::Observable } else { Stratum::Guard };
            plants.push(plant(kind, region::subject(cell), from, to, stratum, None));
        }
        plants
    }
}

/// How many fell silent within the time in which that is one outage, at the most.
fn together(fell: impl Iterator<Item = Millis>, terms: &Together) -> usize {
    let mut fell: Vec<Millis> = fell.collect();
    fell.sort_unstable();
    let until = |first: Millis| first + terms.silent_within_s * SECOND;
    (0..fell.len()).map(|i| fell[i..].iter().take_while(|t| **t <= until(fell[i])).count()).max().unwrap_or(0)
}

/// Units that stand within `metres` of the first of `from_here` at any time between its begin and `to`: of those that began
/// before, and of those that came later, in order of their begin.
fn around(before: &[&Halt], from_here: &[Halt], to: Millis, metres: f64) -> usize {
    let Some(halt) = from_here.first() else { return 0 };
    let later = from_here.iter().take_while(|h| h.from <= to);
    let all = before.iter().copied().chain(later).filter(|h| h.place.distance_m(halt.place) <= metres);
    let mut units: Vec<&str> = all.map(|h| h.unit.as_str()).collect();
    units.sort_unstable();
    units.dedup();
    units.len()
}

/// A meeting of two, where it is one or nearly one.
fn pair(earlier: &Halt, later: &Halt, crowded: bool, terms: &Together) -> Option<Plant> {
    let metres = earlier.place.distance_m(later.place);
    let to = earlier.to.min(later.to);
    let lasts_s = (to - later.from) / SECOND;
    if metres > 1.25 * terms.meeting_max_m || lasts_s * 10 < terms.meeting_s * 9 {
        return None;
    }
    let near = metres > 0.9 * terms.meeting_m || lasts_s * 10 < terms.meeting_s * 11;
    let stratum = match () {
        () if near || crowded => Stratum::Guard,
        () if is_seen(earlier, later, terms) => Stratum::Observable,
        () => Stratum::Brief,
    };
    let subject = meeting::subject(&earlier.unit, &later.unit);
    Some(plant(Kind::Rendezvous, subject, later.from, to, stratum, Some(metres as i64)))
}

/// Whether fixes can tell that two halts overlap for long enough: they last long enough to be observable, and between the
/// first sound fix of the one and the last of the other lies the time that is asked for. At 300 s the first fix of a halt may come
/// five minutes after its begin.
fn is_seen(earlier: &Halt, later: &Halt, terms: &Together) -> bool {
    let until = proven(earlier).min(proven(later));
    let first = |halt: &Halt| halt.fixes.first().copied().unwrap_or(halt.to);
    (until - later.from) as f64 >= terms.observable_s() * 1000.0
        && until - first(earlier).max(first(later)) >= terms.meeting_s * SECOND
}

/// Until when the fixes of a halt can prove it: its last sound one, where six in ten of those that are due have come.
fn proven(halt: &Halt) -> Millis {
    let enough = halt.fixes.len() as i64 * 10 >= (halt.to - halt.from) / SECOND / halt.interval_s * 6;
    let last = halt.fixes.last().filter(|_| enough && halt.fixes.len() >= 2);
    last.copied().unwrap_or(halt.from)
}

/// Crowds that overlap in time and place are one.
fn merged(mut crowds: Vec<(Millis, Millis, Position, bool)>) -> Vec<Plant> {
    crowds.sort_by_key(|c| (c.0, c.1, c.2));
    let mut out: Vec<(Millis, Millis, Position, bool)> = Vec::new();
    for crowd in crowds {
        let same = |old: &&mut (Millis, Millis, Position, bool)| crowd.0 <= old.1 && old.2.distance_m(crowd.2) < 600.0;
        match out.iter_mut().find(same) {
            Some(old) => {
                old.1 = old.1.max(crowd.1);
                old.3 |= crowd.3;
            }
            None => out.push(crowd),
        }
    }
    out.into_iter()
        .map(|(from, to, place, firm)| {
            let stratum = if firm { Stratum::Observable } else { Stratum::Guard };
            plant(Kind::Crowd, region::subject(region::cell(place, 8)), from, to, stratum, None)
        })
        .collect()
}

fn plant(kind: Kind, subject: String, from: Millis, to: Millis, stratum: Stratum, metres: Option<i64>) -> Plant {
    Plant {
        plant: String::new(),
        unit: String::new(),
        journey: String::new(),
        kind: kind.name().to_owned(),
        subject,
        from,
        to,
        stratum,
        detail: Detail { metres, ..Detail::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outage(fell_s: &[Option<i64>]) -> Vec<Stratum> {
        let place = region::middle(region::cell(Position::from_e6(29.0e6, 41.0e6), 4)).unwrap();
        let hit = |(i, fell): (usize, &Option<i64>)| Hit {
            unit: format!("u{i}"),
            kind: Kind::RegionalOutage,
            from: 10_000 * SECOND,
            to: 12_000 * SECOND,
            place,
            before: place,
            fell: fell.map(|s| s * SECOND),
        };
        let mut shared = Shared { hits: fell_s.iter().enumerate().map(hit).collect(), ..Shared::default() };
        shared.plants(&Together::default()).into_iter().map(|p| p.stratum).collect()
    }

    #[test]
    fn who_had_lost_contact_before_did_not_fall_silent_with_the_others() {
        assert_eq!(outage(&[Some(9_990), Some(9_995), Some(10_000)]), [Stratum::Observable]);
        assert_eq!(outage(&[Some(9_990), Some(9_995), None]), [Stratum::Guard]);
        assert_eq!(outage(&[Some(9_990), None]), [], "two are no region");
    }

    #[test]
    fn a_meeting_that_fixes_saw_begin_too_late_is_brief() {
        let stratum = |later_fixes_s: &[i64]| {
            let halt = |unit: &str, from_s: i64, fixes_s: &[i64]| Halt {
                unit: unit.to_owned(),
                place: Position::from_e6(29.0e6, 41.0e6),
                from: from_s * SECOND,
                to: 1_675 * SECOND,
                fixes: fixes_s.iter().map(|s| s * SECOND).collect(),
                interval_s: 300,
            };
            let halts = vec![halt("a", 0, &[100, 400, 700, 1_000, 1_300, 1_600]), halt("b", 1_000, later_fixes_s)];
            Shared { halts, ..Shared::default() }.plants(&Together::default())[0].stratum
        };
        assert_eq!(stratum(&[1_050, 1_350, 1_650]), Stratum::Observable);
        assert_eq!(stratum(&[1_310, 1_610]), Stratum::Brief, "they are seen together for 290 s");
    }

    #[test]
    fn silences_further_apart_than_the_window_are_not_one_outage() {
        assert_eq!(outage(&[Some(9_700), Some(9_900), Some(10_000)]), [Stratum::Observable]);
        assert_eq!(outage(&[Some(9_699), Some(9_900), Some(10_000)]), [Stratum::Guard]);
        assert_eq!(outage(&[Some(9_500), Some(9_700), Some(9_900), Some(10_000)]), [Stratum::Observable]);
    }
}
