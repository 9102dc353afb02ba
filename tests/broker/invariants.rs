//! What must hold in the end (DELIVERY, section 6.1), whatever happened on the way.
//!
//! | | asked here |
//! |---|---|
//! | I1 | tracks, records and rejects of the lake hold every offset of `[0, W)` once, and say of it what the log says |
//! | I2, I5 | committed alerts are those of `kervan replay` of the exported log: per partition, in order, byte for byte |
//! | I3 | K <= C; after an orderly stop K = C = W |
//! | I6 | nothing is left staged, and no table holds a file that no manifest names |
//! | I2 | each unreadable record is a reject once |
//!
//! What does not hold begins with its number, so that a control can tell it from trouble of the suite itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow::array::{Array, Int64Array};
use arrow::datatypes::DataType;
use kervan::domain::record::Body;
use kervan::edge::lake::{Live, Table, read_records, read_tracks};
use kervan::edge::wire::decode;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::cluster::Cluster;
use super::commits::Commits;
use super::process::Setup;
use super::read::{Isolation, Read, whole};
use super::support::{bytes, exported, replayed};

/// What a run left behind, read by its readers.
pub struct Outcome {
    /// The log.
    pub log: Vec<Read>,
    /// Committed alerts.
    pub alerts: Vec<Read>,
    /// Committed rejects.
    pub rejects: Vec<Read>,
}

/// What the topics of a job do not tell of it.
#[derive(Default)]
pub struct Beside<'a> {
    /// Rulebooks that the log names beside the first.
    pub rulebooks: &'a [&'a Path],
    /// Records of the log that retention has deleted since.
    pub deleted: &'a [Read],
}

/// Checks all of it after an orderly stop of every process.
pub fn check(cluster: &Cluster, setup: &Setup, beside: &Beside<'_>) -> Outcome {
    let topics = &setup.topics;
    let read = |topic: &str| whole(cluster, topic, topics.partitions, Isolation::Committed);
    let (mut log, alerts, rejects) = (read(&topics.log), read(&topics.alerts), read(&topics.rejects));
    log.extend_from_slice(beside.deleted);
    log.sort_by_key(|read| (read.partition, read.offset));
    let commits = Commits::new(cluster, &setup.group(), &topics.log, topics.partitions).get();
    let lake = setup.lake();
    let live = Live::load(&lake).expect("the lake is whole");
    live.verify(&lake).expect("the files are what the manifests name");
    let ends: BTreeMap<u32, u64> = live.ends.iter().map(|(partition, _, next)| (*partition, *next)).collect();
    for (partition, commit) in commits.iter().enumerate() {
        let w = ends.get(&(partition as u32)).copied().unwrap_or(0);
        let (c, k) = (commit.c.unwrap_or(0), commit.k.unwrap_or(0));
        assert_eq!((k, w), (c, c), "I3: partition {partition}: K and W are C after an orderly stop: {commit:?}");
    }
    let rejected = covered(&log, &lake, &live, &ends);
    rejects_once(&rejects, &rejected);
    nothing_unpublished(&lake, &live);
    alike(&alerts, &file_mode(setup, beside.rulebooks));
    latest_agrees(&alerts, &read(&topics.latest));
    Outcome { log, alerts, rejects }
}

/// What a check found wrong, for controls that must break something.
pub fn violation(check: impl FnOnce()) -> Option<String> {
    let failed = catch_unwind(AssertUnwindSafe(check)).err()?;
    let text = failed.downcast_ref::<String>().cloned();
    text.or_else(|| failed.downcast_ref::<&str>().map(|text| (*text).to_owned())).or(Some("a panic".to_owned()))
}

