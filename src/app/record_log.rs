//! Records into a log file: NDJSON, or Protobuf where its name ends with `.pb`.

use std::path::Path;

use crate::domain::record::Body;
use crate::edge::log::{Framing, LogError, LogWriter};
use crate::edge::wire;

/// Bytes that are handed on at once.
const CHUNK: usize = 1 << 20;

/// Writes records in the format that the name of the file asks for; as with [`LogWriter`], nothing half-written is left.
#[derive(Debug)]
pub struct RecordLog {
    log: LogWriter,
    framing: Framing,
    waiting: Vec<u8>,
}

impl RecordLog {
    /// Begins a log.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> Result<RecordLog, LogError> {
        let log = LogWriter::create(path)?;
        Ok(RecordLog { log, framing: Framing::of_name(path), waiting: Vec::with_capacity(CHUNK + 4096) })
    }

    /// Appends a record.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn put(&mut self, body: &Body) -> Result<(), LogError> {
        match self.framing {
            Framing::Lines => wire::encode(body, None, &mut self.waiting),
            Framing::Lengths => wire::encode_protobuf_framed(body, &mut self.waiting),
        }
        if self.waiting.len() < CHUNK {
            return Ok(());
        }
        self.hand_on()
    }

    fn hand_on(&mut self) -> Result<(), LogError> {
        self.log.write(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// Completes the log: it is on disk, under its name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<(), LogError> {
        self.hand_on()?;
        self.log.finish()
    }
}
