//! A short log under two rulebooks that differ in the width of the corridor.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{BacktestArgs, backtest, report};
use crate::domain::time::Rfc3339;

fn rulebook(dir: &Path, half_width_m: u32) -> PathBuf {
    fs::create_dir_all(dir.join("corridors")).unwrap();
    fs::write(dir.join("rulebook.toml"), "").unwrap();
    let corridor = format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"id":"c","half_width_m":{half_width_m}}},
        "geometry":{{"type":"LineString","coordinates":[[32.0,40.0],[33.0,40.0]]}}}}]}}"#
    );
    fs::write(dir.join("corridors/c.geojson"), corridor).unwrap();
    dir.to_owned()
}

/// An hour along the corridor, from the 20th to the 40th minute about 1,100 m beside it.
fn log(path: &Path) -> PathBuf {
    let begin = 1_777_622_400_000_i64;
    let mut text = format!(
        r#"{{"type":"activate","unit":"u1","journey":"J1","time":"{}","corridor":"c","interval_s":30}}"#,
        Rfc3339(begin)
    );
    text.push('\n');
    for i in 0..120_i64 {
        let aside = if (40..80).contains(&i) { 0.01 } else { 0.0 };
        let (time, lat, lon) = (Rfc3339(begin + i * 30_000), 40.0 + aside, 32.1 + i as f64 * 0.006);
        writeln!(
            text,
            r#"{{"type":"fix","unit":"u1","fix_time":"{time}","lat":{lat:.6},"lon":{lon:.6},"speed":17.0,"accuracy":8}}"#
        )
        .unwrap();
    }
    fs::write(path, text).unwrap();
    path.to_owned()
}

#[test]
fn a_wider_corridor_loses_the_deviation_and_equal_rules_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (narrow, wide) = (rulebook(&dir.path().join("a"), 250), rulebook(&dir.path().join("b"), 3_000));
    let logs = vec![log(&dir.path().join("log.ndjson"))];
    let args = |with: &PathBuf| BacktestArgs {
        logs: logs.clone(),
        lake: None,
        rulebook: narrow.clone(),
        with: Some(with.clone()),
        variant: Default::default(),
        from: None,
        to: None,
        examples: 3,
        json: None,
    };
    let same = backtest(&args(&narrow)).unwrap();
    let deviation = same.kinds.iter().find(|k| k.kind == "corridor_deviation").unwrap();
    assert_eq!((deviation.stand, same.vehicle_days), ((1, 1), 1));
    assert!(same.kinds.iter().all(|k| k.gained.is_empty() && k.lost.is_empty() && k.changed.is_empty()));

    let wider = backtest(&args(&wide)).unwrap();
    let deviation = wider.kinds.iter().find(|k| k.kind == "corridor_deviation").unwrap();
    assert_eq!((deviation.stand, deviation.lost.len(), deviation.gained.len()), ((1, 0), 1, 0));
    let text = report::markdown(&wider, 3);
    assert!(text.contains("| corridor_deviation | 1 | 0 | 0 | 1 | 0 | 1.000 | 0.000 |"), "{text}");
    assert_eq!(text, report::markdown(&backtest(&args(&wide)).unwrap(), 3));

    // The rulebook in force with a setting changed: no evidence suffices any more.
    let set = vec![crate::edge::rulebook::variant::Change::parse("evidence.corridor.h=1000").unwrap()];
    let variant = crate::app::variant::VariantArgs { set, without_zone: Vec::new() };
    let deaf = backtest(&BacktestArgs { with: None, variant, ..args(&narrow) }).unwrap();
    let deviation = deaf.kinds.iter().find(|k| k.kind == "corridor_deviation").unwrap();
    assert_eq!((deviation.stand, deviation.lost.len()), ((1, 0), 1));

    let after = BacktestArgs { from: Some(1_777_622_400_000 + 3_000_000), ..args(&wide) };
    assert!(backtest(&after).unwrap().kinds.iter().all(|k| k.lost.is_empty()));
}
