//! The files of a process, with what of them is there after a power cut: data once it is synced, a name once its folder is.
//!
//! Everything that delivery's promise stands on is written through this port, so that the simulator of failures can put a
//! disk in its place that forgets, fills up and breaks (`tests/failures`).

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

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

/// The disk of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).inspect_err(|_| {
            // A part of a file is of no use to anybody and holds room; the error that matters is the first one.
            let _ = fs::remove_file(path);
        })
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(fs::metadata(path)?.len())
    }

    fn is_dir(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    fn open(&self, path: &Path) -> io::Result<Content> {
        Ok(Content::File(File::open(path)?))
    }

    fn token(&self) -> u64 {
        RandomState::new().build_hasher().finish()
    }
}

/// Folders below a root, each made durable in its parent before anything is put into it.
///
/// That a folder is there says nothing: whoever made it may have died before its entry was synced, or be about to sync it.
/// So each is synced once by every process that uses it.
#[derive(Debug)]
pub struct Folders {
    root: PathBuf,
    durable: Mutex<BTreeSet<PathBuf>>,
}

impl Folders {
    /// Nothing is known yet.
    pub fn below(root: &Path) -> Folders {
        Folders { root: root.to_path_buf(), durable: Mutex::default() }
    }

    /// Makes a folder, a path below the root or the root itself, with its ancestors.
    ///
    /// # Errors
    /// Where one of them cannot be made or synced.
    pub fn make(&self, disk: &dyn Disk, folder: &Path) -> io::Result<()> {
        let there = folder.as_os_str().is_empty() || disk.is_dir(folder);
        if there && self.durable.lock().unwrap_or_else(PoisonError::into_inner).contains(folder) {
            return Ok(());
        }
        let above = folder.parent().unwrap_or(Path::new(""));
        let ours = folder.starts_with(&self.root);
        if there && !ours {
            // Above the root nothing is ours, and maybe not for us to open.
            return Ok(());
        }
        self.make(disk, above)?;
        if !there {
            match disk.make_dir(folder) {
                // Somebody else was quicker.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && disk.is_dir(folder) => {}
                made => made?,
            }
        }
        match disk.sync_dir(if above.as_os_str().is_empty() { Path::new(".") } else { above }) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && there && folder == self.root => {}
            synced => synced?,
        }
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_path_buf());
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_once_and_again_when_they_have_gone() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("a/lake");
        let folders = Folders::below(&root);
        for _ in 0..2 {
            folders.make(&LocalDisk, &root.join("stage/p000")).unwrap();
            assert!(root.join("stage/p000").is_dir());
        }
        fs::remove_dir_all(&root).unwrap();
        folders.make(&LocalDisk, &root.join("stage/p000")).unwrap();
        assert!(root.join("stage/p000").is_dir());
        fs::write(root.join("stage/file"), "").unwrap();
        assert!(folders.make(&LocalDisk, &root.join("stage/file")).is_err(), "a file has the name");
    }
}
