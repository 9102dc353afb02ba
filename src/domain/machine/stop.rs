//! D3 unusual stop and D4 overstay (DETECTION, 5.6): an anchored cluster, a robust leave, merge on return, a
//! back-dated onset, and a timer.

use super::super::alert::{Confidence, Kind, Priority};
use super::super::codec::state;
use super::super::episode::{Episode, Measure};
use super::super::evidence::{Accumulator, Weight};
use super::super::geometry::metres::nearest;
use super::super::nuisance::Terms;
use super::super::plan::Plan;
use super::super::position::Position;
use super::super::rulebook::ZoneClass;
use super::super::time::{MINUTE, Millis, SECOND};
use super::gate::Sighting;
use super::left::Left;
use super::state::{MachineMut, NONE};
use super::zones::subject;

/// The hot part: the cluster around which the vehicle stands.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Stop {
    /// Centre, micro-degrees with a fraction: latitude, longitude.
    pub centre: (f64, f64),
    /// Begin, back-dated.
    pub t0: Millis,
    /// Last fix inside.
    pub t_in: Millis,
    /// Evidence for having left.
    pub leave: Accumulator,
    /// Fixes in the cluster, 0: none yet.
    pub n: u16,
    /// Fast fixes since the cluster before this one was left.
    pub fast: u8,
    /// Speed of the fix before, 0.01 m/s.
    pub speed_before: u16,
    /// Episode, or [`NONE`].
    pub seq: u32,
}
state!(Stop { centre, t0, t_in, leave, n, fast, speed_before, seq });

/// A halt of so long is told to the second stage.
const HALT: Millis = 2 * MINUTE;

/// The cold part.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct StopSide {
    /// First centre of the chain of merged clusters.
    pub origin: Position,
    /// The running cluster is no continuation of another one.
    pub fresh: bool,
    /// Episode of the halt that the second stage reads, or [`NONE`].
    pub halt: u32,
    /// The cluster before this one.
    pub left: Option<Left>,
    /// Timers up to here have been tried for the running cluster.
    pub tried: Millis,
    /// Greatest distance of a fix inside from the centre, 0.1 m.
    pub radius_dm: u32,
    /// The running cluster's episode rests on a timer, not on a fix.
    pub extrapolated: bool,
    /// The centre lies in a yard, gate or queue.
    pub in_yard: bool,
    /// The centre lies in this place where stopping is allowed, or [`NONE`].
    pub place: u32,
}
state!(StopSide { origin, fresh, halt, left, tried, radius_dm, extrapolated, in_yard, place });

/// Where a stop is judged, first match first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Context {
    /// In a forbidden or risk zone.
    Sensitive,
    /// Off its corridor.
    OffCorridor,
    /// In a yard, gate or queue: by dwell only.
    DwellOnly,
    /// In a place where stopping is allowed for so long.
    Place(u32, Millis),
    /// Anywhere else on its corridor, or on a journey without one.
    OnCorridor,
}

/// Who is faster does not stand, and who is so twice has left, wherever it is: a vehicle that goes up and down the road may
/// be at the same place at every report.
pub(super) const FAST_MPS: f64 = 3.0;
/// A multipath excursion of a parked vehicle lasts no longer: one fix more than the longest of the noise model, and as long
/// as the ring still knows what lies before it.
const EXCURSION_FIXES: i64 = 4;
/// With so many fixes a cluster has come to rest.
const SETTLED: u16 = 6;
/// See [`EXCURSION_FIXES`].
const EXCURSION: Millis = 2 * MINUTE;

