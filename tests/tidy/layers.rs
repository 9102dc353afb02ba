//! Which layer may name which: arrows point down (`src/lib.rs` draws them).

use super::Fault;
use super::source::{Line, code_lines};

/// Layers from the top; one may name those below it.
const LAYERS: [&str; 5] = ["app", "edge", "pipeline", "delivery", "domain"];

/// What of `std` the domain may not touch: the world outside the log.
const WORLD: [&str; 9] = [
    "std::fs",
    "std::io",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "println!",
];

/// Crates of the rim. The build without features cannot see them either; here the line is named.
const RIM_CRATES: [&str; 19] = [
    "anyhow",
    "arrow",
    "bytes",
    "clap",
    "csv",
    "datafusion",
    "futures",
    "indicatif",
    "metrics",
    "object_store",
    "parquet",
    "rand",
    "rdkafka",
    "serde",
    "serde_json",
    "tiny_http",
    "tokio",
    "toml",
    "tracing",
];

/// The arrows of one file that point up or sideways. Tests may look wherever they like.
pub fn faults(path: &str, text: &str) -> Vec<Fault> {
    let Some(place) = place_of(path) else { return Vec::new() };
    let mut out = Vec::new();
    for line in code_lines(path, text) {
        for named in crate_paths(&line.text, &place) {
            if let Some(what) = judge(&place, &named) {
                out.push(Fault::new(line.number, what));
            }
        }
        if place[0] == "domain" {
            out.extend(worldly(&line));
        }
    }
    out
}

/// The module path of a file: `src/edge/lake/writer.rs` is `edge`, `lake`, `writer`. Files above the layers have none.
fn place_of(path: &str) -> Option<Vec<String>> {
    let inner = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let mut parts: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    LAYERS.contains(&parts.first()?.as_str()).then_some(parts)
}

/// Paths into this package on a line, `crate::` and `super::` alike, from the root; braces are spread one level deep.
fn crate_paths(line: &str, place: &[String]) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        if !begins_word(line, at) || line[..at].ends_with('$') {
            continue;
        }
        out.extend(spread(&[], &line[at + "crate::".len()..]));
    }
    let mut rest = line;
    let mut offset = 0;
    while let Some(at) = rest.find("super::") {
        let start = offset + at;
        let mut ups = 0;
        let mut tail = &line[start..];
        while let Some(next) = tail.strip_prefix("super::") {
            ups += 1;
            tail = next;
        }
        if begins_word(line, start) && ups <= place.len() {
            out.extend(spread(&place[..place.len() - ups], tail));
        }
        offset = line.len() - tail.len();
        rest = tail;
    }
    out
}

fn begins_word(line: &str, at: usize) -> bool {
    line[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
}

/// `base` + `a::b` is one path; `base` + `{a::b, c}` is two.
fn spread(base: &[String], tail: &str) -> Vec<Vec<String>> {
    let parts = |text: &str| -> Vec<String> {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(text.len());
        let names = text[..end].split("::").filter(|name| !name.is_empty()).map(str::to_owned);
        base.iter().cloned().chain(names).collect()
    };
    match tail.strip_prefix('{') {
        Some(inside) => top_level(inside).into_iter().map(|item| parts(item.trim())).collect(),
        None => match tail.find("::{") {
            Some(at) if tail[..at].chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':') => {
                spread(&parts(&tail[..at]), &tail[at + 2..])
            }
            _ => vec![parts(tail)],
        },
    }
}

/// The items of a brace, without those of braces in it.
fn top_level(inside: &str) -> Vec<&str> {
    let (mut depth, mut start, mut out) = (0, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                out.push(&inside[start..at]);
                return out;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                out.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&inside[start..]);
    out
}

