//! What simpler systems would have said of the same log: baselines for `kervan score` (DETECTION, 6.7).
//!
//! | name | order of fixes | boundaries | stops | source of the rule |
//! |---|---|---|---|---|
//! | `instant` | as they arrive | the side of each fix | none | Tile38 5b8ce58, `internal/server/fence.go`: state is the previous point |
//! | `debounce` | as they arrive | 2 fixes and 30 s on the other side; 20 m buffer on the way back | none | what consumers of Tile38 build on top |
//! | `traccar` | a fix older than the newest is ignored | the side of each fix | none of the fixes since T is 200 m away | Traccar 9e5c458, `GeofenceEventHandler`, `BasePositionEventHandler`, `NewMotionProcessor` |
//! | `watermark` | one watermark for all, 60 s behind the newest; what is older is dropped | the side of each fix | none | the shape of Flink's bounded out-of-orderness |
//!
//! The boundaries are those of the journey: corridor by its half width (Traccar: `polylineDistance`), zones of the classes
//! `forbidden`, `risk`, `watch` and `border_gate`, the territory. T is `[unusual_stop] on_corridor_journal_s`: those systems know one
//! threshold, not a context. Fixes that say `valid: false` or lie at (0, 0) are ignored by all; speed filters are off, as they
//! are by default.

mod fences;
mod order;
mod stops;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::score::Alarm;
use crate::domain::plan::{Courses, Plan};
use crate::domain::position::Position;
use crate::domain::record::{Action, Body, Declaration, Record};
use crate::domain::rules::Rules;
use crate::domain::time::{MINUTE, Millis, SECOND};
use fences::Fences;
use order::Order;
use stops::Stops;

/// One way of doing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name in the table.
    pub name: &'static str,
    order: Order,
    /// Fixes and milliseconds on the other side, and metres of buffer on the way back.
    patience: (u32, Millis, i64),
    stops: bool,
}

/// Every method, in the order of the table.
pub const METHODS: [Method; 4] = [
    Method { name: "instant", order: Order::Arrival, patience: (1, 0, 0), stops: false },
    Method { name: "debounce", order: Order::Arrival, patience: (2, 30 * SECOND, 20), stops: false },
    Method { name: "traccar", order: Order::SkipOlder, patience: (1, 0, 0), stops: true },
    Method { name: "watermark", order: Order::Watermark(MINUTE), patience: (1, 0, 0), stops: false },
];

/// A fix as these systems see it.
#[derive(Clone, Debug, PartialEq)]
struct Point {
    unit: String,
    time: Millis,
    position: Position,
    came: Millis,
}

/// A journey as it was declared.
struct Ride {
    journey: String,
    from: Millis,
    to: Millis,
    plan: Arc<Plan>,
    fences: Fences,
    stops: Stops,
}

/// A method at work on a log.
pub struct Baseline {
    method: Method,
    rules: Arc<Rules>,
    rides: BTreeMap<String, Vec<Ride>>,
    waiting: order::Waiting,
    alarms: Vec<Alarm>,
}

impl Baseline {
    /// Nothing read yet.
    pub fn new(method: Method, rules: &Arc<Rules>) -> Baseline {
        Baseline {
            method,
            rules: Arc::clone(rules),
            rides: BTreeMap::new(),
            waiting: order::Waiting::default(),
            alarms: Vec::new(),
        }
    }

    /// Reads a record.
    pub fn read(&mut self, record: &Record) {
        match &record.body {
            Body::Fix { unit, fix } if fix.valid && fix.position != Position::default() => {
                let point = Point {
                    unit: unit.to_string(),
                    time: fix.time,
                    position: fix.position,
                    came: record.source.timestamp,
                };
                for point in self.waiting.admit(self.method.order, point) {
                    self.judge(&point);
                }
            }
            Body::Command(command) => match &command.action {
                Action::Activate { journey, declaration } => {
                    let (plan, _) = Plan::compile(
                        &self.rules,
                        &Arc::new(Declaration::clone(declaration)),
                        &[],
                        &mut Courses::default(),
                    );
                    let ride = Ride {
                        journey: journey.clone(),
                        from: command.time,
                        to: Millis::MAX,
                        plan: Arc::new(plan),
                        fences: Fences::default(),
                        stops: Stops::default(),
                    };
                    self.rides.entry(command.unit.clone()).or_default().push(ride);
                }
                Action::Deactivate { journey, .. } => {
                    let rides = self.rides.get_mut(&command.unit).into_iter().flatten();
                    rides.filter(|ride| ride.journey == *journey).for_each(|ride| ride.to = command.time);
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// The end of the log: what waits is judged, and the alarms are handed over.
    pub fn finish(mut self) -> Vec<Alarm> {
        for point in self.waiting.rest() {
            self.judge(&point);
        }
        self.alarms
    }

    fn judge(&mut self, point: &Point) {
        let rides = self.rides.get_mut(&point.unit).into_iter().flatten();
        let Some(ride) = rides.rev().find(|r| (r.from..r.to).contains(&point.time)) else { return };
        let mut say = Say { method: self.method.name, journey: &ride.journey, point, alarms: &mut self.alarms };
        ride.fences.step(&ride.plan, self.method.patience, &mut say);
        if self.method.stops {
            let limit = self.rules.settings().unusual_stop.on_corridor_journal_s * SECOND;
            ride.stops.step(limit, &mut say);
        }
    }
}

/// Writes alarms about one point.
struct Say<'a> {
    method: &'static str,
    journey: &'a str,
    point: &'a Point,
    alarms: &'a mut Vec<Alarm>,
}

impl Say<'_> {
    /// A new alarm; its index.
    fn raise(&mut self, kind: &str, subject: String, onset: Millis, before: Option<Millis>) -> usize {
        let raised = self.point.time;
        self.alarms.push(Alarm {
            alert: format!("{}-{}", self.method, self.alarms.len()),
            kind: kind.to_owned(),
            unit: self.point.unit.clone(),
            journey: self.journey.to_owned(),
            subject,
            first_raised: raised,
            first_log_time: self.point.came,
            onset,
            raised,
            annunciated: true,
            chatter: u32::from(before.is_some_and(|end| (0..=5 * MINUTE).contains(&(raised - end)))),
            ..Alarm::default()
        });
        self.alarms.len() - 1
    }

    /// The end of an alarm.
    fn end(&mut self, index: usize) {
        let alarm = &mut self.alarms[index];
        alarm.ended = Some(self.point.time.max(alarm.raised));
        alarm.fleeting = self.point.time - alarm.raised < MINUTE;
    }
}
