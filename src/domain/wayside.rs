//! What lies along a corridor: zones that its lines lead through, responsibility areas, checkpoints. Found once, when
//! a rulebook or a corridor of a journey's own is compiled.

use super::geometry::{Passage, Route};
use super::rulebook::{Rulebook, ZoneClass};

/// A zone that a line of the corridor leads through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// Index in the rulebook.
    pub zone: u32,
    /// Where.
    pub passage: Passage,
}

/// A checkpoint of the corridor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Checkpoint {
    /// Index in the rulebook.
    pub zone: u32,
    /// Chainage where its zone begins, metres.
    pub from_m: f64,
    /// Chainage where its zone ends, metres.
    pub to_m: f64,
    /// How far it reaches to either side of a line, metres; negative where no line leads through it.
    pub reach_m: f64,
}

/// The entry into the responsibility area of an office.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Index of the area in the rulebook.
    pub zone: u32,
    /// Chainage, metres.
    pub at_m: f64,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wayside {
    /// Zones whose crossing is told, by line and begin.
    pub crossings: Vec<Crossing>,
    /// Checkpoints by their end.
    pub checkpoints: Vec<Checkpoint>,
    /// Entries into areas of offices along the first line, by chainage.
    pub entries: Vec<Entry>,
}

/// A border that the line crosses to and fro within so many metres is one border.
const BORDER_M: f64 = 1_000.0;

impl Wayside {
    /// Looks along the lines of a corridor with these checkpoints.
    pub fn look(book: &Rulebook, route: &Route, checkpoints: &[u32]) -> Wayside {
        let mut wayside = Wayside::default();
        for (zone, index) in book.zones.iter().zip(0..) {
            match zone.class {
                class if crossing_is_told(class) => {
                    let through = route.passages(&zone.area).into_iter();
                    wayside.crossings.extend(through.map(|passage| Crossing { zone: index, passage }));
                }
                ZoneClass::OfficeArea => wayside.enter(index, &route.stretches(&zone.area, 0)),
                _ => {}
            }
        }
        wayside.checkpoints = checkpoints.iter().filter_map(|zone| checkpoint(book, route, *zone)).collect();
        let by = |a: f64, b: f64| a.total_cmp(&b);
        wayside.crossings.sort_by(|a, b| {
            let line = a.passage.line.cmp(&b.passage.line);
            line.then(by(a.passage.from_m, b.passage.from_m)).then(a.zone.cmp(&b.zone))
        });
        wayside.checkpoints.sort_by(|a, b| by(a.to_m, b.to_m).then(a.zone.cmp(&b.zone)));
        wayside.entries.sort_by(|a, b| by(a.at_m, b.at_m).then(a.zone.cmp(&b.zone)));
        wayside
    }

    fn enter(&mut self, zone: u32, inside: &[(f64, f64)]) {
        let mut stretches: Vec<(f64, f64)> = Vec::new();
        for (from_m, to_m) in inside.iter().copied() {
            match stretches.last_mut() {
                Some(last) if from_m - last.1 < BORDER_M => last.1 = to_m,
                _ => stretches.push((from_m, to_m)),
            }
        }
        // Who begins inside does not enter.
        let entered = stretches.into_iter().filter(|(from, to)| *from > BORDER_M && to - from >= BORDER_M);
        self.entries.extend(entered.map(|(at_m, _)| Entry { zone, at_m }));
    }

    /// Crossings on a line whose passage lies wholly between two chainages.
    pub fn between(&self, line: u32, low_m: f64, high_m: f64) -> impl Iterator<Item = &Crossing> {
        let begin = self.crossings.partition_point(|c| (c.passage.line, c.passage.from_m) < (line, low_m));
        self.crossings[begin..]
            .iter()
            .take_while(move |c| c.passage.line == line && c.passage.from_m < high_m)
            .filter(move |c| c.passage.from_m > low_m && c.passage.to_m < high_m)
    }
}

/// Classes of zones of which a vehicle that was not seen inside may be said to have crossed them (FORMATS, section 2).
pub fn crossing_is_told(class: ZoneClass) -> bool {
    matches!(class, ZoneClass::Forbidden | ZoneClass::Risk | ZoneClass::Watch)
}

/// Where a checkpoint lies along the lines; `None` where there is no line.
fn checkpoint(book: &Rulebook, route: &Route, zone: u32) -> Option<Checkpoint> {
    let area = &book.zones[zone as usize].area;
    let passages = route.passages(area);
    if !passages.is_empty() {
        let from_m = passages.iter().map(|p| p.from_m).fold(f64::INFINITY, f64::min);
        let to_m = passages.iter().map(|p| p.to_m).fold(f64::NEG_INFINITY, f64::max);
        let reach_m = passages.iter().map(|p| p.depth_m).fold(0.0, f64::max);
        return Some(Checkpoint { zone, from_m, to_m, reach_m });
    }
    let corners = area.rings().into_iter().flatten().map(|corner| route.nearest(corner, None));
    let foot = corners.min_by(|a, b| a.distance_m.total_cmp(&b.distance_m))?;
    Some(Checkpoint { zone, from_m: foot.chainage_m, to_m: foot.chainage_m, reach_m: f64::NEG_INFINITY })
}
