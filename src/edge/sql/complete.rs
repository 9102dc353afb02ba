//! Completion at the prompt: tables, columns, functions, keywords, and when a statement is complete.

use rustyline::completion::Completer;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Highlighter, Hinter};

use super::statement::{is_blank, split};

const KEYWORDS: &[&str] = &[
    "ALL",
    "AND",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CROSS",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "ELSE",
    "END",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "FALSE",
    "FILTER",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "IN",
    "INNER",
    "INTERSECT",
    "INTERVAL",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NOT",
    "NULL",
    "NULLS",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "RIGHT",
    "SELECT",
    "SHOW",
    "TABLES",
    "THEN",
    "TIMESTAMP",
    "TRUE",
    "UNION",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];

/// The commands of the prompt.
pub const COMMANDS: &[&str] = &["\\d", "\\f", "\\format", "\\help", "\\out", "\\q"];

/// What rustyline asks while a line is edited.
#[derive(Helper, Highlighter, Hinter)]
pub struct Words {
    /// Names of tables, columns and functions.
    pub names: Vec<String>,
}

impl Words {
    /// What could be meant by a word that begins so; keywords in the case that was begun.
    fn completions(&self, begun: &str) -> Vec<String> {
        let lower = begun.to_lowercase();
        let names = self.names.iter().filter(|name| name.to_lowercase().starts_with(&lower)).cloned();
        let shout = begun.chars().next().is_some_and(char::is_uppercase);
        let keywords = KEYWORDS.iter().filter(|word| word.to_lowercase().starts_with(&lower));
        let keywords = keywords.map(|word| if shout { (*word).to_owned() } else { word.to_lowercase() });
        let commands = COMMANDS.iter().filter(|word| begun.starts_with('\\') && word.starts_with(begun));
        let mut found: Vec<String> = names.chain(keywords).chain(commands.map(|word| (*word).to_owned())).collect();
        found.sort();
        found.dedup();
        found
    }
}

impl Completer for Words {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _context: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let before = &line[..at];
        let in_word = |c: char| c.is_alphanumeric() || c == '_' || c == '\\';
        let start = before.char_indices().rev().take_while(|(_, c)| in_word(*c)).last().map_or(at, |(start, _)| start);
        if start == at {
            return Ok((at, Vec::new()));
        }
        Ok((start, self.completions(&before[start..])))
    }
}

impl Validator for Words {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if complete(context.input()) { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

/// Whether what was typed can be run: a command, nothing, or statements that end with `;`.
fn complete(input: &str) -> bool {
    input.trim_start().starts_with('\\') || input.trim().is_empty() || is_blank(split(input).1) && input.contains(';')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustyline::history::DefaultHistory;

    fn words() -> Words {
        Words { names: ["tracks", "fix_time", "h3_cell", "course"].map(str::to_owned).to_vec() }
    }

    fn complete_at_end(line: &str) -> (usize, Vec<String>) {
        let history = DefaultHistory::new();
        words().complete(line, line.len(), &Context::new(&history)).unwrap()
    }

    #[test]
    fn names_and_keywords_are_completed() {
        assert_eq!(complete_at_end("select * from tr"), (14, vec!["tracks".to_owned(), "true".to_owned()]));
        assert_eq!(complete_at_end("SEL"), (0, vec!["SELECT".to_owned()]));
        assert_eq!(complete_at_end("select h3"), (7, vec!["h3_cell".to_owned()]));
        assert_eq!(complete_at_end("\\he"), (0, vec!["\\help".to_owned()]));
        assert_eq!(complete_at_end("select t.cou"), (9, vec!["course".to_owned()]));
        assert_eq!(complete_at_end("select ").1, Vec::<String>::new());
    }

    #[test]
    fn a_statement_goes_on_until_its_semicolon() {
        for (input, ends) in [
            ("select 1", false),
            ("select 1;", true),
            ("select ';", false),
            ("select 1; -- done", true),
            ("select 1; select", false),
            ("\\d tracks", true),
            ("", true),
        ] {
            assert_eq!(complete(input), ends, "{input}");
        }
    }
}
