//! The files of a process, with what of them is there after a power cut: data once it is synced, a name once its folder is.
//!
//! Everything that delivery's promise stands on is written through this port, so that the simulator of failures can put a
//! disk in its place that forgets, fills up and breaks (`tests/failures`).
//!
//! It stands here and not in the rim, since tables and checkpoints, which are siblings there, both write through it.

mod folders;
mod local;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub use folders::Folders;
pub use local::LocalDisk;

/// See the module. Errors are those of the system.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Writes a new file and syncs its data; its folder is not synced yet. Where it cannot be written whole, what was
    /// written of it is removed.
    ///
    /// # Errors
    /// Also where the name is taken. A failed sync is never repeated: the page cache may already call the lost pages clean.
    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Syncs the entries of a folder.
    ///
    /// # Errors
    /// See the trait.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Makes one folder.
    ///
    /// # Errors
    /// Also where the name is taken.
    fn make_dir(&self, path: &Path) -> io::Result<()>;
    /// Renames a file, over what is there.
    ///
    /// # Errors
    /// See the trait.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives a file a second name; it never replaces another file.
    ///
    /// # Errors
    /// Also where the name is taken.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// Also where there is none.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Reads a file.
    ///
    /// # Errors
    /// See the trait.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Length of a file.
    ///
    /// # Errors
    /// See the trait.
    fn length(&self, path: &Path) -> io::Result<u64>;
    /// Whether there is a folder of this name.
    fn is_dir(&self, path: &Path) -> bool;
    /// Names in a folder, in any order; those that are not UTF-8 are none of ours and left out.
    ///
    /// # Errors
    /// Also where there is no such folder.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;
    /// Opens a file whose parts are read one by one.
    ///
    /// # Errors
    /// See the trait.
    fn open(&self, path: &Path) -> io::Result<Content>;
    /// A number that no other process gets, for names: two owners of one partition (one of them paused and forgotten) must
    /// not meet in one.
    fn token(&self) -> u64;
}

/// An open file.
#[derive(Debug)]
pub enum Content {
    /// Of the system.
    File(File),
    /// In memory.
    Memory(Arc<[u8]>),
}

/// Names in a folder, sorted; none where it does not exist.
///
/// # Errors
/// Where it cannot be read.
pub fn names_in(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<String>> {
    match disk.list(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        listed => {
            let mut names = listed?;
            names.sort_unstable();
            Ok(names)
        }
    }
}

/// Removes a file; one that is not there is fine.
///
/// # Errors
/// Where the disk refuses.
pub fn remove_if_there(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
