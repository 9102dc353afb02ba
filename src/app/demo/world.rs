//! The demo's rulebook, written by our own code from the facts: files as a person would write them, in memory.
//!
//! A way between two places is bent a little, always in the same manner for the same two places, so that corridors that
//! share a road share its line. Corners are whole micro-degrees: the same files on every machine.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::facts::{DISTRICTS, ENDS, HAZARDS, POINTS, Point, Rest, WAYS};
use super::outline::{Corner, LAND, TERRITORY};
use crate::domain::position::Position;
use crate::edge::rulebook::RulebookFile;

/// Half width of every corridor, metres: wide enough for a road that is drawn and not surveyed.
const HALF_WIDTH_M: f64 = 500.0;
/// Metres between two vertices of a way.
const STEP_M: f64 = 4_000.0;
/// A bend leaves the chord by this share of its length, and by so many metres at most.
const BEND: f64 = 0.03;
const BEND_M: f64 = 1_500.0;

/// The rulebook's files.
pub fn files() -> Vec<RulebookFile> {
    let file = |path: &str, text: String| RulebookFile { path: path.to_owned(), bytes: text.into_bytes() };
    vec![
        file("rulebook.toml", SETTINGS.to_owned()),
        file("offices.csv", offices()),
        file("corridors/corridors.geojson", collection(corridors())),
        file("zones/territory.geojson", collection(vec![territory()])),
        file("zones/ends.geojson", collection(ends())),
        file("zones/places.geojson", collection(places())),
        file("zones/hazards.geojson", collection(hazards())),
        file("zones/districts.geojson", collection(districts())),
    ]
}

/// The land for the map.
pub fn land() -> Vec<Vec<Position>> {
    LAND.iter().map(|ring| ring.iter().map(|corner| corner_of(*corner)).collect()).collect()
}

/// Every place with its position, for naming what is near.
pub fn named_places() -> impl Iterator<Item = (&'static str, Position)> {
    POINTS.iter().map(|point| (point.1, at(point)))
}

const SETTINGS: &str = "\
# The rulebook of `kervan demo`: written by the program, free to change. Every threshold that is not named here has its
# default. Change something and say `kervan demo --keep`: the same day is decided again under the new rules.
version = \"demo-1\"
name = \"Türkiye, made for the demo\"
time_zone = \"Europe/Istanbul\"

[unusual_stop]
off_corridor_s = 300        # a stop of so many seconds off the corridor is announced

[corridor_deviation]
medium_m = 1000.0           # farther than this from the corridor: medium
high_m = 5000.0             # and than this: high
";

fn offices() -> String {
    let mut text =
        "code,name,lat,lon,kind,parent\nD-ANKARA,Gümrükler Genel Müdürlüğü (demo),39.92,32.85,head,\n".to_owned();
    for (code, name, (lat, lon), _) in DISTRICTS {
        text.push_str(&format!("{code},{name},{lat},{lon},directorate,D-ANKARA\n"));
    }
    for (key, code, gate, _) in ENDS {
        let Some(point) = point(key) else { continue };
        let (kind, what) =
            if *gate { ("gate", "Gümrük Müdürlüğü") } else { ("port", "Liman Gümrük Müdürlüğü") };
        let parent = district_of(point).unwrap_or("D-ANKARA");
        text.push_str(&format!("{code},{} {what} (demo),{},{},{kind},{parent}\n", point.1, point.2, point.3));
    }
    text
}

fn corridors() -> Vec<Value> {
    let corridor = |(id, name, keys, hours): &(&str, &str, &[&str], f64)| {
        let office = |key: Option<&&str>| ENDS.iter().find(|end| Some(&end.0) == key).map(|end| end.1);
        let points: Vec<&Point> = keys.iter().filter_map(|key| point(key)).collect();
        let mut line: Vec<Position> = points.first().map(|p| at(p)).into_iter().collect();
        points.windows(2).for_each(|pair| line.extend(road(pair[0], pair[1])));
        feature(
            json!({
                "id": id, "name": name, "half_width_m": HALF_WIDTH_M, "time_limit_h": hours,
                "from": office(keys.first()), "to": office(keys.last()),
            }),
            json!({"type": "LineString", "coordinates": line.into_iter().map(lon_lat).collect::<Vec<_>>()}),
        )
    };
    WAYS.iter().map(corridor).collect()
}

