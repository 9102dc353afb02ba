//! The reckoning of a fix, written down beside the detectors for whoever asks why.
//!
//! Off while a log is decided: [`Drive::trace`](super::Drive::trace) is `None`, and one test a fix is all it costs. Switched
//! on, the state before and after each accepted fix is compared; margins and evidence are reckoned again by the same
//! geometry and tables, and a test holds the sums to what the machine did.

use super::super::evidence::{Accumulator, Threshold, Weight};
use super::super::plan::Plan;
use super::super::position::Position;
use super::super::rulebook::Zone;
use super::super::time::Millis;
use super::corridor::Beside;
use super::gate::Sighting;
use super::state::MachineMut;
use super::stop::{Stop, centre_position};
use super::zones::ZoneMachine;

/// What one accepted fix did.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Event time.
    pub time: Millis,
    /// Where.
    pub position: Position,
    /// Standard deviation that counts, metres.
    pub sigma_m: f64,
    /// Speed, reported or implied, m/s.
    pub speed_mps: f64,
    /// Time since the accepted fix before it; `None` for the first.
    pub since: Option<Millis>,
    /// It counted half: the step to it is not explained by its speeds.
    pub halved: bool,
    /// Signed distance from the corridor's line (right is positive), metres beyond its edge, and chainage, metres.
    pub beside: Option<(f64, f64, f64)>,
    /// Every boundary question that this fix spoke to.
    pub questions: Vec<Question>,
    /// The cluster in which the vehicle may be standing.
    pub cluster: Option<Cluster>,
}

/// Which boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// Off the corridor.
    Corridor,
    /// Inside a zone, by id.
    Zone(String),
    /// Outside the territory.
    Territory,
    /// Away from the place of a stop.
    Departure,
}

/// One accumulator over one fix (DETECTION, 5.1).
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Which boundary.
    pub matter: Matter,
    /// Whether the vehicle was on the far side (off, inside, outside, away) before the fix.
    pub far: bool,
    /// Metres towards the other side.
    pub margin_m: f64,
    /// What the fix said for the other side, milli-nats.
    pub evidence: i32,
    /// The sum before.
    pub before: i32,
    /// The sum after; 0 where the side changed.
    pub after: i32,
    /// The sum that changes the side.
    pub limit: i32,
    /// It has changed the side.
    pub flipped: bool,
}

/// A cluster of fixes at one place (DETECTION, 5.6).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cluster {
    /// Where.
    pub centre: Position,
    /// Distance of the fix from it, metres.
    pub distance_m: f64,
    /// Fixes in it.
    pub fixes: u16,
    /// Begin, back-dated.
    pub from: Millis,
    /// Last fix inside.
    pub to: Millis,
}

/// The fix and what was reckoned of it on the way.
pub(super) struct At<'a> {
    pub fix: &'a Sighting,
    pub weight: Weight,
    pub speed_mps: f64,
    pub beside: Option<&'a Beside>,
    pub containing: &'a [u32],
}

/// What a fix may change, as it was before.
pub(super) struct Before {
    corridor: Accumulator,
    territory: Accumulator,
    stop: Stop,
    zones: Vec<ZoneMachine>,
}

impl Before {
    /// A copy.
    #[cold]
    pub fn of(machine: &MachineMut<'_>) -> Before {
        Before {
            corridor: machine.hot.corridor,
            territory: machine.hot.territory,
            stop: machine.hot.stop,
            zones: machine.side.zones.clone(),
        }
    }

    /// What the fix did.
    pub fn step(self, plan: &Plan, after: &MachineMut<'_>, at: &At<'_>) -> Step {
        let sigma_m = at.fix.sigma_m(&plan.rules.settings().fix);
        let mut questions = Vec::new();
        questions.extend(self.corridor(plan, after, at, sigma_m));
        self.zones(plan, after, at, sigma_m, &mut questions);
        questions.extend(self.territory(plan, after, at, sigma_m));
        questions.extend(self.departure(plan, after, at, sigma_m));
        let stop = &after.hot.stop;
        let cluster = (stop.n > 0).then(|| {
            let centre = centre_position(stop.centre);
            let distance_m = centre.distance_m(at.fix.position);
            Cluster { centre, distance_m, fixes: stop.n, from: stop.t0, to: stop.t_in }
        });
        Step {
            time: at.fix.time,
            position: at.fix.position,
            sigma_m,
            speed_mps: at.speed_mps,
            since: at.weight.since,
            halved: at.weight.halved,
            beside: at.beside.map(|b| (b.matched.cross_track_m, b.beyond_m, b.matched.chainage_m)),
            questions,
            cluster,
        }
    }

    fn corridor(&self, plan: &Plan, after: &MachineMut<'_>, at: &At<'_>, sigma_m: f64) -> Option<Question> {
        let corridor = plan.corridor.as_ref()?;
        let beyond_m = at.beside?.beyond_m;
        let margin_m = if self.corridor.side { -corridor.hysteresis_m - beyond_m } else { beyond_m };
        let sums = (self.corridor, after.hot.corridor);
        let question = question(Matter::Corridor, sums, plan.rules.corridor(plan.mount), margin_m, sigma_m, at.weight);
        question.spoke().then_some(question)
    }

