//! Episodes: what the detectors find in event time, before anybody is told.
//!
//! An episode is a pure function of the fixes, commands and rulebooks up to its place in event time. The ledger turns
//! episodes into alerts and corrections.

use super::alert::{Confidence, EvidenceFix, Kind, Priority};
use super::codec::state;
use super::position::Position;
use super::time::Millis;

/// Names of evidence values, in the order in which they are written.
macro_rules! measures {
    ($($(#[$m:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What an evidence value measures; the order of the list is the order in the message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Measure { $(#[doc = concat!("`", $text, "`")] $name),+ }
        impl Measure {
            /// Every measure.
            pub const ALL: &'static [Measure] = &[$(Measure::$name),+];
            /// Its key in the message.
            pub fn name(self) -> &'static str { match self { $(Measure::$name => $text),+ } }
        }
    };
}
measures! {
    MaxCrossTrackM = "max_cross_track_m",
    OffRouteM = "off_route_m",
    OffRouteS = "off_route_s",
    ChainageFromM = "chainage_from_m",
    ChainageToM = "chainage_to_m",
    ReentryChainageM = "reentry_chainage_m",
    DurationS = "duration_s",
    RadiusM = "radius_m",
    DepthM = "depth_m",
    DistanceM = "distance_m",
    ImpliedSpeedMps = "implied_speed_mps",
    FromLatE6 = "from_lat_e6",
    FromLonE6 = "from_lon_e6",
    SilentS = "silent_s",
    IntervalS = "interval_s",
    LimitS = "limit_s",
    UsedS = "used_s",
    ForecastS = "forecast_s",
    TimeToBorderS = "time_to_border_s",
    BackM = "back_m",
    ProgressM = "progress_m",
    BatteryPct = "battery_pct",
    Count = "count",
    Occurrences = "occurrences",
    OnsetUnknown = "onset_unknown",
    OtherLatE6 = "other_lat_e6",
    OtherLonE6 = "other_lon_e6",
    HoleS = "hole_s",
    PlannedS = "planned_s",
    SlackS = "slack_s",
    Reachable = "reachable",
    LossPctPerDay = "loss_pct_per_day",
    EmptyInS = "empty_in_s",
    NeededS = "needed_s",
    Score = "score",
    Hints = "hints",
    Units = "units",
    Partitions = "partitions",
}
state!(enum Measure);

/// Why an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EndReason {
    /// The condition no longer holds.
    Over,
    /// Monitoring ended.
    JourneyEnd,
    /// The old track was resumed.
    Returned,
    /// The new track has been consistent.
    Consistent,
    /// A new rulebook dropped its subject.
    Rulebook,
    /// The vehicle arrived.
    Arrived,
    /// The limit was moved.
    Extended,
    /// Contact came back.
    Recovered,
}

impl EndReason {
    const ALL: &'static [EndReason] = &[
        EndReason::Over,
        EndReason::JourneyEnd,
        EndReason::Returned,
        EndReason::Consistent,
        EndReason::Rulebook,
        EndReason::Arrived,
        EndReason::Extended,
        EndReason::Recovered,
    ];

    /// The word in the message; nothing for the plain end.
    pub fn word(self) -> Option<&'static str> {
        match self {
            EndReason::Over => None,
            EndReason::JourneyEnd => Some("journey_end"),
            EndReason::Returned => Some("returned"),
            EndReason::Consistent => Some("consistent"),
            EndReason::Rulebook => Some("rulebook"),
            EndReason::Arrived => Some("arrived"),
            EndReason::Extended => Some("extended"),
            EndReason::Recovered => Some("recovered"),
        }
    }
}
state!(enum EndReason);

/// One interval in which a condition held.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Its number in the machine that found it.
    pub seq: u32,
    /// What.
    pub kind: Kind,
    /// About what.
    pub subject: String,
    /// First evidence.
    pub onset: Millis,
    /// When the evidence sufficed.
    pub raised: Millis,
    /// End.
    pub ended: Option<Millis>,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// How urgent.
    pub priority: Priority,
    /// Why so urgent.
    pub reasons: Vec<String>,
    /// How it rests on fixes.
    pub confidence: Confidence,
    /// Where it began.
    pub position: Option<Position>,
    /// Fixes it rests on, 16 at most.
    pub fixes: Vec<EvidenceFix>,
    /// Numbers.
    pub measures: Vec<(Measure, i64)>,
    /// Lists of names, each under its key; they follow the numbers.
    pub lists: Vec<(Measure, Vec<String>)>,
    /// It never was: an extrapolation that the next fix refuted.
    pub withdrawn: bool,
    /// The episode below which it hangs, suppressed: its number in the same machine.
    pub parent: Option<u32>,
    /// Journal because its kind is raised too often: it rises to high only.
    pub guarded: bool,
    /// What it folds: alerts of single units, or the units of a crowd (second stage only).
    pub children: Vec<String>,
}
state!(Episode {
    seq,
    kind,
    subject,
    onset,
    raised,
    ended,
    end_reason,
    priority,
    reasons,
    confidence,
    position,
    fixes,
    measures,
    lists,
    withdrawn,
    parent,
    guarded,
    children
});

