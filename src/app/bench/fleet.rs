//! A fleet that drives along the corridors of a rulebook, one fix a vehicle in `interval`: nothing to be found on it.

use std::fmt::Write;
use std::sync::Arc;

use crate::domain::rules::Rules;
use crate::domain::time::{Millis, Rfc3339};

/// Metres a second: what lorries drive.
const SPEED: f64 = 20.0;

/// See the module.
pub struct Fleet {
    rules: Arc<Rules>,
    vehicles: u32,
    interval: Millis,
    line: String,
}

impl Fleet {
    /// A fleet of so many; each reports once in `interval` milliseconds.
    pub fn new(rules: Arc<Rules>, vehicles: u32, interval: Millis) -> Fleet {
        Fleet { rules, vehicles: vehicles.max(1), interval: interval.max(1), line: String::new() }
    }

    /// Number of vehicles.
    pub fn vehicles(&self) -> u32 {
        self.vehicles
    }

    /// Id of a vehicle.
    pub fn unit(vehicle: u32) -> String {
        format!("bench-{vehicle}")
    }

    /// The record that starts a vehicle's journey.
    pub fn activate(&mut self, vehicle: u32, run: &str, time: Millis) -> &str {
        self.line.clear();
        let unit = Self::unit(vehicle);
        let corridors = &self.rules.book.corridors;
        let corridor = match corridors.get(vehicle as usize % corridors.len().max(1)) {
            Some(corridor) => format!(r#","corridor":"{}""#, corridor.id),
            None => String::new(),
        };
        let seconds = self.interval / 1_000;
        // Writing to a string does not fail.
        let _ = write!(
            self.line,
            r#"{{"type":"activate","unit":"{unit}","journey":"{run}-{vehicle}","time":"{}"{corridor},"interval_s":{}}}"#,
            Rfc3339(time),
            seconds.max(1)
        );
        &self.line
    }

    /// A fix of a vehicle, so many milliseconds after its start; with `alarm`, the unit reports that it was opened.
    pub fn fix(&mut self, vehicle: u32, since: Millis, time: Millis, alarm: bool) -> &str {
        self.line.clear();
        let unit = Self::unit(vehicle);
        let (lat, lon, course) = self.place(vehicle, since);
        let alarms = if alarm { r#","alarms":["tamper"]"# } else { "" };
        let _ = write!(
            self.line,
            r#"{{"type":"fix","unit":"{unit}","fix_time":"{}","lat":{lat:.6},"lon":{lon:.6},"speed":{SPEED:.2},"course":{course:.1},"altitude":850.0,"accuracy":8.0,"hdop":0.9,"satellites":11,"battery":97,"ignition":true,"seq":{}{alarms}}}"#,
            Rfc3339(time),
            since / self.interval
        );
        &self.line
    }

    /// Vehicles start spread over the first nine tenths of their corridor; whoever reaches its end waits there.
    fn place(&self, vehicle: u32, since: Millis) -> (f64, f64, f64) {
        let corridors = &self.rules.book.corridors;
        let driven = since as f64 / 1_000.0 * SPEED;
        let Some(corridor) = corridors.get(vehicle as usize % corridors.len().max(1)) else {
            let start = f64::from(vehicle % 1_000) * 0.01;
            return (39.0 + f64::from(vehicle % 77) * 0.01, 30.0 + start + driven / 86_000.0, 90.0);
        };
        let length = corridor.route.length_m();
        let spread = f64::from(vehicle.wrapping_mul(2_654_435_761) >> 8) / f64::from(1u32 << 24);
        let at = (spread * length * 0.9 + driven).min(length);
        let position = corridor.route.at(at);
        (
            f64::from(position.lat_e6) * 1e-6,
            f64::from(position.lon_e6) * 1e-6,
            corridor.route.course_deg_at(at).rem_euclid(360.0),
        )
    }
}
