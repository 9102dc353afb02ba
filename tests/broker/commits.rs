//! The offsets of a group and what their metadata names: C, K and the checkpoint.

use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use super::cluster::Cluster;

/// The commit of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Next offset to emit alerts for; `None` where nothing was committed yet.
    pub c: Option<u64>,
    /// `K=` of the metadata: next offset to replay from.
    pub k: Option<u64>,
    /// The metadata, whole.
    pub metadata: String,
}

/// Asks for the commits of a group without being a member.
pub struct Commits {
    consumer: BaseConsumer,
    topic: String,
    partitions: i32,
}

impl Commits {
    /// A client for it. It reads committed, so it waits while a transaction is open on the offsets: without that the broker may
    /// still tell the old ones for a moment after a commit has succeeded.
    pub fn new(cluster: &Cluster, group: &str, topic: &str, partitions: i32) -> Commits {
        let consumer = ClientConfig::new()
            .set("bootstrap.servers", cluster.bootstrap())
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .create()
            .expect("a client can be made");
        Commits { consumer, topic: topic.to_owned(), partitions }
    }

    /// The commits by partition; `None` while the broker does not answer.
    pub fn now(&self) -> Option<Vec<Commit>> {
        let mut asked = TopicPartitionList::new();
        asked.add_partition_range(&self.topic, 0, self.partitions - 1);
        let answer = self.consumer.committed_offsets(asked, Duration::from_secs(5)).ok()?;
        let commit = |partition| {
            let element = answer.find_partition(&self.topic, partition)?;
            element.error().ok()?;
            let c = match element.offset() {
                Offset::Offset(offset) => Some(offset as u64),
                _ => None,
            };
            let metadata = element.metadata().to_owned();
            let k = metadata.split(';').find_map(|part| part.strip_prefix("K=")?.parse().ok());
            Some(Commit { c, k, metadata })
        };
        (0..self.partitions).map(commit).collect()
    }

    /// The commits, for which it waits.
    pub fn get(&self) -> Vec<Commit> {
        let mut found = None;
        super::cluster::within(Duration::from_secs(60), || {
            found = self.now();
            found.is_some()
        });
        found.expect("the broker tells the offsets of a group")
    }
}
