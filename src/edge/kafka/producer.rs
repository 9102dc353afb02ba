//! Transactions: outputs, offsets, commit; and another producer of the same name where one has become useless.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::Offset;

use super::bell::Bell;
use super::config::{KafkaSettings, Topics, configuration_fault};
use super::context::Writing;
use super::fault::of_transaction;
use super::queue::Mailbox;
use crate::delivery::{Channel, Fault, OffsetCommit, Outgoing};

/// See the module.
pub struct Writer {
    open: Option<Client>,
    settings: KafkaSettings,
    /// The reject topic has as many partitions as the log: rejects stand at the same place.
    same_places: bool,
    bell: Bell,
    /// When producers of ours were put out by others, or by the broker's clock.
    fenced: VecDeque<Instant>,
}

struct Client {
    // The queue keeps the producer alive, and goes first.
    reports: Mailbox<BaseProducer<Writing>>,
    producer: Arc<BaseProducer<Writing>>,
    /// `init_transactions` has succeeded.
    ready: bool,
    /// It was put out by another.
    fenced: bool,
}

/// Times a producer may be put out in [`FENCE_WINDOW`]. Once can be an outage longer than a transaction may last (P10);
/// two processes of one name put each other out without end.
pub(super) const FENCES: usize = 3;
pub(super) const FENCE_WINDOW: Duration = Duration::from_secs(300);
/// Longest wait without looking around.
const LOOK: Duration = Duration::from_millis(100);

impl Writer {
    /// A writer without a connection: [`Writer::renew`] makes one.
    pub fn new(settings: &KafkaSettings, same_places: bool, bell: Bell) -> Writer {
        Writer { open: None, settings: settings.clone(), same_places, bell, fenced: VecDeque::new() }
    }

