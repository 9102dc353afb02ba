//! Topics of a test: made, changed and deleted through the admin client.

use std::ops::Deref;
use std::time::Duration;

use kervan::edge::kafka::Topics as Names;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use super::cluster::{Cluster, within};

/// Brokers that have just started answer late.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a log must be.
pub const STAMPED: [(&str, &str); 2] = [("cleanup.policy", "delete"), ("message.timestamp.type", "LogAppendTime")];

/// The topics of one job, named after a test so that tests do not meet.
#[derive(Clone, Debug)]
pub struct Topics {
    names: Names,
    /// Partitions of the input.
    pub partitions: i32,
}

impl Deref for Topics {
    type Target = Names;

    fn deref(&self) -> &Names {
        &self.names
    }
}

/// Names of the topics of a job.
pub fn named(test: &str) -> Names {
    let name = |kind: &str| format!("{test}.{kind}");
    Names {
        log: name("log"),
        alerts: name("alerts"),
        latest: name("alerts.latest"),
        rejects: name("rejects"),
        episodes: name("episodes"),
        status: name("status"),
    }
}

impl Topics {
    /// Makes all of them as the job wants them.
    pub fn make(cluster: &Cluster, test: &str, partitions: i32) -> Topics {
        let topics = Topics { names: named(test), partitions };
        let plain = [("cleanup.policy", "delete")];
        let compact = [("cleanup.policy", "compact")];
        // A reject repeats the bytes of its record, escaped.
        let large = [("cleanup.policy", "delete"), ("max.message.bytes", "16777216")];
        make(cluster, &topics.log, partitions, &STAMPED);
        make(cluster, &topics.alerts, partitions, &plain);
        make(cluster, &topics.rejects, partitions, &large);
        make(cluster, &topics.episodes, 1, &plain);
        for name in [&topics.latest, &topics.status] {
            make(cluster, name, partitions, &compact);
        }
        topics
    }
}

/// An admin client.
pub fn admin(cluster: &Cluster) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", cluster.bootstrap()).create().expect("a client can be made")
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE))
}

/// Waits for an answer of the admin client; its own thread brings it.
fn answer<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made").block_on(future)
}

/// Makes a topic and waits until every partition has a leader.
pub fn make(cluster: &Cluster, name: &str, partitions: i32, config: &[(&str, &str)]) {
    let copies = if cluster.size() < 3 { 1 } else { 3 };
    let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(copies));
    for (key, value) in config {
        topic = topic.set(key, value);
    }
    let admin = admin(cluster);
    let made = answer(admin.create_topics([&topic], &options())).expect("the broker answers");
    made[0].as_ref().unwrap_or_else(|(name, error)| panic!("making topic {name}: {error}"));
    let led = || {
        let metadata = admin.inner().fetch_metadata(Some(name), Duration::from_secs(5)).ok()?;
        let topic = metadata.topics().iter().find(|topic| topic.name() == name)?;
        let leaders = topic.partitions().iter().filter(|partition| partition.leader() >= 0).count();
        (leaders == partitions as usize).then_some(())
    };
    assert!(within(PATIENCE, || led().is_some()), "topic {name} gets no leaders");
}

/// Sets a configuration of a topic; its other settings fall back to the broker's, so name all that count.
pub fn configure(cluster: &Cluster, name: &str, config: &[(&str, &str)]) {
    let mut change = AlterConfig::new(ResourceSpecifier::Topic(name));
    for (key, value) in config {
        change = change.set(key, value);
    }
    let done = answer(admin(cluster).alter_configs([&change], &options())).expect("the broker answers");
    done[0].as_ref().unwrap_or_else(|(name, error)| panic!("configuring {name:?}: {error}"));
}

/// Deletes a topic and waits until it is gone.
pub fn delete(cluster: &Cluster, name: &str) {
    let admin = admin(cluster);
    let done = answer(admin.delete_topics(&[name], &options())).expect("the broker answers");
    done[0].as_ref().unwrap_or_else(|(name, error)| panic!("deleting topic {name}: {error}"));
    let gone = || {
        let metadata = admin.inner().fetch_metadata(None, Duration::from_secs(5)).ok()?;
        (!metadata.topics().iter().any(|topic| topic.name() == name)).then_some(())
    };
    assert!(within(PATIENCE, || gone().is_some()), "topic {name} does not go");
}

/// Grows a topic.
pub fn grow(cluster: &Cluster, name: &str, partitions: usize) {
    let more = NewPartitions::new(name, partitions);
    let done = answer(admin(cluster).create_partitions([&more], &options())).expect("the broker answers");
    done[0].as_ref().unwrap_or_else(|(name, error)| panic!("growing topic {name}: {error}"));
}

/// Deletes the records of a partition before an offset, as retention does.
pub fn forget(cluster: &Cluster, name: &str, partition: i32, before: Offset) {
    let mut until = TopicPartitionList::new();
    until.add_partition_offset(name, partition, before).expect("an offset");
    let done = answer(admin(cluster).delete_records(&until, &options())).expect("the broker answers");
    done.elements_for_topic(name)[0].error().unwrap_or_else(|error| panic!("deleting records of {name}: {error}"));
}

/// Deletes the offsets of a group that has no members, as their expiry does.
pub fn forget_group(cluster: &Cluster, group: &str) {
    let admin = admin(cluster);
    let mut said = String::new();
    let gone =
        within(PATIENCE, || match &answer(admin.delete_groups(&[group], &options())).expect("the broker answers")[0] {
            Ok(_) => true,
            Err((_, error)) => {
                said = error.to_string();
                false
            }
        });
    assert!(gone, "deleting group {group}: {said}");
}

/// (first offset that is still there, offset behind the last record), transactions or not.
pub fn span(cluster: &Cluster, name: &str, partition: i32) -> (i64, i64) {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap())
        .set("isolation.level", "read_uncommitted")
        .create()
        .expect("a client can be made");
    let mut found = None;
    within(PATIENCE, || {
        found = consumer.fetch_watermarks(name, partition, Duration::from_secs(5)).ok();
        found.is_some()
    });
    found.unwrap_or_else(|| panic!("{name} [{partition}] does not tell its offsets"))
}
