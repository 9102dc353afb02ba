//! A rulebook with a few things changed: settings set, zones left out.
//!
//! The change is made in the text of the files, and what comes out is read and checked like any other rulebook: a key that is
//! unknown or a zone that a corridor still names is the same fault as in a file that somebody wrote. The derived files have
//! a hash of their own.

use serde_json::Value as Json;
use toml::{Table, Value};

use super::RulebookFile;
use super::files::SETTINGS;

/// What is to be different.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    /// Settings of `rulebook.toml`, in order.
    pub settings: Vec<Change>,
    /// Ids of zones to leave out.
    pub without_zones: Vec<String>,
}

/// One setting: `TABLE.KEY=VALUE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `silence`, `floor_s`; `class`, `watch`, `priority`.
    path: Vec<String>,
    value: Value,
}

/// Why a rulebook cannot be changed so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariantError {
    /// The file that the settings stand in cannot be read as TOML.
    #[error("changing rulebook.toml: {0}; mend the file first: `kervan check` shows what is wrong with it")]
    Settings(String),
    /// The path leads through something that is no table.
    #[error("setting {path}: `{at}` has a value of its own and no keys below it")]
    NoTable {
        /// All of it.
        path: String,
        /// As far as it leads.
        at: String,
    },
    /// No file has such a zone.
    #[error("leaving out the zone {0}: no file of zones/ has a feature of this id; `kervan check` tells what there is")]
    NoZone(String),
}

impl Change {
    /// Reads `TABLE.KEY=VALUE`. The value is TOML; a single word needs no quotes.
    ///
    /// # Errors
    /// What is wrong with it, for the command line.
    pub fn parse(text: &str) -> Result<Change, String> {
        let shape = || format!("{text:?} is not TABLE.KEY=VALUE, such as silence.floor_s=1800");
        let (path, value) = text.split_once('=').ok_or_else(shape)?;
        let path: Vec<String> = path.trim().split('.').map(str::to_owned).collect();
        if path.iter().any(|part| part.is_empty() || part.contains(char::is_whitespace)) {
            return Err(shape());
        }
        let value = value.trim();
        let read = format!("x = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("x"));
        let is_word = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "-_/".contains(c));
        match read {
            Some(value) => Ok(Change { path, value }),
            None if is_word => Ok(Change { path, value: Value::String(value.to_owned()) }),
            None => Err(format!("{value:?} is neither a TOML value nor a single word; put text into quotes")),
        }
    }

    fn apply(&self, settings: &mut Table) -> Result<(), VariantError> {
        let Some((key, tables)) = self.path.split_last() else { return Ok(()) };
        let mut table = settings;
        for (depth, name) in tables.iter().enumerate() {
            let below = table.entry(name.clone()).or_insert_with(|| Value::Table(Table::new()));
            table = below
                .as_table_mut()
                .ok_or_else(|| VariantError::NoTable { path: self.path.join("."), at: tables[..=depth].join(".") })?;
        }
        table.insert(key.clone(), self.value.clone());
        Ok(())
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.path.join("."), self.value)
    }
}

impl Variant {
    /// Whether nothing is to be different.
    pub fn is_none(&self) -> bool {
        self.settings.is_empty() && self.without_zones.is_empty()
    }

    /// The files with the changes made; those without a change stay byte for byte.
    ///
    /// # Errors
    /// See [`VariantError`]. Whether the result is a rulebook is for [`super::compile`] to say.
    pub fn of(&self, files: &[RulebookFile]) -> Result<Vec<RulebookFile>, VariantError> {
        let mut files = files.to_vec();
        if !self.settings.is_empty() {
            self.set(&mut files)?;
        }
        for zone in &self.without_zones {
            let mut left_out = false;
            files.retain_mut(|file| !file.path.starts_with("zones/") || leave_out(file, zone, &mut left_out));
            if !left_out {
                return Err(VariantError::NoZone(zone.clone()));
            }
        }
        Ok(files)
    }

