//! Lines, or messages with their lengths, out of several files, in the order given.

use super::error::LogError;
use super::frames::{Frame, Piece};
use super::input::{self, Framing};
use super::{HEAD_BYTES, LINE_BYTES_MAX, RawBatch};
use std::collections::VecDeque;
use std::io::{self, BufRead, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reads a log: several files in order, `-` for standard input, `.gz` and `.zst` unpacked on the way.
pub struct LogReader {
    waiting: VecDeque<PathBuf>,
    current: Option<(PathBuf, Box<dyn BufRead + Send>)>,
    /// Number of the next line.
    next: u64,
    /// Lines before this one are passed over.
    first_wanted: u64,
    failed: Option<LogError>,
    bytes_read: Arc<AtomicU64>,
    bytes_total: Option<u64>,
    /// A line that began in an earlier buffer, or as much of it as is kept.
    partial: Vec<u8>,
    partial_length: u64,
    /// Where in a `.pb` file reading stands.
    frame: Frame,
}

impl std::fmt::Debug for LogReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogReader").field("waiting", &self.waiting).field("next", &self.next).finish_non_exhaustive()
    }
}

impl LogReader {
    /// Opens a log; a file that is not there is found now and not after the others have been read.
    ///
    /// # Errors
    /// A file cannot be opened, or standard input is named twice.
    pub fn open<P: AsRef<Path>>(paths: &[P]) -> Result<LogReader, LogError> {
        let waiting: VecDeque<PathBuf> = paths.iter().map(|p| p.as_ref().to_owned()).collect();
        if waiting.iter().filter(|p| input::is_stdin(p)).count() > 1 {
            return Err(LogError::StdinTwice);
        }
        let mut bytes_total = Some(0);
        for path in &waiting {
            bytes_total = if input::is_stdin(path) {
                None
            } else {
                let length = length(path).map_err(|source| LogError::Open { path: path.clone(), source })?;
                bytes_total.map(|total| total + length)
            };
        }
        Ok(LogReader {
            waiting,
            current: None,
            next: 0,
            first_wanted: 0,
            failed: None,
            bytes_read: Arc::default(),
            bytes_total,
            partial: Vec::new(),
            partial_length: 0,
            frame: Frame::default(),
        })
    }

    /// Number of the next line: how many were read or passed over so far.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Bytes of the files read so far, as they lie on disk, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Bytes of all files, as they lay on disk when they were opened; `None` with standard input among them.
    pub fn bytes_total(&self) -> Option<u64> {
        self.bytes_total
    }

    /// The lines before `line` are counted but not delivered any more: for going on where an earlier run stopped.
    pub fn skip_to(&mut self, line: u64) {
        self.first_wanted = line;
    }

    /// Fills `batch` with the next lines; `false` at the end of the log.
    ///
    /// # Errors
    /// A file could not be read on; the lines before were delivered by the calls before. After an error the log ends.
    pub fn next_batch(&mut self, batch: &mut RawBatch) -> Result<bool, LogError> {
        batch.clear();
        while !batch.is_full() && self.failed.is_none() {
            if self.current.is_none() {
                let Some(path) = self.waiting.pop_front() else { break };
                match input::open_counted(&path, &self.bytes_read) {
                    Ok(bytes) => self.current = Some((path, bytes)),
                    Err(error) => self.fail(error),
                }
                continue;
            }
            if let Err(error) = self.read_buffer(batch) {
                self.fail(error);
            }
        }
        if !batch.is_empty() {
            return Ok(true);
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None if self.next < self.first_wanted => {
                let wanted = std::mem::take(&mut self.first_wanted);
                Err(LogError::Shorter { lines: self.next, wanted })
            }
            None => Ok(false),
        }
    }

    fn fail(&mut self, error: LogError) {
        self.failed = Some(error);
        self.waiting.clear();
        self.current = None;
        // Half a line of a damaged file is no line.
        self.partial.clear();
        self.partial_length = 0;
        self.frame = Frame::default();
        self.first_wanted = 0;
    }

