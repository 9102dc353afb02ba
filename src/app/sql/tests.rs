//! The command over lakes that the lake's own writer wrote.

use std::fs;
use std::path::Path;
use std::time::Instant;

use tempfile::TempDir;

use super::*;
use crate::domain::alert::{AlertText, Condition, Confidence, Evidence, Handling, Kind, Op, Priority, Revision};
use crate::domain::output::{JourneyRow, MotionState, Quality, TrackRow};
use crate::domain::position::Position;
use crate::domain::record::{Declaration, Fix, Source, Vehicle};
use crate::domain::time::{DAY, Millis};
use crate::edge::lake::{Lake, LakeWriter, RecordRow, RejectRow, Versions};

/// 2026-05-01T08:00:00Z.
const T0: Millis = 1_777_622_400_000;

fn source(offset: u64, timestamp: Millis) -> Source {
    Source { partition: 0, offset, timestamp }
}

fn track(unit: &str, time: Millis, position: Position) -> TrackRow {
    TrackRow {
        unit: unit.into(),
        fix: Fix { time, valid: true, position, speed_cm_s: Some(1234), ..Fix::default() },
        journey: Some("J-1".into()),
        quality: Quality(0).with(Quality::WEAK).with(Quality::LATE),
        corridor: None,
        chainage_dm: Some(1005),
        cross_track_dm: Some(-37),
        state: MotionState::Moving,
        office: None,
    }
}

fn revision(alert: &str, rev: u32, op: Op, source: Source) -> Revision {
    Revision {
        alert: alert.to_owned(),
        rev,
        op,
        kind: Kind::CorridorDeviation,
        unit: Some("U1".to_owned()),
        journey: Some("J-1".to_owned()),
        subject: "corridor:k".to_owned(),
        vehicle: Vehicle::default(),
        condition: Condition::Active,
        handling: Handling::Unacknowledged,
        priority: Priority::High,
        priority_reason: vec!["d_max>1000m".to_owned()],
        confidence: Confidence::Confirmed,
        onset: T0,
        raised: T0,
        ended: None,
        log_time: T0,
        late: false,
        late_by_s: 0,
        reason: None,
        parent: None,
        children: vec![],
        position: Some(Position { lat_e6: 40_100_000, lon_e6: 29_200_001 }),
        evidence: Evidence::default(),
        responsible: vec!["TR341200".to_owned()],
        nearest: None,
        text: AlertText { tr: "Güzergâhtan sapma".to_owned(), ..AlertText::default() },
        article: Some("65/2"),
        eaeu: None,
        ncts_incident: None,
        rulebook: "ab".repeat(32),
        source,
    }
}

fn journey(rev: u32, event: &'static str, source: Source) -> JourneyRow {
    JourneyRow {
        journey: "J-1".to_owned(),
        rev,
        unit: "U1".to_owned(),
        event,
        activated: T0,
        cleared: None,
        deactivated: None,
        declaration: Declaration::default(),
        outcome: None,
        first_fix: Some(T0),
        last_fix: None,
        fixes: 7,
        length_m: 8,
        used_s: 9,
        allowed_s: None,
        alerts: [0, 0, 0, 1],
        finding: "open",
        log_time: T0,
        source,
    }
}

fn writer(dir: &Path, start: u64) -> LakeWriter {
    LakeWriter::open(&Lake::local(dir), 0, start, Versions { decision: 3, engine: "0.1.0".to_owned() }).unwrap()
}

fn commit(writer: &mut LakeWriter, next: u64, seq: u64) {
    let staged = writer.flush(next).unwrap();
    writer.publish(&staged, seq).unwrap();
}

