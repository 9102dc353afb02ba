//! Ticks and statuses: written with an idempotent producer, outside of transactions, and never waited for.
//!
//! A tick is part of the log, so it must not wait for a commit that waits for it; one that cannot be written now is of no
//! use later. What is dropped is counted.

use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::config::{KafkaSettings, configuration_fault};
use super::context::Writing;
use crate::domain::time::Rfc3339;
use crate::pipeline::BrokerFault;

/// See the module.
pub struct Herald {
    producer: BaseProducer<Writing>,
    log: String,
    status: String,
    dropped: u64,
    settings: KafkaSettings,
}

/// The value of a tick (FORMATS, section 1).
fn tick_value(time: i64) -> String {
    format!(r#"{{"type":"tick","time":"{}"}}"#, Rfc3339(time))
}

impl Herald {
    /// A producer of its own.
    ///
    /// # Errors
    /// Where the client cannot be made.
    pub fn new(settings: &KafkaSettings) -> Result<Herald, BrokerFault> {
        Ok(Herald {
            producer: make(settings)?,
            log: settings.topics.log.clone(),
            status: settings.topics.status.clone(),
            dropped: 0,
            settings: settings.clone(),
        })
    }

    /// Log time has reached `time` in a partition.
    pub fn tick(&mut self, partition: u32, time: i64) {
        let value = tick_value(time);
        let record = BaseRecord::<[u8], [u8]>::to(&self.log).partition(partition as i32).payload(value.as_bytes());
        let sent = self.producer.send(record).map_err(|(error, _)| error);
        self.count("tick", sent);
    }

    /// How a partition is.
    pub fn status(&mut self, partition: u32, value: &[u8]) {
        let key = partition.to_string();
        let record = BaseRecord::<[u8], [u8]>::to(&self.status).key(key.as_bytes()).payload(value);
        let sent = self.producer.send(record).map_err(|(error, _)| error);
        self.count("status", sent);
    }

    fn count(&mut self, kind: &'static str, sent: Result<(), KafkaError>) {
        if let Err(error) = sent {
            self.dropped += 1;
            metrics::counter!("kervan_plain_dropped_total", "kind" => kind).increment(1);
            tracing::debug!(target: "kafka", kind, dropped = self.dropped, %error, "not written");
        }
    }

    /// Serves reports and logs, without waiting. A producer that has become useless is replaced.
    pub fn serve(&mut self) {
        for _ in 0..8 {
            self.producer.poll(Duration::ZERO);
            if self.producer.in_flight_count() == 0 {
                break;
            }
        }
        if self.producer.client().fatal_error().is_some()
            && let Ok(producer) = make(&self.settings)
        {
            self.dropped += self.producer.context().lost();
            self.producer = producer;
        }
    }

    /// Ticks and statuses that were never written.
    pub fn dropped(&self) -> u64 {
        self.dropped + self.producer.context().lost()
    }

    /// Waits for what is under way, not longer than `limit`.
    pub fn finish(&mut self, limit: Duration) {
        if let Err(error) = self.producer.flush(limit) {
            tracing::debug!(target: "kafka", %error, "the last ticks");
        }
    }
}

fn make(settings: &KafkaSettings) -> Result<BaseProducer<Writing>, BrokerFault> {
    let made = settings.plain().create_with_context(Writing::new("herald"));
    made.map_err(|e| BrokerFault {
        exit: 2,
        message: format!("making a producer of ticks: {}", configuration_fault(&e)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_a_record_of_the_log() {
        assert_eq!(tick_value(1_777_622_400_000), r#"{"type":"tick","time":"2026-05-01T08:00:00.000Z"}"#);
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let mut settings = KafkaSettings::new("127.0.0.1:1", "g", "s");
        settings.options.insert("queue.buffering.max.messages".to_owned(), "3".to_owned());
        let mut herald = Herald::new(&settings).unwrap();
        (0..10).for_each(|i| herald.status(i, b"{}"));
        assert_eq!(herald.dropped(), 7);
    }
}
