//! The settings of the job on Kafka, and the clients' configurations that keep the guarantees (DELIVERY, 3.2).

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};

use super::options::{Side, concerns, refused, secret};
use crate::pipeline::BrokerFault;

/// Largest output. The bytes of a reject grow sixfold where each is a control character.
pub(super) const MESSAGE_BYTES: &str = "16777216";

/// Names of the topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// The log: the only input.
    pub log: String,
    /// Alerts, keyed by unit.
    pub alerts: String,
    /// The same alerts, keyed by alert, compacted.
    pub latest: String,
    /// What could not be read.
    pub rejects: String,
    /// What the second stage reads.
    pub episodes: String,
    /// Log clock, lag and versions of each partition, compacted.
    pub status: String,
}

impl Default for Topics {
    fn default() -> Topics {
        let name = |suffix: &str| format!("kervan.{suffix}");
        Topics {
            log: name("log"),
            alerts: name("alerts"),
            latest: name("alerts.latest"),
            rejects: name("rejects"),
            episodes: name("episodes"),
            status: name("status"),
        }
    }
}

/// See the module. Its `Debug` shows no secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaSettings {
    /// `host:port`, several joined by commas.
    pub brokers: String,
    /// Name of the group: one a job.
    pub group: String,
    /// Stable name of this process in its group.
    pub slot: String,
    /// Options of librdkafka: security above all.
    pub options: BTreeMap<String, String>,
    /// Names of the topics.
    pub topics: Topics,
    /// Longest silence of the loop after which the group gives its partitions to others; also the longest time that a
    /// rebalance waits for us. More than twice the worst recovery.
    pub max_poll: Duration,
    /// After this time the broker ends a transaction that nobody ended.
    pub transaction_timeout: Duration,
}

impl fmt::Debug for KafkaSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: BTreeMap<&str, &str> =
            self.options.iter().map(|(k, v)| (k.as_str(), if secret(k) { "(secret)" } else { v.as_str() })).collect();
        f.debug_struct("KafkaSettings")
            .field("brokers", &self.brokers)
            .field("group", &self.group)
            .field("slot", &self.slot)
            .field("options", &shown)
            .field("topics", &self.topics)
            .field("max_poll", &self.max_poll)
            .field("transaction_timeout", &self.transaction_timeout)
            .finish()
    }
}

impl KafkaSettings {
    /// Settings with the usual topics and times: 5 minutes of silence, transactions of 15 seconds.
    pub fn new(brokers: &str, group: &str, slot: &str) -> KafkaSettings {
        KafkaSettings {
            brokers: brokers.to_owned(),
            group: group.to_owned(),
            slot: slot.to_owned(),
            options: BTreeMap::new(),
            topics: Topics::default(),
            max_poll: Duration::from_secs(300),
            transaction_timeout: Duration::from_secs(15),
        }
    }

