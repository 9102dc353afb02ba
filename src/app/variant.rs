//! A rulebook as it lies on disk, with a few things changed for a trial: `--set` and `--without-zone`.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::failure::{ExitCode, Failure, OrFail};
use super::replay::{faulty, refused};
use crate::domain::rules::Rules;
use crate::edge::rulebook::variant::{Change, Variant};
use crate::edge::rulebook::{RulebookFile, compile, read_files};

/// What is to be different from the rulebook on disk.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct VariantArgs {
    /// Change a setting of rulebook.toml, such as silence.floor_s=1800 or class.watch.priority=journal; may be repeated
    #[arg(long, value_name = "TABLE.KEY=VALUE", value_parser = Change::parse)]
    pub set: Vec<Change>,
    /// Leave a zone out; may be repeated
    #[arg(long, value_name = "ID")]
    pub without_zone: Vec<String>,
}

impl VariantArgs {
    /// Whether anything is to be different.
    pub fn is_none(&self) -> bool {
        self.variant().is_none()
    }

    fn variant(&self) -> Variant {
        Variant { settings: self.set.clone(), without_zones: self.without_zone.clone() }
    }

    /// The rulebook of a directory with the changes made, checked like any other.
    ///
    /// # Errors
    /// Exit 2 for a change that cannot be made or makes it faulty, 3 for what cannot be read.
    pub fn load(&self, directory: &Path) -> Result<(Arc<Rules>, Vec<RulebookFile>), Failure> {
        let files = read_files(directory).map_err(|error| refused(directory, error))?;
        let changing = || format!("changing the rulebook {}", directory.display());
        let files = self.variant().of(&files).or_fail(ExitCode::Usage, changing)?;
        // `kervan check` sees the files on disk: what is wrong with the changed ones stands here alone.
        let book = compile(&files).map_err(|faults| faulty(&changing(), "", &faults))?;
        Ok((Rules::new(book), files))
    }
}

/// Writes the files of a rulebook into a new or empty directory.
///
/// # Errors
/// Exit 2 for a directory that has something in it, 5 where it cannot be written.
pub fn write(files: &[RulebookFile], directory: &Path) -> Result<(), Failure> {
    let writing = || format!("writing the rulebook {}", directory.display());
    let taken = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    if taken {
        // Files of another rulebook would become part of this one.
        return Err(Failure::usage(format!("{}: the directory is not empty; name a new one", writing())));
    }
    let put = |file: &RulebookFile| -> io::Result<()> {
        let path = directory.join(&file.path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, &file.bytes)
    };
    files.iter().try_for_each(put).or_fail(ExitCode::OutputFull, writing)
}
