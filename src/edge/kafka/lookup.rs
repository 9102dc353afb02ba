//! A view of the broker without a group: whether it can be reached, which partitions there are, where logs begin and end.
//!
//! It reads uncommitted: the end of a log is then the true one, not the beginning of the oldest open transaction (KAFKA, 2).

use std::time::{Duration, Instant};

use rdkafka::client::Client;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::Metadata;

use super::config::{KafkaSettings, configuration_fault};
use super::context::Witness;
use super::group::unanswered;
use crate::delivery::Fault;
use crate::pipeline::BrokerFault;

/// See the module.
pub struct Lookup {
    client: BaseConsumer<Witness>,
    brokers: String,
}

/// One question.
const REQUEST: Duration = Duration::from_secs(5);

impl Lookup {
    /// Without a connection yet.
    ///
    /// # Errors
    /// Where the client cannot be made.
    pub fn new(settings: &KafkaSettings) -> Result<Lookup, BrokerFault> {
        let made = settings.lookup().create_with_context::<_, BaseConsumer<Witness>>(Witness::new("lookup"));
        let failed = |why| BrokerFault { exit: 2, message: format!("making a client: {why}") };
        let client = made.map_err(|e| failed(configuration_fault(&e)))?;
        Ok(Lookup { client, brokers: settings.brokers.clone() })
    }

    /// The client, for further questions.
    pub fn client(&self) -> &Client<Witness> {
        self.client.client()
    }

    /// Serves errors and logs.
    pub fn serve(&self) {
        for _ in 0..100 {
            if self.client.poll(Duration::ZERO).is_none() {
                break;
            }
        }
    }

    /// Topics and partitions, as soon as a broker answers within `limit`.
    ///
    /// # Errors
    /// Exit 2 where the broker refuses us, exit 3 where there is none: a call only runs out of time, the reason is what the
    /// client has told meanwhile.
    pub fn reach(&self, limit: Duration) -> Result<Metadata, BrokerFault> {
        let until = Instant::now() + limit;
        let mut refusals = 0;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let answer = self.client.fetch_metadata(None, left.min(Duration::from_secs(1)));
            self.serve();
            let error = match answer {
                Ok(metadata) => return Ok(metadata),
                Err(error) => error,
            };
            let cause = self.client.context().cause();
            let refused = matches!(cause, Some((RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL, _)));
            refusals += u32::from(refused);
            if left.is_zero() || refusals >= 3 {
                let why = cause.map_or_else(|| error.to_string(), |(_, reason)| reason);
                let (exit, hint) = match refused {
                    true => (2, "see security.protocol, sasl.* and ssl.* in [kafka.options], and the listener's own"),
                    false => (3, "see that they run, that [kafka] brokers names them and that security.protocol fits"),
                };
                let brokers = &self.brokers;
                return Err(BrokerFault { exit, message: format!("connecting to {brokers}: {why}; {hint}") });
            }
        }
    }

    /// First offset of a partition and the one behind its last.
    ///
    /// # Errors
    /// Where its leader does not answer.
    pub fn bounds(&self, topic: &str, partition: u32) -> Result<(u64, u64), Fault> {
        let doing = || format!("asking for the ends of partition {partition} of topic {topic}");
        let answer = self.client.fetch_watermarks(topic, partition as i32, REQUEST);
        self.serve();
        let (low, high) = answer
            .map_err(|error| unanswered(error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown), &doing()))?;
        match (u64::try_from(low), u64::try_from(high)) {
            (Ok(low), Ok(high)) => Ok((low, high)),
            _ => Err(Fault::Retriable(format!("{}: the answer is {low} to {high}", doing()))),
        }
    }
}

/// Number of partitions of a topic; `None` where there is no such topic.
pub fn partitions(metadata: &Metadata, topic: &str) -> Option<u32> {
    let found = metadata.topics().iter().find(|t| t.name() == topic && t.error().is_none())?;
    u32::try_from(found.partitions().len()).ok().filter(|count| *count > 0)
}
