//! Logs of many units for the command's tests.

use kervan::domain::record::{Body, Record};
use kervan::edge::wire::{encode, encode_protobuf_framed};

use super::chance::Chance;
use super::deliveries::{Case, Delivery, UNIT};

/// Records of `units` units, merged by their timestamps: some prompt, some late, some in bursts, with repeats.
pub fn records(seed: u64, units: usize, fixes: usize) -> Vec<Record> {
    let mut chance = Chance::new(seed);
    let mut all: Vec<(usize, Record)> = Vec::new();
    for unit in 0..units {
        let case = Case::new(&mut chance, fixes);
        let how = *chance.pick(&[Delivery::Prompt, Delivery::Scattered(900_000), Delivery::Bursts(1_800_000)]);
        let log = case.deliver(how, fixes / 20, &mut chance);
        all.extend(log.into_iter().map(|record| (unit, renamed(record, unit))));
    }
    all.sort_by_key(|(unit, record)| (record.source.timestamp, *unit));
    let numbered = |(offset, (_, mut record)): (usize, (usize, Record))| {
        record.source.offset = offset as u64;
        record
    };
    all.into_iter().enumerate().map(numbered).collect()
}

/// The same for another unit, with journeys of its own.
fn renamed(mut record: Record, number: usize) -> Record {
    let unit = format!("{UNIT}-{number}");
    match &mut record.body {
        Body::Fix { unit: of, .. } | Body::Heartbeat { unit: of, .. } => *of = unit.into(),
        Body::Command(command) => {
            use kervan::domain::record::Action::{Activate, Amend, ClearToDepart, Deactivate, Reopen};
            command.unit = unit;
            if let Activate { journey, .. }
            | Amend { journey, .. }
            | ClearToDepart { journey }
            | Deactivate { journey, .. }
            | Reopen { journey, .. } = &mut command.action
            {
                *journey = format!("{journey}-{number}");
            }
        }
        Body::Tick { .. } | Body::Rulebook { .. } => {}
    }
    record
}

/// Exported lines of records.
pub fn lines(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        encode(&record.body, Some(&record.source), &mut out);
    }
    out
}

/// Plain lines: timestamps are what the records say.
pub fn plain_lines(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    records.iter().for_each(|record| encode(&plain(record), None, &mut out));
    out
}

/// The same as Protobuf, each record with its length in front.
pub fn plain_messages(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    records.iter().for_each(|record| encode_protobuf_framed(&plain(record), &mut out));
    out
}

fn plain(record: &Record) -> Body {
    let mut body = record.body.clone();
    if let Body::Fix { fix, .. } = &mut body {
        fix.receive_time = Some(record.source.timestamp);
    }
    body
}
