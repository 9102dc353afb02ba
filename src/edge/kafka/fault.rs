//! What may be done about an error of the transactional producer.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::delivery::Fault;

/// What librdkafka says of an error, apart from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Code.
    pub code: RDKafkaErrorCode,
    /// The client is of no use any more.
    pub fatal: bool,
    /// The same call may be made again.
    pub retriable: bool,
    /// The transaction must be aborted.
    pub abortable: bool,
}

/// Sorts an error. What is neither retriable nor abortable is fatal, as librdkafka's manual asks.
pub fn sort(verdict: Verdict, message: String) -> Fault {
    use RDKafkaErrorCode::{FencedInstanceId, IllegalGeneration, UnknownMemberId};
    if verdict.fatal {
        return Fault::Fatal(message);
    }
    if matches!(verdict.code, IllegalGeneration | UnknownMemberId | FencedInstanceId) {
        return Fault::Stale(message);
    }
    if verdict.abortable {
        return Fault::Abortable(message);
    }
    if verdict.retriable { Fault::Retriable(message) } else { Fault::Fatal(message) }
}

/// Sorts what a call for a transaction returned; `doing` says what the call was to do.
pub fn of_transaction(error: &KafkaError, doing: &str) -> Fault {
    match error {
        KafkaError::Transaction(native) => {
            let verdict = Verdict {
                code: native.code(),
                fatal: native.is_fatal(),
                retriable: native.is_retriable(),
                abortable: native.txn_requires_abort(),
            };
            sort(verdict, format!("{doing}: {} ({})", native.string(), native.name()))
        }
        // The binding's own flush before a commit ran out of time: nothing was asked of the broker yet (P14).
        KafkaError::Flush(_) => Fault::Retriable(format!("{doing}: {error}")),
        other => Fault::Fatal(format!("{doing}: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(code: RDKafkaErrorCode, fatal: bool, retriable: bool, abortable: bool) -> Fault {
        sort(Verdict { code, fatal, retriable, abortable }, String::new())
    }

    #[test]
    fn every_error_has_one_cure() {
        use RDKafkaErrorCode::{
            Fenced, FencedInstanceId, IllegalGeneration, OffsetMetadataTooLarge, OperationTimedOut, State,
            UnknownMemberId,
        };
        let none = String::new();
        assert_eq!(sorted(OperationTimedOut, false, true, false), Fault::Retriable(none.clone()));
        assert_eq!(sorted(OffsetMetadataTooLarge, false, false, true), Fault::Abortable(none.clone()));
        for code in [IllegalGeneration, UnknownMemberId, FencedInstanceId] {
            assert_eq!(sorted(code, false, false, true), Fault::Stale(none.clone()), "{code:?}");
        }
        assert_eq!(sorted(Fenced, true, false, false), Fault::Fatal(none.clone()));
        assert_eq!(sorted(State, false, false, false), Fault::Fatal(none), "neither retriable nor abortable");
    }

    #[test]
    fn a_flush_that_ran_out_of_time_may_be_repeated() {
        let error = KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut);
        assert!(matches!(of_transaction(&error, "committing"), Fault::Retriable(m) if m.starts_with("committing: ")));
    }
}
