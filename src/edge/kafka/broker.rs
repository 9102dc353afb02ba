//! Reader, writer, herald and lookup as one port.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};

use super::bell::Bell;
use super::config::KafkaSettings;
use super::consumer::Reader;
use super::lookup::{Lookup, partitions};
use super::plain::Herald;
use super::producer::{FENCE_WINDOW, FENCES, Writer};
use crate::delivery::failpoint::guarded;
use crate::delivery::{Committed, Fault, Membership, OffsetCommit, Outgoing, Transactions};
use crate::pipeline::{Assignment, Batch, Broker, BrokerFault, Event, Waker};

/// Apache Kafka.
pub struct KafkaBroker {
    /// `None` once closed.
    reader: Option<Reader>,
    writer: Writer,
    herald: Herald,
    lookup: Lookup,
    settings: KafkaSettings,
    bell: Bell,
    began: Instant,
    /// When the lookup was served last: it has little to say.
    looked: Instant,
    /// When members of ours were put out by others of the same name.
    put_out: VecDeque<Instant>,
}

/// Longest wait for a broker at the start: one that has just been started itself loads its coordinators for a while.
const CONNECT: Duration = Duration::from_secs(60);

impl KafkaBroker {
    /// Connects, ends what an earlier process of this slot left open, and joins the group.
    ///
    /// # Errors
    /// Exit 2 for what is wrong in the settings, refused credentials included; 3 where no broker or no log is found; 4 where
    /// another process has this slot.
    pub fn connect(settings: &KafkaSettings) -> Result<KafkaBroker, BrokerFault> {
        settings.checked()?;
        let lookup = Lookup::new(settings)?;
        let metadata = lookup.reach(CONNECT)?;
        let topics = &settings.topics;
        let log = partitions(&metadata, &topics.log).ok_or_else(|| BrokerFault {
            exit: 3,
            message: format!("looking for topic {}: it is missing; make it, or start with --create-topics", topics.log),
        })?;
        let same_places = partitions(&metadata, &topics.rejects) == Some(log);
        let bell = |result: std::io::Result<Bell>| {
            result.map_err(|e| BrokerFault { exit: 1, message: format!("making a pair of sockets to wait at: {e}") })
        };
        let mut writer = Writer::new(settings, same_places, bell(Bell::new())?);
        writer.renew(CONNECT).map_err(|fault| match fault {
            Fault::Retriable(message) => BrokerFault {
                exit: 3,
                message: format!("{message}; see that the broker's transaction coordinator is well"),
            },
            fault => BrokerFault { exit: 4, message: fault.message().to_owned() },
        })?;
        let bell = bell(Bell::new())?;
        let now = Instant::now();
        Ok(KafkaBroker {
            reader: Some(Reader::join(settings, &bell)?),
            writer,
            herald: Herald::new(settings)?,
            lookup,
            settings: settings.clone(),
            bell,
            began: now,
            looked: now,
            put_out: VecDeque::new(),
        })
    }

    /// Ticks and statuses that could not be written.
    pub fn dropped(&self) -> u64 {
        self.herald.dropped()
    }

    fn serve(&mut self) {
        self.writer.serve();
        self.herald.serve();
        if self.looked.elapsed() > Duration::from_secs(1) {
            self.lookup.serve();
            self.looked = Instant::now();
        }
    }

    fn reader(&self) -> Result<&Reader, Fault> {
        self.reader.as_ref().ok_or_else(|| Fault::Stale("the group was left".to_owned()))
    }
}

/// A member of the group that is nobody in particular, whose commits Kafka does not check: for tests of the fence.
fn nobody(settings: &KafkaSettings) -> Option<ConsumerGroupMetadata> {
    let client: BaseConsumer = settings.lookup().set("group.id", &settings.group).create().ok()?;
    client.group_metadata()
}

/// Whether joining anew may help: an outage can make us put ourselves out, two processes of one name do it to each other
/// without end.
fn pardoned(put_out: &mut VecDeque<Instant>) -> bool {
    put_out.retain(|at| at.elapsed() < FENCE_WINDOW);
    put_out.push_back(Instant::now());
    put_out.len() < FENCES
}

impl Transactions for KafkaBroker {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn membership(&self) -> Membership {
        let gone = Membership { member: String::new(), generation: -1, lost: true };
        self.reader.as_ref().map_or(gone, Reader::membership)
    }

