//! What a fix costs stage by stage on one core: reading it in either wire format, deciding it, its row in the tables.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::decide::{self, INTERVAL, WARM_ROUNDS};
use super::fleet::Fleet;
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::lane::{Lane, Run, Sink, versions};
use crate::app::score::quantile;
use crate::domain::alert::Revision;
use crate::domain::record::{Body, Record, Source};
use crate::domain::rules::Rules;
use crate::domain::second::line::EpisodeLine;
use crate::domain::shard::Shard;
use crate::domain::time::Millis;
use crate::edge::lake::{Lake, LakeWriter};
use crate::edge::wire::{self, Reject};

const START: Millis = 1_780_000_000_000;
const BATCH: usize = 4_096;
/// The first cut grows its room; the others do not.
const CUTS: u32 = 3;
/// A batch of a producer, as it is packed.
const PACKED: usize = 500;

/// Nanoseconds and bytes a fix; medians.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stages {
    /// Reading JSON.
    pub json_ns: f64,
    /// Reading Protobuf.
    pub protobuf_ns: f64,
    /// Deciding.
    pub decide_ns: f64,
    /// Everything from a record to rows on disk: deciding, and the tables.
    pub lane_ns: f64,
    /// The cut of a checkpoint, a journey: so long the lane of its partition stops.
    pub cut_ns: f64,
    /// Bytes of a fix as JSON, and in a batch packed by zstd.
    pub json_bytes: (f64, f64),
    /// The same as Protobuf.
    pub protobuf_bytes: (f64, f64),
    /// Bytes of a fix in the tables, every column.
    pub table_bytes: f64,
}

impl Stages {
    /// One fix through the whole job on one core, without a broker; from JSON, or from Protobuf.
    pub fn job_ns(&self, protobuf: bool) -> f64 {
        self.lane_ns + if protobuf { self.protobuf_ns } else { self.json_ns }
    }
}

/// Measures each stage `repeats` times, in `scratch`.
///
/// # Errors
/// `scratch` cannot be written.
pub fn measure(
    rules: &Arc<Rules>,
    vehicles: u32,
    rounds: u32,
    repeats: u32,
    scratch: &Path,
) -> Result<Stages, Failure> {
    let log = log(rules, vehicles, WARM_ROUNDS + rounds);
    let settling = vehicles as usize * (1 + WARM_ROUNDS as usize);
    let fixes = (u64::from(vehicles) * u64::from(rounds)) as f64;
    let json = Values::of(&log, |body, out| wire::encode(body, None, out));
    let protobuf = Values::of(&log, wire::encode_protobuf);
    let (mut json_ns, mut protobuf_ns, mut lane_ns) = (Vec::new(), Vec::new(), Vec::new());
    let (mut decide_ns, mut table_bytes, mut cut_ns) = (Vec::new(), 0, f64::INFINITY);
    for repeat in 0..repeats {
        json_ns.push(json.read_ns());
        protobuf_ns.push(protobuf.read_ns());
        let (cost, cut) = decide::measure_with_cut(rules, vehicles, rounds, CUTS)?;
        decide_ns.push(cost.ns);
        cut_ns = cut_ns.min(cut);
        let dir = scratch.join(format!("lane-{repeat}"));
        let (spent, bytes) = carry(rules, &log, &json, settling, &dir)?;
        lane_ns.push(spent.as_secs_f64() * 1e9 / fixes);
        table_bytes = bytes;
        std::fs::remove_dir_all(&dir).or_fail(ExitCode::OutputFull, || format!("clearing {}", dir.display()))?;
    }
    let median = |mut values: Vec<f64>| quantile(&mut values, 0.5).unwrap_or(f64::NAN);
    Ok(Stages {
        json_ns: median(json_ns),
        protobuf_ns: median(protobuf_ns),
        decide_ns: median(decide_ns),
        lane_ns: median(lane_ns),
        cut_ns,
        json_bytes: json.bytes()?,
        protobuf_bytes: protobuf.bytes()?,
        table_bytes: table_bytes as f64 / fixes,
    })
}

