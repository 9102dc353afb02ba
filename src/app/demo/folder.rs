//! The demo's directory: its parts are replaced, but only when a mark in it says that a demo made it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::app::failure::{ExitCode, Failure, OrFail};

/// The mark.
const MARK: &str = ".kervan-demo";
const MARK_TEXT: &str =
    "`kervan demo` made this directory and may replace it. Remove this file to keep the directory.\n";

/// Where everything lies.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The directory itself.
    pub root: PathBuf,
}

impl Folder {
    /// Makes the directory ready: empty but for the mark, or (`keep`) with rulebook, log and truth of an earlier demo.
    ///
    /// # Errors
    /// Exit 2 for a directory that no demo made, 3 where there is nothing to keep, 5 where it cannot be changed.
    pub fn open(root: &Path, keep: bool) -> Result<Folder, Failure> {
        let folder = Folder { root: root.to_owned() };
        let marked = root.join(MARK).is_file();
        if keep {
            return folder.kept(marked);
        }
        if root.exists() && !marked && !is_empty_directory(root) {
            return Err(Failure::usage(format!(
                "{} was not made by kervan demo and is not touched; name another directory with --out, or remove it",
                root.display()
            )));
        }
        // What people put beside it stays.
        for part in [folder.rulebook(), folder.log(), folder.truth(), folder.result(), folder.map()] {
            remove(&part)?;
        }
        fs::create_dir_all(root)
            .or_fail(ExitCode::OutputFull, || format!("making the directory {}", root.display()))?;
        let mark = root.join(MARK);
        fs::write(&mark, MARK_TEXT).or_fail(ExitCode::OutputFull, || format!("writing {}", mark.display()))?;
        Ok(folder)
    }

    fn kept(self, marked: bool) -> Result<Folder, Failure> {
        let parts = [self.rulebook(), self.log(), self.truth()];
        if let Some(missing) =
            parts.iter().find(|part| !part.exists()).filter(|_| marked).or((!marked).then_some(&parts[0]))
        {
            let message = format!(
                "--keep decides an earlier demo again, and {} is not there; run kervan demo without --keep first",
                missing.display()
            );
            return Err(Failure::new(ExitCode::Missing, anyhow::Error::msg(message)));
        }
        remove(&self.result())?;
        Ok(self)
    }

    /// The rulebook, for people to read and change.
    pub fn rulebook(&self) -> PathBuf {
        self.root.join("rulebook")
    }

    /// The simulated log.
    pub fn log(&self) -> PathBuf {
        self.root.join("log.ndjson.zst")
    }

    /// What is true of it.
    pub fn truth(&self) -> PathBuf {
        self.root.join("truth.ndjson")
    }

    /// What the replay made of it.
    pub fn result(&self) -> PathBuf {
        self.root.join("result")
    }

    /// The alerts of the replay.
    pub fn alerts(&self) -> PathBuf {
        self.result().join("alerts.ndjson")
    }

    /// The map.
    pub fn map(&self) -> PathBuf {
        self.root.join("map.html")
    }
}

fn remove(part: &Path) -> Result<(), Failure> {
    let removed = if part.is_dir() { fs::remove_dir_all(part) } else { fs::remove_file(part) };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.or_fail(ExitCode::OutputFull, || format!("removing {} of the earlier demo", part.display())),
    }
}

fn is_empty_directory(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}
