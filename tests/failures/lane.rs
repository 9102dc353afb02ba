//! A small lane: its state is a digest of everything read, so that one record too many, too few or out of place changes
//! every output that follows. Its publication has the steps of the real one, on the simulated disk.

use std::collections::BTreeMap;

use kervan::delivery::{Channel, Outgoing, Parcel, Pointer};
use kervan::pipeline::{Batch, Errand, Lane, LaneFault, Lanes, Opening, Origin};

use crate::audit::Truth;
use crate::cluster::Entry;
use crate::disk::{Disk, DiskFault};
use crate::faults::Control;
use crate::mounted::Mount;
use crate::world::Life;

/// Everything that decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    value: u64,
    raised: u64,
}

fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ b;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^ (z >> 31)
}

fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(bytes.len() as u64, |sum, byte| mix(sum, u64::from(*byte)))
}

impl Digest {
    /// Decides one record.
    fn step(&mut self, partition: u32, offset: u64, timestamp: i64, value: Option<&[u8]>, out: &mut Vec<Outgoing>) {
        self.value = mix(mix(self.value, offset), mix(timestamp as u64, hash(value.unwrap_or(b"none"))));
        let source = ("source".to_owned(), format!("{partition}:{offset}").into_bytes());
        let mut send = |channel, text: String| {
            let headers = vec![source.clone()];
            out.push(Outgoing { channel, key: None, value: text.into_bytes(), partition: None, headers });
        };
        if value.is_none_or(|v| v.starts_with(b"!")) {
            send(Channel::Rejects, format!("{:016x}", self.value));
            return;
        }
        for _ in 0..[1, 0, 0, 2, 0, 0, 1][self.value as usize % 7] {
            self.raised += 1;
            send(Channel::Alerts, format!("{} {:016x}", self.raised, self.value));
            send(Channel::Latest, format!("{} {:016x}", self.raised, self.value));
        }
    }
}

/// A checkpoint, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Checkpoint {
    next: u64,
    seq: u64,
    state: Digest,
    /// First offset of the rows it publishes, and where they are staged.
    start: u64,
    stage: String,
}

impl Checkpoint {
    fn text(&self) -> String {
        let Checkpoint { next, seq, state: Digest { value, raised }, start, stage } = self;
        format!("{next} {seq} {value} {raised} {start} {stage}")
    }

    fn parse(text: &[u8]) -> Option<Checkpoint> {
        let text = std::str::from_utf8(text).ok()?;
        let parts: Vec<&str> = text.split(' ').collect();
        let [next, seq, value, raised, start, stage] = parts[..] else { return None };
        let state = Digest { value: value.parse().ok()?, raised: raised.parse().ok()? };
        let (next, seq, start) = (next.parse().ok()?, seq.parse().ok()?, start.parse().ok()?);
        Some(Checkpoint { next, seq, state, start, stage: stage.to_owned() })
    }
}

/// Rows of offsets, as text.
fn rows_text(rows: &[(u64, u64)]) -> String {
    rows.iter().map(|(offset, digest)| format!("{offset} {digest}\n")).collect()
}

/// See the module.
struct ModelLane {
    life: Life,
    partition: u32,
    committed: u64,
    state: Digest,
    start: u64,
    next: u64,
    seq: u64,
    rows: Vec<(u64, u64)>,
    /// What is being written as a checkpoint, by its name.
    cut: Option<(String, Checkpoint)>,
    /// What the last checkpoint holds, until it is published.
    staged: BTreeMap<String, Checkpoint>,
    /// What others have staged before us, and not committed.
    leftovers: Vec<String>,
}

/// Opens model lanes.
pub struct ModelLanes(pub Life);

/// The disk, as a process sees it: every operation takes time, and may fail.
fn on_disk<R>(life: &Life, writes: bool, what: impl FnOnce(&mut Disk) -> Result<R, DiskFault>) -> Result<R, LaneFault> {
    life.with(writes, what).map_err(|fault| match fault {
        DiskFault::Full => LaneFault::Full("no space left".to_owned()),
        DiskFault::Error => LaneFault::Stop { exit: 5, message: "input/output error".to_owned() },
        DiskFault::Missing(what) | DiskFault::Taken(what) => LaneFault::Stop { exit: 3, message: what },
    })
}

/// A file that survives a power cut.
fn write_durable(life: &Life, name: &str, bytes: &[u8]) -> Result<(), LaneFault> {
    on_disk(life, true, |d| d.write_new(name, bytes))?;
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let synced = on_disk(life, true, |d| {
        d.sync(name);
        Ok(())
    })
    .and_then(|()| {
        on_disk(life, true, |d| {
            d.sync_dir(folder);
            Ok(())
        })
    });
    if synced.is_err() {
        let _ = on_disk(life, false, |d| {
            d.remove(name);
            Ok(())
        });
    }
    synced
}

