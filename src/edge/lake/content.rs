//! An open file of a disk, as the Parquet reader wants it.

use crate::delivery::disk::Content;
use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use std::io::{BufReader, Cursor, Read};
use std::sync::Arc;

/// See the module.
pub(super) struct Parts(pub Content);

impl Length for Parts {
    fn len(&self) -> u64 {
        match &self.0 {
            Content::File(file) => Length::len(file),
            Content::Memory(bytes) => bytes.len() as u64,
        }
    }
}

/// What follows in a file.
pub(super) enum Rest {
    File(BufReader<std::fs::File>),
    Memory(Cursor<Arc<[u8]>>),
}

impl Read for Rest {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Rest::File(file) => file.read(into),
            Rest::Memory(bytes) => bytes.read(into),
        }
    }
}

impl ChunkReader for Parts {
    type T = Rest;

    fn get_read(&self, start: u64) -> Result<Rest> {
        match &self.0 {
            Content::File(file) => Ok(Rest::File(file.get_read(start)?)),
            Content::Memory(bytes) => {
                let mut cursor = Cursor::new(Arc::clone(bytes));
                cursor.set_position(start);
                Ok(Rest::Memory(cursor))
            }
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        match &self.0 {
            Content::File(file) => file.get_bytes(start, length),
            Content::Memory(bytes) => {
                let start = start as usize;
                let part = start.checked_add(length).and_then(|end| bytes.get(start..end));
                let part = part.ok_or_else(|| ParquetError::EOF(format!("{length} bytes at {start}")))?;
                Ok(Bytes::copy_from_slice(part))
            }
        }
    }
}
