//! `kervan replay`: equal runs are equal bytes; bad input has the exit code of FORMATS, section 5, and nothing is lost.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use kervan::domain::output::TrackRow;
use kervan::domain::record::Source;
use kervan::edge::lake::{Live, Table, read_tracks};

use super::logs::{lines, plain_lines, plain_messages, records};
use super::support::{
    bytes, directory, exported, json_lines, kervan, outcomes_sum, replay, replayed, rulebook, run, summary,
};

/// Every row of the tracks, by place in the log.
pub fn track_rows(out: &Path) -> Vec<(Source, TrackRow)> {
    let live = Live::load(out).expect("the lake is whole");
    let mut rows: Vec<(Source, TrackRow)> = Vec::new();
    for file in live.of(Table::Tracks) {
        rows.extend(read_tracks(out, file).expect("a track file can be read"));
    }
    rows.sort_by_key(|(source, _)| (source.partition, source.offset));
    rows
}

/// Asserts that two runs ended alike.
pub fn assert_alike(one: &Path, other: &Path) {
    for name in ["alerts.ndjson", "episodes.ndjson", "rejects.ndjson", "summary.json", "kpis.json"] {
        let (a, b) = (bytes(&one.join(name)), bytes(&other.join(name)));
        let place = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
        let around =
            |x: &[u8]| String::from_utf8_lossy(&x[place.saturating_sub(200)..x.len().min(place + 200)]).into_owned();
        assert!(a == b, "{name} differs:\n{}\n{}", around(&a), around(&b));
    }
    assert!(track_rows(one) == track_rows(other), "the track rows differ");
}

struct Bench {
    _dir: tempfile::TempDir,
    at: PathBuf,
    book: PathBuf,
}

fn bench() -> Bench {
    let dir = directory();
    let at = dir.path().to_path_buf();
    let book = rulebook(&at);
    Bench { _dir: dir, at, book }
}

impl Bench {
    fn log(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.at.join(name);
        std::fs::write(&path, content).expect("a log can be written");
        path
    }

    fn out(&self, name: &str) -> PathBuf {
        self.at.join(name)
    }

    fn fails(&self, log: &Path, out: &Path, code: i32, word: &str) {
        let (got, said) = run(&mut replay(&[log], &self.book, out, &[]));
        assert_eq!(got, code, "{said}");
        assert!(said.contains(word), "the error names {word}: {said}");
    }
}

#[test]
fn runs_batches_and_compressions_are_equal_bytes() {
    let b = bench();
    let content = lines(&records(7, 12, 120));
    let log = b.log("log.ndjson", &content);
    let first = b.out("first");
    replayed(&[&log], &b.book, &first, &[]);
    assert!(json_lines(&first.join("alerts.ndjson")).len() > 50, "the log gives alerts");
    assert_eq!(outcomes_sum(&first) as usize, content.iter().filter(|c| **c == b'\n').count());
    for (name, more) in
        [("again", &[][..]), ("small", &["--batch", "1"]), ("odd", &["--batch", "37", "--checkpoint-records", "211"])]
    {
        let out = b.out(name);
        replayed(&[&log], &b.book, &out, more);
        assert_alike(&first, &out);
    }
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&content).expect("memory takes it");
    let gz = b.log("log.ndjson.gz", &gz.finish().expect("memory takes it"));
    let zst = b.log("log.ndjson.zst", &zstd::encode_all(&content[..], 1).expect("memory takes it"));
    for (name, log) in [("gz", gz), ("zst", zst)] {
        replayed(&[&log], &b.book, &b.out(name), &[]);
        assert_alike(&first, &b.out(name));
    }
    let cut = content.len() / 2 + content[content.len() / 2..].iter().position(|c| *c == b'\n').unwrap_or(0) + 1;
    let (one, two) = (b.log("one.ndjson", &content[..cut]), b.log("two.ndjson", &content[cut..]));
    replayed(&[&one, &two], &b.book, &b.out("files"), &[]);
    assert_alike(&first, &b.out("files"));
}

