//! One journey: its declaration through time, the machine that follows it, and the rewind that corrects it.

use std::sync::Arc;

use super::codec::{Reader, State, StateError, state};
use super::contact::Contact;
use super::episode::Episode;
use super::ledger::Ledger;
use super::machine::kept::Kept;
use super::machine::state::Machine;
use super::machine::{Entry, Turn};
use super::past::{Cursor, Key};
use super::plan::{Courses, DeclaredDetour, Plan, amended};
use super::record::{Declaration, Id};
use super::rules::Rules;
use super::time::Millis;

/// A declaration that holds from an instant on.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// From when.
    pub from: Millis,
    /// Place in the log of the record that gave it.
    pub order: u64,
    /// What is declared.
    pub declaration: Arc<Declaration>,
    /// Official detours known.
    pub detours: Vec<DeclaredDetour>,
}
state!(Version { from, order, declaration, detours });

/// Late reports that wait for more of their kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Late {
    /// The oldest of them.
    pub from: Millis,
    /// How many.
    pub count: u32,
    /// Log clock at which the rewind starts, unless more come.
    pub due: Millis,
}
state!(Late { from, count, due });

/// A replay under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewind {
    /// The machine that replays; it takes over when it has caught up.
    pub machine: Machine,
    /// Where it reads.
    pub cursor: Cursor,
    /// Episodes from this number on are of the replay.
    pub base: u32,
    /// Episodes that were unfinished where it started, and everything found since; the last state of each by number.
    pub found: Vec<Episode>,
    /// What was reported before this instant is not touched.
    pub from: Millis,
    /// 0 late data, 1 a command, 2 a rulebook.
    pub cause: u8,
    /// Gap snapshots taken on the way.
    pub snapshots: Vec<Kept>,
}
state!(Rewind { machine, cursor, base, found, from, cause, snapshots });

impl Rewind {
    /// The word for a correction.
    pub fn word(&self) -> &'static str {
        ["late_data", "command", "rulebook"][usize::from(self.cause.min(2))]
    }

    /// Event time up to which the replay can no longer be told anything: what its machine has carried out, and the
    /// reports that its cursor has passed, those of no concern to the journey included.
    pub fn reached(&self) -> Millis {
        self.cursor.passed().map_or(self.machine.hot.now, |(t, _)| self.machine.hot.now.max(t))
    }

    /// Records what the machine has found.
    pub fn note(&mut self, changed: Vec<Episode>) {
        for episode in changed {
            match self.found.iter_mut().find(|e| e.seq == episode.seq) {
                Some(known) => *known = episode,
                None => self.found.push(episode),
            }
        }
    }
}

/// The cold part of a journey.
#[derive(Clone, Debug)]
pub struct Journey {
    /// Its id.
    pub id: Id,
    /// Its unit.
    pub unit: u32,
    /// Start of monitoring.
    pub start: Millis,
    /// Declarations, ascending by (from, order); the first holds from the start.
    pub versions: Vec<Version>,
    /// `clear_to_depart`.
    pub cleared: Option<(Millis, u64)>,
    /// `deactivate`.
    pub closed: Option<(Millis, u64)>,
    /// Coded outcome of the deactivation.
    pub outcome: Option<String>,
    /// Log clock at which a closed journey is forgotten.
    pub forget_at: Option<Millis>,
    /// What people have been told.
    pub ledger: Ledger,
    /// What is judged by arrivals.
    pub contact: Contact,
    /// States to which a rewind can return, ascending; the start is always one.
    pub snapshots: Vec<Kept>,
    /// The two newest rolling snapshots bound what memory keeps of the past.
    pub rolling: Vec<Kept>,
    /// Late reports that wait.
    pub late: Option<Late>,
    /// A replay under way.
    pub rewind: Option<Box<Rewind>>,
    /// Alerts rest on an extrapolation; the next one is due at this log clock.
    pub overlay_due: Option<Millis>,
    /// Event time up to which timers have been extrapolated; it never recedes, or an alert would flicker with the delay.
    pub horizon: Millis,
    /// Log clock at which late data has settled and findings that wait for it are said.
    pub settle_at: Option<Millis>,
    /// Log clock at which the next of its alerts comes off the shelf.
    pub unshelve_at: Option<Millis>,
    /// Last journey row.
    pub rev: u32,
    /// Plans by number; derived.
    pub plans: Vec<Plan>,
    /// Commands in event time; derived.
    pub timeline: Vec<Entry>,
}

/// Holds of a unit: time, order, on.
pub type Holds = Vec<(Millis, u64, bool)>;

impl Journey {
    /// An empty row of the journeys.
    pub fn vacant() -> Journey {
        Journey {
            id: Id::default(),
            unit: 0,
            start: 0,
            versions: Vec::new(),
            cleared: None,
            closed: None,
            outcome: None,
            forget_at: None,
            ledger: Ledger::default(),
            contact: Contact::default(),
            snapshots: Vec::new(),
            rolling: Vec::new(),
            late: None,
            rewind: None,
            overlay_due: None,
            horizon: Millis::MIN / 2,
            settle_at: None,
            unshelve_at: None,
            rev: 0,
            plans: Vec::new(),
            timeline: Vec::new(),
        }
    }

    /// Whether event time `t` lies within the journey.
    pub fn holds(&self, t: Millis) -> bool {
        self.start <= t && self.closed.is_none_or(|(end, _)| t < end)
    }

    /// The declaration in force at the newest change.
    pub fn declaration(&self) -> &Declaration {
        &self.versions[self.versions.len() - 1].declaration
    }

