//! What scoring gives: figures a kind and a group of journeys, what was missed, what was false.

use std::collections::BTreeMap;

use serde::Serialize;

use super::chance::{binomial, poisson, quantile};
use crate::app::simulate::Plant;

/// The whole result.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct Score {
    /// All journeys first, then those of each interval, environment and delivery that was asked for.
    pub groups: Vec<Group>,
    /// Observable violations that the final ledger lacks.
    pub missed: Vec<Miss>,
    /// Jumps that were found, and later than M8 asks.
    pub slow: Vec<Miss>,
    /// Alarms that are false in the final ledger.
    pub false_alarms: Vec<FalseAlarm>,
}

/// A violation that was missed, or found late, to be looked into.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Miss {
    /// What was there.
    #[serde(flatten)]
    pub plant: Plant,
    /// Why, as far as alarms and truth say it.
    pub reason: String,
    /// Seconds between two fixes.
    pub interval_s: i64,
    /// How fixes arrived.
    pub delivery: String,
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
    /// Heard as high.
    pub high: bool,
    /// What the truth says of that time.
    pub reason: String,
    /// Seconds between two fixes.
    pub interval_s: i64,
    /// How fixes arrived.
    pub delivery: String,
}

/// The score of some journeys.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
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
    pub confusion: Matrix,
    /// Alerts of a kind beside a violation that explains them.
    pub companions: Matrix,
    /// Alarms, journal included.
    pub alarms: u64,
    /// Annunciated alarms.
    pub annunciated: u64,
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

/// Counts by row and column.
pub type Matrix = BTreeMap<String, BTreeMap<String, u64>>;

/// Found and there, by stratum.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize)]
pub struct Strata {
    /// Found and there: observable.
    pub observable: (u64, u64),
    /// Brief.
    pub brief: (u64, u64),
    /// Dark.
    pub dark: (u64, u64),
    /// Those of the dark that fixes and corridor together tell.
    pub told: (u64, u64),
    /// Those of the observable of which M1 allows none to be missed, where the kind is one of those: stops of ten minutes
    /// and more, zones that two fixes or more saw.
    pub plain: (u64, u64),
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
    /// Jumps found as soon as M8 asks, and all that were found; observable ones.
    pub in_time: (u64, u64),
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
    /// `raised` - a (stops, silences: - (a + T)) of observable ones: p50, p95, largest, seconds.
    pub evidence_delay_s: Option<(f64, f64, f64)>,
    /// Log clock at the first announcement - a (or a + T) of observable ones whose alarms were not late: p50, p95, largest,
    /// seconds.
    pub announced_after_s: Option<(f64, f64, f64)>,
}

/// Samples of one kind.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Samples {
    pub onset: Vec<f64>,
    pub delay: Vec<f64>,
    pub said: Vec<f64>,
}

impl Strata {
    fn add(&mut self, other: &Strata) {
        let mine = [&mut self.observable, &mut self.brief, &mut self.dark, &mut self.told, &mut self.plain];
        for (mine, more) in mine.into_iter().zip([other.observable, other.brief, other.dark, other.told, other.plain]) {
            *mine = (mine.0 + more.0, mine.1 + more.1);
        }
        self.guard += other.guard;
    }
}

impl KindScore {
    /// Adds the counts of another; what follows from counts is left to [`KindScore::finish`].
    pub(super) fn add(&mut self, other: &KindScore) {
        self.last.add(&other.last);
        self.announced.add(&other.announced);
        self.found += other.found;
        self.in_time = (self.in_time.0 + other.in_time.0, self.in_time.1 + other.in_time.1);
        self.alarms += other.alarms;
        self.false_alarms += other.false_alarms;
        self.duplicates += other.duplicates;
        self.companions += other.companions;
        self.announced_false += other.announced_false;
        self.retracted += other.retracted;
        self.late += other.late;
        self.chatter += other.chatter;
        self.fleeting += other.fleeting;
        self.annunciated += other.annunciated;
        self.false_annunciated += other.false_annunciated;
    }

    /// What follows from counts and samples.
    pub(super) fn finish(mut self, kind: &str, mut samples: Samples, vehicle_days: f64, driving_h: f64) -> KindScore {
        let (hits, n) = self.last.observable;
        let (low, high) = binomial(hits, n);
        self.recall = (n > 0).then(|| (hits as f64 / n as f64, low, high));
        self.judged = !super::pairing::UNJUDGED.contains(&kind);
        kind.clone_into(&mut self.kind);
        self.false_per_day = rate(self.false_alarms, vehicle_days);
        self.false_per_24h = if driving_h > 0.0 { self.false_alarms as f64 * 24.0 / driving_h } else { 0.0 };
        let right = self.found + self.false_alarms;
        self.precision = (right > 0).then(|| self.found as f64 / right as f64);
        let three = |v: &mut [f64], q: [f64; 3]| Some((quantile(v, q[0])?, quantile(v, q[1])?, quantile(v, q[2])?));
        self.onset_error_s = three(&mut samples.onset, [0.05, 0.5, 0.95]);
        self.evidence_delay_s = three(&mut samples.delay, [0.5, 0.95, 1.0]);
        self.announced_after_s = three(&mut samples.said, [0.5, 0.95, 1.0]);
        self
    }
}

impl Samples {
    pub(super) fn add(&mut self, other: Samples) {
        self.onset.extend(other.onset);
        self.delay.extend(other.delay);
        self.said.extend(other.said);
    }
}

/// A rate with its interval at 95 %.
pub(super) fn rate(count: u64, days: f64) -> (f64, f64, f64) {
    if days <= 0.0 {
        return (0.0, 0.0, 0.0);
    }
    let (low, high) = poisson(count);
    (count as f64 / days, low / days, high / days)
}
