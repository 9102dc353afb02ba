//! One file of the log as a stream of plain bytes.

use super::error::LogError;
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const BUFFER_BYTES: usize = 256 << 10;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    Plain,
    /// gzip, one or more members.
    Gzip,
    /// Zstandard, one or more frames.
    Zstd,
}

impl Packing {
    /// By the ending of the name.
    pub fn of_name(path: &Path) -> Packing {
        match path.extension().and_then(|e| e.to_str()) {
            Some("gz") => Packing::Gzip,
            Some("zst") => Packing::Zstd,
            _ => Packing::Plain,
        }
    }

    /// By the first bytes: a log never begins like this. (A Protobuf record of 31 or 40 bytes begins with a length and a
    /// tag, and no tag is 0x8b or 0xb5.)
    fn of_bytes(head: &[u8]) -> Packing {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            _ => Packing::Plain,
        }
    }
}

/// How records are told apart in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Each ends with a line end: NDJSON.
    Lines,
    /// The length of each stands in front of it as a varint: Protobuf.
    Lengths,
}

impl Framing {
    /// `.pb`, packed or not, has lengths; everything else, standard input too, has lines.
    pub fn of_name(path: &Path) -> Framing {
        let packed = Packing::of_name(path) != Packing::Plain;
        let inner = if packed { path.file_stem().map(Path::new) } else { Some(path) };
        match inner.and_then(Path::extension) {
            Some(ending) if ending == "pb" => Framing::Lengths,
            _ => Framing::Lines,
        }
    }
}

/// Counts the bytes that come out of a file, before they are unpacked.
struct Counted<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        // Only a display reads it: no other memory depends on it.
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Opens a file, or standard input for `-`, and unpacks it: by its name where that says so, else by its first bytes.
///
/// # Errors
/// There is no such file, or it cannot be read.
pub fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, LogError> {
    open_counted(path, &Arc::default())
}

/// As [`open`]; adds what is read of the file, still packed, to `count`.
pub(super) fn open_counted(path: &Path, count: &Arc<AtomicU64>) -> Result<Box<dyn BufRead + Send>, LogError> {
    let failed = |source| LogError::Open { path: path.to_owned(), source };
    let raw: Box<dyn Read + Send> =
        if is_stdin(path) { Box::new(io::stdin()) } else { Box::new(File::open(path).map_err(failed)?) };
    let counted = Counted { inner: raw, bytes: Arc::clone(count) };
    let mut bytes = BufReader::with_capacity(BUFFER_BYTES, counted);
    let packing = match Packing::of_name(path) {
        Packing::Plain => Packing::of_bytes(bytes.fill_buf().map_err(failed)?),
        named => named,
    };
    Ok(match packing {
        Packing::Plain => Box::new(bytes),
        Packing::Gzip => Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(bytes))),
        Packing::Zstd => {
            let frames = zstd::stream::read::Decoder::with_buffer(bytes).map_err(failed)?;
            Box::new(BufReader::with_capacity(BUFFER_BYTES, frames))
        }
    })
}

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}
