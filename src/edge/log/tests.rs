//! Files of every packing, damaged ones, long lines, resumption.

use super::*;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn file(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// All lines with their numbers, and the error at the end, if any.
fn read(paths: &[PathBuf], lines_max: usize, from: u64) -> (Vec<(u64, Vec<u8>)>, Option<LogError>) {
    let mut reader = LogReader::open(paths).unwrap();
    reader.skip_to(from);
    let mut batch = RawBatch::with_limits(lines_max, 1 << 20);
    let mut lines = Vec::new();
    loop {
        match reader.next_batch(&mut batch) {
            Ok(true) => lines.extend(batch.iter().map(|l| (l.number, l.bytes.to_vec()))),
            Ok(false) => return (lines, None),
            Err(error) => {
                assert!(matches!(reader.next_batch(&mut batch), Ok(false)), "after an error the log ends");
                return (lines, Some(error));
            }
        }
    }
}

fn expected(lines: &[(u64, &str)]) -> Vec<(u64, Vec<u8>)> {
    lines.iter().map(|(n, l)| (*n, l.as_bytes().to_vec())).collect()
}

#[test]
fn the_count_runs_over_files_of_every_packing_and_over_blank_lines() {
    let dir = tempfile::tempdir().unwrap();
    let members = [gzip(b"b0\r\n \t\r\n"), gzip(b"b2")].concat();
    let frames = [zstd::encode_all(&b"c0\n"[..], 1).unwrap(), zstd::encode_all(&b"c1\n"[..], 1).unwrap()].concat();
    let paths = [
        file(dir.path(), "a.ndjson", b"a0\n\na2"),
        file(dir.path(), "b.ndjson.gz", &members),
        file(dir.path(), "empty.ndjson", b""),
        file(dir.path(), "c.ndjson.zst", &frames),
        file(dir.path(), "packed-without-an-ending", &gzip(b"d0\n")),
    ];
    let all = expected(&[(0, "a0"), (2, "a2"), (3, "b0"), (5, "b2"), (6, "c0"), (7, "c1"), (8, "d0")]);
    for lines_max in [1, 2, 100] {
        assert_eq!(read(&paths, lines_max, 0).0, all);
    }
    for from in 0..9 {
        let rest: Vec<_> = all.iter().filter(|l| l.0 >= from).cloned().collect();
        assert_eq!(read(&paths, 2, from).0, rest, "from line {from}");
    }
    let mut reader = LogReader::open(&paths).unwrap();
    while reader.next_batch(&mut RawBatch::default()).unwrap() {}
    assert_eq!((Some(reader.bytes_read()), reader.position()), (reader.bytes_total(), 9));
    assert!(matches!(read(&paths, 2, 10).1, Some(LogError::Shorter { lines: 9, wanted: 10 })));
}

#[test]
fn a_truncated_file_gives_all_its_whole_lines_and_then_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let text: String = (0..20_000).map(|i| format!("line {} {}\n", i, i * 7_919 % 10_007)).collect();
    let packed =
        [("cut.ndjson.gz", gzip(text.as_bytes())), ("cut.ndjson.zst", zstd::encode_all(text.as_bytes(), 1).unwrap())];
    for (name, bytes) in packed {
        for keep in [0, 5, bytes.len() / 2, bytes.len() - 1] {
            let path = file(dir.path(), name, &bytes[..keep]);
            let (lines, error) = read(&[path], 64, 0);
            let whole: Vec<_> = text.lines().take(lines.len()).map(|l| l.as_bytes().to_vec()).collect();
            assert_eq!(lines.iter().map(|l| l.1.clone()).collect::<Vec<_>>(), whole);
            let error = error.expect("an error");
            assert!(matches!(error, LogError::Truncated { .. }), "{name} {keep}: {error:?}");
            assert!(error.to_string().contains(name));
            assert!(keep < bytes.len() - 1 || lines.len() > 10_000, "{name}: {} lines", lines.len());
        }
    }
}

#[test]
fn a_long_line_is_told_of_and_does_not_fill_the_memory() {
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = b"before\n".to_vec();
    bytes.resize(bytes.len() + 10_000_000, b'x');
    bytes.extend_from_slice(b"\nafter\n");
    bytes.resize(bytes.len() + LINE_BYTES_MAX, b'y');
    let path = file(dir.path(), "long.ndjson", &bytes);
    let mut reader = LogReader::open(&[path]).unwrap();
    let mut batch = RawBatch::with_limits(100, usize::MAX);
    assert!(reader.next_batch(&mut batch).unwrap());
    let lines: Vec<_> = batch.iter().map(|l| (l.number, l.bytes.len(), l.length, l.too_long())).collect();
    let max = LINE_BYTES_MAX;
    assert_eq!(
        lines,
        [(0, 6, 6, false), (1, HEAD_BYTES, 10_000_000, true), (2, 5, 5, false), (3, max, max as u64, false)]
    );
}