    /// Replaces the producer and ends what the old one left open. May be called again where it ran out of time.
    ///
    /// # Errors
    /// [`Fault::Fatal`] where another process has our name, or we may not write.
    pub fn renew(&mut self, limit: Duration) -> Result<(), Fault> {
        let until = Instant::now() + limit;
        if self.open.as_ref().is_none_or(|client| client.ready || client.producer.client().fatal_error().is_some()) {
            self.check_fences()?;
            // The old one goes first: its epoch ends with the new one's beginning.
            self.open = None;
            self.open = Some(self.make()?);
        }
        let id = self.settings.transactional_id();
        let doing = format!("taking over the transactions of {id:?}");
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let client = self.open.as_mut().ok_or_else(|| Fault::Retriable(doing.clone()))?;
            client.serve();
            match client.producer.init_transactions(left.max(Duration::from_millis(1))) {
                Ok(()) => {
                    client.ready = true;
                    client.producer.context().failure();
                    return Ok(());
                }
                Err(error) => match of_transaction(&error, &doing) {
                    Fault::Retriable(_) if !left.is_zero() => std::thread::sleep(LOOK.min(left)),
                    Fault::Retriable(message) => return Err(Fault::Retriable(client.explain(message))),
                    fault => {
                        let message = client.explain(fault.message().to_owned());
                        self.remember(&error);
                        return Err(Fault::Fatal(message));
                    }
                },
            }
        }
    }

    fn make(&self) -> Result<Client, Fault> {
        let failed = |why: String| Fault::Fatal(format!("making a producer: {why}"));
        let config = self.settings.transactional();
        let made = config.create_with_context::<_, BaseProducer<Writing>>(Writing::new("writer"));
        let producer = Arc::new(made.map_err(|e| failed(configuration_fault(&e)))?);
        let reports = Mailbox::of_producer(&producer, self.bell.clone());
        let reports = reports.ok_or_else(|| failed("it has no queue".to_owned()))?;
        Ok(Client { reports, producer, ready: false, fenced: false })
    }

    fn check_fences(&mut self) -> Result<(), Fault> {
        self.fenced.retain(|at| at.elapsed() < FENCE_WINDOW);
        if self.fenced.len() < FENCES {
            return Ok(());
        }
        Err(Fault::Fatal(format!(
            "the producer {:?} was put out {} times in {} s: another process has this group and slot; give each process a slot of its own",
            self.settings.transactional_id(),
            self.fenced.len(),
            FENCE_WINDOW.as_secs()
        )))
    }

    fn remember(&mut self, error: &KafkaError) {
        use RDKafkaErrorCode::{Fenced, InvalidProducerEpoch, ProducerFenced};
        let fenced = matches!(error.rdkafka_error_code(), Some(Fenced | InvalidProducerEpoch | ProducerFenced));
        // One that was put out says so at every call.
        let known = self.open.as_mut().is_some_and(|client| std::mem::replace(&mut client.fenced, fenced));
        if fenced && !known {
            self.fenced.push_back(Instant::now());
        }
    }

    fn client(&self) -> Result<&Client, Fault> {
        self.open.as_ref().filter(|c| c.ready).ok_or_else(|| Fault::Fatal("there is no producer".to_owned()))
    }

    fn done(&mut self, result: Result<(), KafkaError>, doing: &str) -> Result<(), Fault> {
        result.map_err(|error| {
            let fault = of_transaction(&error, doing);
            if matches!(fault, Fault::Fatal(_)) {
                self.remember(&error);
            }
            fault
        })
    }

    /// Serves reports and logs, without waiting.
    pub fn serve(&self) {
        if let Some(client) = &self.open {
            client.serve();
        }
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// As in [`crate::delivery::Transactions`], like all below.
    pub fn begin(&mut self) -> Result<(), Fault> {
        let client = self.client()?;
        // Failures of an aborted transaction are no failures of the next.
        client.serve();
        client.producer.context().failure();
        let result = client.producer.begin_transaction();
        self.done(result, "beginning a transaction")
    }

    /// Hands an output over.
    pub fn send(&mut self, output: &Outgoing) -> Result<(), Fault> {
        let client = self.client()?;
        let topic = topic_of(&self.settings.topics, output.channel);
        let place = place_of(output, self.same_places);
        let until = Instant::now() + self.settings.transaction_timeout;
        loop {
            let mut record = BaseRecord::<[u8], [u8]>::to(topic).payload(&output.value);
            record.key = output.key.as_deref();
            record.partition = place;
            if !output.headers.is_empty() {
                let add = |headers: OwnedHeaders, (key, value): &(String, Vec<u8>)| {
                    headers.insert(Header { key, value: Some(value) })
                };
                record.headers = Some(output.headers.iter().fold(OwnedHeaders::new(), add));
            }
            match client.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) if Instant::now() < until => {
                    self.bell.silence();
                    client.serve();
                    self.bell.wait(LOOK);
                    client.serve();
                }
                Err((error, _)) => {
                    let message = format!("sending an output to {topic}: {error}");
                    let fatal = client.producer.client().fatal_error();
                    return Err(fatal.map_or(Fault::Abortable(message), |(_, why)| Fault::Fatal(why)));
                }
            }
        }
    }

    /// Waits until everything handed over is acknowledged. A loop of our own: the client's flush waits in steps of 100 ms.
    pub fn drain(&mut self, limit: Duration) -> Result<(), Fault> {
        let until = Instant::now() + limit;
        loop {
            let client = self.client()?;
            self.bell.silence();
            client.serve();
            if let Some((code, why)) = client.producer.client().fatal_error() {
                let error = KafkaError::Global(code);
                self.remember(&error);
                return Err(Fault::Fatal(format!("sending outputs: {why}")));
            }
            if let Some(failure) = client.producer.context().failure() {
                return Err(Fault::Abortable(failure));
            }
            let open = client.producer.in_flight_count();
            if open == 0 {
                return Ok(());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let message = format!("{open} outputs were not acknowledged in {} ms", limit.as_millis());
                return Err(Fault::Abortable(client.explain(message)));
            }
            self.bell.wait(left.min(LOOK));
        }
    }

    /// Adds offsets, as the member that `who` says.
    pub fn offsets(
        &mut self,
        offsets: &[OffsetCommit],
        who: &ConsumerGroupMetadata,
        limit: Duration,
    ) -> Result<(), Fault> {
        let doing = "adding offsets to a transaction";
        // A new list each time: setting metadata twice leaks (P12).
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for offset in offsets {
            let mut place = list.add_partition(&self.settings.topics.log, offset.partition as i32);
            place.set_metadata(&offset.metadata);
            let set = place.set_offset(Offset::Offset(offset.next as i64));
            set.map_err(|e| Fault::Abortable(format!("{doing}: {e}")))?;
        }
        let result = self.client()?.producer.send_offsets_to_transaction(&list, who, limit);
        self.done(result, doing)
    }

    /// Commits.
    pub fn commit(&mut self, limit: Duration) -> Result<(), Fault> {
        let client = self.client()?;
        client.serve();
        let result = client.producer.commit_transaction(limit);
        self.done(result, "committing a transaction")
    }

    /// Aborts. Reports are served in between, without which it does not end (P2).
    pub fn abort(&mut self, limit: Duration) -> Result<(), Fault> {
        let until = Instant::now() + limit;
        loop {
            let client = self.client()?;
            client.serve();
            let left = until.saturating_duration_since(Instant::now());
            let result = client.producer.abort_transaction(left.min(LOOK));
            client.serve();
            match self.done(result, "aborting a transaction") {
                Err(Fault::Retriable(_)) if !left.is_zero() => {}
                other => return other,
            }
        }
    }
}

