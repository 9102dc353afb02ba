//! Writing so that it survives a power cut: file synced, then its folder, then every new ancestor.
//!
//! A failing sync is never repeated: the page cache may already call the lost pages clean. The error goes up and the run
//! starts again from its checkpoint.

use super::error::LakeError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes a new file and syncs it. Its folder is not synced yet.
///
/// # Errors
/// Where the file exists already, or cannot be written whole; what was written of it is removed.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|error| LakeError::write("creating", path, error))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| {
        // A part of a file is of no use to anybody and holds room; the error that matters is the first one.
        let _ = fs::remove_file(path);
        LakeError::write("writing", path, error)
    })
}

/// Syncs the entries of a folder.
pub(super) fn sync_dir(path: &Path) -> Result<(), LakeError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(|error| LakeError::write("syncing folder", path, error))
}

/// Makes `root` and the folders of `relative` under it, and syncs the parent of each that is new.
pub(super) fn ensure_dir(root: &Path, relative: &str) -> Result<(), LakeError> {
    if !root.is_dir() {
        fs::create_dir_all(root).map_err(|error| LakeError::write("making folder", root, error))?;
        if let Some(parent) = root.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_dir(parent)?;
        }
    }
    let mut path = root.to_path_buf();
    for part in relative.split('/').filter(|part| !part.is_empty()) {
        let parent = path.clone();
        path.push(part);
        match fs::create_dir(&path) {
            Ok(()) => sync_dir(&parent)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(error) => return Err(LakeError::write("making folder", &path, error)),
        }
    }
    Ok(())
}

/// Removes a file; one that is not there is fine.
pub(super) fn remove(path: &Path) -> Result<(), LakeError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LakeError::write("removing", path, error)),
        _ => Ok(()),
    }
}

/// Names in a folder, sorted; none where it does not exist.
pub(super) fn list(path: &Path) -> Result<Vec<String>, LakeError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LakeError::read(path, error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| LakeError::read(path, error))?;
        // A name that is not UTF-8 is none of ours.
        if let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}
