//! The real lane: shard, tables, checkpoints and recovery of `kervan run`, on the simulated disk.
//!
//! Its truth is a lane of the same code that reads every record once on a disk where nothing goes wrong. So this case does
//! not ask whether the decisions are right (other suites do), but whether any fault changes them, or one byte of a table.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use kervan::app::run::checkpoint::{self, LogIdentity};
use kervan::app::run::lanes::{KafkaLanes, StageOf};
use kervan::app::run::shelf::Shelf;
use kervan::delivery::disk::Disk as Port;
use kervan::delivery::{Outgoing, Parcel, Pointer};
use kervan::edge::lake::{Lake, Manifest};
use kervan::edge::store::LocalStore;
use kervan::edge::wire::encode;
use kervan::pipeline::{Batch, Lane, LaneFault, Lanes, Origin};

use crate::audit::Truth;
use crate::chance::Chance;
use crate::cluster::Entry;
use crate::disk::Disk;
use crate::faults::Micros;
use crate::fleet::logs::records;
use crate::fleet::moved::moved;
use crate::fleet::support::rulebook;
use crate::mounted::{Calm, Mounted};
use crate::process::{Case, Feed};
use crate::world::Life;

/// Where tables and checkpoints are on the disk of a case.
const LAKE: &str = "lake";
const STORE: &str = "store";
/// Fixes of a unit before the next one begins.
const FIXES: usize = 300;

/// See the module.
pub struct Real {
    shelf: Arc<Shelf>,
    _rulebook: tempfile::TempDir,
}

impl Real {
    /// Compiles the rulebook that all cases share.
    pub fn new() -> Real {
        let dir = tempfile::tempdir().expect("a place for temporary files");
        let store = Arc::new(LocalStore::on(Path::new(STORE), Arc::new(Mounted(Calm::default()))));
        let shelf = Shelf::open(store, &rulebook(dir.path())).map_err(|failure| failure.error.to_string());
        Real { shelf: Arc::new(shelf.expect("the rulebook is sound")), _rulebook: dir }
    }

    fn on(shelf: &Arc<Shelf>, disk: Arc<dyn Port>) -> KafkaLanes {
        KafkaLanes {
            lake: Lake::on(Path::new(LAKE), Arc::clone(&disk)),
            store: Arc::new(LocalStore::on(Path::new(STORE), disk)),
            shelf: Arc::clone(shelf),
            log: LogIdentity { topic: "log".to_owned(), topic_id: "id".to_owned(), partitions: 3 },
            stage: StageOf::Log,
            other_decision: false,
        }
    }
}

impl Case for Real {
    fn truth(&self) -> Box<dyn Truth> {
        let disk: Arc<dyn Port> = Arc::new(Mounted(Calm::default()));
        let deciding = Real::on(&self.shelf, Arc::new(Mounted(Calm::default())));
        let keeping = Real::on(&self.shelf, Arc::clone(&disk));
        Box::new(RealTruth { deciding, keeping, disk, partitions: BTreeMap::new() })
    }

    fn lanes(&self, life: &Life) -> Arc<dyn Lanes> {
        Arc::new(Real::on(&self.shelf, Arc::new(Mounted(life.clone()))))
    }

    fn feed(&self, seed: u64) -> Box<dyn Feed> {
        Box::new(Fleet { seed, partitions: BTreeMap::new() })
    }

    fn folders(&self) -> &[&'static str] {
        &[]
    }
}

/// What the units of each partition say, one record after the other.
struct Fleet {
    seed: u64,
    partitions: BTreeMap<u32, (u64, Vec<Entry>)>,
}