fn judge(place: &[String], named: &[String]) -> Option<String> {
    let rank = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    let (from, to) = (rank(&place[0])?, rank(named.first()?)?);
    let arrow = || format!("{} names {}", place.join("::"), named.join("::"));
    if to < from {
        return Some(format!("{}: arrows only point down; move what is shared down, or compose in app", arrow()));
    }
    if place[0] == "delivery" && named[0] != "delivery" {
        return Some(format!("{}: delivery rests on std alone", arrow()));
    }
    let siblings = place[0] == "edge" && named[0] == "edge" && place.len() > 1 && named.len() > 1;
    if siblings && place[1] != named[1] {
        return Some(format!("{}: modules of edge do not know each other; compose them in app", arrow()));
    }
    None
}

fn worldly(line: &Line) -> Vec<Fault> {
    let mut out = Vec::new();
    for word in WORLD {
        if names(&line.text, word) {
            out.push(Fault::new(line.number, format!("`{word}` in domain: the log is the only input of a decision")));
        }
    }
    for name in RIM_CRATES {
        if names(&line.text, &format!("{name}::")) {
            out.push(Fault::new(line.number, format!("`{name}` in domain: it belongs to the rim (Cargo.toml)")));
        }
    }
    out
}

/// Whether the word stands there as a word, not as the end of a longer one.
fn names(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric() && before != '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        faults(path, text).len()
    }

    #[test]
    fn an_arrow_up_is_a_fault_however_it_is_written() {
        assert_eq!(count("src/domain/ledger.rs", "use crate::edge::wire::encode;"), 1);
        assert_eq!(count("src/domain/ledger.rs", "fn f() { crate::app::run() }"), 1);
        assert_eq!(count("src/domain/ledger.rs", "use super::super::edge::wire;"), 1);
        assert_eq!(count("src/domain/mod.rs", "use super::app;"), 1);
        assert_eq!(count("src/edge/wire/mod.rs", "use crate::{app::check, domain::time};"), 1);
        assert_eq!(count("src/delivery/mod.rs", "use crate::domain::time::Millis;"), 1);
    }

    #[test]
    fn a_use_over_several_lines_is_read_to_its_end() {
        assert_eq!(count("src/domain/ledger.rs", "use crate::{\n    domain::time::Millis,\n    edge::wire,\n};\n"), 1);
    }

    #[test]
    fn siblings_of_the_edge_do_not_know_each_other() {
        assert_eq!(count("src/edge/wire/fields.rs", "use crate::edge::lake::Span;"), 1);
        assert_eq!(count("src/edge/wire/fields.rs", "use super::super::lake::Span;"), 1);
        assert_eq!(count("src/edge/wire/fields.rs", "use crate::edge::{lake, wire};"), 1);
        assert_eq!(count("src/edge/wire/fields.rs", "use crate::edge::wire::Object;"), 0);
        assert_eq!(count("src/edge/wire/fields.rs", "use super::object::Object;"), 0);
    }

    #[test]
    fn arrows_down_and_arrows_in_tests_and_comments_are_none() {
        assert_eq!(count("src/app/check.rs", "use crate::edge::{lake, wire};\nuse crate::domain::time;"), 0);
        assert_eq!(count("src/edge/wire/mod.rs", "use crate::domain::record::Record;"), 0);
        assert_eq!(count("src/domain/time.rs", "// as crate::edge::wire writes it\n"), 0);
        assert_eq!(count("src/domain/time.rs", "#[cfg(test)]\nmod tests {\n    use crate::edge::wire;\n}\n"), 0);
    }

    #[test]
    fn the_domain_sees_no_world_and_no_rim() {
        assert_eq!(count("src/domain/time.rs", "let now = std::time::SystemTime::now();"), 1);
        assert_eq!(count("src/domain/time.rs", "let now = Instant::now();"), 1);
        assert_eq!(count("src/domain/time.rs", "use std::fs::File;"), 1);
        assert_eq!(count("src/domain/time.rs", "use serde::Serialize;"), 1);
        assert_eq!(count("src/domain/time.rs", "let x: tokio::task::Id;"), 1);
        assert_eq!(count("src/edge/wire/mod.rs", "use std::fs::File;"), 0);
    }
}
