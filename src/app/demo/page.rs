//! The scene of the day: rules, ways driven, alerts as they stand, thin enough for a page that opens at once.

use std::collections::BTreeMap;
use std::path::Path;

use super::announce::Newest;
use super::words::words;
use super::world;
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::domain::alert::{EvidenceValue, Op, Revision};
use crate::domain::geometry::Route;
use crate::domain::output::{Quality, TrackRow};
use crate::domain::position::Position;
use crate::domain::record::Id;
use crate::domain::rules::Rules;
use crate::domain::time::{MINUTE, Rfc3339};
use crate::edge::lake::{Live, Table, read_records, read_tracks};
use crate::edge::map::{AlertShape, CorridorShape, Language, Scene, TrackPoint, TrackShape, ZoneShape, cities, svg};

/// While a vehicle stands, a fix this near and this soon after the last one shown says nothing new.
const STILL_M: f64 = 25.0;
const STILL_MS: i64 = 10 * MINUTE;
/// More fixes than this are thinned: about 3 MB of page.
const MOST: usize = 280_000;
/// Size of the picture, pixels.
const PICTURE: (u32, u32) = (1_280, 600);
/// Alerts farther from every corridor than this, metres, are not in the picture; of the fixes one in so long, no faster.
const PICTURE_REACH_M: f64 = 20_000.0;
const PICTURE_MS: i64 = 3 * MINUTE;
const PICTURE_MPS: f64 = 35.0;

/// Everything on the map.
///
/// # Errors
/// A table of the replay cannot be read.
pub fn scene(rules: &Rules, result: &Path, alerts: &Newest, language: Language) -> Result<Scene, Failure> {
    let words = words(language);
    Ok(Scene {
        title: words.map_title.to_owned(),
        subtitle: words.map_subtitle.to_owned(),
        attribution: words.attribution.to_owned(),
        language,
        corridors: rules.book.corridors.iter().map(corridor).collect(),
        zones: rules.book.zones.iter().map(zone).collect(),
        tracks: tracks(result)?,
        alerts: alerts.values().filter(|r| r.op != Op::Retract).map(alert).collect(),
        basemap: world::land(),
        places: cities::places(),
        fixes: Vec::new(),
    })
}

/// The day as a still picture for a README.
pub fn picture(mut scene: Scene) -> String {
    let words = words(Language::English);
    scene.title = words.map_title.to_owned();
    scene.subtitle = words.map_subtitle.to_owned();
    scene.attribution = words.attribution.to_owned();
    scene.language = Language::English;
    scene.zones.retain(|zone| zone.class != "territory");
    for line in scene.corridors.iter_mut().flat_map(|corridor| &mut corridor.lines) {
        let last = line.len().saturating_sub(1);
        let mut place = 0..;
        line.retain(|_| place.next().is_none_or(|i: usize| i.is_multiple_of(3) || i == last));
    }
    scene.tracks.iter_mut().for_each(|track| calm(&mut track.points));
    let ways = Route::new(&scene.corridors.iter().flat_map(|corridor| corridor.lines.clone()).collect::<Vec<_>>());
    scene.alerts.retain(|alert| {
        let near = |position| ways.nearest(position, None).distance_m < PICTURE_REACH_M;
        matches!(alert.priority.as_str(), "high" | "medium") && alert.position.is_some_and(near)
    });
    scene.places.retain(|place| place.rank < 3);
    svg(&scene, PICTURE.0, PICTURE.1)
}

/// Leaves out what comes too soon after the last fix, and what a jump of position claims: it would lay spokes across the
/// country.
fn calm(way: &mut Vec<TrackPoint>) {
    let mut last: Option<(i64, Position)> = None;
    way.retain(|point| {
        let kept = last.is_none_or(|(time, position)| {
            let seconds = (point.time - time) as f64 / 1e3;
            point.time - time >= PICTURE_MS && position.distance_m(point.position) < PICTURE_MPS * seconds
        });
        if kept {
            last = Some((point.time, point.position));
        }
        kept
    });
}

fn corridor(corridor: &crate::domain::rulebook::Corridor) -> CorridorShape {
    CorridorShape {
        id: corridor.id.clone(),
        name: corridor.name.clone(),
        half_width_m: corridor.half_width_m,
        lines: corridor.route.lines(),
    }
}