/// The road between two places without its first vertex, the same in either direction.
fn road(from: &Point, to: &Point) -> Vec<Position> {
    let turned = from.0 > to.0;
    let (a, b) = if turned { (at(to), at(from)) } else { (at(from), at(to)) };
    let (east, north) = a.vector_m(b);
    let length = (east * east + north * north).sqrt();
    let parts = (length / STEP_M).ceil().max(1.0);
    let seed: u32 = from.0.bytes().chain(to.0.bytes()).map(u32::from).sum();
    let waves = f64::from(seed % 3 + 2);
    let side = if (seed / 3).is_multiple_of(2) { 1.0 } else { -1.0 };
    let reach = side * (BEND * length).min(BEND_M);
    let mut line: Vec<Position> = (0..=parts as usize)
        .map(|i| {
            let share = i as f64 / parts;
            let angle = std::f64::consts::PI * share;
            let aside = reach * libm::sin(angle) * libm::sin(angle * waves);
            a.offset_m(east * share + north / length * aside, north * share - east / length * aside)
        })
        .collect();
    line[0] = a;
    line[parts as usize] = b;
    if turned {
        line.reverse();
    }
    line.remove(0);
    line
}

fn territory() -> Value {
    let ring = TERRITORY.iter().rev().map(|corner| lon_lat(corner_of(*corner))).collect();
    let name = "Gümrük bölgesi (demo, geniş çizilmiş)";
    feature(
        json!({"id": "tr", "name": name, "class": "territory", "office": "D-ANKARA", "priority": "high"}),
        polygon(ring),
    )
}

/// At each end a customs area, and inside it the gate where there is one.
fn ends() -> Vec<Value> {
    let mut zones = Vec::new();
    for (key, office, gate, radius) in ENDS {
        let Some(point) = point(key) else { continue };
        let name = if *gate { "gümrük sahası" } else { "limanı" };
        zones.push(zone(
            &format!("area-{key}"),
            &format!("{} {name}", point.1),
            "customs_area",
            office,
            at(point),
            *radius,
        ));
        if *gate {
            let name = format!("{} sınır kapısı", point.1);
            zones.push(zone(&format!("gate-{key}"), &name, "border_gate", office, at(point), radius / 3.0));
        }
    }
    zones
}

fn places() -> Vec<Value> {
    let place = |p: &Point| {
        let (class, what, radius) = match p.4 {
            Rest::No => return None,
            Rest::Stop => ("permitted_stop", "dinlenme tesisi", 300.0),
            Rest::Lodging => ("lodging", "konaklama tesisi", 350.0),
        };
        let id = format!("{}-{}", if p.4 == Rest::Stop { "stop" } else { "lodging" }, p.0);
        let office = district_of(p).unwrap_or("D-ANKARA");
        Some(zone(&id, &format!("{} {what}", p.1), class, office, at(p), radius))
    };
    POINTS.iter().filter_map(place).collect()
}

fn hazards() -> Vec<Value> {
    let hazard = |(id, name, class, (from, to), share, aside, radius): &super::facts::Hazard| {
        let (from, to) = (point(from)?, point(to)?);
        let line = road(from, to);
        let foot = line.get((share * line.len() as f64) as usize).copied()?;
        let (east, north) = at(from).vector_m(at(to));
        let length = (east * east + north * north).sqrt();
        let centre = foot.offset_m(north / length * aside, -east / length * aside);
        Some(zone(id, name, class, district_of(from).unwrap_or("D-ANKARA"), centre, *radius))
    };
    HAZARDS.iter().filter_map(hazard).collect()
}

