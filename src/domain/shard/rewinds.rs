//! Late data: collected for a moment, replayed within a budget of records, and the difference is said (DETECTION, 4.3).

use super::super::journey::{Late, Rewind};
use super::super::ledger::Ground;
use super::super::machine::kept::Kept;
use super::super::machine::state::Machine;
use super::super::output::Outputs;
use super::super::past::{Cursor, Past};
use super::super::time::{Millis, SECOND};
use super::{Reading, Shard, StepError, coalesce};

impl Shard {
    /// A report at event time `t` came late: more of its kind are waited for.
    #[cold]
    pub(super) fn mark_late(&mut self, slot: u32, t: Millis) {
        let rules = self.rules_now();
        let (wait, most) = (coalesce(rules), rules.settings().late.coalesce_fixes);
        let clock = self.clock;
        let journey = &mut self.journeys[slot as usize];
        let before = journey.late.unwrap_or(Late { from: t, count: 0, due: clock });
        let count = before.count + 1;
        let due = if i64::from(count) >= most { clock } else { clock + wait };
        journey.late = Some(Late { from: before.from.min(t), count, due });
        self.wait_for_late(slot);
        if i64::from(count) >= most {
            self.begin_late_rewind(slot);
        }
        self.arm(slot);
    }

    /// The collected reports are due.
    pub(super) fn begin_late_rewind(&mut self, slot: u32) {
        let journey = &mut self.journeys[slot as usize];
        let Some(late) = journey.late.take() else { return };
        let running = journey.rewind.take();
        let (from, cause) = running.map_or((late.from, 0), |r| (r.from.min(late.from), r.cause));
        self.begin_rewind(slot, from, cause);
    }

    /// Returns a journey to its newest state before event time `from` and queues the replay.
    pub(super) fn begin_rewind(&mut self, slot: u32, from: Millis, cause: u8) {
        let journey = &mut self.journeys[slot as usize];
        // A running replay is given up for one that starts earlier; what it was to correct is part of the new one.
        let (from, cause) = match journey.rewind.take() {
            Some(running) => (running.from.min(from), running.cause.max(cause)),
            None => (from, cause),
        };
        let hold = self.units[journey.unit as usize].hold_at(journey.start);
        let machine = journey.state_before(from, hold);
        journey.forget_states_from(from);
        let cursor = Cursor::after(Some(machine.hot.last().unwrap_or((journey.start - 1, u64::MAX))));
        journey.rewind = Some(Box::new(Rewind {
            base: machine.side.book.next_seq(),
            found: machine.side.book.unfinished().cloned().collect(),
            machine,
            cursor,
            from,
            cause,
            snapshots: Vec::new(),
        }));
        if !self.rewinding.contains(&slot) {
            self.rewinding.push_back(slot);
        }
    }

    /// Advances pending replays, first come, first served, by at most `budget` reports.
    #[inline(never)]
    pub(super) fn carry_on_rewinds(
        &mut self,
        mut budget: usize,
        reading: &mut Reading<'_>,
        out: &mut Outputs,
    ) -> Result<(), StepError> {
        while budget > 0
            && let Some(slot) = self.rewinding.front().copied()
        {
            if self.journeys[slot as usize].rewind.is_none() {
                self.rewinding.pop_front();
                continue;
            }
            let (used, done) = self.replay(slot, budget, reading, out)?;
            budget -= used.min(budget);
            if done {
                self.rewinding.pop_front();
                self.finish_rewind(slot);
                self.moment.flush(out);
            }
        }
        Ok(())
    }

    /// Replays at most `budget` reports. Returns how many were read, and whether the replay has caught up.
    fn replay(
        &mut self,
        slot: u32,
        budget: usize,
        reading: &mut Reading<'_>,
        out: &Outputs,
    ) -> Result<(usize, bool), StepError> {
        let Some(mut rewind) = self.journeys[slot as usize].rewind.take() else { return Ok((0, true)) };
        let (unit, start) = (self.journeys[slot as usize].unit, self.journeys[slot as usize].start);
        let needed = rewind.machine.hot.last().map_or(start, |(t, _)| t);
        self.recall(unit, needed, reading, out)?;
        let mut used = 0;
        while used < budget {
            let Some(past) = self.units[unit as usize].past.next(&mut rewind.cursor) else {
                self.catch_up(slot, &mut rewind);
                self.journeys[slot as usize].rewind = Some(rewind);
                return Ok((used.max(1), true));
            };
            used += 1;
            if self.journey_at(unit, past.time) == Some(slot) && (!past.contact_only || past.has_senses()) {
                self.replay_one(slot, &mut rewind, &past);
            }
        }
        self.journeys[slot as usize].rewind = Some(rewind);
        Ok((used, false))
    }

    fn replay_one(&mut self, slot: u32, rewind: &mut Rewind, past: &Past) {
        let plan = &self.journeys[slot as usize].plans[usize::from(rewind.machine.hot.plan)];
        let interval = plan.interval.unwrap_or_else(|| rewind.machine.ring.interval());
        let gap =
            rewind.machine.hot.last().is_some_and(|(last, _)| past.time - last > (3 * interval).max(120 * SECOND));
        if gap && !past.contact_only {
            rewind.snapshots.push(Kept::of(&rewind.machine));
            if rewind.snapshots.len() > 2 {
                rewind.snapshots.remove(0);
            }
        }
        let mut machine = std::mem::take(&mut rewind.machine);
        let changed = self.drive_apart(slot, &mut machine, |machine, drive| {
            machine.report(drive, past);
            machine.side.book.take_changed()
        });
        rewind.machine = machine;
        rewind.note(changed);
    }

    /// The last report has been replayed: commands that the log clock has reached follow.
    fn catch_up(&mut self, slot: u32, rewind: &mut Rewind) {
        let clock = self.clock;
        let mut machine: Machine = std::mem::take(&mut rewind.machine);
        let changed = self.drive_apart(slot, &mut machine, |machine, drive| {
            while let Some(next) = drive.timeline.get(usize::from(machine.hot.command)).filter(|e| e.time <= clock) {
                machine.advance(drive, next.time);
            }
            machine.side.book.take_changed()
        });
        rewind.machine = machine;
        rewind.note(changed);
    }

    fn finish_rewind(&mut self, slot: u32) {
        let i = slot as usize;
        let Some(rewind) = self.journeys[i].rewind.take() else { return };
        let word = rewind.word();
        let Rewind { machine, base, found, snapshots, .. } = *rewind;
        let Machine { hot, ring, side } = machine;
        (self.hot[i], self.ring[i], self.side[i], self.agenda[i].due) = (hot, ring, side, None);
        for snapshot in snapshots {
            self.journeys[i].keep_gap_state(snapshot);
        }
        let unfinished: Vec<u32> = found.iter().map(|e| e.seq).filter(|seq| *seq < base).collect();
        let said = self.say(slot, |ledger, who, said| {
            let touched = |seq: u32| seq >= base || unfinished.contains(&seq);
            ledger.reconcile(|a| a.provisional || touched(a.said.seq), found, Ground::Rewind(word), who, said);
        });
        self.journeys[i].overlay_due = None;
        self.publish(slot);
        if said > 0 {
            self.tell_journey(slot, "correct");
        }
        self.arm(slot);
        let (unit, open) = (self.journeys[i].unit, self.journeys[i].closed.is_none());
        self.trim_past(unit, open.then_some(slot));
    }
}
