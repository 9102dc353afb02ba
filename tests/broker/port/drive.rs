//! A stage for the client: topics of its own, records to read, a member to drive.

use std::time::{Duration, Instant};

use kervan::delivery::{Channel, OffsetCommit, Outgoing};
use kervan::edge::kafka::{KafkaBroker, KafkaSettings, TopicPlan, ensure_topics};
use kervan::pipeline::{Assignment, Batch, Broker, BrokerFault, Event};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::topics::named;

/// Settings with topics that begin with `name`, and the shortest session that brokers allow.
pub fn settings(bootstrap: &str, name: &str, slot: &str) -> KafkaSettings {
    let mut settings = KafkaSettings::new(bootstrap, name, slot);
    settings.topics = named(name);
    settings.options.insert("session.timeout.ms".to_owned(), "6000".to_owned());
    settings
}

/// Makes the topics, with so many partitions of the log.
pub fn make(settings: &KafkaSettings, partitions: u32) {
    let plan = TopicPlan { partitions, ..TopicPlan::default() };
    ensure_topics(settings, &plan, Duration::from_secs(60)).expect("topics are made");
}

/// A member, as soon as the broker is ready for one.
pub fn join(settings: &KafkaSettings) -> KafkaBroker {
    KafkaBroker::connect(settings).expect("the broker is there")
}

/// Writes `count` numbered records into each partition.
pub fn fill(settings: &KafkaSettings, partitions: u32, numbers: std::ops::Range<u64>, padding: usize) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &settings.brokers)
        .set("linger.ms", "5")
        .set("enable.idempotence", "true")
        .create()
        .unwrap();
    for number in numbers {
        for partition in 0..partitions {
            let value = format!("{number:08}{}", "x".repeat(padding));
            loop {
                let record = BaseRecord::<str, str>::to(&settings.topics.log).partition(partition as i32);
                match producer.send(record.key("unit").payload(&value)) {
                    Ok(()) => break,
                    Err(_) => producer.poll(Duration::from_millis(10)),
                }
            }
        }
    }
    producer.flush(Duration::from_secs(60)).unwrap();
}

/// Polls until something happens to the partitions.
pub fn await_event(broker: &mut KafkaBroker, batches: &mut Vec<Batch>) -> Event {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        if let Some(event) = broker.poll(Duration::from_millis(50), 1000, batches).unwrap() {
            return event;
        }
    }
    panic!("nothing happens");
}

/// Polls until the process would have to end.
pub fn await_fault(broker: &mut KafkaBroker, limit: Duration) -> BrokerFault {
    let until = Instant::now() + limit;
    let mut batches = Vec::new();
    while Instant::now() < until {
        if let Err(fault) = broker.poll(Duration::from_millis(50), 1000, &mut batches) {
            return fault;
        }
    }
    panic!("no fault comes");
}

/// Joins, and reads everything from the start.
pub fn join_and_read(settings: &KafkaSettings) -> KafkaBroker {
    let mut broker = join(settings);
    let Event::Assigned(partitions) = await_event(&mut broker, &mut Vec::new()) else { panic!("first an assignment") };
    let from: Vec<Assignment> = partitions.iter().map(|p| Assignment { partition: *p, from: 0 }).collect();
    broker.assign(&from).unwrap();
    broker
}

/// An alert.
pub fn alert(key: &str, value: &str) -> Outgoing {
    Outgoing {
        channel: Channel::Alerts,
        key: Some(key.as_bytes().to_vec()),
        value: value.as_bytes().to_vec(),
        partition: None,
        headers: vec![("source".to_owned(), b"0/7".to_vec())],
    }
}

/// An offset with a pointer.
pub fn offset(partition: u32, next: u64, metadata: &str) -> OffsetCommit {
    OffsetCommit { partition, next, metadata: metadata.to_owned() }
}

/// Everything in a topic that readers of committed records see.
pub fn committed_values(settings: &KafkaSettings, topic: &str) -> Vec<String> {
    let reader: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &settings.brokers)
        .set("group.id", "reader")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .create()
        .unwrap();
    let limit = Duration::from_secs(30);
    let metadata = reader.fetch_metadata(Some(topic), limit).unwrap();
    let mut list = rdkafka::TopicPartitionList::new();
    let partitions = metadata.topics()[0].partitions().len();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition as i32, rdkafka::Offset::Beginning).unwrap();
    }
    reader.assign(&list).unwrap();
    let (mut values, mut ends) = (Vec::new(), 0);
    let until = Instant::now() + limit;
    while ends < partitions && Instant::now() < until {
        match reader.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                values.push(String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned());
            }
            Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => ends += 1,
            _ => {}
        }
    }
    assert_eq!(ends, partitions, "all of {topic} was read");
    values
}
