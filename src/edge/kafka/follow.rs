//! Following a topic from its end, as a reader of alerts does: only what is committed.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::config::KafkaSettings;
use super::context::Witness;
use crate::pipeline::BrokerFault;

/// So long a topic that was just made may be without leaders.
const PATIENCE: Duration = Duration::from_secs(30);
const REQUEST: Duration = Duration::from_secs(10);

/// Asks again while leaders are being found.
fn patiently<T>(ask: impl Fn() -> KafkaResult<T>) -> KafkaResult<T> {
    use RDKafkaErrorCode::{LeaderNotAvailable, NotLeaderForPartition, UnknownPartition, UnknownTopicOrPartition};
    let until = Instant::now() + PATIENCE;
    loop {
        let answer = ask();
        let code = answer.as_ref().err().and_then(KafkaError::rdkafka_error_code);
        let passing = [LeaderNotAvailable, NotLeaderForPartition, UnknownPartition, UnknownTopicOrPartition];
        if !code.is_some_and(|code| passing.contains(&code)) || Instant::now() > until {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The end of every partition, as numbers: what comes between this call and the first fetch must not be missed.
fn ends_of(client: &BaseConsumer<Witness>, topic: &str) -> KafkaResult<TopicPartitionList> {
    let metadata = client.fetch_metadata(Some(topic), REQUEST)?;
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics().first().map_or(&[][..], |t| t.partitions()) {
        let (_, high) = client.fetch_watermarks(topic, partition.id(), REQUEST)?;
        list.add_partition_offset(topic, partition.id(), Offset::Offset(high))?;
    }
    Ok(list)
}

/// See the module.
pub struct Follower {
    client: BaseConsumer<Witness>,
    topic: String,
}

impl Follower {
    /// Stands at the end of every partition of a topic.
    ///
    /// # Errors
    /// Exit 3 where the broker does not answer.
    pub fn at_end(settings: &KafkaSettings, topic: &str) -> Result<Follower, BrokerFault> {
        let failed = |error: KafkaError| BrokerFault {
            exit: 3,
            message: format!("reading topic {topic}: {error}; see that the broker runs and has the topic"),
        };
        let mut config = settings.lookup();
        config
            .set("group.id", format!("{}-follower", settings.group))
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("fetch.wait.max.ms", "500");
        let client: BaseConsumer<Witness> = config.create_with_context(Witness::new("follower")).map_err(failed)?;
        let list = patiently(|| ends_of(&client, topic)).map_err(failed)?;
        client.assign(&list).map_err(failed)?;
        Ok(Follower { client, topic: topic.to_owned() })
    }

    /// The next value, or `None` after `wait` without one.
    ///
    /// # Errors
    /// Exit 3 where reading fails.
    pub fn next(&self, wait: Duration) -> Result<Option<Vec<u8>>, BrokerFault> {
        match self.client.poll(wait) {
            None => Ok(None),
            Some(Ok(message)) => Ok(Some(message.payload().unwrap_or_default().to_vec())),
            Some(Err(error)) => {
                Err(BrokerFault { exit: 3, message: format!("reading topic {}: {error}; try again", self.topic) })
            }
        }
    }
}
