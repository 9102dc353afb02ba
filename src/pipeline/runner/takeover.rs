//! New partitions: what the group has committed, what the log still holds, what the store has kept; then reading starts.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::crew::{Answer, Crew, Task};
use super::super::ports::{Assignment, Broker, Event, Origin, Started, Watch};
use super::{FULL_PAUSE, IDLE, Ours, Runner, Stop};
use crate::delivery::failpoint::{guarded, reach};
use crate::delivery::{Committed, Fault, Guard, Pointer};

/// How long the group is left alone between two questions.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// Why a lane would not open.
enum Judgement {
    /// For the reason that it gives.
    Stands,
    /// Somebody else has committed meanwhile: what we were told is old.
    Overtaken,
    /// The assignment changes.
    Interrupted(Event),
}

impl<B: Broker, C: Crew, W: Watch> Runner<B, C, W> {
    /// New partitions: what the group has committed, what the store holds, then reading starts.
    pub(super) fn take_over(&mut self, partitions: &[u32]) -> Result<(), Stop> {
        self.give_up(false, "a new assignment")?;
        // Who we are as these become ours: after a recovery that took long we could be somebody else.
        let guard = Guard::at_assignment(&self.broker.membership(), self.tuning.max_poll);
        let origins = self.origins(partitions)?;
        reach("asked");
        let mut due: VecDeque<(Duration, &Origin)> = origins.iter().map(|o| (Duration::ZERO, o)).collect();
        let mut assignment = Vec::new();
        while assignment.len() < origins.len() {
            let now = self.broker.now();
            while let Some((_, origin)) = due.pop_front_if(|(at, _)| now >= *at) {
                self.crew.give(origin.partition, Task::Open(origin.clone()));
            }
            let Some((partition, answer)) = self.crew.answer(due.is_empty()) else {
                // A full disk may stay full for long: the group must not lose us over it.
                if !due.is_empty()
                    && let Some(event) = self.broker.poll(IDLE, 0, &mut self.inbox)?
                {
                    self.close(&origins)?;
                    return self.react(event);
                }
                self.watch.turn(&Vec::new);
                continue;
            };
            let origin = origins.iter().find(|o| o.partition == partition);
            match (answer, origin) {
                (Answer::Opened { from, committed, pointer, fresh }, Some(origin)) => {
                    self.outbox.open(partition, committed, pointer, fresh);
                    self.watch.opened(partition, Started { from, committed, high: origin.high });
                    let first = if guarded("start") { from } else { from.max(origin.low) };
                    assignment.push(Assignment { partition, from: first });
                    // Staggered: partition by partition over the whole interval.
                    let share =
                        self.tuning.checkpoint_every * (assignment.len() as u32) / (origins.len() as u32).max(1);
                    let (phase, next_stage) = (share, self.broker.now() + share);
                    // A first checkpoint is committed and published like any other.
                    let ours =
                        Ours { phase, next_stage, staging: fresh, retry: None, again: false, rows: 0, next: from };
                    self.ours.insert(partition, ours);
                }
                (Answer::Full(None, message), Some(origin)) if !self.ours.contains_key(&partition) => {
                    self.watch.trouble("store", &message);
                    due.push_back((now + FULL_PAUSE, origin));
                }
                // While we slept another owner may have moved on, and nothing fits any more: that is no reason to stop.
                (Answer::Stop { exit, message }, Some(origin)) => match self.judge(origin)? {
                    Judgement::Stands => return Err(Stop { exit, message }),
                    Judgement::Interrupted(event) => {
                        self.close(&origins)?;
                        return self.react(event);
                    }
                    Judgement::Overtaken => {
                        self.watch.trouble("an assignment that is not ours any more", &message);
                        self.close(&origins)?;
                        self.give_up(false, &message)?;
                        return Ok(self.broker.rejoin()?);
                    }
                },
                (answer, _) => self.take(partition, answer)?,
            }
        }
        assignment.sort_by_key(|a| a.partition);
        self.watch.assigned(assignment.len());
        self.guard = Some(guard);
        self.broker.assign(&assignment)?;
        reach("assigned");
        Ok(())
    }

    /// What a lane that would not open means. That nothing was ever committed is believed when it stays so for a while: a
    /// broker that had just come back was once seen to say it of a group that had committed.
    fn judge(&mut self, origin: &Origin) -> Result<Judgement, Stop> {
        let until = self.broker.now() + self.tuning.limits.request;
        loop {
            if self.overtaken(origin) {
                return Ok(Judgement::Overtaken);
            }
            if origin.committed.is_some() || self.broker.now() >= until {
                return Ok(Judgement::Stands);
            }
            if let Some(event) = self.broker.poll(ASK_AGAIN, 0, &mut self.inbox)? {
                return Ok(Judgement::Interrupted(event));
            }
            self.watch.turn(&Vec::new);
        }
    }

