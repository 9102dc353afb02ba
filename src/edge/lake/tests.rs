//! What holds over all parts of the lake: rows come back as they were, in order, whatever step a crash hits.

use super::testing::{T0, any_track, decode, heartbeat, journey, reject, revision, source, tick, track};
use super::*;
use crate::domain::history::{History, PastReport};
use crate::domain::output::{Quality, TrackRow};
use crate::domain::record::Source;
use crate::domain::time::{DAY, Millis, WEEK_ROLLOVER};
use parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

fn writer(dir: &Path, start: u64) -> LakeWriter {
    LakeWriter::open(&Lake::local(dir), 3, start, Versions { decision: 3, engine: "0.1.0".into() }).unwrap()
}

fn all_tracks(dir: &Path) -> Vec<(Source, TrackRow)> {
    let live = Live::load(dir).unwrap();
    let mut rows: Vec<_> = live.of(Table::Tracks).flat_map(|file| read_tracks(dir, file).unwrap()).collect();
    rows.sort_by_key(|(source, _)| source.offset);
    rows
}

/// Every file under a folder, relative, sorted.
fn tree(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(dir).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// Fixes of three units and a record each, over two days, in `[from, from + count)`.
fn push_some(writer: &mut LakeWriter, from: u64, count: u64) {
    for offset in from..from + count {
        let at = source(offset, T0 + offset as i64 * DAY / 8);
        match offset % 4 {
            3 if offset % 8 == 3 => writer.push_record(heartbeat(at, "b", (offset % 16 == 3).then_some(T0 + 5))),
            3 => writer.push_record(tick(at)),
            unit => writer.push_track(at, track(["b", "a", "c"][unit as usize], at.timestamp - 10)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_field_of_a_row_comes_back(rows in prop::collection::vec((any_track(), 0..3_i64), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let mut lake = writer(dir.path(), 0);
        let mut expected = Vec::new();
        for (offset, (row, day)) in rows.into_iter().enumerate() {
            let at = source(offset as u64, T0 + day * DAY);
            lake.push_track(at, row.clone());
            expected.push((at, row));
        }
        let staged = lake.flush(expected.len() as u64).unwrap();
        let text = serde_json::to_string(&staged).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Staged>(&text).unwrap(), &staged);
        lake.publish(&staged, 1).unwrap();
        prop_assert_eq!(all_tracks(dir.path()), expected);
        Live::load(dir.path()).unwrap().verify(dir.path()).unwrap();
    }

    #[test]
    fn history_equals_a_scan(
        rows in prop::collection::vec((0..4_usize, -500..500_i64, any::<bool>()), 1..120),
        cuts in prop::collection::vec(0..120_usize, 3),
        asked in prop::collection::vec((0..5_usize, -600..600_i64, 0..700_i64, 0..130_u64), 1..12),
    ) {
        const UNITS: [&str; 5] = ["a", "b", "c", "d", "nobody"];
        let dir = tempfile::tempdir().unwrap();
        let mut lake = writer(dir.path(), 0);
        let mut all: Vec<(u64, &str, Millis, PastReport)> = Vec::new();
        let mut staged: Option<Staged> = None;
        let mut seq = 0;
        for (index, (unit, shift, beat)) in rows.into_iter().enumerate() {
            let (offset, unit) = (index as u64, UNITS[unit]);
            let at = source(offset, T0 + index as i64);
            if beat {
                let receive = (shift % 2 == 0).then_some(T0 + shift);
                let row = heartbeat(at, unit, receive);
                let report = PastReport::Heartbeat { heartbeat: decode(row.json.as_bytes()).unwrap(), timestamp: at.timestamp };
                all.push((offset, unit, receive.unwrap_or(at.timestamp), report));
                lake.push_record(row);
            } else {
                let row = track(unit, T0 + shift);
                all.push((offset, unit, T0 + shift, PastReport::Fix { fix: row.fix, quality: row.quality, timestamp: at.timestamp }));
                lake.push_track(at, row);
            }
            if cuts.contains(&index) {
                // The set before is published only now: one is always staged.
                if let Some(staged) = staged.replace(lake.flush(offset + 1).unwrap()) {
                    seq += 1;
                    lake.publish(&staged, seq).unwrap();
                }
            }
            if index % 40 == 7 {
                // Asking in between fills the index of files that are renamed later.
                lake.history(decode).reports(3, "a", T0 - 600, T0 + 600, offset).unwrap();
            }
        }
        for (unit, from, length, before) in asked {
            let (unit, from, to) = (UNITS[unit], T0 + from, T0 + from + length);
            let mut found = lake.history(decode).reports(3, unit, from, to, before).unwrap();
            let wanted = all.iter().filter(|row| row.0 < before && row.1 == unit && (from..to).contains(&row.2));
            let mut wanted: Vec<_> = wanted.map(|row| row.3).collect();
            found.sort_by_key(|report| format!("{report:?}"));
            wanted.sort_by_key(|report| format!("{report:?}"));
            prop_assert_eq!(found, wanted);
        }
    }
}

#[test]
fn rows_are_sorted_and_the_file_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut lake = writer(dir.path(), 0);
    for (offset, (unit, shift)) in [("b", 5), ("a", 9), ("b", 1), ("a", 9), ("a", -3)].into_iter().enumerate() {
        lake.push_track(source(offset as u64, T0), track(unit, T0 + shift));
    }
    let staged = lake.flush(5).unwrap();
    let live = lake.publish(&staged, 1).unwrap();
    assert_eq!(live[0].entry.path, "tracks/date=2026-05-01/p003-0-5.parquet");
    assert_eq!((live[0].entry.min_fix_time, live[0].entry.max_fix_time), (Some(T0 - 3), Some(T0 + 9)));
    let file = fs::File::open(live[0].path_in(dir.path())).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let sorting = reader.metadata().row_group(0).sorting_columns().unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    let names: Vec<_> = sorting.iter().map(|s| schema.column(s.column_idx as usize).name().to_owned()).collect();
    assert_eq!(names, ["unit", "fix_time", "_offset"]);
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    let order: Vec<_> = rows
        .map(|row| {
            let field = |name| row.get_column_iter().find(|(column, _)| *column == name).unwrap().1.to_string();
            format!("{} {}", field("unit"), field("_offset"))
        })
        .collect();
    assert_eq!(order, ["\"a\" 4", "\"a\" 1", "\"a\" 3", "\"b\" 2", "\"b\" 0"]);
}

#[test]
fn columns_are_those_of_the_formats() {
    let names: Vec<_> = super::tracks::COLUMNS.iter().map(|column| column.name).collect();
    let formats = "unit journey fix_time receive_time lat lon speed course accuracy quality corridor chainage_m \
        cross_track_m state office altitude hdop satellites valid approximate archive battery ignition motion odometer \
        seq alarms _partition _offset _timestamp";
    assert_eq!(names, formats.split_whitespace().collect::<Vec<_>>());
    let names: Vec<_> = super::records::COLUMNS.iter().map(|column| column.name).collect();
    assert_eq!(names, ["_partition", "_offset", "timestamp", "type", "unit", "journey", "json"]);
}

#[test]
fn every_table_is_written_full_and_empty() {
    let dir = tempfile::tempdir().unwrap();
    let mut lake = writer(dir.path(), 0);
    for full in [false, true] {
        lake.push_alert(revision(source(0, T0), full), r#"{"fixes":[]}"#.into());
        lake.push_journey(journey(source(0, T0), full), "{}".into());
    }
    lake.push_reject(reject(source(1, T0)));
    assert_eq!(lake.rows_buffered(), 5);
    let staged = lake.flush(2).unwrap();
    assert_eq!(lake.rows_buffered(), 0);
    let live = lake.publish(&staged, 1).unwrap();
    let found: Vec<_> = live.iter().map(|file| (file.table, file.entry.rows)).collect();
    assert_eq!(found, [(Table::Alerts, 2), (Table::Journeys, 2), (Table::Rejects, 1)]);
    for file in &live {
        // What an engine finds in the file is what `table_schema` says.
        let bytes = fs::File::open(file.path_in(dir.path())).unwrap();
        let found = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
        assert_eq!(found.schema().fields(), table_schema(file.table).fields());
        let open = super::parquet_file::OpenFile::open(&Lake::local(dir.path()), file.table, file.path_in(dir.path()))
            .unwrap();
        let mut rows = 0;
        open.each_batch(
            |_| true,
            None,
            |batch| {
                rows += batch.num_rows() as u64;
                if file.table == Table::Alerts {
                    let lat = super::column::Numbers::of(batch, "lat");
                    assert_eq!((lat.get(0), lat.get(1)), (None, Some(40_100_000)));
                    let reasons = super::column::Texts::of(batch, "priority_reason");
                    assert_eq!((reasons.get(0), reasons.get(1)), (Some(""), Some("d_max>1000m,hold")));
                }
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(rows, file.entry.rows);
    }
}

#[test]
fn the_manifest_is_that_of_the_formats() {
    let dir = tempfile::tempdir().unwrap();
    let mut lake = writer(dir.path(), 5);
    lake.push_track(source(5, T0), track("a", T0));
    let staged = lake.flush(9).unwrap();
    lake.publish(&staged, 12).unwrap();
    let text = fs::read_to_string(dir.path().join("manifest/p003/0000000012.json")).unwrap();
    let entry = &staged.files[0].entry;
    let expected = format!(
        concat!(
            r#"{{"format":1,"partition":3,"start":5,"next":9,"add":[{{"table":"tracks","path":"tracks/date=2026-05-01/p003-5-9.parquet","#,
            r#""rows":1,"bytes":{},"min_fix_time":"2026-05-01T08:00:00.000Z","max_fix_time":"2026-05-01T08:00:00.000Z","blake3":"{}"}}],"remove":[]}}"#,
            "\n"
        ),
        entry.bytes, entry.blake3
    );
    assert_eq!(text, expected);
}

/// A crash after each step, then what the application does at its start: roll forward what the checkpoint names, recover.
#[test]
fn a_crash_at_any_step_leaves_all_of_a_span_or_nothing() {
    for step in 0..6 {
        let dir = tempfile::tempdir().unwrap();
        let mut lake = writer(dir.path(), 0);
        push_some(&mut lake, 0, 20);
        let first = lake.flush(20).unwrap();
        lake.publish(&first, 1).unwrap();
        let before = tree(dir.path());
        push_some(&mut lake, 20, 20);
        let staged = lake.flush(40).unwrap();
        // The steps of publication, cut short.
        let moved = step.min(staged.files.len());
        let checkpoint = (step > 0).then(|| serde_json::to_string(&staged).unwrap());
        if step > 0 {
            for file in &staged.files[..moved - 1] {
                let to = dir.path().join(&file.entry.path);
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::rename(dir.path().join(&file.stage), to).unwrap();
            }
        }
        if step == 4 {
            fs::write(dir.path().join("manifest/p003/0000000002.json.part"), "{").unwrap();
        }
        if step == 5 {
            publish(&Lake::local(dir.path()), &staged, 2).unwrap();
        }
        drop(lake);

        let committed = if let Some(checkpoint) = &checkpoint {
            let named: Staged = serde_json::from_str(checkpoint).unwrap();
            publish(&Lake::local(dir.path()), &named, 2).unwrap();
            2
        } else {
            1
        };
        let recovered = recover(&Lake::local(dir.path()), 3, Some(committed)).unwrap();
        let offsets: Vec<_> = Export::open(dir.path()).unwrap().map(|item| item.unwrap().source().offset).collect();
        let next = if committed == 2 { 40 } else { 20 };
        assert_eq!(offsets, (0..next).collect::<Vec<_>>(), "step {step}");
        assert_eq!(recovered.live.ends, [(3, committed, next)]);
        assert!(!tree(dir.path()).iter().any(|name| name.ends_with(".part")), "step {step}");
        if committed == 1 {
            assert_eq!(tree(dir.path()), before);
            assert_eq!(recovered.removed.len(), staged.files.len());
        }
        // And the run goes on from there.
        let mut lake = writer(dir.path(), next);
        push_some(&mut lake, next, 4);
        let staged = lake.flush(next + 4).unwrap();
        lake.publish(&staged, committed + 1).unwrap();
        assert_eq!(Export::open(dir.path()).unwrap().count() as u64, next + 4);
    }
}

#[test]
fn recovery_forgets_what_lies_past_an_older_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let mut lake = writer(dir.path(), 0);
    for seq in 1..=3 {
        push_some(&mut lake, (seq - 1) * 8, 8);
        let staged = lake.flush(seq * 8).unwrap();
        lake.publish(&staged, seq).unwrap();
    }
    let recovered = recover(&Lake::local(dir.path()), 3, Some(1)).unwrap();
    assert_eq!(recovered.live.ends, [(3, 1, 8)]);
    assert_eq!(Export::open(dir.path()).unwrap().count(), 8);
    recover(&Lake::local(dir.path()), 3, None).unwrap();
    assert_eq!(tree(dir.path()), Vec::<String>::new());
    assert_eq!(recover(&Lake::local(dir.path()), 3, None).unwrap().removed, Vec::<String>::new());
}

#[test]
fn recovery_leaves_other_partitions_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut other = LakeWriter::open(&Lake::local(dir.path()), 30, 0, Versions::default()).unwrap();
    other.push_track(Source { partition: 30, offset: 0, timestamp: T0 }, track("a", T0));
    let staged = other.flush(1).unwrap();
    other.publish(&staged, 1).unwrap();
    other.push_track(Source { partition: 30, offset: 1, timestamp: T0 }, track("a", T0));
    other.flush(2).unwrap();
    let before = tree(dir.path());
    recover(&Lake::local(dir.path()), 3, None).unwrap();
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn what_cannot_be_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut lake = writer(dir.path(), 0);
    push_some(&mut lake, 0, 8);
    let staged = lake.flush(8).unwrap();
    let live = lake.publish(&staged, 1).unwrap();
    // The same set again: nothing happens. Another set under its number: no.
    assert_eq!(lake.publish(&staged, 1).unwrap(), live);
    let other = Staged { next: 9, ..staged.clone() };
    assert!(matches!(publish(&Lake::local(dir.path()), &other, 1), Err(LakeError::Corrupt { .. })));
    // A writer that would write rows again.
    let again = LakeWriter::open(&Lake::local(dir.path()), 3, 7, Versions::default());
    assert!(matches!(again, Err(LakeError::Corrupt { .. })));
    // A manifest whose span overlaps.
    publish(&Lake::local(dir.path()), &Staged { start: 7, next: 20, files: Vec::new(), ..staged.clone() }, 2).unwrap();
    assert!(matches!(Live::load(dir.path()), Err(LakeError::Corrupt { .. })));
    fs::remove_file(dir.path().join("manifest/p003/0000000002.json")).unwrap();
    // A file that is gone, or cut, or not Parquet.
    let path = live[0].path_in(dir.path());
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    assert!(matches!(recover(&Lake::local(dir.path()), 3, Some(1)), Err(LakeError::Corrupt { .. })));
    assert!(matches!(read_tracks(dir.path(), &live[0]), Err(LakeError::Corrupt { .. })));
    let mut flipped = bytes.clone();
    flipped[8] ^= 1;
    fs::write(&path, &flipped).unwrap();
    assert!(matches!(Live::load(dir.path()).unwrap().verify(dir.path()), Err(LakeError::Corrupt { .. })));
    fs::remove_file(&path).unwrap();
    assert!(matches!(recover(&Lake::local(dir.path()), 3, Some(1)), Err(LakeError::Unreadable { .. })));
    let error = writer(dir.path(), 8).history(decode).reports(3, "a", 0, i64::MAX, 9).unwrap_err();
    assert!(error.message.contains("p003-0-8.parquet"), "{error}");
}

#[test]
fn a_flush_that_fails_keeps_the_rows_and_can_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let mut lake = writer(dir.path(), 0);
    push_some(&mut lake, 0, 8);
    // A file stands where the folder of staged files should be: nothing can be written there.
    fs::create_dir_all(dir.path().join("stage")).unwrap();
    let blocked = dir.path().join("stage/p003");
    fs::write(&blocked, "").unwrap();
    let error = lake.flush(8).unwrap_err();
    assert!(matches!(error, LakeError::Unwritable { .. }) && !error.is_output_full(), "{error:?}");
    assert_eq!(lake.rows_buffered(), 8);
    fs::remove_file(&blocked).unwrap();
    let staged = lake.flush(8).unwrap();
    lake.publish(&staged, 1).unwrap();
    assert_eq!(Export::open(dir.path()).unwrap().count(), 8);
}

#[test]
fn export_orders_partitions_by_their_clocks() {
    let dir = tempfile::tempdir().unwrap();
    // (partition, offset, timestamp); clocks never run back, so partition 1 offset 1 counts as 9.
    let log = [(0, 0, 1), (1, 0, 9), (0, 1, 9), (1, 1, 2), (0, 2, 12), (1, 2, 11)];
    for partition in 0..2 {
        let mut lake = LakeWriter::open(&Lake::local(dir.path()), partition, 0, Versions::default()).unwrap();
        for (_, offset, timestamp) in log.iter().filter(|row| row.0 == partition) {
            let at = Source { partition, offset: *offset, timestamp: T0 + timestamp };
            if *offset == 1 {
                lake.push_record(tick(at));
            } else {
                lake.push_track(at, track("u", at.timestamp));
            }
            if *offset != 1 {
                let staged = lake.flush(offset + 1).unwrap();
                lake.publish(&staged, *offset).unwrap();
            }
        }
    }
    let order: Vec<_> = Export::open(dir.path())
        .unwrap()
        .map(|item| item.unwrap().source())
        .map(|source| (source.partition, source.offset))
        .collect();
    assert_eq!(order, [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (0, 2)]);
}

#[test]
fn export_gives_a_repaired_time_as_the_unit_said_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut lake = writer(dir.path(), 0);
    let row = TrackRow { quality: Quality::WEEK_ROLLOVER, ..track("a", T0) };
    lake.push_track(source(0, T0), row);
    let staged = lake.flush(1).unwrap();
    lake.publish(&staged, 1).unwrap();
    let item = Export::open(dir.path()).unwrap().next().unwrap().unwrap();
    assert!(matches!(item, LogItem::Fix { fix, .. } if fix.time == T0 - WEEK_ROLLOVER), "{item:?}");
}
