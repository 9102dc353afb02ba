//! One fix or heartbeat: admission, duplicates, membership, and the live step of the journey's machine.

use super::super::admission;
use super::super::machine::Seen;
use super::super::machine::kept::Kept;
use super::super::numbers::Hash;
use super::super::output::{Disposition, MotionState, Outcome, Outputs, Quality, TrackRow};
use super::super::past::Past;
use super::super::record::{Fix, Heartbeat, Id};
use super::super::second::line::ContactState;
use super::super::time::{Millis, SECOND};
use super::units::{RECALL_WINDOW, senses_of_future};
use super::{Reading, Shard, StepError};

/// Memory keeps so many bytes of a unit's past between two rolling states.
const PAST_BYTES: usize = 1024;

impl Shard {
    pub(super) fn read_fix(
        &mut self,
        unit: &Id,
        fix: &Fix,
        reading: &mut Reading<'_>,
        out: &mut Outputs,
    ) -> Result<(), StepError> {
        let source = reading.source();
        let settings = self.rules_now().settings().fix;
        let mut fix = *fix;
        let (time, repaired) =
            admission::repair_time(fix.time, self.clock, &settings).unwrap_or((fix.time, Quality::default()));
        fix.time = time;
        let doubt = admission::doubt(&fix, self.clock, &settings);
        let mut quality = doubt.with(repaired);
        if fix.field_dropped {
            quality = quality.with(Quality::FIELD);
        }
        let probable = reading.unit.filter(|number| self.units[*number as usize].id == *unit);
        let number = probable.unwrap_or_else(|| self.unit_number(unit));
        let usable = doubt == Quality::default();
        self.hear(number, usable);

        let past = if doubt.has(Quality::FUTURE) {
            senses_of_future(&fix, source.timestamp)
        } else {
            Past::of_fix(&fix, admission::sigma_dm(&fix, &settings), doubt)
        };
        let membership_time = past.time;
        let slot = self.journey_at(number, membership_time);
        // The row names the corridor that held when the record was read.
        let plan = slot.map(|slot| self.hot[slot as usize].plan);
        let (outcome, seen) = if doubt.has(Quality::FUTURE) {
            if past.has_senses() {
                self.take_in(number, slot, past, false, reading, out)?;
            }
            (Outcome::Doubtful, None)
        } else {
            self.admit(number, slot, past, usable, &mut quality, reading, out)?
        };
        if seen.is_some() {
            let delay = fix.receive_time.unwrap_or(source.timestamp) - fix.time;
            self.units[number as usize].lag.push(delay);
        }
        self.arm_after(number, slot);
        let journey = slot.map(|slot| &self.journeys[slot as usize]);
        let corridor = journey.zip(plan).and_then(|(j, plan)| j.plans[usize::from(plan)].corridor.as_ref());
        let office = seen
            .and_then(|seen| seen.office_area)
            .zip(slot)
            .and_then(|(zone, slot)| self.plan(slot).rules.book.zones[zone as usize].office.as_deref().map(Id::new));
        // Made where it stays: it is the largest thing of a step.
        out.dispositions.push(Disposition {
            source,
            outcome,
            reject: None,
            row: Some(TrackRow {
                unit: unit.clone(),
                fix,
                journey: journey.map(|journey| journey.id.clone()),
                quality,
                corridor: corridor.map(|corridor| corridor.id.clone()),
                chainage_dm: seen.and_then(|seen| seen.beside_dm).map(|(chainage, _)| chainage),
                cross_track_dm: seen.and_then(|seen| seen.beside_dm).map(|(_, cross)| cross),
                state: seen.and_then(|seen| seen.state).unwrap_or(MotionState::Unknown),
                office,
            }),
        });
        Ok(())
    }

