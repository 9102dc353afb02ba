//! How fast it is: figures to print, and bounds that only a mistake of ours would break.

use std::time::{Duration, Instant};

use kervan::delivery::Transactions;
use kervan::pipeline::{Batch, Broker};

use super::drive::{alert, fill, join_and_read, make, offset, settings};
use crate::cluster::{Plan, cluster};

#[test]
fn records_come_in_full_batches() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let settings = settings(&cluster.bootstrap(), "speed", "a");
    make(&settings, 8);
    fill(&settings, 8, 0..50_000, 192);
    let mut broker = join_and_read(&settings);
    let (mut records, mut polls, mut batches_seen) = (0, 0, 0);
    let mut batches: Vec<Batch> = Vec::new();
    let mut began = None;
    let until = Instant::now() + Duration::from_secs(60);
    while records < 400_000 && Instant::now() < until {
        batches.clear();
        broker.poll(Duration::from_millis(100), 10_000, &mut batches).unwrap();
        let count: usize = batches.iter().map(Batch::len).sum();
        if count > 0 {
            began.get_or_insert_with(Instant::now);
            records += count;
            polls += 1;
            batches_seen += batches.len();
        }
    }
    let seconds = began.unwrap().elapsed().as_secs_f64();
    println!(
        "{records} records of 200 B: {:.0} a second, {} a poll, {} a batch",
        records as f64 / seconds,
        records / polls,
        records / batches_seen
    );
    assert_eq!(records, 400_000);
    assert!(records / polls > 200, "records come one by one");
}

#[test]
fn a_commit_does_not_wait_for_the_clock() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let settings = settings(&cluster.bootstrap(), "commit", "a");
    make(&settings, 4);
    let mut broker = join_and_read(&settings);
    let limit = Duration::from_secs(20);
    let mut took: Vec<[Duration; 3]> = Vec::new();
    for turn in 0..300_u64 {
        let began = Instant::now();
        broker.begin().unwrap();
        broker.send(&alert("unit", "value")).unwrap();
        broker.drain(limit).unwrap();
        let drained = began.elapsed();
        let offsets: Vec<_> = (0..4).map(|p| offset(p, turn, &"x".repeat(77))).collect();
        broker.offsets(&offsets, limit).unwrap();
        let added = began.elapsed();
        broker.commit(limit).unwrap();
        took.push([drained, added - drained, began.elapsed()]);
        let pause = Instant::now() + Duration::from_millis(15);
        while Instant::now() < pause {
            broker.poll(pause - Instant::now().min(pause), 100, &mut Vec::new()).unwrap();
        }
    }
    took.drain(..50);
    let at = |part: usize, share: usize| {
        let mut all: Vec<Duration> = took.iter().map(|t| t[part]).collect();
        all.sort();
        all[(all.len() - 1) * share / 100]
    };
    println!("drain p50 {:?} p99 {:?}; offsets p50 {:?}", at(0, 50), at(0, 99), at(1, 50));
    println!("whole transaction p50 {:?} p99 {:?}", at(2, 50), at(2, 99));
    // On a busy machine all of this is slow; but the client's own flush would never take less than 100 ms.
    assert!(at(2, 0) < Duration::from_millis(90), "every commit waits for a polling interval of the client");
}
