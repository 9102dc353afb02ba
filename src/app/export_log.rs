//! `kervan export-log DIR --out LOG`: tracks and records of a lake back to the log they came from.
//!
//! A fix is written anew from its row, which keeps every field in whole units; any other record is the text it was, behind
//! its place in the log. What the log said but nobody could read (rejects) is not in it: it decided nothing.

use super::failure::{ExitCode, Failure, OrFail};
use crate::domain::record::{Body, Source};
use crate::edge::lake::{Export, Live, LogItem};
use crate::edge::log::{Framing, LogWriter};
use crate::edge::wire::{Object, encode, scan};
use std::io;
use std::path::PathBuf;

/// Bytes of lines that are handed to the writer at a time.
const LINES_BYTES: usize = 256 * 1024;

/// Rebuilds the log of a lake.
#[derive(Debug, clap::Args)]
pub struct ExportLogArgs {
    /// Lake directory, as `replay --out` or `run` wrote it.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Log to write, NDJSON; packed if it ends in .gz or .zst; - is standard output.
    #[arg(long, value_name = "LOG")]
    pub out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Exit 3 where the lake is not there or not whole, 5 where the log cannot be written.
pub fn run(args: &ExportLogArgs) -> Result<(), Failure> {
    let (dir, out) = (&args.dir, &args.out);
    if Framing::of_name(out) == Framing::Lengths {
        let message =
            format!("{} would be Protobuf, in which a record has no place; name an .ndjson file", out.display());
        return Err(Failure::usage(message));
    }
    let reading = || format!("exporting the log of the lake {}", dir.display());
    let writing = || format!("exporting the lake {} to {}", dir.display(), out.display());
    if Live::load(dir).or_fail(ExitCode::Missing, reading)?.ends.is_empty() {
        let message =
            format!("no lake in {}: it has no manifest; name the directory that replay or run wrote", dir.display());
        return Err(Failure::new(ExitCode::Missing, anyhow::Error::msg(message)));
    }
    let mut log = LogWriter::create(out).or_fail(ExitCode::OutputFull, writing)?;
    let mut lines = Vec::with_capacity(LINES_BYTES + 4096);
    for item in Export::open(dir).or_fail(ExitCode::Missing, reading)? {
        append(item.or_fail(ExitCode::Missing, reading)?, &mut lines).or_fail(ExitCode::Missing, reading)?;
        if lines.len() >= LINES_BYTES {
            log.write(&lines).or_fail(ExitCode::OutputFull, writing)?;
            lines.clear();
        }
    }
    log.write(&lines).or_fail(ExitCode::OutputFull, writing)?;
    log.finish().or_fail(ExitCode::OutputFull, writing)
}

/// Appends the exported line of one record.
fn append(item: LogItem, lines: &mut Vec<u8>) -> io::Result<()> {
    match item {
        LogItem::Fix { source, unit, fix } => encode(&Body::Fix { unit: unit.into(), fix }, Some(&source), lines),
        LogItem::Record { source, json } => place(&json, &source, lines)
            .ok_or_else(|| io::Error::other(format!("the record at offset {} is no JSON object", source.offset)))?,
    }
    Ok(())
}

/// Appends `json` (one object) with its place in front, and without the place it may have had in an earlier export.
/// Everything else stays as it was, byte for byte. `None` where it is no object.
fn place(json: &str, source: &Source, lines: &mut Vec<u8>) -> Option<()> {
    let object = json.trim_start_matches('\u{feff}').trim();
    let texts = member_texts(object)?;
    let mut head = Object::open(lines);
    head.int("_partition", source.partition);
    head.int("_offset", source.offset);
    head.time("_timestamp", source.timestamp);
    let mut keys = scan::members(object);
    for text in texts {
        let (key, _) = keys.next()?;
        if !key.decode().is_some_and(|key| matches!(&*key, "_partition" | "_offset" | "_timestamp")) {
            lines.push(b',');
            lines.extend_from_slice(text.as_bytes());
        }
    }
    lines.extend_from_slice(b"}\n");
    Some(())
}

/// The texts of the members of a JSON object, `"key":value` each, blanks at the ends removed.
fn member_texts(object: &str) -> Option<Vec<&str>> {
    let inside = object.strip_prefix('{')?.strip_suffix('}')?;
    let mut texts = Vec::new();
    let (mut begin, mut depth, mut quoted, mut escaped) = (0, 0_u32, false, false);
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                texts.push(inside[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    let last = inside[begin..].trim();
    if !last.is_empty() {
        texts.push(last);
    }
    Some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::output::{MotionState, Quality, TrackRow};
    use crate::edge::lake::{Lake, LakeWriter, RecordRow, Versions};
    use crate::edge::wire::{Decoded, decode};
    use std::fs;

    #[test]
    fn a_log_comes_back_as_the_records_it_was() {
        let log = [
            r#"{"type":"fix","unit":"u1","fix_time":"2026-05-01T08:00:00.250Z","lat":40.1,"lon":29.2,"speed":1e99,"course":12.34,"alarms":["door","sos"],"valid":false}"#,
            r#" { "type" : "tick" , "time":1777622401000, "more":[{"a":"},{\"_offset"}] } "#,
            r#"{"_offset":7,"_partition":0,"type":"heartbeat","unit":"u1","\u005ftimestamp":1777622402000,"receive_time":1777622402000}"#,
            r#"{"type":"fix","unit":"u0","fix_time":1777622403000,"lat":-90,"lon":180,"odometer":12.3,"seq":18446744073709551615}"#,
        ];
        let dir = tempfile::tempdir().unwrap();
        let lake = dir.path().join("lake");
        let mut writer = LakeWriter::open(&Lake::local(&lake), 0, 0, Versions::default()).unwrap();
        let mut expected = Vec::new();
        for (offset, line) in log.iter().enumerate() {
            let decoded = decode(line.as_bytes()).unwrap();
            let timestamp = decoded.envelope.timestamp().unwrap();
            let source = Source { partition: 0, offset: offset as u64, timestamp };
            if let Body::Fix { unit, fix } = &decoded.body {
                let row = TrackRow {
                    unit: unit.clone(),
                    fix: *fix,
                    journey: None,
                    quality: Quality(0),
                    corridor: None,
                    chainage_dm: None,
                    cross_track_dm: None,
                    state: MotionState::Unknown,
                    office: None,
                };
                writer.push_track(source, row);
            } else {
                let (type_name, json) = (decoded.body.type_name().into(), (*line).into());
                let unit = decoded.body.unit().map(str::to_owned);
                writer.push_record(RecordRow { source, type_name, unit, journey: None, heartbeat_time: None, json });
            }
            expected.push((source, decoded.body));
        }
        let staged = writer.flush(4).unwrap();
        writer.publish(&staged, 1).unwrap();
        let out = dir.path().join("log.ndjson");
        run(&ExportLogArgs { dir: lake, out: out.clone() }).unwrap();
        let text = fs::read_to_string(out).unwrap();
        let found: Vec<_> = text
            .lines()
            .map(|line| {
                let Decoded { body, envelope } = decode(line.as_bytes()).unwrap();
                let (partition, offset) = (envelope.partition.unwrap(), envelope.offset.unwrap());
                (Source { partition, offset, timestamp: envelope.timestamp().unwrap() }, body)
            })
            .collect();
        assert_eq!(found, expected);
        let verbatim = r#"{"_partition":0,"_offset":1,"_timestamp":"2026-05-01T08:00:01.000Z","type" : "tick","time":1777622401000,"more":[{"a":"},{\"_offset"}]}"#;
        assert_eq!(text.lines().nth(1), Some(verbatim));
    }

    #[test]
    fn what_is_no_lake_and_no_place_to_write_have_their_codes() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("log.ndjson");
        let failure = run(&ExportLogArgs { dir: dir.path().join("none"), out: out.clone() }).unwrap_err();
        assert_eq!(failure.code, ExitCode::Missing);
        let lake = dir.path().join("lake");
        let mut writer = LakeWriter::open(&Lake::local(&lake), 0, 0, Versions::default()).unwrap();
        let staged = writer.flush(1).unwrap();
        writer.publish(&staged, 1).unwrap();
        run(&ExportLogArgs { dir: lake.clone(), out: out.clone() }).unwrap();
        assert_eq!(fs::read(&out).unwrap(), b"");
        let failure = run(&ExportLogArgs { dir: lake, out: out.join("under-a-file") }).unwrap_err();
        assert_eq!(failure.code, ExitCode::OutputFull);
    }
}
