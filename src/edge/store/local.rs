//! A directory. Written under a passing name, synced, given its own name, and the folder synced: there after a power cut, or
//! not at all.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Store, StoreError};
use crate::delivery::disk::{Disk, Folders, LocalDisk, names_in, remove_if_there};

/// See the module.
#[derive(Debug)]
pub struct LocalStore {
    root: PathBuf,
    disk: Arc<dyn Disk>,
    folders: Folders,
}

impl LocalStore {
    /// The directory is made when something is written.
    pub fn new(root: &Path) -> LocalStore {
        LocalStore::on(root, Arc::new(LocalDisk))
    }

    /// The same, on a disk.
    pub fn on(root: &Path, disk: Arc<dyn Disk>) -> LocalStore {
        LocalStore { root: root.to_path_buf(), disk, folders: Folders::below(root) }
    }

    fn store(&self) -> String {
        self.root.display().to_string()
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = path.parent().unwrap_or(&self.root);
        self.folders.make(&*self.disk, folder)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let part = folder.join(format!(".{name}.{:016x}.part", self.disk.token()));
        self.disk.write_new(&part, bytes)?;
        // A link, not a rename: it never replaces what another process has written meanwhile.
        let same = || self.disk.read(path).is_ok_and(|there| there == bytes);
        let linked = match self.disk.link(&part, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && same() => Ok(()),
            linked => linked,
        };
        let _ = self.disk.remove(&part);
        linked?;
        self.disk.sync_dir(folder)
    }
}

impl Store for LocalStore {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(&self.root.join(name), bytes).map_err(|error| {
            let (name, store) = (name.to_owned(), self.store());
            match error.kind() {
                io::ErrorKind::AlreadyExists => StoreError::Taken { name, store },
                _ => StoreError::Unwritable { name, store, message: error.to_string() },
            }
        })
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.disk.read(&self.root.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(StoreError::Unreadable { name: name.to_owned(), store: self.store(), message: error.to_string() })
            }
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let names = names_in(&*self.disk, &self.root.join(folder)).map_err(|error| StoreError::Unreadable {
            name: folder.to_owned(),
            store: self.store(),
            message: error.to_string(),
        })?;
        Ok(names.iter().filter(|name| !name.starts_with('.')).map(|name| format!("{folder}{name}")).collect())
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        remove_if_there(&*self.disk, &self.root.join(name)).map_err(|error| StoreError::Unwritable {
            name: name.to_owned(),
            store: self.store(),
            message: error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_written_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::new(&dir.path().join("a/b"));
        assert_eq!(store.list("checkpoints/p000/").unwrap(), [""; 0]);
        assert_eq!(store.get("checkpoints/p000/x").unwrap(), None);
        store.put_new("checkpoints/p000/x", b"one").unwrap();
        store.put_new("checkpoints/p000/x", b"one").unwrap();
        assert!(matches!(store.put_new("checkpoints/p000/x", b"two"), Err(StoreError::Taken { .. })));
        assert_eq!(store.get("checkpoints/p000/x").unwrap().as_deref(), Some(&b"one"[..]));
        assert_eq!(store.list("checkpoints/p000/").unwrap(), ["checkpoints/p000/x"]);
        store.remove("checkpoints/p000/x").unwrap();
        store.remove("checkpoints/p000/x").unwrap();
        assert_eq!(store.list("checkpoints/p000/").unwrap(), [""; 0]);
    }
}
