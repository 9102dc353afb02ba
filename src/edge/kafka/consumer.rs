//! Events and records of the log.

use std::ffi::CString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset;

use super::bell::Bell;
use super::config::{KafkaSettings, configuration_fault};
use super::context::Reading;
use super::group;
use super::queue::{Arrived, Broken, Intake, Mailbox};
use crate::delivery::{Committed, Fault, Membership};
use crate::pipeline::{Assignment, Batch, BrokerFault, Event};

/// A member of the group.
pub struct Reader {
    // Queues keep the client alive, and go first.
    intake: Option<Intake>,
    events: Mailbox<BaseConsumer<Reading>>,
    client: Arc<BaseConsumer<Reading>>,
    topic: String,
    topic_c: CString,
    who: String,
    bell: Bell,
    places: Places,
    polled: Instant,
    /// When partitions were last forwarded to the intake.
    forwarded: Instant,
    /// Another member of our name has put us out.
    put_out: bool,
}

/// How often partitions are forwarded to the intake again. librdkafka ends a forwarding when it stops a partition, which it
/// does some time after it was asked to; one that is lost so would silence its partition for ever.
const FORWARD: Duration = Duration::from_secs(1);

/// Events served in one turn: the loop has other things to do, too.
const EVENTS: usize = 1000;

impl Reader {
    /// Joins the group; what becomes ours comes as an event.
    ///
    /// # Errors
    /// Where the client cannot be made.
    pub fn join(settings: &KafkaSettings, bell: &Bell) -> Result<Reader, BrokerFault> {
        let failed = |why: String| BrokerFault { exit: 2, message: format!("making a consumer: {why}") };
        let topic = settings.topics.log.clone();
        let topic_c = CString::new(topic.as_str()).map_err(|e| failed(e.to_string()))?;
        let made = settings.consumer().create_with_context::<_, BaseConsumer<Reading>>(Reading::new());
        let client = Arc::new(made.map_err(|e| failed(configuration_fault(&e)))?);
        let events = Mailbox::of_consumer(&client, bell.clone()).ok_or_else(|| failed("it has no queue".to_owned()))?;
        client.subscribe(&[&topic]).map_err(|e| failed(e.to_string()))?;
        Ok(Reader {
            intake: None,
            events,
            client,
            topic,
            topic_c,
            who: format!("slot {:?} of group {:?}", settings.slot, settings.group),
            bell: bell.clone(),
            places: Places::default(),
            polled: Instant::now(),
            forwarded: Instant::now(),
            put_out: false,
        })
    }

    /// Serves the client; returns what happened to our partitions.
    ///
    /// # Errors
    /// For what ends the process.
    pub fn serve(&mut self) -> Result<Option<Event>, BrokerFault> {
        self.polled = Instant::now();
        for _ in 0..EVENTS {
            match self.client.poll(Duration::ZERO) {
                None => {}
                Some(Err(error)) => self.judge(&error)?,
                // Partitions are forwarded before they are assigned, so nothing can come here. A record that did must not
                // be lost in silence.
                Some(Ok(_)) => {
                    let message = format!("reading topic {}: a record came beside its queue; start again", self.topic);
                    return Err(BrokerFault { exit: 1, message });
                }
            }
            if let Some(event) = self.client.context().event() {
                return Ok(Some(event));
            }
            if self.events.is_empty() {
                break;
            }
        }
        Ok(None)
    }

    /// Takes records that are there, at most `room`, a batch a partition; returns their number.
    ///
    /// # Errors
    /// Where a record is missing or damaged.
    pub fn records(&mut self, room: usize, out: &mut Vec<Batch>) -> Result<usize, BrokerFault> {
        let Some(intake) = &mut self.intake else { return Ok(0) };
        if self.forwarded.elapsed() > FORWARD {
            self.forwarded = Instant::now();
            for partition in self.places.partitions() {
                intake.receive(&self.topic_c, partition);
            }
        }
        let (places, mut sheaf) = (&mut self.places, Sheaf::new(out));
        let mut broken = None;
        let taken = intake.take(room, |item| match item {
            Ok(record) if places.admit(record.partition, record.offset) => sheaf.add(&record),
            Ok(Arrived { partition, offset, .. }) => {
                tracing::error!(target: "kafka", partition, offset, "a record of no assignment of ours");
                0
            }
            Err(fault) => {
                broken.get_or_insert(fault);
                0
            }
        });
        match broken {
            None => Ok(taken),
            Some(fault) => self.weigh(&fault).map_or(Ok(taken), Err),
        }
    }

