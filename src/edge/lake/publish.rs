//! From staged to published: final names, then the manifest. Every step may be repeated; what is done already is skipped.

use super::durable::{ensure_dir, remove, sync_dir, write_new};
use super::error::LakeError;
use super::manifest::{LiveFile, Manifest, manifest_path};
use super::names::{manifest_dir, partition_name};
use super::staged::{Staged, StagedFile};
use crate::delivery::failpoint::reach;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// Gives the staged files their final names and writes manifest `seq`. Called once the checkpoint that names `staged` is
/// durable, and again by recovery: a set that is published already is left as it is.
///
/// # Errors
/// Where a file is neither staged nor published, another manifest has the number, or the disk refuses.
pub fn publish(dir: &Path, staged: &Staged, seq: u64) -> Result<Vec<LiveFile>, LakeError> {
    let manifest = Manifest {
        format: 1,
        partition: staged.partition,
        start: staged.start,
        next: staged.next,
        add: staged.files.iter().map(|file| file.entry.clone()).collect(),
        remove: Vec::new(),
    };
    let path = dir.join(manifest_path(staged.partition, seq));
    let live = manifest.add.iter().map(|entry| LiveFile::of(entry.clone(), &path)).collect::<Result<Vec<_>, _>>()?;
    let text = text(&manifest)?;
    match fs::read(&path) {
        Ok(there) if there == text => return Ok(live),
        Ok(_) => return Err(LakeError::corrupt(&path, "is there and names another set than the checkpoint")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(LakeError::read(&path, error)),
    }
    rename_all(dir, staged)?;
    reach("renamed");
    let folder = format!("manifest/{}", partition_name(staged.partition));
    ensure_dir(dir, &folder)?;
    // `.part` of an earlier try is not synced for certain: it is written anew.
    let part = path.with_extension("json.part");
    remove(&part)?;
    write_new(&part, &text)?;
    fs::rename(&part, &path).map_err(|error| LakeError::write("naming manifest", &path, error))?;
    sync_dir(&manifest_dir(dir, staged.partition))?;
    Ok(live)
}

fn text(manifest: &Manifest) -> Result<Vec<u8>, LakeError> {
    let mut text =
        serde_json::to_vec(manifest).map_err(|error| LakeError::Encode { table: "manifest", source: error.into() })?;
    text.push(b'\n');
    Ok(text)
}

fn rename_all(dir: &Path, staged: &Staged) -> Result<(), LakeError> {
    let mut changed = BTreeSet::new();
    for file in &staged.files {
        let (folder, _) = file.entry.path.rsplit_once('/').unwrap_or_default();
        ensure_dir(dir, folder)?;
        rename(dir, file)?;
        changed.insert(dir.join(folder));
        if let Some(stage) = dir.join(&file.stage).parent() {
            changed.insert(stage.to_path_buf());
        }
    }
    // A stage folder may be gone, when all this is a repetition.
    changed.iter().filter(|folder| folder.is_dir()).try_for_each(|folder| sync_dir(folder))
}

fn rename(dir: &Path, file: &StagedFile) -> Result<(), LakeError> {
    let (from, to) = (dir.join(&file.stage), dir.join(&file.entry.path));
    match fs::rename(&from, &to) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound && to.is_file() => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(LakeError::read(&from, error)),
        Err(error) => return Err(LakeError::write("naming", &to, error)),
    }
    let length = fs::metadata(&to).map_err(|error| LakeError::read(&to, error))?.len();
    if length == file.entry.bytes {
        return Ok(());
    }
    Err(LakeError::corrupt(&to, format!("has {length} bytes, the checkpoint names {}", file.entry.bytes)))
}
