//! A directory. Written under a passing name, synced, renamed, and the folder synced: there after a power cut, or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Store, StoreError};

/// See the module.
#[derive(Debug)]
pub struct LocalStore {
    root: PathBuf,
    counter: AtomicU64,
}

impl LocalStore {
    /// The directory is made when something is written.
    pub fn new(root: &Path) -> LocalStore {
        LocalStore { root: root.to_path_buf(), counter: AtomicU64::new(0) }
    }

    fn store(&self) -> String {
        self.root.display().to_string()
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = path.parent().unwrap_or(&self.root);
        make_folders(folder)?;
        let turn = self.counter.fetch_add(1, Ordering::Relaxed);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let part = folder.join(format!(".{name}.{}-{turn}.part", std::process::id()));
        let written = (|| {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&part)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            // A link, not a rename: it never replaces what another process has written meanwhile.
            match fs::hard_link(&part, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && fs::read(path)? == bytes => Ok(()),
                other => other,
            }
        })();
        let _ = fs::remove_file(&part);
        written?;
        File::open(folder)?.sync_all()
    }
}

/// Makes a folder with its ancestors, each made durable in its parent.
fn make_folders(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(Path::new("."));
    make_folders(parent)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        other => other?,
    }
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    File::open(parent)?.sync_all()
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
        match fs::read(self.root.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(StoreError::Unreadable { name: name.to_owned(), store: self.store(), message: error.to_string() })
            }
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let unreadable = |error: io::Error| StoreError::Unreadable {
            name: folder.to_owned(),
            store: self.store(),
            message: error.to_string(),
        };
        let entries = match fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                names.push(format!("{folder}{name}"));
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        match fs::remove_file(self.root.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::Unwritable { name: name.to_owned(), store: self.store(), message: error.to_string() })
            }
            _ => Ok(()),
        }
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
