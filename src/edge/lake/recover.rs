//! After a crash: back to what the last commit names. The checkpoint is the truth, so whatever it does not know goes.
//!
//! Order matters: manifests first (from then on nobody counts their files), then files, then what was staged.

use super::durable::{list, remove, sync_dir};
use super::error::LakeError;
use super::manifest::{Live, manifests_of};
use super::names::{Table, manifest_dir, partition_name, stage_dir};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What recovery found and did.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// The files that count.
    pub live: Live,
    /// What was removed: unreferenced files and manifests past the commit, relative to the lake, sorted.
    pub removed: Vec<String>,
}

/// Brings partition `partition` of the lake `dir` to manifest `committed` (`None`: to nothing at all).
///
/// Call [`super::publish()`] for the set the checkpoint names first; then this. Other partitions are not touched.
///
/// # Errors
/// Where a file that counts is missing or too short, or the disk refuses.
pub fn recover(dir: &Path, partition: u32, committed: Option<u64>) -> Result<Recovered, LakeError> {
    let mut sweep = Sweep { dir, removed: Vec::new(), changed: BTreeSet::new() };
    for (seq, path) in manifests_of(dir, partition)? {
        if committed.is_none_or(|committed| seq > committed) {
            sweep.remove(path)?;
        }
    }
    let folder = manifest_dir(dir, partition);
    for name in list(&folder)?.into_iter().filter(|name| name.ends_with(".part")) {
        sweep.remove(folder.join(name))?;
    }
    sweep.sync()?;
    let live = Live::load_partition(dir, partition)?;
    check_present(dir, &live)?;
    sweep.unnamed(partition, &live)?;
    let stage = dir.join(stage_dir(partition));
    for name in list(&stage)? {
        sweep.remove(stage.join(name))?;
    }
    sweep.sync()?;
    sweep.removed.sort_unstable();
    Ok(Recovered { live, removed: sweep.removed })
}

struct Sweep<'d> {
    dir: &'d Path,
    removed: Vec<String>,
    changed: BTreeSet<PathBuf>,
}

impl Sweep<'_> {
    fn remove(&mut self, path: PathBuf) -> Result<(), LakeError> {
        remove(&path)?;
        self.removed.push(path.strip_prefix(self.dir).unwrap_or(&path).to_string_lossy().into_owned());
        self.changed.extend(path.parent().map(Path::to_path_buf));
        Ok(())
    }

    /// Final files of the partition that no manifest names.
    fn unnamed(&mut self, partition: u32, live: &Live) -> Result<(), LakeError> {
        let named: BTreeSet<PathBuf> = live.files.iter().map(|file| file.path_in(self.dir)).collect();
        let prefix = format!("{}-", partition_name(partition));
        for table in Table::ALL {
            let table = self.dir.join(table.name());
            for date in list(&table)?.into_iter().filter(|name| name.starts_with("date=")) {
                let folder = table.join(date);
                for name in list(&folder)?.into_iter().filter(|name| name.starts_with(&prefix)) {
                    let path = folder.join(name);
                    if !named.contains(&path) {
                        self.remove(path)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), LakeError> {
        std::mem::take(&mut self.changed).iter().try_for_each(|folder| sync_dir(folder))
    }
}

fn check_present(dir: &Path, live: &Live) -> Result<(), LakeError> {
    for file in &live.files {
        let path = file.path_in(dir);
        let length = fs::metadata(&path).map_err(|error| LakeError::read(&path, error))?.len();
        if length != file.entry.bytes {
            return Err(LakeError::corrupt(
                &path,
                format!("has {length} bytes, its manifest names {}", file.entry.bytes),
            ));
        }
    }
    Ok(())
}
