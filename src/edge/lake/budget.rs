//! How many bytes a fix costs at 10 s reporting (FORMATS, section 4): 7 for seven columns, 12 for all.

use super::testing::T0;
use super::*;
use crate::domain::output::{MotionState, Quality, TrackRow};
use crate::domain::position::Position;
use crate::domain::record::{Fix, Source};
use parquet::file::reader::{FileReader, SerializedFileReader};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::fs::File;

/// A vehicle that drives and stops: speed and course wander, 30 % of the time it stands.
struct Vehicle {
    unit: String,
    journey: String,
    lat: f64,
    lon: f64,
    speed: f64,
    course: f64,
    accuracy: f64,
    moving: bool,
    driven: f64,
    phase: i64,
    seq: u64,
    whole_seconds: bool,
}

fn vehicle(index: usize, random: &mut ChaCha8Rng) -> Vehicle {
    Vehicle {
        unit: format!("{}", 860_000_000_000_000_u64 + index as u64 * 7919),
        journey: format!("J-{index}"),
        lat: random.random_range(36.0..42.0),
        lon: random.random_range(26.0..45.0),
        speed: 20.0,
        course: random.random_range(0.0..360.0),
        accuracy: 4.0,
        moving: random.random_bool(0.7),
        driven: 0.0,
        phase: random.random_range(0..10_000),
        seq: 0,
        whole_seconds: true,
    }
}

fn step(v: &mut Vehicle, tick: i64, random: &mut ChaCha8Rng) -> (i64, TrackRow) {
    let noise = |random: &mut ChaCha8Rng| (0..4).map(|_| random.random_range(-1.0..1.0)).sum::<f64>() * 0.87;
    if random.random_bool(0.003) {
        v.moving = !v.moving;
    }
    v.speed = if v.moving { (v.speed + noise(random)).clamp(3.0, 27.0) } else { 0.0 };
    v.course = (v.course + if v.moving { noise(random) * 3.0 } else { 0.0 }).rem_euclid(360.0);
    v.accuracy = (v.accuracy + noise(random) * 0.2).clamp(2.0, 12.0);
    let metres = v.speed * 10.0;
    v.driven += metres;
    v.lat += metres * v.course.to_radians().cos() / 111_200.0;
    v.lon += metres * v.course.to_radians().sin() / 86_000.0;
    v.seq += 1;
    let (lat, lon) = (v.lat + noise(random) * 2.0 / 111_200.0, v.lon + noise(random) * 2.0 / 86_000.0);
    // A receiver reports on the second; a gateway that stamps milliseconds costs bytes.
    let exact = T0 + v.phase + tick * 10_000 + random.random_range(0..400);
    let time = if v.whole_seconds { exact / 1000 * 1000 } else { exact };
    let receive = time + random.random_range(300..900);
    let fix = Fix {
        time,
        receive_time: Some(receive),
        position: Position { lat_e6: (lat * 1e6).round() as i32, lon_e6: (lon * 1e6).round() as i32 },
        speed_cm_s: Some((v.speed * 100.0).round() as u32),
        course_ddeg: Some((v.course * 10.0).round() as u16 % 3600),
        accuracy_dm: Some((v.accuracy * 10.0).round() as u32),
        satellites: Some(random.random_range(8..11)),
        valid: true,
        battery_pct: Some((100 - tick / 90).clamp(0, 100) as u8),
        ignition: Some(v.moving),
        ..Fix::default()
    };
    let row = TrackRow {
        unit: v.unit.as_str().into(),
        fix,
        journey: Some(v.journey.as_str().into()),
        quality: Quality(0),
        corridor: Some("kapikule-habur".into()),
        chainage_dm: Some((v.driven * 10.0).round() as i64),
        cross_track_dm: Some((noise(random) * 60.0).round() as i64),
        state: if v.moving { MotionState::Moving } else { MotionState::Stopped },
        office: Some("TR341200".into()),
    };
    (receive + 5, row)
}