    fn since_poll(&self) -> Duration {
        self.reader.as_ref().map_or(Duration::MAX, Reader::since_poll)
    }

    fn begin(&mut self) -> Result<(), Fault> {
        self.writer.begin()
    }

    fn send(&mut self, record: &Outgoing) -> Result<(), Fault> {
        self.writer.send(record)
    }

    fn drain(&mut self, limit: Duration) -> Result<(), Fault> {
        self.writer.drain(limit)
    }

    fn offsets(&mut self, offsets: &[OffsetCommit], limit: Duration) -> Result<(), Fault> {
        // Asked for anew: a rebalance that changed nothing for us has changed the generation all the same.
        let reader = self.reader()?;
        let now = reader.membership();
        // A commit of nobody in particular is not checked by the broker (KAFKA, 2).
        if (now.member.is_empty() || now.generation < 0 || now.lost) && guarded("guard") {
            return Err(Fault::Stale(format!("this process is no member of the group ({now:?})")));
        }
        let who = if guarded("fence") { reader.metadata() } else { nobody(&self.settings) };
        let who = who.ok_or_else(|| Fault::Stale("the client has no group".to_owned()))?;
        self.writer.offsets(offsets, &who, limit)
    }

    fn commit(&mut self, limit: Duration) -> Result<(), Fault> {
        self.writer.commit(limit)
    }

    fn abort(&mut self, limit: Duration) -> Result<(), Fault> {
        self.writer.abort(limit)
    }

    fn renew(&mut self, limit: Duration) -> Result<(), Fault> {
        self.writer.renew(limit)
    }

    fn committed(&mut self, partitions: &[u32], limit: Duration) -> Result<Vec<Committed>, Fault> {
        self.reader()?.committed(partitions, limit)
    }
}

impl Broker for KafkaBroker {
    fn poll(&mut self, wait: Duration, room: usize, out: &mut Vec<Batch>) -> Result<Option<Event>, BrokerFault> {
        let until = Instant::now() + wait;
        loop {
            // First the bell, then what it rings for: a ring in between ends the wait below.
            self.bell.silence();
            self.serve();
            let Some(reader) = &mut self.reader else { return Ok(None) };
            match reader.serve() {
                Ok(None) => {}
                Err(fault) if reader.put_out() && pardoned(&mut self.put_out) => {
                    tracing::warn!(target: "kafka", %fault, "put out of the group; joining anew");
                    self.rejoin()?;
                    return Ok(Some(Event::Revoked));
                }
                other => return other,
            }
            if room > 0 && reader.records(room, out)? > 0 {
                return Ok(None);
            }
            let left = until.saturating_duration_since(Instant::now());
            if self.bell.was_called() || left.is_zero() {
                return Ok(None);
            }
            self.bell.wait(left);
        }
    }

    fn assign(&mut self, from: &[Assignment]) -> Result<(), BrokerFault> {
        self.reader.as_mut().map_or(Ok(()), |reader| reader.assign(from))
    }

    fn unassign(&mut self) {
        if let Some(reader) = &mut self.reader {
            reader.unassign();
        }
    }

    fn rejoin(&mut self) -> Result<(), BrokerFault> {
        // The old one leaves first: it would fence the new one.
        self.reader = None;
        self.reader = Some(Reader::join(&self.settings, &self.bell)?);
        Ok(())
    }

    fn bounds(&mut self, partition: u32) -> Result<(u64, u64), Fault> {
        self.lookup.bounds(&self.settings.topics.log, partition)
    }

    fn high(&self, partition: u32) -> Option<u64> {
        self.reader.as_ref()?.high(partition)
    }

    fn tick(&mut self, partition: u32, time: i64) {
        self.herald.tick(partition, time);
    }

    fn status(&mut self, partition: u32, value: &[u8]) {
        self.herald.status(partition, value);
    }

    fn wall(&self) -> i64 {
        // A clock before 1970 counts as 1970.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
    }

    fn waker(&self) -> Waker {
        let bell = self.bell.clone();
        Box::new(move || bell.call())
    }

    fn close(&mut self) {
        self.reader = None;
        self.herald.finish(Duration::from_secs(1));
    }
}
