//! Rulebooks by hash: that of the configuration, and those published into the store.
//!
//! A rulebook that was in force once stays in the store: a checkpoint, a rewind or an explanation may need it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::domain::rules::Rules;
use crate::edge::rulebook::{RulebookFile, compile, read_files};
use crate::edge::store::Store;

/// Name of the object that says which rulebook holds from the start of every partition.
const FIRST: &str = "rulebooks/first";
/// Names of the files of a published rulebook, one a line.
const LIST: &str = "files";

/// See the module.
pub struct Shelf {
    store: Arc<dyn Store>,
    known: Mutex<BTreeMap<String, Arc<Rules>>>,
    first: Arc<Rules>,
}

impl Shelf {
    /// Reads the rulebook of the configuration, and puts it into the store. Of the very first start, it rules from the
    /// beginning of every partition; later ones are published as records of the log.
    ///
    /// # Errors
    /// Exit 2 for faults, 3 for what cannot be read, 5 for what cannot be written.
    pub fn open(store: Arc<dyn Store>, dir: &Path) -> Result<Shelf, Failure> {
        let rules = publish(&*store, dir)?;
        let hash = rules.book.sha256.clone();
        let reading = || "reading which rulebook holds from the start".to_owned();
        let first = match store.get(FIRST).or_fail(ExitCode::Missing, reading)? {
            Some(bytes) => String::from_utf8_lossy(&bytes).trim().to_owned(),
            None => match store.put_new(FIRST, hash.as_bytes()) {
                Ok(()) => hash.clone(),
                // Another process was quicker.
                Err(_) => {
                    let bytes = store.get(FIRST).or_fail(ExitCode::Missing, reading)?;
                    bytes.map_or(hash.clone(), |b| String::from_utf8_lossy(&b).trim().to_owned())
                }
            },
        };
        let mut known = BTreeMap::from([(hash.clone(), Arc::clone(&rules))]);
        let first_rules = if first == hash {
            rules
        } else {
            let rules = load(&*store, &first)?;
            known.insert(first, Arc::clone(&rules));
            tracing::warn!(
                configured = %hash, in_force = %rules.book.sha256,
                "the configured rulebook is not the one that holds from the start; `kervan rulebook publish` puts it in force"
            );
            rules
        };
        Ok(Shelf { store, known: Mutex::new(known), first: first_rules })
    }

    /// The rulebook that holds from the start.
    pub fn first(&self) -> &Arc<Rules> {
        &self.first
    }

    /// A rulebook by its hash.
    ///
    /// # Errors
    /// Exit 3 where nobody has published it.
    pub fn get(&self, sha256: &str) -> Result<Arc<Rules>, Failure> {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(rules) = known.get(sha256) {
            return Ok(Arc::clone(rules));
        }
        let rules = load(&*self.store, sha256)?;
        known.insert(sha256.to_owned(), Arc::clone(&rules));
        Ok(rules)
    }
}

/// Puts a rulebook directory into the store, under its hash.
///
/// # Errors
/// Exit 2 for faults, 3 for what cannot be read, 5 for what cannot be written.
pub fn publish(store: &dyn Store, dir: &Path) -> Result<Arc<Rules>, Failure> {
    let rules = crate::app::replay::load_rules(dir)?;
    let files = read_files(dir).or_fail(ExitCode::Missing, || format!("reading the rulebook {}", dir.display()))?;
    let folder = format!("rulebooks/{}", rules.book.sha256);
    let mut list = String::new();
    for file in &files {
        let name = format!("{folder}/{}", file.path);
        store.put_new(&name, &file.bytes).or_fail(ExitCode::OutputFull, || format!("publishing {}", file.path))?;
        list.push_str(&file.path);
        list.push('\n');
    }
    // Last: with it the rulebook is whole.
    store
        .put_new(&format!("{folder}/{LIST}"), list.as_bytes())
        .or_fail(ExitCode::OutputFull, || format!("publishing the rulebook {}", dir.display()))?;
    Ok(rules)
}

fn load(store: &dyn Store, sha256: &str) -> Result<Arc<Rules>, Failure> {
    let doing = || format!("reading the rulebook {sha256} from the store; `kervan rulebook publish` puts it there");
    let object = |name: &str| -> Result<Vec<u8>, Failure> {
        let name = format!("rulebooks/{sha256}/{name}");
        let bytes = store.get(&name).or_fail(ExitCode::Missing, doing)?;
        bytes.ok_or_else(|| Failure::new(ExitCode::Missing, anyhow::anyhow!("{}: {name} is not there", doing())))
    };
    if !sha256.bytes().all(|b| b.is_ascii_hexdigit()) || sha256.len() != 64 {
        return Err(Failure::new(ExitCode::Missing, anyhow::anyhow!("{sha256:?} is not the hash of a rulebook")));
    }
    let list = object(LIST)?;
    let mut files = Vec::new();
    for path in String::from_utf8_lossy(&list).lines() {
        files.push(RulebookFile { path: path.to_owned(), bytes: object(path)? });
    }
    let book = compile(&files).map_err(|faults| {
        let text: Vec<String> = faults.iter().map(|f| format!("\n  {f}")).collect();
        Failure::new(ExitCode::Missing, anyhow::anyhow!("{}: it has faults:{}", doing(), text.concat()))
    })?;
    if book.sha256 != sha256 {
        let found = &book.sha256;
        return Err(Failure::new(
            ExitCode::Missing,
            anyhow::anyhow!("{}: its files have the hash {found}; somebody has changed them", doing()),
        ));
    }
    Ok(Rules::new(book))
}

/// The directory of `[rulebook] url`.
///
/// # Errors
/// Exit 2 for an address that is no `file:` address.
pub fn directory(url: &str, base: &Path) -> Result<PathBuf, Failure> {
    match url.strip_prefix("file://").or_else(|| url.strip_prefix("file:")) {
        Some(path) if !path.is_empty() => Ok(base.join(path)),
        _ => Err(Failure::usage(format!("[rulebook] url = {url:?}: file:PATH is expected"))),
    }
}
