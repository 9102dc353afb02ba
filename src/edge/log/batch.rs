//! A reusable buffer of raw lines.

/// One line as it came, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawLine<'a> {
    /// Its bytes; the head only, where it was too long.
    pub bytes: &'a [u8],
    /// Its number, from 0 over all files: the offset of a plain line.
    pub number: u64,
    /// Its whole length, bytes.
    pub length: u64,
}

impl RawLine<'_> {
    /// Whether only a head was kept.
    pub fn too_long(&self) -> bool {
        self.length > self.bytes.len() as u64
    }
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    number: u64,
    length: u64,
}

/// Lines that were read together; clearing it keeps its memory.
#[derive(Clone, Debug)]
pub struct RawBatch {
    bytes: Vec<u8>,
    spans: Vec<Span>,
    lines_max: usize,
    bytes_max: usize,
}

impl Default for RawBatch {
    /// 4096 lines, or 1 MiB: a fraction of a second of work, and small enough for the cache.
    fn default() -> RawBatch {
        RawBatch::with_limits(4_096, 1 << 20)
    }
}

impl RawBatch {
    /// A batch is full at `lines_max` lines or when it holds `bytes_max` bytes, whichever comes first.
    pub fn with_limits(lines_max: usize, bytes_max: usize) -> RawBatch {
        RawBatch { bytes: Vec::new(), spans: Vec::new(), lines_max: lines_max.max(1), bytes_max: bytes_max.max(1) }
    }

    /// Its lines, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = RawLine<'_>> {
        self.spans.iter().map(|s| RawLine { bytes: &self.bytes[s.start..s.end], number: s.number, length: s.length })
    }

    /// How many lines.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Forgets the lines.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
    }

    pub(super) fn is_full(&self) -> bool {
        self.spans.len() >= self.lines_max || self.bytes.len() >= self.bytes_max
    }

    pub(super) fn push(&mut self, line: &[u8], number: u64, length: u64) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(line);
        self.spans.push(Span { start, end: self.bytes.len(), number, length });
    }
}
