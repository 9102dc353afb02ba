//! Counts: what was found, missed, false, late and how fast, a kind and a group of journeys.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::chance::{binomial, poisson, quantile};
use super::ledger::{Alarm, Ledger};
use super::pairing::{Verdict, View, pair};
use crate::app::simulate::{Plant, Stratum, Truth, TruthJourney};
use crate::domain::time::SECOND;

/// The whole result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// All journeys first, then those of each interval, environment and delivery that was asked for.
    pub groups: Vec<Group>,
    /// Observable violations that the final ledger lacks.
    pub missed: Vec<Plant>,
    /// Ids of alarms that are false in the final ledger.
    pub false_alarms: Vec<FalseAlarm>,
}

/// A false alarm, to be looked into.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FalseAlarm {
    /// Id.
    pub alert: String,
    /// Kind.
    pub kind: String,
    /// Subject.
    pub subject: String,
    /// Journey.
    pub journey: String,
    /// RFC 3339.
    pub raised: String,
    /// Whether an operator heard it.
    pub annunciated: bool,
}

/// The score of some journeys.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// `all`, `interval=30`, ...
    pub name: String,
    /// Days that vehicles were watched.
    pub vehicle_days: f64,
    /// Hours of driving.
    pub driving_h: f64,
    /// A kind that was planted or raised.
    pub kinds: Vec<KindScore>,
    /// Rows: planted kind (or `none`); columns: raised kind (or `none`); companions apart.
    pub confusion: BTreeMap<String, BTreeMap<String, u64>>,
    /// Alerts of a kind beside a violation that explains them.
    pub companions: BTreeMap<String, BTreeMap<String, u64>>,
    /// Alarms a vehicle-day, journal included.
    pub alarms_per_day: f64,
    /// Annunciated alarms a vehicle-day.
    pub annunciated_per_day: f64,
    /// False annunciated alarms, all judged kinds.
    pub false_annunciated: u64,
    /// Of these, high ones.
    pub false_high: u64,
    /// False annunciated alarms a vehicle-day, with their interval at 95 %.
    pub false_annunciated_per_day: (f64, f64, f64),
}

/// Found and there, by stratum.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize)]
pub struct Strata {
    /// Found and there: observable.
    pub observable: (u64, u64),
    /// Brief.
    pub brief: (u64, u64),
    /// Dark.
    pub dark: (u64, u64),
    /// Violations within 10 % of the threshold.
    pub guard: u64,
}

/// The score of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Default)]
pub struct KindScore {
    /// Kind.
    pub kind: String,
    /// The truth says where this kind is and is not.
    pub judged: bool,
    /// Final ledger.
    pub last: Strata,
    /// As announced at the time.
    pub announced: Strata,
    /// Recall of the observable, with its interval at 95 % (final ledger).
    pub recall: Option<(f64, f64, f64)>,
    /// Alarms that found something.
    pub found: u64,
    /// Alarms in the final ledger.
    pub alarms: u64,
    /// False ones.
    pub false_alarms: u64,
    /// False ones a vehicle-day, with their interval at 95 %.
    pub false_per_day: (f64, f64, f64),
    /// False ones in 24 hours of driving.
    pub false_per_24h: f64,
    /// Found and judged alarms: found / (found + false).
    pub precision: Option<f64>,
    /// Further alarms on a violation that was found already.
    pub duplicates: u64,
    /// Alarms that a violation of another kind explains.
    pub companions: u64,
    /// False announcements, retracted ones included.
    pub announced_false: u64,
    /// Retracted alarms.
    pub retracted: u64,
    /// Alarms found late.
    pub late: u64,
    /// Raised again within 5 minutes of their end.
    pub chatter: u64,
    /// Active for less than a minute.
    pub fleeting: u64,
    /// Annunciated alarms.
    pub annunciated: u64,
    /// False annunciated alarms.
    pub false_annunciated: u64,
    /// `onset` - a: p5, p50, p95, seconds.
    pub onset_error_s: Option<(f64, f64, f64)>,
    /// `raised` - a (stops, silences: - (a + T)): p50, p95, largest, seconds.
    pub evidence_delay_s: Option<(f64, f64, f64)>,
    /// Log clock at the first announcement - a (or a + T) of alarms that were not late: p50, p95, seconds.
    pub announced_after_s: Option<(f64, f64)>,
}

