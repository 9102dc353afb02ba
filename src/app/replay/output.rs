//! The three line files of a run. They only grow between checkpoints, and are cut back to the last one after a crash.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::app::failure::{ExitCode, Failure, OrFail};

/// Names of the line files, in the order of [`Lengths`].
pub const LINE_FILES: [&str; 3] = ["alerts.ndjson", "rejects.ndjson", "episodes.ndjson"];

/// Lengths of the line files at a checkpoint.
pub type Lengths = [u64; 3];

struct LineFile {
    path: PathBuf,
    file: File,
    length: u64,
    pending: Vec<u8>,
}

/// The open line files.
pub struct LineFiles([LineFile; 3]);

/// An output failure: full or unwritable is exit 5.
pub fn writing<T>(result: io::Result<T>, path: &Path) -> Result<T, Failure> {
    result.or_fail(ExitCode::OutputFull, || {
        format!("writing {}; make room or give write access, then start the same command again", path.display())
    })
}

impl LineFiles {
    /// Opens the files at the lengths of a checkpoint; what lies behind is cut off.
    pub fn open(dir: &Path, lengths: &Lengths) -> Result<LineFiles, Failure> {
        let open = |index: usize| -> Result<LineFile, Failure> {
            let path = dir.join(LINE_FILES[index]);
            let mut options = OpenOptions::new();
            options.create(true).truncate(false).write(true).read(true);
            let mut file = writing(options.open(&path), &path)?;
            let found = writing(file.metadata(), &path)?.len();
            if found < lengths[index] {
                let message = format!(
                    "continuing {}: it has {found} bytes, its checkpoint says {}; restore the file, or start anew in an empty directory",
                    path.display(),
                    lengths[index]
                );
                return Err(Failure::new(ExitCode::Missing, anyhow::Error::msg(message)));
            }
            writing(file.set_len(lengths[index]), &path)?;
            writing(file.seek(SeekFrom::End(0)), &path)?;
            Ok(LineFile { path, file, length: lengths[index], pending: Vec::new() })
        };
        Ok(LineFiles([open(0)?, open(1)?, open(2)?]))
    }

    /// The buffer of alert lines.
    pub fn alerts(&mut self) -> &mut Vec<u8> {
        &mut self.0[0].pending
    }

    /// The buffer of reject lines.
    pub fn rejects(&mut self) -> &mut Vec<u8> {
        &mut self.0[1].pending
    }

    /// The buffer of episode lines.
    pub fn episodes(&mut self) -> &mut Vec<u8> {
        &mut self.0[2].pending
    }

    /// Hands the buffers to the system.
    pub fn write(&mut self) -> Result<(), Failure> {
        for file in &mut self.0 {
            if !file.pending.is_empty() {
                writing(file.file.write_all(&file.pending), &file.path)?;
                file.length += file.pending.len() as u64;
                file.pending.clear();
            }
        }
        Ok(())
    }

    /// Makes everything durable; the lengths are what a checkpoint names.
    pub fn sync(&mut self) -> Result<Lengths, Failure> {
        self.write()?;
        for file in &self.0 {
            writing(file.file.sync_all(), &file.path)?;
        }
        Ok([self.0[0].length, self.0[1].length, self.0[2].length])
    }
}

/// Writes a whole file: part, sync, rename, sync of the directory.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let part = path.with_extension("part");
    let write = || -> io::Result<()> {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)?;
        match path.parent() {
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    };
    writing(write(), path)
}