impl Episode {
    /// A fresh one, confirmed and open.
    #[cold]
    pub fn new(kind: Kind, subject: impl Into<String>, onset: Millis, raised: Millis, priority: Priority) -> Self {
        Episode {
            seq: 0,
            kind,
            subject: subject.into(),
            onset,
            raised,
            ended: None,
            end_reason: None,
            priority,
            reasons: Vec::new(),
            confidence: Confidence::Confirmed,
            position: None,
            fixes: Vec::new(),
            measures: Vec::new(),
            lists: Vec::new(),
            withdrawn: false,
            parent: None,
            guarded: false,
            children: Vec::new(),
        }
    }

    /// With a place.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// With a fix of evidence.
    #[must_use]
    pub fn resting_on(mut self, time: Millis, position: Position) -> Self {
        self.rest_on(time, position);
        self
    }

    /// With a reason for its priority.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reasons.push(reason.into());
        self
    }

    /// With a measure.
    #[must_use]
    pub fn measuring(mut self, measure: Measure, value: i64) -> Self {
        self.set(measure, value);
        self
    }

    /// Momentary: over as soon as it is found.
    #[must_use]
    pub fn momentary(mut self, ended: Millis) -> Self {
        self.ended = Some(ended);
        self.end_reason = Some(EndReason::Over);
        self
    }

    /// Sets a measure; they stay sorted.
    pub fn set(&mut self, measure: Measure, value: i64) {
        match self.measures.binary_search_by_key(&measure, |(m, _)| *m) {
            Ok(at) => self.measures[at].1 = value,
            Err(at) => self.measures.insert(at, (measure, value)),
        }
    }

    /// A measure, where it was set.
    pub fn get(&self, measure: Measure) -> Option<i64> {
        self.measures.binary_search_by_key(&measure, |(m, _)| *m).ok().map(|at| self.measures[at].1)
    }

    /// Sets a list of names, unless there are none.
    pub fn list(&mut self, measure: Measure, words: Vec<String>) {
        if !words.is_empty() {
            self.lists.push((measure, words));
        }
    }

    /// The names of a list.
    pub fn words(&self, measure: Measure) -> &[String] {
        self.lists.iter().find(|(m, _)| *m == measure).map_or(&[], |(_, words)| words)
    }

    /// Adds a fix of evidence; of more than 16 the first 8 and the newest 8 stay.
    pub fn rest_on(&mut self, time: Millis, position: Position) {
        if self.fixes.last().is_some_and(|f| f.time == time) {
            return;
        }
        if self.fixes.len() >= 16 {
            self.fixes.remove(8);
        }
        self.fixes.push(EvidenceFix { time, position });
    }

    /// Raises the priority, never lowers it. Returns whether it changed.
    pub fn escalate(&mut self, priority: Priority, reason: &str) -> bool {
        if !self.reasons.iter().any(|r| r == reason) {
            self.reasons.push(reason.to_owned());
        }
        let higher = self.may_rise(priority);
        if higher {
            self.priority = priority;
        }
        higher
    }

    /// Whether this priority would raise its own.
    pub fn may_rise(&self, priority: Priority) -> bool {
        priority > self.priority && (!self.guarded || priority == Priority::High)
    }

    /// Whether two episodes are about the same thing.
    pub fn same_matter(&self, other: &Episode) -> bool {
        self.kind == other.kind && self.subject == other.subject
    }

    /// Overlap in time in milliseconds, plus one where they touch at all; open ends reach for ever.
    pub fn overlap(&self, other: &Episode) -> Millis {
        let end = self.ended.unwrap_or(Millis::MAX / 4).min(other.ended.unwrap_or(Millis::MAX / 4));
        (end - self.onset.max(other.onset) + 1).max(0)
    }
}
