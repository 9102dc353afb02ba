//! The world of a case: one clock, one chance, a broker, a disk, and processes of which one runs at a time.
//!
//! Each simulated process runs the real loop on a thread of its own, but a thread moves only while the baton is its own. At
//! every call of a port it passes the baton on to whoever is due next by the simulated clock. So a process can be stopped
//! between any two calls, for ever (killed: its stack is unwound) or for a while (a zombie), and a case is decided by its
//! seed alone.

use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::audit::Audit;
use crate::chance::Chance;
use crate::cluster::Cluster;
use crate::disk::Disk;
use crate::faults::{Faults, MS, Micros};

/// Who a process is, from 1; 0 is the test itself.
pub type Pid = usize;

/// What unwinds the stack of a process that is killed.
pub struct Killed;

/// How a process has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Killed.
    Killed,
    /// An orderly end.
    Orderly(kervan::pipeline::Ending),
    /// The loop ended with an exit code.
    Code(u8, String),
    /// A bug: a panic.
    Panic(String),
}

/// A process.
pub struct Process {
    /// The number of its slot.
    pub slot: usize,
    /// When it goes on.
    wake: Micros,
    /// It is to unwind as soon as it has the baton.
    doomed: bool,
    /// It is asked to end in order.
    pub stop: bool,
    /// How it ended.
    pub exit: Option<Exit>,
    turnstile: Arc<Condvar>,
}

/// See the module.
pub struct World {
    /// The simulated clock.
    pub clock: Micros,
    /// The only source of chance.
    pub chance: Chance,
    /// What goes wrong.
    pub faults: Faults,
    /// The broker.
    pub cluster: Cluster,
    /// The file system.
    pub disk: Disk,
    /// What is checked while it runs.
    pub audit: Audit,
    /// All processes that ever were.
    pub processes: Vec<Process>,
    /// Calls so far.
    pub calls: u64,
    current: Pid,
    trace: Option<VecDeque<String>>,
}

impl World {
    /// A world in which only the test lives.
    pub fn new(chance: Chance, faults: Faults, audit: Audit, traced: bool) -> World {
        let cluster = Cluster::new(faults.partitions, faults.hasty);
        let test =
            Process { slot: 0, wake: 0, doomed: false, stop: false, exit: None, turnstile: Arc::new(Condvar::new()) };
        World {
            clock: 0,
            chance,
            faults,
            cluster,
            disk: Disk::default(),
            audit,
            processes: vec![test],
            calls: 0,
            current: 0,
            trace: traced.then(VecDeque::new),
        }
    }

    /// Notes what happens, where somebody will read it.
    pub fn note(&mut self, text: impl FnOnce() -> String) {
        let clock = self.clock;
        if let Some(trace) = &mut self.trace {
            if trace.len() >= 4_000 {
                trace.pop_front();
            }
            trace.push_back(format!("{:>10.3} ms  {}", clock as f64 / 1e3, text()));
        }
    }

    /// What was noted.
    pub fn trace(&self) -> Vec<String> {
        self.trace.iter().flatten().cloned().collect()
    }

    /// True in so many of 100 000 cases.
    pub fn lot(&mut self, of_100_000: i64) -> bool {
        of_100_000 > 0 && self.chance.within(0, 100_000) < of_100_000
    }

    /// A time around `usual`, now and then much longer.
    pub fn latency(&mut self, usual: Micros) -> Micros {
        let spread = self.chance.noise(usual as f64 / 4.0).abs() as Micros;
        let slow = if self.faults.sluggish && self.chance.percent(5) { 60 * MS } else { 0 };
        usual / 2 + spread + slow + 1
    }

    /// Whether the process lives.
    pub fn alive(&self, pid: Pid) -> bool {
        self.processes[pid].exit.is_none()
    }

    /// Whether nobody is paused or stalls.
    pub fn awake(&self) -> bool {
        self.processes.iter().all(|p| p.exit.is_some() || p.wake < self.clock + 300 * MS)
    }

    /// Ends a process as `kill -9` does. It unwinds before anything else happens.
    pub fn kill(&mut self, pid: Pid) {
        if self.alive(pid) && !self.processes[pid].doomed {
            self.note(|| format!("#{pid} is killed"));
            self.processes[pid].doomed = true;
            self.processes[pid].wake = self.clock;
            self.cluster.vanish(pid);
        }
    }

