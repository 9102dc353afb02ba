//! Topics are made for their use, and those that are not are refused by name.

use std::time::Duration;

use kervan::edge::kafka::{KafkaBroker, TopicPlan, ensure_topics, examine};
use kervan::pipeline::{Batch, Broker};

use super::drive::settings;
use crate::cluster::{Cluster, Plan, cluster};
use crate::topics::{delete, make};

const LIMIT: Duration = Duration::from_secs(60);

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
    make_again(&cluster, &good.topics.log, &[("cleanup.policy", "compact")]);
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
fn make_again(cluster: &Cluster, log: &str, config: &[(&str, &str)]) {
    delete(cluster, log);
    make(cluster, log, 4, config);
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
    make_again(&cluster, &settings.topics.log, &[("message.timestamp.type", "LogAppendTime")]);
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