fn districts() -> Vec<Value> {
    let district = |(code, name, _, (south, west, north, east)): &super::facts::District| {
        let corner = |lat: f64, lon: f64| lon_lat(position(lat, lon));
        let ring = vec![
            corner(*south, *west),
            corner(*south, *east),
            corner(*north, *east),
            corner(*north, *west),
            corner(*south, *west),
        ];
        let id = format!("district-{}", code.trim_start_matches("D-").to_lowercase());
        feature(json!({"id": id, "name": name, "class": "office_area", "office": code}), polygon(ring))
    };
    DISTRICTS.iter().map(district).collect()
}

fn district_of(point: &Point) -> Option<&'static str> {
    let inside = |b: &(f64, f64, f64, f64)| (b.0..b.2).contains(&point.2) && (b.1..b.3).contains(&point.3);
    DISTRICTS.iter().find(|district| inside(&district.3)).map(|district| district.0)
}

fn zone(id: &str, name: &str, class: &str, office: &str, centre: Position, radius_m: f64) -> Value {
    let corners = 32;
    let mut ring: Vec<Value> = (0..corners)
        .map(|i| {
            let angle = 2.0 * std::f64::consts::PI * f64::from(i) / f64::from(corners);
            lon_lat(centre.offset_m(radius_m * libm::cos(angle), radius_m * libm::sin(angle)))
        })
        .collect();
    ring.extend(ring.first().cloned());
    feature(json!({"id": id, "name": name, "class": class, "office": office}), polygon(ring))
}

fn polygon(ring: Vec<Value>) -> Value {
    json!({"type": "Polygon", "coordinates": [ring]})
}

fn feature(properties: Value, geometry: Value) -> Value {
    let kept: BTreeMap<String, Value> = match properties {
        Value::Object(all) => all.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => BTreeMap::new(),
    };
    json!({"type": "Feature", "properties": kept, "geometry": geometry})
}

/// A feature a line, so that people can find and change one.
fn collection(features: Vec<Value>) -> String {
    let lines: Vec<String> = features.iter().map(Value::to_string).collect();
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", lines.join(",\n"))
}

fn lon_lat(position: Position) -> Value {
    json!([f64::from(position.lon_e6) / 1e6, f64::from(position.lat_e6) / 1e6])
}

fn point(key: &str) -> Option<&'static Point> {
    POINTS.iter().find(|point| point.0 == key)
}

fn at(point: &Point) -> Position {
    position(point.2, point.3)
}

fn position(lat: f64, lon: f64) -> Position {
    Position { lat_e6: (lat * 1e6).round() as i32, lon_e6: (lon * 1e6).round() as i32 }
}

fn corner_of((lat, lon): Corner) -> Position {
    Position { lat_e6: i32::from(lat) * 10_000, lon_e6: i32::from(lon) * 10_000 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::geometry::Area;
    use crate::edge::rulebook::compile;

    #[test]
    fn it_is_a_faultless_rulebook_and_every_way_is_whole() {
        let book = compile(&files()).expect("the demo's rulebook has no faults");
        assert!(book.warnings().is_empty(), "{:?}", book.warnings());
        for (id, _, keys, _) in WAYS {
            keys.iter().for_each(|key| assert!(point(key).is_some(), "{id} leads through {key}, which is not known"));
        }
        assert_eq!(book.corridors.len(), WAYS.len());
    }

    #[test]
    fn every_corridor_stays_inside_the_territory() {
        let book = compile(&files()).expect("no faults");
        let territory: Vec<&Area> =
            book.zones.iter().filter(|zone| zone.class.name() == "territory").map(|zone| &zone.area).collect();
        for corridor in &book.corridors {
            for vertex in corridor.route.lines().into_iter().flatten() {
                assert!(territory.iter().any(|area| area.contains(vertex)), "{} leaves at {vertex:?}", corridor.id);
            }
        }
    }

    #[test]
    fn a_road_is_the_same_in_both_directions() {
        let (a, b) = (point("bolu").expect("known"), point("duzce").expect("known"));
        let (mut there, mut back) = (vec![at(a)], vec![at(b)]);
        there.extend(road(a, b));
        back.extend(road(b, a));
        back.reverse();
        assert_eq!(there, back);
    }
}
