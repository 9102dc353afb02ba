//! Counts that grow log by log: what was found, missed, false, late and how fast, a kind and a group of journeys.
//!
//! Each log is judged by itself, so that memory holds the counts of a campaign and not its alarms.

use std::collections::{BTreeMap, BTreeSet};

use super::figures::{FalseAlarm, Group, KindScore, Matrix, Miss, Samples, Score, rate};
use super::ledger::Ledger;
use super::pairing::{Verdict, View, pair};
use super::reasons;
use crate::app::simulate::{Plant, Stratum, Truth, TruthJourney};
use crate::domain::time::{Millis, Rfc3339, SECOND};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    by: Vec<String>,
    /// Baselines are wrong so often that their errors are counted only.
    listing: bool,
    groups: BTreeMap<Place, Partial>,
    missed: Vec<Miss>,
    slow: Vec<Miss>,
    false_alarms: Vec<FalseAlarm>,
}

/// Where a group stands: the whole first, then by property, number and name.
type Place = (usize, i64, String);

/// A group that grows.
#[derive(Clone, Debug, Default)]
struct Partial {
    group: Group,
    kinds: BTreeMap<String, (KindScore, Samples)>,
}

/// Scores a ledger; `by` names properties of journeys (`interval`, `environment`, `delivery`, `mount`, `clean`) to divide by.
pub fn score(truth: &Truth, ledger: &Ledger, by: &[String]) -> Score {
    let mut tally = Tally::new(by, true);
    tally.add(truth, ledger);
    tally.finish()
}

/// The value of a property; `None` where the journey belongs to no group of it.
fn value(journey: &TruthJourney, property: &str) -> Option<String> {
    match property {
        "interval" => Some(journey.interval_s.to_string()),
        "environment" => Some(journey.environment.clone()),
        "mount" => Some(journey.mount.clone()),
        "clean" => journey.clean.then(|| journey.interval_s.to_string()),
        _ => Some(journey.delivery.clone()),
    }
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(by: &[String], listing: bool) -> Tally {
        Tally { by: by.to_vec(), listing, ..Tally::default() }
    }

    /// Judges a log.
    pub fn add(&mut self, truth: &Truth, ledger: &Ledger) {
        let (last, announced) =
            (pair(truth, &ledger.alarms, View::Final), pair(truth, &ledger.alarms, View::Announced));
        let judged = Judged { truth, ledger, found: [found(&last), found(&announced)], last, announced };
        judged.group((0, 0, "all".to_owned()), &|_| true, &mut self.groups);
        for (i, property) in self.by.iter().enumerate() {
            let names: BTreeSet<String> = truth.journeys.iter().filter_map(|j| value(j, property)).collect();
            for name in names {
                let place = (i + 1, name.parse::<i64>().unwrap_or(0), format!("{property}={name}"));
                judged.group(place, &|j| value(j, property).as_ref() == Some(&name), &mut self.groups);
            }
        }
        if self.listing {
            judged.list(self);
        }
    }

    /// Adds what was counted elsewhere, by the same properties.
    pub fn merge(&mut self, other: Tally) {
        for (place, more) in other.groups {
            self.groups.entry(place).or_default().merge(more);
        }
        self.missed.extend(other.missed);
        self.slow.extend(other.slow);
        self.false_alarms.extend(other.false_alarms);
    }

    /// Says in front of each false alarm's journey where that was.
    pub fn name_false_alarms(&mut self, name: &str) {
        self.false_alarms.iter_mut().for_each(|alarm| alarm.journey.insert_str(0, name));
    }

    /// Observable violations so far.
    pub fn observable(&self, kind: &str) -> u64 {
        let all = self.groups.values().next();
        all.and_then(|all| all.kinds.get(kind)).map_or(0, |(score, _)| score.last.observable.1)
    }

    /// The figures.
    pub fn finish(self) -> Score {
        let groups = self.groups.into_iter().map(|(place, partial)| partial.finish(place.2)).collect();
        Score { groups, missed: self.missed, slow: self.slow, false_alarms: self.false_alarms }
    }
}

impl Partial {
    fn merge(&mut self, other: Partial) {
        let (mine, more) = (&mut self.group, other.group);
        mine.vehicle_days += more.vehicle_days;
        mine.driving_h += more.driving_h;
        mine.alarms += more.alarms;
        mine.annunciated += more.annunciated;
        mine.false_annunciated += more.false_annunciated;
        mine.false_high += more.false_high;
        for (mine, more) in [(&mut mine.confusion, more.confusion), (&mut mine.companions, more.companions)] {
            for (row, columns) in more {
                for (column, n) in columns {
                    note(mine, &row, &column, n);
                }
            }
        }
        for (kind, (score, samples)) in other.kinds {
            let entry = self.kinds.entry(kind).or_default();
            entry.0.add(&score);
            entry.1.add(samples);
        }
    }

