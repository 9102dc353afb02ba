//! Both stages in `kervan replay`: two vehicles in two partitions meet; our own outage; a command on an alert of several.

use std::path::{Path, PathBuf};

use kervan::domain::time::{Millis, Rfc3339, SECOND};
use serde_json::Value;

use super::replay::assert_alike;
use super::support::{directory, json_lines, replayed, rulebook, summary};

const T0: Millis = 1_777_593_600_000;

/// A log of two partitions, a unit each, with a tick every ten seconds: they drive, stand 20 m apart from minute 10 to
/// minute 30, and go on. From minute 45 to minute 50 nothing is heard at all.
fn log() -> Vec<String> {
    let mut lines = Vec::new();
    let mut offsets = [0u64; 2];
    for second in (0..3600i64).filter(|s| !(2700..3000).contains(s)) {
        for (partition, offset) in offsets.iter_mut().enumerate() {
            let t = Rfc3339(T0 + second * SECOND);
            let mut say = |rest: String| {
                lines.push(format!(r#"{{"_partition":{partition},"_offset":{offset},"_timestamp":"{t}",{rest}}}"#));
                *offset += 1;
            };
            if second == 0 {
                say(format!(
                    r#""type":"activate","unit":"u-{partition}","journey":"J-{partition}","time":"{t}","interval_s":30"#
                ));
            }
            if second % 10 == 0 {
                say(format!(r#""type":"tick","time":"{t}""#));
            }
            if second % 30 == 5 {
                let driven = if second < 1800 { second.min(600) } else { second - 1200 };
                let speed = if (600..1800).contains(&second) { 0 } else { 20 };
                let lon = 30.0 + driven as f64 * 20.0 / 85_200.0;
                let lat = 40.0 + partition as f64 * 0.000_18;
                say(format!(
                    r#""type":"fix","unit":"u-{partition}","fix_time":"{t}","lat":{lat:.6},"lon":{lon:.6},"speed":{speed},"accuracy":8,"satellites":9"#
                ));
            }
        }
    }
    lines
}

struct Bench {
    _dir: tempfile::TempDir,
    at: PathBuf,
    book: PathBuf,
}

impl Bench {
    fn new() -> Bench {
        let dir = directory();
        let at = dir.path().to_path_buf();
        let book = rulebook(&at);
        Bench { _dir: dir, at, book }
    }

    fn run(&self, name: &str, lines: &[String], more: &[&str]) -> PathBuf {
        let log = self.at.join(format!("{}.ndjson", lines.len()));
        std::fs::write(&log, lines.join("\n") + "\n").expect("a log can be written");
        let out = self.at.join(name);
        replayed(&[&log], &self.book, &out, more);
        out
    }
}

fn of_kind(out: &Path, kind: &str) -> Vec<Value> {
    json_lines(&out.join("alerts.ndjson")).into_iter().filter(|a| a["kind"] == kind).collect()
}

#[test]
fn two_partitions_meet_in_one_alert_whatever_the_batches() {
    let bench = Bench::new();
    let lines = log();
    let out = bench.run("first", &lines, &[]);
    let met = of_kind(&out, "rendezvous");
    let ops: Vec<&str> = met.iter().filter_map(|a| a["op"].as_str()).collect();
    assert_eq!(ops, ["raise", "clear"], "{met:?}");
    assert_eq!(
        (&met[0]["unit"], &met[0]["journey"], &met[0]["subject"]),
        (&Value::Null, &Value::Null, &"pair:u-0+u-1".into())
    );
    let distance = met[0]["evidence"]["distance_m"].as_i64().unwrap_or(0);
    assert!((18..23).contains(&distance), "{distance} m");
    let minute = |alert: &Value, key: &str| alert[key].as_str().map(|t| t[14..16].to_owned());
    assert!(matches!(minute(&met[0], "onset").as_deref(), Some("09" | "10")), "{}", met[0]["onset"]);
    assert!(matches!(minute(&met[0], "log_time").as_deref(), Some("15" | "16" | "17")), "{}", met[0]["log_time"]);
    assert!(matches!(minute(&met[1], "ended").as_deref(), Some("29" | "30" | "31")), "{}", met[1]["ended"]);
    let outage = of_kind(&out, "system_outage");
    assert_eq!(outage.len(), 1, "both partitions missed the same ticks: {outage:?}");
    assert_eq!(outage[0]["evidence"]["partitions"], 2);
    assert!(of_kind(&out, "silence").is_empty(), "it was we who did not listen");
    for (name, more) in [("small", &["--batch", "1"][..]), ("odd", &["--batch", "7", "--checkpoint-records", "97"])] {
        assert_alike(&out, &bench.run(name, &lines, more));
    }
}

#[test]
fn a_command_on_a_meeting_reaches_the_second_stage() {
    let bench = Bench::new();
    let mut lines = log();
    let met = of_kind(&bench.run("first", &lines, &[]), "rendezvous");
    let alert = met[0]["alert"].as_str().unwrap_or_default();
    let t = Rfc3339(T0 + 3600 * SECOND);
    let command = |alert: &str, offset: u64| {
        format!(
            r#"{{"_partition":0,"_offset":{offset},"_timestamp":"{t}","type":"excuse","unit":"u-0","time":"{t}","alert":"{alert}","reason":"breakdown"}}"#
        )
    };
    lines.push(command(alert, 100_000));
    lines.push(command("no-alert", 100_001));
    let out = bench.run("second", &lines, &[]);
    let met = of_kind(&out, "rendezvous");
    let last = met.last().expect("it was raised");
    assert_eq!(
        (last["op"].as_str(), last["reason"].as_str(), last["rev"].as_u64()),
        (Some("annotate"), Some("breakdown"), Some(3))
    );
    assert_eq!(summary(&out)["outcomes"]["passed_on"], 1);
    assert_eq!(summary(&out)["outcomes"]["unknown_alert"], 1);
}
