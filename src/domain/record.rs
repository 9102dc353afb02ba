//! What the log says: one [`Record`] a line or message (FORMATS, section 1), already in whole units.
//!
//! Every number is the integer that decides, that is stored and that an exported log carries; the wire formats
//! do the rounding (nearest double times the scale, half away from zero). Nothing here is optional by accident:
//! `None` means that the unit did not say it.

use super::position::Position;
use super::time::Millis;
pub use smol_str::SmolStr as Id;

/// Where a record stands in the log, and when the log received it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Source {
    /// Kafka partition; 0 for a plain file.
    pub partition: u32,
    /// Offset in the partition; the line number from 0 for a plain file.
    pub offset: u64,
    /// Record timestamp (receive time): what moves the log clock.
    pub timestamp: Millis,
}

/// One record of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its place in the log.
    pub source: Source,
    /// What it says.
    pub body: Body,
}

/// The record types of FORMATS, section 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// One GNSS report of one unit.
    Fix {
        /// Unit id.
        unit: Id,
        /// The report.
        fix: Fix,
    },
    /// Contact without a position.
    Heartbeat {
        /// Unit id.
        unit: Id,
        /// The report.
        heartbeat: Heartbeat,
    },
    /// A journey command, or one about the unit itself.
    Command(Box<Command>),
    /// Log time has reached this instant in this partition.
    Tick {
        /// The instant.
        time: Millis,
    },
    /// Another rulebook holds from `time` on.
    Rulebook {
        /// Its version, as its `rulebook.toml` says it.
        version: String,
        /// Its hash, 64 lower-case hex digits.
        sha256: String,
        /// From when it holds.
        time: Millis,
    },
}

impl Body {
    /// The record's `type`, as on the wire.
    pub fn type_name(&self) -> &'static str {
        match self {
            Body::Fix { .. } => "fix",
            Body::Heartbeat { .. } => "heartbeat",
            Body::Command(command) => command.action.type_name(),
            Body::Tick { .. } => "tick",
            Body::Rulebook { .. } => "rulebook",
        }
    }

    /// The unit it concerns, where it concerns one.
    pub fn unit(&self) -> Option<&str> {
        match self {
            Body::Fix { unit, .. } | Body::Heartbeat { unit, .. } => Some(unit),
            Body::Command(command) => Some(&command.unit),
            Body::Tick { .. } | Body::Rulebook { .. } => None,
        }
    }
}

/// One GNSS report. Units and scales are those of FORMATS: 1e-6 degrees, 0.01 m/s, 0.1°, 0.1 m.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Fix {
    /// GNSS time of the fix (event time).
    pub time: Millis,
    /// When the gateway received it; only measures lateness where the record has a timestamp of its own.
    pub receive_time: Option<Millis>,
    /// Position on WGS 84.
    pub position: Position,
    /// Speed over ground, 0.01 m/s.
    pub speed_cm_s: Option<u32>,
    /// Course over ground, 0.1°, 0 = north, 0..3600.
    pub course_ddeg: Option<u16>,
    /// Altitude, 0.1 m.
    pub altitude_dm: Option<i32>,
    /// Reported 68 % radius, 0.1 m.
    pub accuracy_dm: Option<u32>,
    /// Horizontal dilution of precision, 0.01.
    pub hdop_centi: Option<u32>,
    /// Satellites used.
    pub satellites: Option<u16>,
    /// The receiver calls the fix valid (default true).
    pub valid: bool,
    /// Position from cell or wifi.
    pub approximate: bool,
    /// Sent from the unit's buffer.
    pub archive: bool,
    /// Battery, percent.
    pub battery_pct: Option<u8>,
    /// Ignition is on.
    pub ignition: Option<bool>,
    /// The unit's own motion sensor.
    pub motion: Option<bool>,
    /// Odometer, 0.1 m.
    pub odometer_dm: Option<u64>,
    /// The unit's own sequence number.
    pub seq: Option<u64>,
    /// Alarm flags.
    pub alarms: Alarms,
    /// An optional field was of the wrong type or out of range and was dropped (`quality`: `field`).
    pub field_dropped: bool,
}

