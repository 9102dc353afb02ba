//! Lines into a file that appears under its name when it is complete.

use super::error::LogError;
use super::input::{Packing, is_stdin};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Level of `.zst`: what it takes to pack is small beside deciding.
const ZSTD_LEVEL: i32 = 3;

enum Packer {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, BufWriter<File>>>),
    Stdout(BufWriter<io::Stdout>),
}

impl Packer {
    fn as_write(&mut self) -> &mut dyn Write {
        match self {
            Packer::Plain(w) => w,
            Packer::Gzip(w) => w.as_mut(),
            Packer::Zstd(w) => w.as_mut(),
            Packer::Stdout(w) => w,
        }
    }

    /// Ends the compressed data and gives back the file, if it is one.
    fn finish(self) -> io::Result<Option<File>> {
        let buffered = match self {
            Packer::Plain(w) => w,
            Packer::Gzip(w) => w.finish()?,
            Packer::Zstd(w) => w.finish()?,
            Packer::Stdout(mut w) => return w.flush().map(|()| None),
        };
        buffered.into_inner().map(Some).map_err(io::IntoInnerError::into_error)
    }
}

/// Writes a log, plain or packed by the ending of its name; `-` is standard output.
///
/// It writes to `<name>.part`; [`LogWriter::finish`] flushes, syncs and renames. Dropped before, it leaves nothing.
pub struct LogWriter {
    path: PathBuf,
    part: PathBuf,
    packer: Option<Packer>,
}

impl std::fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

impl LogWriter {
    /// Begins a log.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> Result<LogWriter, LogError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".part");
        let part = PathBuf::from(name);
        let packer = open(path, &part).map_err(|source| LogError::Write { path: path.to_owned(), source })?;
        Ok(LogWriter { path: path.to_owned(), part, packer: Some(packer) })
    }

    /// Appends bytes that end with a line end, as the wire formats write them.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, lines: &[u8]) -> Result<(), LogError> {
        let Some(packer) = &mut self.packer else { return Ok(()) };
        packer.as_write().write_all(lines).map_err(|source| LogError::Write { path: self.path.clone(), source })
    }

    /// Completes the log: it is on disk, under its name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<(), LogError> {
        let Some(packer) = self.packer.take() else { return Ok(()) };
        let done = packer.finish().and_then(|file| match file {
            Some(file) => publish(&file, &self.part, &self.path),
            None => Ok(()),
        });
        if done.is_err() && !is_stdin(&self.path) {
            // The error tells what happened; that a leftover could not be removed adds nothing.
            let _ = fs::remove_file(&self.part);
        }
        done.map_err(|source| LogError::Write { path: self.path.clone(), source })
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        if self.packer.take().is_some() && !is_stdin(&self.path) {
            // As in `finish`.
            let _ = fs::remove_file(&self.part);
        }
    }
}

fn open(path: &Path, part: &Path) -> io::Result<Packer> {
    if is_stdin(path) {
        return Ok(Packer::Stdout(BufWriter::new(io::stdout())));
    }
    let file = BufWriter::with_capacity(1 << 18, File::create(part)?);
    Ok(match Packing::of_name(path) {
        Packing::Plain => Packer::Plain(file),
        Packing::Gzip => Packer::Gzip(Box::new(GzEncoder::new(file, Compression::default()))),
        Packing::Zstd => Packer::Zstd(Box::new(zstd::stream::write::Encoder::new(file, ZSTD_LEVEL)?)),
    })
}

fn publish(file: &File, part: &Path, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    fs::rename(part, path)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
