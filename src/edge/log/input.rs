//! One file of the log as a stream of plain bytes.

use super::error::LogError;
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

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

    /// By the first bytes: a line of a log never begins like this.
    fn of_bytes(head: &[u8]) -> Packing {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            _ => Packing::Plain,
        }
    }
}

/// Opens a file, or standard input for `-`, and unpacks it: by its name where that says so, else by its first bytes.
pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, LogError> {
    let failed = |source| LogError::Open { path: path.to_owned(), source };
    let raw: Box<dyn Read + Send> =
        if is_stdin(path) { Box::new(io::stdin()) } else { Box::new(File::open(path).map_err(failed)?) };
    let mut bytes = BufReader::with_capacity(BUFFER_BYTES, raw);
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
