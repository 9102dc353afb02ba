//! D12, what the unit itself reports: tamper, seal, battery (DETECTION, 5.12). No debounce; repeats fold.

use super::super::alert::{Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::past::{NONE_BATTERY, Past};
use super::super::plan::Plan;
use super::super::record::Alarms;
use super::super::rulebook::ZoneClass;
use super::super::seldom::Seldom;
use super::super::time::{MINUTE, Millis, SECOND};
use super::state::MachineMut;

/// A sensor that has spoken.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct ActiveSensor {
    /// Bit of its alarm.
    pub bit: u8,
    /// Its episode.
    pub seq: u32,
    /// When it spoke last.
    pub last: Millis,
    /// How often.
    pub count: u32,
}
state!(ActiveSensor { bit, seq, last, count });

/// Sensors and battery.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Sensors {
    /// Ascending by bit.
    pub active: Seldom<Vec<ActiveSensor>>,
    /// First of the current low readings.
    pub low_since: Option<Millis>,
    /// How many there were.
    pub low_reports: u32,
    /// Episode of `low_battery`.
    pub low_seq: Option<u32>,
    /// Last reading.
    pub battery: Option<u8>,
    /// When a seal sensor spoke last, other than at an office of the journey.
    pub opened: Option<Millis>,
    /// When the unit was tampered with last.
    pub tampered: Option<Millis>,
}
state!(Sensors { active, low_since, low_reports, low_seq, battery, opened, tampered });

impl Sensors {
    /// Whether a seal or tamper sensor spoke in `[from, to]`.
    pub(super) fn spoke_within(&self, from: Millis, to: Millis) -> bool {
        [self.opened, self.tampered].iter().flatten().any(|t| (from..=to).contains(t))
    }
}

/// Which kind a flag gives; flags of other detectors give none here.
fn kind_of(alarm: &str) -> Option<Kind> {
    match alarm {
        "door" | "lock" | "unlock" => Some(Kind::Seal),
        "tamper" | "removed" | "power_cut" | "antenna_cut" | "sos" => Some(Kind::Tamper),
        _ => None,
    }
}

