//! What a fix costs on one core, stage by stage: decoding its line, deciding it, and the whole replay to disk.
//!
//! Each figure is a throughput in fixes a second (criterion's `elem/s`), of checkpoints in journeys a second; memory a journey
//! is printed at the end.
//! The log is a simulated day of the built-in kind of fleet on a rulebook made here: seeded, so runs compare.

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kervan::app::replay::{ReplayArgs, replay};
use kervan::app::simulate::{Delivery, Plan, World, generate};
use kervan::domain::history::{History, HistoryError, PastReport};
use kervan::domain::output::Outputs;
use kervan::domain::record::{Body, Record, Source};
use kervan::domain::rules::Rules;
use kervan::domain::shard::Shard;
use kervan::domain::time::Millis;
use kervan::edge::rulebook::{RulebookFile, compile};
use kervan::edge::wire;

/// A log in event order never asks for older reports than memory holds.
struct NoHistory;

impl History for NoHistory {
    fn reports(
        &mut self,
        _partition: u32,
        _unit: &str,
        _from: Millis,
        _to: Millis,
        _before: u64,
    ) -> Result<Vec<PastReport>, HistoryError> {
        Ok(Vec::new())
    }
}

fn file(path: &str, text: &str) -> RulebookFile {
    RulebookFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
}

/// One corridor of 300 km and a gate at its begin.
fn rulebook() -> Vec<RulebookFile> {
    let line: Vec<String> = (0..=300)
        .map(|i| format!("[{:.4},{:.4}]", 29.0 + f64::from(i) * 0.012, 40.0 + 0.02 * f64::from(i % 7)))
        .collect();
    let corridor = format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"id":"bench","half_width_m":500,"time_limit_h":20}},"geometry":{{"type":"LineString","coordinates":[{}]}}}}]}}"#,
        line.join(",")
    );
    let territory = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"t","class":"territory"},"geometry":{"type":"Polygon","coordinates":[[[26,36],[45,36],[45,42],[26,42],[26,36]]]}}]}"#;
    vec![
        file("rulebook.toml", "version = \"bench\"\n"),
        file("corridors/bench.geojson", &corridor),
        file("zones/territory.geojson", territory),
    ]
}

struct Log {
    records: Vec<Record>,
    lines: Vec<Vec<u8>>,
    messages: Vec<Vec<u8>>,
    fixes: u64,
    rules: Arc<Rules>,
}

fn log() -> Log {
    let book = match compile(&rulebook()) {
        Ok(book) => book,
        Err(faults) => panic!("the rulebook of the bench: {faults:?}"),
    };
    let world = World::from(&book);
    let plan = Plan { vehicles: 100, deliveries: vec![Delivery::InOrder], ..Plan::default() };
    let mut records: Vec<Record> = Vec::new();
    generate(&world, &plan, &mut |record| {
        let offset = records.len() as u64;
        records.push(Record { source: Source { offset, ..record.source }, body: record.body.clone() });
    });
    let values = |write: &dyn Fn(&Body, &mut Vec<u8>)| {
        let value = |record: &Record| {
            let mut value = Vec::new();
            write(&record.body, &mut value);
            value
        };
        records.iter().map(value).collect()
    };
    let lines = values(&|body, out| wire::encode(body, None, out));
    let messages = values(&wire::encode_protobuf);
    let fixes = records.iter().filter(|r| matches!(r.body, Body::Fix { .. })).count() as u64;
    Log { records, lines, messages, fixes, rules: Rules::new(book) }
}

fn job(c: &mut Criterion) {
    let log = log();
    let mut group = c.benchmark_group("job");
    group.sample_size(10).throughput(Throughput::Elements(log.fixes));
    group.bench_function("decode JSON", |b| {
        b.iter(|| log.lines.iter().filter(|line| wire::decode(black_box(line)).is_ok()).count());
    });
    group.bench_function("decode Protobuf", |b| {
        b.iter(|| log.messages.iter().filter(|message| wire::decode(black_box(message)).is_ok()).count());
    });
    group.bench_function("step", |b| {
        b.iter_batched(
            || Shard::new(0, std::slice::from_ref(&log.rules)),
            |mut shard| {
                let mut out = Outputs::default();
                for batch in log.records.chunks(4096) {
                    out.dispositions.clear();
                    shard.step(batch, &mut NoHistory, &mut out).ok();
                }
                (shard, out)
            },
            BatchSize::PerIteration,
        );
    });
    let dir = tempfile::tempdir().ok();
    let root = dir.as_ref().map_or_else(|| PathBuf::from("."), |d| d.path().to_path_buf());
    let book = root.join("rulebook");
    for file in rulebook() {
        let path = book.join(&file.path);
        path.parent().map(std::fs::create_dir_all);
        std::fs::write(path, file.bytes).ok();
    }
    let path = root.join("log.ndjson");
    std::fs::write(&path, log.lines.concat()).ok();
    let mut run = 0;
    group.bench_function("replay to disk", |b| {
        b.iter(|| {
            run += 1;
            let args = ReplayArgs {
                logs: vec![path.clone()],
                rulebook: vec![book.clone()],
                out: root.join(format!("out-{run}")),
                checkpoint_records: 1_000_000,
                batch: 4096,
                quiet: true,
            };
            replay(&args, &mut |_| {}).map(|s| s.records).unwrap_or_default()
        });
    });
    group.finish();

    let mut shard = Shard::new(0, std::slice::from_ref(&log.rules));
    let mut out = Outputs::default();
    // Half the day: journeys are under way and their histories are full.
    for batch in log.records[..log.records.len() / 2].chunks(4096) {
        shard.step(batch, &mut NoHistory, &mut out).ok();
    }
    let mut group = c.benchmark_group("checkpoint");
    group.sample_size(20).throughput(Throughput::Elements(shard.journeys() as u64));
    let mut state = Vec::new();
    group.bench_function("journeys into a checkpoint", |b| {
        b.iter(|| {
            state.clear();
            shard.encode(black_box(&mut state));
        });
    });
    group.bench_function("journeys out of a checkpoint", |b| {
        b.iter(|| Shard::decode(black_box(&state), std::slice::from_ref(&log.rules)).is_ok());
    });
    group.finish();
    let (hot, all) = shard.bytes_per_journey();
    println!("{} journeys: {hot} bytes hot, {all} bytes in all, a journey", shard.journeys());
}

criterion_group!(benches, job);
criterion_main!(benches);
