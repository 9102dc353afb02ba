//! Objects by name: checkpoints and published rulebooks, in a directory or in S3-compatible storage.
//!
//! An object is written once, whole and durable, under a name that is never used again; nothing is ever overwritten.

mod local;
mod s3;

use std::fmt;
use std::path::PathBuf;

pub use local::LocalStore;
pub use s3::S3Store;

/// Why an object could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room, no right, or no answer: waiting may help.
    #[error("writing {name} to {store}: {message}")]
    Unwritable {
        /// Object.
        name: String,
        /// Store.
        store: String,
        /// What was said.
        message: String,
    },
    /// It is there but cannot be read, or the store does not answer.
    #[error("reading {name} from {store}: {message}")]
    Unreadable {
        /// Object.
        name: String,
        /// Store.
        store: String,
        /// What was said.
        message: String,
    },
    /// Another object has the name.
    #[error("writing {name} to {store}: another object has this name; see that no other process uses this slot")]
    Taken {
        /// Object.
        name: String,
        /// Store.
        store: String,
    },
    /// The address is none.
    #[error("the store {0:?} is no address: file:PATH or s3://BUCKET/PREFIX is expected")]
    Address(String),
}

/// See the module.
pub trait Store: Send + Sync + fmt::Debug {
    /// Writes a new object, durably. The same bytes under the same name count as written.
    ///
    /// # Errors
    /// Where it cannot be written, or the name is taken by other bytes.
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError>;
    /// Reads an object; `None` where there is none.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Names under a folder (`checkpoints/p003/`), sorted.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError>;
    /// Removes an object; one that is not there is fine.
    ///
    /// # Errors
    /// Where the store refuses.
    fn remove(&self, name: &str) -> Result<(), StoreError>;
}

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A directory.
    Local(PathBuf),
    /// Bucket and prefix (without slashes at its ends, or empty).
    S3 {
        /// Bucket.
        bucket: String,
        /// Prefix.
        prefix: String,
    },
}

impl Address {
    /// Reads `file:PATH` (relative to `base`) or `s3://BUCKET/PREFIX`.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(url: &str, base: &std::path::Path) -> Result<Address, StoreError> {
        if let Some(rest) = url.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if bucket.is_empty() {
                return Err(StoreError::Address(url.to_owned()));
            }
            return Ok(Address::S3 { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() });
        }
        match url.strip_prefix("file://").or_else(|| url.strip_prefix("file:")) {
            Some(path) if !path.is_empty() => Ok(Address::Local(base.join(path))),
            _ => Err(StoreError::Address(url.to_owned())),
        }
    }

    /// Opens the store. For S3, `options` (`endpoint`, `region`, `allow_http`, ...) stand over the environment's `AWS_...`.
    ///
    /// # Errors
    /// Where the settings do not do.
    pub fn open(&self, options: &[(String, String)]) -> Result<Box<dyn Store>, StoreError> {
        Ok(match self {
            Address::Local(path) => Box::new(LocalStore::new(path)),
            Address::S3 { bucket, prefix } => Box::new(S3Store::new(bucket, prefix, options)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn addresses() {
        let base = Path::new("/etc/kervan");
        let local = |p: &str| Some(Address::Local(PathBuf::from(p)));
        assert_eq!(Address::parse("file:lake", base).ok(), local("/etc/kervan/lake"));
        assert_eq!(Address::parse("file:///srv/lake", base).ok(), local("/srv/lake"));
        let s3 = Address::S3 { bucket: "b".to_owned(), prefix: "a/c".to_owned() };
        assert_eq!(Address::parse("s3://b/a/c/", base).ok(), Some(s3));
        for wrong in ["lake", "file:", "s3://", "http://x/y"] {
            assert!(Address::parse(wrong, base).is_err(), "{wrong}");
        }
    }
}