impl Fleet {
    /// Records of a unit that has been on its way for hours: with ticks of today between them they are late. Some come so late
    /// that memory has forgotten what came before them: that is read back from the tables.
    fn more(seed: u64, partition: u32, part: u64, clock: Micros) -> Vec<Entry> {
        let records = records(seed.wrapping_mul(1_009).wrapping_add(u64::from(partition) * 31 + part), 1, FIXES);
        let last = records.last().map_or(0, |record| record.source.timestamp);
        let by = crate::broker::wall(clock) - last;
        let named = |record: &kervan::domain::record::Record| {
            let mut body = record.body.clone();
            moved(&mut body, by);
            let unit = body.unit()?.to_owned();
            let mut line = Vec::new();
            encode(&body, None, &mut line);
            line.pop();
            // Units of one partition are not seen on another.
            let line = String::from_utf8(line).ok()?.replace(&unit, &format!("{unit}.{partition}"));
            let key = format!("{unit}.{partition}").into_bytes();
            Some(Entry { timestamp: record.source.timestamp + by, key: Some(key), value: Some(line.into_bytes()) })
        };
        let entries: Vec<Entry> = records.iter().filter_map(named).collect();
        let half = entries.len() / 2;
        let held = |at: usize| at < half && at % 40 == 39;
        let (late, prompt): (Vec<_>, Vec<_>) = entries.into_iter().enumerate().partition(|(at, _)| held(*at));
        late.into_iter().rev().chain(prompt.into_iter().rev()).map(|(_, entry)| entry).collect()
    }
}

impl Feed for Fleet {
    fn next(&mut self, chance: &mut Chance, partition: u32, clock: Micros) -> Entry {
        if chance.percent(3) {
            let value = (!chance.percent(30)).then(|| b"{unreadable".to_vec());
            return Entry { timestamp: crate::broker::wall(clock), key: None, value };
        }
        let (part, waiting) = self.partitions.entry(partition).or_default();
        if waiting.is_empty() {
            *waiting = Fleet::more(self.seed, partition, *part, clock);
            *part += 1;
        }
        let silent = Entry { timestamp: crate::broker::wall(clock), key: None, value: None };
        waiting.pop().unwrap_or(silent)
    }
}

/// A partition as one reader sees it who is never disturbed.
struct Account {
    /// Decides record by record.
    deciding: Box<dyn Lane>,
    /// Decides up to where a manifest of the case ends, and publishes there.
    keeping: Box<dyn Lane>,
    /// What it publishes next.
    pointer: Option<Pointer>,
    /// The log, for it.
    log: Vec<(u64, Entry)>,
    kept: usize,
    /// Manifests that were compared, and W.
    manifests: usize,
    next: u64,
}

/// See the module.
struct RealTruth {
    deciding: KafkaLanes,
    keeping: KafkaLanes,
    disk: Arc<dyn Port>,
    partitions: BTreeMap<u32, Account>,
}

fn batch(partition: u32, log: &[(u64, Entry)]) -> Batch {
    let mut batch = Batch::new(partition);
    for (offset, entry) in log {
        batch.push(*offset, entry.timestamp, entry.key.as_deref(), entry.value.as_deref());
    }
    batch
}

/// What the lane of the truth says: it must not fail.
fn sound<T>(result: Result<T, LaneFault>) -> T {
    result.unwrap_or_else(|fault| panic!("the truth itself fails: {fault:?}"))
}

impl Account {
    fn open(deciding: &KafkaLanes, keeping: &KafkaLanes, partition: u32) -> Account {
        let origin = Origin { partition, committed: None, low: 0, high: 0 };
        let (deciding, keeping) = (sound(deciding.open(&origin)), sound(keeping.open(&origin)));
        Account {
            deciding: deciding.lane,
            keeping: keeping.lane,
            pointer: Some(keeping.pointer),
            log: Vec::new(),
            kept: 0,
            manifests: 0,
            next: 0,
        }
    }