    fn set(&self, files: &mut Vec<RulebookFile>) -> Result<(), VariantError> {
        if !files.iter().any(|file| file.path == SETTINGS) {
            files.push(RulebookFile { path: SETTINGS.to_owned(), bytes: Vec::new() });
        }
        for file in files.iter_mut().filter(|file| file.path == SETTINGS) {
            let text = std::str::from_utf8(file.text()).map_err(|e| VariantError::Settings(e.to_string()))?;
            let mut table: Table = text.parse().map_err(|e: toml::de::Error| VariantError::Settings(e.to_string()))?;
            self.settings.iter().try_for_each(|change| change.apply(&mut table))?;
            let list: Vec<String> = self.settings.iter().map(Change::to_string).collect();
            // Comments of the original are gone: the first line says what this file is.
            file.bytes = format!("# Derived, with {} set.\n{table}", list.join(", ")).into_bytes();
        }
        Ok(())
    }
}

/// Takes a zone out of a file; whether anything of the file is left. What is no GeoJSON stays for the reader to complain of.
fn leave_out(file: &mut RulebookFile, zone: &str, left_out: &mut bool) -> bool {
    let Ok(mut root) = serde_json::from_slice::<Json>(file.text()) else { return true };
    let is_it = |feature: &Json| feature["properties"]["id"] == *zone;
    if is_it(&root) {
        *left_out = true;
        return false;
    }
    let Some(features) = root.get_mut("features").and_then(Json::as_array_mut) else { return true };
    let before = features.len();
    features.retain(|feature| !is_it(feature));
    if features.len() < before {
        *left_out = true;
        file.bytes = root.to_string().into_bytes();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::{compile, sha256};
    use super::*;

    fn files() -> Vec<RulebookFile> {
        let zone = |id: &str, west: f64| {
            let ring = format!("[[{west},40],[{0},40],[{0},41],[{west},41],[{west},40]]", west + 0.5);
            format!(
                r#"{{"type":"Feature","properties":{{"id":"{id}","class":"watch"}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
            )
        };
        let zones = format!(r#"{{"type":"FeatureCollection","features":[{},{}]}}"#, zone("a", 30.0), zone("b", 31.0));
        let file = |path: &str, text: &str| RulebookFile { path: path.into(), bytes: text.as_bytes().to_vec() };
        vec![
            file("rulebook.toml", "version = 'v' # what it is\n[evidence]\nzone_in = { epsilon = 0.1, h = 5 }\n"),
            file("zones/all.geojson", &zones),
        ]
    }

    fn variant(sets: &[&str], without: &[&str]) -> Variant {
        Variant {
            settings: sets.iter().map(|text| Change::parse(text).unwrap_or_else(|e| panic!("{e}"))).collect(),
            without_zones: without.iter().map(|zone| (*zone).to_owned()).collect(),
        }
    }

    #[test]
    fn what_is_set_holds_and_the_rest_stays() {
        let changed =
            variant(&["silence.floor_s=1800", "class.watch.priority=journal", "evidence.zone_in.h=7"], &["a"])
                .of(&files())
                .unwrap();
        let book = compile(&changed).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!(book.settings.silence.floor_s, 1_800);
        assert_eq!(book.settings.silence.level_2_s, 1_800, "what was not named keeps its default");
        assert_eq!((book.settings.evidence.zone_in.epsilon, book.settings.evidence.zone_in.h), (0.1, 7.0));
        assert_eq!(book.zones.iter().map(|zone| zone.id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(book.zones[0].priority.map(|p| p.name()), Some("journal"));
        assert_ne!(book.sha256, sha256(&files()));
        assert_eq!(Variant::default().of(&files()).unwrap(), files(), "no change, no other byte");
    }

    #[test]
    fn what_cannot_be_says_so() {
        for text in ["silence.floor_s", "=3", "silence..floor_s=3", "a b=3", "silence.floor_s=", "name=two words"] {
            assert!(Change::parse(text).is_err(), "{text}");
        }
        let fault = |sets: &[&str]| {
            let changed = variant(sets, &[]).of(&files()).unwrap();
            compile(&changed).expect_err("a fault")[0].to_string()
        };
        assert!(fault(&["silence.flor_s=3"]).contains("did you mean `floor_s`"), "{}", fault(&["silence.flor_s=3"]));
        assert!(fault(&["silence.floor_s=long"]).contains("whole number"));
        assert!(fault(&["silence.floor_s=0"]).contains("floor_s"));
        assert!(fault(&["silence.level_2_s=9000"]).contains("level_3_s"), "contradictions are found, too");
        let through = variant(&["version.major=3"], &[]).of(&files());
        assert!(matches!(through, Err(VariantError::NoTable { .. })), "{through:?}");
        assert_eq!(variant(&[], &["c"]).of(&files()), Err(VariantError::NoZone("c".into())));
    }
}
