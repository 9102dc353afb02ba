//! Reads a feature of `zones/`.

use serde_json::{Map, Value};

use super::features::{Feature, Geometry, Properties, texts};
use crate::domain::rulebook::{Fault, ScheduleSource, ZoneSource};

/// The zone; what is wrong is told and left empty.
pub fn read(mut feature: Feature, found: &mut Vec<Fault>) -> ZoneSource {
    let polygons = match std::mem::replace(&mut feature.geometry, Geometry::Nothing) {
        Geometry::Polygons(polygons) => polygons,
        Geometry::Nothing => Vec::new(),
        Geometry::Lines(_) => {
            feature.broken = true;
            let message = "a zone must be a Polygon or MultiPolygon; lines belong to corridors/";
            found.push(Fault::new("geometry_type", feature.place.clone(), message));
            Vec::new()
        }
    };
    let mut properties = Properties::new(&mut feature, found);
    let mut zone = ZoneSource {
        id: properties.text("id").unwrap_or_default(),
        class: properties.text("class").unwrap_or_default(),
        name: properties.text("name"),
        office: properties.text("office"),
        allowance_min: properties.whole("allowance_min"),
        dwell_min: properties.whole("dwell_min"),
        priority: properties.text("priority"),
        schedule: schedule(&mut properties),
        polygons,
        ..ZoneSource::default()
    };
    zone.broken = feature.broken;
    zone.place = feature.place;
    zone
}

/// `{"weekly": {"mon": ["22:00-24:00"]}, "except": ["2026-10-29"]}`; a further key would be a rule that nobody keeps.
fn schedule(properties: &mut Properties) -> Option<ScheduleSource> {
    let object = properties.object("schedule")?;
    for key in object.keys().filter(|key| !["weekly", "except"].contains(&key.as_str())) {
        properties.wrong(format!("`schedule` has the unknown key `{key}`; it takes `weekly` and `except`"));
    }
    let empty = Map::new();
    let weekly = match object.get("weekly") {
        Some(Value::Object(weekly)) => weekly,
        None => &empty,
        Some(_) => {
            properties.wrong("`weekly` of `schedule` must be an object of weekdays".into());
            &empty
        }
    };
    let mut source = ScheduleSource::default();
    for (day, windows) in weekly {
        match texts(windows) {
            Some(windows) => source.weekly.push((day.clone(), windows)),
            None => {
                properties.wrong(format!("`{day}` of `schedule` must be a list of windows such as [\"22:00-24:00\"]"))
            }
        }
    }
    match object.get("except").map(texts) {
        Some(Some(except)) => source.except = except,
        None => {}
        Some(None) => {
            properties.wrong("`except` of `schedule` must be a list of dates such as [\"2026-10-29\"]".into())
        }
    }
    Some(source)
}
