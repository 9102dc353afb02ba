//! Sends logs: keyed by unit with Java's hash, as every gateway does.

use std::time::{Duration, Instant};

use kervan::domain::record::Record;
use kervan::domain::time::Millis;
use kervan::edge::wire::encode;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::cluster::Cluster;
use super::moved::moved;
use super::topics::{STAMPED, configure};

/// What has been sent meets an outage of ten minutes at most.
const PATIENCE: Duration = Duration::from_secs(900);

/// One record to send.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Key; `None` is null.
    pub key: Option<Vec<u8>>,
    /// Value; `None` is null.
    pub payload: Option<Vec<u8>>,
    /// Its own timestamp, where the topic takes it.
    pub timestamp: Option<Millis>,
    /// Headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Partition, where the key does not choose it.
    pub partition: Option<i32>,
}

impl Entry {
    /// Bytes under a key.
    pub fn new(key: &str, payload: impl Into<Vec<u8>>) -> Entry {
        Entry { key: Some(key.as_bytes().to_vec()), payload: Some(payload.into()), ..Entry::default() }
    }
}

/// A log as records to send; ticks are left out, for the job writes its own. All times are moved so that the last record is due
/// now.
pub fn entries(records: &[Record]) -> Vec<Entry> {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis() as Millis;
    let last = records.iter().map(|record| record.source.timestamp).max().unwrap_or(now);
    let by = now - last;
    let mut out = Vec::with_capacity(records.len());
    for record in records {
        let mut body = record.body.clone();
        moved(&mut body, by);
        let Some(unit) = body.unit() else { continue };
        let mut line = Vec::new();
        encode(&body, None, &mut line);
        line.pop(); // the end of the line
        out.push(Entry { timestamp: Some(record.source.timestamp + by), ..Entry::new(unit, line) });
    }
    out
}

/// Sends to a topic.
pub struct Sender {
    producer: BaseProducer,
    topic: String,
}

impl Sender {
    /// With an idempotent producer, so that a broker that goes away doubles nothing.
    pub fn new(cluster: &Cluster, topic: &str) -> Sender {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", cluster.bootstrap())
            .set("partitioner", "murmur2_random")
            .set("enable.idempotence", "true")
            .set("message.timeout.ms", "1200000")
            .set("message.max.bytes", "4000000")
            .set("linger.ms", "5")
            .create()
            .expect("a client can be made");
        Sender { producer, topic: topic.to_owned() }
    }

    /// Hands one record to the client; waits while its queue is full.
    pub fn hand(&self, entry: &Entry) {
        loop {
            let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&self.topic);
            record.key = entry.key.as_deref();
            record.payload = entry.payload.as_deref();
            record.timestamp = entry.timestamp;
            record.partition = entry.partition;
            if !entry.headers.is_empty() {
                let all = entry.headers.iter().fold(OwnedHeaders::new(), |all, (key, value)| {
                    all.insert(rdkafka::message::Header { key, value: Some(value) })
                });
                record = record.headers(all);
            }
            match self.producer.send(record) {
                Ok(()) => return self.producer.poll(Duration::ZERO),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    self.producer.poll(Duration::from_millis(10));
                }
                Err((error, _)) => panic!("sending to {}: {error}", self.topic),
            }
        }
    }

    /// Waits until the broker has everything.
    pub fn finish(&self) {
        self.producer.flush(PATIENCE).unwrap_or_else(|error| panic!("sending to {}: {error}", self.topic));
    }

    /// Sends all of it, at so many records a second.
    pub fn send_at(&self, entries: &[Entry], rate: usize) {
        let begin = Instant::now();
        for (sent, entry) in entries.iter().enumerate() {
            let due = Duration::from_secs_f64(sent as f64 / rate as f64);
            loop {
                let early = due.saturating_sub(begin.elapsed());
                if early.is_zero() {
                    break;
                }
                self.producer.poll(early.min(Duration::from_millis(10)));
            }
            self.hand(entry);
        }
        self.finish();
    }

    /// Sends all of it.
    pub fn send(&self, entries: &[Entry]) {
        entries.iter().for_each(|entry| self.hand(entry));
        self.finish();
    }
}

/// Fills a topic as if its records had come when they say they did, in real time: their own timestamps stay.
pub fn preload(cluster: &Cluster, topic: &str, entries: &[Entry]) {
    configure(cluster, topic, &[("cleanup.policy", "delete"), ("message.timestamp.type", "CreateTime")]);
    Sender::new(cluster, topic).send(entries);
    configure(cluster, topic, &STAMPED);
}
