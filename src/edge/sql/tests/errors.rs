//! Errors name the culprit and what to do next.

use super::fixture::{Lake, ask, rows};
use crate::edge::sql::{Format, Session, SqlError};

fn fault(session: &Session, sql: &str) -> String {
    match ask(session, sql, Format::Csv) {
        Err(SqlError::Statement(message)) => message,
        other => panic!("{sql}: {other:?}"),
    }
}

#[test]
fn unknown_names_bring_near_ones() {
    let (_lake, session) = Lake::small().session_kept();
    for (sql, expected) in [
        ("SELECT sped FROM tracks", "there is no column sped; near: speed"),
        ("SELECT t.fixtime FROM tracks t", "there is no column fixtime; near: fix_time"),
        ("SELECT zzzzzz FROM tracks", "there is no column zzzzzz; \\d TABLE lists the columns"),
        ("SELECT * FROM trakcs", "there is no table trakcs; near: tracks"),
        ("SELECT * FROM quux", "there is no table quux; there are: alerts, alerts_latest, journey_revisions"),
        ("SELECT h3_cel(lat, lon, 5) FROM tracks", "h3_cell"),
        ("SELECT h3_cell(lat, lon) FROM tracks", "h3_cell(lat, lon, resolution) takes 3 arguments, not 2"),
        (
            "SELECT h3_cell(unit, lon, 5) FROM tracks",
            "h3_cell(lat, lon, resolution): argument 1 is Utf8View, not Float64",
        ),
        ("SELECT h3_cell(lat, lon, 16) FROM tracks", "H3 resolution 16 is out of range: 0 (coarsest) to 15 (finest)"),
        ("SELECT h3_parent('8xyz', 3)", "'8xyz' is no H3 cell"),
        ("SELECT h3_disk('831ec9fffffffff', 101)", "k is 101, but must be from 0 to 100"),
        ("SELEC 1", "syntax: "),
        ("SELECT count( FROM tracks", "syntax: "),
        ("SELECT 1; SELECT 2", "one statement at a time, here are 2"),
        ("-- nothing", "one statement at a time, here are 0"),
        (
            "SELECT * FROM tracks WHERE unit = \"A1\"",
            "there is no column A1; \\d TABLE lists the columns (text stands in",
        ),
    ] {
        let message = fault(&session, sql);
        assert!(message.contains(expected), "{sql}: {message}");
    }
}

#[test]
fn nothing_is_written_created_or_set() {
    let (lake, session) = Lake::small().session_kept();
    let out = lake.path().join("out.csv").display().to_string();
    for sql in [
        "CREATE TABLE x AS SELECT 1".to_owned(),
        "CREATE VIEW x AS SELECT 1".to_owned(),
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/hosts'".to_owned(),
        "DROP TABLE tracks".to_owned(),
        "INSERT INTO rejects VALUES (1, 'x', '2026-05-01')".to_owned(),
        "DELETE FROM rejects".to_owned(),
        "UPDATE rejects SET reason = 'x'".to_owned(),
        format!("COPY (SELECT 1) TO '{out}'"),
        format!("EXPLAIN ANALYZE COPY (SELECT 1) TO '{out}'"),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "BEGIN".to_owned(),
    ] {
        let error = ask(&session, &sql, Format::Csv).expect_err(&sql);
        assert!(matches!(&error, SqlError::Statement(_)), "{sql}: {error:?}");
    }
    assert!(!lake.path().join("out.csv").exists());
    assert!(fault(&session, "DROP TABLE tracks").contains("the lake is read only"));
    assert_eq!(rows(&session, "SELECT count(*) FROM tracks"), ["5"]);
    // Files are no tables, whatever their name.
    let file = lake.path().join("tracks/date=2026-05-01/p000-0-2.parquet").display().to_string();
    fault(&session, &format!("SELECT * FROM '{file}'"));
}

#[test]
fn a_missing_file_and_a_missing_manifest_say_so() {
    let lake = Lake::small();
    let gone = lake.add("rejects", "date=2026-05-02/p000-2-4", &super::fixture::texts("reason", &[(9, "x")]));
    std::fs::remove_file(gone).unwrap();
    let session = lake.session();
    let error = ask(&session, "SELECT reason FROM rejects", Format::Csv).unwrap_err();
    assert!(matches!(&error, SqlError::Missing(file) if file.contains("p000-2-4")), "{error:?}");
    assert!(matches!(Session::new(Box::new(|| Err("no manifest".into()))), Err(SqlError::Manifest(_))));
}

#[test]
fn a_file_outside_a_date_folder_is_refused() {
    let lake = Lake::small();
    lake.add("tracks", "p000-9-10", &super::fixture::tracks(&[("A", 0, 1, 1, None)]));
    let tables = lake.tables.lock().unwrap().clone();
    let error = Session::new(Box::new(move || Ok(tables.clone()))).err().unwrap();
    assert!(error.to_string().contains("lies in no date=YYYY-MM-DD folder"), "{error}");
}
