//! A fleet that drives along the corridors of a rulebook, one fix a vehicle in `interval`: nothing to be found on it.

use std::sync::Arc;

use crate::domain::position::Position;
use crate::domain::record::{Action, Alarms, Body, Command, CorridorChoice, Declaration, Fix};
use crate::domain::rules::Rules;
use crate::domain::time::Millis;
#[cfg(feature = "kafka")]
use crate::edge::wire;

/// Metres a second: what lorries drive, where the way is long enough for it.
const SPEED: f64 = 20.0;
/// The most of a corridor that is driven: nobody comes to its end, where who stands and reports a speed has a frozen receiver.
const DRIVEN: f64 = 0.9;

/// What the journeys of a run are called, which begins now: as short as the numbers of declarations are.
#[cfg(feature = "kafka")]
pub fn name(now: Millis) -> String {
    format!("b{:x}", now / 1_000)
}

/// See the module.
pub struct Fleet {
    rules: Arc<Rules>,
    vehicles: u32,
    interval: Millis,
    lasting: Millis,
    #[cfg(feature = "kafka")]
    line: Vec<u8>,
    #[cfg(feature = "kafka")]
    protobuf: bool,
}

impl Fleet {
    /// A fleet of so many; each reports once in `interval` milliseconds, and is under way for `lasting` of them.
    pub fn new(rules: Arc<Rules>, vehicles: u32, interval: Millis, lasting: Millis) -> Fleet {
        Fleet {
            rules,
            vehicles: vehicles.max(1),
            interval: interval.max(1),
            lasting: lasting.max(1),
            #[cfg(feature = "kafka")]
            line: Vec::new(),
            #[cfg(feature = "kafka")]
            protobuf: false,
        }
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
    pub fn activate(&self, vehicle: u32, run: &str, time: Millis) -> Body {
        let corridors = &self.rules.book.corridors;
        let corridor = corridors.get(vehicle as usize % corridors.len().max(1));
        let declaration = Declaration {
            corridor: corridor.map(|corridor| CorridorChoice::Id(corridor.id.clone())),
            interval_ms: Some(self.interval.max(1_000)),
            ..Declaration::default()
        };
        Body::Command(Box::new(Command {
            unit: Self::unit(vehicle),
            time,
            action: Action::Activate { journey: format!("{run}-{vehicle}"), declaration: Box::new(declaration) },
        }))
    }

    /// A fix of a vehicle, so many milliseconds after its start; with `alarm`, the unit reports that it was opened.
    pub fn fix(&self, vehicle: u32, since: Millis, time: Millis, alarm: bool) -> Body {
        let (position, course_deg, speed) = self.place(vehicle, since);
        let fix = Fix {
            time,
            position,
            speed_cm_s: Some((speed * 100.0) as u32),
            course_ddeg: Some((course_deg * 10.0) as u16 % 3_600),
            altitude_dm: Some(8_500),
            accuracy_dm: Some(80),
            hdop_centi: Some(90),
            satellites: Some(11),
            valid: true,
            battery_pct: Some(97),
            ignition: Some(true),
            seq: Some((since / self.interval) as u64),
            alarms: if alarm { Alarms::bit("tamper").unwrap_or_default() } else { Alarms::default() },
            ..Fix::default()
        };
        Body::Fix { unit: Self::unit(vehicle).into(), fix }
    }

    /// Whether its values are Protobuf, and not JSON.
    #[cfg(feature = "kafka")]
    pub fn speaks_protobuf(&mut self, protobuf: bool) {
        self.protobuf = protobuf;
    }

    /// A record as a value of the topic.
    #[cfg(feature = "kafka")]
    pub fn value(&mut self, body: &Body) -> &[u8] {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        self.write(body, &mut line);
        self.line = line;
        &self.line
    }

    /// The same, behind what `out` holds.
    #[cfg(feature = "kafka")]
    pub fn write(&self, body: &Body, out: &mut Vec<u8>) {
        if self.protobuf {
            return wire::encode_protobuf(body, out);
        }
        wire::encode(body, None, out);
        if out.last() == Some(&b'\n') {
            out.pop();
        }
    }

    /// Where a vehicle is, its course, and its speed. Vehicles start spread over what of their corridor they leave undriven.
    fn place(&self, vehicle: u32, since: Millis) -> (Position, f64, f64) {
        let seconds = |time: Millis| time as f64 / 1_000.0;
        let corridors = &self.rules.book.corridors;
        let Some(corridor) = corridors.get(vehicle as usize % corridors.len().max(1)) else {
            let start = Position {
                lat_e6: 39_000_000 + (vehicle % 77) as i32 * 10_000,
                lon_e6: 30_000_000 + (vehicle % 1_000) as i32 * 10_000,
            };
            return (start.offset_m(seconds(since) * SPEED, 0.0), 90.0, SPEED);
        };
        let length = corridor.route.length_m();
        let speed = SPEED.min(DRIVEN * length / seconds(self.lasting));
        let spread = f64::from(vehicle.wrapping_mul(2_654_435_761) >> 8) / f64::from(1u32 << 24);
        let at = (spread * (length - speed * seconds(self.lasting)) + speed * seconds(since)).min(length);
        (corridor.route.at(at), corridor.route.course_deg_at(at).rem_euclid(360.0), speed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::country::Country;
    use super::*;
    use crate::domain::time::HOUR;

    #[test]
    fn nobody_stands_at_the_end_of_its_way_however_long_it_drives() {
        let rules = Country { zones: 1, corridors: 3 }.rules().unwrap_or_else(|failure| panic!("{}", failure.error));
        for lasting in [HOUR / 10, 11 * HOUR] {
            let fleet = Fleet::new(Arc::clone(&rules), 50, 60_000, lasting);
            for vehicle in 0..50 {
                let (before, _, speed) = fleet.place(vehicle, lasting - 60_000);
                let (last, ..) = fleet.place(vehicle, lasting);
                assert!(speed > 5.0 && before.distance_m(last) > 100.0, "{vehicle}: {speed}, {before:?} to {last:?}");
            }
        }
    }
}
