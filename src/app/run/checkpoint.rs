//! A checkpoint of one partition as one object: a header of JSON, then the state of the shard.
//!
//! ```text
//! "KERVANCK" | header length, u32 LE | header, JSON | state | BLAKE3 of all before, 32 bytes
//! ```
//! The first digits of that hash stand in the pointer of the committed offset, which alone makes the object count. With the
//! hash inside, an older object can be trusted when the newest is damaged.

use serde::{Deserialize, Serialize};

use crate::delivery::Pointer;
use crate::edge::lake::Staged;

/// First bytes of the object.
const MAGIC: &[u8; 8] = b"KERVANCK";
/// Format of the header; a reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// What the log is, as far as a partition can tell: another log under the same name is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogIdentity {
    /// Topic.
    pub topic: String,
    /// Its id, which changes when a topic is made anew; empty where the broker does not tell.
    pub topic_id: String,
    /// Number of its partitions: more of them would give units new partitions.
    pub partitions: u32,
}

/// What stands before the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Format.
    pub format: u32,
    /// Partition.
    pub partition: u32,
    /// K.
    pub next: u64,
    /// Number of the manifest that publishes `staged`.
    pub seq: u64,
    /// Files that its commit publishes.
    pub staged: Staged,
    /// Which log.
    pub log: LogIdentity,
    /// Rulebooks that the state names.
    pub rulebooks: Vec<String>,
    /// Decision version that made it.
    pub decision: u32,
    /// Version of the program that made it.
    pub engine: String,
}

/// Why an object is no checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFault {
    /// Not the bytes that the pointer names.
    #[error("its bytes are not those that were written")]
    Hash,
    /// Not of the form above.
    #[error("it is torn or no checkpoint: {0}")]
    Torn(String),
    /// Written by a newer version.
    #[error("it has format {0}, this version reads up to {FORMAT}; use the version of kervan that wrote it")]
    Newer(u32),
}

/// The object.
///
/// # Errors
/// Where the header cannot be written as JSON.
pub fn encode(header: &Header, state: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let text = serde_json::to_vec(header)?;
    let mut out = Vec::with_capacity(MAGIC.len() + 4 + text.len() + state.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(&text);
    out.extend_from_slice(state);
    let hash = blake3::hash(&out);
    out.extend_from_slice(hash.as_bytes());
    Ok(out)
}

/// Header and state of an object.
///
/// # Errors
/// Where it is torn, or of a newer format.
pub fn decode(bytes: &[u8]) -> Result<(Header, &[u8]), CheckpointFault> {
    let torn = |what: &str| CheckpointFault::Torn(what.to_owned());
    let (body, hash) = bytes.split_last_chunk::<32>().ok_or_else(|| torn("it ends in its beginning"))?;
    if blake3::hash(body).as_bytes() != hash {
        return Err(CheckpointFault::Hash);
    }
    let rest = body.strip_prefix(MAGIC).ok_or_else(|| torn("another beginning"))?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(|| torn("it ends in its beginning"))?;
    let length = u32::from_le_bytes(*length) as usize;
    let header = rest.get(..length).ok_or_else(|| torn("it ends in its header"))?;
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let format: Format = serde_json::from_slice(header).map_err(|error| torn(&error.to_string()))?;
    if format.format > FORMAT {
        return Err(CheckpointFault::Newer(format.format));
    }
    let header: Header = serde_json::from_slice(header).map_err(|error| torn(&error.to_string()))?;
    Ok((header, &rest[length..]))
}

/// First 16 hex digits of the hash inside an object.
pub fn hash(object: &[u8]) -> String {
    let inside = object.split_last_chunk::<32>().map_or([0; 32], |(_, hash)| *hash);
    blake3::Hash::from_bytes(inside).to_hex()[..16].to_owned()
}

/// Checks that an object is the one a pointer names.
///
/// # Errors
/// [`CheckpointFault::Hash`].
pub fn check(bytes: &[u8], pointer: &Pointer) -> Result<(), CheckpointFault> {
    let (header, _) = decode(bytes)?;
    if hash(bytes) == pointer.hash && header.next == pointer.next { Ok(()) } else { Err(CheckpointFault::Hash) }
}

/// Folder of a partition's checkpoints.
pub fn folder(partition: u32) -> String {
    format!("checkpoints/p{partition:03}/")
}

/// Name of an object: K, manifest number, and a token that no other owner has.
pub fn name(partition: u32, next: u64, seq: u64, token: u64) -> String {
    format!("{}{next:020}-{seq:010}-{token:016x}.ckpt", folder(partition))
}

/// K of a name.
pub fn next_of(name: &str) -> Option<u64> {
    name.rsplit('/').next()?.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            format: FORMAT,
            partition: 3,
            next: 17,
            seq: 2,
            staged: Staged { format: 1, partition: 3, start: 9, next: 17, files: Vec::new() },
            log: LogIdentity { topic: "kervan.log".to_owned(), topic_id: String::new(), partitions: 8 },
            rulebooks: vec!["ab".to_owned()],
            decision: 1,
            engine: "0.1.0".to_owned(),
        }
    }

    #[test]
    fn an_object_survives() {
        let bytes = encode(&header(), b"state").unwrap();
        assert_eq!(decode(&bytes), Ok((header(), &b"state"[..])));
        assert_eq!(next_of(&name(3, 17, 2, 5)), Some(17));
    }

    #[test]
    fn garbage_is_never_loaded() {
        let bytes = encode(&header(), b"state").unwrap();
        let pointer = Pointer { next: 17, checkpoint: "x".to_owned(), hash: hash(&bytes) };
        assert_eq!(check(&bytes, &pointer), Ok(()));
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 0x10;
            assert_eq!(check(&other, &pointer), Err(CheckpointFault::Hash));
            assert!(decode(&bytes[..at]).is_err());
        }
        let newer = encode(&Header { format: FORMAT + 1, ..header() }, b"").unwrap();
        assert_eq!(decode(&newer).unwrap_err(), CheckpointFault::Newer(FORMAT + 1));
    }
}
