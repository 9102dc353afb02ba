//! Unsafe: queues of librdkafka. Records come in batches from a queue of our own; other queues only ring a bell.
//!
//! The records of each partition are forwarded to one queue, from which `rd_kafka_consume_batch_queue` takes many at once:
//! half the work of asking for each (KAFKA, 3). On the queue of the consumer itself that call would swallow rebalances.

use std::ffi::{CStr, CString};
use std::ptr::NonNull;
use std::sync::Arc;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::types::{RDKafkaMessage, RDKafkaQueue, RDKafkaRespErr};
use rdkafka_sys as sys;

use super::bell::{Bell, RING};
use super::context::{Reading, Writing};

/// A queue, and the client that it belongs to, which therefore outlives it.
pub struct Mailbox<K> {
    raw: NonNull<RDKafkaQueue>,
    /// Its file descriptor is in use until the queue has let go of it.
    _bell: Bell,
    client: Arc<K>,
}

// SAFETY: librdkafka's queues may be used from any thread (they lock themselves), and the client is kept alive.
unsafe impl<K: Send + Sync> Send for Mailbox<K> {}

impl<K> Mailbox<K> {
    /// # Safety
    /// `raw` is null or a reference of our own to a queue of `client`.
    unsafe fn adopt(raw: *mut RDKafkaQueue, client: Arc<K>, bell: Bell) -> Option<Mailbox<K>> {
        let raw = NonNull::new(raw)?;
        // SAFETY: the queue is alive; what is to be written is copied, and the descriptor lives as long as the bell.
        unsafe { sys::rd_kafka_queue_io_event_enable(raw.as_ptr(), bell.clapper(), RING.as_ptr().cast(), RING.len()) };
        Some(Mailbox { raw, _bell: bell, client })
    }

    /// Whether nothing waits in it.
    pub fn is_empty(&self) -> bool {
        // SAFETY: the queue is alive.
        unsafe { sys::rd_kafka_queue_length(self.raw.as_ptr()) == 0 }
    }
}

impl Mailbox<BaseConsumer<Reading>> {
    /// The queue of a consumer's events.
    pub fn of_consumer(client: &Arc<BaseConsumer<Reading>>, bell: Bell) -> Option<Self> {
        // SAFETY: the client is alive; the call returns a reference of our own.
        unsafe {
            let raw = sys::rd_kafka_queue_get_consumer(client.client().native_ptr());
            Mailbox::adopt(raw, Arc::clone(client), bell)
        }
    }
}

impl Mailbox<BaseProducer<Writing>> {
    /// The queue of a producer's delivery reports.
    pub fn of_producer(client: &Arc<BaseProducer<Writing>>, bell: Bell) -> Option<Self> {
        // SAFETY: the client is alive; the call returns a reference of our own.
        unsafe {
            let raw = sys::rd_kafka_queue_get_main(client.client().native_ptr());
            Mailbox::adopt(raw, Arc::clone(client), bell)
        }
    }
}

impl<K> Drop for Mailbox<K> {
    fn drop(&mut self) {
        // SAFETY: the queue is alive and is not used afterwards; partitions that still forward to it hold references of
        // their own. First the bell is taken away.
        unsafe {
            sys::rd_kafka_queue_io_event_enable(self.raw.as_ptr(), -1, std::ptr::null(), 0);
            sys::rd_kafka_queue_destroy(self.raw.as_ptr());
        }
    }
}

/// A record as librdkafka holds it.
pub struct Arrived<'a> {
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// Epoch milliseconds; -1 where it has none.
    pub timestamp: i64,
    /// Key.
    pub key: Option<&'a [u8]>,
    /// Value.
    pub value: Option<&'a [u8]>,
    message: &'a RDKafkaMessage,
}

/// A failure in place of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Partition.
    pub partition: i32,
    /// Offset, where it is known.
    pub offset: i64,
    /// Code.
    pub code: RDKafkaErrorCode,
    /// librdkafka's words.
    pub reason: String,
}

/// Headers kept of one record.
const HEADERS: usize = 64;
/// Bytes of headers kept of one record: a reject repeats them, and must itself fit into a record.
const HEADER_BYTES: usize = 64 * 1024;

impl Arrived<'_> {
    /// Its headers, as far as they are not huge.
    pub fn headers(&self) -> Vec<(String, Vec<u8>)> {
        let mut list = std::ptr::null_mut();
        // SAFETY: the message is alive; the list belongs to it.
        let code = unsafe { sys::rd_kafka_message_headers(self.message, &mut list) };
        let mut headers = Vec::new();
        if code != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return headers;
        }
        let mut room = HEADER_BYTES;
        for index in 0..HEADERS {
            let (mut name, mut value, mut size) = (std::ptr::null(), std::ptr::null(), 0);
            // SAFETY: the list is alive as long as the message.
            let code = unsafe { sys::rd_kafka_header_get_all(list, index, &mut name, &mut value, &mut size) };
            if code != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                break;
            }
            // SAFETY: a name is a C string, a value null or `size` bytes, both alive as long as the message.
            let (name, value) = unsafe { (CStr::from_ptr(name).to_string_lossy(), bytes(value.cast(), size)) };
            let value = value.unwrap_or_default();
            let Some(left) = room.checked_sub(name.len() + value.len()) else { break };
            room = left;
            headers.push((name.into_owned(), value.to_vec()));
        }
        headers
    }
}