/// A day file of `vehicles` vehicles and `ticks` reports each: bytes of every column.
fn bytes_of(vehicles: usize, ticks: i64, whole_seconds: bool) -> (u64, u64, BTreeMap<String, u64>) {
    let dir = tempfile::tempdir().unwrap();
    let keep = std::env::var("KERVAN_KEEP_LAKE").ok();
    let dir = keep.as_ref().map_or(dir.path(), std::path::Path::new);
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut fleet: Vec<_> =
        (0..vehicles).map(|index| Vehicle { whole_seconds, ..vehicle(index, &mut random) }).collect();
    let mut lake = LakeWriter::open(&Lake::local(dir), 0, 0, Versions::default()).unwrap();
    let mut offset = 0;
    for tick in 0..ticks {
        let mut rows: Vec<_> = fleet.iter_mut().map(|v| step(v, tick, &mut random)).collect();
        rows.sort_by_key(|(timestamp, _)| *timestamp);
        for (timestamp, row) in rows {
            lake.push_track(Source { partition: 0, offset, timestamp }, row);
            offset += 1;
        }
    }
    let begin = std::time::Instant::now();
    let staged = lake.flush(offset).unwrap();
    println!("flush: {} ns a row", begin.elapsed().as_nanos() / u128::from(offset));
    let live = lake.publish(&staged, 1).unwrap();
    let mut columns = BTreeMap::new();
    let (mut rows, mut bytes) = (0, 0);
    for file in live {
        rows += file.entry.rows;
        bytes += file.entry.bytes;
        let reader = SerializedFileReader::new(File::open(file.path_in(dir)).unwrap()).unwrap();
        for group in reader.metadata().row_groups() {
            for column in group.columns() {
                *columns.entry(column.column_path().string()).or_default() += column.compressed_size() as u64;
            }
        }
    }
    (rows, bytes, columns)
}

fn cost(whole_seconds: bool) -> (f64, f64) {
    let (rows, bytes, columns) = bytes_of(60, 3_000, whole_seconds);
    let each = |bytes: u64| bytes as f64 / rows as f64;
    for (column, bytes) in &columns {
        println!("{column:>14} {:7.3}", each(*bytes));
    }
    let seven = ["unit", "fix_time", "lat", "lon", "speed", "course", "accuracy"];
    let seven = each(seven.iter().map(|name| columns[*name]).sum());
    println!("{rows} rows, seven columns {seven:.2}, whole file {:.2} bytes a fix", each(bytes));
    (seven, each(bytes))
}

#[test]
fn a_fix_costs_no_more_than_its_budget() {
    let (seven, all) = cost(true);
    assert!(seven <= 7.0 && all <= 12.0, "{seven} {all}");
}

#[test]
fn fix_times_of_a_millisecond_stay_in_the_budget() {
    let (seven, all) = cost(false);
    assert!(seven <= 7.0 && all <= 12.0, "{seven} {all}");
}

/// What a flush, a question about one unit and an export cost; run with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn speed_of_flush_history_and_export() {
    use crate::domain::history::History;
    let dir = tempfile::tempdir().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut fleet: Vec<_> = (0..2000).map(|index| vehicle(index, &mut random)).collect();
    let mut lake = LakeWriter::open(&Lake::local(dir.path()), 0, 0, Versions::default()).unwrap();
    let mut offset = 0;
    for tick in 0..400 {
        for v in &mut fleet {
            let (timestamp, row) = step(v, tick, &mut random);
            lake.push_track(Source { partition: 0, offset, timestamp }, row);
            offset += 1;
        }
        if tick % 100 == 99 {
            let begin = std::time::Instant::now();
            let staged = lake.flush(offset).unwrap();
            println!("flush {} ns a row", begin.elapsed().as_nanos() / 200_000);
            lake.publish(&staged, offset).unwrap();
        }
    }
    for unit in [3, 3, 5, 900, 1500, 1500] {
        let begin = std::time::Instant::now();
        let unit = fleet[unit].unit.clone();
        let found = lake.history(super::testing::decode).reports(0, &unit, T0, i64::MAX, offset).unwrap().len();
        println!("{found} reports of {unit} in {:?}", begin.elapsed());
    }
    let begin = std::time::Instant::now();
    let count = Export::open(dir.path()).unwrap().count();
    println!("export {} ns a row", begin.elapsed().as_nanos() / count as u128);
}
