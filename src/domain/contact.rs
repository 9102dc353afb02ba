//! What is judged by arrivals, not by event time: silence (D9), loss of GNSS (D10), the route-time warning (D8).
//!
//! These kinds are functions of the log: late data never takes them back. Their time is the *contact clock*: the log
//! clock less the outages of our own, during which it stands still.

use super::alert::{Kind, Priority};
use super::book::Book;
use super::codec::state;
use super::episode::{EndReason, Episode, Measure};
use super::nuisance::Terms;
use super::plan::Plan;
use super::position::Position;
use super::rulebook::ZoneClass;
use super::seldom::Seldom;
use super::time::{MINUTE, Millis, SECOND};

/// One of the two kinds of missing contact.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Missing {
    /// Its episode while it lasts.
    pub seq: Option<u32>,
    /// Rungs of the ladder that were climbed.
    pub level: u8,
}
state!(Missing { seq, level });

/// The contact machine of a journey.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Contact {
    /// Episodes.
    pub book: Seldom<Book>,
    /// Contact clock at the last record of the unit.
    pub heard: Millis,
    /// Contact clock at the last usable fix.
    pub fixed: Millis,
    /// A record without a usable fix came since.
    pub blind: bool,
    /// Extra patience for a dead zone ahead; asked for once a silence.
    pub extra: Option<Millis>,
    /// D9.
    pub silence: Missing,
    /// D10.
    pub lost: Missing,
    /// Next forecast, on the contact clock.
    pub forecast_at: Millis,
    /// Since when the forecast has been beyond the limit, or within it while a warning stands.
    pub forecast_since: Option<Millis>,
    /// Episode of the warning.
    pub warning: Option<u32>,
    /// Where the second stage was last told that the unit is.
    pub told: Option<Position>,
}
state!(Contact { book, heard, fixed, blind, extra, silence, lost, forecast_at, forecast_since, warning, told });

/// What the contact machine needs to know of the journey's machine.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Reporting interval, declared or measured.
    pub interval: Millis,
    /// Last believed position.
    pub position: Option<Position>,
    /// End of the time allowed.
    pub limit: Option<Millis>,
    /// Forecast arrival and its standard deviation.
    pub forecast: Option<(Millis, Millis)>,
    /// Arrived or overdue: no forecast any more.
    pub settled: bool,
    /// Operators have been told that it approaches the border: going silent there is how a territory is left.
    pub near_border: bool,
}

impl Contact {
    /// At the activation.
    pub fn starting(now: Millis, plan: &Plan) -> Contact {
        let every = plan.rules.settings().route_time.forecast_every_s * SECOND;
        Contact { heard: now, fixed: now, forecast_at: now + every, ..Contact::default() }
    }

    /// A record of the unit arrived. `usable`: it is a fix that the gate may see. Returns whether it broke a silence.
    pub fn hear(&mut self, now: Millis, usable: bool) -> bool {
        let was_silent = self.silence.seq.is_some();
        // What hangs below the silence ends first, or it would stand alone for no time.
        if usable && self.lost.seq.is_some() {
            self.end(Kind::GnssLost, now);
        }
        if was_silent {
            self.end(Kind::Silence, now);
        }
        self.heard = now;
        self.extra = None;
        if usable {
            self.fixed = now;
            self.blind = false;
        } else {
            self.blind = true;
        }
        was_silent
    }

    fn end(&mut self, kind: Kind, now: Millis) {
        let (missing, from) = match kind {
            Kind::Silence => (&mut self.silence, self.heard),
            _ => (&mut self.lost, self.fixed),
        };
        if let Some(seq) = missing.seq.take() {
            missing.level = 0;
            self.book.close(seq, now, EndReason::Recovered, |e| {
                e.set(Measure::SilentS, (now - from) / SECOND);
            });
        }
    }

    /// Monitoring has ended.
    pub fn close(&mut self, now: Millis) {
        let open: Vec<u32> = self.book.all_open().iter().map(|e| e.seq).collect();
        for seq in open {
            self.book.close(seq, now, EndReason::JourneyEnd, |_| {});
        }
        self.silence = Missing::default();
        self.lost = Missing::default();
        self.warning = None;
    }

    fn rung(&self, plan: &Plan, missing: &Missing, from: Millis, first: Millis) -> Option<Millis> {
        let s = &plan.rules.settings().silence;
        match missing.level {
            0 => Some(from + first),
            1 => Some(from + (s.level_2_s * SECOND).max(first)),
            2 => Some(from + (s.level_3_s * SECOND).max(first)),
            _ => None,
        }
    }

    fn silence_due(&self, plan: &Plan, sight: &Sight) -> Option<Millis> {
        self.rung(plan, &self.silence, self.heard, plan.silence_limit(sight.interval) + self.extra.unwrap_or(0))
    }

    fn lost_due(&self, plan: &Plan, sight: &Sight) -> Option<Millis> {
        if !self.blind && self.lost.seq.is_none() {
            return None;
        }
        let s = &plan.rules.settings().gnss_lost;
        let first = (s.floor_s * SECOND).max(s.intervals * sight.interval) + self.extra.unwrap_or(0);
        self.rung(plan, &self.lost, self.fixed, first)
    }