    /// Everything that is wrong with the settings, without asking a broker.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, value) in [("brokers", &self.brokers), ("group", &self.group), ("slot", &self.slot)] {
            if value.trim().is_empty() {
                faults.push(format!("[kafka] {name} is empty"));
            }
        }
        for key in self.options.keys() {
            if let Some(why) = refused(key) {
                faults.push(format!("[kafka.options] {key} cannot be set: {why}"));
            }
        }
        if faults.is_empty() {
            for config in [self.consumer(), self.transactional(), self.plain(), self.lookup()] {
                if let Err(error) = config.create_native_config() {
                    let fault = configuration_fault(&error);
                    if !faults.contains(&fault) {
                        faults.push(fault);
                    }
                }
            }
        }
        faults
    }

    /// The settings, if nothing is wrong with them.
    ///
    /// # Errors
    /// Exit 2 with all faults at once.
    pub fn checked(&self) -> Result<&KafkaSettings, BrokerFault> {
        let faults = self.faults();
        match faults.is_empty() {
            true => Ok(self),
            false => Err(BrokerFault { exit: 2, message: format!("configuring Kafka: {}", faults.join("; ")) }),
        }
    }

    /// Name of the transactions of this process.
    pub fn transactional_id(&self) -> String {
        format!("{}-{}", self.group, self.slot)
    }

    /// What all clients share: `usual` values, options over them; what must hold is set by the caller, over both.
    fn client(&self, side: Side, usual: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Info);
        config.set("client.id", format!("kervan-{}", self.slot));
        // Bounds one request; librdkafka asks for no more than the time-out of a transaction.
        config.set("socket.timeout.ms", millis(Duration::from_secs(10).min(self.transaction_timeout)));
        // A half-open connection is noticed, a closed one made anew soon.
        config.set("socket.keepalive.enable", "true");
        config.set("reconnect.backoff.max.ms", "2000");
        config.set("retry.backoff.ms", "20");
        config.set("retry.backoff.max.ms", "500");
        for (key, value) in usual {
            config.set(*key, *value);
        }
        config.extend(self.options.iter().filter(|(k, _)| concerns(k, side)).map(|(k, v)| (k.clone(), v.clone())));
        config.set("bootstrap.servers", &self.brokers);
        config
    }

    /// The reader of the log.
    pub(super) fn consumer(&self) -> ClientConfig {
        let mut config = self.client(
            Side::Consumer,
            &[
                // What is read ahead is bounded in bytes. A bound in records ends fetching for the time of the back-off:
                // 20,000 and 50 ms would be 400,000 records a second at most, and the default stalls for a second.
                ("queued.min.messages", "100000"),
                ("queued.max.messages.kbytes", "32768"),
                ("fetch.queue.backoff.ms", "10"),
                ("session.timeout.ms", "45000"),
                ("heartbeat.interval.ms", "3000"),
            ],
        );
        config.set("group.id", &self.group);
        config.set("group.instance.id", &self.slot);
        config.set("group.protocol", "classic");
        config.set("partition.assignment.strategy", "range");
        config.set("enable.auto.commit", "false");
        config.set("enable.auto.offset.store", "false");
        config.set("auto.offset.reset", "error");
        // Also makes the group answer only once no transaction is open on its offsets.
        config.set("isolation.level", "read_committed");
        config.set("check.crcs", "true");
        config.set("max.poll.interval.ms", millis(self.max_poll));
        config.set("allow.auto.create.topics", "false");
        config
    }

    fn writer(&self, queue: &str) -> ClientConfig {
        let mut config = self.client(
            Side::Producer,
            &[
                // What is read costs as much with lz4 as without (KAFKA, 3).
                ("compression.type", "lz4"),
                // A commit drains anyway.
                ("linger.ms", "0"),
                ("queue.buffering.max.messages", queue),
                // A transaction begun right after a commit meets a coordinator that still writes markers: it asks again.
                ("retry.backoff.ms", "5"),
                // A reject repeats the bytes of its record, escaped.
                ("message.max.bytes", MESSAGE_BYTES),
            ],
        );
        // As the Java clients do: a unit written by any of them is on one partition.
        config.set("partitioner", "murmur2_random");
        config.set("enable.idempotence", "true");
        config
    }

    /// The writer of outputs.
    pub(super) fn transactional(&self) -> ClientConfig {
        let mut config = self.writer("100000");
        config.set("transactional.id", self.transactional_id());
        config.set("transaction.timeout.ms", millis(self.transaction_timeout));
        config
    }

    /// The writer of ticks and statuses, which are no part of a transaction.
    pub(super) fn plain(&self) -> ClientConfig {
        let mut config = self.writer("10000");
        // A tick that is late is of no use: the next one says more.
        config.set("message.timeout.ms", "10000");
        config
    }

    /// Who only asks; sees the ends of logs as they are, open transactions or not.
    pub(super) fn lookup(&self) -> ClientConfig {
        let mut config = self.client(Side::Neither, &[]);
        config.set("isolation.level", "read_uncommitted");
        config.set("allow.auto.create.topics", "false");
        config
    }

    /// Who describes and makes topics.
    pub(super) fn admin(&self) -> ClientConfig {
        self.client(Side::Neither, &[])
    }
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

/// What librdkafka says against an option, without showing secrets.
pub(super) fn configuration_fault(error: &rdkafka::error::KafkaError) -> String {
    match error {
        rdkafka::error::KafkaError::ClientConfig(_, _, key, _) if secret(key) => {
            format!("[kafka.options] {key}: librdkafka does not accept its value")
        }
        rdkafka::error::KafkaError::ClientConfig(_, why, key, _) => format!("[kafka.options] {key}: {why}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(options: &[(&str, &str)]) -> KafkaSettings {
        let mut settings = KafkaSettings::new("127.0.0.1:9092", "customs", "a");
        settings.options = options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        settings
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let faults = settings(&[("acks", "1"), ("isolation.level", "read_uncommitted"), ("client.id", "x")]).faults();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("acks") && faults[1].contains("isolation.level"));
        assert_eq!(settings(&[("acks", "1")]).checked().map_err(|f| f.exit), Err(2));
    }

    #[test]
    fn what_librdkafka_does_not_know_is_a_fault() {
        assert_eq!(settings(&[]).faults(), Vec::<String>::new());
        let faults = settings(&[("sessoin.timeout.ms", "6000")]).faults();
        assert!(faults.len() == 1 && faults[0].contains("sessoin.timeout.ms"), "{faults:?}");
        let faults = settings(&[("security.protocol", "carrier-pigeon")]).faults();
        assert!(faults.len() == 1 && faults[0].contains("security.protocol"), "{faults:?}");
    }

    #[test]
    fn the_guarantees_do_not_depend_on_options() {
        let settings = settings(&[("session.timeout.ms", "6000"), ("compression.type", "zstd")]);
        let consumer = settings.consumer();
        let of = |key| consumer.get(key);
        assert_eq!(of("session.timeout.ms"), Some("6000"));
        assert_eq!(of("compression.type"), None);
        assert_eq!(of("auto.offset.reset"), Some("error"));
        assert_eq!(of("group.instance.id"), Some("a"));
        let producer = settings.transactional();
        assert_eq!(producer.get("transactional.id"), Some("customs-a"));
        assert_eq!(producer.get("compression.type"), Some("zstd"));
        assert_eq!(producer.get("session.timeout.ms"), None);
        assert_eq!(settings.plain().get("transactional.id"), None);
    }

    #[test]
    fn secrets_reach_the_clients_but_no_text() {
        let settings = settings(&[("sasl.password", "hush"), ("sasl.username", "kervan")]);
        assert_eq!(settings.transactional().get("sasl.password"), Some("hush"));
        let shown = format!("{settings:?}");
        assert!(!shown.contains("hush") && shown.contains("kervan"), "{shown}");
    }
}
