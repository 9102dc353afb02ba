//! From staged to published: final names, then the manifest. Every step may be repeated; what is done already is skipped.

use super::error::LakeError;
use super::manifest::{LiveFile, Manifest, manifest_path};
use super::names::manifest_dir;
use super::place::Lake;
use super::staged::{Staged, StagedFile};
use crate::delivery::failpoint::reach;
use std::collections::BTreeSet;
use std::io;

/// Gives the staged files their final names and writes manifest `seq`. Called once the checkpoint that names `staged` is
/// durable, and again by recovery: a set that is published already is left as it is.
///
/// # Errors
/// Where a file is neither staged nor published, another manifest has the number, or the disk refuses.
pub fn publish(lake: &Lake, staged: &Staged, seq: u64) -> Result<Vec<LiveFile>, LakeError> {
    let manifest = Manifest {
        format: 1,
        partition: staged.partition,
        start: staged.start,
        next: staged.next,
        add: staged.files.iter().map(|file| file.entry.clone()).collect(),
        remove: Vec::new(),
    };
    let folder = manifest_dir(lake.dir(), staged.partition);
    let path = lake.path(manifest_path(staged.partition, seq));
    let live = manifest.add.iter().map(|entry| LiveFile::of(entry.clone(), &path)).collect::<Result<Vec<_>, _>>()?;
    let text = text(&manifest)?;
    match lake.disk.read(&path) {
        // Its name may not be durable yet: whoever wrote it has died before, or found the disk broken.
        Ok(there) if there == text => return lake.sync_dir(&folder).map(|()| live),
        Ok(_) => return Err(LakeError::corrupt(&path, "is there and names another set than the checkpoint")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(LakeError::read(&path, error)),
    }
    rename_all(lake, staged)?;
    reach("renamed");
    lake.make_folder(&folder)?;
    // `.part` of an earlier try is not synced for certain: it is written anew.
    let part = path.with_extension("json.part");
    lake.remove(&part)?;
    lake.write_new(&part, &text)?;
    lake.disk.rename(&part, &path).map_err(|error| LakeError::write("naming manifest", &path, error))?;
    lake.sync_dir(&folder)?;
    Ok(live)
}

fn text(manifest: &Manifest) -> Result<Vec<u8>, LakeError> {
    let mut text =
        serde_json::to_vec(manifest).map_err(|error| LakeError::Encode { table: "manifest", source: error.into() })?;
    text.push(b'\n');
    Ok(text)
}

fn rename_all(lake: &Lake, staged: &Staged) -> Result<(), LakeError> {
    let mut changed = BTreeSet::new();
    for file in &staged.files {
        let (folder, _) = file.entry.path.rsplit_once('/').unwrap_or_default();
        let folder = lake.path(folder);
        lake.make_folder(&folder)?;
        rename(lake, file)?;
        changed.insert(folder);
        if let Some(stage) = lake.path(&file.stage).parent() {
            changed.insert(stage.to_path_buf());
        }
    }
    // A stage folder may be gone, when all this is a repetition.
    lake.sync_dirs(&changed)
}

fn rename(lake: &Lake, file: &StagedFile) -> Result<(), LakeError> {
    let (from, to) = (lake.path(&file.stage), lake.path(&file.entry.path));
    match lake.disk.rename(&from, &to) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound && lake.disk.length(&to).is_ok() => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(LakeError::read(&from, error)),
        Err(error) => return Err(LakeError::write("naming", &to, error)),
    }
    let length = lake.length(&to)?;
    if length == file.entry.bytes {
        return Ok(());
    }
    Err(LakeError::corrupt(&to, format!("has {length} bytes, the checkpoint names {}", file.entry.bytes)))
}
