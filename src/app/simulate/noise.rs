//! What the receiver makes of the truth (DETECTION, section 6.3): correlated error, parking walk, multipath bursts,
//! outliers of which half lie about their accuracy, speed noise, frozen fixes, lost weeks, tunnels.

use super::agenda::{Spell, SpellKind};
use super::chance::Chance;
use super::drive::Trace;
use super::plan::Environment;
use crate::domain::record::{Alarms, Fix};
use crate::domain::time::{Millis, SECOND, WEEK_ROLLOVER};

/// Flags of the unit.
pub(super) const TAMPER: Alarms = Alarms(1 << 0);
pub(super) const DOOR: Alarms = Alarms(1 << 2);
pub(super) const JAMMING: Alarms = Alarms(1 << 6);

/// A fix as the unit measured it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measured {
    /// When it was true, seconds of the trace.
    pub(super) second: usize,
    /// What the unit sends.
    pub(super) fix: Fix,
    /// Neither outlier nor frozen, weak or shifted: a fix that can be evidence.
    pub(super) sound: bool,
}

/// How to measure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receiver<'a> {
    /// Instant of second 0.
    pub(super) start: Millis,
    /// Seconds between two fixes.
    pub(super) interval_s: i64,
    /// Noise.
    pub(super) environment: Environment,
    /// Percent in the battery at the start, and how many it loses an hour.
    pub(super) battery: Option<(f64, f64)>,
    /// Seconds at which a door is opened, ascending.
    pub(super) opened: &'a [usize],
    /// Seconds at which somebody tampers with the unit, ascending.
    pub(super) tampered: &'a [usize],
}

/// State of the error between fixes.
#[derive(Default)]
struct Error {
    white: (f64, f64),
    parking: (f64, f64),
    burst_until: usize,
    burst: (f64, f64),
    outlier_left: u32,
    outlier: (f64, f64),
    frozen_left: u32,
}