#[test]
fn missing_files_folders_and_a_second_standard_input_are_found_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let there = file(dir.path(), "a.ndjson", b"a\n");
    assert!(matches!(LogReader::open(&[&there, &dir.path().join("nope")]), Err(LogError::Open { .. })));
    assert!(matches!(LogReader::open(&[dir.path()]), Err(LogError::Open { .. })));
    assert_eq!(LogReader::open(&["-", &there.display().to_string()]).unwrap().bytes_total(), None);
    assert!(matches!(LogReader::open(&["-", "-"]), Err(LogError::StdinTwice)));
}

#[test]
fn a_written_log_appears_complete_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.ndjson", "a.ndjson.gz", "a.ndjson.zst"] {
        let path = dir.path().join(name);
        let mut dropped = LogWriter::create(&path).unwrap();
        dropped.write(b"x\n").unwrap();
        drop(dropped);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "{name}: dropped");

        let mut writer = LogWriter::create(&path).unwrap();
        writer.write(b"one\ntwo\n").unwrap();
        assert!(!path.exists());
        writer.finish().unwrap();
        assert_eq!(read(std::slice::from_ref(&path), 10, 0).0, expected(&[(0, "one"), (1, "two")]));
        fs::remove_file(path).unwrap();
    }
    assert!(matches!(LogWriter::create(&dir.path().join("no/such/folder")), Err(LogError::Write { .. })));
}

/// Messages with their lengths in front; a length of 128 and more takes two bytes.
fn framed(messages: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        let mut length = message.len();
        while length >= 0x80 {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend_from_slice(message);
    }
    bytes
}

#[test]
fn messages_with_their_lengths_stand_beside_lines() {
    let dir = tempfile::tempdir().unwrap();
    let long = vec![7u8; 300_000];
    let plain = framed(&[b"\x12\n\r\n", &long, b"", b" "]);
    let paths = [
        file(dir.path(), "a.ndjson", b"a0\na1"),
        file(dir.path(), "b.pb", &plain),
        file(dir.path(), "c.pb.zst", &zstd::encode_all(&framed(&[b"c", b""])[..], 1).unwrap()),
        file(dir.path(), "d.pb.gz", &gzip(&framed(&[b"d", b"e"]))),
    ];
    let all: Vec<(u64, Vec<u8>)> = [&b"a0"[..], b"a1", b"\x12\n\r\n", &long, b"", b" ", b"c", b"", b"d", b"e"]
        .into_iter()
        .enumerate()
        .map(|(number, bytes)| (number as u64, bytes.to_vec()))
        .collect();
    for lines_max in [1, 3, 100] {
        let (lines, error) = read(&paths, lines_max, 0);
        assert!(error.is_none(), "{error:?}");
        assert!(lines == all, "{} records", lines.len());
    }
    assert_eq!(read(&paths, 2, 4).0, all[4..]);
}

#[test]
fn of_a_message_that_is_too_long_a_head_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "a.pb", &framed(&[&vec![9u8; LINE_BYTES_MAX + 1], b"next"]));
    let mut reader = LogReader::open(&[path]).unwrap();
    let mut batch = RawBatch::default();
    assert!(reader.next_batch(&mut batch).unwrap());
    let lines: Vec<_> = batch.iter().map(|l| (l.bytes.len(), l.length, l.too_long())).collect();
    assert_eq!(lines, [(HEAD_BYTES, LINE_BYTES_MAX as u64 + 1, true), (4, 4, false)]);
}

#[test]
fn a_damaged_file_of_messages_gives_what_is_whole_and_names_the_record() {
    let dir = tempfile::tempdir().unwrap();
    let whole = framed(&[b"one", &[b'2'; 200]]);
    for cut in 5..whole.len() {
        let (lines, error) = read(&[file(dir.path(), "a.pb", &whole[..cut])], 10, 0);
        assert_eq!(lines, expected(&[(0, "one")]), "cut at {cut}");
        assert!(matches!(error, Some(LogError::HalfRecord { record: 1, .. })), "cut at {cut}: {error:?}");
    }
    let json = file(dir.path(), "b.pb", &[0xff; 12]);
    let (lines, error) = read(&[json], 10, 0);
    assert!(lines.is_empty() && matches!(error, Some(LogError::BadLength { record: 0, .. })), "{error:?}");
}
