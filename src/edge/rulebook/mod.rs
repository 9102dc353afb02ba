//! A rulebook on disk (FORMATS, section 2): `rulebook.toml`, `zones/*.geojson`, `corridors/*.geojson`, `offices.csv`.
//!
//! * Exactly these files are read and hashed; others in the directory are not.
//! * Reading never stops at a fault: what can be read goes to [`Rulebook::compile`], and all faults come back together.
//! * Nothing here decides what a rule means; types and syntax are judged here, meaning in `domain::rulebook`.

mod corridors;
mod features;
mod files;
mod offices;
pub mod repair;
mod settings;
pub mod single;
pub mod variant;
mod zones;

use std::io;
use std::path::{Path, PathBuf};

pub use files::{RulebookFile, read as read_files, sha256};

use crate::domain::rulebook::{Fault, Place, Rulebook, Source};

/// Why a rulebook could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or directory is missing or unreadable.
    #[error(
        "reading the rulebook: {path}: {error}; name a directory that holds rulebook.toml and check who may read it"
    )]
    Missing {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// It was read and is wrong; warnings are in the list too.
    #[error("{}", tell(.0))]
    Faults(Vec<Fault>),
}

/// Reads, checks and compiles the rulebook in a directory.
///
/// # Errors
/// [`LoadError::Missing`] if `rulebook.toml` or any file found cannot be read, [`LoadError::Faults`] with everything
/// that is wrong.
pub fn load(directory: &Path) -> Result<Rulebook, LoadError> {
    let files = files::read(directory)?;
    compile(&files).map_err(LoadError::Faults)
}

/// Checks and compiles files that are in memory already (built in, or from object storage). The order does not matter.
///
/// # Errors
/// Everything that is wrong, warnings included.
pub fn compile(files: &[RulebookFile]) -> Result<Rulebook, Vec<Fault>> {
    let mut found = Vec::new();
    let source = parse(files, &mut found);
    if found.iter().any(Fault::is_fault) {
        // It cannot succeed any more: compile for what else is wrong.
        found.extend(match Rulebook::compile(source) {
            Ok(rulebook) => rulebook.warnings().to_vec(),
            Err(more) => more,
        });
        return Err(found);
    }
    match Rulebook::compile(source) {
        Ok(rulebook) => Ok(rulebook.with_warnings(found)),
        Err(more) => {
            found.extend(more);
            Err(found)
        }
    }
}

fn parse(files: &[RulebookFile], found: &mut Vec<Fault>) -> Source {
    let mut files: Vec<&RulebookFile> = files.iter().collect();
    files.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let mut source = Source { sha256: sha256(files.iter().copied()), ..Source::default() };
    if !files.iter().any(|file| file.path == files::SETTINGS) {
        let place = Place { file: files::SETTINGS.into(), ..Place::default() };
        found.push(Fault::new("no_settings", place, "the file is missing; an empty one takes every default"));
    }
    for file in files {
        if file.path == files::SETTINGS {
            source.settings = settings::read(file, found);
        } else if file.path == files::OFFICES {
            source.offices = offices::read(file, found);
        } else if file.path.starts_with("zones/") {
            match features::read(file, found) {
                Some(features) => source.zones.extend(features.into_iter().map(|feature| zones::read(feature, found))),
                None => source.zones_unread = true,
            }
        } else if file.path.starts_with("corridors/")
            && let Some(features) = features::read(file, found)
        {
            source.corridors.extend(features.into_iter().map(|feature| corridors::read(feature, found)));
        }
    }
    source
}

/// All faults, a line each, then how many.
fn tell(found: &[Fault]) -> String {
    let faults = found.iter().filter(|fault| fault.is_fault());
    let mut text: String = faults.clone().map(|fault| format!("{fault}\n")).collect();
    text.push_str(&format!("the rulebook has {} fault(s); nothing was loaded", faults.count()));
    text
}

#[cfg(test)]
mod tests;
