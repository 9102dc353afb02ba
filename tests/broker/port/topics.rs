//! Topics are made for their use, and those that are not are refused by name.

use std::time::Duration;

use kervan::edge::kafka::{KafkaBroker, KafkaSettings, TopicPlan, ensure_topics, examine};
use kervan::pipeline::{Batch, Broker};
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
    make_again(&good, &[("cleanup.policy", "compact")]);
    let mut found = examine(&good, LIMIT).unwrap();
    // A broker hears of it a moment later.
    for _ in 0..50 {
        if found.log.as_ref().is_some_and(|log| log.id.as_ref() != Some(&id)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
        found = examine(&good, LIMIT).unwrap();
    }
    assert_ne!(found.log.as_ref().expect("it is there").id, Some(id));
    let fault = found.passed().unwrap_err();
    assert_eq!(fault.exit, 4);
    assert!(fault.message.contains("compact") && fault.message.contains("CreateTime"), "{fault}");
}

/// Deletes the log and makes it again, empty.
fn make_again(settings: &KafkaSettings, config: &[(&str, &str)]) {
    let (admin, name) = (admin(settings), &settings.topics.log);
    let options = AdminOptions::new().operation_timeout(Some(LIMIT));
    run(admin.delete_topics(&[name], &options)).unwrap()[0].as_ref().unwrap();
    let topic = NewTopic::new(name, 4, TopicReplication::Fixed(1));
    let topic = config.iter().fold(topic, |topic, (key, value)| topic.set(key, value));
    // The name is free a moment later.
    for _ in 0..50 {
        if run(admin.create_topics([&topic], &options)).unwrap()[0].is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("topic {name} cannot be made again");
}

#[test]
fn a_log_made_again_while_it_is_read_ends_the_process() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let settings = settings(&cluster.bootstrap(), "again", "a");
    super::drive::make(&settings, 4);
    super::drive::fill(&settings, 4, 0..100, 10);
    let mut broker = super::drive::join_and_read(&settings);
    let mut batches = Vec::new();
    while batches.iter().map(Batch::len).sum::<usize>() < 400 {
        broker.poll(Duration::from_millis(100), 1000, &mut batches).unwrap();
    }
    make_again(&settings, &[("message.timestamp.type", "LogAppendTime")]);
    super::drive::fill(&settings, 4, 0..10, 10);
    let fault = super::drive::await_fault(&mut broker, Duration::from_secs(90));
    assert_eq!(fault.exit, 4, "{fault}");
    assert!(fault.message.contains("again.log"), "{fault}");
}

#[test]
fn nobody_there_is_said_with_the_reason() {
    let mut nobody = settings("127.0.0.1:9", "nobody", "a");
    nobody.options.insert("socket.connection.setup.timeout.ms".to_owned(), "1000".to_owned());
    let fault = examine(&nobody, Duration::from_secs(3)).unwrap_err();
    assert_eq!(fault.exit, 3);
    // Which of its two troubles the client tells first is its own affair.
    let told = fault.message.contains("refused") || fault.message.contains("down");
    assert!(fault.message.contains("127.0.0.1:9") && told, "{fault}");
}
