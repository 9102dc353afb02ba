//! The coordinator of the group: members, generations, static members, eager rebalances, the assignor `range`.

use std::collections::BTreeMap;

use kervan::delivery::Membership;
use kervan::pipeline::Event;

use crate::cluster::{Alarm, Client, Cluster, Phase};
use crate::faults::{Micros, times};
use crate::world::{Pid, World};

/// A member, as the broker knows it.
struct Member {
    slot: usize,
    pid: Pid,
    deadline: Micros,
    joined: bool,
}

/// See the module.
#[derive(Default)]
pub struct Group {
    members: BTreeMap<String, Member>,
    generation: i32,
    /// Number of the rebalance under way.
    preparing: Option<u64>,
    /// By slot.
    assignment: BTreeMap<usize, Vec<u32>>,
    /// C with its metadata and the place of the commit in the broker's own log.
    pub committed: BTreeMap<u32, (u64, String, u64)>,
}

/// Why a commit of offsets is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// `UNKNOWN_MEMBER_ID`.
    UnknownMember,
    /// `ILLEGAL_GENERATION`.
    Generation,
    /// `FENCED_INSTANCE_ID`.
    Instance,
}

impl Group {
    /// As the broker checks a transactional commit: with generation -1 and no member it checks nothing, and never whose
    /// the partitions are.
    pub fn check(&self, slot: usize, member: &str, generation: i32) -> Result<(), Refused> {
        if generation < 0 && member.is_empty() {
            return Ok(());
        }
        let Some(known) = self.members.get(member) else {
            let taken = self.members.values().any(|m| m.slot == slot);
            return Err(if taken { Refused::Instance } else { Refused::UnknownMember });
        };
        if known.slot != slot {
            return Err(Refused::Instance);
        }
        if generation != self.generation { Err(Refused::Generation) } else { Ok(()) }
    }
}

impl Cluster {
    /// What the client says of itself.
    pub fn membership(&self, pid: Pid) -> Membership {
        let Some(client) = self.clients.get(&pid) else { return Membership::default() };
        Membership { member: client.member.clone(), generation: client.generation, lost: client.lost }
    }

    /// Whether all members have what is theirs.
    pub fn at_rest(&self, members: usize) -> bool {
        let served = |c: &Client| c.phase == Phase::Member && c.events.is_empty();
        let read: usize = self.clients.values().map(|c| c.positions.len()).sum();
        self.group.preparing.is_none()
            && self.clients.len() == members
            && self.clients.values().all(served)
            && read == self.input.len()
    }

    /// Who is where, for people.
    pub fn members(&self) -> String {
        let members = self.group.members.iter().map(|(id, m)| format!("{id} is #{} (joined: {})", m.pid, m.joined));
        let clients = self.clients.iter().map(|(pid, c)| {
            format!("#{pid} is {:?} as {:?}, reads {:?}, will hear {:?}", c.phase, c.member, c.positions, c.events)
        });
        let all: Vec<String> = members.chain(clients).collect();
        format!("rebalance {:?}; {}", self.group.preparing, all.join("; "))
    }

    /// A client asks to join.
    pub fn join(&mut self, pid: Pid, now: Micros) {
        let Some(client) = self.clients.get_mut(&pid) else { return };
        client.phase = Phase::Joining;
        let (slot, known) = (client.slot, client.member.clone());
        if now < self.away {
            // It will find the way when the next heartbeat is due.
            return;
        }
        let deadline = now + times::SESSION;
        if let Some(member) = self.group.members.get_mut(&known) {
            member.joined = true;
            member.deadline = deadline;
            self.prepare(now);
        } else {
            let name = format!("m{}", self.unique());
            let same_slot = self.group.members.iter().find(|(_, m)| m.slot == slot).map(|(id, _)| id.clone());
            let replaced = same_slot.and_then(|id| self.group.members.remove(&id));
            let member = Member { slot, pid, deadline, joined: true };
            self.group.members.insert(name.clone(), member);
            self.alarm(deadline, Alarm::Expire(name.clone()));
            let settled = self.group.preparing.is_none() && self.group.assignment.contains_key(&slot);
            if replaced.is_some() && settled {
                // A static member that comes back in time gets what it had, and nobody else hears of it.
                self.hand_out(&name);
                return;
            }
            self.prepare(now);
        }
        self.complete_join(now);
    }

    /// Begins a rebalance, unless one is under way.
    fn prepare(&mut self, now: Micros) {
        if self.group.preparing.is_none() {
            let round = self.unique();
            self.group.preparing = Some(round);
            self.alarm(now + times::MAX_POLL, Alarm::Rebalance(round));
        }
    }

    fn complete_join(&mut self, _now: Micros) {
        if self.group.preparing.is_none() || self.group.members.values().any(|m| !m.joined) {
            return;
        }
        self.group.preparing = None;
        self.group.generation += 1;
        self.group.assignment.clear();
        let mut slots: Vec<usize> = self.group.members.values().map(|m| m.slot).collect();
        slots.sort_unstable();
        let (count, mut next) = (self.input.len() as u32, 0);
        for (place, &slot) in slots.iter().enumerate() {
            let share = count / slots.len() as u32 + u32::from((place as u32) < count % slots.len() as u32);
            self.group.assignment.insert(slot, (next..next + share).collect());
            next += share;
        }
        for name in self.group.members.keys().cloned().collect::<Vec<_>>() {
            self.hand_out(&name);
        }
    }

