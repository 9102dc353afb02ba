//! Rows 39 to 41: asked to stop at any time, read all the time, and run again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::bench::{Bench, shared};
use crate::chance::Chance;
use crate::cluster::{Plan, cluster};
use crate::invariants::Beside;
use crate::produce::{Entry, Sender};
use crate::read::{Isolation, Read, whole};
use crate::results::Row;
use crate::story::{PARTITIONS, Story};
use crate::support::kervan;
use crate::topics::{STAMPED, configure};

/// An orderly stop takes less.
const STOP: Duration = Duration::from_secs(20);

#[test]
fn asked_to_stop_at_any_time() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(39, "SIGTERM at random moments, and a second one");
    let story = Story::new(cluster, "sigterm", 12, 250);
    let sending = story.send_at(cluster, 100);
    let mut chance = Chance::new(39);
    for turn in 0..8 {
        let mut job = story.setup().start("a");
        std::thread::sleep(Duration::from_millis(chance.within(50, 4_000) as u64));
        let begin = Instant::now();
        job.ask_to_stop();
        if turn % 3 == 2 {
            std::thread::sleep(Duration::from_millis(20));
            job.ask_to_stop();
        }
        let code = job.wait(STOP);
        assert!(code.is_some(), "still there after {:?}: {}", begin.elapsed(), job.last_words());
        assert!(turn % 3 == 2 || code == Some(0) || code == Some(128 + 15), "{code:?}: {}", job.last_words());
        row.ran();
    }
    sending.join().expect("the log is sent");
    let last = story.setup().start("a");
    story.end(cluster, vec![last]);
}

#[test]
#[ignore = "a minute"]
fn asked_to_stop_while_the_broker_is_down() {
    let Some(mut cluster) = cluster(Plan::default()) else { return };
    let mut row = Row::begin(39, "SIGTERM while the broker is down");
    let story = Story::new(&cluster, "sigterm.down", 12, 100);
    let sending = story.send_at(&cluster, 30);
    let mut job = story.setup().start("a");
    job.await_records(100.0);
    cluster.kill(0);
    std::thread::sleep(Duration::from_secs(2));
    job.ask_to_stop();
    assert!(job.wait(STOP).is_some(), "still there: {}", job.last_words());
    cluster.start_all();
    sending.join().expect("the log is sent");
    let last = story.setup().start("a");
    story.end(&cluster, vec![last]);
    row.ran();
}

#[test]
#[ignore = "a minute"]
fn a_reader_asks_all_the_time() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(40, "SELECT count(*), max(_offset) each second while the job is killed");
    let story = Story::new(cluster, "reader", 12, 250);
    let done = Arc::new(AtomicBool::new(false));
    let (ending, lake) = (Arc::clone(&done), story.setup().lake());
    let reader = std::thread::spawn(move || {
        let (mut looks, mut last) = (0, (0u64, 0u64));
        while !ending.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(1));
            if !lake.join("manifest").is_dir() {
                continue;
            }
            let query = "SELECT count(*) AS n, max(_offset) AS m, count(DISTINCT (_partition * 1000000000 + _offset)) AS d FROM tracks";
            let mut command = kervan(&["sql", "-c", query, "--format", "csv"]);
            let output = command.arg("--lake").arg(&lake).output().expect("kervan starts");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "a reader: {said}");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let cells: Vec<u64> = text
                .lines()
                .nth(1)
                .unwrap_or_default()
                .split(',')
                // The maximum of no rows is an empty cell.
                .map(|cell| if cell.is_empty() { 0 } else { cell.parse().expect("a number") })
                .collect();
            let [rows, most, distinct] = cells[..] else { panic!("three numbers, not {text:?}") };
            assert_eq!(rows, distinct, "a row is there twice");
            assert!(rows >= last.0 && most >= last.1, "{last:?}, then {:?}", (rows, most));
            last = (rows, most);
            looks += 1;
        }
        println!("asked {looks} times, {last:?}");
        (looks, last.0)
    });
    let sending = story.send_at(cluster, 80);
    let mut chance = Chance::new(40);
    for _ in 0..8 {
        let job = story.setup().start("a");
        std::thread::sleep(Duration::from_millis(chance.within(1_000, 6_000) as u64));
        job.kill();
        row.ran();
    }
    sending.join().expect("the log is sent");
    let mut jobs = vec![story.setup().start("a")];
    story.drain(cluster, &mut jobs);
    done.store(true, Ordering::SeqCst);
    let (looks, rows) = reader.join().expect("nothing was wrong");
    assert!(looks > 5 && rows > 100, "a reader that asks {looks} times and sees {rows} rows proves little");
    story.end(cluster, jobs);
}

/// The same log, ticks and timestamps included, under another name.
fn copied(cluster: &crate::cluster::Cluster, log: &[Read], to: &str) {
    configure(cluster, to, &[("cleanup.policy", "delete"), ("message.timestamp.type", "CreateTime")]);
    let entry = |read: &Read| Entry {
        key: read.key.clone(),
        payload: read.payload.clone(),
        timestamp: Some(read.timestamp),
        partition: Some(read.partition),
        ..Entry::default()
    };
    let entries: Vec<Entry> = log.iter().map(entry).collect();
    Sender::new(cluster, to).send(&entries);
    configure(cluster, to, &STAMPED);
}

#[test]
#[ignore = "minutes"]
fn run_again_it_says_the_same() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(41, "the same log: 1 process, 4 processes, batches of 1, 20 random kills");
    let mut first = Story::new(cluster, "again.first", 16, 200);
    first.send(cluster);
    first.settle(cluster, vec![first.setup().start("a")]);
    let told = first.finish(cluster, &Beside::default());
    let length = |partition: i32| told.log.iter().filter(|read| read.partition == partition).count() as u64;
    let ends: Vec<u64> = (0..PARTITIONS).map(length).collect();
    // Of what came after the copied log (ticks of this run) nothing is compared.
    let of_the_log = |alerts: &[Read]| -> Vec<(i32, Vec<u8>)> {
        let within = |read: &&Read| {
            let source = &read.json()["source"];
            source["offset"].as_u64() < Some(ends[source["partition"].as_u64().expect("a partition") as usize])
        };
        alerts.iter().filter(within).map(|read| (read.partition, read.payload.clone().unwrap_or_default())).collect()
    };
    let expected = of_the_log(&told.alerts);
    assert!(expected.len() > 50);
    for run in ["one", "four", "kills"] {
        let mut bench = Bench::new(cluster, &format!("again.{run}"), PARTITIONS);
        if run == "one" {
            bench.setup.limit("batch_records", 1);
        }
        copied(cluster, &told.log, &bench.setup.topics.log);
        let story = Story::of(cluster, bench);
        let slots: &[&str] = if run == "four" { &["a", "b", "c", "d"] } else { &["a"] };
        let mut chance = Chance::new(41);
        for _ in 0..if run == "kills" { 20 } else { 0 } {
            let job = story.setup().start("a");
            std::thread::sleep(Duration::from_millis(chance.within(200, 2_000) as u64));
            job.kill();
        }
        let jobs = slots.iter().map(|slot| story.setup().start(slot)).collect();
        let topics = story.setup().topics.clone();
        story.end(cluster, jobs);
        let alerts = whole(cluster, &topics.alerts, topics.partitions, Isolation::Committed);
        assert!(of_the_log(&alerts) == expected, "{run}: other alerts of the same log");
        row.ran();
    }
}
