//! `server.properties` of a node: small and fast instead of durable and large, and nowhere unlike a real broker in what counts.

use std::path::Path;

use super::cluster::Plan;

/// A listener of a node.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub port: u16,
    /// The port that clients are told; 0: none.
    pub told: u16,
}

/// The text of the file for node `index`.
pub fn properties(index: usize, listeners: &[Listener], voters: &str, data: &Path, plan: &Plan) -> String {
    let join =
        |entry: &dyn Fn(&Listener) -> Option<String>| listeners.iter().filter_map(entry).collect::<Vec<_>>().join(",");
    let bound = join(&|l| Some(format!("{}://127.0.0.1:{}", l.name, l.port)));
    let told = join(&|l| (l.told != 0).then(|| format!("{}://127.0.0.1:{}", l.name, l.told)));
    let plain = join(&|l| Some(format!("{}:PLAINTEXT", l.name)));
    let (copies, in_sync) = if plan.nodes < 3 { (1, 1) } else { (3, 2) };
    let mut text = format!(
        "process.roles=broker,controller\n\
         node.id={}\n\
         controller.quorum.voters={voters}\n\
         controller.listener.names=CONTROLLER\n\
         listeners={bound}\n\
         advertised.listeners={told}\n\
         listener.security.protocol.map={plain}\n\
         inter.broker.listener.name=DIRECT\n\
         log.dirs={}\n\
         default.replication.factor={copies}\n\
         min.insync.replicas={in_sync}\n\
         offsets.topic.replication.factor={copies}\n\
         transaction.state.log.replication.factor={copies}\n\
         transaction.state.log.min.isr={in_sync}\n\
         share.coordinator.state.topic.replication.factor={copies}\n\
         share.coordinator.state.topic.min.isr={in_sync}\n",
        index + 1,
        data.display()
    );
    text += SMALL;
    text
}

/// The internal topics have 50 partitions each by default. A killed broker may register again only after the session of its
/// old self; its coordinator must not abort a timed-out transaction before that, or it skips the markers and the transaction
/// stays open for ever: so the scan (5000) is rarer than the session (3000) is long.
const SMALL: &str = "\
auto.create.topics.enable=false
num.partitions=1
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=1
offsets.topic.segment.bytes=16777216
transaction.state.log.segment.bytes=16777216
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.threads=1
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
background.threads=2
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
transaction.abort.timed.out.transaction.cleanup.interval.ms=5000
controlled.shutdown.retry.backoff.ms=500
";