/// # Safety
/// `start` is null or the beginning of `len` bytes that live as long as `'a`.
unsafe fn bytes<'a>(start: *const u8, len: usize) -> Option<&'a [u8]> {
    // SAFETY: as the caller says.
    (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start, len) })
}

/// The records of one assignment.
pub struct Intake {
    mailbox: Mailbox<BaseConsumer<Reading>>,
    /// Room for the pointers of one call; empty between calls.
    buffer: Vec<*mut RDKafkaMessage>,
}

// SAFETY: the pointers in the buffer are gone when a call returns.
unsafe impl Send for Intake {}

/// Records taken from librdkafka in one call.
const CHUNK: usize = 1024;
/// Bytes after which no further call is made: a batch is decided in one piece.
const BYTES: usize = 64 * 1024 * 1024;

impl Intake {
    /// An empty queue of a consumer.
    pub fn new(client: &Arc<BaseConsumer<Reading>>, bell: Bell) -> Option<Intake> {
        // SAFETY: the client is alive; the call returns a queue of our own.
        let mailbox = unsafe {
            let raw = sys::rd_kafka_queue_new(client.client().native_ptr());
            Mailbox::adopt(raw, Arc::clone(client), bell)
        }?;
        Some(Intake { mailbox, buffer: Vec::with_capacity(CHUNK) })
    }

    /// Has the records of a partition come here; to be called before the partition is assigned. Those that wait elsewhere
    /// come along.
    ///
    /// Returns whether the client knows the partition.
    pub fn receive(&self, topic: &CString, partition: i32) -> bool {
        // SAFETY: client and queues are alive; the reference to the partition's queue is ours and given back.
        unsafe {
            let client = self.mailbox.client.client().native_ptr();
            let source = sys::rd_kafka_queue_get_partition(client, topic.as_ptr(), partition);
            if source.is_null() {
                return false;
            }
            sys::rd_kafka_queue_forward(source, self.mailbox.raw.as_ptr());
            sys::rd_kafka_queue_destroy(source);
        }
        true
    }

    /// Hands over at most `room` records that are there, without waiting; `each` says how many bytes it keeps. Returns the
    /// number of records.
    pub fn take(&mut self, room: usize, mut each: impl FnMut(Result<Arrived<'_>, Broken>) -> usize) -> usize {
        let (mut taken, mut bytes) = (0, 0);
        while taken < room && bytes < BYTES {
            let ask = (room - taken).min(CHUNK);
            // SAFETY: the buffer has room for CHUNK pointers, of which the call writes as many as it says.
            let count = unsafe {
                let count =
                    sys::rd_kafka_consume_batch_queue(self.mailbox.raw.as_ptr(), 0, self.buffer.as_mut_ptr(), ask);
                let count = usize::try_from(count).unwrap_or(0);
                self.buffer.set_len(count);
                count
            };
            for pointer in self.buffer.drain(..) {
                let Some(message) = Message::own(pointer) else { continue };
                bytes += each(message.look());
            }
            taken += count;
            if count < ask {
                break;
            }
        }
        taken
    }
}

/// A message of our own, destroyed when it is dropped.
struct Message(NonNull<RDKafkaMessage>);

impl Message {
    fn own(pointer: *mut RDKafkaMessage) -> Option<Message> {
        NonNull::new(pointer).map(Message)
    }

    fn look(&self) -> Result<Arrived<'_>, Broken> {
        // SAFETY: the message is ours and alive; its key and value live as long.
        unsafe {
            let message = self.0.as_ref();
            if message.err != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                let reason = sys::rd_kafka_message_errstr(message);
                let reason = if reason.is_null() { "".into() } else { CStr::from_ptr(reason).to_string_lossy() };
                return Err(Broken {
                    partition: message.partition,
                    offset: message.offset,
                    code: message.err.into(),
                    reason: reason.into_owned(),
                });
            }
            Ok(Arrived {
                partition: message.partition,
                offset: message.offset,
                timestamp: sys::rd_kafka_message_timestamp(message, std::ptr::null_mut()),
                key: bytes(message.key.cast(), message.key_len),
                value: bytes(message.payload.cast(), message.len),
                message,
            })
        }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: it is ours and is not used afterwards.
        unsafe { sys::rd_kafka_message_destroy(self.0.as_ptr()) }
    }
}
