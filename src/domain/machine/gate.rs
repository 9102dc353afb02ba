//! D0, the gate: which fixes may be believed, and whether the track has jumped (DETECTION, 5.2).
//!
//! A jump is judged by where the new track *began*, not by its newest fix: fixes that do not fit the anchor are held
//! as a chain, and released whole or discarded whole. An anchor that was itself the outlier is dropped.

use super::super::codec::state;
use super::super::past::{Key, NONE_U16, Past};
use super::super::position::{Position, turn_deg};
use super::super::rulebook::settings::{FixSettings, PositionJumpSettings};
use super::super::seldom::Seldom;
use super::super::time::{MINUTE, Millis, SECOND};

/// A fix as the detectors see it: whole units, the mount's factor applied.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Sighting {
    /// Event time.
    pub time: Millis,
    /// Where.
    pub position: Position,
    /// Reported speed, 0.01 m/s, or [`NONE_U16`].
    pub speed: u16,
    /// Reported course, 0.1°, or [`NONE_U16`].
    pub course: u16,
    /// Standard deviation with the mount's factor, 0.1 m, not clamped.
    pub sigma_dm: u16,
    /// Speed used by the gate: reported, else implied by its predecessor, 0.01 m/s.
    pub gate_speed: u16,
}
state!(Sighting { time, position, speed, course, sigma_dm, gate_speed });

impl Sighting {
    /// None: at time 0.
    pub const NONE: Sighting = Sighting {
        time: 0,
        position: Position { lat_e6: 0, lon_e6: 0 },
        speed: 0,
        course: 0,
        sigma_dm: 0,
        gate_speed: 0,
    };

    /// From a report and the mount's factor.
    pub fn new(past: &Past, sigma_factor: f64) -> Self {
        let sigma = (f64::from(past.sigma_dm) * sigma_factor).min(60_000.0);
        Sighting {
            time: past.time,
            position: past.position,
            speed: past.speed,
            course: past.course,
            sigma_dm: sigma as u16,
            gate_speed: 0,
        }
    }

    /// Reported speed in m/s.
    pub fn speed_mps(&self) -> Option<f64> {
        (self.speed != NONE_U16).then(|| f64::from(self.speed) / 100.0)
    }

    /// Standard deviation in metres within the bounds that the detectors use.
    pub fn sigma_m(&self, settings: &FixSettings) -> f64 {
        (f64::from(self.sigma_dm) / 10.0).clamp(settings.sigma_floor_m, settings.sigma_cap_m)
    }

    fn gate_sigma(&self) -> f64 {
        (f64::from(self.sigma_dm) / 10.0).clamp(5.0, 50.0)
    }

    fn gate_mps(&self) -> f64 {
        f64::from(self.gate_speed) / 100.0
    }
}

/// The small, hot part: the last accepted fixes.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Gate {
    /// Last accepted fixes, newest first; `recent[0]` is the anchor.
    pub recent: [Sighting; 4],
    /// How many of them are set.
    pub known: u8,
    /// Consecutive accepted fixes that moved as their speeds and courses said.
    pub support: u8,
    /// So many accepted fixes to come (those of a released chain first) follow a step that no speed explains.
    pub suspect: u8,
}
state!(Gate { recent, known, support, suspect });

/// Fixes that are suspected after an unexplained step: one more than the longest run of outliers of the noise model.
const SUSPECT: u8 = 4;

/// The cold part: fixes held back, and a jump that stands.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Chain {
    /// Held fixes, oldest first.
    pub held: Seldom<Vec<Sighting>>,
    /// The anchor from which the standing jump left.
    pub jumped_from: Option<Box<Sighting>>,
    /// The anchor that the newest soft chain left, and when: going back there soon is no jump, the chain was none.
    pub softened_from: Option<Box<(Sighting, Millis)>>,
}
state!(Chain { held, jumped_from, softened_from });

impl Chain {
    /// Without a mutable look where there is nothing: that would make room for it.
    fn drop_held(&mut self) {
        if !self.held.is_empty() {
            self.held.clear();
        }
    }
}

