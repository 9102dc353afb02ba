//! `run.toml`: where the log is, where results go, and the limits between.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::app::failure::{ExitCode, Failure, OrFail};

/// The whole file. Unknown keys are faults.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the log is.
    #[serde(default)]
    pub log: Log,
    /// Where alerts go.
    #[serde(default)]
    pub alerts: Alerts,
    /// Where rejects go.
    #[serde(default)]
    pub rejects: Rejects,
    /// Where episodes go.
    #[serde(default)]
    pub episodes: Episodes,
    /// The cluster, and our place in it.
    pub kafka: Kafka,
    /// Where tables and checkpoints are.
    pub store: Store,
    /// The rules of the first start.
    pub rulebook: Rulebook,
    /// How often to commit.
    #[serde(default)]
    pub publish: Publish,
    /// How often to write checkpoints.
    #[serde(default)]
    pub checkpoint: Checkpoint,
    /// Metrics, health and readiness.
    #[serde(default)]
    pub metrics: Metrics,
    /// Limits of memory and time.
    #[serde(default)]
    pub limits: Limits,
    /// Folder of the file: relative addresses start here.
    #[serde(skip)]
    pub base: PathBuf,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Topic.
    pub topic: String,
    /// Partitions that `--create-topics` makes.
    pub partitions: u32,
}

impl Default for Log {
    fn default() -> Log {
        Log { topic: "kervan.log".to_owned(), partitions: 64 }
    }
}

/// `[alerts]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alerts {
    /// Every revision, keyed by unit.
    pub topic: String,
    /// The same, keyed by alert and compacted.
    pub latest: String,
    /// Once a second and partition: that we live.
    pub status: String,
}

impl Default for Alerts {
    fn default() -> Alerts {
        Alerts {
            topic: "kervan.alerts".to_owned(),
            latest: "kervan.alerts.latest".to_owned(),
            status: "kervan.status".to_owned(),
        }
    }
}

/// `[rejects]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rejects {
    /// Topic.
    pub topic: String,
}

impl Default for Rejects {
    fn default() -> Rejects {
        Rejects { topic: "kervan.rejects".to_owned() }
    }
}

/// `[episodes]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Episodes {
    /// Topic.
    pub topic: String,
    /// Whether this process takes part in the second stage, which reads them.
    pub second_stage: bool,
}

impl Default for Episodes {
    fn default() -> Episodes {
        Episodes { topic: "kervan.episodes".to_owned(), second_stage: true }
    }
}

/// `[kafka]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// `host:port,host:port`
    pub brokers: String,
    /// Consumer group: the processes that share the log.
    pub group: String,
    /// Stable name of this process in its group. Names the transaction and the member; no two processes share one.
    pub slot: String,
    /// `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`.
    #[serde(default)]
    pub security: Option<String>,
    /// CA certificates, PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Client certificate, PEM.
    #[serde(default)]
    pub certificate_file: Option<PathBuf>,
    /// Its key, PEM.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`.
    #[serde(default)]
    pub sasl_mechanism: Option<String>,
    /// User.
    #[serde(default)]
    pub username: Option<String>,
    /// File with the password; or it stands in `KERVAN_KAFKA_PASSWORD`.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Further settings of librdkafka; those that would break a promise are refused.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// `file:PATH` or `s3://BUCKET/PREFIX`.
    pub url: String,
    /// For a store in S3: the directory of the tables, `file:PATH`.
    #[serde(default)]
    pub lake: Option<String>,
    /// For a store in S3: `endpoint`, `region`, `allow_http`, ...; they stand over the environment's `AWS_...`.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

/// `[rulebook]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rulebook {
    /// `file:PATH`.
    pub url: String,
}

/// `[publish]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Publish {
    /// Shortest time between two commits, milliseconds.
    pub every_ms: u64,
}

impl Default for Publish {
    fn default() -> Publish {
        Publish { every_ms: 15 }
    }
}

/// `[checkpoint]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checkpoint {
    /// Time between two checkpoints of a partition, seconds.
    pub every_s: u64,
}

impl Default for Checkpoint {
    fn default() -> Checkpoint {
        Checkpoint { every_s: 30 }
    }
}

