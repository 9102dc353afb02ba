//! What is said to the control room: kinds, priorities and the revision of an alert (FORMATS, section 3).
//!
//! A [`Revision`] holds every field of the message in typed form; the rim turns it into JSON or a Parquet row.

use super::position::Position;
use super::record::{Source, Vehicle};
use super::time::Millis;

/// `versions.decision`: changes only when a verdict can change.
pub const DECISION_VERSION: u32 = 7;

/// Declares a fieldless enum with wire names; the order of the list is the order in the output.
macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[$vmeta])* #[doc = concat!("`", $text, "`")] $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// Wire name.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// The value of a wire name.
            pub fn from_name(text: &str) -> Option<$name> {
                match text { $($text => Some($name::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use named;

named! {
    /// What was found; the order is that of FORMATS, section 3, and orders the output. `halt` is no alert: it is a stop
    /// of two minutes and more on its way to the second stage, and it is rewound like the rest.
    Kind {
        CorridorDeviation = "corridor_deviation",
        UnusualStop = "unusual_stop",
        Overstay = "overstay",
        SlowProgress = "slow_progress",
        ZoneEnter = "zone_enter",
        ZoneExit = "zone_exit",
        ZoneDwell = "zone_dwell",
        ZoneCrossed = "zone_crossed",
        TerritoryExit = "territory_exit",
        BorderApproach = "border_approach",
        HoldViolation = "hold_violation",
        LeftBeforeClearance = "left_before_clearance",
        ArrivedNotDeactivated = "arrived_not_deactivated",
        RouteTimeWarning = "route_time_warning",
        RouteTimeExceeded = "route_time_exceeded",
        WrongDirection = "wrong_direction",
        CheckpointMissed = "checkpoint_missed",
        Silence = "silence",
        GnssLost = "gnss_lost",
        GnssFrozen = "gnss_frozen",
        Jamming = "jamming",
        PositionJump = "position_jump",
        DualPosition = "dual_position",
        UnverifiedInterval = "unverified_interval",
        Tamper = "tamper",
        Seal = "seal",
        LowBattery = "low_battery",
        BatteryWillNotLast = "battery_will_not_last",
        UnloadingSuspicion = "unloading_suspicion",
        HandoverDue = "handover_due",
        Rendezvous = "rendezvous",
        Crowd = "crowd",
        RegionalOutage = "regional_outage",
        SystemOutage = "system_outage",
        Separation = "separation",
        Halt = "halt",
    }
}

named! {
    /// What a revision does to its alert.
    Op {
        Raise = "raise",
        Update = "update",
        Clear = "clear",
        Amend = "amend",
        Retract = "retract",
        Annotate = "annotate",
        Acknowledge = "acknowledge",
        Shelve = "shelve",
        Unshelve = "unshelve",
        Reset = "reset",
        Suppress = "suppress",
        Unsuppress = "unsuppress",
    }
}

named! {
    /// How urgent; the smallest is the least. `journal` is recorded and never announced.
    Priority { Journal = "journal", Low = "low", Medium = "medium", High = "high" }
}

named! {
    /// Whether the condition holds, computed by the detectors.
    Condition { Active = "active", Inactive = "inactive" }
}

named! {
    /// What people have done about it (ISA-18.2: B D E, C F, G, H, A).
    Handling {
        Unacknowledged = "unacknowledged",
        Acknowledged = "acknowledged",
        Shelved = "shelved",
        Suppressed = "suppressed",
        Closed = "closed",
    }
}

named! {
    /// How the finding rests on fixes.
    Confidence { Confirmed = "confirmed", Inferred = "inferred", Extrapolated = "extrapolated", Unverified = "unverified" }
}

/// One fix of the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceFix {
    /// Its time.
    pub time: Millis,
    /// Where.
    pub position: Position,
}

/// One value of the evidence, in whole units (metres, seconds, ...) so that equal runs are equal bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvidenceValue {
    /// A number.
    Int(i64),
    /// A pair, as `chainage_m` from and to.
    Pair(i64, i64),
    /// A flag.
    Bool(bool),
    /// A word.
    Text(String),
    /// Words.
    Texts(Vec<String>),
    /// An instant.
    Time(Millis),
}

/// Why: the fixes (16 at most) and the numbers, in the order in which they are written.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Fixes it rests on.
    pub fixes: Vec<EvidenceFix>,
    /// Named values.
    pub values: Vec<(&'static str, EvidenceValue)>,
}

/// Texts for the operator, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AlertText {
    /// What happened, Turkish.
    pub tr: String,
    /// What happened, English.
    pub en: String,
    /// What to do, Turkish.
    pub do_tr: String,
    /// What to do, English.
    pub do_en: String,
    /// Response time; `None` for journal entries.
    pub respond_within_min: Option<u32>,
}

/// One revision of one alert: the message of FORMATS, section 3, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// 32 lower-case hex digits.
    pub alert: String,
    /// Counts from 1.
    pub rev: u32,
    /// What this revision does.
    pub op: Op,
    /// What was found.
    pub kind: Kind,
    /// Unit; `None` for the second stage.
    pub unit: Option<String>,
    /// Journey; `None` for the second stage.
    pub journey: Option<String>,
    /// `corridor:<id>`, `zone:<id>`, `stop`, ...
    pub subject: String,
    /// Plates, as declared.
    pub vehicle: Vehicle,
    /// Whether the condition holds.
    pub condition: Condition,
    /// What people have done.
    pub handling: Handling,
    /// How urgent.
    pub priority: Priority,
    /// Why so urgent.
    pub priority_reason: Vec<String>,
    /// How it rests on fixes.
    pub confidence: Confidence,
    /// First evidence (event time).
    pub onset: Millis,
    /// When the evidence sufficed (event time).
    pub raised: Millis,
    /// End (event time).
    pub ended: Option<Millis>,
    /// The log clock when this revision was decided.
    pub log_time: Millis,
    /// Found by late data.
    pub late: bool,
    /// By how much, seconds.
    pub late_by_s: i64,
    /// Why it was cleared, retracted or annotated.
    pub reason: Option<String>,
    /// Alert that suppresses this one.
    pub parent: Option<String>,
    /// Alerts folded into this one.
    pub children: Vec<String>,
    /// Where.
    pub position: Option<Position>,
    /// Why.
    pub evidence: Evidence,
    /// Offices responsible for the place.
    pub responsible: Vec<String>,
    /// Office nearest to the place.
    pub nearest: Option<String>,
    /// Texts.
    pub text: AlertText,
    /// Article of the directive.
    pub article: Option<&'static str>,
    /// EAEU navigation-seal code.
    pub eaeu: Option<&'static str>,
    /// NCTS incident code.
    pub ncts_incident: Option<&'static str>,
    /// Hash of the rulebook that decided.
    pub rulebook: String,
    /// The record that was being read.
    pub source: Source,
}
