//! Produce requests that were made beforehand, for load tests: what makes load is then not what is measured.
//!
//! Batches in format 2 as Kafka's protocol describes them (`RecordBatch`, magic 2; KIP-98), packed by zstd, and the request
//! `Produce` in version 7. One connection to one broker, in plain text: a test bed, nothing else. It resends nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::config::KafkaSettings;
use crate::pipeline::BrokerFault;

/// A batch in the making.
#[derive(Default)]
pub struct Packer {
    records: Vec<u8>,
    count: u32,
    scratch: Vec<u8>,
}

/// Attributes of a batch: packed by zstd.
const ZSTD: i16 = 4;

impl Packer {
    /// Adds a record.
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        self.scratch.clear();
        self.scratch.push(0); // attributes
        varint(0, &mut self.scratch); // its time is that of the batch
        varint(i64::from(self.count), &mut self.scratch);
        for part in [key, value] {
            varint(part.len() as i64, &mut self.scratch);
            self.scratch.extend_from_slice(part);
        }
        varint(0, &mut self.scratch); // no headers
        varint(self.scratch.len() as i64, &mut self.records);
        self.records.extend_from_slice(&self.scratch);
        self.count += 1;
    }

    /// Records in it.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The batch, with the time at which its records were made; a new one is begun.
    ///
    /// # Errors
    /// Where zstd fails: a fault of this program.
    pub fn finish(&mut self, timestamp: i64) -> std::io::Result<Vec<u8>> {
        let packed = zstd::bulk::compress(&self.records, 1)?;
        // What the checksum covers: from the attributes on.
        let mut body = Vec::with_capacity(packed.len() + 40);
        body.extend_from_slice(&ZSTD.to_be_bytes());
        body.extend_from_slice(&(self.count as i32 - 1).to_be_bytes()); // last offset, from the first
        body.extend_from_slice(&timestamp.to_be_bytes()); // first
        body.extend_from_slice(&timestamp.to_be_bytes()); // greatest
        body.extend_from_slice(&(-1i64).to_be_bytes()); // no producer id,
        body.extend_from_slice(&(-1i16).to_be_bytes()); // epoch
        body.extend_from_slice(&(-1i32).to_be_bytes()); // or sequence
        body.extend_from_slice(&(self.count as i32).to_be_bytes());
        body.extend_from_slice(&packed);
        let mut batch = Vec::with_capacity(body.len() + 21);
        batch.extend_from_slice(&0i64.to_be_bytes()); // the broker gives offsets
        batch.extend_from_slice(&(body.len() as i32 + 9).to_be_bytes()); // what follows
        batch.extend_from_slice(&(-1i32).to_be_bytes()); // epoch of the leader
        batch.push(2);
        batch.extend_from_slice(&crc32c(&body).to_be_bytes());
        batch.extend_from_slice(&body);
        self.records.clear();
        self.count = 0;
        Ok(batch)
    }
}

/// A connection that takes batches.
pub struct Pipe {
    stream: TcpStream,
    topic: String,
    request: Vec<u8>,
    number: i32,
}

/// The broker has said no, or nothing, for so long.
const PATIENCE: Duration = Duration::from_secs(30);

impl Pipe {
    /// Connects to the first broker of the settings.
    ///
    /// # Errors
    /// Exit 2 where they ask for encryption or a password, 3 where no broker is reached.
    pub fn connect(settings: &KafkaSettings) -> Result<Pipe, BrokerFault> {
        if settings.options.get("security.protocol").is_some_and(|protocol| protocol != "plaintext") {
            let message = "prepared requests go to a broker in plain text; use a test bed without security".to_owned();
            return Err(BrokerFault { exit: 2, message });
        }
        let broker = settings.brokers.split(',').next().unwrap_or_default().trim();
        let failed = |error: std::io::Error| BrokerFault {
            exit: 3,
            message: format!("connecting to the broker {broker}: {error}; see that it runs"),
        };
        let stream = TcpStream::connect(broker).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
        Ok(Pipe { stream, topic: settings.topics.log.clone(), request: Vec::new(), number: 0 })
    }

