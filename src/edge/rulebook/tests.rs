//! Whole rulebooks: a small sound one, one with a fault of every kind, the hash, and the example of the shared data.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::domain::position::Position;
use crate::domain::rulebook::{Settings, ZoneClass};

const SETTINGS: &str = "version = \"t-1\"\n[fix]\nv_max_mps = 40\n";
const OFFICES: &str = "code,name,lat,lon,kind,parent\nTR000001,One,41.0,29.0,gate,\nTR000002,\"Two, the other\",41.0,30.0,inland,TR000001\n";

fn square(lon: f64, lat: f64, half: f64) -> String {
    let (w, s, e, n) = (lon - half, lat - half, lon + half, lat + half);
    format!("[[[{w},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{s}]]]")
}

fn zone(id: &str, class: &str, more: &str, coordinates: &str) -> String {
    format!(
        r#"{{"type":"Feature","properties":{{"id":"{id}","class":"{class}"{more}}},"geometry":{{"type":"Polygon","coordinates":{coordinates}}}}}"#
    )
}

fn corridor(properties: &str, coordinates: &str) -> String {
    format!(
        r#"{{"type":"Feature","properties":{{{properties}}},"geometry":{{"type":"LineString","coordinates":{coordinates}}}}}"#
    )
}

fn collection(features: &[String]) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn sound(dir: &Path) {
    write(dir, "rulebook.toml", SETTINGS);
    write(dir, "offices.csv", OFFICES);
    let zones = [
        zone("tr", "territory", "", &square(29.5, 41.0, 2.0)),
        zone("area", "office_area", r#","office":"TR000002""#, &square(30.0, 41.0, 0.5)),
        zone("stop", "permitted_stop", r#","allowance_min":30"#, &square(29.5, 41.0, 0.002)),
        zone("bed", "lodging", "", &square(29.6, 41.0, 0.002)),
        zone("check", "checkpoint", "", &square(29.7, 41.0, 0.002)),
        zone("yard", "customs_area", "", &square(29.0, 41.0, 0.01)),
        zone(
            "night",
            "risk",
            r#","schedule":{"weekly":{"mon":["22:00-24:00"]},"except":["2026-10-29"]}"#,
            &square(29.8, 41.1, 0.01),
        ),
    ];
    write(dir, "zones/all.geojson", &collection(&zones));
    write(dir, "zones/none.geojson", &collection(&[]));
    let one = corridor(
        r#""id":"c","checkpoints":["check"],"places":["stop","bed"],"from":"TR000001","to":"TR000002","time_limit_h":3"#,
        "[[29.0,41.0],[29.5,41.0],[29.5,41.0],[30.0,41.0]]",
    );
    write(dir, "corridors/c.geojson", &collection(&[one]));
}

fn shared(path: &str) -> Option<PathBuf> {
    let roots = [
        std::env::var_os("KERVAN_SHARED").map(PathBuf::from),
        Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared")),
    ];
    let found = roots.into_iter().flatten().map(|root| root.join("data").join(path)).find(|path| path.exists());
    if found.is_none() {
        println!("skipped: {path} is not there");
    }
    found
}

#[test]
fn a_sound_rulebook_is_resolved_and_answers() {
    let dir = tempfile::tempdir().unwrap();
    sound(dir.path());
    let rulebook = load(dir.path()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(rulebook.warnings(), &[]);
    assert_eq!((rulebook.settings.version.as_str(), rulebook.settings.fix.v_max_mps), ("t-1", 40.0));
    let of = |id: &str| &rulebook.zones[rulebook.zone(id).unwrap() as usize];
    assert_eq!(
        (of("stop").allowance_min, of("bed").allowance_min, of("yard").allowance_min),
        (Some(30), Some(720), None)
    );
    assert_eq!((of("yard").dwell_min, of("stop").dwell_min), (Some(480), None));
    assert_eq!(of("tr").exit_hysteresis_m, 30.0);
    let expected_m = 0.2 * (of("stop").area.area_m2() / std::f64::consts::PI).sqrt();
    assert!((of("bed").exit_hysteresis_m.min(30.0) - expected_m.min(30.0)).abs() < 1e-6);
    let corridor = &rulebook.corridors[rulebook.corridor("c").unwrap() as usize];
    assert_eq!(corridor.half_width_m, 250.0);
    assert_eq!(corridor.checkpoints, vec![rulebook.zone("check").unwrap()]);
    assert_eq!(corridor.places, vec![rulebook.zone("bed").unwrap(), rulebook.zone("stop").unwrap()]);
    let here = Position { lat_e6: 41_000_000, lon_e6: 29_500_000 };
    let mut inside = vec![99];
    rulebook.zones_containing(here, &mut inside);
    let names: Vec<&str> = inside.iter().map(|zone| rulebook.zones[*zone as usize].id.as_str()).collect();
    assert_eq!(names, ["area", "stop", "tr"]);
    assert_eq!(rulebook.responsible_offices(here), ["TR000002"]);
    assert_eq!(rulebook.nearest_office(here).unwrap().code, "TR000001", "equally near: the smaller code");
    assert_eq!(rulebook.territory(), rulebook.zone("tr"));
    assert_eq!((rulebook.zone("TR"), rulebook.corridor("d")), (None, None));
}

#[test]
fn every_fault_at_once() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "rulebook.toml",
        "version = 'x'\nwrong = 1\n[fix]\nv_max_mps = 99.0\nsigma_cap = 1\nmin_satellites = 'three'\n[low_battery]\nlow_percent = 30\n",
    );
    write(
        dir.path(),
        "offices.csv",
        "code,name,lat,lon,kind,parent\nTR1,a,41,200,gate,\nTR 2,b,41,29,gate,\nTR3,c,,,gate,TR9\nTR3,d,1,2\n",
    );
    let zones = [
        zone("open", "watch", "", "[[[29,41],[30,41],[30,42]]]"),
        zone("bow", "watch", "", "[[[29,41],[30,42],[30,41],[29,42],[29,41]]]"),
        zone("touch", "watch", "", "[[[29,41],[30,41],[30,42],[31,42],[31,43],[30,42],[29,42],[29,41]]]"),
        zone("classless", "harbour", "", &square(29.0, 41.0, 0.1)),
        zone("twice", "watch", "", &square(29.0, 41.0, 0.1)),
        zone("twice", "watch", "", &square(29.0, 41.0, 0.1)),
        zone("bad id", "watch", "", &square(29.0, 41.0, 0.1)),
        zone("far", "checkpoint", r#","office":"TR77""#, &square(29.5, 42.0, 0.001)),
        zone("sched", "risk", r#","schedule":{"weekly":{"mon":["22:00-05:00"],"someday":[]},"except":["soon"],"often":1}"#, &square(29.0, 41.0, 0.1)),
        zone("place", "watch", "", "[[[29,41],[30,91],[\"x\",42],[29,41]]]"),
        zone("types", "watch", r#","dwell_min":"long","priority":"urgent","allowance_min":-1"#, &square(29.0, 41.0, 0.1)),
        r#"{"type":"Feature","properties":{"id":"point","class":"watch"},"geometry":{"type":"Point","coordinates":[1,2]}}"#.into(),
        r#"{"type":"Feature","properties":{},"geometry":null}"#.into(),
    ];
    write(dir.path(), "zones/all.geojson", &collection(&zones));
    write(dir.path(), "zones/.hidden.geojson", "not read");
    write(dir.path(), "zones/readme.txt", "not read");
    let line = "[[29.0,41.0],[30.0,41.0]]";
    let corridors = [
        corridor(r#""id":"wide","half_width_m":50001"#, line),
        corridor(r#""id":"c","checkpoints":["far","nowhere"],"places":["nowhere"],"half_width_m":"w""#, line),
        corridor(r#""id":"c2","checkpoints":["far"],"time_limit_h":0"#, line),
        corridor(r#""id":"c3","checkpoints":["far"]"#, line),
        corridor(r#""id":"dot""#, "[[29.0,41.0],[29.0,41.0]]"),
    ];
    write(dir.path(), "corridors/all.geojson", &collection(&corridors));
    write(dir.path(), "corridors/broken.geojson", "{\n\"type\": ");
    let Err(LoadError::Faults(found)) = load(dir.path()) else { panic!("it has faults") };
    let text: Vec<String> = found.iter().map(ToString::to_string).collect();
    let expected: [(&str, &str); 38] = [
        ("`wrong`", "unknown_key"),
        ("`v_max_mps`", "out_of_range"),
        ("`sigma_cap`", "unknown_key"),
        ("`min_satellites`", "wrong_type"),
        ("low_percent (30) must not exceed clear_percent", "setting_conflict"),
        ("offices.csv: line 2", "bad_coordinates"),
        ("\"TR 2\"", "bad_id"),
        ("\"TR9\"", "unknown_office"),
        ("offices.csv: line 5", "syntax"),
        ("\"open\": part 0, ring 0, vertex 2 (30, 42)", "open_ring"),
        ("\"bow\": part 0, ring 0, vertex 0 (29.5, 41.5)", "ring_crosses"),
        ("\"touch\": part 0, ring 0, vertex 2 (30, 42)", "ring_touches"),
        ("unknown class \"harbour\"", "unknown_class"),
        ("first in zones/all.geojson: feature 4", "id_used_twice"),
        ("\"bad id\"", "bad_id"),
        ("\"TR77\"", "unknown_office"),
        ("\"22:00-05:00\"", "schedule"),
        ("\"someday\"", "schedule"),
        ("\"soon\"", "schedule"),
        ("`often`", "wrong_type"),
        ("\"place\": part 0, ring 0, vertex 1: [30,91]", "bad_coordinates"),
        ("\"place\": part 0, ring 0, vertex 2", "bad_coordinates"),
        ("`dwell_min` must be a whole number", "wrong_type"),
        ("\"urgent\"", "unknown_priority"),
        ("`allowance_min` must be 0", "out_of_range"),
        ("\"Point\"", "geometry_type"),
        ("feature 12: the id \"\"", "bad_id"),
        ("feature 12: the zone has no class", "unknown_class"),
        ("feature 12: the zone has no polygon", "no_polygon"),
        ("`half_width_m` is 50001", "width_out_of_range"),
        ("`half_width_m` must be a number", "wrong_type"),
        ("`checkpoints` names \"nowhere\"", "unknown_checkpoint"),
        ("`places` names \"nowhere\"", "unknown_place"),
        ("`time_limit_h`", "out_of_range"),
        ("\"c3\": the checkpoint \"far\" is 1", "checkpoint_off_corridor"),
        ("\"dot\"", "line_without_length"),
        ("corridors/broken.geojson: line 2", "syntax"),
        ("no zone of class `territory`", "no_territory"),
    ];
    for (part, code) in expected {
        let code = format!("[{code}]");
        assert!(
            text.iter().any(|line| line.contains(part) && line.ends_with(&code)),
            "{part} {code} not in\n{}",
            text.join("\n")
        );
    }
    assert_eq!(found.len(), expected.len(), "{}", text.join("\n"));
}

#[test]
fn the_hash_is_that_of_sha256sum_and_of_these_files_only() {
    let dir = tempfile::tempdir().unwrap();
    sound(dir.path());
    let first = load(dir.path()).unwrap().sha256;
    write(dir.path(), "notes.md", "x");
    write(dir.path(), "zones/more.json", "x");
    write(dir.path(), "zones/deeper/z.geojson", "x");
    assert_eq!(load(dir.path()).unwrap().sha256, first);
    write(dir.path(), "rulebook.toml", &format!("{SETTINGS}\n"));
    assert_ne!(load(dir.path()).unwrap().sha256, first);
    // printf 'a' | sha256sum; printf 'b' | sha256sum; then sha256sum of the two lines.
    let file = |path: &str, text: &str| RulebookFile { path: path.into(), bytes: text.into() };
    let files = [file("offices.csv", "a"), file("rulebook.toml", "b")];
    assert_eq!(sha256(&files), "ecc5aca1c169a420c2b3dc7392580335885c47bbe433f6f808381d36ad341f43");
}

#[test]
fn what_is_not_there_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let Err(LoadError::Missing { path, .. }) = load(dir.path()) else { panic!("nothing is there") };
    assert!(path.ends_with("rulebook.toml"));
    assert!(matches!(load(&dir.path().join("nowhere")), Err(LoadError::Missing { .. })));
}

#[test]
fn an_unreadable_zone_file_does_not_make_references_faults() {
    let dir = tempfile::tempdir().unwrap();
    sound(dir.path());
    write(dir.path(), "zones/all.geojson", "[1, 2");
    let Err(LoadError::Faults(found)) = load(dir.path()) else { panic!("it is broken") };
    assert_eq!(found.iter().filter(|fault| fault.is_fault()).count(), 1, "{found:#?}");
}

#[test]
fn hostile_files_are_faults_and_no_panics() {
    let deep = "[".repeat(100_000);
    let huge = r#"{"type":"Polygon","coordinates":[[[1e400,1],[1,1]]]}"#;
    for text in [
        deep.as_str(),
        huge,
        "",
        "null",
        "[]",
        "{\"type\":\"FeatureCollection\"}",
        "{\"type\":\"FeatureCollection\",\"features\":[1,null,{}]}",
        "\u{feff}{}",
    ] {
        let files = [
            RulebookFile { path: "rulebook.toml".into(), bytes: vec![] },
            RulebookFile { path: "zones/a.geojson".into(), bytes: text.into() },
        ];
        assert!(compile(&files).is_err(), "{:.40}", text);
    }
    let files = [RulebookFile { path: "rulebook.toml".into(), bytes: vec![0xff, 0xfe] }];
    assert!(compile(&files).unwrap_err().iter().any(|fault| fault.code == "not_utf8"));
}

#[test]
fn defaults_are_those_of_the_example() {
    let Some(path) = shared("rulebook-example/rulebook.toml") else { return };
    let bytes = fs::read(path).unwrap();
    // Every key of the file is in its range and, given to settings that differ everywhere it can, gives the default.
    let table: toml::Table = std::str::from_utf8(&bytes).unwrap().parse().unwrap();
    let mut keys = 0;
    for (name, value) in &table {
        let Some(entries) = value.as_table().filter(|_| name != "class" && name != "mount") else { continue };
        let (_, known) =
            crate::domain::rulebook::settings::Tables::KEYS.iter().find(|(table, _)| table == name).unwrap();
        assert_eq!(
            entries.keys().map(String::as_str).collect::<std::collections::BTreeSet<_>>(),
            known.iter().copied().collect(),
            "[{name}]"
        );
        keys += entries.len();
    }
    assert_eq!(keys, crate::domain::rulebook::settings::Tables::KEYS.iter().map(|(_, keys)| keys.len()).sum::<usize>());
    let mut found = Vec::new();
    let file = RulebookFile { path: "rulebook.toml".into(), bytes };
    assert_eq!((settings::read(&file, &mut found), found), (Settings::default(), vec![]));
}

#[test]
fn the_example_rulebook_has_no_fault() {
    let Some(path) = shared("rulebook-example") else { return };
    let started = std::time::Instant::now();
    let rulebook = load(&path).unwrap_or_else(|error| panic!("{error}"));
    println!("loaded in {:?}; sha256 {}", started.elapsed(), rulebook.sha256);
    for warning in rulebook.warnings() {
        println!("{warning}");
    }
    assert_eq!((rulebook.zones.len(), rulebook.corridors.len(), rulebook.offices.len()), (130, 10, 169));
    let ankara = Position { lat_e6: 39_920_000, lon_e6: 32_850_000 };
    assert_eq!(rulebook.responsible_offices(ankara).len(), 1);
    assert!(rulebook.territory().is_some_and(|zone| rulebook.zones[zone as usize].area.contains(ankara)));
    let lodging = rulebook.zones.iter().find(|zone| zone.class == ZoneClass::Lodging).unwrap();
    assert_eq!(lodging.allowance_min, Some(720));
}
