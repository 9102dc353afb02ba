//! Outputs and offsets become visible together or not at all, and only while this member's word counts.

use std::time::Duration;

use kervan::delivery::{Fault, Transactions};
use kervan::pipeline::Broker;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, Producer};

use super::drive::{alert, await_event, committed_values, join_and_read, make, offset, settings};
use crate::cluster::{Plan, cluster};

const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn outputs_offsets_and_pointer_are_one() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let settings = settings(&cluster.bootstrap(), "one", "a");
    make(&settings, 2);
    let mut broker = join_and_read(&settings);
    assert_eq!(broker.committed(&[0, 1], LIMIT).unwrap().iter().map(|c| c.next).collect::<Vec<_>>(), [None, None]);

    broker.begin().unwrap();
    broker.send(&alert("unit", "aborted")).unwrap();
    broker.drain(LIMIT).unwrap();
    broker.abort(LIMIT).unwrap();

    // An abort with outputs under way, which nobody has waited for.
    broker.begin().unwrap();
    (0..1000).for_each(|_| broker.send(&alert("unit", "aborted")).unwrap());
    broker.abort(LIMIT).unwrap();

    let pointer = "v1;K=3;ck=p000/3-2f9c.ckpt;h=0123456789abcdef";
    broker.begin().unwrap();
    broker.send(&alert("unit", "kept")).unwrap();
    broker.drain(LIMIT).unwrap();
    broker.offsets(&[offset(0, 7, pointer), offset(1, 9, "")], LIMIT).unwrap();
    broker.commit(LIMIT).unwrap();
    let committed = broker.committed(&[0, 1], LIMIT).unwrap();
    let found: Vec<_> = committed.iter().map(|c| (c.partition, c.next, c.metadata.as_str())).collect();
    assert_eq!(found, [(0, Some(7), pointer), (1, Some(9), "")]);
    assert_eq!(committed_values(&settings, &settings.topics.alerts), ["kept"]);

    // Too long a pointer can be aborted, and the old one stays.
    broker.begin().unwrap();
    let fault = broker.offsets(&[offset(0, 8, &"x".repeat(5000))], LIMIT).unwrap_err();
    assert!(matches!(fault, Fault::Abortable(_)), "{fault:?}");
    broker.abort(LIMIT).unwrap();
    assert_eq!(broker.committed(&[0], LIMIT).unwrap()[0].next, Some(7));
}

#[test]
fn a_fenced_producer_is_fatal_and_a_new_one_works() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let settings = settings(&cluster.bootstrap(), "fence", "a");
    make(&settings, 1);
    let mut broker = join_and_read(&settings);
    broker.begin().unwrap();
    broker.send(&alert("unit", "of the old one")).unwrap();
    broker.drain(LIMIT).unwrap();
    broker.offsets(&[offset(0, 1, "")], LIMIT).unwrap();
    let other: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &settings.brokers)
        .set("transactional.id", settings.transactional_id())
        .create()
        .unwrap();
    other.init_transactions(LIMIT).unwrap();
    let fault = broker.commit(LIMIT).unwrap_err();
    assert!(matches!(fault, Fault::Fatal(_)), "{fault:?}");
    assert!(matches!(broker.begin(), Err(Fault::Fatal(_))));
    broker.renew(LIMIT).unwrap();
    broker.begin().unwrap();
    broker.send(&alert("unit", "of the new one")).unwrap();
    broker.drain(LIMIT).unwrap();
    broker.offsets(&[offset(0, 2, "")], LIMIT).unwrap();
    broker.commit(LIMIT).unwrap();
    assert_eq!(broker.committed(&[0], LIMIT).unwrap()[0].next, Some(2));
    assert_eq!(committed_values(&settings, &settings.topics.alerts), ["of the new one"]);
}

#[test]
fn who_was_silent_for_too_long_commits_nothing() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let mut first = settings(&cluster.bootstrap(), "stale", "a");
    first.max_poll = Duration::from_secs(6);
    let second = settings(&cluster.bootstrap(), "stale", "b");
    make(&first, 2);
    let mut silent = join_and_read(&first);
    let before = silent.membership();
    let waiting = second.clone();
    let other = std::thread::spawn(move || {
        let mut other = join_and_read(&waiting);
        for _ in 0..40 {
            other.poll(Duration::from_millis(50), 0, &mut Vec::new()).unwrap();
        }
        other
    });
    let mut other = other.join().unwrap();
    assert!(silent.since_poll() > Duration::from_secs(5));
    silent.begin().unwrap();
    silent.send(&alert("unit", "stale")).unwrap();
    silent.drain(LIMIT).unwrap();
    let fault = silent.offsets(&[offset(0, 5, "stale")], LIMIT).unwrap_err();
    assert!(matches!(fault, Fault::Stale(_)), "{fault:?}");
    silent.abort(LIMIT).unwrap();
    assert_eq!(other.committed(&[0], LIMIT).unwrap()[0].next, None);

    // As a member that knows nothing it is welcome again.
    silent.rejoin().unwrap();
    let joined = std::thread::spawn(move || {
        let event = await_event(&mut silent, &mut Vec::new());
        (silent, event)
    });
    while !joined.is_finished() {
        if other.poll(Duration::from_millis(20), 0, &mut Vec::new()).unwrap().is_some() {
            other.unassign();
        }
    }
    let (silent, event) = joined.join().unwrap();
    assert!(matches!(event, kervan::pipeline::Event::Assigned(_)), "{event:?}");
    assert_ne!(silent.membership().member, before.member);
}