    fn zones(&self, plan: &Plan, after: &MachineMut<'_>, at: &At<'_>, sigma_m: f64, out: &mut Vec<Question>) {
        let all = &after.side.zones;
        let mut near: Vec<u32> = self.zones.iter().chain(all).map(|m| m.zone).collect();
        near.sort_unstable();
        near.dedup();
        for number in near {
            let zone: &Zone = &plan.rules.book.zones[number as usize];
            let of = |list: &[ZoneMachine]| list.iter().find(|m| m.zone == number).map(|m| m.ea).unwrap_or_default();
            let (was, is) = (of(&self.zones), of(all));
            let inside = at.containing.binary_search(&number).is_ok();
            if was.s == 0 && was.side == inside {
                continue; // evidence for staying is not asked for
            }
            let depth = zone.area.nearest_boundary(at.fix.position).distance_m;
            let signed = if inside { depth } else { -depth };
            let (threshold, margin_m) = if was.side {
                (plan.rules.zone_out(number, plan.mount), -signed - zone.exit_hysteresis_m)
            } else {
                (plan.rules.zone_in(number, plan.mount), signed)
            };
            let weight = Weight::since(at.weight.since);
            out.push(question(Matter::Zone(zone.id.clone()), (was, is), threshold, margin_m, sigma_m, weight));
        }
    }

    fn territory(&self, plan: &Plan, after: &MachineMut<'_>, at: &At<'_>, sigma_m: f64) -> Option<Question> {
        let zone = &plan.rules.book.zones[plan.rules.book.territory()? as usize];
        if self.territory == after.hot.territory && after.hot.clear_m > 0.0 {
            return None; // deep inside: no distance was asked for
        }
        let outside_m = -zone.area.signed_distance_m(at.fix.position);
        let toward = outside_m - plan.rules.settings().territory_exit.margin_m;
        let margin_m = if self.territory.side { -toward } else { toward };
        let sums = (self.territory, after.hot.territory);
        let question = question(Matter::Territory, sums, plan.rules.other(plan.mount), margin_m, sigma_m, at.weight);
        question.spoke().then_some(question)
    }

    /// Leaving the place of a stop. What resets the sum (standing by speed, a new cluster) shows as a sum of 0.
    fn departure(&self, plan: &Plan, after: &MachineMut<'_>, at: &At<'_>, sigma_m: f64) -> Option<Question> {
        let stop = &self.stop;
        if stop.n == 0 || stop.leave.s == 0 && after.hot.stop.leave.s == 0 && after.hot.stop.n >= stop.n {
            return None;
        }
        let settings = &plan.rules.settings().unusual_stop;
        let radius = if stop.seq == super::state::NONE { settings.radius_m } else { settings.leave_m };
        let margin_m = centre_position(stop.centre).distance_m(at.fix.position) - radius;
        let threshold = plan.rules.other(plan.mount);
        let weight = Weight::since(at.weight.since);
        let sums = (stop.leave, after.hot.stop.leave);
        let mut question = question(Matter::Departure, sums, threshold, margin_m, sigma_m, weight);
        question.flipped = after.hot.stop.n < stop.n;
        Some(question)
    }
}

impl Question {
    /// Something speaks, or spoke, for the other side.
    fn spoke(&self) -> bool {
        self.before > 0 || self.evidence > 0 || self.far || self.flipped
    }
}

fn question(
    matter: Matter,
    (was, is): (Accumulator, Accumulator),
    threshold: &Threshold,
    margin_m: f64,
    sigma_m: f64,
    weight: Weight,
) -> Question {
    Question {
        matter,
        far: was.side,
        margin_m,
        evidence: threshold.evidence(margin_m, sigma_m, weight),
        before: was.s,
        after: is.s,
        limit: threshold.h_milli,
        flipped: was.side != is.side,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Trial;
    use super::*;

    #[test]
    fn the_sums_written_down_are_those_of_the_machine() {
        let mut trial = Trial::new(10, 0);
        let mut steps = Vec::new();
        for i in 0..300_i64 {
            // Out of the corridor, through the forbidden zone, back, with a wobble that lets evidence rise and fall.
            let aside = if (30..140).contains(&i) { (i - 30).min(140 - i) as f64 * 60.0 } else { 0.0 };
            let wobble = if i % 7 == 0 { 240.0 } else { 0.0 };
            trial.see_traced(i * 10, 8_000.0 + i as f64 * 40.0, aside + wobble, 4.0, &mut steps);
        }
        assert!(steps.len() > 200, "{} fixes accepted", steps.len());
        let (mut asked, mut flips) = (0, 0);
        for question in steps.iter().flat_map(|s| &s.questions).filter(|q| q.matter != Matter::Departure) {
            let sum = (question.before + question.evidence).max(0);
            let expected = if sum >= question.limit { 0 } else { sum };
            assert_eq!((question.after, question.flipped), (expected, sum >= question.limit), "{question:?}");
            asked += 1;
            flips += u32::from(question.flipped);
        }
        assert!(asked > 50 && flips >= 3, "{asked} questions, {flips} changes of side");
    }
}