    /// Sends a batch to each of some partitions, and waits until the leader has them.
    ///
    /// # Errors
    /// Exit 5 where it refuses one or does not answer.
    pub fn send<'b>(&mut self, batches: impl ExactSizeIterator<Item = (u32, &'b [u8])>) -> Result<(), BrokerFault> {
        self.number += 1;
        self.fill(batches);
        let topic = &self.topic;
        let failed = |why: String| BrokerFault { exit: 5, message: format!("writing batches to topic {topic}: {why}") };
        self.stream.write_all(&self.request).map_err(|error| failed(error.to_string()))?;
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).map_err(|error| failed(error.to_string()))?;
        let mut answer = vec![0; u32::from_be_bytes(length).min(1 << 24) as usize];
        self.stream.read_exact(&mut answer).map_err(|error| failed(error.to_string()))?;
        match refusal(&answer, self.number) {
            None => Err(failed("the answer is none of this protocol; the broker is too old or too new".to_owned())),
            Some(None) => Ok(()),
            Some(Some((partition, code))) => Err(failed(format!(
                "partition {partition} answers with error {code}; this takes one broker that leads every partition and allows \
                 batches of a megabyte"
            ))),
        }
    }

    fn fill<'b>(&mut self, batches: impl ExactSizeIterator<Item = (u32, &'b [u8])>) {
        let out = &mut self.request;
        out.clear();
        out.extend_from_slice(&[0; 4]); // the length, when it is known
        out.extend_from_slice(&0i16.to_be_bytes()); // Produce
        out.extend_from_slice(&7i16.to_be_bytes());
        out.extend_from_slice(&self.number.to_be_bytes());
        text("kervan-bench", out);
        out.extend_from_slice(&(-1i16).to_be_bytes()); // in no transaction
        out.extend_from_slice(&1i16.to_be_bytes()); // the leader has it
        out.extend_from_slice(&30_000i32.to_be_bytes());
        out.extend_from_slice(&1i32.to_be_bytes()); // one topic
        text(&self.topic, out);
        out.extend_from_slice(&(batches.len() as i32).to_be_bytes());
        for (partition, batch) in batches {
            out.extend_from_slice(&(partition as i32).to_be_bytes());
            out.extend_from_slice(&(batch.len() as i32).to_be_bytes());
            out.extend_from_slice(batch);
        }
        let length = out.len() as u32 - 4;
        out[..4].copy_from_slice(&length.to_be_bytes());
    }
}

/// What an answer says: the first partition that refused, with its error; `None` where it is no such answer.
fn refusal(answer: &[u8], number: i32) -> Option<Option<(i32, i16)>> {
    let mut rest = answer;
    let mut take = |count: usize| {
        let (taken, behind) = rest.split_at_checked(count)?;
        rest = behind;
        Some(taken)
    };
    let int32 = |bytes: &[u8]| bytes.try_into().ok().map(i32::from_be_bytes);
    let int16 = |bytes: &[u8]| bytes.try_into().ok().map(i16::from_be_bytes);
    if int32(take(4)?)? != number {
        return None;
    }
    for _ in 0..int32(take(4)?)? {
        let name = usize::try_from(int16(take(2)?)?).ok()?;
        take(name)?;
        for _ in 0..int32(take(4)?)? {
            let (partition, code) = (int32(take(4)?)?, int16(take(2)?)?);
            take(8 + 8 + 8)?; // offset, time, start of the log
            if code != 0 {
                return Some(Some((partition, code)));
            }
        }
    }
    Some(None)
}

fn text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&(text.len() as i16).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn varint(value: i64, out: &mut Vec<u8>) {
    let mut left = (value << 1 ^ value >> 63) as u64;
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

/// CRC-32C (Castagnoli), as RFC 3720 has it.
fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < 256 {
            let (mut crc, mut bit) = (index as u32, 0);
            while bit < 8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 };
                bit += 1;
            }
            table[index] = crc;
            index += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, byte| TABLE[(crc as u8 ^ byte) as usize] ^ crc >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
    }

    #[test]
    fn a_batch_says_what_is_in_it() {
        let mut packer = Packer::default();
        packer.push(b"U1", b"first");
        packer.push(b"U2", b"second");
        let batch = packer.finish(1_780_000_000_000).unwrap_or_else(|error| panic!("{error}"));
        let int32 = |at: usize| i32::from_be_bytes(batch[at..at + 4].try_into().unwrap_or_default());
        assert_eq!(int32(8) as usize, batch.len() - 12, "length of what follows it");
        assert_eq!(batch[16], 2, "magic");
        assert_eq!(int32(17) as u32, crc32c(&batch[21..]));
        assert_eq!((int32(23), int32(57)), (1, 2), "last offset, count");
        let records = zstd::bulk::decompress(&batch[61..], 1 << 16).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(records, b"\x1a\0\0\0\x04U1\x0afirst\0\x1c\0\0\x02\x04U2\x0csecond\0");
        assert_eq!(packer.count(), 0);
    }

    #[test]
    fn an_answer_is_understood_or_said_not_to_be() {
        let mut answer = 9i32.to_be_bytes().to_vec();
        answer.extend_from_slice(&1i32.to_be_bytes());
        text("log", &mut answer);
        answer.extend_from_slice(&2i32.to_be_bytes());
        for (partition, code) in [(0i32, 0i16), (5, 6)] {
            answer.extend_from_slice(&partition.to_be_bytes());
            answer.extend_from_slice(&code.to_be_bytes());
            answer.extend_from_slice(&[0; 24]);
        }
        answer.extend_from_slice(&0i32.to_be_bytes());
        assert_eq!(refusal(&answer, 9), Some(Some((5, 6))));
        assert_eq!(refusal(&answer, 8), None, "of another request");
        assert_eq!(refusal(&answer[..30], 9), None, "cut");
    }
}
