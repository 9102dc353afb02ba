//! A deviation of a simulated hour, explained from its lake.

use std::fs;
use std::path::{Path, PathBuf};

use super::{ExplainArgs, Told, tell};
use crate::app::failure::ExitCode;
use crate::app::replay::{ReplayArgs, replay};
use crate::domain::alert::{Kind, Op, Revision};
use crate::domain::time::Rfc3339;
use crate::edge::map::Language;

const BEGIN: i64 = 1_777_622_400_000;

fn rulebook(dir: &Path) -> PathBuf {
    fs::create_dir_all(dir.join("corridors")).unwrap();
    fs::write(dir.join("rulebook.toml"), "").unwrap();
    let corridor = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"c","half_width_m":250},
        "geometry":{"type":"LineString","coordinates":[[32.0,40.0],[33.0,40.0]]}}]}"#;
    fs::write(dir.join("corridors/c.geojson"), corridor).unwrap();
    dir.to_owned()
}

fn fix(unit: &str, i: i64, aside: f64, received: i64) -> String {
    let (time, came) = (Rfc3339(BEGIN + i * 30_000), Rfc3339(BEGIN + received * 30_000 + 2_000));
    let (lat, lon) = (40.0 + aside, 32.1 + i as f64 * 0.006);
    format!(
        r#"{{"type":"fix","unit":"{unit}","fix_time":"{time}","receive_time":"{came}","lat":{lat:.6},"lon":{lon:.6},"speed":17.0,"accuracy":8}}"#
    ) + "\n"
}

/// Two units; the first leaves its corridor for twenty minutes, and three of its fixes come five minutes late.
fn lake(dir: &Path) -> (PathBuf, PathBuf, Vec<Revision>) {
    let mut text = String::new();
    for unit in ["u1", "u2"] {
        text += &format!(
            r#"{{"type":"activate","unit":"{unit}","journey":"J-{unit}","time":"{}","corridor":"c","interval_s":30}}"#,
            Rfc3339(BEGIN)
        );
        text.push('\n');
    }
    for i in 0..120_i64 {
        let aside = if (40..80).contains(&i) { 0.01 } else { 0.0 };
        if !(50..53).contains(&i) {
            text += &fix("u1", i, aside, i);
        }
        if i == 62 {
            (50..53).for_each(|late| text += &fix("u1", late, 0.02, 62));
        }
        text += &fix("u2", i, 0.0, i);
    }
    let log = dir.join("log.ndjson");
    fs::write(&log, text).unwrap();
    let (rules, out) = (rulebook(&dir.join("rules")), dir.join("out"));
    let args = ReplayArgs {
        logs: vec![log],
        rulebook: vec![rules.clone()],
        out: out.clone(),
        checkpoint_records: 1_000_000,
        batch: 7,
        quiet: true,
    };
    let mut said = Vec::new();
    replay(&args, &mut |r| said.push(r.clone())).unwrap();
    (out, rules, said)
}

fn args(lake: &Path, rules: &Path, alert: &str, json: bool) -> ExplainArgs {
    ExplainArgs {
        alert: alert.to_owned(),
        lake: lake.to_owned(),
        rulebook: vec![rules.to_owned()],
        lang: Language::English,
        json,
        html: None,
        svg: None,
    }
}

#[test]
fn a_deviation_is_explained_by_its_fixes_and_sums() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, rules, said) = lake(dir.path());
    let raised = said.iter().find(|r| r.kind == Kind::CorridorDeviation && r.op == Op::Raise).unwrap();
    let revisions = said.iter().filter(|r| r.alert == raised.alert).count();
    let Told { stdout, html, svg } = tell(&args(&lake, &rules, &raised.alert, true)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(json["derivation"]["differences"], serde_json::json!([]), "{stdout}");
    assert_eq!(json["revisions"].as_array().unwrap().len(), revisions);
    let fixes = json["fixes"].as_array().unwrap();
    let decided: Vec<_> = fixes.iter().filter(|f| f["evidence"]["decided"] == true).collect();
    assert_eq!(decided.len(), 2, "out and back: {stdout}");
    assert_eq!(decided[0]["time"], Rfc3339(raised.raised).to_string());
    assert!(
        decided[0]["evidence"]["before"].as_i64().unwrap() + decided[0]["evidence"]["added"].as_i64().unwrap() >= 6_000
    );
    assert!((decided[0]["cross_track_m"].as_f64().unwrap().abs() - 1_110.0).abs() < 5.0);
    assert_eq!(json["limits"]["stop_s"], 60);
    assert!(stdout.contains("corridor c: half_width_m") && stdout.contains("[corridor_deviation] high_m"));
    assert!(svg.contains("#c2410c") && html.contains(&svg) && html.contains("What this journey cannot prove"));

    let again = tell(&args(&lake, &rules, &raised.alert[..12], true)).unwrap();
    assert_eq!((again.stdout, again.html, again.svg), (stdout, html, svg));
    let text =
        tell(&ExplainArgs { lang: Language::Turkish, ..args(&lake, &rules, &raised.alert, false) }).unwrap().stdout;
    assert!(text.contains("Bu seferde kanıtlanamayanlar") && text.contains("Ne söylendi"), "{text}");
}

#[test]
fn an_unknown_alert_and_a_missing_rulebook_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, rules, said) = lake(dir.path());
    let code = |args: &ExplainArgs| tell(args).err().map(|f| (f.code, f.error.to_string())).unwrap();
    let (unknown, message) = code(&args(&lake, &rules, "00000000", false));
    assert!(unknown == ExitCode::Usage && message.contains("alerts_latest"), "{message}");
    let (none, message) = code(&ExplainArgs { rulebook: Vec::new(), ..args(&lake, &rules, &said[0].alert, false) });
    assert!(none == ExitCode::Missing && message.contains("--rulebook"), "{message}");
    let (nothing, _) = code(&args(&dir.path().join("rules"), &rules, &said[0].alert, false));
    assert_eq!(nothing, ExitCode::Missing);
}
