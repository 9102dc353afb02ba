//! Following a topic from its end, as a reader of alerts does: only what is committed.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::config::KafkaSettings;
use super::context::Witness;
use crate::pipeline::BrokerFault;

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
        let failed = |error: rdkafka::error::KafkaError| BrokerFault {
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
        let limit = Duration::from_secs(10);
        let metadata = client.fetch_metadata(Some(topic), limit).map_err(failed)?;
        let mut list = TopicPartitionList::new();
        for partition in metadata.topics().first().map_or(&[][..], |t| t.partitions()) {
            // The end now, as a number: what comes between this call and the first fetch must not be missed.
            let (_, high) = client.fetch_watermarks(topic, partition.id(), limit).map_err(failed)?;
            list.add_partition_offset(topic, partition.id(), Offset::Offset(high)).map_err(failed)?;
        }
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
