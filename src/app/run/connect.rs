//! The cluster: settings for its clients, topics, and what is refused before anything is decided.

use std::time::Duration;

use super::checkpoint::LogIdentity;
use super::config::Config;
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::edge::kafka::{KafkaBroker, KafkaSettings, TopicPlan, Topics, ensure_topics, examine, log_partitions};
use crate::pipeline::BrokerFault;

/// Longest wait for a broker at the start.
const REACH: Duration = Duration::from_secs(60);

/// A cluster whose topics can keep the promises.
pub struct Cluster {
    /// Which log it holds.
    pub log: LogIdentity,
    settings: KafkaSettings,
}

impl Cluster {
    /// Makes the topics, if asked to, and looks at all of them.
    ///
    /// # Errors
    /// Exit 2 for refused settings, 3 for a cluster or topic that is not there, 4 where a promise cannot be kept.
    pub fn examine(config: &Config, create: bool) -> Result<Cluster, Failure> {
        let settings = settings(config)?;
        if create {
            make_topics(config)?;
        }
        let found = examine(&settings, REACH).map_err(failed)?.passed().map_err(failed)?;
        for warning in &found.warnings {
            tracing::warn!(warning, "topics");
        }
        let facts = found.log.unwrap_or_default();
        let log = LogIdentity {
            topic: config.log.topic.clone(),
            topic_id: facts.id.unwrap_or_default(),
            partitions: facts.partitions,
        };
        Ok(Cluster { log, settings })
    }

    /// Joins the group.
    ///
    /// # Errors
    /// Exit 4 where another process has this slot, 3 where nobody answers.
    pub fn connect(&self) -> Result<KafkaBroker, Failure> {
        KafkaBroker::connect(&self.settings).map_err(failed)
    }
}

/// Makes the topics that are missing.
///
/// # Errors
/// Exit 3 for a cluster that is not there, 2 where it refuses.
pub fn make_topics(config: &Config) -> Result<(), Failure> {
    let plan = TopicPlan { partitions: config.log.partitions, ..TopicPlan::default() };
    for topic in ensure_topics(&settings(config)?, &plan, REACH).map_err(failed)? {
        tracing::info!(topic, "topic made");
    }
    Ok(())
}

/// Waits until somebody has made the topics.
///
/// # Errors
/// Exit 3 where nobody has within `limit`.
pub fn wait_for_topics(settings: &KafkaSettings, limit: Duration) -> Result<(), Failure> {
    let until = std::time::Instant::now() + limit;
    loop {
        let found = examine(settings, REACH).map_err(failed)?;
        if found.missing.is_empty() || std::time::Instant::now() > until {
            return found.passed().map(|_| ()).map_err(failed);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Number of partitions of the log.
///
/// # Errors
/// Exit 3 where there is no log.
pub fn partitions(settings: &KafkaSettings) -> Result<u32, Failure> {
    log_partitions(settings, REACH).map_err(failed)
}

/// What the clients are told.
///
/// # Errors
/// Exit 2 for settings that do not do, 3 for a file with a password that cannot be read.
pub fn settings(config: &Config) -> Result<KafkaSettings, Failure> {
    let kafka = &config.kafka;
    let mut settings = KafkaSettings::new(&kafka.brokers, &kafka.group, &kafka.slot);
    settings.topics = Topics {
        log: config.log.topic.clone(),
        alerts: config.alerts.topic.clone(),
        latest: config.alerts.latest.clone(),
        rejects: config.rejects.topic.clone(),
        episodes: config.episodes.topic.clone(),
        status: config.alerts.status.clone(),
    };
    settings.max_poll = Duration::from_millis(config.limits.max_poll_ms);
    settings.transaction_timeout = Duration::from_millis(config.limits.transaction_ms);
    let mut set = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            settings.options.insert(key.to_owned(), value);
        }
    };
    set("session.timeout.ms", Some(config.limits.session_ms.to_string()));
    set("security.protocol", kafka.security.clone());
    set("sasl.mechanism", kafka.sasl_mechanism.clone());
    set("sasl.username", kafka.username.clone());
    set("sasl.password", password(config)?);
    for (key, path) in [
        ("ssl.ca.location", &kafka.ca_file),
        ("ssl.certificate.location", &kafka.certificate_file),
        ("ssl.key.location", &kafka.key_file),
    ] {
        set(key, path.as_ref().map(|p| config.resolve(p).display().to_string()));
    }
    settings.options.extend(kafka.options.clone());
    Ok(settings)
}

/// From the environment, or from a file; never from the command line, where every user of the machine could read it.
fn password(config: &Config) -> Result<Option<String>, Failure> {
    if let Ok(password) = std::env::var("KERVAN_KAFKA_PASSWORD") {
        return Ok(Some(password));
    }
    let Some(path) = &config.kafka.password_file else { return Ok(None) };
    let path = config.resolve(path);
    let text = std::fs::read_to_string(&path)
        .or_fail(ExitCode::Missing, || format!("reading [kafka] password_file {}", path.display()))?;
    Ok(Some(text.trim_end().to_owned()))
}

/// How long one request may take: shorter than the broker keeps a transaction open.
pub fn request_limit(transaction: Duration) -> Duration {
    Duration::from_secs(10).min(transaction * 2 / 3)
}

/// A fault of the broker as an end of the command.
pub fn failed(fault: BrokerFault) -> Failure {
    Failure::new(ExitCode::of(fault.exit), anyhow::Error::msg(fault.message))
}
