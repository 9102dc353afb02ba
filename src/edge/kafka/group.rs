//! Unsafe: who we are in the group, what it has committed, and how far a partition reaches as far as the client knows.
//!
//! rdkafka 0.39 wraps neither a member's id nor its generation, and its view of an offset's metadata panics where that is
//! no UTF-8.

use std::ffi::{CStr, CString};
use std::ptr::NonNull;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{IsError, RDKafkaErrorCode};
use rdkafka::types::{RDKafkaConsumerGroupMetadata, RDKafkaTopicPartitionList};
use rdkafka_sys as sys;

use super::context::Reading;
use crate::delivery::{Committed, Fault, Membership};

/// Who we are, asked freshly.
pub fn membership(consumer: &BaseConsumer<Reading>) -> Membership {
    struct Metadata(NonNull<RDKafkaConsumerGroupMetadata>);
    impl Drop for Metadata {
        fn drop(&mut self) {
            // SAFETY: it is ours and is not used afterwards.
            unsafe { sys::rd_kafka_consumer_group_metadata_destroy(self.0.as_ptr()) }
        }
    }
    let lost = consumer.assignment_lost();
    // SAFETY: the client is alive; the call returns an object of our own, or null.
    let metadata = unsafe { sys::rd_kafka_consumer_group_metadata(consumer.client().native_ptr()) };
    let Some(metadata) = NonNull::new(metadata).map(Metadata) else {
        return Membership { member: String::new(), generation: -1, lost: true };
    };
    // SAFETY: the object is alive while its texts are copied.
    unsafe {
        let member = sys::rd_kafka_consumer_group_metadata_member_id(metadata.0.as_ptr());
        let member = if member.is_null() { "".into() } else { CStr::from_ptr(member).to_string_lossy() };
        let generation = sys::rd_kafka_consumer_group_metadata_generation_id(metadata.0.as_ptr());
        Membership { member: member.into_owned(), generation, lost }
    }
}

/// What the group has committed, once no transaction is open on it (the consumer reads committed records only, which makes
/// librdkafka ask for stable offsets).
///
/// # Errors
/// Where there is no answer in time.
pub fn committed(
    consumer: &BaseConsumer<Reading>,
    topic: &str,
    partitions: &[u32],
    limit: Duration,
) -> Result<Vec<Committed>, Fault> {
    struct List(*mut RDKafkaTopicPartitionList);
    impl Drop for List {
        fn drop(&mut self) {
            // SAFETY: it is ours and is not used afterwards.
            unsafe { sys::rd_kafka_topic_partition_list_destroy(self.0) }
        }
    }
    let doing = "asking for committed offsets";
    let topic = CString::new(topic).map_err(|_| Fault::Fatal(format!("{doing}: a topic's name holds a zero byte")))?;
    // SAFETY: the list is ours; the calls copy names and fill elements in. Elements are read while the list is alive.
    unsafe {
        let list = List(sys::rd_kafka_topic_partition_list_new(partitions.len() as i32));
        for &partition in partitions {
            sys::rd_kafka_topic_partition_list_add(list.0, topic.as_ptr(), partition as i32);
        }
        let code = sys::rd_kafka_committed(consumer.client().native_ptr(), list.0, limit.as_millis() as i32);
        if code.is_error() {
            return Err(unanswered(code.into(), doing));
        }
        let (elements, count) = ((*list.0).elems, (*list.0).cnt.max(0) as usize);
        if elements.is_null() {
            return Ok(Vec::new());
        }
        let mut committed = Vec::with_capacity(count);
        for element in std::slice::from_raw_parts(elements, count) {
            if element.err.is_error() {
                return Err(unanswered(element.err.into(), doing));
            }
            let metadata = match element.metadata.is_null() {
                true => &[][..],
                false => std::slice::from_raw_parts(element.metadata.cast::<u8>(), element.metadata_size),
            };
            committed.push(Committed {
                partition: element.partition as u32,
                next: u64::try_from(element.offset).ok(),
                metadata: String::from_utf8_lossy(metadata).into_owned(),
            });
        }
        Ok(committed)
    }
}

/// A question to the group or to a leader that got no answer: nothing was changed, so it may be asked again, unless we are
/// not allowed to ask.
pub fn unanswered(code: RDKafkaErrorCode, doing: &str) -> Fault {
    use RDKafkaErrorCode::{GroupAuthorizationFailed, TopicAuthorizationFailed};
    let message = format!("{doing}: {code}");
    match code {
        GroupAuthorizationFailed | TopicAuthorizationFailed => Fault::Fatal(message),
        _ => Fault::Retriable(message),
    }
}

/// The offset behind the last record of a partition, as the last fetch told.
pub fn cached_high(consumer: &BaseConsumer<Reading>, topic: &CStr, partition: i32) -> Option<u64> {
    let (mut low, mut high) = (-1, -1);
    // SAFETY: the client is alive; the call looks at its memory only and writes two numbers.
    let code = unsafe {
        let client = consumer.client().native_ptr();
        sys::rd_kafka_get_watermark_offsets(client, topic.as_ptr(), partition, &mut low, &mut high)
    };
    if code.is_error() { None } else { u64::try_from(high).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_ask_need_not_ask_again() {
        assert!(matches!(unanswered(RDKafkaErrorCode::OperationTimedOut, "asking"), Fault::Retriable(_)));
        assert!(matches!(unanswered(RDKafkaErrorCode::NotCoordinator, "asking"), Fault::Retriable(_)));
        assert!(matches!(unanswered(RDKafkaErrorCode::GroupAuthorizationFailed, "asking"), Fault::Fatal(_)));
    }
}
