//! What goes wrong in a case: every seed switches on a random subset (swarm testing), so that faults meet that a fixed mix
//! would never let meet.
//!
//! Times are short, a tenth of what production uses, in the same proportions: a case is some ten simulated seconds.

use std::time::Duration;

use crate::chance::Chance;

/// Simulated microseconds since the start of a case.
pub type Micros = u64;

/// One millisecond.
pub const MS: Micros = 1_000;
/// One second.
pub const SECOND: Micros = 1_000_000;

/// Times of the simulated broker and client, by the names of their settings.
pub mod times {
    use super::{MS, Micros};

    /// `session.timeout.ms`.
    pub const SESSION: Micros = 1_500 * MS;
    /// `heartbeat.interval.ms`.
    pub const HEARTBEAT: Micros = 300 * MS;
    /// `max.poll.interval.ms`, which is the time-out of a rebalance, too.
    pub const MAX_POLL: Micros = 2_500 * MS;
    /// `transaction.timeout.ms`.
    pub const TRANSACTION: Micros = 1_000 * MS;
    /// Longest time until the broker's scan finds a transaction that has timed out.
    pub const SCAN: Micros = 500 * MS;
    /// `socket.timeout.ms`: longest time for one request.
    pub const REQUEST: Micros = 200 * MS;
    /// Longest time a committed offset may stay hidden.
    pub const STABLE: Micros = 12_000 * MS;
}

/// As the loop wants it.
pub fn duration(micros: Micros) -> Duration {
    Duration::from_micros(micros)
}

/// Guards that a negative control switches off. All on is production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Nothing is switched off.
    None,
    /// The client claims to be for ever who it was at first.
    Guard,
    /// Slow ends of transactions are not taken for what they are.
    Renewal,
    /// A commit without an answer is taken for one that failed.
    UnknownCommit,
    /// Committed offsets are read without waiting for open transactions.
    RequireStable,
    /// The first offset of the log is not looked at, and reading goes on where it begins (`auto.offset.reset`).
    LowWatermark,
    /// What others have staged is removed at the take-over, not after the first commit.
    Tidy,
    /// Nothing is synced to the disk.
    Fsync,
}

/// What no restart mends: the process must refuse, and say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruin {
    /// Retention has passed the checkpoints while nobody was there.
    Retention,
    /// The topic was deleted and made anew.
    Recreated,
    /// Another program has committed offsets for the group.
    Foreign,
    /// A newer version has committed.
    Newer,
    /// Bits of a checkpoint have flipped.
    Flipped,
    /// A checkpoint is gone.
    Missing,
}

/// The faults of a case, as chances in 100 000 of a call, numbers, and switches.
#[derive(Clone, Debug)]
pub struct Faults {
    /// Processes that start, one a slot.
    pub processes: usize,
    /// Partitions of the log.
    pub partitions: u32,
    /// Records a partition.
    pub records: usize,
    /// A kill at a call of any port.
    pub kill: i64,
    /// A pause (SIGSTOP, SIGCONT) at a call of any port.
    pub pause: i64,
    /// A stall of the loop alone: the client's own threads go on.
    pub stall: i64,
    /// A request to the broker is lost.
    pub lost_request: i64,
    /// Its answer is lost.
    pub lost_answer: i64,
    /// It comes late, and a copy of it much later.
    pub stray: i64,
    /// The broker refuses, and the transaction must be aborted.
    pub abortable: i64,
    /// Acknowledgements, markers and answers are slow.
    pub sluggish: bool,
    /// Outages of the broker.
    pub outages: usize,
    /// For a moment after an outage the broker tells a process that asks for the first time that nothing was ever committed.
    pub dazed: bool,
    /// Power cuts: every process ends, and what was not synced is lost in part.
    pub power_cuts: usize,
    /// Orderly ends with a new start.
    pub restarts: usize,
    /// Processes that join when others are at work already.
    pub late: usize,
    /// A second process with a slot that is taken.
    pub twin: bool,
    /// A client that was evicted joins again before the loop has heard of it.
    pub hasty: bool,
    /// Retention follows right behind the checkpoints.
    pub retention: bool,
    /// Times in which the disk is full.
    pub full: usize,
    /// A write, sync or rename fails for good.
    pub disk_error: i64,
    /// Ticks are written.
    pub ticks: bool,
    /// Records taken at once.
    pub batch: usize,
    /// Kill at exactly this call, counted over the whole case; then this many calls later again.
    pub kill_at: Vec<u64>,
    /// What no restart mends, halfway through.
    pub ruin: Option<Ruin>,
    /// What is switched off.
    pub control: Control,
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none(chance: &mut Chance) -> Faults {
        Faults {
            processes: 1,
            partitions: chance.within(1, 4) as u32,
            records: chance.within(20, 120) as usize,
            kill: 0,
            pause: 0,
            stall: 0,
            lost_request: 0,
            lost_answer: 0,
            stray: 0,
            abortable: 0,
            sluggish: false,
            outages: 0,
            dazed: false,
            power_cuts: 0,
            restarts: 0,
            late: 0,
            twin: false,
            hasty: false,
            retention: false,
            full: 0,
            disk_error: 0,
            ticks: false,
            batch: *chance.pick(&[1, 7, 50, 10_000]),
            kill_at: Vec::new(),
            ruin: None,
            control: Control::None,
        }
    }

    /// A random subset.
    pub fn swarm(chance: &mut Chance) -> Faults {
        let mut faults = Faults::none(chance);
        faults.processes = chance.within(1, 4) as usize;
        let on = |chance: &mut Chance| chance.percent(35);
        let some = |chance: &mut Chance, among: &[i64]| if on(chance) { *chance.pick(among) } else { 0 };
        faults.kill = some(chance, &[30, 100, 300]);
        faults.pause = some(chance, &[20, 60, 150]);
        faults.stall = some(chance, &[20, 60]);
        faults.lost_request = some(chance, &[500, 2_000, 8_000]);
        faults.lost_answer = some(chance, &[500, 2_000, 8_000]);
        faults.stray = some(chance, &[500, 2_000, 8_000]);
        faults.abortable = some(chance, &[500, 2_000, 8_000]);
        faults.disk_error = some(chance, &[50, 200]);
        faults.sluggish = on(chance);
        faults.outages = some(chance, &[1, 2]) as usize;
        faults.power_cuts = some(chance, &[1, 3]) as usize;
        faults.restarts = some(chance, &[1, 3]) as usize;
        faults.late = some(chance, &[1, 2]) as usize;
        faults.full = some(chance, &[1, 2]) as usize;
        faults.twin = chance.percent(10);
        faults.hasty = chance.percent(50);
        faults.retention = chance.percent(30);
        faults.ticks = chance.percent(50);
        faults
    }

    /// After the chaos everything works, so that what is still wrong is ours.
    pub fn heal(&mut self) {
        let calm = Faults::none(&mut Chance::new(0));
        *self = Faults {
            processes: self.processes,
            partitions: self.partitions,
            records: self.records,
            batch: self.batch,
            hasty: self.hasty,
            retention: self.retention,
            control: self.control,
            ..calm
        };
    }
}
