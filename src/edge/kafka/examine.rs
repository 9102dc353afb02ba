//! Whether the topics that are there can keep the guarantees: facts are gathered, then judged, all faults at once.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, ConfigResource, OwnedResourceSpecifier, ResourceSpecifier};

use super::config::{KafkaSettings, configuration_fault};
use super::context::Witness;
use super::describe::topic_ids;
use super::lookup::Lookup;
use super::topics::{Role, wait};
use crate::pipeline::BrokerFault;

/// What the broker says of a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicFacts {
    /// Name.
    pub name: String,
    /// Its id, which a topic made again does not share; `None` from brokers before 2.8.
    pub id: Option<String>,
    /// Number of partitions.
    pub partitions: u32,
    /// Number of replicas of its first partition.
    pub replicas: u32,
    /// Its options as far as they matter here; empty where we may not read them.
    pub options: BTreeMap<String, String>,
}

/// What [`examine`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examination {
    /// The log; `None` where it is missing.
    pub log: Option<TopicFacts>,
    /// Topics that are not there.
    pub missing: Vec<String>,
    /// Why the guarantees cannot be kept.
    pub faults: Vec<String>,
    /// What makes losses likelier than need be.
    pub warnings: Vec<String>,
}

impl Examination {
    /// The examination, if the guarantees can be kept.
    ///
    /// # Errors
    /// Exit 3 where only topics are missing, else exit 4, with all faults at once.
    pub fn passed(self) -> Result<Examination, BrokerFault> {
        let mut all: Vec<String> = self
            .missing
            .iter()
            .map(|name| format!("topic {name} is missing: make it, or start with --create-topics"))
            .collect();
        let exit = if self.faults.is_empty() { 3 } else { 4 };
        all.extend(self.faults.iter().cloned());
        match all.is_empty() {
            true => Ok(self),
            false => Err(BrokerFault { exit, message: format!("examining the topics: {}", all.join("; ")) }),
        }
    }
}

const REQUEST: Duration = Duration::from_secs(30);
/// Options that are looked at.
const OPTIONS: [&str; 7] = [
    "cleanup.policy",
    "max.message.bytes",
    "message.timestamp.type",
    "min.insync.replicas",
    "retention.bytes",
    "retention.ms",
    "unclean.leader.election.enable",
];

