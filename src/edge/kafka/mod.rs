//! The real broker behind the ports of [`crate::pipeline`]: librdkafka, driven by one blocking thread.
//!
//! What always holds:
//!
//! * Offsets are committed inside transactions only, by the member that we are at that moment.
//! * A callback only writes down what happened to our partitions; [`KafkaBroker::poll`](crate::pipeline::Broker::poll)
//!   hands it to the loop, which assigns and gives back. While closing, the callback gives back at once.
//! * Records come through a queue of our own that lives as long as one assignment: what was fetched for an earlier one
//!   cannot turn up in a later one.
//! * Waiting ends with the first record, event or call of the waker, never with a polling interval.
//! * What passes by itself (a broker that is away) is logged, sparingly; what does not is a
//!   [`BrokerFault`](crate::pipeline::BrokerFault) that names itself.
//!
//! Deliberately absent: `StreamConsumer`, queues and partition queues of rust-rdkafka (DELIVERY, decision 4).
//!
//! | file | one idea |
//! |---|---|
//! | `config` | the settings, and the clients' configurations that keep the guarantees |
//! | `options` | which options may be passed through, and to which client |
//! | `context` | what the clients call back: logs, errors, rebalances, delivery reports |
//! | `bell` | one thing to wait for, rung by queues and by other threads |
//! | `queue` | unsafe: records in batches, from a queue of our own |
//! | `group` | unsafe: who we are in the group, and what it has committed |
//! | `describe` | unsafe: the ids of topics |
//! | `fault` | what may be done about an error |
//! | `consumer` | events and records of the log |
//! | `producer` | transactions |
//! | `plain` | ticks and statuses, outside of them |
//! | `sender` | records into the log from outside the job |
//! | `prepared` | batches made beforehand, for load tests |
//! | `follow` | a topic from its end, as readers of alerts see it |
//! | `recovery` | what the outputs say of the offsets that were committed |
//! | `lookup` | a view without a group: reachability, partitions, ends of the log |
//! | `broker` | all of them as one port |
//! | `topics` | which topics there should be, and making them |
//! | `examine` | whether the topics that are there can keep the guarantees |

mod bell;
mod broker;
mod config;
mod consumer;
mod context;
mod describe;
mod examine;
mod fault;
mod follow;
mod group;
mod lookup;
mod options;
mod plain;
mod prepared;
mod producer;
mod queue;
mod recovery;
mod sender;
mod topics;

pub use broker::KafkaBroker;
pub use config::{KafkaSettings, Topics};
pub use examine::{Examination, TopicFacts, examine};
pub use follow::Follower;
pub use prepared::{Packer, Pipe};
pub use recovery::{Spread, commit_offsets, committed_offsets, source_ends};
pub use sender::{Sender, log_partitions};
pub use topics::{TopicPlan, ensure_topics};
