//! The harness, tried on the raw client: transactions are what Kafka says, and the proxy and the cluster break what they are
//! told to break. A matrix that stands on a harness nobody tried proves nothing.

use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::Consumer;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::bench::{lease, shared};
use super::chance::Chance;
use super::cluster::{Cluster, Plan, cluster, within};
use super::logs::records;
use super::produce::{Entry, Sender, entries, preload};
use super::proxy::{Fate, Rule, api};
use super::read::{Isolation, reader, whole};
use super::topics::{forget, make, span};

const PLAIN: [(&str, &str); 1] = [("cleanup.policy", "delete")];
const SHORT: Duration = Duration::from_secs(20);

fn transactional(bootstrap: &str, id: &str) -> BaseProducer {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("transactional.id", id)
        .set("transaction.timeout.ms", "20000")
        .set("socket.timeout.ms", "3000")
        .create()
        .expect("a client can be made");
    let ready = within(Duration::from_secs(60), || producer.init_transactions(SHORT).is_ok());
    assert!(ready, "a transactional producer gets its id");
    producer
}

fn put(producer: &BaseProducer, topic: &str, text: &str) {
    producer
        .send(BaseRecord::<(), str>::to(topic).payload(text))
        .map_err(|(error, _)| error)
        .expect("the queue takes it");
    assert!(within(SHORT, || {
        producer.poll(Duration::from_millis(10));
        producer.in_flight_count() == 0
    }));
}

fn texts(cluster: &Cluster, topic: &str, isolation: Isolation) -> Vec<String> {
    let text = |payload: Option<Vec<u8>>| String::from_utf8(payload.unwrap_or_default()).expect("it is text");
    whole(cluster, topic, 1, isolation).into_iter().map(|read| text(read.payload)).collect()
}

#[test]
fn a_committed_reader_sees_what_was_committed() {
    let Some(cluster) = shared() else { return };
    let topic = "harness.visible";
    make(cluster, topic, 1, &PLAIN);
    let producer = transactional(&cluster.bootstrap(), topic);
    for (text, commit) in [("kept", true), ("taken back", false), ("kept, too", true)] {
        producer.begin_transaction().expect("a transaction begins");
        put(&producer, topic, text);
        let end = if commit { producer.commit_transaction(SHORT) } else { producer.abort_transaction(SHORT) };
        end.expect("a transaction ends");
    }
    assert_eq!(texts(cluster, topic, Isolation::Committed), ["kept", "kept, too"]);
    assert_eq!(texts(cluster, topic, Isolation::Uncommitted), ["kept", "taken back", "kept, too"]);
    assert_eq!(span(cluster, topic, 0), (0, 6), "markers have offsets");
}

#[test]
fn a_lost_answer_to_the_commit_is_asked_for_again() {
    let Some(cluster) = shared() else { return };
    let topic = "harness.lost";
    make(cluster, topic, 1, &PLAIN);
    let leased = lease(cluster, 0);
    let producer = transactional(&leased.bootstrap, topic);
    for (number, rule) in
        [Rule::response(api::END_TXN, Fate::Lose), Rule::request(api::END_TXN, Fate::Lose)].into_iter().enumerate()
    {
        producer.begin_transaction().expect("a transaction begins");
        put(&producer, topic, &format!("{number}"));
        leased.proxy.arm(rule);
        let begin = Instant::now();
        let ended = within(SHORT, || producer.commit_transaction(Duration::from_secs(10)).is_ok());
        assert!(ended, "the commit is asked for again");
        assert!(begin.elapsed() > Duration::from_secs(2), "after the request timed out, not {:?}", begin.elapsed());
        assert_eq!(leased.proxy.hits(), number + 1);
    }
    assert_eq!(texts(cluster, topic, Isolation::Committed), ["0", "1"]);
}

