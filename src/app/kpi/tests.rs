//! From files to the table: lines, rows and revisions say the same.

use std::fs;

use super::{Report, heard_of_line, json, table};
use crate::domain::alert::{Kind, Op};
use crate::domain::kpi::Scope;
use crate::domain::time::{DAY, HOUR, Rfc3339};
use crate::edge::map::Language;

fn line(alert: &str, rev: u32, op: &str, minute: i64, office: &str) -> String {
    let t = Rfc3339(20_000 * DAY + HOUR + minute * 60_000);
    let (condition, handling) = match op {
        "acknowledge" => ("active", "acknowledged"),
        _ => ("active", "unacknowledged"),
    };
    format!(
        r#"{{"schema":"kervan.alert/1","alert":"{alert}","rev":{rev},"op":"{op}","kind":"silence","unit":"u","subject":"unit","condition":"{condition}","handling":"{handling}","priority":"high","log_time":"{t}","late_by_s":0,"offices":{{"responsible":["{office}"],"nearest":null}}}}"#
    )
}

fn directory(lines: &[String]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("alerts.ndjson"), lines.join("\n") + "\n").unwrap();
    dir
}

#[test]
fn a_line_is_heard_with_its_office() {
    let heard = heard_of_line(line("a", 1, "raise", 0, "TR000001").as_bytes()).unwrap();
    assert_eq!((heard.op, heard.kind, heard.offices), (Op::Raise, Kind::Silence, vec!["TR000001".to_owned()]));
    let other = line("a", 1, "sing", 0, "TR000001");
    assert!(heard_of_line(other.as_bytes()).unwrap_err().contains("sing"));
}

#[test]
fn a_directory_has_a_table_in_two_languages_and_the_same_as_json() {
    let mut lines: Vec<String> = (0..12).map(|n| line(&format!("a{n}"), 1, "raise", 0, "TR000001")).collect();
    lines.push(line("a0", 2, "acknowledge", 3, "TR000001"));
    let dir = directory(&lines);
    fs::write(
        dir.path().join("summary.json"),
        r#"{"records":0,"outcomes":{},"by_type":{},"alerts":{},"clock":{"first":"2024-10-04T00:00:00.000Z","last":"2024-10-04T23:59:59.000Z"},"versions":{"rulebooks":[],"decision":0,"engine":""}}"#,
    )
    .unwrap();
    let report = Report::of(dir.path()).unwrap();
    let all = report.rows.iter().find(|row| row.scope == Scope::All).unwrap();
    assert_eq!((all.figures.annunciated, all.figures.slots, all.figures.acknowledge_median_s), (12, 144, Some(180)));
    let by = ["all", "office"].map(str::to_owned);
    let english = table::render(&report, &by, Language::English);
    assert!(english.contains("2024-10-04  all") && english.contains("office TR000001"), "{english}");
    assert!(
        english.contains("1 (10 min, 12)!") && english.contains("3:00") && !english.contains("silence"),
        "{english}"
    );
    let turkish = table::render(&report, &by, Language::Turkish);
    assert!(turkish.contains("tümü") && turkish.contains("idare TR000001") && turkish.contains("taşkın"), "{turkish}");
    let document: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    let rows = document["rows"].as_array().unwrap();
    assert_eq!(
        rows.iter().map(|row| row["scope"].as_str().unwrap()).collect::<Vec<_>>(),
        ["all", "office", "kind", "unit"]
    );
    assert_eq!((&rows[0]["per_10min"], &rows[0]["slots_over_10_percent"]), (&0.083.into(), &0.7.into()));
}

#[test]
fn no_alarms_and_no_alerts_are_not_the_same() {
    let dir = directory(&[]);
    let report = Report::of(dir.path()).unwrap();
    assert_eq!(table::render(&report, &["all".to_owned()], Language::English), "No alarms.\n");
    let nothing = tempfile::tempdir().unwrap();
    let Err(failure) = Report::of(nothing.path()) else { panic!("there is nothing to read") };
    assert!(failure.error.to_string().contains("alerts.ndjson"), "{}", failure.error);
    assert_eq!(
        (json::ratio(1, 3), json::ratio(2, 3), json::ratio(1, 0), json::percent(1, 8)),
        (0.333, 0.667, 0.0, 12.5)
    );
}
