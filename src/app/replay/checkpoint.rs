//! The commit point of a run without Kafka: `checkpoint.json`, renamed into place.
//!
//! It names everything that belongs together: how far the log was read, the lengths of the line files, the state and
//! the staged track files of each partition. Before the rename nothing of it counts; after it everything does, and
//! publication is rolled forward.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::output::{LINE_FILES, Lengths, write_whole};
use super::summary::Summary;
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::edge::lake::Staged;

/// Format of `checkpoint.json`.
const FORMAT: u32 = 2;

/// What makes two runs the same command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Files of the log, with their lengths.
    pub logs: Vec<(PathBuf, u64)>,
    /// Hashes of the rulebooks.
    pub rulebooks: Vec<String>,
    /// Decision version of the program.
    pub decision: u32,
}

/// A state at a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateFile {
    /// Its file, relative to the directory.
    pub file: String,
    /// BLAKE3 of that file.
    pub blake3: String,
}

/// One partition at a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionState {
    /// Its state.
    pub state: StateFile,
    /// First offset that the next checkpoint covers.
    pub next: u64,
    /// Manifest number of the newest publication.
    pub seq: u64,
    /// What it publishes; `None` where it was published before.
    pub staged: Option<Staged>,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Format.
    pub format: u32,
    /// Whose it is.
    pub identity: Identity,
    /// Number of this checkpoint, from 1.
    pub number: u64,
    /// Lines of the log that were read.
    pub lines: u64,
    /// Timestamp of a line without one: the newest before it.
    pub running_clock: Option<i64>,
    /// The lines carry their own places.
    pub exported: Option<bool>,
    /// Lengths of the line files.
    pub lengths: Lengths,
    /// Partitions.
    pub partitions: BTreeMap<u32, PartitionState>,
    /// State of the second stage.
    pub second: Option<StateFile>,
    /// Counts.
    pub summary: Summary,
    /// The log was read to its end.
    pub done: bool,
}

/// Name of the file.
const NAME: &str = "checkpoint.json";

/// What a run may find in its directory, besides what it makes itself.
fn is_ours(name: &str) -> bool {
    const OURS: [&str; 14] = [
        NAME,
        "checkpoint.part",
        "state",
        "stage",
        "tracks",
        "records",
        "alerts",
        "rejects",
        "journeys",
        "manifest",
        "summary.json",
        "summary.part",
        "kpis.json",
        "kpis.part",
    ];
    OURS.contains(&name) || LINE_FILES.contains(&name)
}

/// Prepares the output directory and finds the checkpoint of an earlier try.
///
/// # Errors
/// Exit 2 where the directory holds something else or another command's results, 3 where it cannot be read, 5 where it
/// cannot be made.
pub fn find(dir: &Path, identity: &Identity) -> Result<Option<Checkpoint>, Failure> {
    fs::create_dir_all(dir)
        .or_fail(ExitCode::OutputFull, || format!("making the output directory {}", dir.display()))?;
    let path = dir.join(NAME);
    let Ok(bytes) = fs::read(&path) else {
        return start_over(dir).map(|()| None);
    };
    let reading = || format!("reading {}; remove the directory to start anew", path.display());
    let checkpoint: Checkpoint = serde_json::from_slice(&bytes).or_fail(ExitCode::Missing, reading)?;
    if checkpoint.format != FORMAT || checkpoint.identity != *identity {
        return Err(Failure::usage(format!(
            "{} holds the results of another command (other log files, rulebooks or program); name a new directory with --out",
            dir.display()
        )));
    }
    Ok(Some(checkpoint))
}

/// No checkpoint was reached: what lies here is an earlier try's, and counts for nothing.
fn start_over(dir: &Path) -> Result<(), Failure> {
    let reading = || format!("reading the output directory {}", dir.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).or_fail(ExitCode::Missing, reading)? {
        let name = entry.or_fail(ExitCode::Missing, reading)?.file_name();
        let name = name.to_string_lossy().into_owned();
        if !is_ours(&name) {
            return Err(Failure::usage(format!(
                "{} is not empty and not the output of a replay (it holds {name}); name a new or empty directory with --out",
                dir.display()
            )));
        }
        entries.push(name);
    }
    let finished = entries.iter().any(|n| n == "summary.json");
    if finished || (!entries.is_empty() && !entries.iter().any(|n| LINE_FILES.contains(&n.as_str()))) {
        return Err(Failure::usage(format!(
            "{} holds results without their checkpoint; name a new or empty directory with --out",
            dir.display()
        )));
    }
    for name in entries {
        let path = dir.join(&name);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.or_fail(ExitCode::OutputFull, || format!("removing {} of an earlier try", path.display()))?;
    }
    Ok(())
}

impl Checkpoint {
    /// The first one, of nothing.
    pub fn first(identity: Identity, summary: Summary) -> Checkpoint {
        Checkpoint {
            format: FORMAT,
            identity,
            number: 0,
            lines: 0,
            running_clock: None,
            exported: None,
            lengths: [0; 3],
            partitions: BTreeMap::new(),
            second: None,
            summary,
            done: false,
        }
    }

    /// Makes the states durable, those of the partitions and of the second stage, then commits.
    pub fn commit(&mut self, dir: &Path, states: Vec<(u32, Vec<u8>)>, second: &[u8]) -> Result<(), Failure> {
        let folder = dir.join("state");
        fs::create_dir_all(&folder).or_fail(ExitCode::OutputFull, || format!("making {}", folder.display()))?;
        self.number += 1;
        for (partition, bytes) in states {
            let state = StateFile::write(dir, format!("state/p{partition:03}-{:08}.ckpt", self.number), &bytes)?;
            if let Some(entry) = self.partitions.get_mut(&partition) {
                entry.state = state;
            }
        }
        self.second = Some(StateFile::write(dir, format!("state/second-{:08}.ckpt", self.number), second)?);
        let json = serde_json::to_vec_pretty(self)?;
        write_whole(&dir.join(NAME), &json)
    }

    /// Removes states that no checkpoint names any more.
    pub fn sweep(&self, dir: &Path) -> Result<(), Failure> {
        let folder = dir.join("state");
        let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
        for entry in entries.flatten() {
            let name = format!("state/{}", entry.file_name().to_string_lossy());
            let mut named = self.partitions.values().map(|p| &p.state).chain(&self.second);
            if !named.any(|state| state.file == name) {
                fs::remove_file(entry.path())
                    .or_fail(ExitCode::OutputFull, || format!("removing the old state {}", entry.path().display()))?;
            }
        }
        Ok(())
    }
}

impl StateFile {
    fn write(dir: &Path, file: String, bytes: &[u8]) -> Result<StateFile, Failure> {
        write_whole(&dir.join(&file), bytes)?;
        Ok(StateFile { file, blake3: blake3::hash(bytes).to_hex().to_string() })
    }

    /// Its bytes, checked.
    ///
    /// # Errors
    /// Exit 3 where the file is missing or damaged.
    pub fn read(&self, dir: &Path) -> Result<Vec<u8>, Failure> {
        let path = dir.join(&self.file);
        let bytes =
            fs::read(&path).or_fail(ExitCode::Missing, || format!("reading the checkpoint {}", path.display()))?;
        if blake3::hash(&bytes).to_hex().to_string() != self.blake3 {
            let message = format!("the checkpoint {} is damaged; remove the directory and start anew", path.display());
            return Err(Failure::new(ExitCode::Missing, anyhow::Error::msg(message)));
        }
        Ok(bytes)
    }
}
