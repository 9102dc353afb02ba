//! Topics are made for their use, and those that are not are refused by name.

use std::time::Duration;

use kervan::edge::kafka::{KafkaBroker, KafkaSettings, TopicPlan, ensure_topics, examine};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;

use super::drive::settings;
use crate::cluster::{Plan, cluster};

const LIMIT: Duration = Duration::from_secs(60);

fn admin(settings: &KafkaSettings) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", &settings.brokers).create().unwrap()
}

fn run<T>(question: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(question)
}

#[test]
fn topics_are_made_examined_and_refused() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let good = settings(&cluster.bootstrap(), "good", "a");
    let missing = examine(&good, LIMIT).unwrap();
    assert_eq!((missing.missing.len(), missing.log.is_none()), (6, true));
    assert_eq!(KafkaBroker::connect(&good).map(|_| ()).map_err(|fault| fault.exit), Err(3));

    let plan = TopicPlan { partitions: 4, ..TopicPlan::default() };
    assert_eq!(ensure_topics(&good, &plan, LIMIT).unwrap().len(), 6);
    assert_eq!(ensure_topics(&good, &plan, LIMIT).unwrap(), Vec::<String>::new());
    let found = examine(&good, LIMIT).unwrap().passed().unwrap();
    let log = found.log.unwrap();
    assert_eq!((log.partitions, log.options["message.timestamp.type"].as_str()), (4, "LogAppendTime"));
    assert!(found.warnings.iter().any(|w| w.contains("min.insync.replicas")), "{:?}", found.warnings);
    let id = log.id.expect("this broker has ids");

    // Made again, it is another topic.
    let admin = admin(&good);
    let options = AdminOptions::new().operation_timeout(Some(LIMIT));
    run(admin.delete_topics(&[&good.topics.log], &options)).unwrap()[0].as_ref().unwrap();
    let log = NewTopic::new(&good.topics.log, 4, TopicReplication::Fixed(1)).set("cleanup.policy", "compact");
    let mut made = run(admin.create_topics([&log], &options)).unwrap();
    for _ in 0..50 {
        if made[0].is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
        made = run(admin.create_topics([&log], &options)).unwrap();
    }
    made[0].as_ref().unwrap();
    let mut found = examine(&good, LIMIT).unwrap();
    for _ in 0..50 {
        if found.log.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
        found = examine(&good, LIMIT).unwrap();
    }
    assert_ne!(found.log.as_ref().unwrap().id, Some(id));
    let fault = found.passed().unwrap_err();
    assert_eq!(fault.exit, 4);
    assert!(fault.message.contains("compact") && fault.message.contains("CreateTime"), "{fault}");
}

#[test]
fn nobody_there_is_said_with_the_reason() {
    let mut nobody = settings("127.0.0.1:9", "nobody", "a");
    nobody.options.insert("socket.connection.setup.timeout.ms".to_owned(), "1000".to_owned());
    let fault = examine(&nobody, Duration::from_secs(3)).unwrap_err();
    assert_eq!(fault.exit, 3);
    assert!(fault.message.contains("127.0.0.1:9") && fault.message.contains("refused"), "{fault}");
}
