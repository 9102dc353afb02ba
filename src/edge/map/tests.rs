//! Hostile names, equal bytes, and reading back what was packed.

use super::json::{self, text};
use super::packing::unpack;
use super::page::markup;
use super::*;
use crate::domain::position::Position;
use serde_json::Value;

const HOSTILE: &str = "</script><script>alert(1)</script><!--{scene}--> \"'&\\ \u{2028}\u{0}\u{7} İğdır \u{1f69a} ]]>";

fn at(lat_e6: i32, lon_e6: i32) -> Position {
    Position { lat_e6, lon_e6 }
}

/// One of everything, each text hostile.
fn scene() -> Scene {
    let name = || HOSTILE.to_owned();
    let line = vec![at(41_000_000, 26_500_000), at(41_100_000, 27_000_000), at(41_100_000, 27_000_000)];
    let point = |minute: i64, position, quality: &str| TrackPoint {
        time: 1_777_622_400_000 + minute * 60_000,
        position,
        speed_cm_s: (minute % 2 == 0).then_some(2_222),
        quality: quality.to_owned(),
    };
    Scene {
        title: name(),
        subtitle: name(),
        attribution: name(),
        language: Language::English,
        corridors: vec![CorridorShape { id: name(), name: name(), half_width_m: f64::NAN, lines: vec![line.clone()] }],
        zones: vec![ZoneShape { id: name(), name: name(), class: name(), rings: vec![line.clone(), vec![]] }],
        tracks: vec![TrackShape {
            unit: name(),
            journey: Some(name()),
            plate: None,
            points: vec![
                point(3, at(41_090_000, 26_990_000), "late"),
                point(0, line[0], ""),
                point(1, at(0, 0), "null_island"),
                point(2, at(-90_000_000, 180_000_000), HOSTILE),
            ],
        }],
        alerts: vec![AlertShape {
            alert: name(),
            kind: name(),
            priority: "high".into(),
            unit: Some(name()),
            position: Some(line[1]),
            onset: i64::MIN,
            raised: i64::MAX,
            text_en: name(),
            reasons: vec![name()],
            ..AlertShape::default()
        }],
        basemap: vec![line],
        places: vec![PlaceLabel { name: name(), position: at(41_050_000, 26_700_000), rank: 1 }],
        fixes: vec![FixMark { position: at(41_050_000, 26_800_000), label: name(), speaks: true }],
    }
}

fn page(scene: &Scene) -> String {
    let mut out = Vec::new();
    render(scene, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The scene of a page, as a browser would read it.
fn embedded(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"scene\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn a_page_opens_no_element_for_a_name() {
    let page = page(&scene());
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    assert_eq!(page.matches("<!--").count(), 0, "every mark is filled and no name opens a comment");
    let (_, body) = page.split_once("<body>").unwrap();
    assert!(!body.contains('\u{2028}'), "older engines end a line of script there");
}

#[test]
fn a_page_asks_for_nothing() {
    let page = page(&Scene::default());
    let links = page.replace("http://www.w3.org/2000/svg", "");
    for word in ["http:", "https:", "src=", "@import", "url(", "fetch(", "import("] {
        assert!(!links.contains(word), "{word}");
    }
}

#[test]
fn names_come_back_as_they_were() {
    let json = embedded(&page(&scene()));
    for path in [
        "/title",
        "/corridors/0/name",
        "/zones/0/class",
        "/tracks/0/journey",
        "/alerts/0/text/en",
        "/alerts/0/reasons/0",
    ] {
        assert_eq!(json.pointer(path).and_then(Value::as_str), Some(HOSTILE), "{path}");
    }
    assert_eq!(json["alerts"][0]["onset"], i64::MIN);
    assert_eq!(json["alerts"][0]["ended"], Value::Null);
    assert_eq!(json["corridors"][0]["half"], 0.0, "a width that is no number is none");
}

#[test]
fn a_track_comes_back_in_order_of_time() {
    let json = embedded(&page(&scene()));
    let track = &json["tracks"][0];
    let row = |key: &str| unpack(track[key].as_str().unwrap()).unwrap();
    let sums = |row: Vec<i64>| {
        row.into_iter()
            .scan(0, |sum, d| {
                *sum += d;
                Some(*sum)
            })
            .collect::<Vec<i64>>()
    };
    assert_eq!(track["start"], 1_777_622_400_i64);
    assert_eq!(sums(row("t")), [0, 60, 60, 60]);
    assert_eq!(sums(row("v")), [223, 0, 223, 0], "0.1 m/s plus one; zero is none");
    let latitudes = sums(row("p").chunks(2).map(|p| p[0]).collect());
    assert_eq!(latitudes, [41_000_000, 0, -90_000_000, 41_090_000]);
    let runs: Vec<u64> = track["q"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
    let names: Vec<_> = runs.chunks(2).map(|r| (r[0], json["qualities"][r[1] as usize][0].as_str().unwrap())).collect();
    assert_eq!(names, [(1, ""), (1, "null_island"), (1, HOSTILE), (1, "late")]);
}

#[test]
fn equal_scenes_are_equal_bytes() {
    assert_eq!(page(&scene()), page(&scene()));
    assert_eq!(svg(&scene(), 800, 500), svg(&scene(), 800, 500));
    let mut other = scene();
    other.tracks[0].points.reverse();
    assert_eq!(page(&other), page(&scene()), "the order of the fixes does not matter");
}

#[test]
fn an_empty_scene_is_a_page_and_a_picture() {
    assert!(embedded(&page(&Scene::default())).is_object());
    assert!(svg(&Scene::default(), 0, 0).ends_with("</svg>\n"));
}

#[test]
fn a_picture_holds_names_as_text_only() {
    let picture = svg(&scene(), 800, 500);
    assert!(!picture.contains("<script") && !picture.contains("NaN") && !picture.contains("inf"));
    assert!(picture.contains("&lt;/script&gt;"));
    assert!(picture.chars().all(|c| c >= ' ' || c == '\n'), "XML forbids control characters");
}

#[test]
fn every_character_is_escaped_so_that_json_gives_it_back() {
    let all: String = (0..0x3000).filter_map(char::from_u32).collect();
    let written = text(&all);
    assert!(!written.contains(['<', '>', '&', '\u{2028}', '\n']));
    assert_eq!(serde_json::from_str::<String>(&written).unwrap(), all);
    assert!(!markup(&all).contains(['<', '>', '"', '\'']));
}

#[test]
fn a_writer_that_fails_is_reported() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    assert_eq!(json::write(&scene(), &mut Full).unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    assert!(render(&scene(), &mut Full).is_err());
}

/// A day of 200 vehicles must stay a page that one can send: 15 characters a fix at most.
#[test]
fn a_fix_takes_few_bytes() {
    let points = (0..1_440_i64)
        .map(|i| TrackPoint {
            time: i * 60_000,
            position: at(39_000_000 + (i * 9_000 + i * i % 97) as i32, 30_000_000 + (i * 11_000 + i * i % 89) as i32),
            speed_cm_s: Some(2_200 + (i * i % 300) as u32),
            quality: String::new(),
        })
        .collect();
    let mut other = Scene { tracks: vec![TrackShape { points, ..TrackShape::default() }], ..Scene::default() };
    let full = page(&other).len();
    other.tracks[0].points.clear();
    let each = (full - page(&other).len()) as f64 / 1_440.0;
    assert!(each < 15.0, "{each} bytes a fix");
}
