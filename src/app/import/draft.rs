//! A row of somebody's file in SI units, before it is a fix.

use crate::domain::position::Position;
use crate::domain::record::{Alarms, Body, Fix};
use crate::domain::time::Millis;
use crate::edge::wire::{TIME_MAX, TIME_MIN, quantise};

/// What a row says; `dropped` where an optional field of it could not be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) time: Millis,
    pub(super) receive_time: Option<Millis>,
    pub(super) lat: f64,
    pub(super) lon: f64,
    pub(super) speed: Option<f64>,
    pub(super) course: Option<f64>,
    pub(super) altitude: Option<f64>,
    pub(super) accuracy: Option<f64>,
    pub(super) hdop: Option<f64>,
    pub(super) satellites: Option<f64>,
    pub(super) battery: Option<f64>,
    pub(super) odometer: Option<f64>,
    pub(super) seq: Option<u64>,
    pub(super) invalid: bool,
    pub(super) approximate: bool,
    pub(super) archive: bool,
    pub(super) ignition: Option<bool>,
    pub(super) motion: Option<bool>,
    pub(super) alarms: Alarms,
    pub(super) dropped: bool,
}

impl Draft {
    /// The fix, by the same rules of rounding and range as on the wire.
    pub(super) fn into_fix(self, unit: String) -> Result<Body, String> {
        let lat_e6 = quantise::latitude(self.lat).ok_or_else(|| format!("latitude {} is out of range", self.lat))?;
        let lon_e6 = quantise::longitude(self.lon).ok_or_else(|| format!("longitude {} is out of range", self.lon))?;
        if !(TIME_MIN..=TIME_MAX).contains(&self.time) {
            return Err(format!("time {} ms lies outside the years 1900..=9999", self.time));
        }
        let mut dropped = self.dropped;
        let receive_time = self.receive_time.filter(|t| (TIME_MIN..=TIME_MAX).contains(t));
        dropped |= receive_time != self.receive_time;
        let fix = Fix {
            time: self.time,
            receive_time,
            position: Position { lat_e6, lon_e6 },
            speed_cm_s: kept(self.speed, quantise::speed, &mut dropped),
            course_ddeg: kept(self.course, quantise::course, &mut dropped),
            altitude_dm: kept(self.altitude, quantise::altitude, &mut dropped),
            accuracy_dm: kept(self.accuracy, quantise::accuracy, &mut dropped),
            hdop_centi: kept(self.hdop, quantise::hdop, &mut dropped),
            satellites: kept(self.satellites, quantise::satellites, &mut dropped),
            valid: !self.invalid,
            approximate: self.approximate,
            archive: self.archive,
            battery_pct: kept(self.battery, quantise::battery, &mut dropped),
            ignition: self.ignition,
            motion: self.motion,
            odometer_dm: kept(self.odometer, quantise::odometer, &mut dropped),
            seq: self.seq,
            alarms: self.alarms,
            field_dropped: dropped,
        };
        Ok(Body::Fix { unit: unit.into(), fix })
    }
}

fn kept<T>(value: Option<f64>, quantise: fn(f64) -> Option<T>, dropped: &mut bool) -> Option<T> {
    let value = value?;
    let kept = quantise(value);
    *dropped |= kept.is_none();
    kept
}