/// I1; the places of the rejects in the lake.
fn covered(log: &[Read], lake: &Path, live: &Live, ends: &BTreeMap<u32, u64>) -> Vec<(u32, u64)> {
    // By place: what the table says the record is.
    let mut rows: BTreeMap<(u32, u64), String> = BTreeMap::new();
    let mut put = |place: (u32, u64), what: String| {
        let twice = rows.insert(place, what);
        assert!(twice.is_none(), "I1: offset {} of partition {} is in the lake twice", place.1, place.0);
    };
    let mut rejected = Vec::new();
    for file in live.of(Table::Tracks) {
        for (source, row) in read_tracks(lake, file).expect("a track file can be read") {
            let what = format!("fix {} {} {}", row.unit, row.fix.position.lat_e6, row.fix.position.lon_e6);
            put((source.partition, source.offset), what);
        }
    }
    for file in live.of(Table::Records) {
        for row in read_records(lake, file).expect("a file of records can be read") {
            put((row.source.partition, row.source.offset), row.json);
        }
    }
    for file in live.of(Table::Rejects) {
        for place in places(&file.path_in(lake)) {
            put(place, "reject".to_owned());
            rejected.push(place);
        }
    }
    let mut expected = 0;
    for read in log {
        let place = (read.partition as u32, read.offset as u64);
        if place.1 >= ends.get(&place.0).copied().unwrap_or(0) {
            continue;
        }
        expected += 1;
        let row = rows.get(&place).unwrap_or_else(|| panic!("I1: offset {} of partition {} is lost", place.1, place.0));
        // Admission may still reject what can be read.
        let (row, said) = (row.as_str(), said(read));
        let rejected = row == "reject" && said.starts_with("fix ");
        assert!(row == said || rejected, "I1: offset {} of partition {} is {said} and became {row}", place.1, place.0);
    }
    assert_eq!(rows.len(), expected, "I1: the lake has rows that the log has not");
    rejected
}

/// What the table must say of a record of the log.
fn said(read: &Read) -> String {
    let payload = read.payload.as_deref().unwrap_or_default();
    match decode(payload) {
        Err(_) => "reject".to_owned(),
        Ok(decoded) => match decoded.body {
            Body::Fix { unit, fix } => format!("fix {unit} {} {}", fix.position.lat_e6, fix.position.lon_e6),
            _ => String::from_utf8_lossy(payload).trim().to_owned(),
        },
    }
}

/// (partition, offset) of each row of a file.
fn places(path: &Path) -> Vec<(u32, u64)> {
    let file = fs::File::open(path).expect("a file can be opened");
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(file).expect("it is Parquet").build().expect("it can be read");
    let mut out = Vec::new();
    for batch in reader {
        let batch = batch.expect("it can be read");
        let numbers = |name: &str| {
            let column = batch.column_by_name(name).expect("it has a place in the log");
            arrow::compute::cast(column, &DataType::Int64).expect("a place is a number")
        };
        let (partitions, offsets) = (numbers("_partition"), numbers("_offset"));
        let (partitions, offsets) = (whole_numbers(&partitions), whole_numbers(&offsets));
        out.extend((0..batch.num_rows()).map(|row| (partitions.value(row) as u32, offsets.value(row) as u64)));
    }
    out
}

fn whole_numbers(column: &dyn Array) -> &Int64Array {
    column.as_any().downcast_ref().expect("it was cast")
}

/// Each reject of the lake is one record of the reject topic, and the other way round.
fn rejects_once(rejects: &[Read], rejected: &[(u32, u64)]) {
    let number = |json: &serde_json::Value, name: &str| json[name].as_u64().expect("a reject says where it was");
    let mut sent: Vec<(u32, u64)> =
        rejects.iter().map(|read| (number(&read.json(), "partition") as u32, number(&read.json(), "offset"))).collect();
    let mut kept = rejected.to_vec();
    sent.sort_unstable();
    kept.sort_unstable();
    assert_eq!(sent, kept, "I2: the reject topic and the table of rejects");
}

/// I6 at rest.
fn nothing_unpublished(lake: &Path, live: &Live) {
    let named: Vec<PathBuf> = live.files.iter().map(|file| file.path_in(lake)).collect();
    for table in Table::ALL {
        for path in files_below(&lake.join(table.name())) {
            assert!(named.contains(&path), "I6: {} is named by no manifest", path.display());
        }
    }
    let staged = files_below(&lake.join("stage"));
    assert!(staged.is_empty(), "I6: left behind: {staged:?}");
}

/// Every file below a directory.
pub fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { out.extend(files_below(&path)) } else { out.push(path) }
    }
    out
}

/// What the file mode makes of the exported log.
struct FileMode {
    /// Lines of its alerts, in order.
    alerts: Vec<Vec<u8>>,
    /// Offset of the last record, by partition.
    last: BTreeMap<u64, u64>,
}