/// Contact without a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Heartbeat {
    /// When the gateway received it.
    pub receive_time: Option<Millis>,
    /// Battery, percent.
    pub battery_pct: Option<u8>,
    /// Alarm flags.
    pub alarms: Alarms,
}

/// A set of alarm flags, one bit each, in the order of [`Alarms::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct Alarms(pub u16);

impl Alarms {
    /// Wire names, bit 0 first.
    pub const NAMES: [&'static str; 10] =
        ["tamper", "removed", "door", "lock", "unlock", "power_cut", "jamming", "low_battery", "antenna_cut", "sos"];

    /// The bit of a wire name.
    pub fn bit(name: &str) -> Option<Alarms> {
        Self::NAMES.iter().position(|n| *n == name).map(|i| Alarms(1 << i))
    }

    /// Whether every flag of `other` is set.
    pub fn contains(self, other: Alarms) -> bool {
        self.0 & other.0 == other.0
    }

    /// Names of the set flags, in bit order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().enumerate().filter(move |(i, _)| self.0 >> i & 1 == 1).map(|(_, n)| *n)
    }
}

/// A command about a unit or its journey.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Unit id (the key of the log).
    pub unit: String,
    /// When it takes effect.
    pub time: Millis,
    /// What it does.
    pub action: Action,
}

/// What a command does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Pairs unit, vehicle and goods; monitoring starts.
    Activate {
        /// Journey id.
        journey: String,
        /// Everything declared.
        declaration: Box<Declaration>,
    },
    /// The first position after fitting was checked; departure is allowed.
    ClearToDepart {
        /// Journey id.
        journey: String,
    },
    /// Corrects a journey from its start, or from `from_time`.
    Amend {
        /// Journey id.
        journey: String,
        /// From when the correction holds; the journey's start where absent.
        from_time: Option<Millis>,
        /// End of a `detour`.
        until: Option<Millis>,
        /// A further permitted branch between `from_time` and `until`.
        detour: Option<InlineCorridor>,
        /// The fields to change; `None` keeps what was declared.
        changes: Box<Declaration>,
        /// Who amends.
        by: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// The vehicle may not leave the customs area or territory.
    Hold {
        /// Plate, where given.
        plate: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// Undoes a hold.
    Release {
        /// Plate, where given.
        plate: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// A documented reason attached to an episode.
    Excuse {
        /// Alert id.
        alert: String,
        /// One of the reasons of FORMATS.
        reason: String,
        /// Document that proves it.
        document: Option<String>,
    },
    /// Monitoring ends.
    Deactivate {
        /// Journey id.
        journey: String,
        /// Coded outcome.
        outcome: Option<String>,
        /// Note.
        note: Option<String>,
    },
    /// A wrong deactivation is undone.
    Reopen {
        /// Journey id.
        journey: String,
        /// Who reopens.
        by: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// What operators do with an alert.
    Operator {
        /// Which of the five.
        verb: OperatorVerb,
        /// Alert id.
        alert: String,
        /// Who.
        by: Option<String>,
        /// For which office.
        office: Option<String>,
        /// End of a shelving.
        until: Option<Millis>,
        /// Free text.
        text: Option<String>,
    },
}

impl Action {
    /// The record's `type`, as on the wire.
    pub fn type_name(&self) -> &'static str {
        match self {
            Action::Activate { .. } => "activate",
            Action::ClearToDepart { .. } => "clear_to_depart",
            Action::Amend { .. } => "amend",
            Action::Hold { .. } => "hold",
            Action::Release { .. } => "release",
            Action::Excuse { .. } => "excuse",
            Action::Deactivate { .. } => "deactivate",
            Action::Reopen { .. } => "reopen",
            Action::Operator { verb, .. } => verb.name(),
        }
    }

    /// The journey it names, where it names one.
    pub fn journey(&self) -> Option<&str> {
        match self {
            Action::Activate { journey, .. }
            | Action::ClearToDepart { journey }
            | Action::Amend { journey, .. }
            | Action::Deactivate { journey, .. }
            | Action::Reopen { journey, .. } => Some(journey),
            _ => None,
        }
    }
}

/// The verbs of alarm handling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorVerb {
    /// `acknowledge`
    Acknowledge,
    /// `shelve`
    Shelve,
    /// `unshelve`
    Unshelve,
    /// `reset`
    Reset,
    /// `note`
    Note,
}

impl OperatorVerb {
    /// Every verb.
    pub const ALL: [OperatorVerb; 5] = [
        OperatorVerb::Acknowledge,
        OperatorVerb::Shelve,
        OperatorVerb::Unshelve,
        OperatorVerb::Reset,
        OperatorVerb::Note,
    ];

    /// Wire name.
    pub fn name(self) -> &'static str {
        match self {
            OperatorVerb::Acknowledge => "acknowledge",
            OperatorVerb::Shelve => "shelve",
            OperatorVerb::Unshelve => "unshelve",
            OperatorVerb::Reset => "reset",
            OperatorVerb::Note => "note",
        }
    }
}