impl Receiver<'_> {
    /// Every fix of a trace, in order of time. Nothing is measured in a tunnel or by a dead unit.
    pub(super) fn measure(&self, trace: &Trace, chance: &mut Chance) -> Vec<Measured> {
        let mut error = Error::default();
        let mut out: Vec<Measured> = Vec::new();
        let (mut due, mut odometer_m, mut tunnel_until) = (2, 0.0, 0);
        let battery = chance.between(80.0, 99.0);
        let (battery, loss) = self.battery.unwrap_or((battery, 0.2));
        let mut opened = self.opened.iter().copied().peekable();
        let mut tampered = self.tampered.iter().copied().peekable();
        for (second, truth) in trace.seconds.iter().enumerate() {
            odometer_m += f64::from(truth.speed);
            let urban = match self.environment {
                Environment::Open => false,
                Environment::Urban => true,
                Environment::Mix => truth.urban,
            };
            if second >= error.burst_until && chance.happens(if urban { 6.0 } else { 0.5 } / 3600.0) {
                error.burst_until = second + 1 + chance.exponential(65.0) as usize;
                let sigma = if chance.happens(0.2) { 60.0 } else { 25.0 };
                error.burst = (chance.normal(sigma), chance.normal(sigma));
            }
            if truth.speed > 5.0 && second >= tunnel_until && chance.happens(2.0 / 36_000.0) {
                tunnel_until = second + chance.between(60.0, 480.0) as usize;
            }
            if second < due {
                continue;
            }
            due += self.interval_s as usize;
            let spell = trace.spells.iter().find(|(at, s)| second >= *at && second < *at + s.lasts_s as usize);
            if second < tunnel_until || spell.is_some_and(|s| s.1.what == SpellKind::Dead) {
                continue;
            }
            let mut measured = self.one(second, trace, urban, &mut error, chance);
            if let Some(SpellKind::Shifted { east_m, north_m }) = spell.map(|s| s.1.what) {
                // The shift is the same in degrees for the whole spell, so that the false track is as smooth as the true one.
                let origin = spell.map_or(truth.position, |s| trace.seconds[s.0].position);
                let moved = origin.offset_m(east_m, north_m);
                measured.fix.position.lat_e6 += moved.lat_e6 - origin.lat_e6;
                measured.fix.position.lon_e6 += moved.lon_e6 - origin.lon_e6;
                measured.sound = false;
            }
            if let Some((at, Spell { what: SpellKind::Alternating { east_m, north_m }, .. })) = spell {
                let turn = self.interval_s.max(30) as usize;
                if (second - at) / turn % 2 == 1 {
                    measured.fix.position = trace.seconds[*at].position.offset_m(*east_m, *north_m);
                    measured.sound = false;
                }
            }
            if spell.is_some_and(|s| s.1.what == SpellKind::Flickering) {
                measured.fix.alarms.0 |= if chance.happens(0.7) { JAMMING.0 } else { 0 };
                if chance.happens(0.2) {
                    measured.fix.valid = false;
                    measured.sound = false;
                }
            }
            if spell.is_some_and(|s| s.1.what == SpellKind::Blind) {
                measured.fix.valid = false;
                measured.sound = false;
            }
            if opened.next_if(|at| *at <= second).is_some() {
                measured.fix.alarms.0 |= DOOR.0;
            }
            if tampered.next_if(|at| *at <= second).is_some() {
                measured.fix.alarms.0 |= TAMPER.0;
            }
            error.frozen_left =
                if spell.is_some_and(|s| s.1.what == SpellKind::Frozen) { 1 } else { error.frozen_left };
            if let (true, Some(last)) = (error.frozen_left > 0, out.last()) {
                measured.fix.position = last.fix.position;
                measured.sound = false;
                error.frozen_left -= 1;
            }
            if spell.is_some_and(|s| s.1.what == SpellKind::Jammed) {
                measured.fix.alarms.0 |= JAMMING.0;
            }
            measured.fix.odometer_dm = Some((odometer_m * 10.0) as u64);
            measured.fix.battery_pct = Some((battery - second as f64 * loss / 3600.0).max(1.0) as u8);
            out.push(measured);
        }
        out
    }

    fn one(&self, second: usize, trace: &Trace, urban: bool, error: &mut Error, chance: &mut Chance) -> Measured {
        let truth = trace.seconds[second];
        let standing = truth.speed < 0.3;
        let sigma = if urban { 9.0 } else { 3.5 };
        let elapsed = self.interval_s as f64;
        walk(&mut error.white, sigma, elapsed / 60.0, chance);
        walk(
            &mut error.parking,
            if standing { 8.0 } else { 0.0 },
            elapsed / if standing { 300.0 } else { 20.0 },
            chance,
        );
        let (mut east, mut north) = (error.white.0 + error.parking.0, error.white.1 + error.parking.1);
        let mut accuracy = 1.51 * sigma * libm::exp(chance.normal(0.15));
        if second < error.burst_until {
            east += error.burst.0;
            north += error.burst.1;
            accuracy *= chance.between(1.0, 2.0);
        }
        if error.outlier_left == 0 && chance.happens(0.003) {
            error.outlier_left = if chance.happens(0.25) { 2 + chance.below(2) as u32 } else { 1 };
            let far = libm::exp(libm::log(400.0) + chance.normal(1.0)).min(50_000.0);
            let (e, n) = chance.direction();
            error.outlier = (e * far, n * far);
        }
        let outlier = error.outlier_left > 0;
        if outlier {
            error.outlier_left -= 1;
            east += error.outlier.0;
            north += error.outlier.1;
            if chance.happens(0.5) {
                accuracy = (error.outlier.0 * error.outlier.0 + error.outlier.1 * error.outlier.1).sqrt() / 1.5;
            }
        }
        if error.frozen_left == 0 && chance.happens(0.000_2) {
            error.frozen_left = 1 + chance.below((60 / self.interval_s).max(1) as usize).min(3) as u32;
        }
        let mut speed = (f64::from(truth.speed) + chance.normal(0.4)).max(0.0);
        if standing {
            speed = if chance.happens(0.05) { chance.between(0.5, 3.0) } else { speed * 0.3 };
        }
        let course = (f64::from(truth.course) + chance.normal(4.0)).rem_euclid(360.0);
        let time = self.start + second as Millis * SECOND;
        let week_lost = chance.happens(0.000_1);
        let fix = Fix {
            time: if week_lost { time - WEEK_ROLLOVER } else { time },
            position: truth.position.offset_m(east, north),
            speed_cm_s: Some((speed * 100.0) as u32),
            course_ddeg: (truth.speed > 0.8).then_some((course * 10.0) as u16 % 3600),
            accuracy_dm: Some((accuracy * 10.0) as u32),
            hdop_centi: Some((chance.between(0.6, 1.6) * 100.0) as u32),
            satellites: Some(7 + chance.below(8) as u16),
            valid: true,
            ignition: Some(!standing),
            ..Fix::default()
        };
        Measured { second, fix, sound: !outlier && accuracy < 150.0 }
    }
}

/// An Ornstein-Uhlenbeck step in both axes over `elapsed` correlation times.
fn walk(state: &mut (f64, f64), sigma: f64, elapsed: f64, chance: &mut Chance) {
    let keep = libm::exp(-elapsed);
    let kick = sigma * (1.0 - keep * keep).sqrt();
    state.0 = state.0 * keep + chance.normal(kick);
    state.1 = state.1 * keep + chance.normal(kick);
}