    fn hand_out(&mut self, name: &str) {
        let generation = self.group.generation;
        let Some(member) = self.group.members.get_mut(name) else { return };
        member.joined = false;
        let partitions = self.group.assignment.get(&member.slot).cloned().unwrap_or_default();
        let Some(client) = self.clients.get_mut(&member.pid) else { return };
        if client.slot != member.slot {
            return;
        }
        client.member = name.to_owned();
        client.generation = generation;
        client.lost = false;
        client.phase = Phase::Member;
        client.events.push_back(Event::Assigned(partitions));
    }

    /// A member may have been silent for too long.
    pub fn expire(&mut self, name: &str, now: Micros) {
        let Some(member) = self.group.members.get_mut(name) else { return };
        if self.away > now {
            // A coordinator that comes back gives everybody a whole session.
            member.deadline = self.away + times::SESSION;
        }
        if member.deadline > now {
            let at = member.deadline;
            self.alarm(at, Alarm::Expire(name.to_owned()));
            return;
        }
        self.group.members.remove(name);
        if self.group.members.is_empty() {
            self.group.preparing = None;
            self.group.assignment.clear();
            self.group.generation += 1;
        } else {
            self.prepare(now);
            self.complete_join(now);
        }
    }

    /// Who has not joined by now is out.
    pub fn rebalance_overdue(&mut self, round: u64, now: Micros) {
        if self.group.preparing != Some(round) {
            return;
        }
        if self.away > now {
            let later = self.away + times::MAX_POLL;
            self.alarm(later, Alarm::Rebalance(round));
            return;
        }
        self.group.members.retain(|_, m| m.joined);
        self.complete_join(now);
    }

    /// The client learns that it is no member any more.
    fn evicted(&mut self, pid: Pid, lost: bool, hasty: bool, now: Micros) {
        let Some(client) = self.clients.get_mut(&pid) else { return };
        client.member = String::new();
        if lost && hasty {
            // What it says before its first join: a broker checks nothing then.
            client.generation = -1;
        }
        client.lost = lost;
        if client.phase == Phase::Joining {
            self.join(pid, now);
            return;
        }
        if client.phase == Phase::Member {
            client.events.push_back(Event::Revoked);
        }
        client.phase = Phase::Leaving;
        if hasty {
            self.join(pid, now);
        }
    }

    fn beat(&mut self, pid: Pid, lost: bool, now: Micros) -> Option<&'static str> {
        let Client { slot, member, phase, last_poll, fatal, .. } = self.clients.get_mut(&pid)?;
        if fatal.is_some() || *phase == Phase::Out {
            return None;
        }
        if now.saturating_sub(*last_poll) > times::MAX_POLL {
            // The client's own watch: it leaves, quietly because it is a static member.
            if *phase == Phase::Member {
                self.evicted(pid, true, false, now);
                return Some("has not polled for too long");
            }
            return None;
        }
        let slot = *slot;
        if let Some(known) = self.group.members.get_mut(member) {
            known.deadline = now + times::SESSION;
            if *phase == Phase::Member && self.group.preparing.is_some() && !known.joined {
                *phase = Phase::Leaving;
                let client = self.clients.get_mut(&pid)?;
                client.events.push_back(Event::Revoked);
                return Some("hears of a rebalance");
            }
            return None;
        }
        if *phase == Phase::Joining && member.is_empty() {
            // Asked to join before; either that waits, or it never arrived.
            if let Some(known) = self.group.members.values_mut().find(|m| m.joined && m.pid == pid) {
                known.deadline = now + times::SESSION;
            } else if self.group.members.values().any(|m| m.slot == slot && m.pid > pid) {
                *fatal = Some(fenced(slot));
            } else {
                self.join(pid, now);
            }
            return None;
        }
        if self.group.members.values().any(|m| m.slot == slot && m.pid != pid) {
            *fatal = Some(fenced(slot));
            return Some("is fenced by another with its slot");
        }
        // A member that only waits to hear of its join has a name already that it does not know yet.
        if let Some(known) = self.group.members.values_mut().find(|m| m.pid == pid && m.joined) {
            known.deadline = now + times::SESSION;
            return None;
        }
        if *phase == Phase::Leaving && member.is_empty() {
            return None;
        }
        self.evicted(pid, lost, self.hasty, now);
        Some("is no member any more")
    }
}

fn fenced(slot: usize) -> String {
    format!("another process uses slot {slot}: see that each has its own")
}

impl World {
    /// The client's own thread is due.
    pub fn heartbeat(&mut self, pid: Pid) {
        let now = self.clock;
        let Some(client) = self.cluster.clients.get(&pid) else { return };
        let next = if client.frozen > now {
            client.frozen
        } else if self.cluster.away > now {
            self.cluster.away + 10_000
        } else {
            // Whether the client notices by itself that its assignment is lost differs (P4).
            let lost = self.chance.percent(50);
            if let Some(what) = self.cluster.beat(pid, lost, now) {
                self.note(|| format!("#{pid} {what}"));
            }
            now + times::HEARTBEAT / 2 + self.chance.within(0, times::HEARTBEAT as i64) as Micros
        };
        self.cluster.alarm(next, Alarm::Heartbeat(pid));
    }
}
