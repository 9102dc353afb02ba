//! Overrides a class of zone and a mount of the unit: what is `None` keeps the general value.

use super::value::{EvidenceParams, Literal, Setting, SettingFault, put_within};
use super::{CLASSES, MOUNTS};
use crate::domain::alert::Priority;
use crate::domain::record::Mount;
use crate::domain::rulebook::zone::ZoneClass;

/// `[class.C]`: for the zones of one class, unless a zone says it itself.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct ClassOverride {
    /// Priority of entering.
    pub priority: Option<Priority>,
    /// Stay after which `zone_dwell` is raised, minutes.
    pub dwell_min: Option<i64>,
    /// Stay that is allowed, minutes.
    pub allowance_min: Option<i64>,
    /// Evidence for entering.
    pub zone_in: Option<EvidenceParams>,
    /// Evidence for leaving.
    pub zone_out: Option<EvidenceParams>,
}

/// `[mount.M]`: for units that sit there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MountOverride {
    /// Factor on σ of every fix.
    pub sigma_factor: f64,
    /// Evidence for entering a zone.
    pub zone_in: Option<EvidenceParams>,
    /// Evidence for leaving a zone.
    pub zone_out: Option<EvidenceParams>,
    /// Evidence for leaving and regaining the corridor.
    pub corridor: Option<EvidenceParams>,
    /// Evidence of every other kind.
    pub other: Option<EvidenceParams>,
}

impl Default for MountOverride {
    fn default() -> MountOverride {
        MountOverride { sigma_factor: 1.0, zone_in: None, zone_out: None, corridor: None, other: None }
    }
}

impl ClassOverride {
    pub(super) fn set(&mut self, key: &str, value: &Literal) -> Result<(), SettingFault> {
        match key {
            "priority" => {
                let Literal::Text(text) = value else { return Err(SettingFault::Type("a priority as text")) };
                let taken = Priority::from_name(text);
                self.priority = Some(taken.ok_or_else(|| {
                    SettingFault::Range("must be \"journal\", \"low\", \"medium\" or \"high\"".into())
                })?);
                Ok(())
            }
            "dwell_min" => put_minutes(&mut self.dwell_min, value),
            "allowance_min" => put_minutes(&mut self.allowance_min, value),
            "zone_in" => self.zone_in.put(value),
            "zone_out" => self.zone_out.put(value),
            _ => Err(SettingFault::UnknownKey),
        }
    }
}

impl MountOverride {
    pub(super) fn set(&mut self, key: &str, value: &Literal) -> Result<(), SettingFault> {
        match key {
            "sigma_factor" => put_within(&mut self.sigma_factor, value, 0.1, 10.0),
            "zone_in" => self.zone_in.put(value),
            "zone_out" => self.zone_out.put(value),
            "corridor" => self.corridor.put(value),
            "other" => self.other.put(value),
            _ => Err(SettingFault::UnknownKey),
        }
    }
}

fn put_minutes(field: &mut Option<i64>, value: &Literal) -> Result<(), SettingFault> {
    let mut taken = 0;
    put_within(&mut taken, value, 0.0, 525_600.0)?;
    *field = Some(taken);
    Ok(())
}

pub(super) fn default_classes() -> [ClassOverride; CLASSES] {
    let mut classes = [ClassOverride::default(); CLASSES];
    classes[ZoneClass::CustomsArea as usize].dwell_min = Some(480);
    classes[ZoneClass::Queue as usize].dwell_min = Some(1_440);
    classes[ZoneClass::BorderGate as usize].priority = Some(Priority::Journal);
    classes[ZoneClass::Forbidden as usize].priority = Some(Priority::High);
    classes[ZoneClass::Risk as usize].priority = Some(Priority::Journal);
    classes[ZoneClass::Watch as usize].priority = Some(Priority::Low);
    classes
}

pub(super) fn default_mounts() -> [MountOverride; MOUNTS] {
    let mut mounts = [MountOverride::default(); MOUNTS];
    for mount in [Mount::TractorUnder, Mount::TrailerUnder] {
        mounts[mount as usize].sigma_factor = 2.0;
        mounts[mount as usize].corridor = Some(EvidenceParams { epsilon: 0.05, h: 8.0 });
    }
    mounts
}