fn file_mode(setup: &Setup, rulebooks: &[&Path]) -> FileMode {
    let path = setup.dir.join("exported.ndjson");
    let log = exported(&setup.lake());
    let mut last: BTreeMap<u64, u64> = BTreeMap::new();
    for line in log.split(|c| *c == b'\n').filter(|line| !line.is_empty()) {
        let json: serde_json::Value = serde_json::from_slice(line).expect("an exported line is JSON");
        let number = |name: &str| json[name].as_u64().expect("an exported line has its place");
        last.insert(number("_partition"), number("_offset"));
    }
    fs::write(&path, log).expect("a log can be written");
    let out = setup.dir.join("file-mode");
    let _ = fs::remove_dir_all(&out);
    let more: Vec<&str> =
        rulebooks.iter().flat_map(|book| ["--rulebook", book.to_str().expect("a path of ours is text")]).collect();
    replayed(&[&path], &setup.rulebook, &out, &more);
    let lines = bytes(&out.join("alerts.ndjson"));
    let alerts = lines.split(|c| *c == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
    FileMode { alerts, last }
}

/// I2 and I5: alerts of the first stage, by the partition of the record that was being read. Those of the second stage (without
/// a unit) rest on several partitions, whose interleaving in Kafka no exported log keeps.
///
/// A file ends, and what still waits is decided then, as of its last record; in Kafka the log goes on. So the file mode may know
/// more, of the last record of a partition and of no other.
fn alike(alerts: &[Read], file: &FileMode) {
    let key = |json: &serde_json::Value| {
        let partition = json["source"]["partition"].as_u64().expect("an alert has a source");
        (!json["unit"].is_null()).then_some(partition)
    };
    let mut sent: BTreeMap<u64, Vec<&[u8]>> = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for read in alerts {
        let json = read.json();
        let before = seen.insert((json["alert"].to_string(), json["rev"].as_u64()), read.offset);
        assert!(before.is_none(), "I2: twice: {json}");
        if let Some(partition) = key(&json) {
            sent.entry(partition).or_default().push(read.payload.as_deref().unwrap_or_default());
        }
    }
    let mut expected: BTreeMap<u64, Vec<(u64, &[u8])>> = BTreeMap::new();
    for line in &file.alerts {
        let json: serde_json::Value = serde_json::from_slice(line).expect("an alert is JSON");
        if let Some(partition) = key(&json) {
            let offset = json["source"]["offset"].as_u64().expect("an alert has a source");
            expected.entry(partition).or_default().push((offset, line));
        }
    }
    let partitions: BTreeSet<u64> = expected.keys().chain(sent.keys()).copied().collect();
    for partition in partitions {
        let ours = sent.remove(&partition).unwrap_or_default();
        let theirs = expected.remove(&partition).unwrap_or_default();
        let at = ours.iter().zip(&theirs).take_while(|(one, (_, other))| *one == other).count();
        let last = file.last.get(&partition).copied();
        let more = theirs[at..].iter().all(|(offset, _)| Some(*offset) == last);
        let show =
            |line: Option<&[u8]>| line.map_or("nothing".into(), |line| String::from_utf8_lossy(line).into_owned());
        assert!(
            at == ours.len() && more,
            "I2: partition {partition}: {} alerts in Kafka, {} of the file mode; number {at} is\n{}\nin Kafka and\n{}\nin the \
             file mode; the last record is {last:?}",
            ours.len(),
            theirs.len(),
            show(ours.get(at).copied()),
            show(theirs.get(at).map(|(_, line)| *line)),
        );
    }
}

/// `latest` holds the same revisions: its newest record of each alert is the newest of the topic of alerts.
fn latest_agrees(alerts: &[Read], latest: &[Read]) {
    let newest = |reads: &[Read]| {
        let mut newest: BTreeMap<String, (u64, Vec<u8>)> = BTreeMap::new();
        for read in reads {
            let json = read.json();
            let rev = json["rev"].as_u64().expect("a revision has a number");
            let entry = newest.entry(json["alert"].to_string()).or_default();
            if rev >= entry.0 {
                *entry = (rev, read.payload.clone().unwrap_or_default());
            }
        }
        newest
    };
    assert!(newest(alerts) == newest(latest), "I2: the compacted topic tells another state than the topic of alerts");
}
