//! Real tracks of the shared data: what came in is accounted for, and what is known of it is found.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::replay::track_rows;
use super::support::{directory, json_lines, outcomes_sum, replayed, shared};

/// Lines of a track file.
fn lines_of(data: &Path, set: &str) -> Vec<Value> {
    let file = std::fs::File::open(data.join(format!("tracks/{set}.ndjson.gz"))).expect("the set is there");
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).expect("it is text");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// A CSV file of `truth/`, by column name.
fn truth(data: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(data.join("truth").join(name)).expect("the truth is there");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn write(path: &Path, lines: &[Value]) -> PathBuf {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(path, text).expect("a log can be written");
    path.to_path_buf()
}

fn text<'a>(line: &'a Value, key: &str) -> &'a str {
    line[key].as_str().unwrap_or_default()
}

/// A rulebook with nothing but its defaults.
fn plain_rulebook(dir: &Path) -> PathBuf {
    let book = dir.join("book");
    std::fs::create_dir_all(&book).expect("a directory can be made");
    std::fs::write(book.join("rulebook.toml"), "version = \"plain\"\n").expect("a file can be written");
    book
}

/// The time `seconds` after a time of the data (`2026-01-26T15:57:02.000Z`), the same day.
fn later(time: &str, seconds: i64) -> String {
    let two = |at: usize| time[at..at + 2].parse::<i64>().unwrap_or(0);
    let all = two(11) * 3600 + two(14) * 60 + two(17) + seconds;
    format!("{}T{:02}:{:02}:{:02}.000Z", &time[..10], all / 3600, all / 60 % 60, all % 60)
}

#[test]
fn every_readable_fix_is_once_in_the_tables() {
    let Some(data) = shared() else { return };
    let dir = directory();
    let mut sets: Vec<_> =
        std::fs::read_dir(data.join("tracks")).expect("tracks").flatten().map(|e| e.path()).collect();
    sets.sort();
    for set in sets {
        let name = set.file_name().unwrap_or_default().to_string_lossy().replace(".ndjson.gz", "");
        let out = dir.path().join(&name);
        replayed(&[&set], &data.join("rulebook-example"), &out, &[]);
        let lines = lines_of(&data, &name);
        assert_eq!(outcomes_sum(&out) as usize, lines.len(), "{name}");
        let rejects = json_lines(&out.join("rejects.ndjson")).len();
        let rows = track_rows(&out);
        assert_eq!(rows.len() + rejects, lines.len(), "{name}: every fix once");
        let offsets: BTreeSet<u64> = rows.iter().map(|(source, _)| source.offset).collect();
        assert_eq!(offsets.len(), rows.len(), "{name}: no fix twice");
        println!("{name}: {} fixes, {rejects} rejects", rows.len());
    }
}

fn liverpool(data: &Path, dir: &Path, by_time: bool) -> BTreeSet<String> {
    let geo: Value =
        serde_json::from_slice(&std::fs::read(data.join("truth/liverpool_corridor.geojson")).expect("corridor"))
            .expect("GeoJSON");
    let line = geo["features"][0]["geometry"]["coordinates"].clone();
    assert_eq!(geo["features"][0]["geometry"]["type"], "LineString");
    let fixes = lines_of(data, "liverpool_bus");
    let mut groups: Vec<(String, Vec<Value>)> = Vec::new();
    for trip in truth(data, "liverpool_trips.csv") {
        let (unit, name) = (&trip["unit"], format!("trip-{}", trip["trip"]));
        let corridor = json!({"type": "LineString", "coordinates": line, "half_width_m": 100});
        let mut all = vec![json!({"type": "activate", "unit": unit, "journey": name,
            "time": trip["first_time"], "corridor": corridor})];
        let number = |key: &str| trip[key].parse::<usize>().expect("an offset");
        all.extend_from_slice(&fixes[number("first_offset")..=number("last_offset")]);
        let end = later(&trip["last_time"], 1);
        all.push(json!({"type": "deactivate", "unit": unit, "journey": name, "time": end}));
        groups.push((trip["first_time"].clone(), all));
    }
    if by_time {
        groups.sort_by(|a, b| a.0.cmp(&b.0));
    }
    let mut log: Vec<Value> = groups.into_iter().flat_map(|(_, lines)| lines).collect();
    if by_time {
        let time = |l: &Value| l["fix_time"].as_str().or(l["time"].as_str()).unwrap_or_default().to_owned();
        log.sort_by_key(time);
    }
    let name = format!("liverpool-{by_time}");
    let log_file = write(&dir.join(format!("{name}.ndjson")), &log);
    let out = dir.join(&name);
    replayed(&[&log_file], &plain_rulebook(dir), &out, &[]);
    assert_eq!(outcomes_sum(&out) as usize, log.len());
    let mut latest: BTreeMap<String, Value> = BTreeMap::new();
    for alert in json_lines(&out.join("alerts.ndjson")) {
        if text(&alert, "kind") == "corridor_deviation" {
            latest.insert(text(&alert, "alert").to_owned(), alert);
        }
    }
    latest
        .into_values()
        .filter(|a| text(a, "op") != "retract")
        .map(|a| {
            format!(
                "{} {} {} {}",
                text(&a, "journey"),
                text(&a, "onset"),
                a["ended"],
                a["evidence"]["max_cross_track_m"]
            )
        })
        .collect()
}

