//! Reads whole topics, as readers with either isolation level see them.

use std::time::{Duration, Instant};

use kervan::domain::time::Millis;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::cluster::{Cluster, within};
use super::topics::span;

/// A transaction may stay open for its time-out and a scan of the broker; longer means that it hangs.
const HANG: Duration = Duration::from_secs(120);

/// A record of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// Timestamp.
    pub timestamp: Millis,
    /// Key.
    pub key: Option<Vec<u8>>,
    /// Value.
    pub payload: Option<Vec<u8>>,
}

impl Read {
    /// The value as JSON.
    pub fn json(&self) -> serde_json::Value {
        let payload = self.payload.as_deref().unwrap_or_default();
        serde_json::from_slice(payload).unwrap_or_else(|error| {
            panic!("{} [{}]: {error}: {}", self.offset, self.partition, String::from_utf8_lossy(payload))
        })
    }
}

/// What a reader sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// What was committed.
    Committed,
    /// Everything that was written.
    Uncommitted,
}

/// A client without a group that reads from the beginning.
pub fn reader(cluster: &Cluster, isolation: Isolation) -> BaseConsumer {
    let level = if isolation == Isolation::Committed { "read_committed" } else { "read_uncommitted" };
    ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap())
        .set("group.id", "readers-without-a-group")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "error")
        .set("enable.partition.eof", "true")
        .set("check.crcs", "true")
        .set("isolation.level", level)
        .create()
        .expect("a client can be made")
}

/// Everything in a topic, by partition and offset. A committed reader waits until no open transaction hides the end.
pub fn whole(cluster: &Cluster, topic: &str, partitions: i32, isolation: Isolation) -> Vec<Read> {
    let consumer = reader(cluster, isolation);
    let mut from = TopicPartitionList::new();
    for partition in 0..partitions {
        let (first, end) = span(cluster, topic, partition);
        from.add_partition_offset(topic, partition, Offset::Offset(first)).expect("an offset");
        if isolation == Isolation::Committed {
            let visible = within(HANG, || stable_end(&consumer, topic, partition).is_some_and(|stable| stable >= end));
            assert!(visible, "{topic} [{partition}]: readers see less than {end} for {HANG:?}: a transaction hangs");
        }
    }
    // From here on the end of a partition, as the reader is told it, is behind everything that was there above.
    consumer.assign(&from).expect("partitions can be assigned");
    let mut open = vec![true; partitions as usize];
    let mut until = Instant::now() + HANG;
    let mut all = Vec::new();
    while open.contains(&true) {
        assert!(Instant::now() < until, "{topic}: a reader does not get to the end of each partition: {open:?}");
        match consumer.poll(Duration::from_millis(200)) {
            None => {}
            Some(Ok(message)) => {
                until = Instant::now() + HANG;
                all.push(Read {
                    partition: message.partition(),
                    offset: message.offset(),
                    timestamp: message.timestamp().to_millis().unwrap_or(-1),
                    key: message.key().map(<[u8]>::to_vec),
                    payload: message.payload().map(<[u8]>::to_vec),
                });
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => open[partition as usize] = false,
            Some(Err(error)) => println!("reading {topic}: {error}"),
        }
    }
    all.sort_by_key(|read| (read.partition, read.offset));
    all
}

/// The offset up to which a committed reader sees a partition. (For such a client the broker answers with it in place of the
/// end.)
pub fn stable_end(consumer: &BaseConsumer, topic: &str, partition: i32) -> Option<i64> {
    consumer.fetch_watermarks(topic, partition, Duration::from_secs(5)).ok().map(|(_, end)| end)
}
