//! The state of a journey's detectors, split by how often it is touched.
//!
//! [`Hot`] is what every fix touches: small, dense, no pointers. [`Ring`] is appended to by every fix and read when a
//! stop begins. [`Side`] is touched when something happens. The three together are a value: they can be cloned
//! (a snapshot), compared (a test) and encoded (a checkpoint).

use super::super::ahead::ask_for;
use super::super::book::Book;
use super::super::codec::state;
use super::super::evidence::Accumulator;
use super::super::median;
use super::super::past::Key;
use super::super::position::Position;
use super::super::seldom::Seldom;
use super::super::time::{Millis, SECOND};
use super::battery::Trend;
use super::dual::Dual;
use super::frozen::Frozen;
use super::gate::{Chain, Gate, Sighting};
use super::jamming::Jam;
use super::jump::StandingJump;
use super::progress::Progress;
use super::sensors::Sensors;
use super::stop::{Stop, StopSide};
use super::unloading::{Docking, Suspicion};
use super::zones::ZoneMachine;

/// No number.
pub const NONE: u32 = u32::MAX;

/// What every fix touches.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Hot {
    /// Event time of the newest report that was read, where `read`; see [`Hot::last`].
    last_time: Millis,
    /// Its sequence number.
    last_seq: u64,
    /// Whether a report was read at all.
    read: bool,
    /// Event time reached: every timer and command up to it has been carried out.
    pub now: Millis,
    /// D0.
    pub gate: Gate,
    /// D2.
    pub corridor: Accumulator,
    /// Last matched segment: where the next match begins to look.
    pub segment: u32,
    /// Last chainage, 0.1 m.
    pub chainage_dm: i32,
    /// Distance of the last fix from the corridor, 0.1 m, unsigned.
    pub cross_dm: u32,
    /// D3.
    pub stop: Stop,
    /// D7; the far side is OUT.
    pub territory: Accumulator,
    /// Metres that may still be driven before a border can be near; only saves work, decides nothing.
    pub clear_m: f32,
    /// Way driven, 0.1 m.
    pub length_dm: u32,
    /// Fixes that the detectors saw.
    pub fixes: u32,
    /// Next entry of the journey's timeline.
    pub command: u16,
    /// Plan in force.
    pub plan: u16,
}
state!(Hot {
    last_time,
    last_seq,
    read,
    now,
    gate,
    corridor,
    segment,
    chainage_dm,
    cross_dm,
    stop,
    territory,
    clear_m,
    length_dm,
    fixes,
    command,
    plan
});

impl Hot {
    /// The newest report that was read, in event order.
    pub fn last(&self) -> Option<Key> {
        self.read.then_some((self.last_time, self.last_seq))
    }

    /// A report was read.
    pub fn read(&mut self, key: Key) {
        (self.last_time, self.last_seq) = key;
        self.read = true;
    }
}

/// One remembered fix of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct RingFix {
    /// Event time.
    pub time: Millis,
    /// Where.
    pub position: Position,
    /// Standard deviation, metres.
    pub sigma_m: u8,
    /// Speed, 0.01 m/s, reported or implied.
    pub speed: u16,
}
state!(RingFix { time, position, sigma_m, speed });

/// So many accepted fixes are remembered.
pub const RING: usize = 12;

/// The last twelve accepted fixes and the last sixteen intervals.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Ring {
    fixes: [RingFix; RING],
    gaps_s: [u16; 16],
    count: u32,
}
state!(Ring { fixes, gaps_s, count });

impl Ring {
    /// Appends an accepted fix.
    pub fn push(&mut self, fix: RingFix) {
        if self.count > 0 {
            let gap = (fix.time - self.newest(0).map_or(fix.time, |p| p.time)) / SECOND;
            self.gaps_s[(self.count as usize - 1) % 16] = gap.clamp(0, 60_000) as u16;
        }
        self.fixes[self.count as usize % RING] = fix;
        self.count += 1;
    }

    /// The n-th newest fix.
    pub fn newest(&self, n: usize) -> Option<&RingFix> {
        let known = (self.count as usize).min(RING);
        (n < known).then(|| &self.fixes[(self.count as usize - 1 - n) % RING])
    }

    /// The middle of the `n` newest fixes, latitude and longitude each for itself; `None` of nothing.
    pub fn median_position(&self, n: usize) -> Option<Position> {
        let middle = |of: fn(&RingFix) -> i32| {
            let mut values = [0; RING];
            let newest = (0..n).map_while(|k| self.newest(k)).zip(&mut values);
            let known = newest.map(|(fix, value)| *value = of(fix)).count();
            values[..known].sort_unstable();
            values[..known].get(known / 2).copied()
        };
        Some(Position { lat_e6: middle(|f| f.position.lat_e6)?, lon_e6: middle(|f| f.position.lon_e6)? })
    }

    /// Asks memory for what tells where the next fix goes.
    pub fn ask_for_end(&self) {
        ask_for(&self.gaps_s);
        ask_for(&self.count);
    }

    /// Asks memory for the newest fixes, and for the place of the next one, once it is known where they are.
    pub fn ask_for_newest(&self) {
        for n in [0, 1, 2] {
            ask_for(&self.fixes[(self.count as usize + RING - n) % RING]);
        }
    }

    /// Median of the last sixteen intervals within 10 s and 15 min; five minutes where nothing is known.
    pub fn interval(&self) -> Millis {
        median_interval(&self.gaps_s[..(self.count.saturating_sub(1) as usize).min(16)])
    }
}

