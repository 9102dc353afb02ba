//! What the files gave: records in their order, rows that could not be read, and the ids of the units.

use crate::domain::record::Body;
use crate::edge::wire::is_id;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Everything that was read.
#[derive(Debug, Default)]
pub(super) struct Harvest {
    /// Records, in the order of the files.
    pub(super) entries: Vec<Body>,
    file: PathBuf,
    rows: u64,
    /// Rows that could not be read, by kind of reason.
    refused: BTreeMap<&'static str, u64>,
    /// Rows that are meant for others, by what they are.
    passed_over: BTreeMap<&'static str, u64>,
    ids: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
}

impl Harvest {
    /// Another file begins.
    pub(super) fn begin(&mut self, file: &Path) {
        self.file = file.to_owned();
    }

    /// A row is a record.
    pub(super) fn take(&mut self, body: Body) {
        self.rows += 1;
        self.entries.push(body);
    }

    /// A row cannot be read: `kind` is counted, `reason` tells the culprit.
    pub(super) fn refuse(&mut self, row: u64, kind: &'static str, reason: impl Display) {
        self.rows += 1;
        *self.refused.entry(kind).or_default() += 1;
        eprintln!("{}: row {row}: {reason}", self.file.display());
    }

    /// A row is readable and not for us.
    pub(super) fn pass_over(&mut self, what: &'static str) {
        self.rows += 1;
        *self.passed_over.entry(what).or_default() += 1;
    }

    /// The id of a unit by the name in the file: the name itself where it is an id, else one made of it. Two names
    /// never share an id.
    pub(super) fn unit_id(&mut self, name: &str) -> Option<String> {
        let name = name.trim();
        if let Some(id) = self.ids.get(name) {
            return Some(id.clone());
        }
        let wanted = if is_id(name) { name.to_owned() } else { made_id(name)? };
        let mut id = wanted.clone();
        let mut count = 1;
        while self.names.contains_key(&id) {
            count += 1;
            id = format!("{}-{count}", &wanted[..wanted.len().min(56)]);
        }
        self.ids.insert(name.to_owned(), id.clone());
        self.names.insert(id.clone(), name.to_owned());
        Some(id)
    }

    /// Rows that could not be read.
    pub(super) fn refused(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Tells on standard error what became of the rows.
    pub(super) fn summarise(&self, written: Option<(u64, &Path)>) {
        eprintln!("{} rows read, {} refused", self.rows, self.refused());
        for (counts, what) in [(&self.refused, "refused"), (&self.passed_over, "passed over")] {
            for (reason, count) in counts {
                eprintln!("  {what}: {count} {reason}");
            }
        }
        for (id, name) in self.names.iter().filter(|(id, name)| id != name) {
            eprintln!("  unit {name:?} is written as {id}");
        }
        if let Some((lines, out)) = written {
            eprintln!("{lines} records of {} units written to {}", self.names.len(), out.display());
        }
    }
}

/// Letters of Turkish become their nearest, everything else that an id cannot hold a hyphen.
fn made_id(name: &str) -> Option<String> {
    let id: String = name
        .chars()
        .map(|c| match c {
            'ç' => 'c',
            'Ç' => 'C',
            'ğ' => 'g',
            'Ğ' => 'G',
            'ı' => 'i',
            'İ' => 'I',
            'ö' => 'o',
            'Ö' => 'O',
            'ş' => 's',
            'Ş' => 'S',
            'ü' => 'u',
            'Ü' => 'U',
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-') => c,
            _ => '-',
        })
        .take(64)
        .collect();
    id.bytes().any(|b| b.is_ascii_alphanumeric()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ids_and_never_share_one() {
        let mut harvest = Harvest::default();
        let mut id = |name: &str| harvest.unit_id(name);
        assert_eq!(id("860000000000042").as_deref(), Some("860000000000042"));
        assert_eq!(id(" 34 ŞĞ 01 ").as_deref(), Some("34-SG-01"));
        assert_eq!(id("34-SG-01").as_deref(), Some("34-SG-01-2"));
        assert_eq!(id("34 ŞĞ 01").as_deref(), Some("34-SG-01"));
        assert_eq!(id("  "), None);
        assert_eq!(id("😀"), None);
        assert!(is_id(&id(&"x y".repeat(50)).unwrap()));
        assert!(is_id(&id(&"x-y".repeat(50)).unwrap()));
    }
}