impl ModelLane {
    /// Publishes what a checkpoint names; what is done already is skipped.
    fn roll_forward(&mut self, checkpoint: &Checkpoint) -> Result<(), LaneFault> {
        let (partition, life) = (self.partition, &self.life);
        if checkpoint.stage != "-" {
            let rows = format!("rows/p{partition}-{}-{}", checkpoint.start, checkpoint.next);
            let manifest =
                format!("manifest/p{partition}-{:06}-{}-{}", checkpoint.seq, checkpoint.start, checkpoint.next);
            if on_disk(life, false, |d| Ok(d.read(&manifest).is_some()))? {
                return Ok(());
            }
            on_disk(life, true, |d| if d.read(&rows).is_some() { Ok(()) } else { d.rename(&checkpoint.stage, &rows) })?;
            for folder in ["rows", "stage"] {
                on_disk(life, true, |d| {
                    d.sync_dir(folder);
                    Ok(())
                })?;
            }
            let part = format!("manifest/{partition}.{}.part", life.at(|w| w.cluster.unique()));
            write_durable(life, &part, b"manifest")?;
            on_disk(life, true, |d| d.rename(&part, &manifest))?;
            on_disk(life, true, |d| {
                d.sync_dir("manifest");
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Notes what others have staged. It goes once a commit has proved that the partition is ours: until then they may be
    /// its owner, and we the one that was paused.
    fn look_around(&mut self) -> Result<(), LaneFault> {
        let prefix = format!("stage/p{}-", self.partition);
        self.leftovers = on_disk(&self.life, false, |d| Ok(d.list(&prefix)))?;
        if self.life.at(|w| w.faults.control == Control::Tidy) { self.tidy() } else { Ok(()) }
    }

    fn tidy(&mut self) -> Result<(), LaneFault> {
        while let Some(name) = self.leftovers.last() {
            on_disk(&self.life, true, |d| {
                d.remove(name);
                Ok(())
            })?;
            self.leftovers.pop();
        }
        Ok(())
    }

    /// Checkpoints that nobody can need any more: two older ones are kept.
    fn collect(&self, up_to: u64) -> Result<(), LaneFault> {
        let prefix = format!("ck/p{}-", self.partition);
        let older = on_disk(&self.life, false, |d| Ok(d.list(&prefix)))?;
        let older: Vec<String> = older
            .into_iter()
            .filter(|name| {
                name[prefix.len()..].split('-').next().and_then(|n| n.parse().ok()).is_some_and(|n: u64| n < up_to)
            })
            .collect();
        for name in older.iter().rev().skip(2) {
            on_disk(&self.life, true, |d| {
                d.remove(name);
                Ok(())
            })?;
        }
        Ok(())
    }
}

impl Lane for ModelLane {
    fn decide(&mut self, batch: &Batch, parcel: &mut Parcel) -> Result<(), LaneFault> {
        for record in batch.records() {
            let mut out = Vec::new();
            self.state.step(self.partition, record.offset, record.timestamp, batch.value(record), &mut out);
            self.rows.push((record.offset, self.state.value));
            self.next = record.offset + 1;
            if record.offset >= self.committed {
                parcel.records.extend(out);
            }
        }
        parcel.next = self.next;
        self.life.call(200, |_| ());
        Ok(())
    }

    fn stage(&mut self) -> Result<Errand, LaneFault> {
        let nonce = self.life.at(|w| w.cluster.unique());
        let partition = self.partition;
        let stage = format!("stage/p{partition}-{nonce}.part");
        let rows = rows_text(&self.rows);
        let (state, start, next) = (self.state.clone(), self.start, self.next);
        let checkpoint = Checkpoint { next, seq: self.seq + 1, state, start, stage: stage.clone() };
        let text = checkpoint.text();
        let name = format!("ck/p{partition}-{next:010}-{nonce}");
        self.cut = Some((name.clone(), checkpoint));
        let life = self.life.clone();
        Ok(Box::new(move || {
            write_durable(&life, &stage, rows.as_bytes())?;
            if let Err(fault) = write_durable(&life, &name, text.as_bytes()) {
                let _ = on_disk(&life, false, |d| {
                    d.remove(&stage);
                    Ok(())
                });
                return Err(fault);
            }
            Ok(Pointer { next, checkpoint: name, hash: format!("{:016x}", hash(text.as_bytes())) })
        }))
    }

    fn staged(&mut self, pointer: &Pointer) -> Result<(), LaneFault> {
        if let Some((name, checkpoint)) = self.cut.take_if(|(name, _)| *name == pointer.checkpoint) {
            self.seq = checkpoint.seq;
            self.start = checkpoint.next;
            self.rows.retain(|(offset, _)| *offset >= checkpoint.next);
            self.staged.insert(name, checkpoint);
        }
        Ok(())
    }

    fn publish(&mut self, pointer: &Pointer) -> Result<Errand, LaneFault> {
        if let Some(checkpoint) = self.staged.get(&pointer.checkpoint).cloned() {
            self.roll_forward(&checkpoint)?;
            self.staged.remove(&pointer.checkpoint);
        }
        self.tidy()?;
        self.collect(pointer.next)?;
        let pointer = pointer.clone();
        Ok(Box::new(move || Ok(pointer)))
    }

    fn published(&mut self, _: &Pointer) -> Result<(), LaneFault> {
        Ok(())
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn status(&self) -> String {
        String::new()
    }
}

impl Lanes for ModelLanes {
    fn open(&self, origin: &Origin) -> Result<Opening, LaneFault> {
        let partition = origin.partition;
        let stop = |message: String| LaneFault::Stop { exit: 4, message };
        let mut lane = ModelLane {
            life: self.0.clone(),
            partition,
            committed: 0,
            state: Digest::default(),
            start: 0,
            next: 0,
            seq: 0,
            rows: Vec::new(),
            cut: None,
            staged: BTreeMap::new(),
            leftovers: Vec::new(),
        };
        let Some((committed, pointer)) = &origin.committed else {
            if origin.low > 0 {
                return Err(stop(format!("the log of partition {partition} begins at {}", origin.low)));
            }
            let nonce = self.0.at(|w| w.cluster.unique());
            let checkpoint = Checkpoint { next: 0, seq: 0, state: Digest::default(), start: 0, stage: "-".to_owned() };
            let (name, text) = (format!("ck/p{partition}-{:010}-{nonce}", 0), checkpoint.text());
            write_durable(&self.0, &name, text.as_bytes())?;
            let pointer = Pointer { next: 0, checkpoint: name, hash: format!("{:016x}", hash(text.as_bytes())) };
            return Ok(Opening { lane: Box::new(lane), from: 0, committed: 0, pointer, fresh: true });
        };
        let bytes = on_disk(&self.0, false, |d| Ok(d.read(&pointer.checkpoint).map(<[u8]>::to_vec)))?;
        let bytes = bytes.ok_or_else(|| stop(format!("checkpoint {} is missing", pointer.checkpoint)))?;
        if format!("{:016x}", hash(&bytes)) != pointer.hash {
            return Err(stop(format!("checkpoint {} is damaged", pointer.checkpoint)));
        }
        let checkpoint = Checkpoint::parse(&bytes).ok_or_else(|| stop(format!("{} is none", pointer.checkpoint)))?;
        lane.roll_forward(&checkpoint)?;
        lane.look_around()?;
        lane.committed = *committed;
        lane.state = checkpoint.state.clone();
        (lane.start, lane.next, lane.seq) = (checkpoint.next, checkpoint.next, checkpoint.seq);
        let (committed, pointer) = (*committed, pointer.clone());
        Ok(Opening { lane: Box::new(lane), from: checkpoint.next, committed, pointer, fresh: false })
    }
}

/// What the model lane must come to.
#[derive(Default)]
pub struct ModelTruth {
    states: BTreeMap<u32, Digest>,
    rows: BTreeMap<u32, Vec<(u64, u64)>>,
}

impl Truth for ModelTruth {
    fn outputs(&mut self, partition: u32, offset: u64, entry: &Entry) -> Vec<Outgoing> {
        let mut out = Vec::new();
        let state = self.states.entry(partition).or_default();
        state.step(partition, offset, entry.timestamp, entry.value.as_deref(), &mut out);
        self.rows.entry(partition).or_default().push((offset, state.value));
        out
    }

    fn source(&self, record: &Outgoing) -> Option<(u32, u64)> {
        let (_, value) = record.headers.iter().find(|(name, _)| name == "source")?;
        let (partition, offset) = std::str::from_utf8(value).ok()?.split_once(':')?;
        Some((partition.parse().ok()?, offset.parse().ok()?))
    }

    fn pointer(&self, disk: &Disk, pointer: &Pointer) -> Result<(), String> {
        let bytes = disk.certain(&pointer.checkpoint).ok_or("its checkpoint would not survive a power cut")?;
        let known = Checkpoint::parse(bytes).filter(|c| c.next == pointer.next);
        if known.is_none() || format!("{:016x}", hash(bytes)) != pointer.hash {
            return Err("its checkpoint is another one".to_owned());
        }
        Ok(())
    }

    fn published(&mut self, disk: &Disk, partition: u32) -> Result<u64, String> {
        let mut next = 0;
        let mut truth = self.rows.get(&partition).map_or(&[][..], Vec::as_slice);
        for name in disk.list(&format!("manifest/p{partition}-")) {
            let span: Vec<u64> = name.split('-').skip(2).filter_map(|n| n.parse().ok()).collect();
            let [start, end] = span[..] else { return Err(format!("{name} has no span")) };
            if start != next {
                return Err(format!("{name} begins at {start}, the one before ends at {next}"));
            }
            next = end;
            let rows = format!("rows/p{partition}-{start}-{end}");
            let found = disk.read(&rows).ok_or_else(|| format!("{rows} is named and not there"))?;
            let (expected, rest) = truth.split_at(truth.partition_point(|(offset, _)| *offset < end));
            truth = rest;
            if found != rows_text(expected).as_bytes() {
                return Err(format!("{rows} holds {} bytes of other rows than {}", found.len(), expected.len()));
            }
        }
        Ok(next)
    }
}
