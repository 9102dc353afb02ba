//! Our own outages (DETECTION, 5.11): ticks that came too far apart, in one alert for all partitions that missed them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::alert::{Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::time::{Millis, SECOND};

/// An outage that is over, but of which other partitions may still tell.
#[derive(Clone, Debug, PartialEq)]
struct Gap {
    from: Millis,
    to: Millis,
    partitions: Vec<u32>,
}
state!(Gap { from, to, partitions });

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clocks {
    ticks: BTreeMap<u32, Millis>,
    gap: Option<Gap>,
}
state!(Clocks { ticks, gap });

impl Clocks {
    /// A partition has ticked. Gives back an outage once every partition has ticked behind its end.
    pub fn tick(&mut self, partition: u32, t: Millis, outage_s: i64) -> Vec<Episode> {
        let mut found = Vec::new();
        if let Some(last) = self.ticks.insert(partition, t)
            && t - last > outage_s * SECOND
        {
            match self.gap.take() {
                Some(mut gap) if last <= gap.to && gap.from <= t => {
                    gap.from = gap.from.min(last);
                    gap.to = gap.to.max(t);
                    gap.partitions.push(partition);
                    self.gap = Some(gap);
                }
                other => {
                    found.extend(other.map(episode));
                    self.gap = Some(Gap { from: last, to: t, partitions: vec![partition] });
                }
            }
        }
        if let Some(gap) = self.gap.take_if(|gap| self.ticks.values().all(|t| *t >= gap.to)) {
            found.push(episode(gap));
        }
        found
    }

    /// The logs have ended.
    pub fn finish(&mut self) -> Option<Episode> {
        self.gap.take().map(episode)
    }
}

fn episode(gap: Gap) -> Episode {
    let partitions = BTreeSet::from_iter(gap.partitions).len() as i64;
    let mut outage = Episode::new(Kind::SystemOutage, "system", gap.from, gap.to, Priority::High)
        .because("no_ticks")
        .measuring(Measure::DurationS, (gap.to - gap.from) / SECOND)
        .measuring(Measure::Partitions, partitions);
    outage.ended = Some(gap.to);
    outage.end_reason = Some(EndReason::Over);
    outage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_outage_for_all_partitions_that_missed_ticks() {
        let mut clocks = Clocks::default();
        let mut found = Vec::new();
        for (partition, seconds) in [
            (0, 1),
            (1, 1),
            (2, 1),
            (0, 2),
            (2, 3),
            (2, 30),
            (2, 33),
            (2, 60),
            (2, 90),
            (1, 89),
            (0, 90),
            (1, 90),
            (2, 91),
        ] {
            found.extend(clocks.tick(partition, seconds * SECOND, 30));
        }
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].onset, found[0].ended), (SECOND, Some(90 * SECOND)));
        assert_eq!(found[0].get(Measure::Partitions), Some(2));
        assert_eq!(clocks.finish(), None);
        assert!(clocks.tick(0, 120 * SECOND, 30).is_empty(), "thirty seconds are no outage");
        assert!(clocks.tick(0, 151 * SECOND, 30).is_empty(), "the others have not ticked");
        assert_eq!(clocks.finish().map(|e| e.onset), Some(120 * SECOND));
    }
}
