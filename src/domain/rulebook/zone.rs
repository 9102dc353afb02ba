//! Zones: what a place means, with everything that class and settings decide already resolved.

use super::schedule::Schedule;
use super::settings::EvidenceParams;
use crate::domain::alert::{Priority, named};
use crate::domain::geometry::Area;

named! {
    /// What a zone is for (FORMATS, section 2).
    ZoneClass {
        Territory = "territory",
        CustomsArea = "customs_area",
        BorderGate = "border_gate",
        Warehouse = "warehouse",
        PermittedStop = "permitted_stop",
        Lodging = "lodging",
        Queue = "queue",
        Checkpoint = "checkpoint",
        Forbidden = "forbidden",
        Risk = "risk",
        Watch = "watch",
        OfficeArea = "office_area",
        DeadZone = "dead_zone",
    }
}

/// One zone.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Unique among the zones.
    pub id: String,
    /// What it is for.
    pub class: ZoneClass,
    /// For people.
    pub name: String,
    /// Reference number of its customs office.
    pub office: Option<String>,
    /// Stay that is allowed, minutes: the zone's, else its class's, else that of `[overstay]` for `permitted_stop`,
    /// `lodging` and `warehouse`.
    pub allowance_min: Option<i64>,
    /// Stay after which `zone_dwell` is raised, minutes: the zone's, else its class's.
    pub dwell_min: Option<i64>,
    /// Priority: the zone's, else its class's.
    pub priority: Option<Priority>,
    /// When it holds; always where absent.
    pub schedule: Option<Schedule>,
    /// Evidence for entering: the class's, else that of `[evidence]`. A mount may say otherwise.
    pub zone_in: EvidenceParams,
    /// Evidence for leaving: the class's, else that of `[evidence]`. A mount may say otherwise.
    pub zone_out: EvidenceParams,
    /// So far outside counts as outside, metres: `[zone] exit_hysteresis_m`, at most `exit_hysteresis_share` of the
    /// radius of a circle of the same area (DETECTION 5.4).
    pub exit_hysteresis_m: f64,
    /// Where it is.
    pub area: Area,
}

impl Zone {
    /// Whether the zone holds at an instant (milliseconds of UTC).
    pub fn holds_at(&self, time: crate::domain::time::Millis) -> bool {
        self.schedule.as_ref().is_none_or(|schedule| schedule.is_open(time))
    }
}
