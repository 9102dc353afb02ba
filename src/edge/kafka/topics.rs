//! Which topics there should be, and making those that are missing.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::RDKafkaErrorCode;

use super::config::{KafkaSettings, MESSAGE_BYTES, Topics, configuration_fault};
use super::context::Witness;
use super::lookup::{Lookup, partitions};
use crate::pipeline::BrokerFault;

/// What a topic is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The only input.
    Log,
    /// Alerts by unit.
    Alerts,
    /// Alerts by alert.
    Latest,
    /// What could not be read.
    Rejects,
    /// What the second stage reads.
    Episodes,
    /// How each partition is.
    Status,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 6] = [Role::Log, Role::Alerts, Role::Latest, Role::Rejects, Role::Episodes, Role::Status];

    /// The name of its topic.
    pub fn name(self, topics: &Topics) -> &str {
        match self {
            Role::Log => &topics.log,
            Role::Alerts => &topics.alerts,
            Role::Latest => &topics.latest,
            Role::Rejects => &topics.rejects,
            Role::Episodes => &topics.episodes,
            Role::Status => &topics.status,
        }
    }

    /// Whether only the last record of each key is kept.
    pub fn compacted(self) -> bool {
        matches!(self, Role::Latest | Role::Status)
    }
}

/// How topics are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicPlan {
    /// Partitions of the log: fixed for ever, so many more than processes.
    pub partitions: u32,
    /// Replicas; `None` for the broker's default.
    pub replicas: Option<u16>,
    /// How long the log is kept: longer than any outage.
    pub retention: Duration,
}

impl Default for TopicPlan {
    fn default() -> TopicPlan {
        TopicPlan { partitions: 64, replicas: None, retention: Duration::from_secs(7 * 86_400) }
    }
}

impl TopicPlan {
    /// Partitions of a topic. Each one that a transaction touches costs it a marker, so outputs have few.
    fn partitions(&self, role: Role) -> u32 {
        match role {
            Role::Log | Role::Rejects => self.partitions,
            Role::Alerts | Role::Latest => self.partitions.min(8),
            Role::Episodes | Role::Status => 1,
        }
    }

    /// What is set differently from the broker's defaults.
    fn options(&self, role: Role) -> Vec<(&'static str, String)> {
        let days = |days: u64| (days * 86_400_000).to_string();
        let mut options = vec![("cleanup.policy", if role.compacted() { "compact" } else { "delete" }.to_owned())];
        match role {
            Role::Log => {
                options.push(("message.timestamp.type", "LogAppendTime".to_owned()));
                options.push(("retention.ms", self.retention.as_millis().to_string()));
                options.push(("retention.bytes", "-1".to_owned()));
            }
            Role::Rejects => {
                options.push(("retention.ms", days(30)));
                options.push(("max.message.bytes", MESSAGE_BYTES.to_owned()));
            }
            Role::Alerts | Role::Episodes => options.push(("retention.ms", days(30))),
            // Someone who starts late should not read a day of old revisions first.
            Role::Latest | Role::Status => options.push(("segment.ms", days(1))),
        }
        options
    }
}

const REQUEST: Duration = Duration::from_secs(30);

/// Runs a question to a broker to its end.
pub(super) fn wait<T>(question: impl Future<Output = T>) -> Result<T, BrokerFault> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|e| BrokerFault { exit: 1, message: format!("making a thread's runtime: {e}") })?;
    Ok(runtime.block_on(question))
}

/// Makes the topics that are missing; what is there stays as it is. Returns the names of those made.
///
/// # Errors
/// Exit 2 where this principal may not, 3 where no broker answers.
pub fn ensure_topics(settings: &KafkaSettings, plan: &TopicPlan, limit: Duration) -> Result<Vec<String>, BrokerFault> {
    let lookup = Lookup::new(settings.checked()?)?;
    let metadata = lookup.reach(limit)?;
    let missing: Vec<Role> =
        Role::ALL.into_iter().filter(|r| partitions(&metadata, r.name(&settings.topics)).is_none()).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let options: Vec<_> = missing.iter().map(|role| plan.options(*role)).collect();
    let replicas = plan.replicas.map_or(-1, i32::from);
    let new: Vec<NewTopic<'_>> = missing
        .iter()
        .zip(&options)
        .map(|(role, options)| {
            let (name, count) = (role.name(&settings.topics), plan.partitions(*role) as i32);
            let topic = NewTopic::new(name, count, TopicReplication::Fixed(replicas));
            options.iter().fold(topic, |topic, (key, value)| topic.set(key, value))
        })
        .collect();
    let failed = |exit, why: String| BrokerFault { exit, message: format!("making topics: {why}") };
    let admin: AdminClient<Witness> =
        settings.admin().create_with_context(Witness::new("admin")).map_err(|e| failed(2, configuration_fault(&e)))?;
    let asked = AdminOptions::new().request_timeout(Some(REQUEST)).operation_timeout(Some(REQUEST));
    let results = wait(admin.create_topics(&new, &asked))?.map_err(|e| failed(3, e.to_string()))?;
    let mut made = Vec::new();
    let mut faults = Vec::new();
    for result in results {
        match result {
            Ok(name) => made.push(name),
            // Another process was faster.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => faults.push(format!("{name}: {code}")),
        }
    }
    if !faults.is_empty() {
        return Err(failed(2, format!("{}; make them by hand, or grant CREATE", faults.join("; "))));
    }
    await_topics(&lookup, &settings.topics, limit)?;
    Ok(made)
}

/// Waits until every topic is known: a broker hears of those that were made a moment after the controller has made them.
fn await_topics(lookup: &Lookup, topics: &Topics, limit: Duration) -> Result<(), BrokerFault> {
    let until = Instant::now() + limit;
    loop {
        let metadata = lookup.reach(limit)?;
        let Some(role) = Role::ALL.into_iter().find(|role| partitions(&metadata, role.name(topics)).is_none()) else {
            return Ok(());
        };
        if Instant::now() >= until {
            let message = format!("making topics: {} was made, but does not appear; start again", role.name(topics));
            return Err(BrokerFault { exit: 3, message });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_topic_is_made_for_its_use() {
        let plan = TopicPlan { partitions: 4, ..TopicPlan::default() };
        let of = |role, key: &str| plan.options(role).into_iter().find(|(k, _)| *k == key).map(|(_, v)| v);
        assert_eq!(of(Role::Log, "message.timestamp.type").as_deref(), Some("LogAppendTime"));
        assert_eq!(of(Role::Log, "retention.ms").as_deref(), Some("604800000"));
        assert_eq!(of(Role::Latest, "cleanup.policy").as_deref(), Some("compact"));
        assert_eq!(of(Role::Alerts, "cleanup.policy").as_deref(), Some("delete"));
        assert_eq!(Role::ALL.map(|role| plan.partitions(role)), [4, 4, 4, 4, 1, 1]);
        assert_eq!(TopicPlan::default().partitions(Role::Alerts), 8);
    }
}
