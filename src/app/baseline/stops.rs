//! Traccar's newer motion rule as an alarm: the vehicle stands when none of the fixes kept is 200 m away from the newest and
//! the oldest of them is T old; it moves again when one is.

use std::collections::VecDeque;

use super::Say;
use crate::domain::position::Position;
use crate::domain::time::Millis;

/// `report.trip.minimalTripDistance` of the newer rule.
const RADIUS_M: f64 = 200.0;

/// The fixes kept of a journey.
#[derive(Debug, Default)]
pub(super) struct Stops {
    kept: VecDeque<(Millis, Position)>,
    alarm: Option<usize>,
    ended: Option<Millis>,
}

impl Stops {
    /// One fix; `limit` is T.
    pub fn step(&mut self, limit: Millis, say: &mut Say<'_>) {
        let (t, position) = (say.point.time, say.point.position);
        self.kept.push_back((t, position));
        let away = self.kept.iter().rposition(|(_, p)| p.distance_m(position) >= RADIUS_M);
        if let Some(last) = away {
            self.kept.drain(..=last);
        }
        let since = self.kept.front().map_or(t, |(since, _)| *since);
        if t - since >= limit {
            if self.alarm.is_none() {
                self.alarm = Some(say.raise("unusual_stop", "stop".to_owned(), since, self.ended));
            }
        } else if let Some(alarm) = self.alarm.take() {
            say.end(alarm);
            self.ended = Some(t);
        }
    }
}
