//! Reads `rulebook.toml`: every entry goes to `Settings::set`, every refusal is a fault that names the key.

use toml::{Table, Value};

use super::RulebookFile;
use crate::domain::record::Mount;
use crate::domain::rulebook::settings::Tables;
use crate::domain::rulebook::{Fault, Literal, Place, SettingFault, Settings, ZoneClass};

const TOP: [&str; 6] = ["version", "name", "time_zone", "units", "class", "mount"];
const CLASS: [&str; 5] = ["priority", "dwell_min", "allowance_min", "zone_in", "zone_out"];
const MOUNT: [&str; 5] = ["sigma_factor", "zone_in", "zone_out", "corridor", "other"];

/// The settings; what is wrong keeps its default and is a fault.
pub fn read(file: &RulebookFile, found: &mut Vec<Fault>) -> Settings {
    let mut settings = Settings::default();
    let Some(table) = parse(file, found) else { return settings };
    if !table.contains_key("version") {
        let message = format!("there is no `version`; \"{}\" is taken", settings.version);
        found.push(Fault::warning("no_version", place(file), message));
    }
    for (key, value) in &table {
        match (key.as_str(), value) {
            ("class" | "mount", Value::Table(groups)) => {
                for (group, value) in groups {
                    match value {
                        Value::Table(entries) => section(&mut settings, &[key, group], entries, file, found),
                        _ => set(&mut settings, &[key, group], value, file, found),
                    }
                }
            }
            (_, Value::Table(entries)) => section(&mut settings, &[key], entries, file, found),
            _ => set(&mut settings, &[key], value, file, found),
        }
    }
    settings
}

fn parse(file: &RulebookFile, found: &mut Vec<Fault>) -> Option<Table> {
    let text = match std::str::from_utf8(file.text()) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("the file is not UTF-8 at byte {}; save it as UTF-8", error.valid_up_to());
            found.push(Fault::new("not_utf8", place(file), message));
            return None;
        }
    };
    match text.parse::<Table>() {
        Ok(table) => Some(table),
        Err(error) => {
            let line = error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            let message = format!("this is not TOML: {}", error.message());
            found.push(Fault::new("syntax", Place { line, ..place(file) }, message));
            None
        }
    }
}

/// A table of settings; an empty one with an unknown name is a fault as well.
fn section(settings: &mut Settings, path: &[&str], entries: &Table, file: &RulebookFile, found: &mut Vec<Fault>) {
    let known = match path {
        ["class", class] => ZoneClass::from_name(class).is_some(),
        ["mount", mount] => Mount::ALL.iter().any(|known| known.name() == *mount),
        [table] => Tables::KEYS.iter().any(|(known, _)| known == table),
        _ => false,
    };
    if !known {
        refuse(path, &SettingFault::UnknownTable, file, found);
        return;
    }
    for (key, value) in entries {
        set(settings, &[path, &[key.as_str()]].concat(), value, file, found);
    }
}

fn set(settings: &mut Settings, path: &[&str], value: &Value, file: &RulebookFile, found: &mut Vec<Fault>) {
    if let Err(fault) = settings.set(path, &literal(value)) {
        refuse(path, &fault, file, found);
    }
}

fn refuse(path: &[&str], fault: &SettingFault, file: &RulebookFile, found: &mut Vec<Fault>) {
    let name = match path {
        [key] => format!("`{key}`"),
        [table @ .., key] => format!("`{key}` of [{}]", table.join(".")),
        [] => String::new(),
    };
    let (code, message) = match fault {
        SettingFault::UnknownTable => ("unknown_key", format!("unknown table [{}]{}", path.join("."), hint(path))),
        SettingFault::UnknownKey => ("unknown_key", format!("unknown key {name}{}", hint(path))),
        SettingFault::Type(expected) => ("wrong_type", format!("{name} must be {expected}")),
        SettingFault::Range(allowed) => ("out_of_range", format!("{name}: {allowed}")),
    };
    found.push(Fault::new(code, place(file), message));
}

/// What may stand there, the likeliest first where one is alike.
fn hint(path: &[&str]) -> String {
    let known: Vec<&str> = match path {
        ["class", _] => ZoneClass::ALL.iter().map(|class| class.name()).collect(),
        ["mount", _] => Mount::ALL.iter().map(|mount| mount.name()).collect(),
        ["class", _, _] => CLASS.to_vec(),
        ["mount", _, _] => MOUNT.to_vec(),
        [table, _] => Tables::KEYS.iter().find(|(known, _)| known == table).map_or(vec![], |(_, keys)| keys.to_vec()),
        _ => TOP.iter().copied().chain(Tables::KEYS.iter().map(|(table, _)| *table)).collect(),
    };
    let wrong = path.last().copied().unwrap_or_default();
    match known.iter().map(|name| (distance(wrong, name), *name)).min() {
        Some((changes, name)) if changes <= 3 && changes < wrong.len() => format!("; did you mean `{name}`?"),
        _ => format!("; known are {}", known.join(", ")),
    }
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.bytes().enumerate() {
            let change = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn literal(value: &Value) -> Literal {
    match value {
        Value::String(text) => Literal::Text(text.clone()),
        Value::Integer(number) => Literal::Int(*number),
        Value::Float(number) => Literal::Float(*number),
        Value::Boolean(flag) => Literal::Bool(*flag),
        Value::Table(entries) => Literal::Table(entries.iter().map(|(k, v)| (k.clone(), literal(v))).collect()),
        Value::Datetime(_) | Value::Array(_) => Literal::Other,
    }
}

fn place(file: &RulebookFile) -> Place {
    Place { file: file.path.clone(), ..Place::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (Settings, Vec<Fault>) {
        let file = RulebookFile { path: "rulebook.toml".into(), bytes: text.as_bytes().to_vec() };
        let mut found = Vec::new();
        (read(&file, &mut found), found)
    }

    #[test]
    fn unknown_keys_at_every_level() {
        let (settings, found) = read_text(
            "version = 'v'\nverson = 1\n[fixx]\n[fix]\nv_max = 3\nv_max_mps = 40\n[class.nowhere]\n[class.risk]\ncolour = 1\n[mount.roof]\n\
             [mount.trailer_top]\nsigma = 1\n[evidence]\nzone_in = { epsilon = 0.1, h = 1, k = 2 }\n[route_time]\ndrive_break = { hours = 1 }\n",
        );
        let named =
            ["verson", "fixx", "v_max", "class.nowhere", "colour", "mount.roof", "sigma", "zone_in", "drive_break"];
        assert_eq!(found.len(), named.len(), "{found:#?}");
        for name in named {
            assert!(found.iter().any(|fault| fault.message.contains(name)), "{name}");
        }
        assert_eq!(settings.fix.v_max_mps, 40.0);
    }

    #[test]
    fn syntax_and_types() {
        assert_eq!(read_text("version = 'v'\n[fix\n").1[0].place.line, Some(2));
        let (_, found) = read_text("version = 1\nfix = 3\nclass = 4\n[class]\n");
        assert_eq!(found.len(), 1, "a key that comes twice: {found:?}");
        let (_, found) =
            read_text("version = 1\nfix = 3\nclass = { risk = 4 }\n[jamming]\nflag_s = 1.5\nregional_units = 0\n");
        assert_eq!(found.len(), 5, "{found:#?}");
    }

    #[test]
    fn suggestions() {
        assert_eq!(hint(&["fix", "vmax_mps"]), "; did you mean `v_max_mps`?");
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
