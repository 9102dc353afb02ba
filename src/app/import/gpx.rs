//! GPX tracks: `trk/trkseg/trkpt` with time, elevation, and speed and course where an extension has them.

use super::clock::Clock;
use super::draft::Draft;
use super::harvest::Harvest;
use super::table::stem;
use super::{ImportArgs, log_failure};
use crate::app::failure::Failure;
use crate::edge::log;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use std::path::Path;

/// A point that is being read.
#[derive(Default)]
struct Point {
    lat: Option<String>,
    lon: Option<String>,
    time: Option<String>,
    draft: Draft,
}

/// Reads a file of tracks. Rows are counted by track point; routes and way points have no time and are passed over.
pub(super) fn read(file: &Path, args: &ImportArgs, clock: &Clock, harvest: &mut Harvest) -> Result<(), Failure> {
    let mut xml = Reader::from_reader(log::open(file).map_err(log_failure)?);
    let mut tracks = Tracks { fallback: stem(file), clock, args, name: None, point: None, text: String::new(), row: 0 };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer) {
            Ok(Event::Eof) => break,
            Ok(event) => tracks.take(&event, harvest),
            Err(quick_xml::Error::Io(error)) => return Err(super::unreadable(file, std::io::Error::other(error))),
            Err(error) => {
                let at = xml.error_position();
                let reason = format!("the file is not well-formed at byte {at}: {error}; what follows is not read");
                harvest.refuse(tracks.row + 1, "not XML", reason);
                return Ok(());
            }
        }
    }
    if tracks.point.is_some() {
        harvest.refuse(tracks.row, "not XML", "the file ends inside this point");
    }
    Ok(())
}

struct Tracks<'a> {
    fallback: Option<String>,
    clock: &'a Clock,
    args: &'a ImportArgs,
    /// Of the track.
    name: Option<String>,
    point: Option<Point>,
    text: String,
    row: u64,
}

impl Tracks<'_> {
    fn take(&mut self, event: &Event<'_>, harvest: &mut Harvest) {
        match event {
            Event::Start(tag) => self.begin(tag),
            Event::Empty(tag) => {
                self.begin(tag);
                self.end(tag.local_name().as_ref(), harvest);
            }
            Event::End(tag) => self.end(tag.local_name().as_ref(), harvest),
            Event::Text(text) => self.text.push_str(text),
            Event::CData(text) => self.text.push_str(text),
            Event::GeneralRef(name) => self.text.push_str(resolve_predefined_entity(name).unwrap_or("-")),
            _ => {}
        }
    }

    fn begin(&mut self, tag: &BytesStart<'_>) {
        self.text.clear();
        match tag.local_name().as_ref() {
            "trk" => self.name = None,
            "trkpt" => {
                self.row += 1;
                let mut point = Point::default();
                for attribute in tag.attributes().flatten() {
                    let value = attribute.value.into_owned();
                    match attribute.key.local_name().as_ref() {
                        "lat" => point.lat = Some(value),
                        "lon" => point.lon = Some(value),
                        _ => {}
                    }
                }
                self.point = Some(point);
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: &str, harvest: &mut Harvest) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        if tag == "trkpt" {
            self.finish(harvest);
        } else if let Some(point) = &mut self.point {
            let mut number = |slot: fn(&mut Draft) -> &mut Option<f64>| {
                *slot(&mut point.draft) = text.parse().ok();
                point.draft.dropped |= slot(&mut point.draft).is_none();
            };
            match tag {
                "time" => point.time = Some(text.to_owned()),
                "ele" => number(|d| &mut d.altitude),
                "speed" => number(|d| &mut d.speed),
                "course" | "bearing" => number(|d| &mut d.course),
                "hdop" => number(|d| &mut d.hdop),
                "sat" => number(|d| &mut d.satellites),
                _ => {}
            }
        } else if tag == "name" && !text.is_empty() {
            self.name = Some(text.to_owned());
        }
    }

    fn finish(&mut self, harvest: &mut Harvest) {
        let Some(point) = self.point.take() else { return };
        let name = self.args.unit.as_ref().or(self.name.as_ref()).or(self.fallback.as_ref());
        let Some(unit) = name.and_then(|name| harvest.unit_id(name)) else {
            return harvest.refuse(self.row, "without a unit", "its track has no name; give one with --unit");
        };
        let coordinate = |text: &Option<String>| text.as_ref().and_then(|t| t.trim().parse::<f64>().ok());
        let (Some(lat), Some(lon)) = (coordinate(&point.lat), coordinate(&point.lon)) else {
            return harvest.refuse(self.row, "without a position", "lat or lon is missing or no number");
        };
        let Some(text) = point.time else {
            return harvest.refuse(self.row, "without a time", "the point has no time");
        };
        let Some(time) = self.clock.read(&text) else {
            return harvest.refuse(self.row, "with a bad time", format!("time {text:?} is not understood"));
        };
        match (Draft { lat, lon, time, ..point.draft }).into_fix(unit) {
            Ok(body) => harvest.take(body),
            Err(reason) => harvest.refuse(self.row, "out of range", reason),
        }
    }
}