    /// The next instant on the contact clock at which something is due.
    pub fn next_due(&self, plan: &Plan, sight: &Sight) -> Millis {
        // A warning that stands is looked at until it is cleared, also once the journey is settled.
        let forecasting = plan.corridor.is_some() && (!sight.settled || self.warning.is_some());
        let forecast = sight.limit.filter(|_| forecasting).map(|_| self.forecast_at);
        [self.silence_due(plan, sight), self.lost_due(plan, sight), forecast]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(Millis::MAX)
    }

    /// Carries out everything due up to `now` on the contact clock. Returns whether a silence began.
    pub fn fire(&mut self, plan: &Plan, sight: &Sight, now: Millis) -> bool {
        let silent_before = self.silence.seq.is_some();
        while self.silence_due(plan, sight).is_some_and(|due| due <= now) {
            self.climb(plan, sight, Kind::Silence, now);
        }
        while self.lost_due(plan, sight).is_some_and(|due| due <= now) {
            self.climb(plan, sight, Kind::GnssLost, now);
        }
        if self.forecast_at <= now {
            let every = plan.rules.settings().route_time.forecast_every_s * SECOND;
            self.forecast_at += ((now - self.forecast_at) / every + 1) * every;
            self.forecast(plan, sight, now);
        }
        !silent_before && self.silence.seq.is_some()
    }

    fn climb(&mut self, plan: &Plan, sight: &Sight, kind: Kind, now: Millis) {
        let s = &plan.rules.settings().silence;
        let in_dead_zone = self.extra.unwrap_or(0) > 0;
        let (missing, from) = match kind {
            Kind::Silence => (&mut self.silence, self.heard),
            _ => (&mut self.lost, self.fixed),
        };
        missing.level += 1;
        let level = missing.level;
        match missing.seq {
            None => {
                let risky = plan.risk >= 2;
                let at_border = sight.near_border && kind == Kind::Silence;
                let priority = if risky || at_border { Priority::High } else { Priority::Low };
                let mut episode = Episode::new(kind, "unit", from, now, priority)
                    .measuring(Measure::IntervalS, sight.interval / SECOND)
                    .measuring(Measure::SilentS, (now - from) / SECOND);
                if risky {
                    episode = episode.because("risk>=2");
                }
                if at_border {
                    episode = episode.because("border_approach");
                }
                if in_dead_zone {
                    episode = episode.because("dead_zone");
                }
                episode.position = sight.position;
                let seq = self.book.raise(episode, Terms::of(plan.rules.settings()));
                self.book.update(seq, |e| e.set(Measure::SilentS, (now - from) / SECOND));
                if kind == Kind::Silence {
                    self.silence.seq = Some(seq);
                    self.book.cover(seq, None);
                    self.book.fold(seq);
                } else {
                    self.lost.seq = Some(seq);
                }
            }
            Some(seq) => {
                let (priority, seconds) =
                    if level == 2 { (Priority::Medium, s.level_2_s) } else { (Priority::High, s.level_3_s) };
                let spared = level == 2 && in_dead_zone;
                self.book.update(seq, |e| {
                    if !spared {
                        e.escalate(priority, &format!("silent>{seconds}s"));
                    }
                    e.set(Measure::SilentS, (now - from) / SECOND);
                });
            }
        }
    }

    fn forecast(&mut self, plan: &Plan, sight: &Sight, now: Millis) {
        let s = &plan.rules.settings().route_time;
        let (Some(limit), Some((arrival, sigma))) = (sight.limit, sight.forecast) else { return };
        let pessimistic = arrival + (s.warn_confidence_sigma * sigma as f64) as Millis;
        let crossed = match self.warning {
            None => pessimistic > limit && !sight.settled,
            Some(_) => pessimistic < limit - 15 * MINUTE || sight.settled,
        };
        if !crossed {
            self.forecast_since = None;
            return;
        }
        let since = *self.forecast_since.get_or_insert(now);
        if now - since < s.warn_hold_s * SECOND {
            return;
        }
        self.forecast_since = None;
        match self.warning.take() {
            Some(seq) => self.book.close(seq, now, EndReason::Over, |_| {}),
            None => {
                let mut episode = Episode::new(Kind::RouteTimeWarning, "journey", since, now, Priority::Low)
                    .because("forecast_beyond_limit")
                    .measuring(Measure::ForecastS, (pessimistic - now) / SECOND)
                    .measuring(Measure::LimitS, (limit - now) / SECOND);
                episode.position = sight.position;
                self.warning = Some(self.book.raise(episode, Terms::of(plan.rules.settings())));
            }
        }
    }
}

/// Extra patience where a known dead zone lies around the last position or shortly ahead on the corridor.
pub fn dead_zone_extra(plan: &Plan, position: Option<Position>, ahead: Option<Position>) -> Millis {
    let s = &plan.rules.settings().silence;
    let mut zones = Vec::new();
    let mut longest = 0.0f64;
    for point in [position, ahead].into_iter().flatten() {
        plan.rules.book.zones_containing(point, &mut zones);
        for zone in zones.iter().filter(|z| plan.rules.class(**z) == ZoneClass::DeadZone) {
            // The diameter of a circle of the same area stands for the length of the way through.
            let area = plan.rules.book.zones[*zone as usize].area.area_m2();
            longest = longest.max(2.0 * (area / core::f64::consts::PI).sqrt());
        }
    }
    if longest == 0.0 {
        return 0;
    }
    (longest / s.dead_zone_speed_mps * 1000.0) as Millis + s.dead_zone_extra_s * SECOND
}