/// What became of a fix.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Accepted at once.
    Accepted,
    /// Held; nothing is known yet. The flag tells whether it is impossible (level 2) from the anchor.
    Held(bool),
    /// It completed a chain: these fixes are released to the detectors, in order.
    Released {
        /// The chain, this fix last.
        fixes: Vec<Sighting>,
        /// Set where the chain is a jump.
        jump: Option<Jump>,
    },
}

/// A jump, or the return from one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jump {
    /// Where the old track ended.
    pub from: Sighting,
    /// Where the new one began.
    pub to: Sighting,
    /// Metres between them.
    pub distance_m: f64,
    /// The old track was resumed within reach.
    pub returned: bool,
}

/// 0 consistent, 1 inconsistent with the reported speeds, 2 impossible.
pub(super) fn level(p: &Sighting, f: &Sighting, distance_m: f64, settings: &FixSettings) -> u8 {
    let dt = seconds_between(p, f);
    let (sp, sf) = (p.gate_sigma(), f.gate_sigma());
    let slack = settings.gate_k * (sp * sp + sf * sf).sqrt() + settings.gate_d0_m;
    if distance_m > settings.v_max_mps * dt + slack {
        return 2;
    }
    let (Some(vp), Some(vf)) = (p.speed_mps(), f.speed_mps()) else { return 0 };
    let reach = settings.v_max_mps.min(vp.max(vf) + 0.5 * settings.accel_mps2 * dt);
    u8::from(distance_m > reach * dt + slack)
}

/// Whether a step is what the reported speeds and courses say: then it continues the track, whatever else might explain
/// it. A false track behind the vehicle comes as far from the anchor in time as a true one would, but not that way.
fn continues(p: &Sighting, f: &Sighting, distance_m: f64) -> bool {
    let (Some(vp), Some(vf)) = (p.speed_mps(), f.speed_mps()) else { return false };
    residual(p, f, distance_m) <= 50.0 + 0.3 * vp.max(vf) * seconds_between(p, f) && heads(p, f, distance_m)
}

/// Whether a fix could have been driven to from an older one by the speeds reported, and lies where the vehicle was
/// heading: it may have stood in between, so it may be nearer than they say.
fn explains(p: &Sighting, f: &Sighting, settings: &FixSettings) -> bool {
    let d = p.position.distance_m(f.position);
    let (vp, vf) = (p.gate_mps(), f.speed_mps().unwrap_or(p.gate_mps()));
    let driven = (0.5 * (vp + vf) + 0.3 * vp.max(vf)) * seconds_between(p, f) + 50.0;
    level(p, f, d, settings) < 2 && d <= driven && heads(p, f, d)
}

/// Nearer than this, noise has every direction.
const ASTRAY_M: f64 = 200.0;

/// Whether a step goes the way of its vehicle: more or less along the course at one of its ends, for roads bend.
fn heads(p: &Sighting, f: &Sighting, distance_m: f64) -> bool {
    let known = || [p.course, f.course].into_iter().filter(|course| *course != NONE_U16);
    if distance_m <= ASTRAY_M || known().next().is_none() {
        return true;
    }
    let bearing = p.position.course_deg(f.position);
    known().any(|course| turn_deg(f64::from(course) / 10.0, bearing) <= 45.0)
}

/// By how many metres the step differs from what the speeds say.
fn residual(p: &Sighting, f: &Sighting, distance_m: f64) -> f64 {
    let dt = seconds_between(p, f);
    let vf = f.speed_mps().unwrap_or(if dt > 0.0 { distance_m / dt } else { 0.0 });
    (distance_m - 0.5 * (p.gate_mps() + vf) * dt).abs()
}

fn seconds_between(p: &Sighting, f: &Sighting) -> f64 {
    (f.time - p.time).abs() as f64 / 1000.0
}