    /// Recompiles plans and timeline. `rules` holds (from, rulebook), ascending. Returns whether the corridor named
    /// is unknown to the first rulebook.
    pub fn rebuild(&mut self, rules: &[(Millis, Arc<Rules>)], holds: &Holds, courses: &mut Courses) -> bool {
        let in_force = |t: Millis| {
            let at = rules.partition_point(|(from, _)| *from <= t).max(1) - 1;
            &rules[at].1
        };
        let mut changes: Vec<(Millis, u64)> = self.versions[1..].iter().map(|v| (v.from, v.order)).collect();
        changes.extend(rules[1..].iter().filter(|(from, _)| *from > self.start).map(|(from, _)| (*from, u64::MAX)));
        changes.sort_unstable();
        changes.dedup();
        let first = &self.versions[0];
        let (plan, unknown) = Plan::compile(in_force(self.start), &first.declaration, &first.detours, courses);
        self.plans = vec![plan];
        self.timeline.clear();
        for (time, order) in changes {
            let version =
                self.versions[1..].iter().rfind(|v| (v.from, v.order) <= (time, order)).unwrap_or(&self.versions[0]);
            let (plan, _) = Plan::compile(in_force(time), &version.declaration, &version.detours, courses);
            self.timeline.push(Entry { time, order, turn: Turn::Plan(self.plans.len() as u16) });
            self.plans.push(plan);
        }
        if let Some((time, order)) = self.cleared {
            self.timeline.push(Entry { time, order, turn: Turn::Clear });
        }
        for (time, order, on) in holds.iter().filter(|(time, _, _)| *time > self.start) {
            self.timeline.push(Entry { time: *time, order: *order, turn: Turn::Hold(*on) });
        }
        self.timeline.sort_by_key(|e| (e.time, e.order));
        if let Some((time, order)) = self.closed {
            self.timeline.retain(|e| e.time <= time);
            self.timeline.push(Entry { time, order, turn: Turn::Close });
        }
        unknown
    }

    /// Corrects the declaration from `from` on, or from the start.
    pub fn amend(&mut self, from: Option<Millis>, order: u64, changes: &Declaration, detour: Option<DeclaredDetour>) {
        let from = from.filter(|t| *t > self.start);
        let from = if let Some((_, detour_from, _)) = &detour { Some(from.unwrap_or(*detour_from)) } else { from };
        if let Some(from) = from.filter(|t| *t > self.start) {
            let base = self.versions.iter().rfind(|v| v.from <= from).unwrap_or(&self.versions[0]);
            let version = Version { from, order, ..base.clone() };
            let at = self.versions.partition_point(|v| (v.from, v.order) <= (from, order));
            self.versions.insert(at, version);
        }
        for version in &mut self.versions {
            if from.is_none_or(|from| version.from >= from) {
                version.declaration = Arc::new(amended(&version.declaration, changes));
                version.detours.extend(detour.clone());
            }
        }
    }

    /// The newest state before event time `t` from which a replay can start.
    pub fn state_before(&self, t: Millis, hold_at_start: bool) -> Machine {
        self.snapshots
            .iter()
            .chain(&self.rolling)
            .filter(|kept| kept.is_before(t))
            .max_by_key(|kept| kept.now())
            .map_or_else(|| Machine::starting(self.start, hold_at_start), Kept::wake)
    }

    /// Forgets states that a change at event time `t` has overtaken.
    pub fn forget_states_from(&mut self, t: Millis) {
        self.snapshots.retain(|kept| kept.is_before(t));
        self.rolling.retain(|kept| kept.is_before(t));
    }

    /// Keeps a state at the start of a gap; the two newest stay.
    pub fn keep_gap_state(&mut self, state: Kept) {
        self.snapshots.reserve_exact(1);
        self.snapshots.push(state);
        if self.snapshots.len() > 2 {
            self.snapshots.remove(0);
        }
    }

    /// Keeps a rolling state; the two newest stay. Returns the key behind which the past may be forgotten.
    pub fn keep_rolling_state(&mut self, state: Kept) -> Option<Key> {
        self.rolling.reserve_exact(1);
        self.rolling.push(state);
        if self.rolling.len() > 2 {
            self.rolling.remove(0);
        }
        (self.rolling.len() == 2).then(|| self.rolling[0].last()).flatten()
    }
}

impl State for Journey {
    fn put(&self, out: &mut Vec<u8>) {
        let Journey {
            id,
            unit,
            start,
            versions,
            cleared,
            closed,
            outcome,
            forget_at,
            ledger,
            contact,
            snapshots,
            rolling,
            late,
            rewind,
            overlay_due,
            horizon,
            settle_at,
            unshelve_at,
            rev,
            plans: _,
            timeline: _,
        } = self;
        id.put(out);
        unit.put(out);
        start.put(out);
        versions.put(out);
        cleared.put(out);
        closed.put(out);
        outcome.put(out);
        forget_at.put(out);
        ledger.put(out);
        contact.put(out);
        snapshots.put(out);
        rolling.put(out);
        late.put(out);
        rewind.put(out);
        overlay_due.put(out);
        horizon.put(out);
        settle_at.put(out);
        unshelve_at.put(out);
        rev.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok(Journey {
            id: State::get(from)?,
            unit: State::get(from)?,
            start: State::get(from)?,
            versions: State::get(from)?,
            cleared: State::get(from)?,
            closed: State::get(from)?,
            outcome: State::get(from)?,
            forget_at: State::get(from)?,
            ledger: State::get(from)?,
            contact: State::get(from)?,
            snapshots: State::get(from)?,
            rolling: State::get(from)?,
            late: State::get(from)?,
            rewind: State::get(from)?,
            overlay_due: State::get(from)?,
            horizon: State::get(from)?,
            settle_at: State::get(from)?,
            unshelve_at: State::get(from)?,
            rev: State::get(from)?,
            plans: Vec::new(),
            timeline: Vec::new(),
        })
    }
}
