//! The metadata of a committed offset: `v1;K=812345;ck=p003/00000000812345-2f9c.ckpt;h=9f3c...`.
//!
//! One offset commit thereby publishes outputs, offset and checkpoint together, and the group's generation fences all of
//! them at once. Kafka allows 4096 bytes.

use std::fmt;

/// Which checkpoint belongs to a committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// K: the offset to read on from.
    pub next: u64,
    /// Name of the checkpoint object in its store.
    pub checkpoint: String,
    /// First 16 hex digits of the BLAKE3 of the object.
    pub hash: String,
}

/// Metadata that is no pointer of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PointerFault {
    /// A format that this version does not know.
    Unknown(String),
    /// Not of the form above.
    Malformed(String),
}

impl fmt::Display for PointerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PointerFault::Unknown(text) => {
                write!(
                    f,
                    "the metadata of the committed offset is of a newer format ({text}); use the version of kervan that wrote it"
                )
            }
            PointerFault::Malformed(text) => write!(
                f,
                "the metadata of the committed offset is not ours ({text}); another program has committed offsets for this group"
            ),
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1;K={};ck={};h={}", self.next, self.checkpoint, self.hash)
    }
}

impl Pointer {
    /// Reads the metadata of a committed offset; `None` where there is none.
    ///
    /// # Errors
    /// Where there is metadata that is no pointer.
    pub fn parse(text: &str) -> Result<Option<Pointer>, PointerFault> {
        if text.is_empty() {
            return Ok(None);
        }
        let shown = || text.chars().take(60).collect::<String>();
        let malformed = || PointerFault::Malformed(shown());
        let mut parts = text.split(';');
        match parts.next() {
            Some("v1") => {}
            Some(other) if other.starts_with('v') && other[1..].parse::<u32>().is_ok() => {
                return Err(PointerFault::Unknown(shown()));
            }
            _ => return Err(malformed()),
        }
        let mut value = |key: &str| -> Result<&str, PointerFault> {
            parts.next().and_then(|part| part.strip_prefix(key)).filter(|v| !v.is_empty()).ok_or_else(malformed)
        };
        let next = value("K=")?.parse().map_err(|_| malformed())?;
        let checkpoint = value("ck=")?.to_owned();
        let hash = value("h=")?.to_owned();
        let inside = checkpoint.split('/').all(|part| !part.is_empty() && part != "..");
        let hex = hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if parts.next().is_some() || !inside || !hex {
            return Err(malformed());
        }
        Ok(Some(Pointer { next, checkpoint, hash }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_survives_its_text() {
        let pointer =
            Pointer { next: 812_345, checkpoint: "p003/x-2f9c.ckpt".to_owned(), hash: "0123456789abcdef".to_owned() };
        assert_eq!(pointer.to_string(), "v1;K=812345;ck=p003/x-2f9c.ckpt;h=0123456789abcdef");
        assert_eq!(Pointer::parse(&pointer.to_string()), Ok(Some(pointer)));
        assert_eq!(Pointer::parse(""), Ok(None));
    }

    #[test]
    fn what_others_committed_is_named() {
        assert!(matches!(Pointer::parse("v2;whatever"), Err(PointerFault::Unknown(_))));
        for text in [
            "x",
            "v1",
            "v1;K=1;ck=;h=0123456789abcdef",
            "v1;K=a;ck=b;h=0123456789abcdef",
            "v1;K=1;ck=../b;h=0123456789abcdef",
            "v1;K=1;ck=b;h=0123456789abcde",
            "v1;K=1;ck=b;h=0123456789abcdef;more",
        ] {
            assert!(matches!(Pointer::parse(text), Err(PointerFault::Malformed(_))), "{text}");
        }
    }
}
