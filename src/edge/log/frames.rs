//! Lengths in front of messages, which may end anywhere in a buffer.

/// No record is as long: a file that says so holds something else.
const LENGTH_MAX: u64 = 1 << 30;

/// Where in a length or a message the reader stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    /// What is read of the length.
    length: u64,
    /// Its bytes so far, each of seven bits.
    bytes: u32,
    /// What is missing of the message, once its length is known.
    missing: Option<u64>,
}

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// So many bytes of a length that goes on in the next buffer, or of one that is now known.
    Length(usize),
    /// So many bytes of a message that goes on.
    Part(usize),
    /// So many bytes, and the message is whole.
    End(usize),
    /// So many bytes of a length, and the message behind it is empty.
    Empty(usize),
    /// A length that is none.
    Absurd(u64),
}

impl Frame {
    /// Whether a length or a message has begun and not ended.
    pub(super) fn is_open(&self) -> bool {
        self.bytes > 0 || self.missing.is_some()
    }

    /// Looks at what follows; `buffer` is not empty.
    pub(super) fn next(&mut self, buffer: &[u8]) -> Piece {
        let Some(missing) = self.missing else { return self.read_length(buffer) };
        let here = usize::try_from(missing).map_or(buffer.len(), |missing| missing.min(buffer.len()));
        if here as u64 == missing {
            *self = Frame::default();
            return Piece::End(here);
        }
        self.missing = Some(missing - here as u64);
        Piece::Part(here)
    }

    fn read_length(&mut self, buffer: &[u8]) -> Piece {
        for (at, byte) in buffer.iter().enumerate() {
            self.length |= u64::from(byte & 0x7f) << (7 * self.bytes);
            self.bytes += 1;
            if self.length > LENGTH_MAX || self.bytes > 5 {
                return Piece::Absurd(self.length);
            }
            if byte & 0x80 == 0 {
                let length = std::mem::take(self).length;
                if length == 0 {
                    return Piece::Empty(at + 1);
                }
                self.missing = Some(length);
                return Piece::Length(at + 1);
            }
        }
        Piece::Length(buffer.len())
    }
}
