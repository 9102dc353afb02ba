//! Records into the log from outside the job: `kervan send`, `kervan rulebook publish`.

use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::config::{KafkaSettings, configuration_fault};
use super::context::Writing;
use super::lookup::{Lookup, partitions};
use crate::pipeline::BrokerFault;

/// An idempotent producer that gives nothing up.
pub struct Sender {
    producer: BaseProducer<Writing>,
    topic: String,
    partitions: u32,
}

/// Number of partitions of the log.
///
/// # Errors
/// Exit 2 for refused settings, 3 where no broker or no log is found within `limit`.
pub fn log_partitions(settings: &KafkaSettings, limit: Duration) -> Result<u32, BrokerFault> {
    let metadata = Lookup::new(settings.checked()?)?.reach(limit)?;
    let topic = &settings.topics.log;
    partitions(&metadata, topic).ok_or_else(|| BrokerFault {
        exit: 3,
        message: format!("looking for topic {topic}: it is missing; `kervan run --create-topics` makes it"),
    })
}

/// Longest wait for room in the client's queue: as long as the broker takes nothing.
const FULL: Duration = Duration::from_secs(120);

impl Sender {
    /// Connects to the cluster and finds the log.
    ///
    /// # Errors
    /// Exit 2 for refused settings, 3 where no broker or no log is found.
    pub fn connect(settings: &KafkaSettings) -> Result<Sender, BrokerFault> {
        // Throughput counts here, not the first record's delay.
        Sender::with(settings, &[("linger.ms", "5"), ("compression.type", "lz4")])
    }

    /// The same, for records that must not wait for others.
    ///
    /// # Errors
    /// As [`Sender::connect`].
    pub fn connect_quick(settings: &KafkaSettings) -> Result<Sender, BrokerFault> {
        Sender::with(settings, &[("linger.ms", "0"), ("compression.type", "lz4")])
    }

    fn with(settings: &KafkaSettings, options: &[(&str, &str)]) -> Result<Sender, BrokerFault> {
        let partitions = log_partitions(settings, Duration::from_secs(60))?;
        let topic = settings.topics.log.clone();
        let mut config = settings.plain();
        // Ticks are given up soon; what is sent from outside waits as long as the caller does.
        config.set("message.timeout.ms", FULL.as_millis().to_string());
        for (key, value) in options {
            config.set(*key, *value);
        }
        let producer = config
            .create_with_context(Writing::new("sender"))
            .map_err(|e| BrokerFault { exit: 2, message: format!("making a producer: {}", configuration_fault(&e)) })?;
        Ok(Sender { producer, topic, partitions })
    }

    /// Number of partitions of the log.
    pub fn partitions(&self) -> u32 {
        self.partitions
    }

    /// Sends a record; its key decides the partition, unless one is given. Waits where the client's queue is full.
    ///
    /// # Errors
    /// Exit 5 where the broker takes nothing for two minutes, or has refused a record.
    pub fn send(&mut self, key: Option<&[u8]>, partition: Option<u32>, value: &[u8]) -> Result<(), BrokerFault> {
        let began = Instant::now();
        loop {
            let mut record = BaseRecord::<[u8], [u8]>::to(&self.topic).payload(value);
            if let Some(key) = key {
                record = record.key(key);
            }
            if let Some(partition) = partition {
                record = record.partition(partition as i32);
            }
            match self.producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) if began.elapsed() < FULL => {
                    self.producer.poll(Duration::from_millis(20));
                }
                Err((error, _)) => return Err(self.failed(&error.to_string())),
            }
        }
        self.producer.poll(Duration::ZERO);
        match self.producer.context().failure() {
            Some(failure) => Err(self.failed(&failure)),
            None => Ok(()),
        }
    }

    /// Sends a record to every partition: what concerns no unit.
    ///
    /// # Errors
    /// As [`Sender::send`].
    pub fn send_everywhere(&mut self, value: &[u8]) -> Result<(), BrokerFault> {
        (0..self.partitions).try_for_each(|partition| self.send(None, Some(partition), value))
    }

    /// Serves reports, without waiting.
    pub fn serve(&mut self) {
        self.producer.poll(Duration::ZERO);
    }

    /// Waits until everything is acknowledged.
    ///
    /// # Errors
    /// Exit 5 where it is not within `limit`.
    pub fn finish(&mut self, limit: Duration) -> Result<(), BrokerFault> {
        if let Err(error) = self.producer.flush(limit) {
            let left = self.producer.in_flight_count();
            return Err(self.failed(&format!("{error}; {left} records are not acknowledged")));
        }
        match self.producer.context().failure() {
            Some(failure) => Err(self.failed(&failure)),
            None => Ok(()),
        }
    }

    fn failed(&self, why: &str) -> BrokerFault {
        let cause = self.producer.context().witness().cause().map_or(String::new(), |(_, text)| format!(" ({text})"));
        let topic = &self.topic;
        BrokerFault {
            exit: 5,
            message: format!(
                "writing to topic {topic}: {why}{cause}; see that the broker takes records, then send the rest again"
            ),
        }
    }
}
