//! What a source file may contain, whichever layer it belongs to.

use super::Fault;

/// A longer file holds more than one idea, or stands in [`LONG`] with its reason.
pub const LINES_MAX: usize = 400;

/// Files that are longer, and why.
pub const LONG: [(&str, &str); 6] = [
    ("src/app/demo/facts.rs", "places and ways of the demo, a table"),
    ("src/domain/record.rs", "every type of FORMATS section 1, nothing but declarations"),
    ("src/domain/rulebook/settings/tables.rs", "every key of rulebook.toml in one place"),
    ("src/edge/lake/tests.rs", "the lake as its readers see it, case by case"),
    ("src/edge/wire/scan.rs", "one scanner of JSON and its tests"),
    ("src/edge/wire/tests.rs", "a table of cases"),
];

/// A line of code without its strings' and comments' text.
pub struct Line {
    /// From 1.
    pub number: usize,
    /// The code; of a `use` over several lines, all of it.
    pub text: String,
}

/// Whether all of the file is test code.
pub fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs") || TEST_FILES.contains(&path)
}

/// Modules that their parents declare under `#[cfg(test)]`.
const TEST_FILES: [&str; 3] = ["src/domain/machine/testing.rs", "src/edge/lake/budget.rs", "src/edge/lake/testing.rs"];

/// The code of a file outside tests: no comments, no module under `#[cfg(test)]`; a `use` is one line.
pub fn code_lines(path: &str, text: &str) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    if is_test(path) {
        return out;
    }
    let mut open_use = false;
    for (number, line) in without_tests(text) {
        let code = strip_comment(line);
        if code.trim().is_empty() {
            continue;
        }
        if open_use && let Some(last) = out.last_mut() {
            last.text += code.trim();
        } else {
            out.push(Line { number, text: code.to_owned() });
        }
        let begins = code.trim_start();
        let is_use = open_use || begins.starts_with("use ") || (begins.starts_with("pub") && begins.contains(" use "));
        open_use = is_use && !code.contains(';');
    }
    out
}

/// Numbered lines up to the test module, which stands last in a file. `#[cfg(test)]` on a declaration skips that line only.
fn without_tests(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let end = lines
        .windows(2)
        .position(|pair| pair[0].trim() == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{'))
        .unwrap_or(lines.len());
    (1..=end).zip(lines)
}

fn strip_comment(line: &str) -> &str {
    let begins = line.trim_start();
    if begins.starts_with("//") {
        return "";
    }
    line.find(" // ").map_or(line, |at| &line[..at])
}

/// Panics outside tests: each has a comment, on its line or above it, that says why it cannot happen.
pub fn panics(path: &str, text: &str) -> Vec<Fault> {
    const WORDS: [&str; 5] = [".unwrap()", ".expect(\"", "panic!(", "unreachable!(", ".unwrap_err()"];
    if is_test(path) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut above = "";
    for (number, line) in without_tests(text) {
        let comment = line.trim_start().starts_with("//");
        if !comment && !line.contains("//") && !above.trim_start().starts_with("//") {
            for word in WORDS.iter().filter(|word| line.contains(**word)) {
                out.push(Fault::new(number, format!("`{word}` without a comment why it cannot happen")));
            }
        }
        above = line;
    }
    out
}

/// Marks of work that is not done: it is done, or it is an issue.
pub fn marks(_path: &str, text: &str) -> Vec<Fault> {
    const WORDS: [&str; 6] = ["todo!", "unimplemented!", "TODO", "FIXME", "XXX", "dbg!("];
    let mut out = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(word) = WORDS.iter().find(|word| line.contains(**word)) {
            out.push(Fault::new(number, format!("`{word}`: do it, or file it")));
        }
    }
    out
}

/// Paths of somebody's machine and hosts of package registries: they tell where it was made, and break elsewhere.
pub fn places(text: &str) -> Vec<Fault> {
    // Put together here, so that this file does not accuse itself.
    let words = [
        ["/wo", "rk/"].concat(),
        ["/ho", "me/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/Us", "ers/"].concat(),
        ["crates", ".io/api"].concat(),
        ["static.", "crates.io"].concat(),
        ["index.", "crates.io"].concat(),
        ["pypi", ".org"].concat(),
        ["registry.", "npmjs"].concat(),
        ["arti", "factory"].concat(),
    ];
    let mut out = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(word) = words.iter().find(|word| line.contains(word.as_str())) {
            out.push(Fault::new(number, format!("`{word}` has no place in the project")));
        }
    }
    out
}

/// Begins with `//!`; is not longer than one idea.
pub fn shape(path: &str, text: &str) -> Vec<Fault> {
    let mut out = Vec::new();
    if !text.starts_with("//!") {
        out.push(Fault::new(1, "begin with `//!`: what always holds here, and why"));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX && !LONG.iter().any(|(long, _)| *long == path) {
        out.push(Fault::new(0, format!("{lines} lines, {LINES_MAX} at most: split it, or list it with a reason")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_unwrap_is_found_and_a_reasoned_one_is_not() {
        let at = |text: &str| panics("src/domain/time.rs", text).into_iter().map(|f| f.line).collect::<Vec<_>>();
        assert_eq!(at("fn f() {\n    x.unwrap();\n}"), [2]);
        assert_eq!(at("    x.expect(\"there\");"), [1]);
        assert_eq!(at("    panic!(\"no\");\n    unreachable!();"), [1, 2]);
        assert_eq!(at("    // The length was checked above.\n    x.unwrap();"), []);
        assert_eq!(at("    x.unwrap(); // never empty"), []);
        assert_eq!(at("    x.unwrap_or(1);"), []);
        assert_eq!(at("#[cfg(test)]\nmod tests {\n    x.unwrap();\n}"), []);
        assert_eq!(at("#[cfg(test)]\nmod tests;\nfn f() {\n    x.unwrap();\n}"), [4], "a declaration hides nothing");
        assert_eq!(panics("src/edge/lake/tests.rs", "x.unwrap();"), []);
    }

    #[test]
    fn marks_are_found_in_code_and_comments() {
        assert_eq!(marks("", "// TODO later\nfn f() { todo!() }\nlet todos = 1;").len(), 2);
    }

    #[test]
    fn places_are_found() {
        let line = ["let x = \"/ro", "ot/data\";"].concat();
        assert_eq!(places(&line).len(), 1);
        assert_eq!(places("../shared/data"), []);
    }

    #[test]
    fn shape_asks_for_documents_and_brevity() {
        assert_eq!(shape("src/x.rs", "//! Says it.\n"), []);
        assert_eq!(shape("src/x.rs", "use std::fs;\n").len(), 1);
        let long = format!("//! Long.\n{}", "\n".repeat(LINES_MAX));
        assert_eq!(shape("src/x.rs", &long).len(), 1);
        assert_eq!(shape(LONG[0].0, &long), []);
    }
}
