//! What a step leaves behind: one [`Disposition`] a record, and revisions, journey rows and episodes beside it.

use super::alert::{Revision, named};
use super::record::{Declaration, Fix, Id, Source};
use super::second::line::EpisodeLine;
use super::time::Millis;

named! {
    /// The end of a record. Every record has exactly one; they sum to the inputs.
    Outcome {
        /// Malformed: a reject.
        Rejected = "rejected",
        /// A fix already read.
        Duplicate = "duplicate",
        /// A second fix of one unit at one time that lost.
        Conflict = "conflict",
        /// Contact only: no detector sees its position.
        Doubtful = "doubtful",
        /// Outside every journey.
        NoJourney = "no_journey",
        /// Taken in by a rewind.
        Late = "late",
        /// Done.
        Applied = "applied",
        /// `activate` for a unit with an open journey.
        JourneyOpen = "journey_open",
        /// The corridor is not in the rulebook; the journey runs without one.
        UnknownCorridor = "unknown_corridor",
        /// A command names an alert that is not there.
        UnknownAlert = "unknown_alert",
        /// A command names an alert that is none of its unit: it may be one of the second stage, which has been told.
        PassedOn = "passed_on",
        /// A command names an alert of another unit.
        WrongUnit = "wrong_unit",
        /// A command on an alert that is closed.
        AlertClosed = "alert_closed",
        /// A command that does nothing to an alert that stands so: acknowledged already, not shelved, not latched or not
        /// over, suppressed.
        NoEffect = "no_effect",
        /// `shelve` without a reason, `note` without words.
        TextMissing = "text_missing",
        /// `shelve` without an end, or one that is past or farther ahead than `shelve_max_h`.
        UntilOutOfRange = "until_out_of_range",
        /// A command names a journey that is not there, or can no longer be changed.
        UnknownJourney = "unknown_journey",
    }
}

/// Quality flags of a track row (FORMATS, section 4), one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct Quality(pub u16);

impl Quality {
    /// Sorted wire names, bit 0 first.
    pub const NAMES: [&'static str; 12] = [
        "approximate",
        "conflict",
        "duplicate",
        "field",
        "future",
        "glitch",
        "invalid",
        "late",
        "null_island",
        "speed",
        "weak",
        "week_rollover",
    ];
    /// Position from cell or wifi.
    pub const APPROXIMATE: Quality = Quality(1);
    /// Lost against another fix at the same time.
    pub const CONFLICT: Quality = Quality(1 << 1);
    /// Seen before.
    pub const DUPLICATE: Quality = Quality(1 << 2);
    /// An optional field was dropped.
    pub const FIELD: Quality = Quality(1 << 3);
    /// Ahead of the log clock.
    pub const FUTURE: Quality = Quality(1 << 4);
    /// The gate did not accept it at once.
    pub const GLITCH: Quality = Quality(1 << 5);
    /// The unit says invalid.
    pub const INVALID: Quality = Quality(1 << 6);
    /// Older than fixes already read.
    pub const LATE: Quality = Quality(1 << 7);
    /// Exactly (0, 0).
    pub const NULL_ISLAND: Quality = Quality(1 << 8);
    /// Impossible speed.
    pub const SPEED: Quality = Quality(1 << 9);
    /// Too imprecise for geometry.
    pub const WEAK: Quality = Quality(1 << 10);
    /// 1024 weeks were added.
    pub const WEEK_ROLLOVER: Quality = Quality(1 << 11);

    /// With the flags of `other`.
    #[must_use]
    pub fn with(self, other: Quality) -> Quality {
        Quality(self.0 | other.0)
    }

    /// Whether any flag of `other` is set.
    pub fn has(self, other: Quality) -> bool {
        self.0 & other.0 != 0
    }

    /// The names of the set flags, sorted.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().enumerate().filter(move |(i, _)| self.0 >> i & 1 == 1).map(|(_, n)| *n)
    }

    /// The set of a comma-separated list; `None` where a name is unknown.
    pub fn parse(text: &str) -> Option<Quality> {
        text.split(',').filter(|n| !n.is_empty()).try_fold(Quality(0), |set, name| {
            Self::NAMES.iter().position(|n| *n == name).map(|i| set.with(Quality(1 << i)))
        })
    }
}

named! {
    /// Whether the vehicle stands, as far as known when its row was written.
    MotionState { Moving = "moving", Stopped = "stopped", Unknown = "unknown" }
}

/// What was known about a fix once its record had been read; the row is final (FORMATS, section 4).
#[derive(Clone, Debug, PartialEq)]
pub struct TrackRow {
    /// Unit id.
    pub unit: Id,
    /// The fix itself (its time repaired, where the week had rolled over).
    pub fix: Fix,
    /// The journey it belongs to.
    pub journey: Option<Id>,
    /// Quality flags.
    pub quality: Quality,
    /// Corridor of the journey.
    pub corridor: Option<Id>,
    /// Distance along the corridor, 0.1 m.
    pub chainage_dm: Option<i64>,
    /// Distance from the corridor, 0.1 m; positive to the right of its direction.
    pub cross_track_dm: Option<i64>,
    /// Standing or moving.
    pub state: MotionState,
    /// Responsible office.
    pub office: Option<Id>,
}

/// How a record ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Disposition {
    /// Which record.
    pub source: Source,
    /// How.
    pub outcome: Outcome,
    /// For `rejected`: stable code and message.
    pub reject: Option<(&'static str, String)>,
    /// For a readable fix: its row.
    pub row: Option<TrackRow>,
}

/// A row of the table `journeys`: written when one opens, closes, is amended or corrected, and at the end of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct JourneyRow {
    /// Journey id.
    pub journey: String,
    /// Counts from 1; the highest is the truth.
    pub rev: u32,
    /// Unit id.
    pub unit: String,
    /// Why the row was written: `open`, `close`, `amend`, `reopen`, `correct`, `end_of_log`.
    pub event: &'static str,
    /// Start of monitoring.
    pub activated: Millis,
    /// Departure was allowed.
    pub cleared: Option<Millis>,
    /// End of monitoring.
    pub deactivated: Option<Millis>,
    /// What was declared, with amendments.
    pub declaration: Declaration,
    /// Coded outcome of the deactivation.
    pub outcome: Option<String>,
    /// First fix of the journey.
    pub first_fix: Option<Millis>,
    /// Last fix of the journey.
    pub last_fix: Option<Millis>,
    /// Fixes that the detectors saw.
    pub fixes: u64,
    /// Length of the way driven, metres.
    pub length_m: i64,
    /// Time used so far, seconds.
    pub used_s: i64,
    /// Time allowed, seconds.
    pub allowed_s: Option<i64>,
    /// Alerts that stand, by priority: journal, low, medium, high.
    pub alerts: [u32; 4],
    /// `compliant`, `deviated`, `overrun`, `deviated_and_overrun`, `excused` where a documented reason covers every such
    /// finding, or `open` while it runs.
    pub finding: &'static str,
    /// The log clock.
    pub log_time: Millis,
    /// The record that was being read.
    pub source: Source,
}

/// Everything a batch leaves behind, in its final order.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    /// One a record.
    pub dispositions: Vec<Disposition>,
    /// Alert revisions, in the order of FORMATS, section 3.
    pub revisions: Vec<Revision>,
    /// Journey rows.
    pub journeys: Vec<JourneyRow>,
    /// Lines for the second stage.
    pub episodes: Vec<EpisodeLine>,
}
