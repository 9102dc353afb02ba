//! What is to be simulated: how many vehicles, for how long, how they report, and what they do wrong.

use super::together::GroupKind;
use crate::domain::time::Millis;

/// The whole order.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Everything drawn follows from it.
    pub seed: u64,
    /// Vehicles.
    pub vehicles: u32,
    /// Days; each vehicle makes one journey a day.
    pub days: u32,
    /// First instant.
    pub start: Millis,
    /// Seconds between two fixes, one of these for each journey.
    pub intervals_s: Vec<i64>,
    /// Noise.
    pub environment: Environment,
    /// How fixes reach the log, one of these for each journey.
    pub deliveries: Vec<Delivery>,
    /// What is planted; empty for nothing.
    pub plants: Vec<PlantKind>,
    /// What groups of vehicles are made to do together; empty for nothing.
    pub together: Vec<GroupKind>,
    /// Share of vehicle-days with nothing planted.
    pub clean_share: f64,
    /// Hours of driving in a day.
    pub driving_h: f64,
    /// A tick each second.
    pub ticks: bool,
    /// Share of units mounted underneath.
    pub underneath_share: f64,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            seed: 1,
            vehicles: 10,
            days: 1,
            start: 1_777_593_600_000, // 2026-05-01T00:00:00Z
            intervals_s: vec![30],
            environment: Environment::Mix,
            deliveries: Delivery::ALL.to_vec(),
            plants: PlantKind::standard(),
            together: Vec::new(),
            clean_share: 0.5,
            driving_h: 9.0,
            ticks: true,
            underneath_share: 0.0,
        }
    }
}

/// Reporting intervals of `mix`, seconds (DETECTION, section 6.3).
pub const INTERVALS_S: [i64; 5] = [10, 30, 60, 120, 300];

/// Which noise a unit has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Open country everywhere.
    Open,
    /// Between houses everywhere.
    Urban,
    /// As the way goes.
    Mix,
}

impl Environment {
    /// Wire name.
    pub fn name(self) -> &'static str {
        match self {
            Environment::Open => "open",
            Environment::Urban => "urban",
            Environment::Mix => "mix",
        }
    }

    /// The value of a wire name.
    pub fn from_name(text: &str) -> Option<Environment> {
        [Environment::Open, Environment::Urban, Environment::Mix].into_iter().find(|e| e.name() == text)
    }
}

/// How the fixes of a journey reach the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Each after the one before, none twice, no loss of contact.
    InOrder,
    /// Contact is lost at times; what was stored is sent oldest first.
    OldestFirst,
    /// Contact is lost at times; what was stored is sent newest first.
    NewestFirst,
    /// Always in contact, but the gateway repeats itself.
    Duplicated,
}

impl Delivery {
    /// Every delivery.
    pub const ALL: [Delivery; 4] =
        [Delivery::InOrder, Delivery::OldestFirst, Delivery::NewestFirst, Delivery::Duplicated];

    /// Wire name.
    pub fn name(self) -> &'static str {
        match self {
            Delivery::InOrder => "in_order",
            Delivery::OldestFirst => "oldest_first",
            Delivery::NewestFirst => "newest_first",
            Delivery::Duplicated => "duplicated",
        }
    }

    /// The value of a wire name.
    pub fn from_name(text: &str) -> Option<Delivery> {
        Delivery::ALL.into_iter().find(|d| d.name() == text)
    }
}

/// What can be planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlantKind {
    /// Off the corridor, parallel to it or out and back.
    Corridor,
    /// Standing where one must not.
    Stop,
    /// Through a forbidden, risk or watch zone.
    Zone,
    /// Nothing is heard.
    Silence,
    /// Reported positions are shifted.
    Jump,
    /// Too long in a place.
    Overstay,
    /// Beside the lane, but within the corridor: no violation.
    NearMiss,
    /// Back along the corridor, and on again.
    Reverse,
    /// Up and down the same stretch for more than an hour.
    Wander,
    /// Round a checkpoint.
    Checkpoint,
    /// Every now and then the positions come from somewhere else.
    Dual,
    /// The receiver repeats its position.
    Frozen,
    /// The unit reports jamming, flickering.
    Jamming,
    /// A dead unit, and a long halt that nobody sees.
    Hidden,
    /// The battery drains.
    Battery,
    /// A stop off the corridor, often with an opened door.
    Unloading,
    /// Over the border of the territory, and back.
    Border,
    /// The unit is tampered with.
    Tamper,
    /// The time allowed ends on the way.
    Overdue,
    /// The unit is heard, but its antenna sees no satellite.
    Lost,
}

impl PlantKind {
    /// Every kind. The last is not in the standard set: whoever names a seed and no plants gets the log that he always got.
    pub const ALL: [PlantKind; 20] = [
        PlantKind::Corridor,
        PlantKind::Stop,
        PlantKind::Zone,
        PlantKind::Silence,
        PlantKind::Jump,
        PlantKind::Overstay,
        PlantKind::NearMiss,
        PlantKind::Reverse,
        PlantKind::Wander,
        PlantKind::Checkpoint,
        PlantKind::Dual,
        PlantKind::Frozen,
        PlantKind::Jamming,
        PlantKind::Hidden,
        PlantKind::Battery,
        PlantKind::Unloading,
        PlantKind::Border,
        PlantKind::Tamper,
        PlantKind::Overdue,
        PlantKind::Lost,
    ];

    /// The standard set.
    pub fn standard() -> Vec<PlantKind> {
        PlantKind::ALL.into_iter().filter(|kind| *kind != PlantKind::Lost).collect()
    }

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            PlantKind::Corridor => "corridor",
            PlantKind::Stop => "stop",
            PlantKind::Zone => "zone",
            PlantKind::Silence => "silence",
            PlantKind::Jump => "jump",
            PlantKind::Overstay => "overstay",
            PlantKind::NearMiss => "near_miss",
            PlantKind::Reverse => "reverse",
            PlantKind::Wander => "wander",
            PlantKind::Checkpoint => "checkpoint",
            PlantKind::Dual => "dual",
            PlantKind::Frozen => "frozen",
            PlantKind::Jamming => "jamming",
            PlantKind::Hidden => "hidden",
            PlantKind::Battery => "battery",
            PlantKind::Unloading => "unloading",
            PlantKind::Border => "border",
            PlantKind::Tamper => "tamper",
            PlantKind::Overdue => "overdue",
            PlantKind::Lost => "lost",
        }
    }

    /// `none`, `standard` or a list separated by commas; the word that is neither.
    ///
    /// # Errors
    /// The first name that is unknown.
    pub fn parse(text: &str) -> Result<Vec<PlantKind>, String> {
        match text {
            "none" => Ok(Vec::new()),
            "standard" => Ok(PlantKind::standard()),
            list => list
                .split(',')
                .map(|name| PlantKind::ALL.into_iter().find(|k| k.name() == name).ok_or_else(|| name.to_owned()))
                .collect(),
        }
    }
}
