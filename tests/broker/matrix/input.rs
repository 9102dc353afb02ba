//! Rows 29 to 31, 33, 34 and 37: clocks that jump, times from anywhere, poison, floods, rule changes.

use std::time::Duration;

use kervan::edge::rulebook::load;
use serde_json::json;

use crate::bench::shared;
use crate::cluster::within;
use crate::invariants::{Beside, check};
use crate::produce::{Entry, Sender, preload};
use crate::results::Row;
use crate::shim::Shim;
use crate::story::Story;
use crate::support::rulebook;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
#[ignore = "a minute"]
fn the_wall_clock_of_the_job_jumps() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(29, "wall clock of the job a day ahead, a day behind, back");
    let story = Story::new(cluster, "clock", 12, 200);
    let shim = Shim::new(story.bench.path());
    let sending = story.send_at(cluster, 60);
    let job = story.setup().start_with("a", &shim.environment());
    for ahead in [86_400, -86_400, 1, -1, 0] {
        shim.set(&format!("clock {ahead}\n"));
        std::thread::sleep(Duration::from_secs(6));
        row.ran();
    }
    sending.join().expect("the log is sent");
    let outcome = story.end(cluster, vec![job]);
    let kinds: Vec<String> = outcome.alerts.iter().map(|read| read.json()["kind"].to_string()).collect();
    assert!(!kinds.contains(&"\"silence\"".to_owned()), "no unit was silent: {kinds:?}");
}

#[test]
fn timestamps_come_from_anywhere() {
    let Some(cluster) = shared() else { return };
    let mut row =
        Row::begin(30, "record times equal, an hour and 14 hours back; fix times 1970, 2008, 2038, 2100, 9999");
    let mut story = Story::new(cluster, "times", 12, 100);
    let now = story.entries.iter().filter_map(|entry| entry.timestamp).max().expect("there are some");
    let strange = [0i64, 1_000, 1_200_000_000_000, 2_147_483_648_000, 4_102_444_800_000, 253_402_300_799_999];
    for (n, entry) in story.entries.iter_mut().enumerate() {
        match n % 10 {
            3 => entry.timestamp = Some(now),
            5 => entry.timestamp = Some(now - 3_600_000),
            7 => entry.timestamp = Some(now - 50_000_000),
            _ => {}
        }
    }
    let mut odd = Vec::new();
    for (n, time) in strange.iter().cycle().take(60).enumerate() {
        let fix = json!({"type":"fix","unit":format!("odd-{}", n % 7),"fix_time":time,"lat":40.0,"lon":32.0});
        odd.push(Entry::new(&format!("odd-{}", n % 7), fix.to_string()));
    }
    story.entries.splice(50..50, odd);
    preload(cluster, &story.setup().topics.log, &story.entries);
    let last = story.setup().start("a");
    story.end(cluster, vec![last]);
    row.ran();
}

