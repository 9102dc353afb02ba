//! Full and broken disks, and wall clocks that jump, for one process: a library that is preloaded into it (`shim.c`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::scratch::scratch;

/// ENOSPC.
pub const FULL: i32 = libc::ENOSPC;
/// EIO.
pub const BROKEN: i32 = libc::EIO;

/// The weather of one process.
pub struct Shim {
    control: PathBuf,
}

impl Shim {
    /// Fine weather; `dir` takes its control file.
    pub fn new(dir: &Path) -> Shim {
        let shim = Shim { control: dir.join("weather") };
        shim.set("");
        shim
    }

    /// Lines as in `shim.c`, from now on.
    pub fn set(&self, lines: &str) {
        // In one step: the process reads it at any time.
        let new = self.control.with_extension("new");
        std::fs::write(&new, lines).expect("a file can be written");
        std::fs::rename(&new, &self.control).expect("a file can be renamed");
    }

    /// What the process needs in its environment.
    pub fn environment(&self) -> [(&'static str, &str); 2] {
        [("LD_PRELOAD", text(library())), ("KERVAN_SHIM", text(&self.control))]
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of ours is text")
}

/// The library, compiled once a process.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let path = scratch().join("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broker/shim.c");
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let mut command = Command::new(compiler);
        command.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&path).arg(source).arg("-ldl");
        assert!(command.status().expect("there is a C compiler").success(), "the shim compiles");
        path
    })
}