    fn finish(self, name: String) -> Group {
        let days = self.group.vehicle_days;
        let per_day = |n: u64| n as f64 / days.max(f64::MIN_POSITIVE);
        let hours = self.group.driving_h;
        let kinds = self.kinds.into_iter().map(|(kind, (score, samples))| score.finish(&kind, samples, days, hours));
        Group {
            name,
            kinds: kinds.collect(),
            alarms_per_day: per_day(self.group.alarms),
            annunciated_per_day: per_day(self.group.annunciated),
            false_annunciated_per_day: rate(self.group.false_annunciated, days),
            ..self.group
        }
    }
}

/// A log with its verdicts.
struct Judged<'a> {
    truth: &'a Truth,
    ledger: &'a Ledger,
    last: Vec<Verdict>,
    announced: Vec<Verdict>,
    /// Violations that the final ledger found, and the announcements.
    found: [BTreeSet<usize>; 2],
}

fn found(verdicts: &[Verdict]) -> BTreeSet<usize> {
    let lists = verdicts.iter().filter_map(|v| if let Verdict::Found(list) = v { Some(list) } else { None });
    lists.flatten().copied().collect()
}

impl Judged<'_> {
    fn group(&self, place: Place, of: &dyn Fn(&TruthJourney) -> bool, groups: &mut BTreeMap<Place, Partial>) {
        let journeys: Vec<&TruthJourney> = self.truth.journeys.iter().filter(|j| of(j)).collect();
        let mut ids: BTreeSet<&str> = journeys.iter().map(|j| j.journey.as_str()).collect();
        if place.0 == 0 {
            // What concerns several journeys belongs to the whole only.
            ids.insert("");
        }
        let partial = groups.entry(place).or_default();
        let share = journeys.len() as f64 / (self.truth.journeys.len() as f64).max(1.0);
        partial.group.vehicle_days += self.truth.header.vehicle_days * share;
        partial.group.driving_h += journeys.iter().map(|j| j.driving_s as f64).sum::<f64>() / 3600.0;
        self.count_plants(&ids, partial);
        for (i, alarm) in self.ledger.alarms.iter().enumerate() {
            if ids.contains(alarm.journey.as_str()) {
                self.count_alarm(i, partial);
            }
        }
    }

    /// A zone that was found crossed is a found `zone_enter`.
    fn counted_as(&self, i: usize) -> &str {
        match &self.last[i] {
            Verdict::Found(list) => &self.truth.plants[list[0]].kind,
            Verdict::Duplicate(plant) | Verdict::Guard(plant) => &self.truth.plants[*plant].kind,
            _ => &self.ledger.alarms[i].kind,
        }
    }

    fn count_plants(&self, ids: &BTreeSet<&str>, partial: &mut Partial) {
        for (i, plant) in self.truth.plants.iter().enumerate().filter(|(_, p)| ids.contains(p.journey.as_str())) {
            let entry = &mut partial.kinds.entry(plant.kind.clone()).or_default().0;
            for (strata, found) in [&mut entry.last, &mut entry.announced].into_iter().zip(&self.found) {
                let pair = match plant.stratum {
                    Stratum::Observable => &mut strata.observable,
                    Stratum::Brief => &mut strata.brief,
                    Stratum::Dark => &mut strata.dark,
                    Stratum::Guard => {
                        strata.guard += 1;
                        continue;
                    }
                };
                let hit = u64::from(found.contains(&i));
                *pair = (pair.0 + hit, pair.1 + 1);
                if plant.stratum == Stratum::Observable && is_plain(plant) {
                    strata.plain = (strata.plain.0 + hit, strata.plain.1 + 1);
                }
                if plant.stratum == Stratum::Dark && !plant.detail.untold {
                    strata.told = (strata.told.0 + hit, strata.told.1 + 1);
                }
            }
            if plant.stratum == Stratum::Observable && !self.found[0].contains(&i) {
                note(&mut partial.group.confusion, &plant.kind, "none", 1);
            }
        }
    }

    fn count_alarm(&self, i: usize, partial: &mut Partial) {
        let alarm = &self.ledger.alarms[i];
        let group = &mut partial.group;
        group.alarms += 1;
        group.annunciated += u64::from(alarm.annunciated);
        let (kind, samples) = partial.kinds.entry(self.counted_as(i).to_owned()).or_default();
        kind.alarms += u64::from(self.last[i] != Verdict::Retracted);
        kind.retracted += u64::from(alarm.retracted);
        kind.late += u64::from(alarm.late);
        kind.chatter += u64::from(alarm.chatter);
        kind.fleeting += u64::from(alarm.fleeting);
        kind.annunciated += u64::from(alarm.annunciated);
        kind.announced_false += u64::from(self.announced[i] == Verdict::False);
        match &self.last[i] {
            Verdict::Found(list) => {
                kind.found += 1;
                let plant = &self.truth.plants[list[0]];
                note(&mut group.confusion, &plant.kind, &alarm.kind, 1);
                let seconds = |ms: i64| ms as f64 / SECOND as f64;
                let due = plant.from + plant.detail.threshold_s.unwrap_or(0) * SECOND;
                samples.onset.push(seconds(alarm.onset - plant.from));
                // What could not be seen when it began has no delay that a detector could answer for.
                if plant.stratum == Stratum::Observable {
                    samples.delay.push(seconds(alarm.raised - due));
                    if let Some(in_time) = self.in_time(plant, alarm.raised) {
                        kind.in_time = (kind.in_time.0 + u64::from(in_time), kind.in_time.1 + 1);
                    }
                    if !alarm.late {
                        samples.said.push(seconds(alarm.first_log_time - due));
                    }
                }
            }
            Verdict::Duplicate(_) => kind.duplicates += 1,
            Verdict::Companion(plant) => {
                kind.companions += 1;
                note(&mut group.companions, &self.truth.plants[*plant].kind, &alarm.kind, 1);
            }
            Verdict::False => {
                kind.false_alarms += 1;
                note(&mut group.confusion, "none", &alarm.kind, 1);
                kind.false_annunciated += u64::from(alarm.annunciated);
                group.false_annunciated += u64::from(alarm.annunciated);
                group.false_high += u64::from(alarm.high);
            }
            Verdict::Guard(_) | Verdict::Unjudged | Verdict::Retracted => {}
        }
    }

    /// Whether a jump was raised within max(70 s, three intervals) of its begin, or with the fix that makes it observable (M8);
    /// `None` of other kinds.
    fn in_time(&self, plant: &Plant, raised: Millis) -> Option<bool> {
        let proof_s = plant.detail.proof_s?;
        let journey = self.truth.journeys.iter().find(|j| j.journey == plant.journey)?;
        Some(raised - plant.from <= (3 * journey.interval_s).max(70).max(proof_s) * SECOND)
    }

    fn list(&self, tally: &mut Tally) {
        let journeys: BTreeMap<&str, &TruthJourney> =
            self.truth.journeys.iter().map(|j| (j.journey.as_str(), j)).collect();
        let of = |journey: &str| journeys.get(journey).map_or((0, "", false), |j| (j.interval_s, &j.delivery, j.clean));
        for (i, plant) in self.truth.plants.iter().enumerate() {
            if plant.stratum == Stratum::Observable && !self.found[0].contains(&i) {
                let (interval_s, delivery, _) = of(&plant.journey);
                let reason = reasons::of_miss(plant, self.truth, &self.ledger.alarms);
                tally.missed.push(Miss { plant: plant.clone(), reason, interval_s, delivery: delivery.to_owned() });
            }
        }
        for (alarm, verdict) in self.ledger.alarms.iter().zip(&self.last) {
            let Verdict::Found(list) = verdict else { continue };
            let plant = &self.truth.plants[list[0]];
            if plant.stratum == Stratum::Observable && self.in_time(plant, alarm.raised) == Some(false) {
                let (interval_s, delivery, _) = of(&plant.journey);
                let reason = format!("raised {} s after its begin", (alarm.raised - plant.from) / SECOND);
                tally.slow.push(Miss { plant: plant.clone(), reason, interval_s, delivery: delivery.to_owned() });
            }
        }
        for (alarm, _) in self.ledger.alarms.iter().zip(&self.last).filter(|(_, v)| **v == Verdict::False) {
            let (interval_s, delivery, clean) = of(&alarm.journey);
            tally.false_alarms.push(FalseAlarm {
                alert: alarm.alert.clone(),
                kind: alarm.kind.clone(),
                subject: alarm.subject.clone(),
                journey: alarm.journey.clone(),
                raised: Rfc3339(alarm.raised).to_string(),
                annunciated: alarm.annunciated,
                high: alarm.high,
                reason: reasons::of_false(alarm, self.truth, clean),
                interval_s,
                delivery: delivery.to_owned(),
            });
        }
    }
}

fn note(table: &mut Matrix, row: &str, column: &str, n: u64) {
    *table.entry(row.to_owned()).or_default().entry(column.to_owned()).or_default() += n;
}

/// DETECTION, section 8, M1: halts by their length, zones by the fixes inside.
fn is_plain(plant: &Plant) -> bool {
    match plant.kind.as_str() {
        "unusual_stop" => plant.detail.threshold_s >= Some(600),
        "zone_enter" => plant.detail.fixes >= Some(2),
        _ => true,
    }
}
