//! One case: chaos, healing, an orderly end; each process is the real loop, started again when it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use kervan::delivery::Pointer;
use kervan::pipeline::{Ending, Tuning};

use crate::audit::Audit;
use crate::chance::Chance;
use crate::cluster::InputPartition;
use crate::disk::Disk;
use crate::faults::{Control, Faults, MS, Micros, Ruin, SECOND};
use crate::process::{Case, Feed, process, tuning};
use crate::world::{Exit, Killed, Life, Pid, Sim, World};

/// What a case has come to.
pub struct Outcome {
    /// What did not hold.
    pub violations: Vec<String>,
    /// What happened, where it was traced.
    pub trace: Vec<String>,
    /// Calls of ports.
    pub calls: u64,
    /// Of these, the calls before the healing: those that faults may meet.
    pub calls_in_chaos: u64,
    /// Commits that were checked.
    pub commits: u64,
    /// Outputs that were checked.
    pub outputs: u64,
    /// Processes that ran.
    pub processes: usize,
    /// Exits with a code, in order.
    pub codes: Vec<(u8, String)>,
}

/// Something that a case does at a time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Start(usize),
    Twin(usize),
    Append(u32),
    Outage(Micros),
    PowerCut,
    Restart(usize),
    Full(Micros),
    Ruin(Ruin),
}

/// A case under way.
struct Play<'c> {
    case: &'c dyn Case,
    feed: Box<dyn Feed>,
    sim: Arc<Sim>,
    life: Life,
    faults: Faults,
    tuning: Tuning,
    threads: Vec<JoinHandle<()>>,
    /// Which process holds a slot, and when the next one is to start where none does.
    slots: Vec<(Option<Pid>, Micros)>,
    codes: Vec<(u8, String)>,
    calls_in_chaos: u64,
    healing: bool,
}

/// Plays a case.
pub fn play(case: &dyn Case, seed: u64, faults: Faults, traced: bool) -> Outcome {
    let mut chance = Chance::new(seed ^ 0x5EED);
    let tuning = tuning(&mut chance, &faults);
    let mut world = World::new(chance, faults.clone(), Audit::new(case.truth()), traced);
    world.disk = Disk::with(case.folders());
    world.disk.lies = faults.control == Control::Fsync;
    let sim = Sim::new(world);
    let life = Life::of_the_test(&sim);
    let slots = vec![(None, Micros::MAX); faults.processes + faults.late];
    let (threads, codes, feed) = (Vec::new(), Vec::new(), case.feed(seed));
    let mut play =
        Play { case, feed, sim, life, faults, tuning, threads, slots, codes, calls_in_chaos: 0, healing: false };
    play.chaos();
    play.calls_in_chaos = play.life.at(|w| w.calls);
    if play.faults.ruin.is_none() {
        play.heal();
    }
    play.finish()
}

