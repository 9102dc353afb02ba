//! Alerts as they come: every one is remembered, the first forty are printed, then one in so many.

use std::collections::BTreeMap;

use super::screen::{Screen, grouped};
use super::world;
use crate::domain::alert::{Handling, Op, Priority, Revision};
use crate::domain::position::Position;
use crate::edge::map::Language;

/// So many lines are printed one by one.
const FIRST: u64 = 40;
/// Then one in so many.
const EVERY: u64 = 10;
/// No place is nearer than this, metres: the position is said in degrees.
const FAR_M: f64 = 60_000.0;

/// The newest revision of each alert, by id.
pub type Newest = BTreeMap<String, Revision>;

/// Hears every revision.
pub struct Announcer<'s> {
    screen: &'s mut Screen,
    places: Vec<(&'static str, Position)>,
    newest: Newest,
    announced: u64,
}

impl<'s> Announcer<'s> {
    /// One that prints on `screen`.
    pub fn new(screen: &'s mut Screen) -> Announcer<'s> {
        Announcer { screen, places: world::named_places().collect(), newest: Newest::new(), announced: 0 }
    }

    /// A revision as it is decided. A first word that rises above the journal is printed.
    pub fn hear(&mut self, revision: &Revision) {
        let before = self.newest.insert(revision.alert.clone(), revision.clone());
        let silent_before = before.is_none_or(|old| old.priority == Priority::Journal);
        let loud = revision.priority > Priority::Journal && revision.handling != Handling::Suppressed;
        if !loud || !silent_before || revision.op == Op::Retract {
            return;
        }
        self.announced += 1;
        if self.announced == FIRST + 1 {
            let text = format!("... {} {EVERY}", self.screen.words().every_nth);
            self.screen.faint(&text);
        }
        if self.announced <= FIRST || self.announced.is_multiple_of(EVERY) {
            let line = self.line(revision);
            self.screen.line(&line);
        }
    }

    /// The counts; what stands at the end comes back.
    pub fn finish(self) -> Newest {
        let count = |test: &dyn Fn(&Revision) -> bool| self.newest.values().filter(|r| test(r)).count() as u64;
        let journal = count(&|r| r.priority == Priority::Journal && r.op != Op::Retract);
        let back = count(&|r| r.op == Op::Retract);
        let w = self.screen.words();
        self.screen.line(&format!(
            "{} {}, {} {}, {} {}",
            grouped(self.announced),
            w.announced,
            grouped(journal),
            w.journalled,
            grouped(back),
            w.taken_back
        ));
        self.newest
    }

    fn line(&self, r: &Revision) -> String {
        let turkish = self.screen.language == Language::Turkish;
        let text = if turkish { &r.text.tr } else { &r.text.en };
        let number = if self.announced > FIRST { format!("#{} ", self.announced) } else { String::new() };
        let plate = format!("{:<10}", r.vehicle.plate.as_deref().or(r.unit.as_deref()).unwrap_or("-"));
        format!(
            "{} {} {} {}{}  {}",
            self.screen.styled("2", &Screen::clock(r.log_time)),
            self.screen.priority(r.priority),
            self.screen.styled("1", &plate),
            self.screen.styled("2", &number),
            text.trim_end_matches('.'),
            self.screen.styled("2", &r.position.map_or(String::new(), |p| self.place(p)))
        )
    }

    /// The nearest place by name.
    fn place(&self, position: Position) -> String {
        let distance = |place: &(&str, Position)| place.1.distance_m(position);
        let nearest = self.places.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        match nearest.filter(|place| distance(place) < FAR_M) {
            Some((name, _)) if self.screen.language == Language::Turkish => {
                format!("{name} {}", self.screen.words().near)
            }
            Some((name, _)) => format!("{} {name}", self.screen.words().near),
            None => format!("{:.3}, {:.3}", f64::from(position.lat_e6) / 1e6, f64::from(position.lon_e6) / 1e6),
        }
    }
}
