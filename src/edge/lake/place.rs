//! Where a lake is: a directory of a disk. Here the errors of the disk become those of the lake.

use super::error::LakeError;
use crate::delivery::disk::{self, Content, Disk, Folders, LocalDisk};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug)]
pub struct Lake {
    dir: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    folders: Arc<Folders>,
}

impl Lake {
    /// A directory of this machine.
    pub fn local(dir: &Path) -> Lake {
        Lake::on(dir, Arc::new(LocalDisk))
    }

    /// A directory of a disk.
    pub fn on(dir: &Path, disk: Arc<dyn Disk>) -> Lake {
        Lake { dir: dir.to_path_buf(), disk, folders: Arc::new(Folders::below(dir)) }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// See [`Disk::token`].
    pub fn token(&self) -> u64 {
        self.disk.token()
    }

    /// A path in it.
    pub(super) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.dir.join(relative)
    }

    /// Writes a new file and syncs it. Its folder is not synced yet.
    pub(super) fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
        self.disk.write_new(path, bytes).map_err(|error| LakeError::write("writing", path, error))
    }

    /// Syncs the entries of a folder.
    pub(super) fn sync_dir(&self, path: &Path) -> Result<(), LakeError> {
        self.disk.sync_dir(path).map_err(|error| LakeError::write("syncing folder", path, error))
    }

    /// Syncs those of the folders that are there.
    pub(super) fn sync_dirs<'p>(&self, paths: impl IntoIterator<Item = &'p PathBuf>) -> Result<(), LakeError> {
        paths.into_iter().filter(|path| self.disk.is_dir(path)).try_for_each(|path| self.sync_dir(path))
    }

    /// Makes a folder of the lake with its ancestors, each durable.
    pub(super) fn make_folder(&self, folder: &Path) -> Result<(), LakeError> {
        self.folders.make(&*self.disk, folder).map_err(|error| LakeError::write("making folder", folder, error))
    }

    /// Removes a file; one that is not there is fine.
    pub(super) fn remove(&self, path: &Path) -> Result<(), LakeError> {
        disk::remove_if_there(&*self.disk, path).map_err(|error| LakeError::write("removing", path, error))
    }

    /// Names in a folder, sorted; none where it does not exist.
    pub(super) fn list(&self, path: &Path) -> Result<Vec<String>, LakeError> {
        disk::names_in(&*self.disk, path).map_err(|error| LakeError::read(path, error))
    }

    /// Reads a file.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>, LakeError> {
        self.disk.read(path).map_err(|error| LakeError::read(path, error))
    }

    /// Length of a file.
    pub(super) fn length(&self, path: &Path) -> Result<u64, LakeError> {
        self.disk.length(path).map_err(|error| LakeError::read(path, error))
    }

    /// Opens a file.
    pub(super) fn open(&self, path: &Path) -> Result<Content, LakeError> {
        self.disk.open(path).map_err(|error| LakeError::read(path, error))
    }
}