/// Rows of every table in two spans on two days.
fn write_lake(dir: &Path) {
    let mut writer = writer(dir, 0);
    for minute in 0..10 {
        let time = T0 + minute * 60_000;
        let place = Position { lat_e6: 40_100_000 + minute as i32, lon_e6: 29_200_000 };
        writer.push_track(source(minute as u64, time), track(if minute % 2 == 0 { "U2" } else { "U1" }, time, place));
    }
    writer.push_alert(revision("a1", 1, Op::Raise, source(5, T0)), "{}".to_owned());
    writer.push_journey(journey(1, "open", source(0, T0)), "{}".to_owned());
    writer.push_record(RecordRow {
        source: source(10, T0 + 600_000),
        type_name: "tick".to_owned(),
        unit: None,
        journey: None,
        heartbeat_time: None,
        json: r#"{"type":"tick"}"#.to_owned(),
    });
    commit(&mut writer, 11, 1);
    writer.push_track(source(11, T0 + DAY), track("U1", T0 + DAY, Position { lat_e6: -1, lon_e6: 180_000_000 }));
    writer.push_alert(revision("a1", 2, Op::Clear, source(12, T0 + DAY)), "{}".to_owned());
    writer.push_journey(journey(2, "closed", source(12, T0 + DAY)), "{}".to_owned());
    writer.push_reject(RejectRow {
        source: source(13, T0 + DAY),
        reason: "not_json".to_owned(),
        stage: "decode".to_owned(),
        topic: None,
        message: "line 14".to_owned(),
        bytes: vec![0xff],
    });
    commit(&mut writer, 14, 2);
}

fn arguments(lake: &Path, query: &str, out: Option<PathBuf>) -> Arguments {
    Arguments { query: Some(query.to_owned()), lake: lake.to_path_buf(), format: None, out }
}

fn session(lake: &Path) -> Session {
    let lake = lake.canonicalize().unwrap();
    Session::new(Box::new(move || Ok(tables_of(&lake)?))).unwrap()
}

fn csv(session: &Session, query: &str) -> String {
    let mut out = Vec::new();
    session.run(query, Format::Csv, &mut out).unwrap_or_else(|error| panic!("{query}: {error}"));
    String::from_utf8(out).unwrap()
}

#[test]
fn every_table_of_a_written_lake_answers() {
    let lake = TempDir::new().unwrap();
    write_lake(lake.path());
    let session = session(lake.path());
    for (query, expected) in [
        ("SELECT count(*) AS n, min(lat), max(lat) FROM tracks WHERE date = '2026-05-01'", "10,40.1,40.100009"),
        (
            "SELECT lat, lon, speed, chainage_m, cross_track_m, quality FROM tracks WHERE date = '2026-05-02'",
            "-1e-6,180.0,12.34,100.5,-3.7,\"late,weak\"",
        ),
        ("SELECT type, json FROM records", "tick,\"{\"\"type\"\":\"\"tick\"\"}\""),
        ("SELECT alert, rev, op, lat, text_tr FROM alerts_latest", "a1,2,clear,40.1,Güzergâhtan sapma"),
        ("SELECT count(*) FROM alerts", "2"),
        ("SELECT journey, rev, event FROM journeys", "J-1,2,closed"),
        ("SELECT reason, bytes FROM rejects", "not_json,ff"),
        // The meridian's degree at 40.5: 111132.954 - 559.822 cos 81 + 1.175 cos 162.
        ("SELECT round(distance_m(40, 29, 41, 29)) FROM rejects", "111044.0"),
        ("SELECT distance_m(91, 0, 0, 0) IS NULL FROM rejects", "true"),
    ] {
        assert_eq!(csv(&session, query).lines().nth(1), Some(expected), "{query}");
    }
}

#[test]
fn the_declared_order_is_the_order_of_the_files() {
    let lake = TempDir::new().unwrap();
    write_lake(lake.path());
    let session = session(lake.path());
    let query = "SELECT unit, fix_time FROM tracks ORDER BY unit, fix_time";
    let plan = csv(&session, &format!("EXPLAIN FORMAT INDENT {query}"));
    assert!(!plan.contains("SortExec") && plan.contains("SortPreservingMergeExec"), "{plan}");
    let text = csv(&session, query);
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(lines.len(), 11);
    assert!(lines.is_sorted(), "{lines:?}");
    for table in ["records", "alerts", "journey_revisions", "rejects"] {
        let plan = csv(&session, &format!("EXPLAIN FORMAT INDENT SELECT _offset FROM {table} ORDER BY _offset"));
        assert!(!plan.contains("SortExec"), "{plan}");
    }
}