    /// Whether the group has committed something else since. Where that is not known all is asked anew.
    fn overtaken(&mut self, origin: &Origin) -> bool {
        let was = origin.committed.as_ref().map(|(next, pointer)| (*next, pointer.to_string()));
        let found = self.broker.committed(&[origin.partition], self.tuning.limits.request);
        let is = |c: &Committed| c.next.map(|next| (next, c.metadata.clone()));
        found.map_or(true, |all| all.first().map(is) != Some(was))
    }

    /// Closes lanes that may not have opened yet.
    fn close(&mut self, origins: &[Origin]) -> Result<(), Stop> {
        let mut open = 0;
        for origin in origins.iter().filter(|o| !self.ours.contains_key(&o.partition)) {
            self.crew.give(origin.partition, Task::Close);
            open += 1;
        }
        while open > 0 {
            match self.crew.answer(true) {
                Some((_, Answer::Closed)) => open -= 1,
                Some((partition, answer @ Answer::Stop { .. })) if self.ours.contains_key(&partition) => {
                    self.take(partition, answer)?;
                }
                // One that would not open, among those that are given up: it says so again to whoever gets it.
                Some(_) => {}
                None => self.watch.turn(&Vec::new),
            }
        }
        Ok(())
    }

    /// What the group and the log say of partitions.
    fn origins(&mut self, partitions: &[u32]) -> Result<Vec<Origin>, Stop> {
        let began = self.broker.now();
        let mut told = false;
        loop {
            match self.look_up(partitions) {
                Ok(Ok(origins)) => return Ok(origins),
                Ok(Err(stop)) => return Err(stop),
                Err(fault) => {
                    if !told {
                        self.watch.trouble("reading committed offsets", fault.message());
                        told = true;
                    }
                    let waited = self.broker.now() - began;
                    if matches!(fault, Fault::Fatal(_)) || waited > self.tuning.stable_within {
                        let message = format!(
                            "reading the committed offsets of partitions {partitions:?}: {} after {} s; if a transaction hangs, `kafka-transactions.sh find-hanging` names it and `abort` ends it",
                            fault.message(),
                            waited.as_secs()
                        );
                        return Err(Stop { exit: 4, message });
                    }
                    self.watch.turn(&Vec::new);
                }
            }
        }
    }

    fn look_up(&mut self, partitions: &[u32]) -> Result<Result<Vec<Origin>, Stop>, Fault> {
        if partitions.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let committed = self.broker.committed(partitions, self.tuning.limits.request)?;
        let mut origins = Vec::new();
        for &partition in partitions {
            let found = committed.iter().find(|c| c.partition == partition);
            let (low, high) = self.broker.bounds(partition)?;
            let origin = found.map_or(Ok(None), |c| pointer_of(c.next, &c.metadata, low));
            match origin.and_then(|committed| checked(Origin { partition, committed, low, high })) {
                Ok(origin) => origins.push(origin),
                Err(why) => {
                    // Only if it still stands so: while we slept another owner may have moved on, and retention behind it.
                    if self.broker.committed(&[partition], self.tuning.limits.request)?.first() != found {
                        return Err(Fault::Retriable(format!("the offsets of partition {partition} move")));
                    }
                    return Ok(Err(Stop { exit: 4, message: format!("taking over partition {partition}: {why}") }));
                }
            }
        }
        Ok(Ok(origins))
    }
}

/// C with its pointer, as committed.
fn pointer_of(next: Option<u64>, metadata: &str, low: u64) -> Result<Option<(u64, Pointer)>, String> {
    let Some(next) = next else { return Ok(None) };
    match Pointer::parse(metadata).map_err(|fault| fault.to_string())? {
        Some(pointer) => Ok(Some((next, pointer))),
        None if next == 0 && low == 0 => Ok(None),
        None => Err(format!(
            "offset {next} is committed without the name of a checkpoint: another program, or a broker that drops metadata, has committed for this group; use another group, or `kervan recover`"
        )),
    }
}

/// Whether the log still holds what the checkpoint needs.
fn checked(origin: Origin) -> Result<Origin, String> {
    let Some((committed, pointer)) = &origin.committed else { return Ok(origin) };
    if *committed > origin.high {
        return Err(format!(
            "offset {committed} is committed, but the log ends at {}: the topic was recreated or truncated; records were lost. Restore the topic, or start with another group and an empty store",
            origin.high
        ));
    }
    if pointer.next > *committed {
        return Err(format!("its checkpoint stands at {}, behind the committed offset {committed}", pointer.next));
    }
    if pointer.next < origin.low && guarded("start") {
        return Err(format!(
            "its checkpoint needs the log from {}, which begins at {}: records {} to {} were deleted by retention and are lost. Raise retention.ms, then start with another group and an empty store",
            pointer.next,
            origin.low,
            pointer.next,
            origin.low - 1
        ));
    }
    Ok(origin)
}