    /// What an error between records means; `None` for what passes by itself.
    fn weigh(&self, broken: &Broken) -> Option<BrokerFault> {
        use RDKafkaErrorCode::{AutoOffsetReset, BadMessage, InvalidMessage, OffsetOutOfRange};
        let Broken { partition, offset, code, reason } = broken;
        let doing = format!("reading partition {partition} of topic {}", self.topic);
        let (exit, what) = match code {
            AutoOffsetReset | OffsetOutOfRange => (
                4,
                format!(
                    "offset {offset} is not there any more: retention has deleted it, or the topic was truncated or recreated; records are lost. Raise retention.ms, then start with another group and an empty store"
                ),
            ),
            BadMessage | InvalidMessage => (
                4,
                format!(
                    "the records around offset {offset} are damaged; if it happens again after a new start, restore the topic from a replica"
                ),
            ),
            _ => return self.lasting(*code, &doing, reason),
        };
        Some(BrokerFault { exit, message: format!("{doing}: {what} ({reason})") })
    }

    /// What an error of the client means.
    fn judge(&mut self, error: &KafkaError) -> Result<(), BrokerFault> {
        if let Some((code, reason)) = self.client.client().fatal_error() {
            self.put_out = code == RDKafkaErrorCode::FencedInstanceId;
            return Err(self.fatal(code, &reason));
        }
        let Some(code) = error.rdkafka_error_code() else { return Ok(()) };
        let reason = self.client.context().witness().cause().map_or_else(String::new, |(_, reason)| reason);
        self.lasting(code, &format!("reading topic {}", self.topic), &reason).map_or(Ok(()), Err)
    }

    /// Errors that waiting does not cure.
    fn lasting(&self, code: RDKafkaErrorCode, doing: &str, reason: &str) -> Option<BrokerFault> {
        use RDKafkaErrorCode::{GroupAuthorizationFailed, TopicAuthorizationFailed};
        let what = match code {
            TopicAuthorizationFailed => {
                "this principal may not read it (ACL: READ and DESCRIBE on the topic)".to_owned()
            }
            GroupAuthorizationFailed => format!("this principal may not join as {} (ACL: READ on the group)", self.who),
            _ => {
                tracing::warn!(target: "kafka", ?code, reason, "{doing}");
                return None;
            }
        };
        Some(BrokerFault { exit: 2, message: format!("{doing}: {what}") })
    }

    fn fatal(&self, code: RDKafkaErrorCode, reason: &str) -> BrokerFault {
        let what = match code {
            RDKafkaErrorCode::FencedInstanceId => format!(
                "another process has joined as {}, which puts this one out; give each process a slot of its own, and stop one of the two",
                self.who
            ),
            _ => format!("{code}; start again, and if it comes back, see the broker's log"),
        };
        BrokerFault { exit: 4, message: format!("reading topic {}: {what} ({reason})", self.topic) }
    }

    /// Starts reading at these offsets.
    ///
    /// # Errors
    /// Where librdkafka refuses.
    pub fn assign(&mut self, from: &[Assignment]) -> Result<(), BrokerFault> {
        let failed = |why: &str| BrokerFault { exit: 4, message: format!("starting to read partitions: {why}") };
        // What was fetched for an earlier assignment goes with its queue.
        self.intake = None;
        let intake = Intake::new(&self.client, self.bell.clone()).ok_or_else(|| failed("librdkafka gave no queue"))?;
        let mut list = TopicPartitionList::new();
        for start in from {
            let (partition, offset) = (start.partition as i32, Offset::Offset(start.from as i64));
            if !intake.receive(&self.topic_c, partition) {
                return Err(failed(&format!("librdkafka does not know partition {partition}")));
            }
            list.add_partition_offset(&self.topic, partition, offset).map_err(|e| failed(&e.to_string()))?;
        }
        self.places = Places::of(from);
        self.client.assign(&list).map_err(|e| failed(&e.to_string()))?;
        self.intake = Some(intake);
        Ok(())
    }

    /// Gives everything back.
    pub fn unassign(&mut self) {
        if let Err(error) = self.client.unassign() {
            tracing::warn!(target: "kafka", %error, "giving partitions back");
        }
        self.intake = None;
        self.places = Places::default();
    }