impl Client {
    fn serve(&self) {
        // One event a call, so a number of calls: reports of a full queue come in a few hundred events.
        for _ in 0..10_000 {
            self.producer.poll(Duration::ZERO);
            if self.reports.is_empty() {
                return;
            }
        }
    }

    /// Adds the cause that librdkafka told elsewhere.
    fn explain(&self, message: String) -> String {
        self.serve();
        match self.producer.context().witness().cause() {
            Some((code, reason)) => format!("{message} ({code:?}: {reason})"),
            None => message,
        }
    }
}

fn topic_of(topics: &Topics, channel: Channel) -> &str {
    match channel {
        Channel::Alerts => &topics.alerts,
        Channel::Latest => &topics.latest,
        Channel::Rejects => &topics.rejects,
        Channel::Episodes => &topics.episodes,
    }
}

/// The partition of an output; `None` leaves it to its key.
fn place_of(output: &Outgoing, same_places: bool) -> Option<i32> {
    match output.channel {
        Channel::Rejects if !same_places => None,
        _ => output.partition.map(|p| p as i32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_stand_where_the_log_has_them_if_there_is_such_a_place() {
        let output =
            |channel, partition| Outgoing { channel, key: None, value: Vec::new(), partition, headers: Vec::new() };
        assert_eq!(place_of(&output(Channel::Rejects, Some(7)), true), Some(7));
        assert_eq!(place_of(&output(Channel::Rejects, Some(7)), false), None);
        assert_eq!(place_of(&output(Channel::Episodes, Some(0)), false), Some(0));
        assert_eq!(place_of(&output(Channel::Alerts, None), true), None);
        assert_eq!(topic_of(&Topics::default(), Channel::Latest), "kervan.alerts.latest");
    }

    #[test]
    fn two_of_one_name_are_found_out() {
        let mut writer = Writer::new(&KafkaSettings::new("127.0.0.1:1", "g", "s"), true, Bell::new().unwrap());
        for _ in 0..FENCES {
            assert_eq!(writer.check_fences(), Ok(()));
            writer.remember(&KafkaError::Global(RDKafkaErrorCode::Fenced));
            writer.remember(&KafkaError::Global(RDKafkaErrorCode::OperationTimedOut));
        }
        assert!(matches!(writer.check_fences(), Err(Fault::Fatal(m)) if m.contains("g-s") && m.contains("slot")));
    }
}