#[test]
fn the_detour_of_liverpool_is_the_only_deviation() {
    let Some(data) = shared() else { return };
    let dir = directory();
    let as_filed = liverpool(&data, dir.path(), false);
    let in_time = liverpool(&data, dir.path(), true);
    println!("{as_filed:?}");
    assert_eq!(as_filed.len(), 1, "{as_filed:?}");
    assert!(as_filed.iter().all(|a| a.starts_with("trip-1103 ")), "{as_filed:?}");
    assert_eq!(as_filed, in_time, "the order of the journeys does not matter");
}

#[test]
fn dirt_is_dealt_with_as_specified() {
    let Some(data) = shared() else { return };
    let dir = directory();
    let book = plain_rulebook(dir.path());
    let mut dirt: BTreeMap<String, BTreeMap<u64, String>> = BTreeMap::new();
    for row in truth(&data, "dirt.csv") {
        let offset = row["offset"].parse().expect("an offset");
        dirt.entry(row["set"].clone()).or_default().insert(offset, row["what"].clone());
    }
    for (set, dirt) in dirt {
        let fixes = lines_of(&data, &set);
        // One journey a unit and day, so that what comes backwards is late inside a journey; it begins before the first
        // fix of its day and ends with the day.
        let mut days: BTreeSet<(String, String)> = BTreeSet::new();
        let mut log: Vec<Value> = Vec::new();
        let mut places: BTreeMap<u64, u64> = BTreeMap::new();
        let mut clock = String::new();
        for (place, fix) in fixes.iter().enumerate() {
            let (unit, day) = (text(fix, "unit").to_owned(), text(fix, "fix_time")[..10].to_owned());
            clock = clock.max(fix["receive_time"].as_str().unwrap_or(text(fix, "fix_time")).to_owned());
            let mut said = Vec::new();
            if days.insert((unit.clone(), day.clone())) {
                for (kind, time) in [("activate", "T00:00:00.000Z"), ("deactivate", "T23:59:59.999Z")] {
                    let journey = format!("day-{}", days.len());
                    said.push(json!({"type": kind, "unit": unit, "journey": journey, "time": format!("{day}{time}")}));
                }
            }
            said.push(fix.clone());
            for mut line in said {
                line["_partition"] = json!(0);
                line["_offset"] = json!(log.len());
                line["_timestamp"] = json!(clock);
                log.push(line);
            }
            places.insert(log.len() as u64 - 1, place as u64);
        }
        let log_file = write(&dir.path().join(format!("{set}.ndjson")), &log);
        let out = dir.path().join(&set);
        replayed(&[&log_file], &book, &out, &[]);
        assert_eq!(outcomes_sum(&out) as usize, log.len());
        let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (source, row) in track_rows(&out) {
            if let Some(what) = places.get(&source.offset).and_then(|place| dirt.get(place)) {
                assert!(row.journey.is_some(), "a journey holds it: {row:?}");
                let flags: Vec<_> = row.quality.names().filter(|f| *f != "glitch" && *f != "speed").collect();
                *seen.entry((what.clone(), flags.join(","))).or_insert(0) += 1;
            }
        }
        println!("{set}: {seen:?}");
        for ((what, flags), n) in &seen {
            let has = |flag: &str| flags.split(',').any(|f| f == flag);
            let as_specified = match what.as_str() {
                "null_island" => has("null_island"),
                "exact_duplicate" => has("duplicate"),
                // The winner of two at one time may be the second: then it is late, it rewinds.
                "conflicting_duplicate" => has("conflict") || has("late"),
                "backwards" => has("late"),
                _ => false,
            };
            assert!(as_specified, "{set}: {n} rows of {what} have the flags '{flags}'");
        }
    }
}

