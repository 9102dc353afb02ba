//! The broker as it is inside: the log, the topics of outputs, and alarms for what it does by itself.
//!
//! `group` and `coordinator` hold its two coordinators. Nothing here is polite: it answers as a real broker was seen to
//! (KAFKA, section 2), so generation -1 passes, and so does the partition of another member.

use std::collections::{BTreeMap, VecDeque};

use kervan::delivery::{Channel, Outgoing};
use kervan::pipeline::Event;

use crate::coordinator::{Producer, Request};
use crate::faults::{Micros, times};
use crate::group::Group;
use crate::world::{Pid, World};

/// A record of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Epoch milliseconds.
    pub timestamp: i64,
    /// Key.
    pub key: Option<Vec<u8>>,
    /// Value.
    pub value: Option<Vec<u8>>,
}

/// One partition of the log; `None` where an offset holds a marker.
#[derive(Default)]
pub struct InputPartition {
    /// First offset that retention has left.
    pub low: u64,
    /// By offset.
    pub entries: Vec<Option<Entry>>,
}

impl InputPartition {
    /// Offset behind the last one.
    pub fn high(&self) -> u64 {
        self.entries.len() as u64
    }
}

/// Where the client of a process stands in the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not subscribed.
    Out,
    /// Waits for the others.
    Joining,
    /// Has an assignment, or is about to hear of it.
    Member,
    /// Is to give its assignment back first.
    Leaving,
}

/// The consumer of a process.
pub struct Client {
    /// `group.instance.id`.
    pub slot: usize,
    /// As it knows itself.
    pub member: String,
    /// As it knows itself.
    pub generation: i32,
    /// It knows that its assignment is gone.
    pub lost: bool,
    /// What the loop will be told.
    pub events: VecDeque<Event>,
    /// What ends the process.
    pub fatal: Option<String>,
    /// When the loop polled.
    pub last_poll: Micros,
    /// What is read, and from where.
    pub positions: BTreeMap<u32, u64>,
    /// SIGSTOP until then.
    pub frozen: Micros,
    /// In the group.
    pub phase: Phase,
}

/// What the broker, or the clients' own threads, do by themselves.
#[derive(Clone, Debug)]
pub enum Alarm {
    /// A client's thread sends a heartbeat.
    Heartbeat(Pid),
    /// A member may have been silent for too long.
    Expire(String),
    /// A rebalance may have waited long enough.
    Rebalance(u64),
    /// Markers are written.
    Complete(usize),
    /// A transaction may have timed out.
    Overdue(usize, u64),
    /// A request that was believed lost arrives.
    Stray(Request),
}

/// See the module.
pub struct Cluster {
    /// The log.
    pub input: Vec<InputPartition>,
    /// Outputs, in one topic-partition a channel, whatever becomes of their transactions.
    pub output: BTreeMap<Channel, Vec<Outgoing>>,
    /// The coordinator of the group.
    pub group: Group,
    /// The coordinator of transactions, by transactional id.
    pub producers: BTreeMap<usize, Producer>,
    /// The consumers.
    pub clients: BTreeMap<Pid, Client>,
    /// Nobody is reachable until then.
    pub away: Micros,
    /// See [`crate::faults::Faults::hasty`].
    pub hasty: bool,
    alarms: BTreeMap<(Micros, u64), Alarm>,
    serial: u64,
}

impl Cluster {
    /// An empty one.
    pub fn new(partitions: u32, hasty: bool) -> Cluster {
        Cluster {
            input: (0..partitions).map(|_| InputPartition::default()).collect(),
            output: BTreeMap::new(),
            group: Group::default(),
            producers: BTreeMap::new(),
            clients: BTreeMap::new(),
            away: 0,
            hasty,
            alarms: BTreeMap::new(),
            serial: 0,
        }
    }

    /// Sets an alarm.
    pub fn alarm(&mut self, at: Micros, alarm: Alarm) {
        self.serial += 1;
        self.alarms.insert((at, self.serial), alarm);
    }

    /// A number that was never used.
    pub fn unique(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// When the next one rings.
    pub fn next_alarm(&self) -> Option<Micros> {
        self.alarms.keys().next().map(|(at, _)| *at)
    }

    /// A new consumer joins the group.
    pub fn subscribe(&mut self, pid: Pid, slot: usize, now: Micros) {
        let client = Client {
            slot,
            member: String::new(),
            generation: -1,
            lost: false,
            events: VecDeque::new(),
            fatal: None,
            last_poll: now,
            positions: BTreeMap::new(),
            frozen: 0,
            phase: Phase::Joining,
        };
        if self.clients.insert(pid, client).is_none() {
            self.alarm(now + times::HEARTBEAT, Alarm::Heartbeat(pid));
        }
        self.join(pid, now);
    }

    /// A process is gone, with all its threads.
    pub fn vanish(&mut self, pid: Pid) {
        self.clients.remove(&pid);
    }

    /// A process is stopped, with all its threads.
    pub fn freeze(&mut self, pid: Pid, until: Micros) {
        if let Some(client) = self.clients.get_mut(&pid) {
            client.frozen = until;
        }
    }

    fn pop(&mut self, now: Micros) -> Option<Alarm> {
        let first = self.alarms.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}

impl World {
    /// Everything that is due by itself.
    pub fn ring(&mut self) {
        let now = self.clock;
        while let Some(alarm) = self.cluster.pop(now) {
            match alarm {
                Alarm::Heartbeat(pid) => self.heartbeat(pid),
                Alarm::Expire(member) => self.cluster.expire(&member, now),
                Alarm::Rebalance(round) => self.cluster.rebalance_overdue(round, now),
                Alarm::Complete(slot) => self.complete(slot),
                Alarm::Overdue(slot, serial) => {
                    if self.cluster.away > now {
                        let later = self.cluster.away + times::SCAN;
                        self.cluster.alarm(later, Alarm::Overdue(slot, serial));
                    } else if self.cluster.overdue(slot, serial, now) {
                        self.note(|| format!("the transaction of slot {slot} has timed out"));
                    }
                }
                Alarm::Stray(request) => {
                    if self.cluster.away > now {
                        continue;
                    }
                    let answer = self.cluster.stray(&request, now);
                    self.note(|| format!("a stray arrives: {request:?}: {answer:?}"));
                }
            }
        }
    }
}
