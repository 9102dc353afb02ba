//! What can go wrong with a lake: whose fault it is decides what the caller does (wait, stop, or ask for help).

use std::io;
use std::path::{Path, PathBuf};

/// Any cause, as a source.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a lake could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// No room, no right to write, or a read-only file system: waiting (and making room) helps.
    #[error("{doing} {}: output is full or cannot be written; make room or give write access, then start again", path.display())]
    OutputFull {
        /// What was being done.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Writing failed otherwise. What is on disk is unknown: stop, and start again from the checkpoint.
    #[error("{doing} {}: the write failed; check the disk, then start again from the checkpoint", path.display())]
    Unwritable {
        /// What was being done.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that a manifest names, or a manifest itself, cannot be read.
    #[error("reading {}: it is named by the lake but cannot be read; restore it or its access", path.display())]
    Unreadable {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: Cause,
    },
    /// A file is there and says something that cannot be.
    #[error("{}: {message}; restore the file from a copy, or build the lake again from the log", path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What cannot be.
        message: String,
    },
    /// Rows could not be turned into Parquet: a fault of this program.
    #[error("encoding rows of {table}: this is a fault of the program, please report it")]
    Encode {
        /// Which table.
        table: &'static str,
        /// What the encoder said.
        source: Cause,
    },
}

impl LakeError {
    /// A failed write: told apart by whether waiting helps.
    pub(super) fn write(doing: &'static str, path: &Path, source: io::Error) -> LakeError {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::PermissionDenied => LakeError::OutputFull { doing, path, source },
            _ => LakeError::Unwritable { doing, path, source },
        }
    }

    pub(super) fn read(path: &Path, source: impl Into<Cause>) -> LakeError {
        LakeError::Unreadable { path: path.to_path_buf(), source: source.into() }
    }

    pub(super) fn corrupt(path: &Path, message: impl Into<String>) -> LakeError {
        LakeError::Corrupt { path: path.to_path_buf(), message: message.into() }
    }

    /// Whether making room (or giving write access) and trying again can help.
    pub fn is_output_full(&self) -> bool {
        matches!(self, LakeError::OutputFull { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waiting_can_mend_is_output_full() {
        // ENOSPC, EROFS, EACCES, EPERM, EDQUOT against EIO and ENOTDIR.
        for (code, full) in [(28, true), (30, true), (13, true), (1, true), (122, true), (5, false), (20, false)] {
            let error = LakeError::write("writing", Path::new("x"), io::Error::from_raw_os_error(code));
            assert_eq!(error.is_output_full(), full, "errno {code}: {error:?}");
        }
    }
}