impl Gate {
    /// The newest accepted fix.
    pub fn anchor(&self) -> Option<&Sighting> {
        (self.known > 0).then_some(&self.recent[0])
    }

    /// The newest fix froze at an earlier instant: from then on nobody knows where the vehicle is.
    pub fn ends_at(&mut self, time: Millis) {
        self.recent[0].time = time;
        self.known = self.known.min(1);
        self.support = 0;
    }

    /// Judges one fix; fixes come in event order.
    pub fn judge(
        &mut self,
        chain: &mut Chain,
        mut fix: Sighting,
        settings: &FixSettings,
        jumps: &PositionJumpSettings,
    ) -> Verdict {
        let Some(anchor) = self.anchor().copied() else {
            fix.gate_speed = if fix.speed == NONE_U16 { 0 } else { fix.speed };
            self.accept(fix, None);
            return Verdict::Accepted;
        };
        let d_anchor = anchor.position.distance_m(fix.position);
        let from_anchor = level(&anchor, &fix, d_anchor, settings);
        let in_chain = chain.held.last().is_some_and(|last| {
            let d = last.position.distance_m(fix.position);
            let astray = !heads(&anchor, &fix, d_anchor) && heads(last, &fix, d);
            level(last, &fix, d, settings) == 0
                && (astray || residual(last, &fix, d) + 30.0 < residual(&anchor, &fix, d_anchor))
                && !(from_anchor == 0 && continues(&anchor, &fix, d_anchor))
        });
        if from_anchor == 0 && !in_chain {
            chain.drop_held();
            self.accept(fix, Some(d_anchor));
            return Verdict::Accepted;
        }
        if chain.held.is_empty() && self.repair_anchor(&fix, settings) {
            let d = self.recent[0].position.distance_m(fix.position);
            self.accept(fix, Some(d));
            return Verdict::Accepted;
        }
        if !in_chain {
            chain.drop_held();
        }
        let before = chain.held.last().unwrap_or(&anchor);
        fix.gate_speed = if fix.speed != NONE_U16 {
            fix.speed
        } else if chain.held.is_empty() {
            anchor.gate_speed
        } else {
            implied(before, &fix, before.position.distance_m(fix.position), settings)
        };
        chain.held.push(fix);
        match self.chain_is_due(chain, &anchor, settings, jumps) {
            Some(hard) => self.release(chain, &anchor, hard, settings),
            None => Verdict::Held(from_anchor == 2),
        }
    }

    fn accept(&mut self, mut fix: Sighting, distance: Option<f64>) {
        if let (Some(anchor), Some(d)) = (self.anchor().copied(), distance) {
            let dt = seconds_between(&anchor, &fix);
            if fix.speed == NONE_U16 {
                let v = if dt > 0.0 { d / dt } else { 0.0 };
                fix.gate_speed = (v * 100.0).min(6_000.0) as u16;
            } else {
                fix.gate_speed = fix.speed;
            }
            let fits = residual(&anchor, &fix, d) <= 50.0 + 0.3 * anchor.gate_mps().max(fix.gate_mps()) * dt
                && heads(&anchor, &fix, d);
            self.support = if fits { self.support.saturating_add(1) } else { 0 };
        }
        self.recent = [fix, self.recent[0], self.recent[1], self.recent[2]];
        self.known = (self.known + 1).min(4);
    }

    /// The anchor itself was the outlier: an older fix explains this one. Drops what came after that older fix.
    /// Fixes that moved as their speeds said are no outliers: then it is the new one that does not fit.
    #[cold]
    fn repair_anchor(&mut self, fix: &Sighting, settings: &FixSettings) -> bool {
        if self.support >= 3 {
            return false;
        }
        for k in 1..usize::from(self.known) {
            let p = self.recent[k];
            if fix.time - p.time > 120 * SECOND {
                break;
            }
            let d = p.position.distance_m(fix.position);
            if level(&p, fix, d, settings) == 0 && residual(&p, fix, d) < 150.0 {
                self.recent.rotate_left(k);
                self.known -= k as u8;
                return true;
            }
        }
        false
    }

