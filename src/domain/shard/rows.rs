//! Rows of the table `journeys`: what was declared, driven and found, at each turn of a journey.

use super::super::alert::Kind;
use super::super::output::JourneyRow;
use super::super::time::SECOND;
use super::Shard;

impl Shard {
    /// Writes the next row of a journey into the moment.
    pub(super) fn tell_journey(&mut self, slot: u32, event: &'static str) {
        let i = slot as usize;
        let hot = &self.hot[i];
        let plan = self.plan(slot).clone();
        self.journeys[i].rev += 1;
        let journey = &self.journeys[i];
        let departed = journey.cleared.map_or(journey.start, |(t, _)| t);
        let last_fix = hot.gate.anchor().map(|f| f.time);
        let end = self.side[i].arrived.or(journey.closed.map(|(t, _)| t)).or(last_fix).unwrap_or(departed);
        let (deviated, excused_way) = journey.ledger.stands(Kind::CorridorDeviation);
        let (overrun, excused_time) = journey.ledger.stands(Kind::RouteTimeExceeded);
        let finding = match (journey.closed.is_some(), deviated, overrun) {
            (false, _, _) => "open",
            (true, false, false) if excused_way || excused_time => "excused",
            (true, false, false) => "compliant",
            (true, true, false) => "deviated",
            (true, false, true) => "overrun",
            (true, true, true) => "deviated_and_overrun",
        };
        let row = JourneyRow {
            journey: journey.id.to_string(),
            rev: journey.rev,
            unit: self.units[journey.unit as usize].id.to_string(),
            event,
            activated: journey.start,
            cleared: journey.cleared.map(|(t, _)| t),
            deactivated: journey.closed.map(|(t, _)| t),
            declaration: journey.declaration().clone(),
            outcome: journey.outcome.clone(),
            first_fix: (hot.fixes > 0).then_some(self.side[i].first_fix),
            last_fix,
            fixes: u64::from(hot.fixes),
            length_m: i64::from(hot.length_dm) / 10,
            used_s: (end - departed).max(0) / SECOND,
            allowed_s: plan.limit(departed).map(|limit| (limit - departed) / SECOND),
            alerts: journey.ledger.standing(),
            finding,
            log_time: self.clock,
            source: self.last_source,
        };
        self.moment.journeys.push(row);
    }

    /// The last row of each journey, at the end of a log, by journey id.
    pub(super) fn end_rows(&mut self) {
        for slot in self.slots_by_id() {
            self.tell_journey(slot, "end_of_log");
        }
    }

    /// Every journey in memory, by id.
    pub(super) fn slots_by_id(&self) -> Vec<u32> {
        let mut slots: Vec<u32> = (0..self.journeys.len() as u32).collect();
        slots.retain(|slot| !self.journeys[*slot as usize].id.is_empty());
        slots.sort_by(|a, b| self.journeys[*a as usize].id.cmp(&self.journeys[*b as usize].id));
        slots
    }
}