#[test]
fn protobuf_gives_what_json_gives() {
    let b = bench();
    let records = records(9, 8, 100);
    let json = b.log("log.ndjson", &plain_lines(&records));
    replayed(&[&json], &b.book, &b.out("json"), &[]);
    assert!(json_lines(&b.out("json").join("alerts.ndjson")).len() > 20, "the log gives alerts");
    let messages = plain_messages(&records);
    let packed = zstd::encode_all(&messages[..], 1).expect("memory takes it");
    for (name, log) in [("pb", b.log("log.pb", &messages)), ("zst", b.log("log.pb.zst", &packed))] {
        replayed(&[&log], &b.book, &b.out(name), &["--batch", "50"]);
        assert_alike(&b.out("json"), &b.out(name));
        // The tables hold commands as JSON, so the log that comes back is the same, too.
        assert!(exported(&b.out("json")) == exported(&b.out(name)), "the exported logs differ");
    }
    // A message of a later version, then half of one: a reject, and an error that names the record.
    let mut damaged = messages.clone();
    damaged.extend_from_slice(b"\x03\x9a\x01\x00\x20\x12");
    let log = b.log("damaged.pb", &damaged);
    b.fails(&log, &b.out("damaged"), 3, &format!("record {}", records.len() + 1));
    let rejects = json_lines(&b.out("damaged").join("rejects.ndjson"));
    assert_eq!(rejects.last().expect("there is one")["reason"], "unknown_type");
}

#[test]
fn standard_input_and_the_exported_log_give_the_same_alerts() {
    let b = bench();
    let mut content = plain_lines(&records(8, 8, 100));
    content.splice(0..0, *b"\n\n{\"type\":\"fix\"}\nnot json\n");
    let log = b.log("log.ndjson", &content);
    replayed(&[&log], &b.book, &b.out("first"), &[]);
    let mut child = replay(&[Path::new("-")], &b.book, &b.out("stdin"), &[])
        .stdin(Stdio::piped())
        .spawn()
        .expect("the command starts");
    child.stdin.take().expect("it was asked for").write_all(&content).expect("the command reads");
    assert!(child.wait().expect("it ends").success());
    assert_alike(&b.out("first"), &b.out("stdin"));
    let back = b.log("back.ndjson", &exported(&b.out("first")));
    replayed(&[&back], &b.book, &b.out("back"), &[]);
    for name in ["alerts.ndjson", "episodes.ndjson"] {
        assert!(bytes(&b.out("first").join(name)) == bytes(&b.out("back").join(name)), "{name} differs");
    }
    assert!(track_rows(&b.out("first")) == track_rows(&b.out("back")), "the track rows differ");
    assert_eq!(summary(&b.out("first"))["outcomes"]["rejected"], 2);
    assert!(exported(&b.out("back")) == exported(&b.out("first")), "the exported log differs");
}

