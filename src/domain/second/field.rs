//! Spans of units in space and time, and a grid that finds those near a point.
//!
//! The grid is a plain one in degrees: it only proposes, [`Position::distance_m`] decides. Nothing that leaves this file
//! depends on the order in which spans came: lists are sorted by begin, unit and journey.

use std::collections::{BTreeMap, BTreeSet};

use super::super::codec::{Reader, State, StateError, state};
use super::super::position::{Position, TURN_E6};
use super::super::time::Millis;

/// What identifies a span: journey, unit, and the begin of the stop or the id of the alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Unit id.
    pub unit: String,
    /// Journey id.
    pub journey: String,
    /// Begin of a stop; 0 where an alert is the mark.
    pub from: Millis,
    /// Id of an alert; empty for stops.
    pub alert: String,
}
state!(Key { unit, journey, from, alert });

/// One unit, at one place, for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Who and what.
    pub key: Key,
    /// Where.
    pub position: Position,
    /// How far fixes scatter, metres.
    pub sigma_m: i64,
    /// Begin.
    pub from: Millis,
    /// Until when it is proven.
    pub to: Millis,
    /// It goes on.
    pub open: bool,
    /// Off its corridor.
    pub off_corridor: bool,
    /// Score of hints of unloading.
    pub hints: u8,
    /// Risk tier.
    pub risk: u8,
}
state!(Span { key, position, sigma_m, from, to, open, off_corridor, hints, risk });

/// The end of what goes on.
pub const OPEN: Millis = Millis::MAX / 4;

impl Span {
    /// Its end; [`OPEN`] while it goes on.
    pub fn end(&self) -> Millis {
        if self.open { OPEN } else { self.to }
    }

    /// Order that depends on nothing but what it is.
    pub fn order(&self) -> (Millis, &Key) {
        (self.from, &self.key)
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Side of a grid cell, 1e-6 degrees.
    side_e6: i64,
    spans: BTreeMap<Key, Span>,
    grid: BTreeMap<(i64, i64), BTreeSet<Key>>,
}

impl Field {
    /// A field in which one looks about as far as `reach_m`.
    pub fn new(reach_m: f64) -> Field {
        // A degree of latitude has 110.6 km and more.
        Field { side_e6: ((reach_m / 0.11) as i64).clamp(1_000, 10_000_000), ..Field::default() }
    }

    /// Puts a span in the place of the one with its key; that one comes back.
    pub fn insert(&mut self, span: Span) -> Option<Span> {
        let old = self.remove(&span.key);
        self.grid.entry(self.cell(span.position)).or_default().insert(span.key.clone());
        self.spans.insert(span.key.clone(), span);
        old
    }

    /// Takes a span out.
    pub fn remove(&mut self, key: &Key) -> Option<Span> {
        let old = self.spans.remove(key)?;
        let cell = self.cell(old.position);
        if let Some(keys) = self.grid.get_mut(&cell) {
            keys.remove(key);
            if keys.is_empty() {
                self.grid.remove(&cell);
            }
        }
        Some(old)
    }