/// `[metrics]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Address of `/metrics`, `/health` and `/ready`; none: nothing listens.
    pub listen: Option<SocketAddr>,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Threads that decide; 0: one less than there are cores.
    pub threads: usize,
    /// Records taken from the broker at once.
    pub batch_records: usize,
    /// Outputs in memory above which reading pauses, MiB.
    pub outbox_mib: usize,
    /// Rows in memory of one partition above which reading pauses.
    pub rows: usize,
    /// `max.poll.interval.ms`
    pub max_poll_ms: u64,
    /// `session.timeout.ms`
    pub session_ms: u64,
    /// `transaction.timeout.ms`
    pub transaction_ms: u64,
    /// Longest wait for committed offsets hidden by an open transaction, seconds.
    pub stable_s: u64,
    /// Seconds that an orderly stop may take.
    pub stop_s: u64,
    /// Share of rejects over the last minute, percent, above which the process calls itself not ready.
    pub rejects_percent: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            threads: 0,
            batch_records: 2_000,
            outbox_mib: 64,
            rows: 400_000,
            max_poll_ms: 300_000,
            session_ms: 45_000,
            transaction_ms: 15_000,
            stable_s: 120,
            stop_s: 15,
            rejects_percent: 5,
        }
    }
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// Exit 3 where it cannot be read, 2 where something in it is wrong.
    pub fn read(path: &Path) -> Result<Config, Failure> {
        let doing = || format!("reading the configuration {}; configs/run.toml shows every key", path.display());
        let text = std::fs::read_to_string(path).or_fail(ExitCode::Missing, doing)?;
        let mut config: Config = toml::from_str(&text).or_fail(ExitCode::Usage, doing)?;
        config.base = path.parent().map(Path::to_path_buf).unwrap_or_default();
        config.check().map_err(|fault| Failure::usage(format!("the configuration {}: {fault}", path.display())))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let name = |key: &str, value: &str| match crate::edge::wire::is_id(value) {
            true => Ok(()),
            false => Err(format!("{key} = {value:?}: 1 to 64 of A-Z a-z 0-9 . _ : - are expected")),
        };
        name("[kafka] slot", &self.kafka.slot)?;
        name("[kafka] group", &self.kafka.group)?;
        let topics = [
            &self.log.topic,
            &self.alerts.topic,
            &self.alerts.latest,
            &self.alerts.status,
            &self.rejects.topic,
            &self.episodes.topic,
        ];
        for (i, topic) in topics.iter().enumerate() {
            name("topic", topic)?;
            if topics[..i].contains(topic) {
                return Err(format!("the topic {topic} is named twice; every kind of record has its own"));
            }
        }
        if self.kafka.brokers.trim().is_empty() {
            return Err("[kafka] brokers is empty; name host:port".to_owned());
        }
        for (key, value, least) in [
            ("[publish] every_ms", self.publish.every_ms, 1),
            ("[checkpoint] every_s", self.checkpoint.every_s, 1),
            ("[limits] batch_records", self.limits.batch_records as u64, 1),
            ("[limits] outbox_mib", self.limits.outbox_mib as u64, 1),
            ("[limits] rows", self.limits.rows as u64, 1_000),
            ("[limits] max_poll_ms", self.limits.max_poll_ms, 10_000),
            ("[limits] session_ms", self.limits.session_ms, 6_000),
            ("[limits] transaction_ms", self.limits.transaction_ms, 5_000),
        ] {
            if value < least {
                return Err(format!("{key} = {value}: at least {least} is expected"));
            }
        }
        if self.limits.session_ms > self.limits.max_poll_ms {
            return Err("[limits] session_ms is longer than max_poll_ms; make it shorter".to_owned());
        }
        Ok(())
    }

    /// An address relative to the file.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).map_err(|e| e.to_string())?;
        config.check()?;
        Ok(config)
    }

    const LEAST: &str =
        "[kafka]\nbrokers='b:9092'\ngroup='g'\nslot='s'\n[store]\nurl='file:lake'\n[rulebook]\nurl='file:rules'\n";

    #[test]
    fn the_least_configuration_does() {
        let config = read(LEAST).unwrap();
        assert_eq!((config.log.topic.as_str(), config.publish.every_ms), ("kervan.log", 15));
    }

    #[test]
    fn faults_name_the_key() {
        for (text, word) in [
            (LEAST.replace("slot='s'", ""), "slot"),
            (LEAST.replace("slot='s'", "slot='a b'"), "slot"),
            (format!("{LEAST}[publish]\nevery_ms=0\n"), "every_ms"),
            (format!("{LEAST}[publish]\nevery=1\n"), "every"),
            (format!("{LEAST}[log]\ntopic='kervan.alerts'\n"), "twice"),
        ] {
            assert!(read(&text).unwrap_err().contains(word), "{text}");
        }
    }

    /// The example in the repository names every section and is right.
    #[test]
    fn the_example_is_read() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/run.toml");
        assert!(Config::read(&path).is_ok());
    }
}