#[test]
fn the_command_ends_with_the_code_of_its_fault() {
    let lake = TempDir::new().unwrap();
    let elsewhere = TempDir::new().unwrap();
    let code = |arguments: &Arguments| run(arguments).map_err(|failure| failure.code);
    let query = "SELECT count(*) AS n FROM tracks";

    let nowhere = lake.path().join("nowhere");
    assert_eq!(code(&arguments(&nowhere, query, None)), Err(ExitCode::Missing));
    let error = run(&arguments(lake.path(), query, None)).unwrap_err();
    assert_eq!(error.code, ExitCode::Usage);
    assert!(error.error.to_string().contains("--out directory of a kervan replay"), "{}", error.error);

    write_lake(lake.path());
    assert_eq!(code(&arguments(lake.path(), "SELECT n FROM tracks", None)), Err(ExitCode::Usage));
    assert_eq!(code(&arguments(lake.path(), query, Some(lake.path().join("x.csv")))), Err(ExitCode::Usage));
    assert_eq!(code(&arguments(lake.path(), query, Some(nowhere.join("x.csv")))), Err(ExitCode::Missing));
    let out = elsewhere.path().join("x.csv");
    assert_eq!(code(&arguments(lake.path(), "SELECT 1; SELECT 2", Some(out.clone()))), Err(ExitCode::Usage));
    assert_eq!(code(&arguments(lake.path(), query, Some(out.clone()))), Ok(()));
    assert_eq!(fs::read_to_string(&out).unwrap(), "n\n11\n");
    let mut parquet = arguments(lake.path(), query, None);
    parquet.format = Some(Format::Parquet);
    assert_eq!(code(&parquet), Err(ExitCode::Usage));

    fs::write(lake.path().join("manifest/p000/0000000003.json"), "{").unwrap();
    assert_eq!(code(&arguments(lake.path(), query, None)), Err(ExitCode::Missing));
}

#[test]
fn a_lake_without_files_answers() {
    let lake = TempDir::new().unwrap();
    fs::write(lake.path().join("summary.json"), "{}").unwrap();
    let out = lake.path().parent().unwrap().join(format!("kervan-empty-{}.csv", std::process::id()));
    run(&arguments(lake.path(), "SELECT count(*) AS n FROM alerts_latest", Some(out.clone()))).unwrap();
    assert_eq!(fs::read_to_string(&out).unwrap(), "n\n0\n");
    fs::remove_file(out).unwrap();
}

/// Prints how long questions take over many fixes; `KERVAN_FIXES` says how many. Run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn how_long_questions_take() {
    let fixes: u64 = std::env::var("KERVAN_FIXES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000_000);
    let lake = TempDir::new().unwrap();
    let (units, files) = (2000, 10);
    let mut writer = writer(lake.path(), 0);
    for offset in 0..fixes {
        let (unit, step) = (offset % units, (offset / units) as i64);
        let time = T0 + step * 10_000;
        let place = Position {
            lat_e6: 38_000_000 + unit as i32 * 1000 + step as i32 % 900,
            lon_e6: 27_000_000 + step as i32 * 70,
        };
        writer.push_track(source(offset, time), track(&format!("86000000{unit:07}"), time, place));
        if (offset + 1) % (fixes / files) == 0 {
            commit(&mut writer, offset + 1, (offset + 1) * files / fixes);
        }
    }
    let session = session(lake.path());
    println!("{}", csv(&session, "SELECT count(*), count(DISTINCT date), min(fix_time), max(fix_time) FROM tracks"));
    for query in [
        "SELECT count(*) FROM tracks",
        "SELECT fix_time, lat, lon, speed FROM tracks WHERE unit = '860000000001234' ORDER BY fix_time",
        "SELECT DISTINCT unit FROM tracks WHERE lat BETWEEN 39.0 AND 39.01 AND date = '2026-05-01'",
        "SELECT h3_cell(lat, lon, 5) AS cell, count(*) FROM tracks GROUP BY cell ORDER BY 2 DESC LIMIT 3",
        "SELECT unit, max(speed), count(*) FROM tracks GROUP BY unit ORDER BY unit",
        "SELECT max(lat + lon + speed) FROM tracks",
    ] {
        let mut seconds = Vec::new();
        let mut rows = 0;
        for _ in 0..3 {
            let start = Instant::now();
            rows = session.run(query, Format::Csv, &mut std::io::sink()).unwrap();
            seconds.push(start.elapsed().as_secs_f64());
        }
        println!("{seconds:.3?} s, {rows} rows: {query}");
    }
}