fn zone(zone: &crate::domain::rulebook::Zone) -> ZoneShape {
    ZoneShape {
        id: zone.id.clone(),
        name: zone.name.clone(),
        class: zone.class.name().to_owned(),
        rings: zone.area.rings(),
    }
}

/// The newest revision of an alert.
fn alert(r: &Revision) -> AlertShape {
    let value = |value: &EvidenceValue| match value {
        EvidenceValue::Int(number) => number.to_string(),
        EvidenceValue::Pair(from, to) => format!("{from} - {to}"),
        EvidenceValue::Bool(flag) => flag.to_string(),
        EvidenceValue::Texts(words) => words.join(", "),
        EvidenceValue::Text(text) => text.clone(),
        EvidenceValue::Time(time) => Rfc3339(*time).to_string(),
    };
    let numbers = r.evidence.values.iter().map(|(name, v)| format!("{name} {}", value(v)));
    AlertShape {
        alert: r.alert.clone(),
        kind: r.kind.name().to_owned(),
        priority: r.priority.name().to_owned(),
        condition: r.condition.name().to_owned(),
        unit: r.unit.clone(),
        journey: r.journey.clone(),
        subject: r.subject.clone(),
        onset: r.onset,
        raised: r.raised,
        ended: r.ended,
        position: r.position,
        text_tr: r.text.tr.clone(),
        text_en: r.text.en.clone(),
        do_tr: r.text.do_tr.clone(),
        do_en: r.text.do_en.clone(),
        reasons: r.priority_reason.iter().cloned().chain(numbers).collect(),
    }
}

/// The ways of all journeys, in order of unit and journey.
fn tracks(result: &Path) -> Result<Vec<TrackShape>, Failure> {
    let live = Live::load(result).or_fail(ExitCode::Missing, || format!("reading {}", result.display()))?;
    let mut ways: BTreeMap<(Id, Option<Id>), Vec<TrackPoint>> = BTreeMap::new();
    for file in live.of(Table::Tracks) {
        for (_, row) in read_tracks(result, file)? {
            let point = point(&row);
            ways.entry((row.unit, row.journey)).or_default().push(point);
        }
    }
    let plates = plates(result, &live)?;
    for way in ways.values_mut() {
        way.sort_by_key(|point| point.time);
        thin(way);
    }
    let total: usize = ways.values().map(Vec::len).sum();
    let step = total.div_ceil(MOST).max(1);
    let shape = |((unit, journey), points): ((Id, Option<Id>), Vec<TrackPoint>)| TrackShape {
        plate: journey.as_ref().and_then(|journey| plates.get(journey.as_str()).cloned()),
        unit: unit.into(),
        journey: journey.map(String::from),
        points: points.into_iter().step_by(step).collect(),
    };
    Ok(ways.into_iter().map(shape).collect())
}

fn point(row: &TrackRow) -> TrackPoint {
    TrackPoint {
        time: row.fix.time,
        position: row.fix.position,
        speed_cm_s: row.fix.speed_cm_s,
        quality: row.quality.names().collect::<Vec<_>>().join(","),
    }
}

/// Leaves out what was said twice and the many fixes of one stop.
fn thin(way: &mut Vec<TrackPoint>) {
    let duplicate = Quality::NAMES[2];
    way.retain(|point| !point.quality.split(',').any(|name| name == duplicate));
    let mut kept: Option<(i64, Position)> = None;
    way.retain(|point| {
        let same = kept.is_some_and(|(time, position)| {
            point.quality.is_empty() && point.time - time < STILL_MS && position.distance_m(point.position) < STILL_M
        });
        if !same {
            kept = Some((point.time, point.position));
        }
        !same
    });
}

/// Plates by journey, from what was declared.
fn plates(result: &Path, live: &Live) -> Result<BTreeMap<String, String>, Failure> {
    let mut plates = BTreeMap::new();
    for file in live.of(Table::Records) {
        for record in read_records(result, file)?.into_iter().filter(|record| record.type_name == "activate") {
            let json: serde_json::Value = serde_json::from_str(&record.json)?;
            let plate = json.pointer("/vehicle/plate").and_then(serde_json::Value::as_str);
            if let (Some(journey), Some(plate)) = (record.journey, plate) {
                plates.insert(journey, plate.to_owned());
            }
        }
    }
    Ok(plates)
}
