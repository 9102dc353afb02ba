//! Folders below a root, each made durable in its parent before anything is put into it.
//!
//! That a folder is there says nothing: whoever made it may have died before its entry was synced, or be about to sync it.
//! So each is synced once by every process that uses it.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Disk;

/// See the module.
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::LocalDisk;
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
