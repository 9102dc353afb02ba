//! What a journey's commands and its offices make of the track: clearance, holds, arrival, the time allowed.

use super::super::alert::{Kind, Priority};
use super::super::episode::{EndReason, Episode, Measure};
use super::super::plan::Plan;
use super::super::rulebook::ZoneClass;
use super::super::time::{HOUR, Millis, SECOND};
use super::gate::Sighting;
use super::state::MachineMut;
use super::zones::{ZoneFlip, subject};

impl MachineMut<'_> {
    /// A zone was entered or left: what it means for the journey.
    pub(super) fn join_flip(&mut self, plan: &Plan, fix: &Sighting, flip: &ZoneFlip) {
        let zone = &plan.rules.book.zones[flip.zone as usize];
        if flip.inside {
            if plan.destination.binary_search(&flip.zone).is_ok() && self.side.arrived.is_none() {
                self.arrive(flip.onset);
            }
            return;
        }
        if plan.destination.binary_search(&flip.zone).is_ok()
            && self.inside(|z| plan.destination.binary_search(&z).is_ok()).is_none()
        {
            self.side.arrived = None;
            if let Some(seq) = self.side.arrived_seq.take() {
                self.side.book.close(seq, flip.onset, EndReason::Over, |_| {});
            }
        }
        if self.side.cleared.is_none() && plan.origin.binary_search(&flip.zone).is_ok() {
            let episode = Episode::new(Kind::LeftBeforeClearance, subject(zone), flip.onset, fix.time, Priority::High)
                .at(fix.position)
                .resting_on(fix.time, fix.position)
                .momentary(fix.time);
            self.raise(plan, episode);
        }
        if self.side.hold && zone.class == ZoneClass::CustomsArea {
            self.violate_hold(plan, fix, flip.onset, &subject(zone));
        }
    }

    fn arrive(&mut self, at: Millis) {
        self.side.arrived = Some(at);
        if let Some((seq, _)) = self.side.over.take() {
            self.side.book.close(seq, at, EndReason::Arrived, |_| {});
        }
    }

    /// End of the time allowed, as it stands.
    pub fn limit(&self, plan: &Plan) -> Option<Millis> {
        plan.limit(self.side.cleared.unwrap_or(self.side.started))
    }

    /// When the time allowed is over, or over by six hours.
    pub(super) fn limit_timer(&self, plan: &Plan) -> Option<Millis> {
        if self.side.arrived.is_some() {
            return None;
        }
        let limit = self.limit(plan)?;
        let high = libm::round(plan.rules.settings().route_time.high_over_h * HOUR as f64) as Millis;
        match self.side.over {
            None => Some(limit),
            Some((_, false)) => Some(limit + high),
            Some((_, true)) => None,
        }
    }

    /// Carries out [`MachineMut::limit_timer`].
    pub(super) fn fire_limit_timer(&mut self, plan: &Plan, t: Millis) {
        if let Some((seq, _)) = self.side.over {
            self.side.over = Some((seq, true));
            let hours = plan.rules.settings().route_time.high_over_h;
            self.side.book.update(seq, |e| {
                e.escalate(Priority::High, &format!("over>{}h", hours as i64));
            });
            return;
        }
        let departed = self.side.cleared.unwrap_or(self.side.started);
        // After an arrival that was taken back it is exceeded anew, from then on.
        let onset = t.max(self.hot.now);
        let mut episode = Episode::new(Kind::RouteTimeExceeded, "journey", onset, onset, Priority::Medium)
            .because("limit_passed")
            .measuring(Measure::LimitS, (t - departed) / SECOND);
        if let Some(fix) = self.last_fix() {
            episode = episode.at(fix.position);
        }
        let seq = self.raise(plan, episode);
        self.side.over = Some((seq, false));
    }

    /// The plan or the clearance has changed: a limit that moved ahead clears what it had raised.
    pub(super) fn recheck_limit(&mut self, plan: &Plan, t: Millis) {
        let Some((seq, _)) = self.side.over else { return };
        if self.limit(plan).is_none_or(|limit| limit > t) {
            self.side.over = None;
            self.side.book.close(seq, t, EndReason::Extended, |_| {});
        }
    }

    /// When an arrival without deactivation becomes an alert.
    pub(super) fn arrival_timer(&self, plan: &Plan) -> Option<Millis> {
        let after = plan.rules.settings().arrived_not_deactivated.after_s * SECOND;
        self.side.arrived.filter(|_| self.side.arrived_seq.is_none()).map(|at| at + after)
    }

    /// Carries out [`MachineMut::arrival_timer`].
    pub(super) fn fire_arrival_timer(&mut self, plan: &Plan, t: Millis) {
        let Some(arrived) = self.side.arrived else { return };
        let zone = self.inside(|z| plan.destination.binary_search(&z).is_ok());
        let about = zone.map_or("journey".to_owned(), |z| subject(&plan.rules.book.zones[z as usize]));
        let mut episode = Episode::new(Kind::ArrivedNotDeactivated, about, arrived, t, Priority::Low)
            .measuring(Measure::DurationS, (t - arrived) / SECOND);
        if let Some(fix) = self.last_fix() {
            episode = episode.at(fix.position);
        }
        let seq = self.raise(plan, episode);
        self.side.arrived_seq = Some(seq);
    }

    /// Driving and resting, for the forecast (DETECTION, 5.10).
    pub(super) fn step_pace(
        &mut self,
        plan: &Plan,
        way_m: f64,
        progress_m: f64,
        since: Option<Millis>,
        speed_mps: f64,
    ) {
        let Some(dt) = since else { return };
        let settings = &plan.rules.settings().route_time;
        if speed_mps >= 1.0 {
            self.side.drive_since_break += dt;
            self.side.drive_today += dt;
            let planned_ms = progress_m.max(0.0).max(way_m * 0.5) / settings.plan_speed_mps * 1000.0;
            if planned_ms > 0.0 {
                let ratio = (dt as f64 / planned_ms).clamp(settings.pace_min, settings.pace_max);
                // A moving average over an hour of driving: w/(w + 60 min) stands for 1 - exp(-w/60 min).
                let weight = dt as f64 / (dt + HOUR) as f64;
                let pace = f64::from(self.side.pace_milli) / 1000.0;
                self.side.pace_milli = ((pace + (ratio - pace) * weight) * 1000.0) as i32;
            }
        } else if let Some(standing) = self.standing() {
            if standing >= settings.drive_break.rest_min * 60 * SECOND {
                self.side.drive_since_break = 0;
            }
            if standing as f64 >= settings.daily_rest.rest_h * HOUR as f64 {
                self.side.drive_today = 0;
            }
        }
    }

    /// Forecast arrival and its standard deviation, from `now` on (DETECTION, 5.10); `None` without a corridor.
    pub fn forecast(&self, plan: &Plan, now: Millis) -> Option<(Millis, Millis)> {
        let settings = &plan.rules.settings().route_time;
        let left_m = (plan.route()?.length_m() - self.chainage_m()).max(0.0);
        let drive = left_m / settings.plan_speed_mps * 1000.0 * f64::from(self.side.pace_milli) / 1000.0;
        let rests = |driven: Millis, every_h: f64, rest: f64| {
            libm::floor((driven as f64 + drive) / (every_h * HOUR as f64)) * rest
        };
        let breaks =
            rests(
                self.side.drive_since_break,
                settings.drive_break.every_h,
                (settings.drive_break.rest_min * 60 * SECOND) as f64,
            ) + rests(self.side.drive_today, settings.daily_rest.every_h, settings.daily_rest.rest_h * HOUR as f64);
        let sigma = settings.forecast_sigma_share * drive + (settings.forecast_sigma_s * SECOND) as f64;
        Some((now + (drive + breaks) as Millis, sigma as Millis))
    }
}