    /// A span.
    pub fn get(&self, key: &Key) -> Option<&Span> {
        self.spans.get(key)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Spans of a unit, by journey and begin.
    pub fn of_unit<'a>(&'a self, unit: &'a str) -> impl Iterator<Item = &'a Span> {
        let first = Key { unit: unit.to_owned(), journey: String::new(), from: Millis::MIN, alert: String::new() };
        self.spans.range(first..).map(|(_, span)| span).take_while(move |span| span.key.unit == unit)
    }

    /// Spans within `radius_m` of a point that reach into [from, to], in their order.
    pub fn near(&self, point: Position, radius_m: f64, from: Millis, to: Millis) -> Vec<&Span> {
        let mut found: Vec<&Span> = Vec::new();
        let (dlat, dlon) = reach_e6(point, radius_m);
        let (lat, lon) = (i64::from(point.lat_e6), i64::from(point.lon_e6));
        let turn = if dlon >= TURN_E6 / 2 { vec![0] } else { vec![0, -TURN_E6, TURN_E6] };
        for row in (lat - dlat).div_euclid(self.side_e6)..=(lat + dlat).div_euclid(self.side_e6) {
            for shift in &turn {
                let first = (lon + shift - dlon).div_euclid(self.side_e6);
                let last = (lon + shift + dlon).div_euclid(self.side_e6);
                for (_, keys) in self.grid.range((row, first)..=(row, last)) {
                    found.extend(keys.iter().filter_map(|key| self.spans.get(key)));
                }
            }
        }
        found.retain(|s| s.from <= to && s.end() >= from && s.position.distance_m(point) <= radius_m);
        found.sort_by(|a, b| a.order().cmp(&b.order()));
        found.dedup_by(|a, b| a.key == b.key);
        found
    }

    /// Forgets what has ended before `horizon`; its keys.
    pub fn forget_before(&mut self, horizon: Millis) -> Vec<Key> {
        let old: Vec<Key> = self.spans.values().filter(|s| s.end() < horizon).map(|s| s.key.clone()).collect();
        for key in &old {
            self.remove(key);
        }
        old
    }

    fn cell(&self, position: Position) -> (i64, i64) {
        (i64::from(position.lat_e6).div_euclid(self.side_e6), i64::from(position.lon_e6).div_euclid(self.side_e6))
    }
}

/// How far a radius reaches at most in latitude and longitude, 1e-6 degrees, with room to spare.
fn reach_e6(point: Position, radius_m: f64) -> (i64, i64) {
    let dlat = (radius_m / 0.11) as i64 + 2;
    let widest = (i64::from(point.lat_e6).abs() + dlat).min(90_000_000);
    let cosine = libm::cos(widest as f64 / 1e6 * core::f64::consts::PI / 180.0);
    let dlon = if cosine < 1e-3 { TURN_E6 } else { ((dlat as f64 / cosine) as i64 + 2).min(TURN_E6) };
    (dlat, dlon)
}

impl State for Field {
    fn put(&self, out: &mut Vec<u8>) {
        self.side_e6.put(out);
        Vec::from_iter(self.spans.values().cloned()).put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let mut field = Field { side_e6: State::get(from)?, ..Field::default() };
        if field.side_e6 <= 0 {
            return Err(from.error("the side of a grid cell"));
        }
        for span in Vec::<Span>::get(from)? {
            field.insert(span);
        }
        Ok(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(unit: &str, lat_e6: i32, lon_e6: i32, from: Millis) -> Span {
        let key = Key { unit: unit.to_owned(), journey: "J".to_owned(), from, alert: String::new() };
        let position = Position { lat_e6, lon_e6 };
        Span { key, position, sigma_m: 0, from, to: from + 1000, open: false, off_corridor: false, hints: 0, risk: 0 }
    }

    #[test]
    fn finds_what_a_search_through_all_finds() {
        for reach in [300.0, 20_000.0] {
            for (lat, lon) in [(41_000_000, 29_000_000), (0, 179_999_000), (-33_000_000, -180_000_000), (89_990_000, 5)]
            {
                let mut field = Field::new(reach);
                let mut all = Vec::new();
                let mut seed = 7u64;
                for i in 0..400 {
                    let mut next = |most: i64| {
                        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        ((seed >> 33) as i64) % (2 * most) - most
                    };
                    let side = (reach / 0.05) as i64;
                    let mut east = i64::from(lon) + next(side);
                    if east > 180_000_000 {
                        east -= TURN_E6;
                    } else if east < -180_000_000 {
                        east += TURN_E6;
                    }
                    let north = (i64::from(lat) + next(side)).clamp(-90_000_000, 90_000_000);
                    let one = span(&format!("u{i}"), north as i32, east as i32, i64::from(i));
                    field.insert(one.clone());
                    all.push(one);
                }
                let here = Position { lat_e6: lat, lon_e6: lon };
                let wanted: Vec<&str> = all
                    .iter()
                    .filter(|s| s.position.distance_m(here) <= reach && s.from <= 900 && s.to >= 100)
                    .map(|s| s.key.unit.as_str())
                    .collect();
                let found: Vec<&str> =
                    field.near(here, reach, 100, 900).into_iter().map(|s| s.key.unit.as_str()).collect();
                assert_eq!(found, wanted, "{reach} {lat} {lon}");
                assert!(!wanted.is_empty());
            }
        }
    }

    #[test]
    fn a_span_replaces_the_one_with_its_key() {
        let mut field = Field::new(300.0);
        field.insert(span("u", 1_000_000, 1_000_000, 5));
        let old = field.insert(Span { open: true, ..span("u", 40_000_000, 1_000_000, 5) });
        assert_eq!(old, Some(span("u", 1_000_000, 1_000_000, 5)));
        assert!(field.near(Position { lat_e6: 1_000_000, lon_e6: 1_000_000 }, 300.0, 0, 9).is_empty());
        assert_eq!(field.of_unit("u").count(), 1);
        assert!(field.forget_before(OPEN).is_empty(), "what goes on is kept");
        field.insert(span("u", 1_000_000, 1_000_000, 5));
        assert_eq!(field.forget_before(1006).len(), 1);
        assert!(field.is_empty() && field.grid.is_empty());
    }
}