#[test]
fn dirt_is_rejected_and_the_run_goes_on() {
    let b = bench();
    let good = lines(&records(9, 2, 40));
    let mut content = Vec::new();
    for (n, line) in good.split_inclusive(|c| *c == b'\n').enumerate() {
        content.extend_from_slice(line);
        match n {
            3 => {
                content.extend_from_slice(b"{\"type\":\"fix\",\"unit\":\"");
                content.resize(content.len() + 10_000_000, b'x');
                content.extend_from_slice(b"\"}\n");
            }
            5 => {
                content.resize(content.len() + 200_000, b'[');
                content.push(b'\n');
            }
            7 => content.extend_from_slice(
                b"{\"type\":\"fix\",\"unit\":\"U\",\"fix_time\":\"2026-06-01T00:00:00Z\",\"lat\":NaN,\"lon\":1}\n",
            ),
            9 => content.extend_from_slice(b"\xff\xfe{\"type\":\"tick\"}\n"),
            11 => content.extend_from_slice(b"{\"type\":\"nonsense\",\"time\":\"2026-06-01T00:00:00Z\"}\n"),
            _ => {}
        }
    }
    let (clean, dirty) = (b.log("clean.ndjson", &good), b.log("dirty.ndjson", &content));
    replayed(&[&clean], &b.book, &b.out("clean"), &[]);
    replayed(&[&dirty], &b.book, &b.out("dirty"), &[]);
    assert_eq!(outcomes_sum(&b.out("dirty")), outcomes_sum(&b.out("clean")) + 5);
    let rejects = json_lines(&b.out("dirty").join("rejects.ndjson"));
    assert_eq!(rejects.len(), 5, "one reject each");
    assert!(rejects.iter().all(|r| r["reason"].is_string()), "with a reason");
    assert!(rejects.iter().any(|r| r.get("bytes_base64").is_some_and(|b| b.is_string())), "bytes that are no text");
    let alerts = |name: &str| bytes(&b.out(name).join("alerts.ndjson"));
    assert!(alerts("clean") == alerts("dirty"), "rejects move no clock");
}

#[test]
fn a_torn_gzip_is_decided_as_far_as_it_goes() {
    let b = bench();
    let content = lines(&records(10, 4, 200));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&content).expect("memory takes it");
    let whole = gz.finish().expect("memory takes it");
    let log = b.log("torn.ndjson.gz", &whole[..whole.len() * 2 / 3]);
    b.fails(&log, &b.out("torn"), 3, "torn.ndjson.gz");
    assert!(track_rows(&b.out("torn")).len() > 100, "what came before it is decided");
    std::fs::write(&log, &whole).expect("a log can be written");
}

#[test]
fn wrong_use_has_its_exit_code() {
    let b = bench();
    let records = records(11, 2, 20);
    let log = b.log("log.ndjson", &lines(&records));
    b.fails(&b.at.join("none.ndjson"), &b.out("a"), 3, "none.ndjson");
    let (code, said) = run(&mut replay(&[&log], &b.at.join("no-book"), &b.out("b"), &[]));
    assert_eq!(code, 3, "{said}");
    std::fs::create_dir(b.at.join("bad")).expect("a directory can be made");
    std::fs::write(b.at.join("bad/rulebook.toml"), "version = \"x\"\nnonsense = 1\n").expect("a file can be written");
    let (code, said) = run(&mut replay(&[&log], &b.at.join("bad"), &b.out("c"), &[]));
    assert!(code == 2 && said.contains("nonsense"), "{code}: {said}");
    std::fs::create_dir(b.out("full")).expect("a directory can be made");
    std::fs::write(b.out("full").join("mine.txt"), "x").expect("a file can be written");
    b.fails(&log, &b.out("full"), 2, "full");
    assert_eq!(bytes(&b.out("full").join("mine.txt")), b"x", "what is there stays");
    replayed(&[&log], &b.book, &b.out("done"), &[]);
    let before = bytes(&b.out("done").join("alerts.ndjson"));
    replayed(&[&log], &b.book, &b.out("done"), &[]); // finished: nothing left to do
    let other = b.log("other.ndjson", &lines(&records[..10]));
    b.fails(&other, &b.out("done"), 2, "done");
    assert_eq!(bytes(&b.out("done").join("alerts.ndjson")), before);
    let mut mixed = lines(&records[..5]);
    mixed.extend(plain_lines(&records[5..8]));
    b.fails(&b.log("mixed.ndjson", &mixed), &b.out("mixed"), 2, "mix");
    std::fs::write(b.at.join("file"), "x").expect("a file can be written");
    let (code, said) = run(&mut replay(&[&log], &b.book, &b.at.join("file/out"), &[]));
    assert_eq!(code, 5, "{said}");
    let (code, _) = run(&mut kervan(&["replay"]));
    assert_eq!(code, 2);
}
