//! The lines of all partitions in one order: (log time, partition, offset), up to the slowest tick.
//!
//! A line waits until every partition that ticks has ticked at or behind it: then nothing can come before it any more.
//! Partitions that never tick hold nobody back; where none ticks, lines go on as they come (a log without ticks). What
//! comes after its turn all the same (a partition that was not known before) goes on at once.

use std::collections::{BTreeMap, VecDeque};

use super::super::codec::state;
use super::super::time::Millis;
use super::line::{EpisodeLine, Happening};

/// The place of a line in the one order.
type Place = (Millis, u32, u64);

/// One partition.
#[derive(Clone, Debug, Default, PartialEq)]
struct Lane {
    waiting: Vec<EpisodeLine>,
    ticked: Option<(Millis, u64)>,
    /// It was announced: it holds the others back even before its first tick.
    expected: bool,
}
state!(Lane { waiting, ticked, expected });

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merge {
    lanes: BTreeMap<u32, Lane>,
}
state!(Merge { lanes });

impl Merge {
    /// A partition that will tick, even though nothing has come from it yet.
    pub fn expect(&mut self, partition: u32) {
        self.lanes.entry(partition).or_default().expected = true;
    }

    /// The next line of its partition.
    pub fn push(&mut self, line: EpisodeLine) {
        let lane = self.lanes.entry(line.source.partition).or_default();
        if line.what == Happening::Tick {
            lane.ticked = Some((line.log_time, line.source.offset));
        }
        lane.waiting.push(line);
    }

    /// Takes out every line whose turn has come, in the one order. `all`: the logs have ended, nothing waits any more.
    pub fn take(&mut self, all: bool) -> Vec<EpisodeLine> {
        let limit = if all { None } else { self.slowest() };
        if !all && limit == Some((Millis::MIN, 0, 0)) {
            return Vec::new();
        }
        let mut lanes: Vec<VecDeque<EpisodeLine>> = Vec::new();
        for lane in self.lanes.values_mut() {
            let due = match limit {
                Some(limit) => lane.waiting.iter().take_while(|line| place(line) <= limit).count(),
                None => lane.waiting.len(),
            };
            lanes.push(lane.waiting.drain(..due).collect());
        }
        let mut taken = Vec::with_capacity(lanes.iter().map(VecDeque::len).sum());
        // Inside a partition the order stands as it is: log times of one log never fall.
        while let Some(lane) = lanes.iter_mut().filter(|l| !l.is_empty()).min_by_key(|l| l.front().map(place)) {
            taken.extend(lane.pop_front());
        }
        taken
    }

    /// Whether partitions hold each other back by their ticks.
    pub fn is_ticking(&self) -> bool {
        self.slowest().is_some()
    }

    /// How many lines wait.
    pub fn waiting(&self) -> usize {
        self.lanes.values().map(|lane| lane.waiting.len()).sum()
    }

    /// The last tick of the partition that is farthest behind; `None` where none ticks, the beginning of time where one
    /// that was announced has not ticked.
    fn slowest(&self) -> Option<Place> {
        let ticked = self.lanes.iter().filter(|(_, lane)| lane.expected || lane.ticked.is_some());
        ticked
            .map(|(partition, lane)| lane.ticked.map_or((Millis::MIN, 0, 0), |(t, offset)| (t, *partition, offset)))
            .min()
    }
}

fn place(line: &EpisodeLine) -> Place {
    (line.log_time, line.source.partition, line.source.offset)
}

#[cfg(test)]
mod tests {
    use super::super::super::record::Source;
    use super::*;

    fn line(log_time: Millis, partition: u32, offset: u64, tick: bool) -> EpisodeLine {
        let what = if tick { Happening::Tick } else { Happening::Rulebook(String::new(), 0) };
        EpisodeLine { log_time, source: Source { partition, offset, timestamp: log_time }, what }
    }

    fn places(lines: Vec<EpisodeLine>) -> Vec<Place> {
        lines.iter().map(place).collect()
    }

    #[test]
    fn lines_wait_for_the_slowest_tick() {
        let mut merge = Merge::default();
        merge.expect(1);
        for one in [line(10, 0, 0, false), line(20, 0, 1, true), line(25, 0, 2, false)] {
            merge.push(one);
        }
        assert!(merge.take(false).is_empty(), "partition 1 has not ticked");
        for one in [line(5, 1, 0, false), line(15, 1, 1, true)] {
            merge.push(one);
        }
        assert_eq!(places(merge.take(false)), [(5, 1, 0), (10, 0, 0), (15, 1, 1)]);
        merge.push(line(20, 1, 2, false));
        merge.push(line(20, 1, 3, true));
        assert_eq!(places(merge.take(false)), [(20, 0, 1)], "partition 1 may still say something at 20");
        merge.push(line(21, 1, 4, true));
        assert!(merge.take(false).is_empty(), "partition 0 may still say something at 20");
        merge.push(line(30, 0, 3, true));
        assert_eq!(places(merge.take(false)), [(20, 1, 2), (20, 1, 3), (21, 1, 4)]);
        assert_eq!(places(merge.take(true)), [(25, 0, 2), (30, 0, 3)]);
        assert_eq!(merge.waiting(), 0);
    }

    #[test]
    fn a_log_without_ticks_waits_for_nobody() {
        let mut merge = Merge::default();
        merge.push(line(10, 0, 0, false));
        assert_eq!(merge.take(false).len(), 1);
        merge.push(line(30, 3, 0, true));
        merge.push(line(40, 0, 1, false));
        assert_eq!(places(merge.take(false)), [(30, 3, 0)], "what lies behind the tick waits for the next one");
        merge.push(line(50, 3, 1, true));
        assert_eq!(places(merge.take(false)), [(40, 0, 1), (50, 3, 1)]);
    }
}