fn log(rules: &Arc<Rules>, vehicles: u32, rounds: u32) -> Vec<Record> {
    let fleet = Fleet::new(Arc::clone(rules), vehicles, INTERVAL, Millis::from(rounds) * INTERVAL);
    let order = decide::shuffled(fleet.vehicles());
    let activations = (0..fleet.vehicles()).map(|vehicle| (START, fleet.activate(vehicle, "stages", START)));
    let fixes = (0..rounds).flat_map(|round| {
        let since = Millis::from(round) * INTERVAL;
        let (fleet, order) = (&fleet, &order);
        let time = START + 1_000 + since;
        order.iter().map(move |vehicle| (time, fleet.fix(*vehicle, since, time, false)))
    });
    let record = |(offset, (timestamp, body)): (usize, (Millis, Body))| Record {
        source: Source { partition: 0, offset: offset as u64, timestamp },
        body,
    };
    activations.chain(fixes).enumerate().map(record).collect()
}

/// The values of a log one behind the other, as a batch of a broker has them.
struct Values {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Values {
    fn of(log: &[Record], write: impl Fn(&Body, &mut Vec<u8>)) -> Values {
        let mut values = Values { bytes: Vec::new(), ends: Vec::with_capacity(log.len()) };
        for record in log {
            write(&record.body, &mut values.bytes);
            values.ends.push(values.bytes.len());
        }
        values
    }

    fn get(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[index]]
    }

    fn read_ns(&self) -> f64 {
        let began = Instant::now();
        let read = (0..self.ends.len()).filter(|index| wire::decode(black_box(self.get(*index))).is_ok()).count();
        began.elapsed().as_secs_f64() * 1e9 / black_box(read).max(1) as f64
    }

    /// Bytes of a value, as it is and packed with its neighbours.
    fn bytes(&self) -> Result<(f64, f64), Failure> {
        let mut packed = 0;
        let mut start = 0;
        for ends in self.ends.chunks(PACKED) {
            let end = ends.last().copied().unwrap_or(start);
            packed += zstd::bulk::compress(&self.bytes[start..end], 3)?.len();
            start = end;
        }
        let count = self.ends.len().max(1) as f64;
        Ok((self.bytes.len() as f64 / count, packed as f64 / count))
    }
}

/// From records to published tables, as `replay` and `run` do it; how long that took without making the batches, and without
/// the first `settling` records: journeys that start, and rounds in which gates and accumulators settle. How many bytes the
/// tables of the others have.
fn carry(
    rules: &Arc<Rules>,
    log: &[Record],
    values: &Values,
    settling: usize,
    dir: &Path,
) -> Result<(Duration, u64), Failure> {
    let writing = || format!("writing tables to {}", dir.display());
    std::fs::create_dir_all(dir).or_fail(ExitCode::OutputFull, writing)?;
    let lake = LakeWriter::open(&Lake::local(dir), 0, 0, versions()).or_fail(ExitCode::OutputFull, writing)?;
    let mut lane = Lane::new(Shard::new(0, std::slice::from_ref(rules)), lake, 0, 0);
    let (mut spent, mut before) = (Duration::ZERO, 0);
    for (seq, part) in [0..settling, settling..log.len()].into_iter().enumerate() {
        spent = Duration::ZERO;
        before = size_of_tree(dir);
        let mut run = Run::default();
        for (number, batch) in log[part.clone()].chunks(BATCH).enumerate() {
            for (record, at) in batch.iter().zip(part.start + number * BATCH..) {
                run.push(record.clone(), values.get(at));
            }
            let began = Instant::now();
            lane.step(&mut run, &mut Nobody)?;
            spent += began.elapsed();
        }
        let began = Instant::now();
        let next = lane.next();
        let staged = lane.lake().flush(next).or_fail(ExitCode::OutputFull, writing)?;
        lane.lake().publish(&staged, seq as u64 + 1).or_fail(ExitCode::OutputFull, writing)?;
        spent += began.elapsed();
    }
    Ok((spent, size_of_tree(dir) - before))
}

/// Nobody listens: alerts of a quiet fleet are none.
struct Nobody;

impl Sink for Nobody {
    fn record(&mut self, _: &'static str, _: &'static str, _: Option<Millis>) {}
    fn reject(&mut self, _: &Reject<'_>) {}
    fn revision(&mut self, _: &Revision) {}
    fn episode(&mut self, _: EpisodeLine, _: &mut Vec<Revision>) {}
}

fn size_of_tree(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_of_tree(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
