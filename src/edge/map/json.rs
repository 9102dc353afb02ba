//! The scene as JSON that may stand inside a `<script>` element.
//!
//! Written by hand, since the geometry goes into packed text: no copy of the scene is made, and the order of the keys is that
//! of this file. `<`, `>` and `&` are written as `\u003c` and so on, so neither `</script>` nor `<!--` can appear.

use super::packing;
use super::scene::{AlertShape, CorridorShape, PlaceLabel, Scene, TrackShape, ZoneShape, is_doubtful};
use crate::domain::position::Position;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes the scene.
///
/// # Errors
/// Those of `out`.
pub fn write(scene: &Scene, out: &mut dyn Write) -> io::Result<()> {
    let qualities = qualities(&scene.tracks);
    write!(out, "{{\"format\":1,\"title\":{},\"subtitle\":{}", text(&scene.title), text(&scene.subtitle))?;
    write!(out, ",\"attribution\":{},\"lang\":\"{}\"", text(&scene.attribution), scene.language.code())?;
    list(out, "qualities", qualities.keys(), |out, name| {
        write!(out, "[{},{}]", text(name), u8::from(is_doubtful(name)))
    })?;
    list(out, "basemap", &scene.basemap, |out, ring| write!(out, "\"{}\"", line(ring)))?;
    list(out, "places", &scene.places, place)?;
    list(out, "corridors", &scene.corridors, corridor)?;
    list(out, "zones", &scene.zones, zone)?;
    list(out, "tracks", &scene.tracks, |out, t| track(out, t, &qualities))?;
    list(out, "alerts", &scene.alerts, alert)?;
    out.write_all(b"}")
}

/// A JSON string with its quotes, safe in HTML.
pub fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len() + 2);
    out.push('"');
    for c in raw.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' | '\u{7f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Each quality that occurs with its number, in byte order.
fn qualities(tracks: &[TrackShape]) -> BTreeMap<&str, usize> {
    let mut names: BTreeMap<&str, usize> = BTreeMap::from([("", 0)]);
    for point in tracks.iter().flat_map(|track| &track.points) {
        if !names.contains_key(point.quality.as_str()) {
            names.insert(&point.quality, 0);
        }
    }
    names.values_mut().enumerate().for_each(|(number, value)| *value = number);
    names
}

/// `,"key":[...]`.
fn list<T>(
    out: &mut dyn Write,
    key: &str,
    items: impl IntoIterator<Item = T>,
    mut one: impl FnMut(&mut dyn Write, T) -> io::Result<()>,
) -> io::Result<()> {
    write!(out, ",\n\"{key}\":[")?;
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.write_all(b",\n")?;
        }
        one(out, item)?;
    }
    out.write_all(b"]")
}

/// Latitude and longitude by turns, each as the difference from the position before.
fn line(positions: &[Position]) -> String {
    let mut out = String::with_capacity(positions.len() * 6);
    let mut last = Position::default();
    for p in positions {
        packing::push(&mut out, i64::from(p.lat_e6) - i64::from(last.lat_e6));
        packing::push(&mut out, i64::from(p.lon_e6) - i64::from(last.lon_e6));
        last = *p;
    }
    out
}

fn lines(rows: &[Vec<Position>]) -> String {
    rows.iter().map(|row| format!("\"{}\"", line(row))).collect::<Vec<_>>().join(",")
}

fn place(out: &mut dyn Write, place: &PlaceLabel) -> io::Result<()> {
    let Position { lat_e6, lon_e6 } = place.position;
    write!(out, "[{},{lat_e6},{lon_e6},{}]", text(&place.name), place.rank)
}

fn corridor(out: &mut dyn Write, corridor: &CorridorShape) -> io::Result<()> {
    let width = if corridor.half_width_m.is_finite() { corridor.half_width_m.max(0.0) } else { 0.0 };
    write!(
        out,
        "{{\"id\":{},\"name\":{},\"half\":{width:.1},\"lines\":[{}]}}",
        text(&corridor.id),
        text(&corridor.name),
        lines(&corridor.lines)
    )
}

fn zone(out: &mut dyn Write, zone: &ZoneShape) -> io::Result<()> {
    write!(
        out,
        "{{\"id\":{},\"name\":{},\"class\":{},\"rings\":[{}]}}",
        text(&zone.id),
        text(&zone.name),
        text(&zone.class),
        lines(&zone.rings)
    )
}

/// Columns: `t` second differences of seconds, `p` positions, `v` differences of 0.1 m/s + 1 (0: none), `q` runs.
fn track(out: &mut dyn Write, track: &TrackShape, qualities: &BTreeMap<&str, usize>) -> io::Result<()> {
    let mut points: Vec<_> = track.points.iter().collect();
    points.sort_by_key(|p| p.time);
    let seconds: Vec<i64> = points.iter().map(|p| p.time.div_euclid(1_000)).collect();
    let start = seconds.first().copied().unwrap_or(0);
    let steps = (0..seconds.len()).map(|i| if i == 0 { 0 } else { seconds[i] - seconds[i - 1] });
    let places: Vec<Position> = points.iter().map(|p| p.position).collect();
    let speeds = points.iter().map(|p| p.speed_cm_s.map_or(0, |v| i64::from((v.min(1_000_000) + 5) / 10) + 1));
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for point in &points {
        let number = qualities.get(point.quality.as_str()).copied().unwrap_or(0);
        match runs.last_mut() {
            Some(run) if run.1 == number => run.0 += 1,
            _ => runs.push((1, number)),
        }
    }
    let runs = runs.iter().map(|(length, number)| format!("{length},{number}")).collect::<Vec<_>>().join(",");
    write!(
        out,
        "{{\"unit\":{},\"journey\":{},\"plate\":{},\"start\":{start},\"t\":\"{}\",\"p\":\"{}\",\"v\":\"{}\",\"q\":[{runs}]}}",
        text(&track.unit),
        optional(track.journey.as_deref()),
        optional(track.plate.as_deref()),
        packing::differences(steps),
        line(&places),
        packing::differences(speeds)
    )
}

fn alert(out: &mut dyn Write, a: &AlertShape) -> io::Result<()> {
    write!(out, "{{\"alert\":{},\"kind\":{},\"priority\":{}", text(&a.alert), text(&a.kind), text(&a.priority))?;
    write!(out, ",\"condition\":{},\"unit\":{}", text(&a.condition), optional(a.unit.as_deref()))?;
    write!(out, ",\"journey\":{},\"subject\":{}", optional(a.journey.as_deref()), text(&a.subject))?;
    write!(out, ",\"onset\":{},\"raised\":{}", a.onset, a.raised)?;
    match a.ended {
        Some(ended) => write!(out, ",\"ended\":{ended}")?,
        None => out.write_all(b",\"ended\":null")?,
    }
    match a.position {
        Some(p) => write!(out, ",\"at\":[{},{}]", p.lat_e6, p.lon_e6)?,
        None => out.write_all(b",\"at\":null")?,
    }
    let pair = |tr: &str, en: &str| format!("{{\"tr\":{},\"en\":{}}}", text(tr), text(en));
    write!(out, ",\"text\":{},\"do\":{}", pair(&a.text_tr, &a.text_en), pair(&a.do_tr, &a.do_en))?;
    let reasons = a.reasons.iter().map(|r| text(r)).collect::<Vec<_>>().join(",");
    write!(out, ",\"reasons\":[{reasons}]}}")
}

fn optional(value: Option<&str>) -> String {
    value.map_or_else(|| "null".to_owned(), text)
}