/// What `activate` declares and `amend` changes. `None` everywhere is an `amend` that changes nothing.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Declaration {
    /// The corridor to follow.
    pub corridor: Option<CorridorChoice>,
    /// Instant by which the journey must end.
    pub deadline: Option<Millis>,
    /// Reporting interval, milliseconds.
    pub interval_ms: Option<Millis>,
    /// Risk tier 0..=3.
    pub risk: Option<u8>,
    /// Where the unit sits.
    pub mount: Option<Mount>,
    /// The vehicle.
    pub vehicle: Option<Vehicle>,
    /// The goods.
    pub consignment: Option<Consignment>,
    /// Offices concerned.
    pub offices: Option<Offices>,
    /// The journey this one continues, when a unit was exchanged.
    pub continues: Option<String>,
    /// Note.
    pub note: Option<String>,
}

/// A corridor of the rulebook, or one drawn for this journey.
#[derive(Clone, Debug, PartialEq)]
pub enum CorridorChoice {
    /// Id in the rulebook.
    Id(String),
    /// Inline line; its subject is `corridor:inline`.
    Inline(InlineCorridor),
}

/// A line with a half width, given inside a record.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct InlineCorridor {
    /// At least two positions.
    pub line: Vec<Position>,
    /// Half width, 0.1 m; the rulebook's default where absent.
    pub half_width_dm: Option<u32>,
}

/// Where the unit sits on the vehicle (R28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Mount {
    /// On top of the tractor.
    #[default]
    TractorTop,
    /// Underneath the tractor.
    TractorUnder,
    /// On top of the trailer.
    TrailerTop,
    /// Underneath the trailer.
    TrailerUnder,
}

impl Mount {
    /// Every mount, in wire order.
    pub const ALL: [Mount; 4] = [Mount::TractorTop, Mount::TractorUnder, Mount::TrailerTop, Mount::TrailerUnder];

    /// Wire name.
    pub fn name(self) -> &'static str {
        match self {
            Mount::TractorTop => "tractor_top",
            Mount::TractorUnder => "tractor_under",
            Mount::TrailerTop => "trailer_top",
            Mount::TrailerUnder => "trailer_under",
        }
    }
}

/// Plates and country.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Vehicle {
    /// Plate of the tractor.
    pub plate: Option<String>,
    /// Plate of the trailer.
    pub trailer: Option<String>,
    /// Country of registration.
    pub country: Option<String>,
}

/// The goods under customs control.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Consignment {
    /// Movement reference number.
    pub mrn: Option<String>,
    /// TIR carnet number.
    pub tir_carnet: Option<String>,
    /// Seal numbers.
    pub seals: Vec<String>,
    /// Description.
    pub goods: Option<String>,
}

/// Customs offices of the journey (reference numbers).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Offices {
    /// Office of departure.
    pub departure: Option<String>,
    /// Office of destination.
    pub destination: Option<String>,
    /// Offices on the route.
    pub on_route: Vec<String>,
}
