//! D7, the customs territory: exit and approach (DETECTION, 5.9).

use super::super::alert::{Kind, Priority};
use super::super::episode::{EndReason, Episode, Measure};
use super::super::evidence::Weight;
use super::super::geometry::Nearest;
use super::super::past::NONE_U16;
use super::super::plan::Plan;
use super::super::position::{Position, turn_deg};
use super::super::rulebook::ZoneClass;
use super::super::time::Millis;
use super::gate::Sighting;
use super::state::MachineMut;
use super::zones::subject;

impl MachineMut<'_> {
    /// One accepted fix.
    pub(super) fn step_territory(
        &mut self,
        plan: &Plan,
        hint: &mut u32,
        fix: &Sighting,
        weight: Weight,
        way_m: f64,
        speed_mps: f64,
    ) {
        let Some(index) = plan.rules.book.territory() else { return };
        let settings = plan.rules.settings();
        self.hot.clear_m -= (way_m * 1.01 + 1.0) as f32;
        if self.hot.clear_m > 0.0 {
            return; // deep inside, and no border within the journal distance
        }
        let zone = &plan.rules.book.zones[index as usize];
        let inside = zone.area.contains(fix.position);
        let border = zone.area.nearest_boundary_from(hint, fix.position);
        let quiet = inside && !self.hot.territory.side && self.hot.territory.s == 0 && self.side.approach_seq.is_none();
        let clear = border.distance_m * 0.99 - settings.border_approach.journal_m - 50.0;
        self.hot.clear_m = if quiet { clear.clamp(0.0, 1e6) as f32 } else { 0.0 };
        let outside_m = if inside { -border.distance_m } else { border.distance_m };
        let toward = outside_m - settings.territory_exit.margin_m;
        let margin = if self.hot.territory.side { -toward } else { toward };
        let sigma = fix.sigma_m(&settings.fix);
        let flip = self.hot.territory.step(plan.rules.other(plan.mount), margin, sigma, weight, fix.time);
        match flip {
            Some(flip) if self.hot.territory.side => self.exit_territory(plan, fix, flip.onset, outside_m),
            Some(flip) => {
                if let Some(seq) = self.side.exit_seq.take() {
                    self.side.book.close(seq, flip.onset, EndReason::Over, |e| e.rest_on(fix.time, fix.position));
                }
            }
            None => {}
        }
        self.approach_border(plan, fix, inside, &border, speed_mps);
    }

    fn exit_territory(&mut self, plan: &Plan, fix: &Sighting, onset: Millis, outside_m: f64) {
        let book = &plan.rules.book;
        let gate = self
            .inside(|z| plan.rules.class(z) == ZoneClass::BorderGate)
            .map(|z| format!("gate:{}", book.zones[z as usize].id));
        let Some(territory) = book.territory() else { return };
        let about = gate.unwrap_or_else(|| subject(&book.zones[territory as usize]));
        let mut episode = Episode::new(Kind::TerritoryExit, about, onset, fix.time, Priority::High)
            .at(fix.position)
            .resting_on(fix.time, fix.position)
            .measuring(Measure::DistanceM, outside_m as i64);
        if onset == self.side.first_fix {
            episode.set(Measure::OnsetUnknown, 1);
        }
        self.close_approach(fix);
        let seq = self.raise(plan, episode);
        self.side.exit_seq = Some(seq);
        if self.side.hold {
            self.violate_hold(plan, fix, onset, "territory");
        }
    }

    #[inline(never)]
    fn approach_border(&mut self, plan: &Plan, fix: &Sighting, inside: bool, border: &Nearest, speed_mps: f64) {
        let settings = &plan.rules.settings().border_approach;
        let in_gate = self.inside(|z| plan.rules.class(z) == ZoneClass::BorderGate).is_some();
        let near = border.distance_m < settings.journal_m && inside && !in_gate;
        if !near || self.hot.territory.side {
            return self.close_approach(fix);
        }
        let normal = fix.position.course_deg(border.position);
        let heading = fix.course != NONE_U16
            && speed_mps > settings.speed_mps
            && turn_deg(f64::from(fix.course) / 10.0, normal) <= settings.course_deg;
        if !heading {
            return; // an approach that has begun lasts until the border is far again or the gate is reached
        }
        // Where the nearest border is a gate the vehicle is on its way to be cleared: a note, no alarm. Under a hold it
        // will not be cleared: no gate explains it, and everything is one step more urgent.
        let (gate, held) = (at_gate(plan, border.position), self.side.hold);
        let close = border.distance_m < settings.distance_m && (gate.is_none() || held);
        let priority = match (close, held) {
            (false, false) => Priority::Journal,
            (false, true) => Priority::Low,
            (true, false) => Priority::Medium,
            (true, true) => Priority::High,
        };
        let seconds = (border.distance_m / speed_mps.max(0.1)) as i64;
        match self.side.approach_seq {
            None => {
                let Some(territory) = plan.rules.book.territory() else { return };
                let about = gate.unwrap_or_else(|| subject(&plan.rules.book.zones[territory as usize]));
                let mut episode = Episode::new(Kind::BorderApproach, about, fix.time, fix.time, priority)
                    .at(fix.position)
                    .resting_on(fix.time, fix.position)
                    .measuring(Measure::DistanceM, border.distance_m as i64)
                    .measuring(Measure::TimeToBorderS, seconds);
                if held {
                    episode = episode.because("hold");
                }
                let seq = self.raise(plan, episode);
                self.side.approach_seq = Some(seq);
            }
            Some(seq) => {
                if self.side.book.open(seq).is_some_and(|e| e.may_rise(priority)) {
                    self.side.book.update(seq, |e| {
                        if close {
                            e.escalate(priority, &format!("border<{}m", settings.distance_m as i64));
                        }
                        if held {
                            e.escalate(priority, "hold");
                        }
                        e.rest_on(fix.time, fix.position);
                        e.set(Measure::DistanceM, border.distance_m as i64);
                        e.set(Measure::TimeToBorderS, seconds);
                    });
                }
            }
        }
    }

    /// An approach to the border stands of which operators have been told.
    pub fn is_near_border(&self) -> bool {
        let approach = self.side.approach_seq.and_then(|seq| self.side.book.open(seq));
        approach.is_some_and(|e| e.priority > Priority::Journal)
    }

    fn close_approach(&mut self, fix: &Sighting) {
        if let Some(seq) = self.side.approach_seq.take() {
            self.side.book.close(seq, fix.time, EndReason::Over, |_| {});
        }
    }

    /// A hold is broken.
    pub(super) fn violate_hold(&mut self, plan: &Plan, fix: &Sighting, onset: Millis, left: &str) {
        // Left at once through two boundaries, each with evidence of its own: one violation.
        let mut open = self.side.book.all_open().iter();
        if let Some(seq) = open.find(|e| e.kind == Kind::HoldViolation && e.onset == onset).map(|e| e.seq) {
            return self.side.book.update(seq, |e| {
                e.escalate(Priority::High, &format!("left:{left}"));
                e.rest_on(fix.time, fix.position);
            });
        }
        let episode = Episode::new(Kind::HoldViolation, "unit", onset, fix.time, Priority::High)
            .at(fix.position)
            .resting_on(fix.time, fix.position)
            .because(format!("left:{left}"));
        self.raise(plan, episode);
    }
}

/// `gate:<zone>` of the border gate around a point of the border.
fn at_gate(plan: &Plan, border: Position) -> Option<String> {
    let mut zones = Vec::new();
    plan.rules.book.zones_containing(border, &mut zones);
    let gate = zones.into_iter().find(|z| plan.rules.class(*z) == ZoneClass::BorderGate)?;
    Some(format!("gate:{}", plan.rules.book.zones[gate as usize].id))
}