/// KAFKA-17754 made to order: the fault that DELIVERY 3.4 renews the producer for. If this fails because the record is gone,
/// the broker has learnt to tell the requests apart.
#[test]
fn a_commit_that_comes_late_ends_a_later_transaction() {
    let Some(cluster) = shared() else { return };
    let topic = "harness.stray";
    make(cluster, topic, 1, &PLAIN);
    let leased = lease(cluster, 0);
    let producer = transactional(&leased.bootstrap, topic);
    producer.begin_transaction().expect("a transaction begins");
    put(&producer, topic, "first");
    leased.proxy.arm(Rule::request(api::END_TXN, Fate::Strand(Duration::from_secs(8))));
    assert!(within(SHORT, || producer.commit_transaction(Duration::from_secs(10)).is_ok()), "on a new connection");
    producer.begin_transaction().expect("a transaction begins");
    put(&producer, topic, "never committed");
    let visible = within(SHORT, || texts_now(cluster, topic).len() == 2);
    assert!(visible, "the stray commit reached the broker");
}

/// What a committed reader sees before the first open transaction.
fn texts_now(cluster: &Cluster, topic: &str) -> Vec<i64> {
    let consumer = reader(cluster, Isolation::Committed);
    let mut from = rdkafka::TopicPartitionList::new();
    from.add_partition_offset(topic, 0, Offset::Beginning).expect("an offset");
    consumer.assign(&from).expect("a partition can be assigned");
    let mut offsets = Vec::new();
    while let Some(Ok(message)) = consumer.poll(Duration::from_secs(5)) {
        offsets.push(rdkafka::Message::offset(&message));
    }
    offsets
}

#[test]
fn the_line_is_as_slow_as_it_is_told_to_be() {
    let Some(cluster) = shared() else { return };
    let leased = lease(cluster, 1);
    let topic = "harness.slow";
    make(cluster, topic, 1, &PLAIN);
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", &leased.bootstrap).create().expect("a client can be made");
    put(&producer, topic, "warm");
    let timed = |text: &str| {
        let begin = Instant::now();
        put(&producer, topic, text);
        begin.elapsed()
    };
    leased.proxy.slow(Duration::from_millis(150), 0);
    assert!(timed("latency") > Duration::from_millis(300), "there and back");
    leased.proxy.slow(Duration::ZERO, 10_000);
    assert!(timed(&"x".repeat(20_000)) > Duration::from_secs(1), "20 kB at 10 kB a second, the first piece at once");
    leased.proxy.clear();
    leased.proxy.part();
    producer.send(BaseRecord::<(), str>::to(topic).payload("parted")).map_err(|(error, _)| error).expect("it is taken");
    assert!(!within(Duration::from_secs(2), || {
        producer.poll(Duration::from_millis(10));
        producer.in_flight_count() == 0
    }));
    leased.proxy.clear();
    assert!(producer.flush(SHORT).is_ok(), "and then it goes on");
}

#[test]
fn a_killed_broker_keeps_what_it_acknowledged() {
    let Some(mut cluster) = cluster(Plan::default()) else { return };
    let topic = "harness.killed";
    make(&cluster, topic, 2, &PLAIN);
    let all: Vec<Entry> = (0..2_000).map(|n| Entry::new(&format!("u{}", n % 50), format!("{n}"))).collect();
    Sender::new(&cluster, topic).send(&all);
    cluster.kill(0);
    cluster.start_all();
    assert_eq!(whole(&cluster, topic, 2, Isolation::Committed).len(), all.len());
    forget(&cluster, topic, 1, Offset::Offset(10));
    assert_eq!(span(&cluster, topic, 1).0, 10);
}

#[test]
fn a_preloaded_log_has_the_timestamps_of_its_records() {
    let Some(cluster) = shared() else { return };
    let topic = "harness.preloaded";
    make(cluster, topic, 4, &PLAIN);
    let seed = Chance::new(1).next();
    let entries = entries(&records(seed, 10, 50));
    preload(cluster, topic, &entries);
    let read = whole(cluster, topic, 4, Isolation::Committed);
    assert_eq!(read.len(), entries.len());
    let mut sent: Vec<_> = entries.iter().map(|entry| (entry.timestamp, entry.payload.clone())).collect();
    let mut got: Vec<_> = read.iter().map(|read| (Some(read.timestamp), read.payload.clone())).collect();
    sent.sort();
    got.sort();
    assert!(sent == got, "each with its own timestamp");
    let used: std::collections::BTreeSet<i32> = read.iter().map(|read| read.partition).collect();
    assert!(used.len() > 1, "units spread over partitions {used:?}");
}