    /// Takes the lines of one buffer of the current file.
    fn read_buffer(&mut self, batch: &mut RawBatch) -> Result<(), LogError> {
        let Some((path, mut bytes)) = self.current.take() else { return Ok(()) };
        let buffer = loop {
            match bytes.fill_buf() {
                Ok(buffer) => break buffer,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) if source.kind() == ErrorKind::UnexpectedEof => {
                    return Err(LogError::Truncated { path, lines: self.next, source });
                }
                Err(source) => return Err(LogError::Read { path, lines: self.next, source }),
            }
        };
        if buffer.is_empty() {
            if self.frame.is_open() {
                return Err(LogError::HalfRecord { path, record: self.next });
            }
            // The last line of a file needs no line end; the next file begins a line of its own.
            if self.partial_length > 0 {
                self.end_line(&[], batch);
            }
            return Ok(());
        }
        let used = match Framing::of_name(&path) {
            Framing::Lines => self.take_lines(buffer, batch),
            Framing::Lengths => match self.take_messages(buffer, batch) {
                Ok(used) => used,
                Err(length) => return Err(LogError::BadLength { path, record: self.next, length }),
            },
        };
        bytes.consume(used);
        self.current = Some((path, bytes));
        Ok(())
    }

    /// How many bytes were used.
    fn take_lines(&mut self, buffer: &[u8], batch: &mut RawBatch) -> usize {
        let mut used = 0;
        while used < buffer.len() && !batch.is_full() {
            match memchr::memchr(b'\n', &buffer[used..]) {
                Some(length) => {
                    self.end_line(&buffer[used..used + length], batch);
                    used += length + 1;
                }
                None => {
                    self.keep(&buffer[used..]);
                    used = buffer.len();
                }
            }
        }
        used
    }

    /// How many bytes were used, or a length that is none.
    fn take_messages(&mut self, buffer: &[u8], batch: &mut RawBatch) -> Result<usize, u64> {
        let mut used = 0;
        while used < buffer.len() && !batch.is_full() {
            let rest = &buffer[used..];
            used += match self.frame.next(rest) {
                Piece::Length(count) => count,
                Piece::Part(count) => {
                    self.keep(&rest[..count]);
                    count
                }
                Piece::End(count) => {
                    self.end_record(&rest[..count], deliver_message, batch);
                    count
                }
                Piece::Empty(count) => {
                    self.end_record(&[], deliver_message, batch);
                    count
                }
                Piece::Absurd(length) => return Err(length),
            };
        }
        Ok(used)
    }

    /// Keeps the begin of a line that goes on in the next buffer.
    fn keep(&mut self, part: &[u8]) {
        self.partial_length += part.len() as u64;
        if self.partial_length <= LINE_BYTES_MAX as u64 {
            self.partial.extend_from_slice(part);
        } else {
            let missing = HEAD_BYTES.saturating_sub(self.partial.len()).min(part.len());
            self.partial.extend_from_slice(&part[..missing]);
            self.partial.truncate(HEAD_BYTES);
        }
    }

    fn end_line(&mut self, rest: &[u8], batch: &mut RawBatch) {
        self.end_record(rest, deliver, batch);
    }

    fn end_record(&mut self, rest: &[u8], deliver: fn(&[u8], u64, u64, &mut RawBatch), batch: &mut RawBatch) {
        let number = self.next;
        self.next += 1;
        if self.partial_length == 0 {
            if number >= self.first_wanted {
                deliver(rest, number, rest.len() as u64, batch);
            }
            return;
        }
        self.keep(rest);
        if number >= self.first_wanted {
            deliver(&self.partial, number, self.partial_length, batch);
        }
        self.partial.clear();
        self.partial_length = 0;
    }
}

/// Length of a file that can be read.
fn length(path: &Path) -> io::Result<u64> {
    let metadata = std::fs::File::open(path)?.metadata()?;
    if metadata.is_dir() { Err(io::Error::from(ErrorKind::IsADirectory)) } else { Ok(metadata.len()) }
}

/// What is kept of a line or message: all of it, or the head of one that is too long.
fn kept(line: &[u8], length: u64) -> &[u8] {
    if length > LINE_BYTES_MAX as u64 { &line[..line.len().min(HEAD_BYTES)] } else { line }
}

/// A message may be empty or end with a blank: it is delivered as it is.
fn deliver_message(message: &[u8], number: u64, length: u64, batch: &mut RawBatch) {
    batch.push(kept(message, length), number, length);
}

fn deliver(line: &[u8], number: u64, length: u64, batch: &mut RawBatch) {
    let kept = kept(line, length);
    let whole = kept.len() as u64 == length;
    let ended = kept.strip_suffix(b"\r").filter(|_| whole).unwrap_or(kept);
    if ended.iter().all(u8::is_ascii_whitespace) && whole {
        return;
    }
    batch.push(ended, number, if whole { ended.len() as u64 } else { length });
}
