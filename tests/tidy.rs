//! The house rules that no compiler holds: layers, panics, marks, lengths, module documents, versions, the README.
//!
//! Each rule is a function from a file's text to its faults, and each is tried on planted violations, so that a rule that
//! finds nothing is known to be able to find something. No feature of the package is needed to run this.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/readme.rs"]
mod readme;
#[path = "tidy/source.rs"]
mod source;

/// One broken rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line from 1; 0 is the whole file.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

impl Fault {
    fn new(line: usize, what: impl Into<String>) -> Fault {
        Fault { line, what: what.into() }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("reading {}: {e}", path.display()))
}

/// Every file below `folder` with this ending, sorted, as paths from the package's root with `/`.
fn files(folder: &str, ending: &str) -> Vec<String> {
    fn walk(root: &Path, at: &Path, ending: &str, out: &mut Vec<String>) {
        let Ok(entries) = fs::read_dir(at) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(root, &path, ending, out);
            } else if path.to_string_lossy().ends_with(ending) {
                let relative = path.strip_prefix(root).expect("below the root");
                out.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    let mut out = Vec::new();
    walk(&root(), &root().join(folder), ending, &mut out);
    out.sort();
    out
}

/// Applies a rule to every source file below the folders and lists all faults at once.
fn hold(folders: &[&str], rule: impl Fn(&str, &str) -> Vec<Fault>) {
    let mut seen = 0;
    let mut broken = String::new();
    for path in folders.iter().flat_map(|folder| files(folder, ".rs")) {
        seen += 1;
        for fault in rule(&path, &read(&root().join(&path))) {
            broken += &format!("\n{path}:{}: {}", fault.line, fault.what);
        }
    }
    assert!(seen > 0, "no sources found below {folders:?}");
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn arrows_between_layers_point_down() {
    hold(&["src"], layers::faults);
}

#[test]
fn nothing_panics_without_a_reason() {
    hold(&["src"], source::panics);
}

#[test]
fn no_marks_of_unfinished_work() {
    hold(&["src", "benches"], source::marks);
}

#[test]
fn no_path_of_a_machine_and_no_registry() {
    hold(&["src", "tests", "benches"], |_, text| source::places(text));
    for file in ["Cargo.toml", "README.md", "CHANGELOG.md", "clippy.toml", "deny.toml", ".ci/run", ".ci/test"] {
        assert_eq!(source::places(&read(&root().join(file))), [], "{file}");
    }
}

#[test]
fn files_are_short_and_begin_with_what_they_are() {
    hold(&["src", "tests", "benches"], source::shape);
}

#[test]
fn long_files_are_still_long() {
    for (path, _) in source::LONG {
        let lines = read(&root().join(path)).lines().count();
        assert!(lines > source::LINES_MAX, "{path} has {lines} lines by now: take it off the list");
    }
}

#[test]
fn the_changelog_knows_the_version() {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = read(&root().join("CHANGELOG.md"));
    assert!(readme::has_version(&changelog, version), "CHANGELOG.md has no heading `## {version}`");
}

#[test]
fn the_readme_names_commands_that_exist() {
    let commands = readme::subcommands(&read(&root().join("src/main.rs")));
    assert!(commands.contains(&"export-log".to_owned()), "reading main.rs gave {commands:?}");
    let text = read(&root().join("README.md"));
    assert_eq!(readme::unknown_commands(&text, &commands), []);
    assert_eq!(readme::unmentioned(&text, &commands), Vec::<String>::new(), "commands without a word in the README");
}