    /// Whether the chain has become the track, and whether hard.
    #[cold]
    fn chain_is_due(
        &self,
        chain: &Chain,
        anchor: &Sighting,
        settings: &FixSettings,
        jumps: &PositionJumpSettings,
    ) -> Option<bool> {
        let (first, last) = (chain.held.first()?, chain.held.last()?);
        let impossible = |p: &Sighting| level(p, first, p.position.distance_m(first.position), settings) == 2;
        let older = self.recent.get(1..usize::from(self.known)).unwrap_or_default();
        let resumed = older.first().is_some_and(|p| resumes(p, first, settings));
        // In stop and go no fix supports the next. Then it is a jump where none of the fixes before the anchor leads to
        // the chain: had the anchor been an outlier, the vehicle would have come from one of them.
        let proved = self.support >= 3 || older.len() >= 2 && !older.iter().any(|p| explains(p, first, settings));
        let hard = impossible(anchor) && proved && !resumed;
        let (n, span) = (chain.held.len() as i64, last.time - first.time);
        // Three outliers at 30 s reporting span exactly the minute of a burst: so long takes one fix more, or longer.
        let due = if hard {
            n >= jumps.chain_fixes && span > jumps.chain_s * SECOND
                || n > jumps.chain_fixes && span == jumps.chain_s * SECOND
        } else {
            n > jumps.soft_fixes || (n >= jumps.soft_fixes && span > jumps.soft_s * SECOND)
        };
        due.then_some(hard)
    }

    #[cold]
    fn release(&mut self, chain: &mut Chain, anchor: &Sighting, hard: bool, settings: &FixSettings) -> Verdict {
        let fixes = std::mem::take(&mut *chain.held);
        let first = fixes[0];
        let soon = |(old, at): (Sighting, Millis)| {
            first.time - at <= 5 * MINUTE && level(&old, &first, old.position.distance_m(first.position), settings) < 2
        };
        let back = chain.softened_from.take().is_some_and(|softened| soon(*softened));
        chain.softened_from = (!hard).then(|| Box::new((*anchor, first.time)));
        let hard = hard && !back;
        let jump = hard.then(|| {
            let returned = chain
                .jumped_from
                .as_deref()
                .is_some_and(|old| level(old, &first, old.position.distance_m(first.position), settings) < 2);
            chain.jumped_from = if returned { None } else { Some(Box::new(*anchor)) };
            Jump { from: *anchor, to: first, distance_m: anchor.position.distance_m(first.position), returned }
        });
        self.known = 0;
        for fix in fixes.iter().rev().take(4) {
            self.recent[usize::from(self.known)] = *fix;
            self.known += 1;
        }
        self.support = fixes.len().min(200) as u8;
        self.suspect = if hard { 0 } else { SUSPECT };
        Verdict::Released { fixes, jump }
    }
}

/// Whether a fix goes on from an older one as its speeds and its course say: then what lies between was an outlier that
/// happened to move like a vehicle, and nothing has jumped.
fn resumes(p: &Sighting, f: &Sighting, settings: &FixSettings) -> bool {
    let d = p.position.distance_m(f.position);
    let heading =
        f.course != NONE_U16 && turn_deg(f64::from(f.course) / 10.0, p.position.course_deg(f.position)) <= 45.0;
    heading && f.time - p.time <= 4 * MINUTE && level(p, f, d, settings) == 0 && residual(p, f, d) < 150.0
}

fn implied(p: &Sighting, f: &Sighting, distance_m: f64, settings: &FixSettings) -> u16 {
    let dt = seconds_between(p, f);
    let v = if dt > 0.0 { distance_m / dt } else { 0.0 };
    (v.min(settings.v_max_mps) * 100.0) as u16
}

/// A chain without a new fix for half an hour is dropped.
pub const CHAIN_LIFE: Millis = 30 * MINUTE;

/// Where a machine stands in the order of reports.
pub type LastKey = Option<Key>;