    /// Who is due next; the clock goes there, and what the broker does by itself until then is done.
    fn elect(&mut self) -> Pid {
        loop {
            let due = self.processes.iter().enumerate().filter(|(_, p)| p.exit.is_none());
            // The doomed go first: nothing may happen between a kill and its end.
            let Some((pid, wake)) =
                due.map(|(pid, p)| (pid, p.wake)).min_by_key(|&(pid, wake)| (!self.processes[pid].doomed, wake, pid))
            else {
                return 0;
            };
            match self.cluster.next_alarm() {
                Some(at) if at <= wake => {
                    self.clock = self.clock.max(at);
                    self.ring();
                }
                _ => {
                    self.clock = self.clock.max(wake);
                    return pid;
                }
            }
        }
    }
}

/// The world with its baton.
pub struct Sim {
    world: Mutex<World>,
}

impl Sim {
    /// See [`World::new`].
    pub fn new(world: World) -> Arc<Sim> {
        Arc::new(Sim { world: Mutex::new(world) })
    }

    /// The world, as it stands.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new process; its thread must then [`Life::begin`].
    pub fn admit(self: &Arc<Sim>, slot: usize) -> Life {
        let mut world = self.lock();
        let wake = world.clock;
        let turnstile = Arc::new(Condvar::new());
        world.processes.push(Process { slot, wake, doomed: false, stop: false, exit: None, turnstile });
        let pid = world.processes.len() - 1;
        world.note(|| format!("#{pid} starts in slot {slot}"));
        Life { sim: Arc::clone(self), pid }
    }
}

/// What a process does anything through.
#[derive(Clone)]
pub struct Life {
    sim: Arc<Sim>,
    /// Who.
    pub pid: Pid,
}

impl Life {
    /// The test itself.
    pub fn of_the_test(sim: &Arc<Sim>) -> Life {
        Life { sim: Arc::clone(sim), pid: 0 }
    }

    /// Waits for the baton for the first time.
    pub fn begin(&self) {
        let world = self.sim.lock();
        drop(self.wait(world));
    }

    /// Looks at the world, or changes it, in no time.
    pub fn at<R>(&self, what: impl FnOnce(&mut World) -> R) -> R {
        what(&mut self.sim.lock())
    }

    /// A call of a port: time passes, others run, and the process may be killed or paused before and after `what`.
    pub fn call<R>(&self, usual: Micros, what: impl FnOnce(&mut World) -> R) -> R {
        self.misfortune();
        let latency = self.at(|w| w.latency(usual));
        self.pass(latency / 2);
        let done = self.at(what);
        self.pass(latency - latency / 2);
        self.misfortune();
        done
    }

    /// Time passes.
    pub fn pass(&self, micros: Micros) {
        let mut world = self.sim.lock();
        world.processes[self.pid].wake = world.clock + micros;
        let next = world.elect();
        if next != self.pid {
            world.current = next;
            world.processes[next].turnstile.notify_one();
        }
        drop(self.wait(world));
    }

    fn wait<'w>(&self, world: MutexGuard<'w, World>) -> MutexGuard<'w, World> {
        let turnstile = Arc::clone(&world.processes[self.pid].turnstile);
        let world = turnstile.wait_while(world, |w| w.current != self.pid).unwrap_or_else(PoisonError::into_inner);
        if world.processes[self.pid].doomed {
            drop(world);
            resume_unwind(Box::new(Killed));
        }
        world
    }

    fn misfortune(&self) {
        let mut world = self.sim.lock();
        world.calls += 1;
        let (calls, pid) = (world.calls, self.pid);
        let chances = world.faults.kill;
        if world.lot(chances) || world.faults.kill_at.contains(&calls) {
            world.kill(pid);
            drop(world);
            resume_unwind(Box::new(Killed));
        }
        let (pause, stall) = (world.faults.pause, world.faults.stall);
        if world.lot(pause) {
            let length = world.chance.within(200, 5_000) as Micros * MS;
            world.note(|| format!("#{pid} is paused for {} ms", length / MS));
            let until = world.clock + length;
            world.cluster.freeze(pid, until);
            drop(world);
            self.pass(length);
        } else if world.lot(stall) {
            let length = world.chance.within(200, 5_000) as Micros * MS;
            world.note(|| format!("#{pid} stalls for {} ms", length / MS));
            drop(world);
            self.pass(length);
        }
    }

    /// The thread ends: its exit is told, and the baton goes on.
    pub fn end(&self, exit: Exit) {
        let mut world = self.sim.lock();
        let pid = self.pid;
        world.note(|| format!("#{pid} has ended: {exit:?}"));
        world.cluster.vanish(pid);
        world.processes[pid].exit = Some(exit);
        let next = world.elect();
        world.current = next;
        world.processes[next].turnstile.notify_one();
    }
}
