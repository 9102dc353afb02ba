//! Options of librdkafka that are passed through from the configuration, and those that are not.
//!
//! A key is refused where another value would break a guarantee silently. What a key is for decides which clients get it,
//! so that none warns of properties that it ignores.

/// Keys that are refused, and why.
const REFUSED: [(&str, &str); 34] = [
    ("acks", "every output must be acknowledged by all replicas in sync"),
    ("allow.auto.create.topics", "a misspelt topic must be an error"),
    ("auto.commit.enable", "offsets are committed in transactions only"),
    ("auto.commit.interval.ms", "offsets are committed in transactions only"),
    ("auto.offset.reset", "lost records must stop the process, not be skipped"),
    ("bootstrap.servers", "it is `brokers`"),
    ("check.crcs", "a damaged record must be seen"),
    ("delivery.timeout.ms", "it follows the transaction's time-out"),
    ("enable.auto.commit", "offsets are committed in transactions only"),
    ("enable.auto.offset.store", "offsets are committed in transactions only"),
    ("enable.gapless.guarantee", "transactions take care of gaps"),
    ("enable.idempotence", "outputs must neither be doubled nor change their order"),
    ("enable.partition.eof", "the end of a partition is no event here"),
    ("group.id", "it is `group`"),
    ("group.instance.id", "it is `slot`"),
    ("group.protocol", "the fence of commits rests on the classic protocol"),
    ("group.remote.assignor", "the fence of commits rests on the classic protocol"),
    ("isolation.level", "offsets of open transactions must not be read"),
    ("log.queue", "logs are served by the loop"),
    ("max.in.flight", "outputs must not change their order"),
    ("max.in.flight.requests.per.connection", "outputs must not change their order"),
    ("max.poll.interval.ms", "it is `max_poll`, which the guard of commits uses, too"),
    ("message.send.max.retries", "outputs must not be given up"),
    ("message.timeout.ms", "it follows the transaction's time-out"),
    ("metadata.broker.list", "it is `brokers`"),
    ("msg_order_cmp", "outputs must not change their order"),
    ("partition.assignment.strategy", "partitions are given back before others take them: `range` only"),
    ("partitioner", "one unit must be on one partition, whoever writes"),
    ("plugin.library.paths", "no foreign code is loaded"),
    ("queuing.strategy", "outputs must not change their order"),
    ("request.required.acks", "every output must be acknowledged by all replicas in sync"),
    ("retries", "outputs must not be given up"),
    ("transaction.timeout.ms", "it is `transaction_timeout`"),
    ("transactional.id", "it is made of `group` and `slot`"),
];

/// Beginnings of keys that are refused.
const REFUSED_FAMILIES: [(&str, &str); 2] =
    [("offset.store.", "offsets are committed in transactions only"), ("test.mock.", "no stand-in for a broker")];

/// Beginnings of keys that only consumers know.
const CONSUMER: [&str; 8] =
    ["coordinator.", "fetch.", "heartbeat.", "queued.", "session.", "max.partition.fetch.", "group.", "max.poll."];

/// Beginnings of keys that only producers know.
const PRODUCER: [&str; 7] =
    ["batch.", "compression.", "linger.", "queue.buffering.", "sticky.", "request.timeout", "retries"];

/// Which client is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// One that reads.
    Consumer,
    /// One that writes.
    Producer,
    /// One that only asks.
    Neither,
}

/// Why a key is refused, or `None` where it is passed through.
pub fn refused(key: &str) -> Option<&'static str> {
    let exact = REFUSED.iter().find(|(name, _)| *name == key);
    exact.or_else(|| REFUSED_FAMILIES.iter().find(|(start, _)| key.starts_with(start))).map(|(_, why)| *why)
}

/// Whether an option concerns a client.
pub fn concerns(key: &str, side: Side) -> bool {
    let of = |list: &[&str]| list.iter().any(|start| key.starts_with(start));
    match side {
        Side::Consumer => !of(&PRODUCER),
        Side::Producer => !of(&CONSUMER),
        Side::Neither => !of(&PRODUCER) && !of(&CONSUMER),
    }
}

/// Whether a value must not be shown.
pub fn secret(key: &str) -> bool {
    ["password", "secret", "pem", "token", "jaas", "oauthbearer.config", "oauthbearer.client"]
        .iter()
        .any(|word| key.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_guarantee_is_refused_and_says_why() {
        assert!(REFUSED.is_sorted_by_key(|(key, _)| *key));
        assert!(refused("enable.auto.commit").is_some_and(|why| why.contains("transactions")));
        assert!(refused("offset.store.method").is_some());
        assert_eq!(refused("sasl.mechanism"), None);
        assert_eq!(refused("session.timeout.ms"), None);
    }

    #[test]
    fn a_client_gets_what_concerns_it() {
        let clients = |key| [Side::Consumer, Side::Producer, Side::Neither].map(|side| concerns(key, side));
        assert_eq!(clients("session.timeout.ms"), [true, false, false]);
        assert_eq!(clients("compression.type"), [false, true, false]);
        assert_eq!(clients("ssl.ca.location"), [true, true, true]);
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        for key in ["sasl.password", "ssl.key.password", "ssl.key.pem", "sasl.oauthbearer.client.secret"] {
            assert!(secret(key), "{key}");
        }
        assert!(!secret("sasl.username") && !secret("ssl.ca.location"));
    }
}