    /// Publishes what stands before `next`.
    fn keep(&mut self, partition: u32, next: u64) {
        let pointer = self.pointer.take().unwrap_or_else(|| {
            let end = self.log.partition_point(|(offset, _)| *offset < next);
            let mut parcel = Parcel::default();
            for record in &self.log[self.kept..end] {
                sound(self.keeping.decide(&batch(partition, std::slice::from_ref(record)), &mut parcel));
            }
            self.kept = end;
            let pointer = sound(sound(self.keeping.stage())());
            sound(self.keeping.staged(&pointer));
            pointer
        });
        let published = sound(sound(self.keeping.publish(&pointer))());
        sound(self.keeping.published(&published));
    }
}

impl RealTruth {
    fn account(&mut self, partition: u32) -> &mut Account {
        let RealTruth { deciding, keeping, partitions, .. } = self;
        partitions.entry(partition).or_insert_with(|| Account::open(deciding, keeping, partition))
    }

    /// Compares one file of the case with that of the truth.
    fn same(&self, disk: &Disk, name: &str) -> Result<(), String> {
        let ours = self.disk.read(Path::new(name)).map_err(|_| format!("{name} should not be there"))?;
        match disk.read(name) {
            None => Err(format!("{name} is named and not there")),
            Some(found) if found == ours => Ok(()),
            Some(found) => Err(format!("{name} holds {} bytes other than the {} expected", found.len(), ours.len())),
        }
    }
}

impl Truth for RealTruth {
    fn outputs(&mut self, partition: u32, offset: u64, entry: &Entry) -> Vec<Outgoing> {
        let account = self.account(partition);
        account.log.push((offset, entry.clone()));
        let mut parcel = Parcel::default();
        sound(account.deciding.decide(&batch(partition, &account.log[account.log.len() - 1..]), &mut parcel));
        parcel.records
    }

    fn source(&self, record: &Outgoing) -> Option<(u32, u64)> {
        let json: serde_json::Value = serde_json::from_slice(&record.value).ok()?;
        let place = json.get("source").unwrap_or(&json);
        Some((u32::try_from(place.get("partition")?.as_u64()?).ok()?, place.get("offset")?.as_u64()?))
    }

    fn pointer(&self, disk: &Disk, pointer: &Pointer) -> Result<(), String> {
        let name = format!("{STORE}/{}", pointer.checkpoint);
        let bytes = disk.certain(&name).ok_or("its checkpoint would not survive a power cut")?;
        checkpoint::check(bytes, pointer).map_err(|fault| fault.to_string())?;
        let (header, _) = checkpoint::decode(bytes).map_err(|fault| fault.to_string())?;
        if header.next != pointer.next {
            return Err(format!("its checkpoint ends at {}", header.next));
        }
        for file in &header.staged.files {
            // Staged, published, or on its way from the one name to the other.
            let names = [&file.stage, &file.entry.path].map(|name| format!("{LAKE}/{name}"));
            let found = names.iter().find_map(|name| disk.certain(name).or(disk.read(name)));
            if found.is_none_or(|bytes| blake3::hash(bytes).to_hex().as_str() != file.entry.blake3) {
                return Err(format!("its file {} is not there whole", file.entry.path));
            }
        }
        Ok(())
    }

    fn published(&mut self, disk: &Disk, partition: u32) -> Result<u64, String> {
        let names = disk.list(&format!("{LAKE}/manifest/p{partition:03}/"));
        let names: Vec<&String> = names.iter().filter(|name| name.ends_with(".json")).collect();
        let account = self.account(partition);
        let (known, mut next) = (account.manifests, account.next);
        for name in names.iter().skip(known) {
            let bytes = disk.read(name).unwrap_or_default();
            let manifest: Manifest = serde_json::from_slice(bytes).map_err(|e| format!("{name} is none: {e}"))?;
            let account = self.account(partition);
            account.keep(partition, manifest.next);
            (account.manifests, account.next) = (account.manifests + 1, manifest.next);
            next = manifest.next;
            self.same(disk, name)?;
            manifest.add.iter().try_for_each(|file| self.same(disk, &format!("{LAKE}/{}", file.path)))?;
        }
        Ok(next)
    }
}