/// Scores a ledger; `by` names properties of journeys (`interval`, `environment`, `delivery`) to divide by.
pub fn score(truth: &Truth, ledger: &Ledger, by: &[String]) -> Score {
    let alarms = &ledger.alarms;
    let last = pair(truth, alarms, View::Final);
    let announced = pair(truth, alarms, View::Announced);
    let judged = Judged { truth, alarms, last: &last, announced: &announced };
    let mut groups = vec![judged.group("all", &|_| true)];
    for property in by {
        let names: BTreeSet<String> = truth.journeys.iter().map(|j| value(j, property)).collect();
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort_by_key(|n| (n.parse::<i64>().unwrap_or(0), n.clone()));
        for name in names {
            groups.push(judged.group(&format!("{property}={name}"), &|j| value(j, property) == name));
        }
    }
    let found = judged.found(&last);
    let lacks = |(i, p): &(usize, &Plant)| p.stratum == Stratum::Observable && !found.contains(i);
    let missed = truth.plants.iter().enumerate().filter(lacks).map(|(_, p)| p.clone()).collect();
    let falsely = alarms.iter().zip(&last).filter(|(_, v)| **v == Verdict::False);
    let false_alarms = falsely.map(|(alarm, _)| FalseAlarm::of(alarm)).collect();
    Score { groups, missed, false_alarms }
}

fn value(journey: &TruthJourney, property: &str) -> String {
    match property {
        "interval" => journey.interval_s.to_string(),
        "environment" => journey.environment.clone(),
        "mount" => journey.mount.clone(),
        _ => journey.delivery.clone(),
    }
}

impl FalseAlarm {
    fn of(alarm: &Alarm) -> FalseAlarm {
        FalseAlarm {
            alert: alarm.alert.clone(),
            kind: alarm.kind.clone(),
            subject: alarm.subject.clone(),
            journey: alarm.journey.clone(),
            raised: crate::domain::time::Rfc3339(alarm.raised).to_string(),
            annunciated: alarm.annunciated,
        }
    }
}

struct Judged<'a> {
    truth: &'a Truth,
    alarms: &'a [Alarm],
    last: &'a [Verdict],
    announced: &'a [Verdict],
}

/// Samples of one kind.
#[derive(Default)]
struct Samples {
    onset: Vec<f64>,
    delay: Vec<f64>,
    said: Vec<f64>,
}