/// Median of intervals in seconds, within 10 s and 15 min; five minutes where there is none.
pub fn median_interval(gaps_s: &[u16]) -> Millis {
    median::upper(gaps_s).map_or(300, |gap| i64::from(gap).clamp(10, 900)) * SECOND
}

/// The deviation that is going on.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct OffRoute {
    /// Its episode.
    pub seq: u32,
    /// Greatest distance from the corridor, 0.1 m.
    pub max_dm: u32,
    /// Length driven off the corridor, 0.1 m.
    pub length_dm: u32,
    /// Chainage where it left, 0.1 m.
    pub from_dm: i32,
    /// When the last update was published.
    pub updated: Millis,
    /// The ten-minute escalation has been carried out.
    pub escalated: bool,
}
state!(OffRoute { seq, max_dm, length_dm, from_dm, updated, escalated });

/// What is touched when something happens.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Side {
    /// Held fixes of the gate.
    pub chain: Chain,
    /// The standing jump.
    pub jump: Seldom<Option<StandingJump>>,
    /// The stop as it was where the standing jump left the track: it goes on when the track is resumed.
    pub before_jump: Option<Box<(Stop, StopSide)>>,
    /// Episodes.
    pub book: Seldom<Book>,
    /// D1, ascending by zone.
    pub zones: Vec<ZoneMachine>,
    /// D2 while off.
    pub off: Seldom<Option<OffRoute>>,
    /// Farthest fix and edge crossing kept between the last inside and the first outside fix.
    pub edge: Millis,
    /// D3's cold part.
    pub stop: StopSide,
    /// D12.
    pub sensors: Sensors,
    /// `clear_to_depart` was given at.
    pub cleared: Option<Millis>,
    /// A hold stands.
    pub hold: bool,
    /// Arrived at the destination.
    pub arrived: Option<Millis>,
    /// Episode of `arrived_not_deactivated`.
    pub arrived_seq: Option<u32>,
    /// Start of the journey.
    pub started: Millis,
    /// First accepted fix, or 0.
    pub first_fix: Millis,
    /// Monitoring ended.
    pub closed: Option<Millis>,
    /// Episode of `route_time_exceeded`, and whether it has been raised to high.
    pub over: Option<(u32, bool)>,
    /// Territory episodes: exit, approach.
    pub exit_seq: Option<u32>,
    /// See `exit_seq`.
    pub approach_seq: Option<u32>,
    /// The gap in event time has been marked for the fix at this time.
    pub gap_marked: Millis,
    /// D5, D6: how far along the corridor.
    pub progress: Progress,
    /// Moving time over planned time, in thousandths.
    pub pace_milli: i32,
    /// Driving since the last break, milliseconds.
    pub drive_since_break: Millis,
    /// Driving since the last daily rest, milliseconds.
    pub drive_today: Millis,
    /// D0: a second track in turn with this one.
    pub dual: Seldom<Dual>,
    /// D0: equal positions in a row.
    pub frozen: Frozen,
    /// D10: the jamming flag.
    pub jam: Jam,
    /// D11: the newest holes, from and to.
    pub holes: Seldom<Vec<(Millis, Millis)>>,
    /// D12: the battery's trend.
    pub trend: Trend,
    /// D14: reversals before a stop.
    pub docking: Docking,
    /// D14: the newest halts.
    pub suspicions: Seldom<Vec<Suspicion>>,
}
state!(Side {
    chain,
    jump,
    before_jump,
    book,
    zones,
    off,
    edge,
    stop,
    sensors,
    cleared,
    hold,
    arrived,
    arrived_seq,
    started,
    first_fix,
    closed,
    over,
    exit_seq,
    approach_seq,
    gap_marked,
    progress,
    pace_milli,
    drive_since_break,
    drive_today,
    dual,
    frozen,
    jam,
    holes,
    trend,
    docking,
    suspicions
});

/// All of it, owned: a snapshot, an overlay, a replay.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Machine {
    /// See [`Hot`].
    pub hot: Hot,
    /// See [`Ring`].
    pub ring: Ring,
    /// See [`Side`].
    pub side: Side,
}
state!(Machine { hot, ring, side });

impl Machine {
    /// The machine of a journey that starts now; the first plan is number 0.
    pub fn starting(at: Millis, hold: bool) -> Machine {
        let mut machine = Machine::default();
        machine.hot.now = at;
        machine.hot.segment = NONE;
        machine.hot.stop = Stop { seq: NONE, ..Stop::default() };
        machine.side.stop.halt = NONE;
        machine.side.started = at;
        machine.side.hold = hold;
        machine.side.pace_milli = 1000;
        machine
    }

    /// Borrowed, as the steps want it.
    pub fn as_mut(&mut self) -> MachineMut<'_> {
        MachineMut { hot: &mut self.hot, ring: &mut self.ring, side: &mut self.side }
    }
}

/// A machine wherever its parts live.
pub struct MachineMut<'a> {
    /// See [`Hot`].
    pub hot: &'a mut Hot,
    /// See [`Ring`].
    pub ring: &'a mut Ring,
    /// See [`Side`].
    pub side: &'a mut Side,
}

impl MachineMut<'_> {
    /// A copy.
    pub fn snapshot(&self) -> Machine {
        Machine { hot: *self.hot, ring: *self.ring, side: self.side.clone() }
    }

    /// The last accepted fix.
    pub fn last_fix(&self) -> Option<&Sighting> {
        self.hot.gate.anchor()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_fix_touches_is_small() {
        assert!(size_of::<Hot>() <= 256, "{} bytes", size_of::<Hot>());
    }
}