#[test]
fn the_bus_of_limerick_stands_where_it_stood() {
    let Some(data) = shared() else { return };
    let dir = directory();
    let mut log = lines_of(&data, "bus_304_limerick");
    let (unit, first) = (text(&log[0], "unit").to_owned(), text(&log[0], "fix_time").to_owned());
    let last = text(&log[log.len() - 1], "fix_time").to_owned();
    log.insert(0, json!({"type": "activate", "unit": unit, "journey": "bus", "time": first}));
    log.push(json!({"type": "deactivate", "unit": unit, "journey": "bus", "time": later(&last, 1)}));
    let log_file = write(&dir.path().join("bus.ndjson"), &log);
    let out = dir.path().join("bus");
    replayed(&[&log_file], &plain_rulebook(dir.path()), &out, &[]);
    let stops: Vec<Value> =
        json_lines(&out.join("episodes.ndjson")).into_iter().filter(|l| l.to_string().contains("\"stop\"")).collect();
    let mut wanted = 0;
    for stop in truth(&data, "limerick_stops.csv") {
        let standing: f64 = stop["standing_s"].parse().unwrap_or(0.0);
        if standing < 120.0 {
            continue;
        }
        wanted += 1;
        // Times of one day are compared as text: the episode touches the stay.
        let (arrival, departure) = (&stop["arrival"], &stop["departure"]);
        let touches = |s: &Value| text(s, "from") <= departure.as_str() && text(s, "to") >= arrival.as_str();
        assert!(stops.iter().any(touches), "no stop for {stop:?} among {stops:#?}");
    }
    println!("{wanted} stops of two minutes and more, {} lines", stops.len());
    assert!(wanted > 0);
}

/// The table of docs/results/real-tracks.md. With `KERVAN_OUT=DIR` the results stay there, for `kervan explain ALERT --svg`.
#[test]
#[ignore = "a table for a document"]
fn what_is_said_of_every_set() {
    let Some(data) = shared() else { return };
    let passing = directory();
    let dir = std::env::var_os("KERVAN_OUT").map_or_else(|| passing.path().to_path_buf(), PathBuf::from);
    std::fs::create_dir_all(&dir).expect("a directory can be made");
    let book = plain_rulebook(&dir);
    let mut sets: Vec<PathBuf> =
        std::fs::read_dir(data.join("tracks")).expect("tracks").flatten().map(|e| e.path()).collect();
    sets.sort();
    println!("| tracks | unit-days | fixes | alerts |\n|---|---|---|---|");
    for set in sets {
        let name = set.file_name().unwrap_or_default().to_string_lossy().replace(".ndjson.gz", "");
        let mut fixes = lines_of(&data, &name);
        fixes.sort_by(|a, b| text(a, "fix_time").cmp(text(b, "fix_time")));
        let mut days: BTreeMap<(String, String), (String, String)> = BTreeMap::new();
        for fix in &fixes {
            let (unit, time) = (text(fix, "unit").to_owned(), text(fix, "fix_time").to_owned());
            let span = days.entry((unit, time[..10].to_owned())).or_insert_with(|| (time.clone(), time.clone()));
            span.1 = time;
        }
        // A journey from the first to the last fix of a unit's day: its declaration before the one, its end behind the other.
        let mut said: Vec<(String, u8, Value)> = Vec::new();
        for ((unit, day), (first, last)) in &days {
            let order = |kind: &str, time: &str| json!({"type": kind, "unit": unit, "journey": format!("{unit}-{day}"), "time": time});
            said.push((first.clone(), 0, order("activate", first)));
            said.push((last.clone(), 2, order("deactivate", last)));
        }
        let count = fixes.len();
        said.extend(fixes.into_iter().map(|fix| (text(&fix, "fix_time").to_owned(), 1, fix)));
        said.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        let stamped = said.into_iter().enumerate().map(|(offset, (time, _, mut line))| {
            line["_partition"] = json!(0);
            line["_offset"] = json!(offset);
            line["_timestamp"] = json!(time);
            line
        });
        let log = write(&dir.join(format!("{name}.ndjson")), &stamped.collect::<Vec<Value>>());
        let out = dir.join(&name);
        replayed(&[&log], &book, &out, &[]);
        let mut last: BTreeMap<String, Value> = BTreeMap::new();
        json_lines(&out.join("alerts.ndjson"))
            .into_iter()
            .for_each(|r| _ = last.insert(text(&r, "alert").to_owned(), r));
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for alert in last.values().filter(|r| r["op"] != "retract") {
            *kinds.entry(format!("`{}` {}", text(alert, "kind"), text(alert, "priority"))).or_default() += 1;
        }
        let list: Vec<String> = kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        println!("| {name} | {} | {count} | {} |", days.len(), list.join(", "));
    }
}
