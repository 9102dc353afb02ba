//! What is kept of a unit.

use std::hash::{BuildHasherDefault, Hasher};

use super::super::admission::sigma_dm;
use super::super::codec::{Reader, State, StateError, state};
use super::super::history::PastReport;
use super::super::journey::Holds;
use super::super::median::Middle;
use super::super::output::{Disposition, Outcome, Quality};
use super::super::past::{Past, PastLog};
use super::super::record::{Body, Id, Record};
use super::super::rulebook::settings::FixSettings;
use super::super::time::{Millis, SECOND};

/// A fixed hash (FNV-1a with a final mix): the same on every machine. The tables are only looked up, never iterated.
#[derive(Default)]
pub struct FixedHasher(u64);

impl Hasher for FixedHasher {
    fn finish(&self) -> u64 {
        let z = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z ^ (z >> 29)
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }
}

/// Journeys by id.
pub type Ids = hashbrown::HashMap<Id, u32, BuildHasherDefault<FixedHasher>>;

/// Delays of the last sixteen live fixes.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Lag {
    ms: [u16; 16],
    count: u32,
    /// How far the newest live fix lay behind the log clock when it came, milliseconds.
    behind: Millis,
    /// Derived.
    middle: Middle,
}

impl State for Lag {
    fn put(&self, out: &mut Vec<u8>) {
        (self.ms, self.count, self.behind).put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let (ms, count, behind): ([u16; 16], u32, Millis) = State::get(from)?;
        let known = (count as usize).min(ms.len());
        Ok(Lag { ms, count, behind, middle: Middle::of(&ms[..known]) })
    }
}

impl Lag {
    /// A live fix took so long to arrive.
    pub fn push(&mut self, delay: Millis) {
        let (len, place) = (self.ms.len(), self.count as usize % self.ms.len());
        let gone = (self.count as usize >= len).then_some(self.ms[place]);
        self.ms[place] = delay.clamp(0, 60_000) as u16;
        self.count = self.count.checked_add(1).unwrap_or(len as u32);
        let known = (self.count as usize).min(len);
        self.middle.change(gone, self.ms[place], &self.ms[..known]);
    }

    /// A live fix of event time `t` came when the log clock stood at `clock`.
    pub fn arrive(&mut self, clock: Millis, t: Millis) {
        self.behind = (clock - t).max(0);
    }

    /// How long a timer waits for fixes on their way: the median delay (at most a minute), and at least what the
    /// newest fix was behind. A unit that uploads what it stored hours ago is at its newest fix, not at the log clock.
    pub fn wait(&self) -> Millis {
        Millis::from(self.middle.value()).max(self.behind)
    }
}

/// How many reports of a past lie behind a point of event time, counted on as reports are appended.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Span {
    since: Millis,
    generation: u32,
    /// Reports in the past when it was counted last, and those behind the point among them.
    of: usize,
    behind: usize,
}

impl Span {
    /// The number of reports of `past` after `since`.
    pub fn count(&mut self, past: &PastLog, since: Millis) -> usize {
        let appended = past.len().wrapping_sub(self.of);
        let known = self.of > 0 && self.generation == past.generation && self.since == since;
        // Appended reports are newer than those that were there; equal times may lie on either side of the point.
        self.behind = if since == Millis::MIN {
            past.len()
        } else if known && appended == 0 {
            self.behind
        } else if past.newest().is_none_or(|newest| newest.time <= since) {
            0
        } else if known && appended == 1 && past.newest().is_some_and(|newest| newest.time > since) {
            self.behind + 1
        } else {
            past.iter().filter(|report| report.time > since).count()
        };
        (self.since, self.generation, self.of) = (since, past.generation, past.len());
        self.behind
    }
}

/// One tracking unit.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// Its id.
    pub id: Id,
    /// Its reports, as far as memory reaches.
    pub past: PastLog,
    /// Its journeys, in the order of their activation.
    pub journeys: Vec<u32>,
    /// Holds on it: time, order, on; ascending.
    pub holds: Holds,
    /// What its fixes take to arrive.
    pub lag: Lag,
}
state!(Unit { id, past, journeys, holds, lag });

impl Unit {
    /// Whether a hold stands at event time `t`.
    pub fn hold_at(&self, t: Millis) -> bool {
        self.holds.iter().rfind(|(time, _, _)| *time <= t).is_some_and(|(_, _, on)| *on)
    }
}

/// The part of a past report that decides; `None` where nothing of it ever does.
pub fn past_of(report: &PastReport, settings: &FixSettings) -> Option<Past> {
    match report {
        PastReport::Fix { fix, quality, timestamp } if quality.has(Quality::FUTURE) => {
            Some(senses_of_future(fix, *timestamp)).filter(Past::has_senses)
        }
        PastReport::Fix { fix, quality, .. } => {
            let doubt = Quality(quality.0 & CONTACT_ONLY.0);
            Some(Past::of_fix(fix, sigma_dm(fix, settings), doubt))
        }
        PastReport::Heartbeat { heartbeat, timestamp } => {
            let past = Past::of_heartbeat(heartbeat, heartbeat.receive_time.unwrap_or(*timestamp));
            past.has_senses().then_some(past)
        }
    }
}

/// Flags that make a fix contact only.
pub const CONTACT_ONLY: Quality =
    Quality(Quality::INVALID.0 | Quality::NULL_ISLAND.0 | Quality::WEAK.0 | Quality::APPROXIMATE.0 | Quality::FUTURE.0);

/// A fix with a clock that runs ahead: its alarms and battery count at the time at which it was received.
pub fn senses_of_future(fix: &super::super::record::Fix, timestamp: Millis) -> Past {
    let heartbeat =
        super::super::record::Heartbeat { receive_time: None, battery_pct: fix.battery_pct, alarms: fix.alarms };
    Past::of_heartbeat(&heartbeat, timestamp)
}

/// Reports of a unit that stand earlier in the running batch, which no store has seen yet.
pub fn reports_of_batch(
    unit: &str,
    from: Millis,
    to: Millis,
    earlier: &[Record],
    dispositions: &[Disposition],
    out: &mut Vec<PastReport>,
) {
    for (record, disposition) in earlier.iter().zip(dispositions) {
        let timestamp = record.source.timestamp;
        match (&record.body, &disposition.row) {
            (Body::Fix { .. }, Some(row))
                if row.unit == unit
                    && disposition.outcome != Outcome::Rejected
                    && (from..to).contains(&row.fix.time) =>
            {
                out.push(PastReport::Fix { fix: row.fix, quality: row.quality, timestamp });
            }
            (Body::Heartbeat { unit: of, heartbeat }, _)
                if of == unit && (from..to).contains(&heartbeat.receive_time.unwrap_or(timestamp)) =>
            {
                out.push(PastReport::Heartbeat { heartbeat: *heartbeat, timestamp });
            }
            _ => {}
        }
    }
}

/// So far back a late report makes us look at once: uploads of a gap come in runs.
pub const RECALL_WINDOW: Millis = 3600 * SECOND;