impl Judged<'_> {
    fn found(&self, verdicts: &[Verdict]) -> BTreeSet<usize> {
        let lists = verdicts.iter().filter_map(|v| if let Verdict::Found(list) = v { Some(list) } else { None });
        lists.flatten().copied().collect()
    }

    fn group(&self, name: &str, of: &dyn Fn(&TruthJourney) -> bool) -> Group {
        let journeys: Vec<&TruthJourney> = self.truth.journeys.iter().filter(|j| of(j)).collect();
        let mut ids: BTreeSet<&str> = journeys.iter().map(|j| j.journey.as_str()).collect();
        if name == "all" {
            // What concerns several journeys belongs to the whole only.
            ids.insert("");
        }
        let share = journeys.len() as f64 / (self.truth.journeys.len() as f64).max(1.0);
        let vehicle_days = self.truth.header.vehicle_days * share;
        let driving_h = journeys.iter().map(|j| j.driving_s as f64).sum::<f64>() / 3600.0;
        let mut kinds: BTreeMap<String, (KindScore, Samples)> = BTreeMap::new();
        let mut group = Group {
            name: name.to_owned(),
            vehicle_days,
            driving_h,
            kinds: Vec::new(),
            confusion: BTreeMap::new(),
            companions: BTreeMap::new(),
            alarms_per_day: 0.0,
            annunciated_per_day: 0.0,
            false_annunciated: 0,
            false_high: 0,
            false_annunciated_per_day: (0.0, 0.0, 0.0),
        };
        self.count_plants(&ids, &mut kinds, &mut group);
        let (mut all, mut heard) = (0u64, 0u64);
        for (i, alarm) in self.alarms.iter().enumerate() {
            if !ids.contains(alarm.journey.as_str()) {
                continue;
            }
            all += 1;
            heard += u64::from(alarm.annunciated);
            let entry = kinds.entry(self.counted_as(i)).or_default();
            self.count_alarm(i, &mut entry.0, &mut entry.1, &mut group);
        }
        let per_day = |n: u64| n as f64 / vehicle_days.max(f64::MIN_POSITIVE);
        group.alarms_per_day = per_day(all);
        group.annunciated_per_day = per_day(heard);
        group.false_annunciated_per_day = rate(group.false_annunciated, vehicle_days);
        group.kinds = kinds.into_iter().map(|(kind, (s, x))| finish(kind, s, x, vehicle_days, driving_h)).collect();
        group
    }

    /// A zone that was found crossed is a found `zone_enter`.
    fn counted_as(&self, i: usize) -> String {
        match &self.last[i] {
            Verdict::Found(list) => self.truth.plants[list[0]].kind.clone(),
            Verdict::Duplicate(plant) | Verdict::Guard(plant) => self.truth.plants[*plant].kind.clone(),
            _ => self.alarms[i].kind.clone(),
        }
    }

    fn count_plants(
        &self,
        ids: &BTreeSet<&str>,
        kinds: &mut BTreeMap<String, (KindScore, Samples)>,
        group: &mut Group,
    ) {
        let (last, announced) = (self.found(self.last), self.found(self.announced));
        for (i, plant) in self.truth.plants.iter().enumerate().filter(|(_, p)| ids.contains(p.journey.as_str())) {
            let entry = &mut kinds.entry(plant.kind.clone()).or_default().0;
            for (strata, found) in [(&mut entry.last, &last), (&mut entry.announced, &announced)] {
                let pair = match plant.stratum {
                    Stratum::Observable => &mut strata.observable,
                    Stratum::Brief => &mut strata.brief,
                    Stratum::Dark => &mut strata.dark,
                    Stratum::Guard => {
                        strata.guard += 1;
                        continue;
                    }
                };
                pair.1 += 1;
                pair.0 += u64::from(found.contains(&i));
            }
            if plant.stratum == Stratum::Observable && !last.contains(&i) {
                note(&mut group.confusion, &plant.kind, "none");
            }
        }
    }

    fn count_alarm(&self, i: usize, kind: &mut KindScore, samples: &mut Samples, group: &mut Group) {
        let alarm = &self.alarms[i];
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
                note(&mut group.confusion, &plant.kind, &alarm.kind);
                let seconds = |ms: i64| ms as f64 / SECOND as f64;
                let due = plant.from + plant.detail.threshold_s.unwrap_or(0) * SECOND;
                samples.onset.push(seconds(alarm.onset - plant.from));
                samples.delay.push(seconds(alarm.raised - due));
                if !alarm.late {
                    samples.said.push(seconds(alarm.first_log_time - due));
                }
            }
            Verdict::Duplicate(_) => kind.duplicates += 1,
            Verdict::Companion(plant) => {
                kind.companions += 1;
                note(&mut group.companions, &self.truth.plants[*plant].kind, &alarm.kind);
            }
            Verdict::False => {
                kind.false_alarms += 1;
                note(&mut group.confusion, "none", &alarm.kind);
                kind.false_annunciated += u64::from(alarm.annunciated);
                group.false_annunciated += u64::from(alarm.annunciated);
                group.false_high += u64::from(alarm.high);
            }
            Verdict::Guard(_) | Verdict::Unjudged | Verdict::Retracted => {}
        }
    }
}

fn finish(kind: String, mut score: KindScore, mut samples: Samples, vehicle_days: f64, driving_h: f64) -> KindScore {
    let (hits, n) = score.last.observable;
    let (low, high) = binomial(hits, n);
    score.recall = (n > 0).then(|| (hits as f64 / n as f64, low, high));
    score.judged = !super::pairing::UNJUDGED.contains(&kind.as_str());
    score.kind = kind;
    score.false_per_day = rate(score.false_alarms, vehicle_days);
    score.false_per_24h = if driving_h > 0.0 { score.false_alarms as f64 * 24.0 / driving_h } else { 0.0 };
    let right = score.found + score.false_alarms;
    score.precision = (right > 0).then(|| score.found as f64 / right as f64);
    let three = |v: &mut [f64], q: [f64; 3]| Some((quantile(v, q[0])?, quantile(v, q[1])?, quantile(v, q[2])?));
    score.onset_error_s = three(&mut samples.onset, [0.05, 0.5, 0.95]);
    score.evidence_delay_s = three(&mut samples.delay, [0.5, 0.95, 1.0]);
    score.announced_after_s = three(&mut samples.said, [0.5, 0.95, 1.0]).map(|(p50, p95, _)| (p50, p95));
    score
}

fn rate(count: u64, days: f64) -> (f64, f64, f64) {
    if days <= 0.0 {
        return (0.0, 0.0, 0.0);
    }
    let (low, high) = poisson(count);
    (count as f64 / days, low / days, high / days)
}

fn note(table: &mut BTreeMap<String, BTreeMap<String, u64>>, row: &str, column: &str) {
    *table.entry(row.to_owned()).or_default().entry(column.to_owned()).or_default() += 1;
}
