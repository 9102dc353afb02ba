//! The README speaks of the program as it is.

use super::Fault;

/// The subcommands that `main.rs` declares, as they are typed: the variants of `enum Command` in kebab case.
pub fn subcommands(main: &str) -> Vec<String> {
    let Some(at) = main.find("enum Command {") else { return Vec::new() };
    let body = &main[at..];
    let body = &body[..body.find("\n}").unwrap_or(body.len())];
    body.lines()
        .skip(1)
        .filter_map(|line| {
            let line = line.trim();
            let name: String = line.chars().take_while(|c| c.is_alphanumeric()).collect();
            name.starts_with(|c: char| c.is_uppercase()).then(|| kebab(&name))
        })
        .collect()
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// What follows `kervan ` in code (blocks and `spans`) and is no subcommand.
pub fn unknown_commands(readme: &str, commands: &[String]) -> Vec<Fault> {
    let mut out = Vec::new();
    for (number, word) in called(readme) {
        if !commands.contains(&word) {
            out.push(Fault::new(number, format!("`kervan {word}` is no command")));
        }
    }
    out
}

/// Subcommands that the README never calls.
pub fn unmentioned(readme: &str, commands: &[String]) -> Vec<String> {
    let named: Vec<String> = called(readme).into_iter().map(|(_, word)| word).collect();
    commands.iter().filter(|command| !named.contains(command)).cloned().collect()
}

fn called(readme: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut block = false;
    for (number, line) in (1..).zip(readme.lines()) {
        if line.starts_with("```") {
            block = !block;
            continue;
        }
        for (at, _) in line.match_indices("kervan ") {
            let in_code = if block {
                line[..at].is_empty() || line[..at].ends_with(['/', ' '])
            } else {
                line[..at].ends_with('`')
            };
            let rest = &line[at + "kervan ".len()..];
            let word: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            if in_code && !word.is_empty() && !word.starts_with('-') {
                out.push((number, word));
            }
        }
    }
    out
}

/// Whether the changelog has a heading for the version.
pub fn has_version(changelog: &str, version: &str) -> bool {
    changelog.lines().any(|line| {
        line.strip_prefix("## ").is_some_and(|rest| rest.split([' ', '[', ']']).any(|word| word == version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "enum Command {\n    /// Decides\n    Replay(A),\n    ExportLog(B),\n    #[cfg(x)]\n    Sql(C),\n}\nfn Main() {}";

    #[test]
    fn subcommands_are_read_from_the_enum() {
        assert_eq!(subcommands(MAIN), ["replay", "export-log", "sql"]);
    }

    #[test]
    fn a_command_that_does_not_exist_is_found_in_blocks_and_spans() {
        let readme = "`kervan fly`\n\n```sh\nkervan replay log\nkervan swim x\n```\nkervan is a word\n";
        let lines: Vec<usize> = unknown_commands(readme, &subcommands(MAIN)).iter().map(|f| f.line).collect();
        assert_eq!(lines, [1, 5]);
        assert_eq!(unmentioned(readme, &subcommands(MAIN)), ["export-log", "sql"]);
    }

    #[test]
    fn a_version_is_a_word_of_a_heading() {
        assert!(has_version("# Changes\n\n## 0.1.0 - soon\n", "0.1.0"));
        assert!(!has_version("## 0.1.01\nof 0.1.0\n", "0.1.0"));
    }
}
