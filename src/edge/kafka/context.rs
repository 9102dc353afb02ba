//! What the clients call back: logs, errors, rebalances, delivery reports. A callback writes down and returns.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use rdkafka::types::RDKafkaRespErr;

use crate::pipeline::Event;

/// Lines of one kind that are logged in [`WINDOW`]; the rest is counted.
const LINES: u32 = 5;
const WINDOW: Duration = Duration::from_secs(30);
/// Causes that are kept to name a failure.
const CAUSES: usize = 8;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is whole between any two statements.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Passes librdkafka's lines on to `tracing`, a few of each kind: a broker that is away makes dozens a second.
#[derive(Default)]
struct Throttle {
    kinds: Mutex<HashMap<String, (Instant, u32)>>,
}

impl Throttle {
    /// Whether to log a line of this kind, and how many were left out before it.
    fn admit(&self, kind: &str, now: Instant) -> Option<u32> {
        let mut kinds = lock(&self.kinds);
        let (since, seen) = kinds.entry(kind.to_owned()).or_insert((now, 0));
        let left_out = seen.saturating_sub(LINES);
        if now.duration_since(*since) >= WINDOW {
            (*since, *seen) = (now, 1);
            return Some(left_out);
        }
        *seen += 1;
        (*seen <= LINES).then_some(0)
    }
}

/// What every client has: its role in logs, and the causes of its troubles.
pub struct Witness {
    role: &'static str,
    throttle: Throttle,
    /// Errors in the client's own words, newest last. The true cause of a failed connection comes only this way: calls
    /// just run out of time (KAFKA, 2).
    causes: Mutex<VecDeque<(RDKafkaErrorCode, String)>>,
}

impl Witness {
    /// Of a client that is called `role` in logs.
    pub fn new(role: &'static str) -> Witness {
        Witness { role, throttle: Throttle::default(), causes: Mutex::default() }
    }

    fn line(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        use RDKafkaLogLevel::{Alert, Critical, Debug, Emerg, Error, Info, Notice, Warning};
        let Some(left_out) = self.throttle.admit(facility, Instant::now()) else { return };
        let role = self.role;
        match level {
            // Errors of librdkafka are mostly connections that it makes again by itself.
            Emerg | Alert | Critical | Error | Warning => {
                tracing::warn!(target: "kafka", role, facility, left_out, "{message}");
            }
            Notice | Info => tracing::info!(target: "kafka", role, facility, left_out, "{message}"),
            Debug => tracing::debug!(target: "kafka", role, facility, left_out, "{message}"),
        }
    }

    /// Writes an error down.
    pub fn note(&self, error: &KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else { return };
        self.line(RDKafkaLogLevel::Error, &format!("{code:?}"), reason);
        let mut causes = lock(&self.causes);
        if causes.back().is_some_and(|(_, last)| last == reason) {
            return;
        }
        if causes.len() == CAUSES {
            causes.pop_front();
        }
        causes.push_back((code, reason.to_owned()));
    }

    /// The most telling cause of trouble so far: refused credentials before a broken connection before anything else.
    pub fn cause(&self) -> Option<(RDKafkaErrorCode, String)> {
        use RDKafkaErrorCode::{AllBrokersDown, Authentication, BrokerTransportFailure, Resolve, SSL};
        let rank = |code: &RDKafkaErrorCode| match code {
            Authentication => 4,
            SSL => 3,
            Resolve => 2,
            BrokerTransportFailure => 1,
            AllBrokersDown => -1,
            _ => 0,
        };
        lock(&self.causes).iter().max_by_key(|(code, _)| rank(code)).cloned()
    }
}

impl ClientContext for Witness {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, log_message: &str) {
        self.line(level, fac, log_message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.note(&error, reason);
    }
}

impl ConsumerContext for Witness {}

/// Of the reader of the log.
pub struct Reading {
    witness: Witness,
    events: Mutex<VecDeque<Event>>,
    closing: AtomicBool,
}

impl Reading {
    /// Nothing has happened yet.
    pub fn new() -> Reading {
        Reading { witness: Witness::new("reader"), events: Mutex::default(), closing: AtomicBool::new(false) }
    }

    /// The next thing that happened to our partitions.
    pub fn event(&self) -> Option<Event> {
        lock(&self.events).pop_front()
    }

    /// From now on, partitions are given back at once.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Causes of trouble.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }
}

impl ClientContext for Reading {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, log_message: &str) {
        self.witness.line(level, fac, log_message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.witness.note(&error, reason);
    }
}

impl ConsumerContext for Reading {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, kind: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        if self.closing.load(Ordering::Acquire) {
            if let Err(error) = consumer.unassign() {
                self.witness.note(&error, "giving partitions back while closing");
            }
            return;
        }
        let event = match kind {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                let partitions = partitions.elements();
                let numbers = partitions.iter().filter_map(|e| u32::try_from(e.partition()).ok());
                Event::Assigned(numbers.collect())
            }
            _ => Event::Revoked,
        };
        tracing::info!(target: "kafka", role = self.witness.role, ?event, "rebalance");
        lock(&self.events).push_back(event);
    }
}

/// Of a writer: the first output that was not delivered.
pub struct Writing {
    witness: Witness,
    undelivered: Mutex<Option<String>>,
    lost: AtomicU64,
}

impl Writing {
    /// Nothing was sent yet.
    pub fn new(role: &'static str) -> Writing {
        Writing { witness: Witness::new(role), undelivered: Mutex::default(), lost: AtomicU64::new(0) }
    }

    /// Takes the first failure since this was asked the last time.
    pub fn failure(&self) -> Option<String> {
        lock(&self.undelivered).take()
    }

    /// Records that were not delivered, ever.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Causes of trouble.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }
}

impl ClientContext for Writing {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, log_message: &str) {
        self.witness.line(level, fac, log_message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.witness.note(&error, reason);
    }
}

impl ProducerContext for Writing {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        use rdkafka::Message;
        if let Err((error, message)) = result {
            self.lost.fetch_add(1, Ordering::Relaxed);
            let text = || format!("a record for {} was not delivered: {error}", message.topic());
            lock(&self.undelivered).get_or_insert_with(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_lines_of_a_kind_and_then_their_number() {
        let throttle = Throttle::default();
        let start = Instant::now();
        let admitted = (0..100).filter(|_| throttle.admit("FAIL", start).is_some()).count();
        assert_eq!(admitted, 5);
        assert_eq!(throttle.admit("OTHER", start), Some(0));
        assert_eq!(throttle.admit("FAIL", start + WINDOW), Some(95));
        assert_eq!(throttle.admit("FAIL", start + WINDOW), Some(0));
    }

    #[test]
    fn the_most_telling_cause_is_named() {
        let witness = Witness::new("test");
        assert_eq!(witness.cause(), None);
        for (code, reason) in [
            (RDKafkaErrorCode::BrokerTransportFailure, "connection refused"),
            (RDKafkaErrorCode::Authentication, "wrong password"),
            (RDKafkaErrorCode::AllBrokersDown, "all down"),
        ] {
            witness.note(&KafkaError::Global(code), reason);
        }
        assert_eq!(witness.cause(), Some((RDKafkaErrorCode::Authentication, "wrong password".to_owned())));
        (0..50).for_each(|i| witness.note(&KafkaError::Global(RDKafkaErrorCode::Resolve), &i.to_string()));
        assert_eq!(lock(&witness.causes).len(), CAUSES);
    }
}
