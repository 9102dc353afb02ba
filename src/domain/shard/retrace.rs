//! A journey once more in event order, with its reckoning written down: what a rewind to its start does, and nothing is said.

use super::super::episode::Episode;
use super::super::history::History;
use super::super::machine::state::Machine;
use super::super::machine::{Drive, Seen, trace::Step};
use super::super::output::Outputs;
use super::super::past::{Cursor, Past};
use super::super::plan::Plan;
use super::super::record::{Body, Record, Source};
use super::super::time::Millis;
use super::{Reading, Shard, StepError};
use std::collections::BTreeMap;

/// One report of a journey.
#[derive(Clone, Debug)]
pub struct Retold {
    /// The report.
    pub report: Past,
    /// What its row would say.
    pub seen: Seen,
    /// Fixes that the detectors took with it: none while the gate holds it, several when a chain is released.
    pub steps: Vec<Step>,
}

/// A journey as its machine went through it.
#[derive(Clone, Debug)]
pub struct Retracing {
    /// Its reports, ascending by event time.
    pub reports: Vec<Retold>,
    /// What stands in the end, by the number of the finding.
    pub found: Vec<Episode>,
    /// The plans that held, the first from the start.
    pub plans: Vec<Plan>,
    /// Start of monitoring.
    pub from: Millis,
    /// End of monitoring; `None` while it goes on.
    pub to: Option<Millis>,
}

impl Shard {
    /// Goes through a journey from its start to the log clock, on a machine of its own. `None` where the journey is not
    /// (or no longer) in memory. Nothing in the shard changes but what it remembers of the unit's past.
    ///
    /// # Errors
    /// Where older reports cannot be read.
    pub fn retrace(&mut self, journey: &str, history: &mut dyn History) -> Result<Option<Retracing>, StepError> {
        let Some(slot) = self.journey_ids.get(journey).copied() else { return Ok(None) };
        let i = slot as usize;
        let (unit, from) = (self.journeys[i].unit, self.journeys[i].start);
        let source = Source { offset: self.last_source.offset + 1, ..self.last_source };
        let last = [Record { source, body: Body::Tick { time: self.clock } }];
        let mut reading = Reading { batch: &last, index: 0, unit: None, base: 0, history };
        self.recall(unit, from, &mut reading, &Outputs::default())?;

        let mut machine = Machine::starting(from, self.units[unit as usize].hold_at(from));
        let mut cursor = Cursor::after(Some((from - 1, u64::MAX)));
        let mut reports = Vec::new();
        let mut found: BTreeMap<u32, Episode> = BTreeMap::new();
        while let Some(report) = self.units[unit as usize].past.next(&mut cursor) {
            if self.journey_at(unit, report.time) != Some(slot) || (report.contact_only && !report.has_senses()) {
                continue;
            }
            let mut steps = Vec::new();
            let plans = &self.journeys[i].plans;
            let timeline = &self.journeys[i].timeline;
            let (containing, border) = (&mut self.containing, &mut self.agenda[i].border);
            let mut drive = Drive { plans, timeline, containing, border, trace: Some(&mut steps) };
            let seen = machine.as_mut().report(&mut drive, &report);
            found.extend(machine.side.book.take_changed().into_iter().map(|e| (e.seq, e)));
            reports.push(Retold { report, seen, steps });
        }
        let clock = self.clock;
        let ahead = self.drive_apart(slot, &mut machine, |machine, drive| {
            machine.advance_to_clock(drive, clock, 0);
            machine.side.book.take_changed()
        });
        found.extend(ahead.into_iter().map(|e| (e.seq, e)));
        let journey = &self.journeys[i];
        Ok(Some(Retracing {
            reports,
            found: found.into_values().filter(|e| !e.withdrawn).collect(),
            plans: journey.plans.clone(),
            from,
            to: journey.closed.map(|(end, _)| end),
        }))
    }
}
