//! A rulebook made ready for deciding: thresholds with their tables, per zone and mount.

use std::sync::Arc;

use super::evidence::Threshold;
use super::geometry::AreaIndex;
use super::position::Position;
use super::record::Mount;
use super::rulebook::settings::{EvidenceParams, Settings};
use super::rulebook::{Corridor, Rulebook, ZoneClass};
use super::wayside::{Wayside, crossing_is_told};

/// A rulebook with its compiled thresholds; shared, never edited.
#[derive(Debug)]
pub struct Rules {
    /// The rulebook.
    pub book: Rulebook,
    thresholds: Vec<(u64, u64, Threshold)>,
    zone_in: Vec<u16>,
    zone_out: Vec<u16>,
    mount_zone_in: [Option<u16>; 4],
    mount_zone_out: [Option<u16>; 4],
    corridor: [u16; 4],
    other: [u16; 4],
    /// What lies along each corridor.
    waysides: Vec<Arc<Wayside>>,
    /// Zones whose crossing is told, and where they are.
    told: Vec<u32>,
    told_index: AreaIndex,
}

impl Rules {
    /// Compiles the thresholds of a rulebook.
    pub fn new(book: Rulebook) -> Arc<Rules> {
        let mut pool = Pool { thresholds: Vec::new(), tau_s: book.settings.evidence.tau_s };
        let zone_in = book.zones.iter().map(|z| pool.index(z.zone_in)).collect();
        let zone_out = book.zones.iter().map(|z| pool.index(z.zone_out)).collect();
        let settings = &book.settings;
        let mut per_mount = |of: fn(&Settings, usize) -> Option<EvidenceParams>| {
            [0, 1, 2, 3].map(|m| of(settings, m).map(|p| pool.index(p)))
        };
        let mount_zone_in = per_mount(|s, m| s.mount[m].zone_in);
        let mount_zone_out = per_mount(|s, m| s.mount[m].zone_out);
        let corridor = per_mount(|s, m| Some(s.mount[m].corridor.unwrap_or(s.evidence.corridor)));
        let other = per_mount(|s, m| Some(s.mount[m].other.unwrap_or(s.evidence.other)));
        let look = |c: &Corridor| Arc::new(Wayside::look(&book, &c.route, &c.checkpoints));
        let waysides = book.corridors.iter().map(look).collect();
        let told: Vec<u32> =
            (0..book.zones.len() as u32).filter(|z| crossing_is_told(book.zones[*z as usize].class)).collect();
        let told_index = AreaIndex::new(told.iter().map(|z| &book.zones[*z as usize].area));
        let always = |set: [Option<u16>; 4]| set.map(|t| t.unwrap_or(0));
        Arc::new(Rules {
            zone_in,
            zone_out,
            mount_zone_in,
            mount_zone_out,
            corridor: always(corridor),
            other: always(other),
            waysides,
            told,
            told_index,
            thresholds: pool.thresholds,
            book,
        })
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.book.settings
    }

    /// Threshold for entering a zone.
    pub fn zone_in(&self, zone: u32, mount: Mount) -> &Threshold {
        self.threshold(self.mount_zone_in[mount as usize].unwrap_or(self.zone_in[zone as usize]))
    }

    /// Threshold for leaving a zone.
    pub fn zone_out(&self, zone: u32, mount: Mount) -> &Threshold {
        self.threshold(self.mount_zone_out[mount as usize].unwrap_or(self.zone_out[zone as usize]))
    }

    /// Threshold for leaving a corridor and for coming back.
    pub fn corridor(&self, mount: Mount) -> &Threshold {
        self.threshold(self.corridor[mount as usize])
    }

    /// Threshold of every other question.
    pub fn other(&self, mount: Mount) -> &Threshold {
        self.threshold(self.other[mount as usize])
    }

    /// Class of a zone.
    pub fn class(&self, zone: u32) -> ZoneClass {
        self.book.zones[zone as usize].class
    }

    /// What lies along a corridor of the rulebook.
    pub fn wayside(&self, corridor: u32) -> &Arc<Wayside> {
        &self.waysides[corridor as usize]
    }

    /// Clears `out` and fills it with the zones whose crossing is told and that the straight way from `a` to `b` may
    /// meet, ascending; their areas have the last word.
    pub fn told_along(&self, a: Position, b: Position, out: &mut Vec<u32>) {
        out.clear();
        self.told_index.candidates_along(a, b, out);
        for place in out.iter_mut() {
            *place = self.told[*place as usize];
        }
    }

    fn threshold(&self, index: u16) -> &Threshold {
        &self.thresholds[usize::from(index)].2
    }
}

struct Pool {
    thresholds: Vec<(u64, u64, Threshold)>,
    tau_s: f64,
}

impl Pool {
    fn index(&mut self, params: EvidenceParams) -> u16 {
        let key = (params.epsilon.to_bits(), params.h.to_bits());
        let at = self.thresholds.iter().position(|(e, h, _)| (*e, *h) == key).unwrap_or_else(|| {
            self.thresholds.push((key.0, key.1, Threshold::new(params.epsilon, params.h, self.tau_s)));
            self.thresholds.len() - 1
        });
        at as u16
    }
}