/// Looks at the topics.
///
/// # Errors
/// Exit 2 where the settings or credentials are refused, 3 where no broker answers within `limit`. What is wrong with the
/// topics is no error but a finding.
pub fn examine(settings: &KafkaSettings, limit: Duration) -> Result<Examination, BrokerFault> {
    let lookup = Lookup::new(settings.checked()?)?;
    let metadata = lookup.reach(limit)?;
    let mut topics = BTreeMap::new();
    for role in Role::ALL {
        let name = role.name(&settings.topics);
        let found = metadata.topics().iter().find(|t| t.name() == name && t.error().is_none());
        let Some(found) = found.filter(|t| !t.partitions().is_empty()) else { continue };
        let facts = TopicFacts {
            name: name.to_owned(),
            partitions: found.partitions().len() as u32,
            replicas: found.partitions().first().map_or(0, |p| p.replicas().len() as u32),
            ..TopicFacts::default()
        };
        topics.insert(role, facts);
    }
    let names: Vec<String> = topics.values().map(|t| t.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let failed = |exit, why: String| BrokerFault { exit, message: format!("asking for the options of topics: {why}") };
    if !names.is_empty() {
        for (name, id) in topic_ids(lookup.client(), &names, REQUEST).map_err(|why| failed(3, why))? {
            if let Some(facts) = topics.values_mut().find(|t| t.name == name) {
                facts.id = id;
            }
        }
        let admin: AdminClient<Witness> = settings
            .admin()
            .create_with_context(Witness::new("admin"))
            .map_err(|e| failed(2, configuration_fault(&e)))?;
        let asked: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
        let limit = AdminOptions::new().request_timeout(Some(REQUEST));
        let answers = wait(admin.describe_configs(&asked, &limit))?.map_err(|e| failed(3, e.to_string()))?;
        for resource in answers.into_iter().flatten() {
            note(&mut topics, &resource);
        }
    }
    Ok(judge(settings, &topics))
}

fn note(topics: &mut BTreeMap<Role, TopicFacts>, resource: &ConfigResource) {
    let OwnedResourceSpecifier::Topic(name) = &resource.specifier else { return };
    let Some(facts) = topics.values_mut().find(|t| t.name == *name) else { return };
    for key in OPTIONS {
        if let Some(value) = resource.get(key).and_then(|entry| entry.value.clone()) {
            facts.options.insert(key.to_owned(), value);
        }
    }
}

/// Judges facts.
fn judge(settings: &KafkaSettings, topics: &BTreeMap<Role, TopicFacts>) -> Examination {
    let mut found = Examination { log: topics.get(&Role::Log).cloned(), ..Examination::default() };
    for role in Role::ALL {
        match topics.get(&role) {
            None => found.missing.push(role.name(&settings.topics).to_owned()),
            Some(facts) => judge_one(role, facts, &mut found),
        }
    }
    let count = |role| topics.get(&role).map(|t| t.partitions);
    if let (Some(log), Some(rejects)) = (count(Role::Log), count(Role::Rejects))
        && log != rejects
    {
        let warning =
            format!("rejects have {rejects} partitions, the log has {log}: they do not stand at the same place");
        found.warnings.push(warning);
    }
    found
}

fn judge_one(role: Role, facts: &TopicFacts, found: &mut Examination) {
    let TopicFacts { name, options, .. } = facts;
    let option = |key: &str| options.get(key).map(String::as_str);
    let number = |key: &str| option(key).and_then(|value| value.parse::<i64>().ok());
    if options.is_empty() {
        let text = format!("the options of topic {name} cannot be read: grant DESCRIBE_CONFIGS on it");
        if role == Role::Log {
            found.faults.push(text)
        } else {
            found.warnings.push(text)
        }
        return;
    }
    let policy = option("cleanup.policy").unwrap_or_default();
    match (role.compacted(), policy.contains("compact")) {
        (false, true) => found.faults.push(format!(
            "topic {name} is compacted (cleanup.policy={policy}): it forgets all but the last record of a key; set cleanup.policy=delete"
        )),
        (true, false) => found.warnings.push(format!(
            "topic {name} is not compacted (cleanup.policy={policy}): who starts late does not see all of it; set cleanup.policy=compact"
        )),
        _ => {}
    }
    if role == Role::Log {
        let kind = option("message.timestamp.type").unwrap_or_default();
        if kind != "LogAppendTime" {
            found.faults.push(format!(
                "topic {name} has message.timestamp.type={kind}: the log clock would be what senders claim; set LogAppendTime"
            ));
        }
        let day = 86_400_000;
        if let Some(ms) = number("retention.ms").filter(|ms| (0..day).contains(ms)) {
            found.warnings.push(format!(
                "topic {name} keeps records for {} min only: an outage longer than that loses them; raise retention.ms",
                ms / 60_000
            ));
        }
        if let Some(bytes) = number("retention.bytes").filter(|bytes| *bytes >= 0) {
            found.warnings.push(format!(
                "topic {name} keeps {bytes} bytes a partition only: a burst during an outage loses records; set retention.bytes=-1"
            ));
        }
    }
    if role == Role::Rejects && number("max.message.bytes").is_some_and(|bytes| bytes < 8 * 1024 * 1024) {
        found.faults.push(format!(
            "topic {name} has max.message.bytes={}: a reject repeats the bytes of its record, escaped up to sixfold, and one that cannot be written would hold up everything behind it; set 16777216",
            option("max.message.bytes").unwrap_or_default()
        ));
    }
    if role == Role::Episodes && facts.partitions != 1 {
        found.warnings.push(format!(
            "topic {name} has {} partitions: the second stage reads one order, so one",
            facts.partitions
        ));
    }
    if matches!(role, Role::Log | Role::Alerts) {
        if facts.replicas < 3 || number("min.insync.replicas").is_some_and(|n| n < 2) {
            found.warnings.push(format!(
                "topic {name} has {} replicas and min.insync.replicas={}: the loss of a disk can lose records; use 3 and 2",
                facts.replicas,
                option("min.insync.replicas").unwrap_or("?")
            ));
        }
        if option("unclean.leader.election.enable") == Some("true") {
            found.warnings.push(format!(
                "topic {name} has unclean.leader.election.enable=true: acknowledged records can be lost; set false"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: &str, options: &[(&str, &str)]) -> TopicFacts {
        TopicFacts {
            name: name.to_owned(),
            id: None,
            partitions: 4,
            replicas: 3,
            options: options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    fn judged(topics: &[(Role, TopicFacts)]) -> Examination {
        let settings = KafkaSettings::new("127.0.0.1:1", "g", "s");
        judge(&settings, &topics.iter().cloned().collect())
    }

    const DELETE: (&str, &str) = ("cleanup.policy", "delete");

    #[test]
    fn all_faults_are_found_at_once() {
        let log =
            facts("kervan.log", &[("cleanup.policy", "compact,delete"), ("message.timestamp.type", "CreateTime")]);
        let alerts = facts("kervan.alerts", &[("cleanup.policy", "compact")]);
        let rejects = facts("kervan.rejects", &[DELETE, ("max.message.bytes", "1048588")]);
        let found = judged(&[(Role::Log, log), (Role::Alerts, alerts), (Role::Rejects, rejects)]);
        assert_eq!(found.faults.len(), 4, "{found:?}");
        assert_eq!(found.missing, ["kervan.alerts.latest", "kervan.episodes", "kervan.status"]);
        let fault = found.passed().unwrap_err();
        assert_eq!(fault.exit, 4);
        for word in ["compact,delete", "CreateTime", "kervan.status", "--create-topics"] {
            assert!(fault.message.contains(word), "{word}: {fault}");
        }
    }

    #[test]
    fn what_makes_losses_likelier_is_a_warning() {
        let log = facts(
            "kervan.log",
            &[
                DELETE,
                ("message.timestamp.type", "LogAppendTime"),
                ("retention.ms", "3600000"),
                ("retention.bytes", "1000"),
                ("min.insync.replicas", "1"),
                ("unclean.leader.election.enable", "true"),
            ],
        );
        let found = judged(&[(Role::Log, log)]);
        assert_eq!((found.faults.len(), found.warnings.len()), (0, 4), "{found:?}");
        assert_eq!(found.passed().map_err(|fault| fault.exit), Err(3), "topics are missing");
    }

    #[test]
    fn good_topics_pass() {
        let mut topics = Vec::new();
        for role in Role::ALL {
            let policy = if role.compacted() { "compact" } else { "delete" };
            let mut topic = facts("x", &[("cleanup.policy", policy), ("message.timestamp.type", "LogAppendTime")]);
            topic.partitions = if role == Role::Episodes { 1 } else { 4 };
            topics.push((role, topic));
        }
        let found = judged(&topics).passed().unwrap();
        assert_eq!(found.warnings, Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_checked_is_said() {
        let found = judged(&[(Role::Log, facts("kervan.log", &[]))]);
        assert!(found.faults.len() == 1 && found.faults[0].contains("DESCRIBE_CONFIGS"), "{found:?}");
    }
}
