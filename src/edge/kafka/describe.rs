//! Unsafe: the ids of topics. A topic that was deleted and made again has its old name and another id; rdkafka 0.39 does
//! not wrap the call that tells.

use std::ffi::{CStr, CString};
use std::time::Duration;

use rdkafka::client::{Client, ClientContext};
use rdkafka::error::{IsError, RDKafkaErrorCode};
use rdkafka::types::{RDKafkaAdminOptions, RDKafkaEvent, RDKafkaQueue};
use rdkafka_sys as sys;

/// Calls a destructor of librdkafka at the end of a scope.
struct Owned<T>(*mut T, unsafe extern "C" fn(*mut T));

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: whoever made it says that the pointer is ours and that this destroys it.
            unsafe { (self.1)(self.0) }
        }
    }
}

/// The ids of topics, in librdkafka's base64; `None` for a topic that is not there.
///
/// # Errors
/// The reason why there is no answer.
pub fn topic_ids<C: ClientContext>(
    client: &Client<C>,
    topics: &[&str],
    limit: Duration,
) -> Result<Vec<(String, Option<String>)>, String> {
    let names: Vec<CString> = topics.iter().filter_map(|name| CString::new(*name).ok()).collect();
    let mut pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
    let rk = client.native_ptr();
    // SAFETY: the client is alive; everything made here is destroyed here, in the reverse order. The event owns the result
    // and what is read from it; names are copied.
    unsafe {
        let collection = Owned(
            sys::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len()),
            sys::rd_kafka_TopicCollection_destroy,
        );
        let options: Owned<RDKafkaAdminOptions> = Owned(
            sys::rd_kafka_AdminOptions_new(rk, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS),
            sys::rd_kafka_AdminOptions_destroy,
        );
        let mut error = [0; 256];
        let millis = limit.as_millis() as i32;
        sys::rd_kafka_AdminOptions_set_request_timeout(options.0, millis, error.as_mut_ptr(), error.len());
        let queue: Owned<RDKafkaQueue> = Owned(sys::rd_kafka_queue_new(rk), sys::rd_kafka_queue_destroy);
        sys::rd_kafka_DescribeTopics(rk, collection.0, options.0, queue.0);
        // The answer, or the time-out of the request as an answer.
        let event: Owned<RDKafkaEvent> =
            Owned(sys::rd_kafka_queue_poll(queue.0, millis + 1000), sys::rd_kafka_event_destroy);
        if event.0.is_null() {
            return Err(RDKafkaErrorCode::OperationTimedOut.to_string());
        }
        let code = sys::rd_kafka_event_error(event.0);
        if code.is_error() {
            return Err(RDKafkaErrorCode::from(code).to_string());
        }
        let result = sys::rd_kafka_event_DescribeTopics_result(event.0);
        if result.is_null() {
            return Err("the answer is of another kind".to_owned());
        }
        let mut count = 0;
        let descriptions = sys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        let mut ids = Vec::with_capacity(count);
        for index in 0..count {
            let description = *descriptions.add(index);
            let name = CStr::from_ptr(sys::rd_kafka_TopicDescription_name(description)).to_string_lossy().into_owned();
            let fault = sys::rd_kafka_error_code(sys::rd_kafka_TopicDescription_error(description));
            let id = sys::rd_kafka_TopicDescription_topic_id(description);
            let id = match fault.is_error() || id.is_null() {
                true => None,
                false => Some(CStr::from_ptr(sys::rd_kafka_Uuid_base64str(id)).to_string_lossy().into_owned()),
            };
            ids.push((name, id));
        }
        Ok(ids)
    }
}