impl MachineMut<'_> {
    /// Where the vehicle stands now.
    pub(super) fn stop_context(&self, plan: &Plan) -> Context {
        let class = |z| plan.rules.class(z);
        if self.inside(|z| matches!(class(z), ZoneClass::Forbidden | ZoneClass::Risk)).is_some() {
            return Context::Sensitive;
        }
        // Evidence for being back: the alert is still open, but where it stands is on the corridor.
        if self.hot.corridor.side && self.hot.corridor.s == 0 && plan.corridor.is_some() {
            return Context::OffCorridor;
        }
        if self.side.stop.in_yard {
            return Context::DwellOnly;
        }
        match self.side.stop.place {
            NONE => Context::OnCorridor,
            place => Context::Place(place, plan.allowance(place).unwrap_or(0)),
        }
    }

    /// Where the centre of the cluster lies. It is known far better than a single fix, so geometry answers, and not the
    /// zones' own slow way out: who stops 20 m beside a place has not stopped in it.
    fn locate_stop(&mut self, plan: &Plan) {
        let mut zones = Vec::new();
        plan.rules.book.zones_containing(centre_position(self.hot.stop.centre), &mut zones);
        self.side.stop.in_yard = zones.iter().any(|z| plan.is_yard(*z));
        self.side.stop.place = zones.iter().copied().find(|z| plan.allowance(*z).is_some()).unwrap_or(NONE);
    }

    /// Durations at which something happens in a context, with the priority that holds from there on.
    fn stop_ladder(&self, plan: &Plan, context: Context) -> [Option<(Millis, Priority)>; 3] {
        let s = &plan.rules.settings().unusual_stop;
        let halved = |seconds: i64| {
            let t = seconds * SECOND;
            if plan.risk >= 2 { ((t as f64 * s.high_risk_factor) as Millis).max((3 * MINUTE).min(t)) } else { t }
        };
        match context {
            Context::Sensitive => [Some((halved(s.forbidden_or_risk_s), Priority::High)), None, None],
            Context::OffCorridor => [Some((halved(s.off_corridor_s), Priority::Medium)), None, None],
            Context::DwellOnly => [None; 3],
            Context::Place(_, allowance) => [Some((allowance, Priority::Low)), None, None],
            Context::OnCorridor => [
                Some((halved(s.on_corridor_journal_s), Priority::Journal)),
                Some((halved(s.on_corridor_low_s), Priority::Low)),
                Some((halved(s.on_corridor_medium_s), Priority::Medium)),
            ],
        }
    }

    /// One accepted fix. `implied` is its speed, reported or implied, m/s.
    pub(super) fn step_stop(&mut self, plan: &Plan, fix: &Sighting, since: Option<Millis>, implied_mps: f64) {
        let settings = &plan.rules.settings().unusual_stop;
        let sigma = fix.sigma_m(&plan.rules.settings().fix);
        if self.hot.stop.n == 0 {
            return self.start_cluster(plan, fix, sigma);
        }
        let stop = &self.hot.stop;
        let d = centre_position(stop.centre).distance_m(fix.position);
        let raised = stop.seq != NONE;
        let parked = fix.speed_mps().is_some_and(|v| v < 1.0) && stop.speed_before < 100 && stop.n >= 5 && d < 150.0;
        // An excursion comes back. Who stays away has crept there, and rests in another place.
        let interval = plan.interval.unwrap_or_else(|| self.ring.interval());
        let still = parked && fix.time - stop.t_in <= (EXCURSION_FIXES * interval).max(EXCURSION);
        let (fast, fast_before) = (implied_mps > FAST_MPS, f64::from(stop.speed_before) > FAST_MPS * 100.0);
        let returns = self.comes_back(plan, fix, d);
        let mut left = returns;
        if returns {
            // Where it rested before is nearer than where it seemed to be since.
        } else if still {
            self.hot.stop.leave = Accumulator::default();
        } else {
            let radius = if raised { settings.leave_m } else { settings.radius_m };
            let other = plan.rules.other(plan.mount);
            let flipped = self.hot.stop.leave.step(other, d - radius, sigma, Weight::since(since), fix.time).is_some();
            left = flipped || fast && (fast_before || d > settings.radius_m + 2.0 * sigma);
        }
        if left {
            self.leave_cluster(plan, fix, sigma, returns);
        } else if d <= settings.radius_m + 2.0 * sigma && self.hot.stop.leave.s < 3000 && !fast {
            self.join_cluster(fix, d);
        }
        let stop = &mut self.hot.stop;
        if fast {
            stop.fast = stop.fast.saturating_add(1);
        }
        stop.speed_before = (implied_mps * 100.0).min(60_000.0) as u16;
        self.merge_cluster(plan);
        self.forget_left(plan, fix.time);
        if self.hot.stop.n >= 2 && self.hot.stop.t_in == fix.time {
            self.locate_stop(plan);
        }
        self.judge_stop(plan, fix);
    }

    pub(super) fn start_cluster(&mut self, plan: &Plan, fix: &Sighting, sigma: f64) {
        let settings = &plan.rules.settings().unusual_stop;
        let reach = settings.radius_m + 2.0 * sigma;
        let (mut count, mut first, mut before) = (0, fix.time, None);
        // What was inside the cluster before this one belongs to that: two stops never share their begin.
        let taken = if self.hot.stop.n > 0 { self.hot.stop.t_in } else { Millis::MIN };
        for k in 0.. {
            let Some(p) = self.ring.newest(k) else { break };
            // The newest is this fix.
            if p.position != fix.position && p.position.distance_m(fix.position) > reach || p.time <= taken {
                before = Some(*p);
                break;
            }
            (count, first) = (count + 1, p.time);
        }
        // Who drives is alone in his cluster.
        let centre = if count > 1 { self.ring.median_position(count) } else { None }.unwrap_or(fix.position);
        let mut t0 = first;
        // Not across a gap: nobody knows when the vehicle came.
        let interval = plan.interval.unwrap_or_else(|| self.ring.interval());
        if let Some(p) = before.filter(|p| first - p.time <= plan.silence_limit(interval)) {
            let way = (p.position.distance_m(centre) - settings.radius_m).max(0.0);
            let pace = (f64::from(p.speed) / 100.0).max(10.0);
            t0 = t0.min(p.time + (way / pace * 1000.0) as Millis).max(p.time);
        }
        let fast = self.hot.stop.fast;
        let speed_before = self.hot.stop.speed_before;
        self.hot.stop = Stop {
            centre: (f64::from(centre.lat_e6), f64::from(centre.lon_e6)),
            t0,
            t_in: fix.time,
            leave: Accumulator::default(),
            n: count.max(1) as u16,
            fast,
            speed_before,
            seq: NONE,
        };
        self.side.stop.origin = centre;
        self.side.stop.fresh = true;
        self.side.stop.halt = NONE;
        self.side.stop.tried = Millis::MIN;
        self.side.stop.radius_dm = 0;
        self.side.stop.extrapolated = false;
        self.side.stop.in_yard = false;
        self.side.stop.place = NONE;
    }

    fn join_cluster(&mut self, fix: &Sighting, d: f64) {
        let stop = &mut self.hot.stop;
        stop.n = stop.n.saturating_add(1);
        let gain = 1.0 / f64::from(stop.n.min(30));
        stop.centre.0 += (f64::from(fix.position.lat_e6) - stop.centre.0) * gain;
        stop.centre.1 += (f64::from(fix.position.lon_e6) - stop.centre.1) * gain;
        stop.t_in = fix.time;
        // Who brakes begins the cluster before the place where he rests: that one is what he returns to.
        if stop.n <= SETTLED && self.side.stop.fresh {
            self.side.stop.origin = centre_position(stop.centre);
        }
        self.side.stop.radius_dm = self.side.stop.radius_dm.max((d * 10.0) as u32);
    }

    /// Raises or escalates by what the fixes prove. A fix elsewhere proves nothing of the stop: the zone or the way beside the
    /// corridor that it is in is not where the vehicle stood.
    fn judge_stop(&mut self, plan: &Plan, fix: &Sighting) {
        let stop = self.hot.stop;
        if stop.t_in != fix.time {
            return;
        }
        if stop.seq != NONE && self.side.stop.extrapolated {
            self.side.stop.extrapolated = false;
            self.side.book.update(stop.seq, |e| {
                e.confidence = Confidence::Confirmed;
                e.rest_on(fix.time, fix.position);
            });
        }
        let duration = stop.t_in - stop.t0;
        if self.side.stop.halt == NONE && stop.n >= 2 && duration >= HALT {
            let centre = centre_position(stop.centre);
            let context = self.stop_context(plan);
            let mut halt = Episode::new(Kind::Halt, "stop", stop.t0, fix.time, Priority::Journal)
                .at(centre)
                .measuring(Measure::RadiusM, i64::from(self.side.stop.radius_dm) / 10);
            match context {
                Context::OffCorridor => halt = halt.because("off_corridor"),
                Context::DwellOnly | Context::Place(..) => halt = halt.because("in_place"),
                _ => {}
            }
            halt.set(Measure::Hints, self.hints_of_unloading(plan, fix.time));
            self.side.stop.halt = self.side.book.raise(halt, Terms::of(plan.rules.settings()).anew());
        } else if stop.t_in == fix.time {
            self.prove_halt(plan, fix.time);
        }
        self.raise_stop(plan, duration, fix.time, Confidence::Confirmed);
    }

    /// Tells the second stage, once a minute, how long the halt has been proven: what several vehicles do together is
    /// judged by proof alone.
    fn prove_halt(&mut self, plan: &Plan, now: Millis) {
        let Some(halt) = self.side.book.open(self.side.stop.halt) else { return };
        if (now - halt.onset) / MINUTE > (halt.raised - halt.onset) / MINUTE {
            let hints = self.hints_of_unloading(plan, now);
            self.side.book.update(self.side.stop.halt, |e| {
                e.raised = now;
                e.set(Measure::Hints, hints);
            });
        }
    }

    /// Raises the stop, or its priority, for a proven or extrapolated duration.
    fn raise_stop(&mut self, plan: &Plan, duration: Millis, now: Millis, confidence: Confidence) {
        if self.hot.stop.n < 2 {
            return;
        }
        let context = self.stop_context(plan);
        let reached =
            self.stop_ladder(plan, context).into_iter().flatten().rfind(|(threshold, _)| duration >= *threshold);
        let Some((threshold, priority)) = reached else { return };
        let reason = format!("{}>{}s", context_word(context), threshold / SECOND);
        let stop = self.hot.stop;
        if stop.seq == NONE {
            let (kind, about) = match context {
                Context::Place(zone, _) => (Kind::Overstay, subject(&plan.rules.book.zones[zone as usize])),
                _ => (Kind::UnusualStop, "stop".to_owned()),
            };
            let centre = centre_position(stop.centre);
            let mut episode = Episode::new(kind, about, stop.t0, now, priority)
                .at(centre)
                .resting_on(stop.t_in, centre)
                .because(reason)
                .measuring(Measure::DurationS, duration / 1000)
                .measuring(Measure::RadiusM, i64::from(self.side.stop.radius_dm) / 10);
            episode.confidence = confidence;
            let seq = self.side.book.raise(episode, Terms::of(plan.rules.settings()).anew());
            self.hot.stop.seq = seq;
            self.side.stop.extrapolated = confidence == Confidence::Extrapolated;
        } else if self.side.book.open(stop.seq).is_some_and(|e| e.may_rise(priority)) {
            self.side.book.update(stop.seq, |e| {
                e.escalate(priority, &reason);
                e.set(Measure::DurationS, duration / 1000);
            });
        }
        if context == Context::OffCorridor {
            self.escalate_corridor_by_stop();
        }
    }

    /// The next instant at which a stop does something without a fix.
    pub(super) fn stop_timer(&self, plan: &Plan) -> Option<Millis> {
        // Behind that instant: a fix at it still returns.
        let pending = self.pending_left().map(|left| left.t_in + self.return_window(plan) + 1);
        pending.into_iter().chain(self.next_rung(plan)).min()
    }

    fn next_rung(&self, plan: &Plan) -> Option<Millis> {
        let stop = &self.hot.stop;
        if stop.n < 2 {
            return None;
        }
        let current = self.side.book.open(stop.seq);
        self.stop_ladder(plan, self.stop_context(plan))
            .into_iter()
            .flatten()
            .filter(|(_, priority)| current.is_none_or(|now| now.may_rise(*priority)))
            .map(|(threshold, _)| stop.t0 + threshold)
            .find(|t| *t > self.side.stop.tried.max(stop.t_in))
    }

    /// Carries out [`MachineMut::stop_timer`].
    pub(super) fn fire_stop_timer(&mut self, plan: &Plan, t: Millis) {
        let settings = &plan.rules.settings().unusual_stop;
        if self.pending_left().is_some_and(|left| left.t_in + self.return_window(plan) < t) {
            self.end_left();
            return;
        }
        self.side.stop.tried = t;
        let stop = self.hot.stop;
        let threshold = t - stop.t0;
        let patience = (60 * SECOND).max((threshold as f64 * settings.extrapolate_share) as Millis);
        if stop.leave.s == 0 && t - stop.t_in <= patience {
            self.raise_stop(plan, threshold, t, Confidence::Extrapolated);
        }
    }

    /// How long the vehicle has been standing, as far as fixes prove.
    pub fn standing(&self) -> Option<Millis> {
        let stop = &self.hot.stop;
        (stop.n >= 2).then(|| stop.t_in - stop.t0)
    }
}

/// The centre as a position.
pub fn centre_position(centre: (f64, f64)) -> Position {
    Position { lat_e6: nearest(centre.0) as i32, lon_e6: nearest(centre.1) as i32 }
}

fn context_word(context: Context) -> &'static str {
    match context {
        Context::Sensitive => "stop_in_sensitive_zone",
        Context::OffCorridor => "stop_off_corridor",
        Context::DwellOnly => "dwell",
        Context::Place(..) => "allowance",
        Context::OnCorridor => "stop",
    }
}