impl Play<'_> {
    fn chaos(&mut self) {
        let mut acts = self.plan();
        acts.sort_unstable();
        let mut ruined = false;
        for (at, act) in acts {
            if ruined && matches!(act, Act::Append(_)) {
                continue;
            }
            ruined |= matches!(act, Act::Ruin(_));
            self.until(at);
            self.perform(act);
        }
        let end = self.life.at(|w| w.clock) + SECOND;
        self.until(end);
    }

    fn plan(&mut self) -> Vec<(Micros, Act)> {
        let (faults, life) = (self.faults.clone(), self.life.clone());
        life.at(|w| {
            let length = 6 * SECOND as i64;
            let mut when = |from: i64| w.chance.within(from, length) as Micros;
            let mut acts: Vec<(Micros, Act)> = Vec::new();
            for slot in 0..faults.processes {
                acts.push((when(0) / 20, Act::Start(slot)));
            }
            for slot in faults.processes..faults.processes + faults.late {
                acts.push((when(length / 4), Act::Start(slot)));
            }
            for partition in 0..faults.partitions {
                // Half of it is there already: a replay of many records meets the first faults.
                let there = when(0) % (faults.records as u64 + 1);
                acts.extend((0..there).map(|_| (0, Act::Append(partition))));
                acts.extend((there..faults.records as u64).map(|_| (when(0), Act::Append(partition))));
            }
            for _ in 0..faults.outages {
                let long = *w.chance.pick(&[300 * MS, 900 * MS, 3 * SECOND]);
                acts.push((w.chance.within(0, length) as Micros, Act::Outage(long)));
            }
            for _ in 0..faults.full {
                let long = *w.chance.pick(&[100 * MS, 900 * MS, 3 * SECOND]);
                acts.push((w.chance.within(0, length) as Micros, Act::Full(long)));
            }
            for _ in 0..faults.power_cuts {
                acts.push((w.chance.within(0, length) as Micros, Act::PowerCut));
            }
            for _ in 0..faults.restarts {
                let slot = w.chance.within(0, faults.processes as i64) as usize;
                acts.push((w.chance.within(0, length) as Micros, Act::Restart(slot)));
            }
            acts.extend(faults.ruin.map(|ruin| (length as Micros / 2, Act::Ruin(ruin))));
            if faults.twin {
                acts.push((w.chance.within(length / 8, length) as Micros, Act::Twin(0)));
            }
            acts
        })
    }

    fn perform(&mut self, act: Act) {
        if !matches!(act, Act::Append(_)) {
            self.life.at(|w| w.note(|| format!("{act:?}")));
        }
        match act {
            Act::Start(slot) => self.slots[slot].1 = 0,
            Act::Twin(slot) => self.start(slot),
            Act::Append(partition) => {
                let feed = &mut self.feed;
                self.life.at(|w| {
                    let entry = feed.next(&mut w.chance, partition, w.clock);
                    let gap = w.chance.percent(8);
                    let log = &mut w.cluster.input[partition as usize].entries;
                    log.push(Some(entry));
                    if gap {
                        log.push(None);
                    }
                });
            }
            Act::Outage(long) => self.life.at(|w| w.cluster.away = w.clock + long),
            Act::Full(long) => self.life.at(|w| w.disk.full = w.clock + long),
            Act::Ruin(ruin) => {
                self.kill_all();
                self.life.at(|w| w.ruin(ruin));
            }
            Act::PowerCut => {
                self.kill_all();
                self.life.at(|w| {
                    let World { disk, chance, .. } = w;
                    disk.crash(chance);
                });
            }
            Act::Restart(slot) => {
                if let Some(pid) = self.slots[slot].0 {
                    self.life.at(|w| w.processes[pid].stop = true);
                }
            }
        }
    }

    fn kill_all(&self) {
        self.life.at(|w| (1..w.processes.len()).for_each(|pid| w.kill(pid)));
        self.life.pass(0);
    }

    /// Time passes, in steps in which the processes are looked after.
    fn until(&mut self, at: Micros) {
        loop {
            self.supervise();
            let now = self.life.at(|w| w.clock);
            if now >= at {
                return;
            }
            self.life.pass((at - now).min(50 * MS));
        }
    }

    fn start(&mut self, slot: usize) {
        let life = self.sim.admit(slot);
        let (lanes, tuning) = (self.case.lanes(&life), self.tuning);
        self.slots[slot] = (Some(life.pid), Micros::MAX);
        self.threads.push(std::thread::spawn(move || {
            let work = AssertUnwindSafe(|| process(&life, slot, lanes, tuning));
            let exit = catch_unwind(work).unwrap_or_else(|payload| {
                if payload.is::<Killed>() {
                    return Exit::Killed;
                }
                let text = payload.downcast_ref::<String>().cloned();
                Exit::Panic(text.or(payload.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default())
            });
            life.end(exit);
        }));
    }

    /// What a supervisor does: who has ended is started again, if that is right.
    fn supervise(&mut self) {
        let now = self.life.at(|w| w.clock);
        for slot in 0..self.slots.len() {
            let (holder, at) = self.slots[slot];
            if let Some(pid) = holder {
                let exit = self.life.at(|w| w.processes[pid].exit.clone());
                if let Some(exit) = exit {
                    self.judge(&exit);
                    let pause = self.life.at(|w| *w.chance.pick(&[10, 300, 2_500])) * MS;
                    // Of two with the same slot either may have been the one to give in.
                    let twin =
                        self.life.at(|w| (1..w.processes.len()).find(|&p| w.alive(p) && w.processes[p].slot == slot));
                    self.slots[slot] = (twin, now + pause);
                }
            } else if at <= now {
                self.start(slot);
            }
        }
        self.life.at(|w| {
            if w.faults.retention {
                for (partition, (_, metadata, _)) in &w.cluster.group.committed {
                    if let Ok(Some(pointer)) = Pointer::parse(metadata) {
                        let log = &mut w.cluster.input[*partition as usize];
                        log.low = log.low.max(pointer.next);
                    }
                }
            }
        });
    }

    /// Whether a process may have ended so.
    fn judge(&mut self, exit: &Exit) {
        let wrong = match exit {
            Exit::Killed => self.healing,
            Exit::Orderly(ending) => self.healing && *ending == Ending::Unfinished,
            Exit::Code(code, message) => {
                self.codes.push((*code, message.clone()));
                match code {
                    5 => self.faults.disk_error == 0,
                    // With a retention this short a member that was paused may miss what it needs no more.
                    4 if self.faults.retention && message.contains("not there any more") => false,
                    4 => self.faults.ruin.is_none() && !(self.faults.twin && message.contains("slot")),
                    _ => true,
                }
            }
            Exit::Panic(_) => true,
        };
        if wrong {
            self.violate(format!("I8: a process has ended with {exit:?}"));
        }
    }

    fn violate(&self, what: String) {
        self.life.at(|w| {
            w.note(|| format!("VIOLATION {what}"));
            w.audit.violations.push(what);
        });
    }

    /// Nothing goes wrong any more: everything must come to rest, and be right.
    fn heal(&mut self) {
        let now = self.life.at(|w| {
            w.note(|| "healing".to_owned());
            w.faults.heal();
            w.disk.full = 0;
            w.clock
        });
        let limit = now + 25 * SECOND;
        // Rest is a state that lasts.
        let mut since = now;
        loop {
            let now = self.life.at(|w| w.clock);
            if !self.settled() {
                since = now;
            } else if now - since >= SECOND {
                break;
            }
            if now > limit {
                let state = self.life.at(|w| {
                    let lag = |(p, log): (usize, &InputPartition)| {
                        let committed = w.cluster.group.committed.get(&(p as u32)).map(|(next, ..)| *next);
                        format!("{p}: C {committed:?} of {}", log.high())
                    };
                    let lags = w.cluster.input.iter().enumerate().map(lag).collect::<Vec<_>>().join(", ");
                    format!("{lags}; {}", w.cluster.members())
                });
                self.violate(format!("I7: not at rest 25 s after the last fault: {state}"));
                return;
            }
            self.until(now + 100 * MS);
        }
        self.healing = true;
    }

    fn settled(&self) -> bool {
        self.life.at(|w| {
            let all = (0..).zip(&w.cluster.input).all(|(p, log)| {
                let committed = w.cluster.group.committed.get(&p);
                committed.is_some_and(|(next, ..)| behind_markers(log, *next))
            });
            all && w.cluster.away <= w.clock
                && w.awake()
                && !w.cluster.anything_open()
                && w.cluster.at_rest(self.slots.len())
        })
    }

    fn finish(mut self) -> Outcome {
        if self.healing {
            self.end_in_order();
        }
        self.kill_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        let (codes, calls_in_chaos) = (self.codes, self.calls_in_chaos);
        self.life.at(|w| Outcome {
            violations: w.audit.violations.clone(),
            trace: w.trace(),
            calls: w.calls,
            calls_in_chaos,
            commits: w.audit.commits,
            outputs: w.audit.seen,
            processes: w.processes.len() - 1,
            codes: codes.clone(),
        })
    }

    /// K = C = the end of the log, and rows up to there.
    fn end_in_order(&mut self) {
        let now = self.life.at(|w| {
            w.processes.iter_mut().for_each(|p| p.stop = true);
            w.clock
        });
        let pids: Vec<Pid> = self.slots.iter().filter_map(|(pid, _)| *pid).collect();
        let alive = |w: &mut World| pids.iter().any(|&pid| w.alive(pid));
        while self.life.at(alive) {
            self.life.pass(50 * MS);
            if self.life.at(|w| w.clock) > now + 15 * SECOND {
                self.violate("I7: a process does not end when asked to".to_owned());
                return;
            }
        }
        for &pid in &pids {
            if let Some(exit) = self.life.at(|w| w.processes[pid].exit.clone()) {
                self.judge(&exit);
            }
        }
        self.life.at(|w| {
            let World { audit, cluster, disk, .. } = w;
            for (p, log) in (0..).zip(&cluster.input) {
                let committed = cluster.group.committed.get(&p);
                let pointer = committed.and_then(|(_, text, _)| Pointer::parse(text).ok().flatten());
                let (c, k) = (committed.map_or(0, |c| c.0), pointer.map_or(0, |p| p.next));
                let w = audit.published(p, disk, log);
                if !behind_markers(log, k) || w.is_some_and(|w| w != k) {
                    audit.violations.push(format!(
                        "I3: after an orderly end partition {p} has K {k}, C {c}, W {w:?}, and ends at {}",
                        log.high()
                    ));
                }
            }
        });
    }
}

/// Whether nothing but markers stands at or behind an offset.
fn behind_markers(log: &InputPartition, next: u64) -> bool {
    log.entries.iter().skip(next as usize).all(Option::is_none)
}