    /// Duplicates and conflicts, then the journey.
    #[allow(clippy::too_many_arguments, reason = "one call, and each is a different thing")]
    fn admit(
        &mut self,
        number: u32,
        slot: Option<u32>,
        past: Past,
        usable: bool,
        quality: &mut Quality,
        reading: &mut Reading<'_>,
        out: &Outputs,
    ) -> Result<(Outcome, Option<Seen>), StepError> {
        if past.time < self.units[number as usize].past.complete_from {
            self.recall(number, past.time - RECALL_WINDOW, reading, out)?;
        }
        let log = &mut self.units[number as usize].past;
        let newest = log.newest().is_none_or(|newest| past.key() > newest.key());
        let mut replaces = false;
        if !newest && let Some(old) = log.find(past.key()) {
            if old.fingerprint == past.fingerprint {
                *quality = quality.with(Quality::DUPLICATE);
                return Ok((Outcome::Duplicate, None));
            }
            if !past.beats(&old) {
                *quality = quality.with(Quality::CONFLICT);
                return Ok((Outcome::Conflict, None));
            }
            replaces = true;
        }
        if !newest {
            *quality = quality.with(Quality::LATE);
        }
        let late = self.take_in(number, slot, past, replaces, reading, out)?;
        Ok(match (usable, slot, late) {
            (false, _, _) => (Outcome::Doubtful, None),
            (true, None, _) => (Outcome::NoJourney, None),
            (true, Some(_), TakenIn::Late) => (Outcome::Late, None),
            (true, Some(_), TakenIn::Waiting) => (Outcome::Applied, None),
            (true, Some(_), TakenIn::Live(seen)) => {
                *quality = quality.with(seen.quality);
                (Outcome::Applied, Some(seen))
            }
        })
    }

    /// Puts a report into the unit's past and before its journey's machine.
    fn take_in(
        &mut self,
        number: u32,
        slot: Option<u32>,
        past: Past,
        replaces: bool,
        reading: &mut Reading<'_>,
        out: &Outputs,
    ) -> Result<TakenIn, StepError> {
        if past.time < self.units[number as usize].past.complete_from {
            self.recall(number, past.time - RECALL_WINDOW, reading, out)?;
        }
        self.units[number as usize].past.insert(past);
        let Some(slot) = slot else {
            self.trim_past(number, None);
            return Ok(TakenIn::Waiting);
        };
        // What it replaces may have been seen: then even a report that decides nothing must undo that.
        if past.contact_only && !past.has_senses() && !replaces {
            return Ok(TakenIn::Waiting);
        }
        let journey = &self.journeys[slot as usize];
        let ahead = |hot: &super::super::machine::state::Hot| {
            past.time >= hot.now && hot.last().is_none_or(|last| past.key() > last) && !replaces
        };
        if let Some(rewind) = &journey.rewind {
            let to_come = rewind.cursor.passed().is_none_or(|passed| past.key() > passed);
            if to_come && ahead(&rewind.machine.hot) {
                return Ok(TakenIn::Waiting); // the replay will come by
            }
            self.mark_late(slot, past.time);
            return Ok(TakenIn::Late);
        }
        if !ahead(&self.hot[slot as usize]) {
            self.mark_late(slot, past.time);
            return Ok(TakenIn::Late);
        }
        self.keep_gap_state(slot, &past);
        self.units[number as usize].lag.arrive(self.clock, past.time);
        let due = self.agenda[slot as usize].due;
        let (seen, due) = self.drive(slot, |machine, drive| machine.report_after(drive, &past, due));
        self.agenda[slot as usize].due = Some(due);
        self.publish(slot);
        self.tell_place(slot);
        self.trim_past(number, Some(slot));
        Ok(TakenIn::Live(seen))
    }

    /// Before the first fix after a gap the state is kept: buffered fixes will want to fill the gap.
    fn keep_gap_state(&mut self, slot: u32, past: &Past) {
        let Some((last, _)) = self.hot[slot as usize].last() else { return };
        if self.is_gap(slot, last, past.time) && !past.contact_only {
            let state = self.kept(slot);
            self.journeys[slot as usize].keep_gap_state(state);
        }
    }

    fn is_gap(&self, slot: u32, last: Millis, next: Millis) -> bool {
        let interval = self.interval(slot);
        next - last > (3 * interval).max(120 * SECOND)
    }

    /// Keeps the past within its bytes: a state stands in for what is forgotten.
    pub(super) fn trim_past(&mut self, number: u32, slot: Option<u32>) {
        if self.units[number as usize].past.used() >= PAST_BYTES {
            self.forget_or_keep(number, slot);
        }
    }