impl MachineMut<'_> {
    /// Alarms and battery of one report, whatever its position is worth.
    pub(super) fn step_sensors(&mut self, plan: &Plan, past: &Past) {
        let mut flags = past.alarms;
        while flags != 0 {
            let bit = flags.trailing_zeros();
            flags &= flags - 1;
            if let Some(alarm) = Alarms::NAMES.get(bit as usize)
                && let Some(kind) = kind_of(alarm)
            {
                self.sensor(plan, past, bit as u8, alarm, kind);
            }
        }
        if past.battery != NONE_BATTERY {
            self.step_battery(plan, past.time, past.battery);
            self.step_trend(plan, past.time, past.battery);
        }
    }

    fn sensor(&mut self, plan: &Plan, past: &Past, bit: u8, alarm: &str, kind: Kind) {
        let at_home = kind == Kind::Seal
            && self
                .inside(|z| {
                    matches!(plan.rules.class(z), ZoneClass::CustomsArea | ZoneClass::Warehouse)
                        && plan.is_own_office(z)
                })
                .is_some();
        match kind {
            Kind::Tamper => self.side.sensors.tampered = Some(past.time),
            _ if !at_home => self.side.sensors.opened = Some(past.time),
            _ => {}
        }
        if let Some(active) = self.side.sensors.active.iter_mut().find(|a| a.bit == bit) {
            active.last = past.time;
            active.count += 1;
            let (seq, count) = (active.seq, i64::from(active.count));
            self.side.book.update(seq, |e| e.set(Measure::Count, count));
            return;
        }
        let priority = if at_home { Priority::Journal } else { Priority::High };
        let mut episode = Episode::new(kind, format!("sensor:{alarm}"), past.time, past.time, priority)
            .measuring(Measure::Count, 1)
            .because(if at_home { "own_office" } else { "sensor" });
        if let Some(position) = self.place(past) {
            episode = episode.at(position).resting_on(past.time, position);
        }
        let seq = self.raise(plan, episode);
        let sensors = &mut self.side.sensors.active;
        let at = sensors.partition_point(|a| a.bit < bit);
        sensors.insert(at, ActiveSensor { bit, seq, last: past.time, count: 1 });
    }

    /// The report's own position where it may be believed, else the last accepted one.
    fn place(&self, past: &Past) -> Option<super::super::position::Position> {
        if past.contact_only { self.last_fix().map(|f| f.position) } else { Some(past.position) }
    }

    fn step_battery(&mut self, plan: &Plan, t: Millis, percent: u8) {
        let settings = &plan.rules.settings().low_battery;
        let level = i64::from(percent);
        self.side.sensors.battery = Some(percent);
        if let Some(seq) = self.side.sensors.low_seq {
            if level > settings.clear_percent {
                self.side.sensors.low_seq = None;
                self.side.sensors.low_since = None;
                self.side.sensors.low_reports = 0;
                self.side.book.close(seq, t, EndReason::Over, |e| e.set(Measure::BatteryPct, level));
            } else if level < settings.critical_percent
                && self.side.book.open(seq).is_some_and(|e| e.may_rise(Priority::Medium))
            {
                self.side.book.update(seq, |e| {
                    e.escalate(Priority::Medium, &format!("battery<{}%", settings.critical_percent));
                    e.set(Measure::BatteryPct, level);
                });
            }
            return;
        }
        if level >= settings.low_percent {
            self.side.sensors.low_since = None;
            self.side.sensors.low_reports = 0;
            return;
        }
        let since = *self.side.sensors.low_since.get_or_insert(t);
        self.side.sensors.low_reports += 1;
        if i64::from(self.side.sensors.low_reports) >= settings.reports || t - since >= MINUTE {
            self.raise_low_battery(plan, t);
        }
    }

    /// By its trend it is empty before the vehicle arrives.
    pub(super) fn empty_before_arrival(&mut self) {
        if let Some(seq) = self.side.sensors.low_seq
            && self.side.book.open(seq).is_some_and(|e| e.may_rise(Priority::Medium))
        {
            self.side.book.update(seq, |e| {
                e.escalate(Priority::Medium, "empty_before_arrival");
            });
        }
    }

    fn raise_low_battery(&mut self, plan: &Plan, t: Millis) {
        let settings = &plan.rules.settings().low_battery;
        let (Some(since), Some(percent)) = (self.side.sensors.low_since, self.side.sensors.battery) else { return };
        let level = i64::from(percent);
        let critical = level < settings.critical_percent;
        let mut episode = Episode::new(Kind::LowBattery, "unit", since, t, Priority::Low)
            .because(format!("battery<{}%", settings.low_percent))
            .measuring(Measure::BatteryPct, level);
        if critical {
            episode.escalate(Priority::Medium, &format!("battery<{}%", settings.critical_percent));
        }
        if let Some(fix) = self.last_fix() {
            episode = episode.at(fix.position);
        }
        let seq = self.raise(plan, episode);
        self.side.sensors.low_seq = Some(seq);
    }

    /// When a sensor falls silent for good, or one low reading has lasted a minute.
    pub(super) fn sensor_timer(&self, plan: &Plan) -> Option<Millis> {
        let fold = plan.rules.settings().tamper.fold_s * SECOND;
        let sensors = &self.side.sensors;
        let battery = sensors.low_since.filter(|_| sensors.low_seq.is_none()).map(|since| since + MINUTE);
        sensors.active.iter().map(|a| a.last + fold).chain(battery).min()
    }

    /// Carries out [`MachineMut::sensor_timer`].
    pub(super) fn fire_sensor_timer(&mut self, plan: &Plan, t: Millis) {
        let fold = plan.rules.settings().tamper.fold_s * SECOND;
        if self.side.sensors.low_seq.is_none() && self.side.sensors.low_since.is_some_and(|since| since + MINUTE <= t) {
            self.raise_low_battery(plan, t);
        }
        let over: Vec<ActiveSensor> = self.side.sensors.active.iter().filter(|a| a.last + fold <= t).copied().collect();
        self.side.sensors.active.retain(|a| a.last + fold > t);
        for sensor in over {
            self.side.book.close(sensor.seq, sensor.last, EndReason::Over, |_| {});
        }
    }
}