    /// Whether this member is of no use any more because another one has its name. That may be we ourselves: after an outage
    /// longer than our session the client joins anew, and a last word of the old membership meets the new one.
    pub fn put_out(&self) -> bool {
        self.put_out
    }

    /// Time since the group has last seen us ask.
    pub fn since_poll(&self) -> Duration {
        self.polled.elapsed()
    }

    /// Who we are.
    pub fn membership(&self) -> Membership {
        group::membership(&self.client)
    }

    /// Who we are, for a transaction.
    pub fn metadata(&self) -> Option<ConsumerGroupMetadata> {
        self.client.group_metadata()
    }

    /// See [`group::committed`].
    ///
    /// # Errors
    /// Where there is no answer in time.
    pub fn committed(&self, partitions: &[u32], limit: Duration) -> Result<Vec<Committed>, Fault> {
        group::committed(&self.client, &self.topic, partitions, limit)
    }

    /// The offset behind the last record, as far as known.
    pub fn high(&self, partition: u32) -> Option<u64> {
        group::cached_high(&self.client, &self.topic_c, partition as i32)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // The client's own drop serves its queue until the group has let us go.
        self.client.context().close();
        self.unassign();
    }
}

/// Where each partition of the assignment stands: the offset below which nothing may come any more.
#[derive(Default)]
struct Places(Vec<Option<u64>>);

impl Places {
    fn of(from: &[Assignment]) -> Places {
        let mut places = Vec::new();
        for start in from {
            let at = start.partition as usize;
            places.resize(places.len().max(at + 1), None);
            places[at] = Some(start.from);
        }
        Places(places)
    }

    fn partitions(&self) -> impl Iterator<Item = i32> {
        (0..).zip(&self.0).filter(|(_, place)| place.is_some()).map(|(partition, _)| partition)
    }

    /// Whether a record is the next of a partition of ours; from then on those before it are not.
    fn admit(&mut self, partition: i32, offset: i64) -> bool {
        let (Ok(partition), Ok(offset)) = (usize::try_from(partition), u64::try_from(offset)) else { return false };
        match self.0.get_mut(partition) {
            Some(Some(next)) if offset >= *next => {
                *next = offset + 1;
                true
            }
            _ => false,
        }
    }
}

/// Sorts records into batches: one a partition, and another where that grows beyond what it can address.
struct Sheaf<'a> {
    out: &'a mut Vec<Batch>,
    start: usize,
    last: usize,
}

/// Bytes after which a partition gets another batch: far below the 4 GiB of its addresses, whatever a record holds.
const BATCH_BYTES: usize = 1 << 30;

impl<'a> Sheaf<'a> {
    fn new(out: &'a mut Vec<Batch>) -> Sheaf<'a> {
        let start = out.len();
        Sheaf { out, start, last: usize::MAX }
    }

    /// Returns how many bytes are kept.
    fn add(&mut self, record: &Arrived<'_>) -> usize {
        let partition = record.partition as u32;
        let fits = |batch: &Batch| batch.partition == partition && batch.bytes() < BATCH_BYTES;
        // Records come in runs of one partition.
        if !self.out.get(self.last).is_some_and(fits) {
            let known = self.out[self.start..].iter().rposition(fits);
            self.last = known.map_or(self.out.len(), |index| self.start + index);
            if known.is_none() {
                self.out.push(Batch::new(partition));
            }
        }
        let batch = &mut self.out[self.last];
        let before = batch.bytes();
        let headers = record.headers();
        let more: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        batch.push(record.offset as u64, record.timestamp, record.key, record.value).headers = headers;
        batch.bytes() - before + more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_and_ahead_is_admitted() {
        let at = |partition, from| Assignment { partition, from };
        let mut places = Places::of(&[at(5, 100), at(2, 0)]);
        assert!(places.admit(5, 100) && places.admit(5, 107), "offsets have gaps");
        assert!(!places.admit(5, 106) && !places.admit(5, 107), "nothing twice, nothing backwards");
        assert!(places.admit(2, 0));
        assert!(!places.admit(3, 1) && !places.admit(9, 1) && !places.admit(-1, 1) && !places.admit(2, -1));
        assert!(!Places::default().admit(0, 0));
        assert_eq!(places.partitions().collect::<Vec<_>>(), [2, 5]);
    }
}
