//! Which files count: the manifests of a partition, applied in order.
//!
//! Appending manifests have disjoint, rising spans; an overlap would count rows twice, so it is refused. A manifest that
//! also removes files (a compaction) may span what others spanned before.

use super::error::LakeError;
use super::names::{Span, Table, manifest_dir, partition_name};
use super::place::Lake;
use super::staged::FileEntry;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// One manifest, `manifest/p003/0000000017.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format: 1.
    pub format: u32,
    /// Partition.
    pub partition: u32,
    /// First offset of the span.
    pub start: u64,
    /// First offset behind it.
    pub next: u64,
    /// Files that count from now on.
    pub add: Vec<FileEntry>,
    /// Paths of files that no longer count.
    pub remove: Vec<String>,
}

/// A file that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveFile {
    /// Its table.
    pub table: Table,
    /// The span that its name says.
    pub span: Span,
    /// What the manifest says of it.
    pub entry: FileEntry,
}

impl LiveFile {
    /// The file of an entry.
    ///
    /// # Errors
    /// Where the entry (of the manifest `manifest`) names an unknown table, or a file whose name says no span.
    pub(super) fn of(entry: FileEntry, manifest: &Path) -> Result<LiveFile, LakeError> {
        let table = Table::from_name(&entry.table)
            .ok_or_else(|| LakeError::corrupt(manifest, format!("unknown table {}", entry.table)))?;
        let inside = !entry.path.starts_with('/') && entry.path.split('/').all(|part| part != "..");
        let span = Span::of_file_name(&entry.path)
            .filter(|_| inside)
            .ok_or_else(|| LakeError::corrupt(manifest, format!("{} is no name of a file of a lake", entry.path)))?;
        Ok(LiveFile { table, span, entry })
    }

    /// Its path under the lake `dir`.
    pub fn path_in(&self, dir: &Path) -> PathBuf {
        dir.join(&self.entry.path)
    }
}

/// The files that count, of one partition or of all.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Ordered by partition, then as they were added.
    pub files: Vec<LiveFile>,
    /// (partition, last manifest, first offset behind it), by partition.
    pub ends: Vec<(u32, u64, u64)>,
}

impl Live {
    /// The files of every partition of the lake in the directory `dir`.
    ///
    /// # Errors
    /// Where a manifest cannot be read or contradicts another.
    pub fn load(dir: &Path) -> Result<Live, LakeError> {
        let (lake, mut partitions) = (Lake::local(dir), Vec::new());
        for name in lake.list(&lake.path("manifest"))? {
            if let Some(partition) = name.strip_prefix('p').and_then(|digits| digits.parse::<u32>().ok()) {
                partitions.push(partition);
            }
        }
        partitions.sort_unstable();
        let mut live = Live::default();
        for partition in partitions {
            let one = Live::load_partition(&lake, partition)?;
            live.files.extend(one.files);
            live.ends.extend(one.ends);
        }
        Ok(live)
    }

    /// The files of one partition.
    ///
    /// # Errors
    /// Where a manifest cannot be read or contradicts another.
    pub fn load_partition(lake: &Lake, partition: u32) -> Result<Live, LakeError> {
        let mut live = Live::default();
        let mut end: Option<(u64, u64)> = None;
        for (seq, path) in manifests_of(lake, partition)? {
            let manifest = read(lake, &path, partition)?;
            if manifest.remove.is_empty() && end.is_some_and(|(_, next)| manifest.start < next) {
                return Err(LakeError::corrupt(&path, "its span overlaps that of an earlier manifest"));
            }
            for gone in &manifest.remove {
                let before = live.files.len();
                live.files.retain(|file| &file.entry.path != gone);
                if live.files.len() == before {
                    return Err(LakeError::corrupt(&path, format!("removes {gone}, which is not there")));
                }
            }
            for entry in manifest.add {
                live.files.push(LiveFile::of(entry, &path)?);
            }
            end = Some((seq, manifest.next.max(end.map_or(0, |(_, next)| next))));
        }
        live.ends.extend(end.map(|(seq, next)| (partition, seq, next)));
        Ok(live)
    }

    /// The files of a table, in order.
    pub fn of(&self, table: Table) -> impl Iterator<Item = &LiveFile> {
        self.files.iter().filter(move |file| file.table == table)
    }

    /// Compares every file with its length and its BLAKE3.
    ///
    /// # Errors
    /// For the first file that is missing or not what it was.
    pub fn verify(&self, dir: &Path) -> Result<(), LakeError> {
        let lake = Lake::local(dir);
        for file in &self.files {
            let path = file.path_in(dir);
            let bytes = lake.read(&path)?;
            if bytes.len() as u64 != file.entry.bytes || blake3::hash(&bytes).to_hex().as_str() != file.entry.blake3 {
                return Err(LakeError::corrupt(&path, "its bytes are not those the manifest names"));
            }
        }
        Ok(())
    }
}

/// Manifests of a partition by number.
pub(super) fn manifests_of(lake: &Lake, partition: u32) -> Result<Vec<(u64, PathBuf)>, LakeError> {
    let folder = manifest_dir(lake.dir(), partition);
    let names = lake.list(&folder)?;
    let seq = |name: &String| Some((name.strip_suffix(".json")?.parse::<u64>().ok()?, folder.join(name)));
    let mut found: Vec<_> = names.iter().filter_map(seq).collect();
    found.sort_unstable();
    Ok(found)
}

/// Name of a manifest, relative to the lake.
pub(super) fn manifest_path(partition: u32, seq: u64) -> String {
    format!("manifest/{}/{seq:010}.json", partition_name(partition))
}

/// Reads one manifest of a partition.
pub(super) fn read(lake: &Lake, path: &Path, partition: u32) -> Result<Manifest, LakeError> {
    let bytes = lake.read(path)?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| LakeError::corrupt(path, format!("not a manifest: {error}")))?;
    if manifest.format != 1 {
        return Err(LakeError::corrupt(path, format!("format {} is not known to this version", manifest.format)));
    }
    if manifest.partition != partition || manifest.next < manifest.start {
        return Err(LakeError::corrupt(path, "names another partition, or a span that ends before it starts"));
    }
    Ok(manifest)
}
