//! Which files make a rulebook, and their hash.

use std::path::Path;
use std::{fs, io};

use sha2::{Digest, Sha256};

use super::LoadError;

/// Thresholds.
pub const SETTINGS: &str = "rulebook.toml";
/// Customs offices.
pub const OFFICES: &str = "offices.csv";
const FOLDERS: [&str; 2] = ["corridors", "zones"];

/// One file of a rulebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulebookFile {
    /// Path within the rulebook, with `/`.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl RulebookFile {
    /// The content without a byte-order mark.
    pub(super) fn text(&self) -> &[u8] {
        self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.bytes)
    }
}

/// Reads the files of a rulebook, in byte order of their paths. Only `rulebook.toml` must be there.
pub fn read(directory: &Path) -> Result<Vec<RulebookFile>, LoadError> {
    let mut paths = vec![SETTINGS.to_string()];
    if directory.join(OFFICES).exists() {
        paths.push(OFFICES.to_string());
    }
    for folder in FOLDERS {
        let path = directory.join(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound && directory.is_dir() => continue,
            Err(error) => return Err(LoadError::Missing { path, error }),
        };
        for entry in entries {
            let entry = entry.map_err(|error| LoadError::Missing { path: path.clone(), error })?;
            let name = entry.file_name().into_string().map_err(|name| LoadError::Missing {
                path: path.join(name),
                error: io::Error::new(io::ErrorKind::InvalidData, "the file name is not UTF-8; rename the file"),
            })?;
            // As `zones/*.geojson` of a shell: no hidden files.
            if name.ends_with(".geojson") && !name.starts_with('.') {
                paths.push(format!("{folder}/{name}"));
            }
        }
    }
    paths.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    paths
        .into_iter()
        .map(|path| {
            let full = directory.join(&path);
            let bytes = fs::read(&full).map_err(|error| LoadError::Missing { path: full, error })?;
            Ok(RulebookFile { path, bytes })
        })
        .collect()
}

/// SHA-256 of the lines `<sha256 of file>  <path>\n`, as `sha256sum` writes them; the files come in byte order of path.
pub fn sha256<'a>(files: impl IntoIterator<Item = &'a RulebookFile>) -> String {
    let mut all = Sha256::new();
    for file in files {
        all.update(format!("{}  {}\n", hex(&Sha256::digest(&file.bytes)), file.path));
    }
    hex(&all.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