/// Records that nobody can read, or hardly.
fn poison() -> Vec<Entry> {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(20_000), close.repeat(20_000));
    let fix = |more: &str| {
        format!(r#"{{"type":"fix","unit":"p-1","fix_time":"2026-06-01T00:00:00Z","lat":40,"lon":32{more}}}"#)
    };
    let mut all: Vec<Entry> = [
        b"".to_vec(),
        b"{".to_vec(),
        b"null".to_vec(),
        vec![0],
        vec![0xff; 300],
        fix("").as_bytes()[..40].to_vec(),
        fix("").replace("40", "NaN").into_bytes(),
        fix("").replace("40", "Infinity").into_bytes(),
        fix("").replace("40", "91").into_bytes(),
        fix("").replace("p-1", "p 1").into_bytes(),
        fix("").replace("fix\"", "nonsense\"").into_bytes(),
        deep("[", "]").into_bytes(),
        format!(r#"{{"type":"fix","x":{}}}"#, deep(r#"{"a":"#, "}").replace(":}", ":1}")).into_bytes(),
        // What unpacks to much, for those who unpack.
        zstd::encode_all(&vec![b' '; 64 << 20][..], 1).expect("memory takes it"),
        fix(&format!(r#","note":"{}""#, "x".repeat(900_000))).into_bytes(),
        vec![b'x'; 1_000_000],
    ]
    .into_iter()
    .map(|payload| Entry::new("p-1", payload))
    .collect();
    all.push(Entry { key: Some(b"p-1".to_vec()), payload: None, ..Entry::default() });
    all.push(Entry { key: None, payload: None, ..Entry::default() });
    all.push(Entry { key: None, payload: Some(b"{}".to_vec()), ..Entry::default() });
    let headers = (0..200).map(|n| (format!("h{n}"), vec![b'x'; 1_000])).collect();
    all.push(Entry { headers, ..Entry::new("p-1", "not json") });
    all.push(Entry { key: Some(vec![0xff; 1_000]), payload: Some(b"not json".to_vec()), ..Entry::default() });
    all
}

#[test]
fn poison_is_rejected_once() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(31, "truncated, 1 B, 1 MB, deep, NaN, not UTF-8, null key and value, huge headers, bombs");
    let mut story = Story::new(cluster, "poison", 12, 80);
    for (n, entry) in poison().into_iter().enumerate() {
        story.entries.insert(20 + n * 30, entry);
    }
    let sending = story.send_at(cluster, 200);
    let mut job = story.setup().start("a");
    for _ in 0..3 {
        std::thread::sleep(Duration::from_secs(2));
        job.kill();
        job = story.setup().start("a");
        row.ran();
    }
    sending.join().expect("the log is sent");
    let grown = job.resident_bytes();
    assert!(grown < 500 << 20, "{grown} bytes");
    let outcome = story.end(cluster, vec![job]);
    assert!(outcome.rejects.len() >= 18, "{} rejects", outcome.rejects.len());
}

/// The share of rejects is judged each minute, or after this many records.
const JUDGED: usize = 10_000;

#[test]
fn a_third_of_the_records_is_bad() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(33, "30 % bad records");
    let mut story = Story::new(cluster, "bad", 12, 1_000);
    assert!(story.entries.len() > JUDGED, "{} records would be judged after a minute only", story.entries.len());
    for (n, entry) in story.entries.iter_mut().enumerate() {
        if n % 10 < 3 {
            entry.payload = Some(format!("{{\"type\":\"position\",\"n\":{n}}}").into_bytes());
        }
    }
    story.send(cluster);
    let mut job = story.setup().start("a");
    // A process that has no partitions yet is not ready either: the reason counts.
    let mut told = String::new();
    let alarm = within(MINUTE, || {
        told = job.page("/ready").map_or(String::new(), |(code, why)| format!("{code}: {why}"));
        told.starts_with("503") && told.contains("rejects: ") && told.contains("records could not be read")
    });
    assert!(alarm, "no alarm, but {told:?}: {}", job.last_words());
    assert_eq!(job.metric("kervan_rejects_alarm"), Some(1.0));
    assert_eq!(job.ended(), None, "the run goes on");
    let outcome = story.end(cluster, vec![job]);
    assert!(outcome.rejects.len() > JUDGED / 4, "{} rejects", outcome.rejects.len());
    row.ran();
}

#[test]
fn rules_change_and_the_process_is_killed() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(34, "a rulebook is published, kill -9 right after");
    let mut story = Story::new(cluster, "rules", 12, 250);
    let second = rulebook(&story.bench.folder("second"));
    let text = "version = \"second\"\n";
    std::fs::write(second.join("rulebook.toml"), text).expect("a file can be written");
    let sha = load(&second).expect("the rulebook is good").sha256;
    println!("second rulebook {sha}");
    let sending = story.send_at(cluster, 100);
    let job = story.setup().start("a");
    job.await_records(200.0);
    let mut publish = story.setup().command(&["rulebook", "publish"], "publisher");
    let output = publish.args(["--in-s", "2"]).arg(&second).output().expect("kervan starts");
    assert!(output.status.success(), "publishing: {}", String::from_utf8_lossy(&output.stderr));
    job.kill();
    row.ran();
    sending.join().expect("the log is sent");
    story.settle(cluster, vec![story.setup().start("a")]);
    story.stop_watching();
    let outcome = check(cluster, story.setup(), &Beside { rulebooks: &[&second], ..Beside::default() });
    assert!(
        outcome
            .log
            .iter()
            .any(|read| String::from_utf8_lossy(read.payload.as_deref().unwrap_or_default()).contains(&sha))
    );
}

#[test]
#[ignore = "minutes"]
fn load_is_skewed_and_there_is_a_backlog() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(37, "one unit half of the traffic, a backlog of some 190 000 records");
    let mut story = Story::new(cluster, "skew", 300, 300);
    let now = story.entries.iter().filter_map(|entry| entry.timestamp).max().expect("there are some");
    let count = story.entries.len() as i64;
    let busy = (0..count).map(|n| {
        let (time, lon) = (now - 1_000 * (count - n), 32.0 + n as f64 * 1e-6);
        let fix = json!({"type":"fix","unit":"busy","fix_time":time,"lat":40.0,"lon":lon,"speed":1.0});
        Entry { timestamp: Some(time), ..Entry::new("busy", fix.to_string()) }
    });
    let mixed = story.entries.drain(..).zip(busy).flat_map(|(one, other)| [one, other]).collect();
    story.entries = mixed;
    assert!((185_000..200_000).contains(&story.entries.len()), "{} records", story.entries.len());
    Sender::new(cluster, &story.setup().topics.log).send(&story.entries);
    let job = story.setup().start("a");
    let mut most = 0;
    let mut jobs = vec![job];
    let done = within(5 * MINUTE, || {
        most = most.max(jobs[0].resident_bytes());
        jobs[0].metric("kervan_records_total").is_some_and(|n| n >= story.entries.len() as f64)
    });
    assert!(done, "{}", jobs[0].last_words());
    println!("at most {} MiB resident", most >> 20);
    // The second stage has a backlog of its own by now.
    story.drain(cluster, &mut jobs);
    assert!(most < 1 << 30, "{most} bytes");
    story.end(cluster, jobs);
    row.ran();
}

#[test]
fn a_clean_log_gives_what_the_file_mode_gives() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(0, "undisturbed, in real time");
    let story = Story::new(cluster, "clean", 16, 200);
    preload(cluster, &story.setup().topics.log, &story.entries);
    let jobs = vec![story.setup().start("a")];
    let outcome = story.end(cluster, jobs);
    assert!(outcome.alerts.len() > 50);
    row.ran();
}