    /// What there is to do once those bytes are full.
    #[inline(never)]
    fn forget_or_keep(&mut self, number: u32, slot: Option<u32>) {
        let unit = &self.units[number as usize];
        let used = unit.past.used();
        let busy = unit.journeys.iter().any(|s| {
            let journey = &self.journeys[*s as usize];
            journey.late.is_some() || journey.rewind.is_some()
        });
        if busy {
            return;
        }
        let Some(slot) = slot else {
            if used > 2 * PAST_BYTES {
                self.units[number as usize].past.trim(PAST_BYTES);
            }
            return;
        };
        let after = self.journeys[slot as usize].rolling.last().and_then(Kept::last).map(|(t, _)| t);
        let since = after.unwrap_or(Millis::MIN);
        let span = self.spans[number as usize].count(&unit.past, since);
        // A new rolling state once half of what memory may hold lies behind the last one.
        if after.is_none() || span * 2 >= unit.past.len() {
            let state = self.kept(slot);
            let newest = state.last().map_or(Millis::MIN, |(t, _)| t);
            if let Some((t, _)) = self.journeys[slot as usize].keep_rolling_state(state) {
                self.units[number as usize].past.forget_before(t);
            }
            // Counted now, when there is nothing to count; the next reports are counted on.
            self.spans[number as usize].count(&self.units[number as usize].past, newest);
        }
    }

    #[inline(never)]
    pub(super) fn read_heartbeat(
        &mut self,
        unit: &str,
        heartbeat: &Heartbeat,
        reading: &mut Reading<'_>,
        out: &Outputs,
    ) -> Result<(), StepError> {
        let number = self.unit_number(unit);
        self.hear(number, false);
        let past = Past::of_heartbeat(heartbeat, heartbeat.receive_time.unwrap_or(reading.source().timestamp));
        let mut slot = None;
        if past.has_senses() {
            slot = self.journey_at(number, past.time);
            self.take_in(number, slot, past, false, reading, out)?;
        }
        self.arm_after(number, slot);
        Ok(())
    }

    /// The number of a unit; a new one where it was never heard of.
    pub(super) fn unit_number(&mut self, unit: &str) -> u32 {
        let hash = Hash::of(unit);
        if let Some(number) = self.numbers.get(hash, |number| self.units[number as usize].id == unit) {
            return number;
        }
        let number = self.units.len() as u32;
        self.numbers.insert(hash, number);
        self.units.push(super::Unit { id: Id::new(unit), ..super::Unit::default() });
        self.spans.push(super::Span::default());
        number
    }

    /// The journey of a unit that holds event time `t`. Where a late command makes two overlap, the one that started
    /// later has it, whatever order the commands came in.
    pub(super) fn journey_at(&self, number: u32, t: Millis) -> Option<u32> {
        let journeys = &self.units[number as usize].journeys;
        if let [only] = journeys[..] {
            return self.journeys[only as usize].holds(t).then_some(only);
        }
        let holding = journeys.iter().copied();
        let holding = holding.filter(|slot| self.journeys[*slot as usize].holds(t));
        let began = |slot: u32| {
            let journey = &self.journeys[slot as usize];
            (journey.start, journey.versions[0].order)
        };
        holding.reduce(|one, other| if began(other) >= began(one) { other } else { one })
    }

    /// The unit has been heard: contact timers of its open journey begin anew, once it is armed.
    fn hear(&mut self, number: u32, usable: bool) {
        let Some(slot) = self.open_journey(number) else { return };
        let now = self.contact_now(self.clock);
        let broke = self.journeys[slot as usize].contact.hear(now, usable);
        if broke {
            self.tell_contact(slot, ContactState::Alive);
        }
        self.publish_contact(slot);
    }

    /// Schedules anew what a report has moved: its own journey, and the one in which its unit has been heard.
    fn arm_after(&mut self, number: u32, slot: Option<u32>) {
        let open = self.open_journey(number);
        for slot in slot.into_iter().chain(open.filter(|open| slot != Some(*open))) {
            self.arm(slot);
        }
    }

    /// The journey of a unit that has not been closed.
    pub(super) fn open_journey(&self, number: u32) -> Option<u32> {
        let slot = *self.units[number as usize].journeys.last()?;
        self.journeys[slot as usize].closed.is_none().then_some(slot)
    }
}

/// What became of a report.
enum TakenIn {
    /// The machine has seen it.
    Live(Seen),
    /// It will be replayed.
    Late,
    /// A replay under way will read it, or no machine needs it.
    Waiting,
}
