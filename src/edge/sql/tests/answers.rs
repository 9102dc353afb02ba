//! Tables, views and formats.

use std::fs::File;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::fixture::{DAY, Lake, ask, rows, tracks};
use crate::edge::sql::{Format, query_table, to_file};

#[test]
fn every_table_and_view_answers() {
    let session = Lake::small().session_kept();
    for (sql, expected) in [
        ("SELECT unit, count(*) FROM tracks GROUP BY unit ORDER BY unit", vec!["A,3", "B,2"]),
        ("SELECT _offset, json FROM records", vec!["1,{}"]),
        ("SELECT count(*) FROM alerts", vec!["5"]),
        ("SELECT alert, rev, text FROM alerts_latest ORDER BY alert", vec!["a1,2,clear", "a2,2,retract", "a3,1,raise"]),
        ("SELECT journey, rev, text FROM journeys", vec!["J1,10,closed"]),
        ("SELECT count(*) FROM journey_revisions", vec!["2"]),
        ("SELECT reason FROM rejects", vec!["json"]),
    ] {
        assert_eq!(rows(&session.1, sql), expected, "{sql}");
    }
    let names: Vec<String> = session.1.shown().into_iter().map(|table| table.name).collect();
    let all = ["alerts", "alerts_latest", "journey_revisions", "journeys", "records", "rejects", "tracks"];
    assert_eq!(names, all);
}

#[test]
fn decimals_are_the_nearest_double_and_times_have_milliseconds() {
    let (_lake, session) = Lake::small().session_kept();
    let sql = "SELECT fix_time, lat, lon, speed, date FROM tracks WHERE unit = 'A' ORDER BY fix_time";
    let expected = [
        "2026-05-01T00:00:00.000Z,40.1,29.2,12.5,2026-05-01",
        "2026-05-01T00:01:00.000Z,40.100001,29.2005,,2026-05-01",
        "2026-05-02T00:00:00.000Z,40.2,29.3,20.0,2026-05-02",
    ];
    assert_eq!(rows(&session, sql), expected);
    // Equality with a literal holds: the cast gives the double that the literal is.
    assert_eq!(rows(&session, "SELECT count(*) FROM tracks WHERE lat = 40.100001"), ["1"]);
    let types = rows(&session, "SELECT arrow_typeof(lat), arrow_typeof(speed) FROM tracks LIMIT 1");
    assert_eq!(types, ["Float64,Float64"]);
}

#[test]
fn an_empty_lake_answers() {
    let (_lake, session) = Lake::empty().session_kept();
    assert_eq!(rows(&session, "SELECT count(*) FROM tracks"), ["0"]);
    assert_eq!(rows(&session, "SELECT max(fix_time) FROM tracks WHERE unit = 'A'"), [""]);
    assert!(rows(&session, "SELECT * FROM alerts_latest").is_empty());
    assert!(rows(&session, "SELECT * FROM journeys j JOIN tracks t ON t.unit = j.journey").is_empty());
    let table = ask(&session, "SELECT unit, lat FROM tracks", Format::Table).unwrap();
    assert!(table.contains("| unit | lat |"), "{table}");
}

#[test]
fn new_files_are_seen_by_the_next_statement() {
    let (lake, session) = Lake::small().session_kept();
    assert_eq!(rows(&session, "SELECT count(*) FROM tracks"), ["5"]);
    lake.add("tracks", "date=2026-05-03/p000-4-5", &tracks(&[("C", 2 * DAY, 1, 2, None)]));
    assert_eq!(rows(&session, "SELECT count(*) FROM tracks"), ["6"]);
    assert_eq!(rows(&session, "SELECT unit FROM tracks WHERE date = '2026-05-03'"), ["C"]);
    // A file in the folder that the manifest does not name is not seen.
    let hidden = lake.path().join("tracks/date=2026-05-03/p000-5-6.parquet");
    std::fs::copy(lake.path().join("tracks/date=2026-05-03/p000-4-5.parquet"), hidden).unwrap();
    assert_eq!(rows(&session, "SELECT count(unit) FROM tracks"), ["6"]);
}

#[test]
fn formats_write_what_they_say() {
    let (lake, session) = Lake::small().session_kept();
    let sql = "SELECT unit, fix_time, speed, h3_disk(h3_cell(lat, lon, 3), 0) AS cells FROM tracks \
               WHERE date = '2026-05-01' AND unit = 'A' ORDER BY fix_time";
    let csv = ask(&session, sql, Format::Csv).unwrap();
    assert_eq!(csv.lines().next(), Some("unit,fix_time,speed,cells"));
    assert_eq!(csv.lines().nth(1), Some("A,2026-05-01T00:00:00.000Z,12.5,[832d34fffffffff]"));
    let json = ask(&session, sql, Format::Json).unwrap();
    let lines: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["fix_time"], "2026-05-01T00:00:00.000Z");
    assert_eq!(lines[0]["cells"][0], "832d34fffffffff");
    assert_eq!(lines[1].get("speed"), None);
    let table = ask(&session, sql, Format::Table).unwrap();
    assert!(table.contains("| A    | 2026-05-01T00:01:00.000Z |"), "{table}");

    let file = lake.path().join("answer.parquet");
    assert_eq!(to_file(&session, sql, Format::Parquet, &file).unwrap(), 2);
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&file).unwrap()).unwrap().build().unwrap();
    assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 2);
    // A failed answer leaves the old file and no remnant.
    to_file(&session, "SELECT h3_parent(unit, 3) FROM tracks", Format::Csv, &file).unwrap_err();
    assert!(file.exists() && !lake.path().join("answer.parquet.part").exists());
}

#[test]
fn empty_answers_have_their_header() {
    let (_lake, session) = Lake::small().session_kept();
    assert_eq!(ask(&session, "SELECT unit FROM tracks WHERE unit = 'Z'", Format::Csv).unwrap(), "unit\n");
    assert_eq!(ask(&session, "SELECT unit FROM tracks WHERE unit = 'Z'", Format::Json).unwrap(), "");
}

#[test]
fn a_table_of_text_for_the_demo() {
    let lake = Lake::small();
    let tables = lake.tables.lock().unwrap().clone();
    let text = query_table(tables, "SELECT kind, n FROM (VALUES ('stop', 2)) AS t(kind, n)").unwrap();
    assert_eq!(text, "+------+---+\n| kind | n |\n+------+---+\n| stop | 2 |\n+------+---+\n");
}

#[test]
fn a_deep_filter_does_not_overflow_the_stack() {
    let (_lake, session) = Lake::small().session_kept();
    let many: Vec<String> = (0..3000).map(|n| format!("rev = {n} + 0")).collect();
    let sql = format!("SELECT count(*) FROM alerts WHERE {}", many.join(" OR "));
    assert_eq!(rows(&session, &sql), ["5"]);
}
