//! Raw records of a topic to records of the log: what a file's line cannot have wrong.

use crate::domain::record::{Body, Record, Source};
use crate::edge::log::HEAD_BYTES;
use crate::edge::wire::{self, LINE_BYTES_MAX, Reject, RejectReason};
use crate::pipeline::{Batch, Raw};

/// Reads the records of one partition.
pub struct Intake {
    partition: u32,
    partitions: u32,
    /// Records whose unit belongs into another partition.
    misplaced: u64,
}

/// One warning for so many misplaced records.
const WARN_EVERY: u64 = 100_000;

impl Intake {
    /// For a partition of a topic that has so many.
    pub fn new(partition: u32, partitions: u32) -> Intake {
        Intake { partition, partitions, misplaced: 0 }
    }

    /// The record.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(&mut self, batch: &Batch, raw: &Raw) -> Result<Record, RejectReason> {
        let Some(value) = batch.value(raw) else {
            return Err(reason(
                "no_value",
                "the record has no value; the log is not compacted and knows no tombstones",
            ));
        };
        if value.len() > LINE_BYTES_MAX {
            return Err(RejectReason::too_long(value.len() as u64));
        }
        let decoded = wire::decode(value)?;
        if let Some(unit) = decoded.body.unit() {
            if batch.key(raw).is_none() {
                return Err(reason(
                    "no_key",
                    "the record has no key; the key is the unit id, which orders its records",
                ));
            }
            if partition_of(unit.as_bytes(), self.partitions) != self.partition {
                self.misplace(unit, raw.offset);
            }
        }
        let source = Source { partition: self.partition, offset: raw.offset, timestamp: raw.timestamp };
        Ok(Record { source, body: decoded.body })
    }

    /// A unit whose records come into two partitions has two states, and its alerts are wrong in both.
    fn misplace(&mut self, unit: &str, offset: u64) {
        metrics::counter!("kervan_misplaced_records_total").increment(1);
        if self.misplaced.is_multiple_of(WARN_EVERY) {
            let (partition, right) = (self.partition, partition_of(unit.as_bytes(), self.partitions));
            tracing::error!(
                alarm = "unit_misplaced",
                unit,
                partition,
                offset,
                right,
                "a unit's record is in another partition than the partitioner murmur2 gives: a producer uses another key or partitioner, and the unit may have two states; set its partitioner to murmur2 (librdkafka: partitioner=murmur2_random) and the key to the unit id"
            );
        }
        self.misplaced += 1;
    }

    /// The hash that a `rulebook` record names.
    pub fn rulebook<'r>(&self, record: &'r Record) -> Option<&'r str> {
        match &record.body {
            Body::Rulebook { sha256, .. } => Some(sha256),
            _ => None,
        }
    }

    /// The reject of a record: its bytes as they came, of one that is too long the head, as of a line in a file.
    pub fn reject<'a>(&self, batch: &'a Batch, raw: &Raw, reason: &'a RejectReason, topic: &'a str) -> Reject<'a> {
        Reject {
            reason: reason.code,
            stage: reason.stage,
            topic: Some(topic),
            partition: self.partition,
            offset: raw.offset,
            timestamp: Some(raw.timestamp),
            message: &reason.message,
            bytes: batch.value(raw).map_or(&[], |value| if value.len() > LINE_BYTES_MAX { head(value) } else { value }),
        }
    }
}

/// The beginning of what is too long to be kept. A few bytes in the log can be a gigabyte once they are unpacked; what
/// repeats all of it could never be written.
pub fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(HEAD_BYTES)]
}

fn reason(code: &'static str, message: &str) -> RejectReason {
    RejectReason { code, stage: "intake", message: message.to_owned(), envelope: Box::default() }
}

/// The partition that Kafka's default partitioner (murmur2, as in its Java client) gives a key.
pub fn partition_of(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) % partitions.max(1)
}

/// MurmurHash2, 32 bits, with the seed of Kafka (`org.apache.kafka.common.utils.Utils.murmur2`).
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut h: u32 = 0x9747_b28c ^ data.len() as u32;
    let (words, tail) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !tail.is_empty() {
        for (i, byte) in tail.iter().enumerate() {
            h ^= u32::from(*byte) << (8 * i);
        }
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    h ^ (h >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of Kafka's own test, `UtilsTest.testMurmur2`.
    #[test]
    fn murmur2_is_kafkas() {
        let cases: [(&[u8], i32); 6] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            (b"abc", 479_470_107),
        ];
        for (key, hash) in cases {
            assert_eq!(murmur2(key) as i32, hash, "{}", String::from_utf8_lossy(key));
        }
    }

    #[test]
    fn what_a_topic_can_have_wrong() {
        let mut intake = Intake::new(0, 1);
        let mut batch = Batch::new(0);
        let tick = br#"{"type":"tick","time":"2026-05-01T08:00:00Z"}"#;
        let fix = br#"{"type":"fix","unit":"u1","fix_time":"2026-05-01T08:00:00Z","lat":40,"lon":29}"#;
        batch.push(0, 1, None, Some(tick));
        batch.push(1, 2, None, Some(fix));
        batch.push(2, 3, Some(b"u1"), Some(fix));
        batch.push(3, 4, Some(b"u1"), None);
        let codes: Vec<_> =
            batch.records().iter().map(|raw| intake.read(&batch, raw).map_err(|reason| reason.code)).collect();
        assert!(codes[0].is_ok() && codes[2].is_ok());
        assert_eq!(codes[1].as_ref().unwrap_err(), &"no_key");
        assert_eq!(codes[3].as_ref().unwrap_err(), &"no_value");
    }

    #[test]
    fn a_reject_of_what_is_too_long_can_be_written() {
        let mut intake = Intake::new(0, 1);
        let mut batch = Batch::new(0);
        let bomb = vec![b'x'; LINE_BYTES_MAX + 1];
        batch.push(0, 1, Some(b"u1"), Some(&bomb));
        batch.push(1, 1, Some(b"u1"), Some(&bomb[1..]));
        let kept = |intake: &mut Intake, raw| {
            let reason = intake.read(&batch, raw).unwrap_err();
            (reason.code, intake.reject(&batch, raw, &reason, "log").bytes.len())
        };
        assert_eq!(kept(&mut intake, &batch.records()[0]), ("too_long", HEAD_BYTES));
        assert_eq!(kept(&mut intake, &batch.records()[1]), ("not_json", LINE_BYTES_MAX));
    }
}
