//! A folder for what this process makes and nobody looks at afterwards: the link to the program, the shim, data of brokers.
//!
//! It goes when the process ends. Those of processes that were killed go when the next one begins. What a failed test leaves
//! to be looked at lies elsewhere ([`Bench`](super::bench::Bench)).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::children;

const PREFIX: &str = "broker-suite-";

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// The folder, under the target directory.
pub fn scratch() -> &'static Path {
    FOLDER.get_or_init(|| {
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
        sweep(parent);
        let folder = parent.join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a directory can be made under the target directory");
        // SAFETY: a plain registration; the function needs nothing that ends before the process does.
        unsafe { libc::atexit(tidy) };
        folder
    })
}

/// A broker that several tests share is a static and never dropped: it ends here, before its files go.
extern "C" fn tidy() {
    children::end_all();
    if let Some(folder) = FOLDER.get() {
        let _ = fs::remove_dir_all(folder);
    }
}

fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(owner) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        if !Path::new("/proc").join(owner).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
