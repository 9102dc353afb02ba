//! The status of a partition, once a second: an empty alert topic is not mistaken for peace.

use crate::domain::alert::DECISION_VERSION;
use crate::domain::shard::Shard;
use crate::domain::time::Rfc3339;

/// One line of `kervan.status`.
pub fn line(partition: u32, shard: &Shard, next: u64) -> String {
    let log_time = shard.clock().map(|clock| Rfc3339(clock).to_string());
    serde_json::json!({
        "schema": "kervan.status/1",
        "partition": partition,
        "log_time": log_time,
        "next": next,
        "units": shard.units(),
        "journeys": shard.journeys(),
        "versions": {
            "rulebook": shard.rulebooks().last(),
            "decision": DECISION_VERSION,
            "engine": env!("CARGO_PKG_VERSION"),
        },
    })
    .to_string()
}
