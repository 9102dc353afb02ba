//! For `kervan recover`: what the outputs say of the offsets that the group had committed, and committing them again.
//!
//! Every output names the record that it rests on, and all outputs of records before the committed offset are out. So the
//! highest offset named, and one, is at most the committed one, and between the two lie only records without outputs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use super::config::KafkaSettings;
use super::context::Witness;
use crate::delivery::Committed;
use crate::pipeline::BrokerFault;

/// Offset behind the last one that outputs rest on, by partition of the log.
pub type Spread = BTreeMap<u32, u64>;

/// Hears of a record: its place as its headers say it, and its value.
type Take<'a> = dyn FnMut(Option<(u32, u64)>, &[u8]) + 'a;

const REQUEST: Duration = Duration::from_secs(10);
/// Longest silence of the broker while a topic is read.
const SILENCE: Duration = Duration::from_secs(60);

fn failed(doing: &str, error: &KafkaError) -> BrokerFault {
    BrokerFault { exit: 3, message: format!("{doing}: {error}; see that the broker runs, then try again") }
}

fn consumer(settings: &KafkaSettings, isolation: &str) -> Result<BaseConsumer<Witness>, BrokerFault> {
    let mut config = settings.lookup();
    config
        .set("group.id", &settings.group)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", isolation)
        .set("enable.partition.eof", "true");
    config.create_with_context(Witness::new("recovery")).map_err(|e| failed("making a client", &e))
}

/// What the group has committed now.
///
/// # Errors
/// Exit 3 where the broker does not answer.
pub fn committed_offsets(settings: &KafkaSettings, partitions: u32) -> Result<Vec<Committed>, BrokerFault> {
    let doing = "reading the committed offsets";
    let client = consumer(settings, "read_committed")?;
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition(&settings.topics.log, partition as i32);
    }
    let answer = client.committed_offsets(list, REQUEST).map_err(|e| failed(doing, &e))?;
    let elements = answer.elements();
    let committed = elements.iter().map(|e| Committed {
        partition: e.partition() as u32,
        next: match e.offset() {
            Offset::Offset(next) => u64::try_from(next).ok(),
            _ => None,
        },
        metadata: e.metadata().to_owned(),
    });
    Ok(committed.collect())
}

/// Reads the outputs of the job (`source` of each gives partition and offset) up to the ends they had at the start.
///
/// # Errors
/// Exit 3 where a topic cannot be read, 4 where one has lost its beginning and says nothing of a partition.
pub fn source_ends(
    settings: &KafkaSettings,
    source: impl Fn(&[u8]) -> Option<(u32, u64)>,
) -> Result<Spread, BrokerFault> {
    let mut spread = Spread::new();
    let topics = &settings.topics;
    for topic in [&topics.alerts, &topics.rejects, &topics.episodes] {
        read(settings, topic, &mut |place, value| {
            if let Some((partition, offset)) = place.or_else(|| source(value)) {
                let next = spread.entry(partition).or_default();
                *next = (*next).max(offset + 1);
            }
        })?;
    }
    Ok(spread)
}

fn read(settings: &KafkaSettings, topic: &str, take: &mut Take<'_>) -> Result<(), BrokerFault> {
    let doing = format!("reading topic {topic}");
    // The true ends: an open transaction must not hide what was committed behind it (KAFKA-10167).
    let ends = consumer(settings, "read_uncommitted")?;
    let client = consumer(settings, "read_committed")?;
    let metadata = client.fetch_metadata(Some(topic), REQUEST).map_err(|e| failed(&doing, &e))?;
    let partitions = metadata.topics().first().map_or(0, |t| t.partitions().len());
    let mut list = TopicPartitionList::new();
    let mut open = BTreeMap::new();
    for partition in 0..partitions as i32 {
        let (low, high) = ends.fetch_watermarks(topic, partition, REQUEST).map_err(|e| failed(&doing, &e))?;
        if low < high {
            open.insert(partition, high);
            list.add_partition_offset(topic, partition, Offset::Offset(low)).map_err(|e| failed(&doing, &e))?;
        }
    }
    client.assign(&list).map_err(|e| failed(&doing, &e))?;
    let mut heard = Instant::now();
    while !open.is_empty() {
        match client.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => {
                heard = Instant::now();
                take(place(&message), message.payload().unwrap_or_default());
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                let at = client.position().ok().and_then(|p| p.find_partition(topic, partition).map(|e| e.offset()));
                // Behind the last committed record there may be nothing but markers: the end is where reading stands.
                let done =
                    matches!(at, Some(Offset::Offset(at)) if open.get(&partition).is_some_and(|high| at >= *high));
                if done || heard.elapsed() > SILENCE {
                    open.remove(&partition);
                }
            }
            Some(Err(error)) => return Err(failed(&doing, &error)),
            None if heard.elapsed() > SILENCE => {
                let message = format!(
                    "{doing}: nothing came for {} s; an open transaction may hide its end, try again later",
                    SILENCE.as_secs()
                );
                return Err(BrokerFault { exit: 3, message });
            }
            None => {}
        }
    }
    Ok(())
}

/// Partition and offset in the headers that our outputs carry.
fn place(message: &impl Message) -> Option<(u32, u64)> {
    let headers = message.headers()?;
    let number = |name: &str| {
        let header = headers.iter().find(|h| h.key == name)?;
        std::str::from_utf8(header.value?).ok()?.parse::<u64>().ok()
    };
    Some((u32::try_from(number("partition")?).ok()?, number("offset")?))
}

/// Commits offsets with their pointers for a group that nobody is in.
///
/// # Errors
/// Exit 4 where somebody is in it, 3 where the broker does not answer.
pub fn commit_offsets(settings: &KafkaSettings, offsets: &[(u32, u64, String)]) -> Result<(), BrokerFault> {
    let client = consumer(settings, "read_committed")?;
    let doing = format!("committing offsets for group {}", settings.group);
    let mut list = TopicPartitionList::new();
    for (partition, next, metadata) in offsets {
        let mut element = list.add_partition(&settings.topics.log, *partition as i32);
        element.set_offset(Offset::Offset(*next as i64)).map_err(|e| failed(&doing, &e))?;
        element.set_metadata(metadata);
    }
    client.commit(&list, CommitMode::Sync).map_err(|error| BrokerFault {
        exit: 4,
        message: format!(
            "{doing}: {error}; stop every process of the group, wait until its session has ended, then try again"
        ),
    })
}
