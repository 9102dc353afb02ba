//! After a crash: back to what the last commit names. The checkpoint is the truth, so whatever it does not know goes.
//!
//! Order matters: manifests first (from then on nobody counts their files), then files, then what was staged.
//!
//! A directory that one process has for itself is [`recover()`]ed at once. Where several may own a partition one after the
//! other, who comes first may not yet remove anything: it may be the one that was paused for long, and what it takes for
//! leftovers may be what the owner of today has just staged. It [`survey()`]s, and [`tidy()`]s up what it saw then, once a
//! commit of its own has proved that the partition is still its own.

use super::error::LakeError;
use super::manifest::{Live, manifests_of};
use super::names::{Table, manifest_dir, partition_name, stage_dir};
use super::place::Lake;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What recovery found and did.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// The files that count.
    pub live: Live,
    /// What was removed: unreferenced files and manifests past the commit, relative to the lake, sorted.
    pub removed: Vec<String>,
}

/// What a partition holds.
#[derive(Clone, Debug, Default)]
pub struct Surveyed {
    /// The files that count.
    pub live: Live,
    /// Files that no manifest names, relative to the lake, sorted.
    pub leftovers: Vec<String>,
}

/// Brings partition `partition` of the lake to manifest `committed` (`None`: to nothing at all).
///
/// Call [`super::publish()`] for the set the checkpoint names first; then this. Other partitions are not touched. Nobody
/// else may write to the partition.
///
/// # Errors
/// Where a file that counts is missing or too short, or the disk refuses.
pub fn recover(lake: &Lake, partition: u32, committed: Option<u64>) -> Result<Recovered, LakeError> {
    let beyond = |seq: u64| committed.is_none_or(|committed| seq > committed);
    let folder = format!("manifest/{}", partition_name(partition));
    let mut removed: Vec<String> = manifests_of(lake, partition)?
        .into_iter()
        .filter(|(seq, _)| beyond(*seq))
        .filter_map(|(_, path)| Some(format!("{folder}/{}", path.file_name()?.to_str()?)))
        .collect();
    tidy(lake, &removed)?;
    let Surveyed { live, mut leftovers } = survey(lake, partition)?;
    tidy(lake, &leftovers)?;
    removed.append(&mut leftovers);
    removed.sort_unstable();
    Ok(Recovered { live, removed })
}

/// Reads what partition `partition` of the lake holds. Nothing is changed.
///
/// # Errors
/// Where a file that counts is missing or too short, or the disk refuses.
pub fn survey(lake: &Lake, partition: u32) -> Result<Surveyed, LakeError> {
    let live = Live::load_partition(lake, partition)?;
    check_present(lake, &live)?;
    let parts = lake.list(&manifest_dir(lake.dir(), partition))?.into_iter().filter(|name| name.ends_with(".part"));
    let folder = format!("manifest/{}", partition_name(partition));
    let mut leftovers: Vec<String> = parts.map(|name| format!("{folder}/{name}")).collect();
    unnamed(lake, partition, &live, &mut leftovers)?;
    let stage = stage_dir(partition);
    leftovers.extend(lake.list(&lake.path(&stage))?.into_iter().map(|name| format!("{stage}/{name}")));
    leftovers.sort_unstable();
    Ok(Surveyed { live, leftovers })
}

/// Removes files, relative to the lake, and makes that durable. What is gone already is fine.
///
/// # Errors
/// Where the disk refuses.
pub fn tidy(lake: &Lake, names: &[String]) -> Result<(), LakeError> {
    let mut changed: BTreeSet<PathBuf> = BTreeSet::new();
    for name in names {
        let path = lake.path(name);
        lake.remove(&path)?;
        changed.extend(path.parent().map(Path::to_path_buf));
    }
    lake.sync_dirs(&changed)
}

/// Final files of the partition that no manifest names.
fn unnamed(lake: &Lake, partition: u32, live: &Live, out: &mut Vec<String>) -> Result<(), LakeError> {
    let named: BTreeSet<&str> = live.files.iter().map(|file| file.entry.path.as_str()).collect();
    let prefix = format!("{}-", partition_name(partition));
    for table in Table::ALL {
        let table = table.name();
        for date in lake.list(&lake.path(table))?.into_iter().filter(|name| name.starts_with("date=")) {
            let folder = format!("{table}/{date}");
            for name in lake.list(&lake.path(&folder))?.into_iter().filter(|name| name.starts_with(&prefix)) {
                let path = format!("{folder}/{name}");
                if !named.contains(path.as_str()) {
                    out.push(path);
                }
            }
        }
    }
    Ok(())
}

fn check_present(lake: &Lake, live: &Live) -> Result<(), LakeError> {
    for file in &live.files {
        let path = file.path_in(lake.dir());
        let length = lake.length(&path)?;
        if length != file.entry.bytes {
            return Err(LakeError::corrupt(
                &path,
                format!("has {length} bytes, its manifest names {}", file.entry.bytes),
            ));
        }
    }
    Ok(())
}
