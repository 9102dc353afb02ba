//! What parts of a step cost, each on its own: which zones are around a fix, where it stands beside its corridor, its row
//! on its way into Parquet.
//!
//! Each figure is a throughput in fixes a second (criterion's `elem/s`); places come in an order that no cache foresees. The
//! country is made here: ten thousand zones, two hundred corridors of five hundred vertices.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kervan::domain::geometry::Route;
use kervan::domain::output::{MotionState, Quality, TrackRow};
use kervan::domain::position::Position;
use kervan::domain::record::{Fix, Id, Source as Place};
use kervan::domain::rulebook::source::{Source, ZoneSource};
use kervan::domain::rulebook::{Rulebook, Settings};
use kervan::edge::lake::{Lake, LakeWriter, Versions};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ZONES: usize = 10_000;
const CORRIDORS: usize = 200;
const VERTICES: usize = 500;
const FIXES: usize = 4_096;

fn anywhere(chance: &mut ChaCha8Rng) -> Position {
    Position {
        lat_e6: chance.random_range(36_000_000..42_000_000),
        lon_e6: chance.random_range(26_000_000..45_000_000),
    }
}

/// Zones of a few hundred metres, and the territory around them.
fn book(chance: &mut ChaCha8Rng) -> Rulebook {
    let ring = |centre: Position, half_m: f64| {
        let corner = |east: f64, north: f64| centre.offset_m(east * half_m, north * half_m);
        vec![vec![vec![corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0), corner(-1.0, -1.0)]]]
    };
    let corners = [(25.0, 35.0), (46.0, 35.0), (46.0, 43.0), (25.0, 43.0), (25.0, 35.0)];
    let land = corners.map(|(lon, lat)| Position { lat_e6: (lat * 1e6) as i32, lon_e6: (lon * 1e6) as i32 });
    let zone =
        |id: String, class: &str, polygons| ZoneSource { id, class: class.to_owned(), polygons, ..Default::default() };
    let mut zones = vec![zone("land".to_owned(), "territory", vec![vec![land.to_vec()]])];
    zones.extend((1..ZONES).map(|n| {
        let half_m = chance.random_range(100.0..800.0);
        zone(format!("z{n}"), "watch", ring(anywhere(chance), half_m))
    }));
    let source = Source { sha256: "0".repeat(64), settings: Settings::default(), zones, ..Source::default() };
    Rulebook::compile(source).unwrap_or_else(|faults| panic!("the rulebook of the bench: {faults:?}"))
}

/// A winding line of a vertex a kilometre.
fn corridor(chance: &mut ChaCha8Rng) -> Route {
    let (mut at, mut north) = (anywhere(chance), 0.0);
    let line = std::iter::repeat_with(|| {
        north = (north + chance.random_range(-300.0..300.0_f64)).clamp(-600.0, 600.0);
        at = at.offset_m(900.0, north);
        at
    });
    Route::new(&[line.take(VERTICES).collect()])
}

fn locate(c: &mut Criterion) {
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let book = book(&mut chance);
    let fixes: Vec<Position> = (0..FIXES).map(|_| anywhere(&mut chance)).collect();
    let mut group = c.benchmark_group("parts");
    group.throughput(Throughput::Elements(FIXES as u64));
    let mut around = Vec::new();
    group.bench_function("locate", |b| {
        b.iter(|| {
            for fix in &fixes {
                book.zones_containing(black_box(*fix), &mut around);
                black_box(&around);
            }
        });
    });
    let routes: Vec<Route> = (0..CORRIDORS).map(|_| corridor(&mut chance)).collect();
    // One corridor after the other, each vehicle 250 m on from where it was: the hint is its segment, or the one before.
    let drives: Vec<(&Route, Position, u32)> = (0..FIXES)
        .map(|n| {
            let route = &routes[n % CORRIDORS];
            let along_m = chance.random_range(0.0..route.length_m() - 250.0);
            let hint = route.nearest(route.at(along_m), None).segment;
            (route, route.at(along_m + 250.0).offset_m(chance.random_range(-30.0..30.0), 20.0), hint)
        })
        .collect();
    for (name, hinted) in [("corridor match", true), ("corridor match without a hint", false)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                for (route, fix, hint) in &drives {
                    black_box(route.nearest(black_box(*fix), hinted.then_some(*hint)));
                }
            });
        });
    }
    group.finish();
}

fn tracks(c: &mut Criterion) {
    const UNITS: i64 = 1_000;
    const ROUNDS: i64 = 200;
    let mut chance = ChaCha8Rng::seed_from_u64(2);
    let starts: Vec<Position> = (0..UNITS).map(|_| anywhere(&mut chance)).collect();
    let rows: Vec<(Place, TrackRow)> = (0..UNITS * ROUNDS)
        .map(|n| {
            let (round, unit) = (n / UNITS, (n % UNITS) as usize);
            let time = 1_780_000_000_000 + round * 10_000 + unit as i64 * 10;
            let position = starts[unit].offset_m(round as f64 * 200.0 + chance.random_range(-5.0..5.0), 0.0);
            let fix =
                Fix { time, position, speed_cm_s: Some(2_000), course_ddeg: Some(900), valid: true, ..Fix::default() };
            let row = TrackRow {
                unit: Id::new(format!("U{unit}")),
                fix,
                journey: Some(Id::new(format!("J{unit}"))),
                quality: Quality::default(),
                corridor: Some(Id::new("c")),
                chainage_dm: Some(round * 2_000),
                cross_track_dm: Some(chance.random_range(-50..50)),
                state: MotionState::Moving,
                office: None,
            };
            (Place { partition: 0, offset: n as u64, timestamp: time + 500 }, row)
        })
        .collect();
    let mut group = c.benchmark_group("parts");
    group.sample_size(10).throughput(Throughput::Elements(rows.len() as u64));
    group.bench_function("track encoding, to durable files", |b| {
        b.iter_batched(
            || tempfile::tempdir().unwrap_or_else(|error| panic!("a directory for the bench: {error}")),
            |dir| {
                let mut lake = LakeWriter::open(&Lake::local(dir.path()), 0, 0, Versions::default())
                    .unwrap_or_else(|error| panic!("the tables of the bench: {error}"));
                rows.iter().for_each(|(source, row)| lake.push_track(*source, row.clone()));
                let staged = lake.flush(rows.len() as u64).unwrap_or_else(|error| panic!("writing them: {error}"));
                (staged, dir)
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, locate, tracks);
criterion_main!(benches);
