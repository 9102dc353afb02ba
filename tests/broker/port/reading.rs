//! Waiting, ends of logs, and offsets that are not there.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use kervan::pipeline::{Assignment, Batch, Broker};

use super::drive::{await_fault, fill, join_and_read, make, settings};
use crate::cluster::{Plan, cluster};

/// Well below the wait of ten seconds, well above what a machine that does other things takes to wake a thread.
const SOON: Duration = Duration::from_secs(4);

#[test]
fn a_wait_ends_with_a_record_or_a_call_and_not_later() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let settings = settings(&cluster.bootstrap(), "wait", "a");
    make(&settings, 2);
    let mut broker = join_and_read(&settings);
    let mut batches: Vec<Batch> = Vec::new();
    let long = Duration::from_secs(10);

    // Somebody calls. What is awaited is written down before the call: a wait that ends early finds it undone and
    // waits again, a wait that the call ends finds it done.
    let waker = broker.waker();
    let called = Arc::new(OnceLock::new());
    let calling = called.clone();
    let caller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        calling.set(Instant::now()).expect("one call");
        waker();
    });
    let late = loop {
        broker.poll(long, 100, &mut batches).unwrap();
        if let Some(at) = called.get() {
            break at.elapsed();
        }
    };
    caller.join().unwrap();
    assert!(late < SOON, "{late:?}");

    // Records come one by one.
    let writing = settings.clone();
    let writer = std::thread::spawn(move || (0..20).for_each(|n| fill(&writing, 1, n..n + 1, 10)));
    let mut records = 0;
    while records < 20 {
        batches.clear();
        broker.poll(long, 100, &mut batches).unwrap();
        for record in batches.iter().flat_map(Batch::records) {
            let age = broker.wall() - record.timestamp;
            assert!(age < SOON.as_millis() as i64, "a record waited for {age} ms");
            records += 1;
        }
    }
    writer.join().unwrap();

    // No room: records stay where they are, events are served.
    fill(&settings, 1, 20..21, 10);
    batches.clear();
    broker.poll(Duration::from_millis(500), 0, &mut batches).unwrap();
    assert!(batches.is_empty());
    broker.poll(long, 1, &mut batches).unwrap();
    assert_eq!(batches.iter().map(Batch::len).sum::<usize>(), 1);
    assert_eq!(broker.high(0), Some(21));
    assert_eq!(broker.bounds(0).unwrap(), (0, 21));
    assert_eq!(broker.bounds(1).unwrap(), (0, 0));
}

#[test]
fn ticks_come_back_in_the_log() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let settings = settings(&cluster.bootstrap(), "ticks", "a");
    make(&settings, 2);
    let mut broker = join_and_read(&settings);
    broker.tick(1, 1_777_622_400_000);
    broker.status(1, br#"{"partition":1}"#);
    let mut batches: Vec<Batch> = Vec::new();
    let until = Instant::now() + Duration::from_secs(20);
    while batches.is_empty() && Instant::now() < until {
        broker.poll(Duration::from_millis(100), 100, &mut batches).unwrap();
    }
    let batch = batches.first().expect("the tick is read");
    let record = &batch.records()[0];
    assert_eq!((batch.partition, batch.key(record)), (1, None));
    assert_eq!(batch.value(record), Some(&br#"{"type":"tick","time":"2026-05-01T08:00:00.000Z"}"#[..]));
    assert_eq!(super::drive::committed_values(&settings, &settings.topics.status), [r#"{"partition":1}"#]);
    assert_eq!(broker.dropped(), 0);
}

#[test]
fn an_offset_that_is_not_there_ends_the_process() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let settings = settings(&cluster.bootstrap(), "range", "a");
    make(&settings, 1);
    fill(&settings, 1, 0..10, 10);
    let mut broker = join_and_read(&settings);
    broker.assign(&[Assignment { partition: 0, from: 1_000_000 }]).unwrap();
    let fault = await_fault(&mut broker, Duration::from_secs(30));
    assert_eq!(fault.exit, 4);
    assert!(fault.message.contains("partition 0 of topic range.log: offset 1000000"), "{fault}");
}
