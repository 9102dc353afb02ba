//! What a process of a case is made of: the real loop with lanes of a kind.

use std::sync::Arc;
use std::time::Duration;

use kervan::delivery::transaction::Limits;
use kervan::delivery::{Pointer, Shipment};
use kervan::pipeline::{Inline, Lanes, Runner, Started, Stop, Tuning, Watch};

use crate::audit::Truth;
use crate::broker::{SimBroker, wall};
use crate::chance::Chance;
use crate::cluster::Entry;
use crate::faults::{Control, Faults, Micros, Ruin, SECOND, duration, times};
use crate::lane::{ModelLanes, ModelTruth};
use crate::world::{Exit, Life, World};

/// How lanes and their truth are made for a case.
pub trait Case {
    /// What it must come to.
    fn truth(&self) -> Box<dyn Truth>;
    /// The lanes of a process.
    fn lanes(&self, life: &Life) -> Arc<dyn Lanes>;
    /// What is sent, for a seed.
    fn feed(&self, seed: u64) -> Box<dyn Feed>;
    /// Folders that its lanes expect.
    fn folders(&self) -> &[&'static str];
}

/// What is sent in a case.
pub trait Feed {
    /// The next record of a partition.
    fn next(&mut self, chance: &mut Chance, partition: u32, clock: Micros) -> Entry;
}

/// The model lane.
pub struct Model;

impl Case for Model {
    fn truth(&self) -> Box<dyn Truth> {
        Box::new(ModelTruth::default())
    }
    fn lanes(&self, life: &Life) -> Arc<dyn Lanes> {
        Arc::new(ModelLanes(life.clone()))
    }
    fn feed(&self, _seed: u64) -> Box<dyn Feed> {
        Box::new(Noise)
    }
    fn folders(&self) -> &[&'static str] {
        &["ck", "manifest", "rows", "stage"]
    }
}

/// Values by chance.
struct Noise;

impl Feed for Noise {
    fn next(&mut self, chance: &mut Chance, _partition: u32, clock: Micros) -> Entry {
        let poison = if chance.percent(5) { "!" } else { "" };
        let value = format!("{poison}{}", chance.next()).into_bytes();
        let value = (!chance.percent(2)).then_some(value);
        Entry { timestamp: wall(clock), key: None, value }
    }
}

/// See [`Watch`].
struct Log(Life);

impl Watch for Log {
    fn opened(&mut self, partition: u32, started: Started) {
        self.0.at(|w| w.note(|| format!("#{} opens {partition}: {started:?}", self.0.pid)));
    }
    fn closed(&mut self, reason: &str) {
        self.0.at(|w| w.note(|| format!("#{} closes: {reason}", self.0.pid)));
    }
    fn committed(&mut self, records: usize, _took: Duration, shipment: &Shipment) {
        let offsets: Vec<_> = shipment.offsets.iter().map(|o| (o.partition, o.next)).collect();
        self.0.at(|w| w.note(|| format!("#{} knows of its commit: {records} records, {offsets:?}", self.0.pid)));
    }
    fn trouble(&mut self, what: &str, message: &str) {
        self.0.at(|w| w.note(|| format!("#{} {what}: {message}", self.0.pid)));
    }
    fn published(&mut self, partition: u32, pointer: &Pointer) {
        self.0.at(|w| w.note(|| format!("#{} has published {partition} up to {}", self.0.pid, pointer.next)));
    }
    fn turn(&mut self, _lag: &dyn Fn() -> Vec<(u32, u64)>) {
        self.0.pass(200);
    }
}

/// Settings of the loop, some of them by chance.
pub fn tuning(chance: &mut Chance, faults: &Faults) -> Tuning {
    let mut ms = |among: &[u64]| Duration::from_millis(*chance.pick(among));
    Tuning {
        commit_every: ms(&[5, 20, 60]),
        commit_idle: ms(&[200, 700]),
        checkpoint_every: ms(&[150, 500, 1_500]),
        tick_every: if faults.ticks { ms(&[300, 900]) } else { Duration::ZERO },
        batch_records: faults.batch,
        outbox_bytes: *chance.pick(&[300, 3_000, 1 << 20]),
        rows: *chance.pick(&[10, 100, 10_000]),
        max_poll: duration(times::MAX_POLL),
        stable_within: duration(times::STABLE),
        limits: Limits {
            request: duration(times::REQUEST),
            // Without renewal nothing is slow.
            slow: duration(if faults.control == Control::Renewal { 1_000 * SECOND } else { times::REQUEST }),
            transaction: duration(times::TRANSACTION),
        },
    }
}

/// What a process does.
pub fn process(life: &Life, slot: usize, lanes: Arc<dyn Lanes>, tuning: Tuning) -> Exit {
    life.begin();
    let broker = SimBroker::start(life.clone(), slot);
    let mut runner = Runner::new(broker, Inline::new(lanes), Log(life.clone()), tuning);
    let code = |Stop { exit, message }: Stop| Exit::Code(exit, message);
    loop {
        if life.at(|w| w.processes[life.pid].stop) {
            return runner.stop(Duration::from_secs(5)).map_or_else(code, Exit::Orderly);
        }
        if let Err(stop) = runner.turn() {
            return code(stop);
        }
    }
}

impl World {
    /// Something is broken for good, while nobody is there.
    pub fn ruin(&mut self, ruin: Ruin) {
        let partitions: Vec<u32> = self.cluster.group.committed.keys().copied().collect();
        for partition in partitions {
            let log = &mut self.cluster.input[partition as usize];
            let Some((next, metadata, _)) = self.cluster.group.committed.get_mut(&partition) else { continue };
            let pointer = Pointer::parse(metadata).ok().flatten();
            match (ruin, pointer) {
                (Ruin::Retention, Some(pointer)) => log.low = pointer.next + 1,
                (Ruin::Recreated, _) => log.entries.truncate(next.saturating_sub(1) as usize),
                (Ruin::Foreign, _) => *metadata = "somebody else's".to_owned(),
                (Ruin::Newer, _) => *metadata = metadata.replacen("v1", "v2", 1),
                (Ruin::Flipped, Some(pointer)) => self.disk.damage(&pointer.checkpoint, |bytes| bytes[0] ^= 1),
                (Ruin::Missing, Some(pointer)) => drop(self.disk.remove(&pointer.checkpoint)),
                (_, None) => {}
            }
        }
    }
}
