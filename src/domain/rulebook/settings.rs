//! Every threshold of every detector, as `rulebook.toml` names them (FORMATS, section 2).
//!
//! [`Settings::default`] is exactly `rulebook.toml` of the example rulebook: a missing key takes that value. Field names
//! are the TOML keys, one nested struct a table, so that `settings.evidence.tau_s` is `[evidence] tau_s`. The rim reads
//! the file and hands each literal to [`Settings::set`], which is the only owner of types and ranges.

mod conflicts;
mod overrides;
mod tables;
mod value;

use chrono_tz::Tz;

pub use overrides::{ClassOverride, MountOverride};
pub use tables::*;
pub use value::{DailyRest, DriveBreak, EvidenceParams, Literal, SettingFault};

use super::zone::ZoneClass;
use crate::domain::record::Mount;

/// Number of zone classes.
pub const CLASSES: usize = ZoneClass::ALL.len();
/// Number of mounts.
pub const MOUNTS: usize = Mount::ALL.len();

/// The content of `rulebook.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Name of this state of the rules, as `rulebook` records carry it.
    pub version: String,
    /// Title.
    pub name: String,
    /// Where schedules are read; the rules of the zone are compiled in.
    pub time_zone: Tz,
    /// The tables of thresholds.
    pub tables: Tables,
    /// Overrides a class of zone, indexed by `ZoneClass as usize`.
    pub class: [ClassOverride; CLASSES],
    /// Overrides a mount of the unit, indexed by `Mount as usize`.
    pub mount: [MountOverride; MOUNTS],
}

/// `settings.evidence.tau_s` instead of `settings.tables.evidence.tau_s`.
impl std::ops::Deref for Settings {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
}

impl std::ops::DerefMut for Settings {
    fn deref_mut(&mut self) -> &mut Tables {
        &mut self.tables
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            version: "example-1".into(),
            name: "Turkish transit corridors, example".into(),
            time_zone: Tz::Europe__Istanbul,
            tables: Tables::default(),
            class: overrides::default_classes(),
            mount: overrides::default_mounts(),
        }
    }
}

impl Settings {
    /// Takes one entry of the file: a key at the top (`path` of one name) or in a table (`["fix", "v_max_mps"]`,
    /// `["class", "queue", "dwell_min"]`).
    ///
    /// # Errors
    /// What is wrong with the name, the type or the value; the setting then keeps what it had.
    pub fn set(&mut self, path: &[&str], value: &Literal) -> Result<(), SettingFault> {
        match path {
            ["version"] => set_text(&mut self.version, value),
            ["name"] => set_text(&mut self.name, value),
            ["units"] => match value {
                Literal::Text(text) if text == "SI" => Ok(()),
                Literal::Text(_) => {
                    Err(SettingFault::Range("must be \"SI\": metres, metres per second, degrees".into()))
                }
                _ => Err(SettingFault::Type("the text \"SI\"")),
            },
            ["time_zone"] => self.set_time_zone(value),
            ["class", class, key] => match ZoneClass::from_name(class) {
                Some(class) => self.class[class as usize].set(key, value),
                None => Err(SettingFault::UnknownTable),
            },
            ["mount", mount, key] => match Mount::ALL.iter().find(|m| m.name() == *mount) {
                Some(mount) => self.mount[*mount as usize].set(key, value),
                None => Err(SettingFault::UnknownTable),
            },
            [table, key] => self.tables.set(table, key, value),
            _ => Err(SettingFault::UnknownKey),
        }
    }

    fn set_time_zone(&mut self, value: &Literal) -> Result<(), SettingFault> {
        let Literal::Text(text) = value else { return Err(SettingFault::Type("a time zone name as text")) };
        self.time_zone = text.parse().map_err(|_| {
            SettingFault::Range("no such time zone; take an IANA name such as \"Europe/Istanbul\"".into())
        })?;
        Ok(())
    }
}

fn set_text(field: &mut String, value: &Literal) -> Result<(), SettingFault> {
    match value {
        Literal::Text(text) if text.is_empty() || text.len() > 200 => {
            Err(SettingFault::Range("must have 1 to 200 bytes".into()))
        }
        Literal::Text(text) => {
            field.clone_from(text);
            Ok(())
        }
        _ => Err(SettingFault::Type("text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_reach_their_fields() {
        let mut s = Settings::default();
        s.set(&["fix", "v_max_mps"], &Literal::Float(50.0)).unwrap();
        s.set(&["fix", "late_settle_s"], &Literal::Int(30)).unwrap();
        s.set(&["class", "risk", "dwell_min"], &Literal::Int(7)).unwrap();
        s.set(&["mount", "trailer_top", "sigma_factor"], &Literal::Int(3)).unwrap();
        s.set(&["time_zone"], &Literal::Text("UTC".into())).unwrap();
        assert_eq!(s.fix.v_max_mps, 50.0);
        assert_eq!(s.fix.late_settle_s, 30);
        assert_eq!(s.class[ZoneClass::Risk as usize].dwell_min, Some(7));
        assert_eq!(s.mount[Mount::TrailerTop as usize].sigma_factor, 3.0);
        assert_eq!(s.time_zone, Tz::UTC);
    }

    #[test]
    fn wrong_entries_change_nothing() {
        let mut s = Settings::default();
        let wrong: [(&[&str], Literal); 11] = [
            (&["fix", "v_max_mps"], Literal::Float(61.0)),
            (&["fix", "v_max_mps"], Literal::Float(f64::NAN)),
            (&["fix", "v_max"], Literal::Float(42.0)),
            (&["fix", "week_rollover"], Literal::Int(1)),
            (&["fix", "late_settle_s"], Literal::Float(30.0)),
            (&["fixes", "late_settle_s"], Literal::Int(30)),
            (&["class", "nowhere", "dwell_min"], Literal::Int(3)),
            (&["mount", "roof", "sigma_factor"], Literal::Int(3)),
            (&["evidence", "other"], Literal::Table(vec![("epsilon".into(), Literal::Float(1.0))])),
            (&["evidence", "other"], Literal::Table(vec![("eps".into(), Literal::Float(0.5))])),
            (&["units"], Literal::Text("imperial".into())),
        ];
        for (path, value) in wrong {
            assert!(s.set(path, &value).is_err(), "{path:?} {value:?}");
        }
        assert_eq!(s, Settings::default());
    }

    #[test]
    fn part_of_an_inline_table_keeps_the_rest() {
        let mut s = Settings::default();
        s.set(&["evidence", "zone_in"], &Literal::Table(vec![("h".into(), Literal::Int(8))])).unwrap();
        assert_eq!(s.evidence.zone_in, EvidenceParams { epsilon: 0.02, h: 8.0 });
    }

    #[test]
    fn defaults_do_not_contradict_themselves() {
        assert_eq!(Settings::default().conflicts(), vec![]);
        let mut s = Settings::default();
        s.low_battery.critical_percent = 50;
        assert_eq!(s.conflicts().len(), 1);
    }
}
