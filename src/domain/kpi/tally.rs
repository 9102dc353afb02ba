//! The counts of one scope on one day, and the figures made of them.

use std::collections::BTreeMap;

use super::super::alert::Kind;
use super::super::time::SECOND;
use super::Heard;
use super::slots::{DaySlots, Flood};
use super::story::News;

/// Sources whose share is told.
const TOP: usize = 10;
/// More retractions than this of one unit on one day are a storm.
const STORM_ABOVE: u32 = 3;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    by_priority: [u32; 4],
    by_source: BTreeMap<(Kind, String), u32>,
    chatter: u32,
    fleeting: u32,
    /// Alerts that were active for more than a day.
    pub stale: u32,
    retracted: BTreeMap<String, u32>,
    waited_s: Vec<i64>,
    /// Floods that began.
    pub floods: Vec<Flood>,
}

/// The figures of one scope on one day: whole numbers, so that equal runs are equal bytes; shares are left to whoever
/// shows them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Figures {
    /// Ten-minute slots of the day in which the log was read.
    pub slots: u32,
    /// Annunciated alarms.
    pub annunciated: u32,
    /// Most of them in one slot.
    pub peak: u32,
    /// Slots with more than ten.
    pub slots_over: u32,
    /// Floods that began on this day.
    pub floods: u32,
    /// Their length, seconds.
    pub flood_s: i64,
    /// Most alarms in one slot of theirs.
    pub flood_peak: u32,
    /// Sources (a kind at a unit).
    pub sources: u32,
    /// Alarms of the ten busiest sources.
    pub top10: u32,
    /// Alerts that came and went three times within a minute.
    pub chatter: u32,
    /// Alarms that were over by themselves within a minute.
    pub fleeting: u32,
    /// Alerts that have been active for more than a day.
    pub stale: u32,
    /// Annunciated as low.
    pub low: u32,
    /// Annunciated as medium.
    pub medium: u32,
    /// Annunciated as high.
    pub high: u32,
    /// Alarms taken back.
    pub retracted: u32,
    /// Units of which more than three were.
    pub storms: u32,
    /// Of the annunciated, acknowledged since.
    pub acknowledged: u32,
    /// What half of these waited for at most, seconds.
    pub acknowledge_median_s: Option<i64>,
}

impl Tally {
    /// Something that happened.
    pub fn take(&mut self, news: &News, heard: &Heard) {
        let (kind, place) = heard.source();
        match news {
            News::Annunciated => {
                self.by_priority[heard.priority as usize] += 1;
                *self.by_source.entry((kind, place.to_owned())).or_default() += 1;
            }
            News::Chattered => self.chatter += 1,
            News::Fleeted => self.fleeting += 1,
            News::Retracted => *self.retracted.entry(place.to_owned()).or_default() += 1,
            News::Acknowledged { after, .. } => self.waited_s.push(after / SECOND),
        }
    }

    /// The figures.
    pub fn figures(mut self, slots: &DaySlots) -> Figures {
        let mut sources: Vec<u32> = self.by_source.into_values().collect();
        sources.sort_unstable_by(|a, b| b.cmp(a));
        self.waited_s.sort_unstable();
        let [_, low, medium, high] = self.by_priority;
        Figures {
            slots: slots.read,
            annunciated: sources.iter().sum(),
            peak: slots.peak,
            slots_over: slots.over,
            floods: self.floods.len() as u32,
            flood_s: self.floods.iter().map(|flood| flood.lasting / SECOND).sum(),
            flood_peak: self.floods.iter().map(|flood| flood.peak).max().unwrap_or(0),
            sources: sources.len() as u32,
            top10: sources.iter().take(TOP).sum(),
            chatter: self.chatter,
            fleeting: self.fleeting,
            stale: self.stale,
            low,
            medium,
            high,
            retracted: self.retracted.values().sum(),
            storms: self.retracted.values().filter(|count| **count > STORM_ABOVE).count() as u32,
            acknowledged: self.waited_s.len() as u32,
            acknowledge_median_s: self.waited_s.get(self.waited_s.len().saturating_sub(1) / 2).copied(),
        }
    }
}
