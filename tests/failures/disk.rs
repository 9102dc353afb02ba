//! A file system that forgets at a power cut what was not synced: data, and entries of folders, each for itself.

use std::collections::BTreeMap;

use crate::chance::Chance;
use crate::faults::Micros;

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// No space left.
    Full,
    /// The device says no.
    Error,
    /// No such file or folder.
    Missing(String),
    /// Something has this name already.
    Taken(String),
}

#[derive(Clone, Debug, Default)]
struct Inode {
    bytes: Vec<u8>,
    synced: Option<Vec<u8>>,
    folder: bool,
}

/// A change of entries that no sync of a folder has made durable.
#[derive(Clone, Debug)]
enum Change {
    Link(String, usize),
    Rename(String, String, usize),
    Unlink(String),
}

/// See the module.
#[derive(Default)]
pub struct Disk {
    names: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    inodes: Vec<Inode>,
    journal: Vec<Change>,
    /// It is full until then.
    pub full: Micros,
    /// Syncs do nothing, for the control without them.
    pub lies: bool,
}

fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether all folders above a name are there.
fn rooted(names: &BTreeMap<String, usize>, name: &str) -> bool {
    let mut above = folder(name);
    while !above.is_empty() {
        if !names.contains_key(above) {
            return false;
        }
        above = folder(above);
    }
    true
}

impl Change {
    fn touches(&self, dir: &str) -> bool {
        match self {
            Change::Link(name, _) | Change::Unlink(name) => folder(name) == dir,
            Change::Rename(from, to, _) => folder(from) == dir || folder(to) == dir,
        }
    }

    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Change::Link(name, inode) => drop(names.insert(name.clone(), *inode)),
            Change::Unlink(name) => drop(names.remove(name)),
            Change::Rename(from, to, inode) => {
                names.remove(from);
                names.insert(to.clone(), *inode);
            }
        }
    }
}

impl Disk {
    /// A disk on which these folders are for good.
    pub fn with(folders: &[&str]) -> Disk {
        let mut disk = Disk::default();
        for name in folders {
            disk.inodes.push(Inode { folder: true, ..Inode::default() });
            disk.durable.insert((*name).to_owned(), disk.inodes.len() - 1);
        }
        disk.names = disk.durable.clone();
        disk
    }

    /// Gives something a name, not synced.
    fn enter(&mut self, name: &str, inode: usize) -> Result<(), DiskFault> {
        if self.names.contains_key(name) {
            return Err(DiskFault::Taken(name.to_owned()));
        }
        if !self.is_dir(folder(name)) {
            return Err(DiskFault::Missing(folder(name).to_owned()));
        }
        self.names.insert(name.to_owned(), inode);
        self.journal.push(Change::Link(name.to_owned(), inode));
        Ok(())
    }

    /// Writes a new file, not synced.
    pub fn write_new(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskFault> {
        self.enter(name, self.inodes.len())?;
        self.inodes.push(Inode { bytes: bytes.to_vec(), ..Inode::default() });
        Ok(())
    }

    /// Makes a folder, not synced.
    pub fn make_dir(&mut self, name: &str) -> Result<(), DiskFault> {
        self.enter(name, self.inodes.len())?;
        self.inodes.push(Inode { folder: true, ..Inode::default() });
        Ok(())
    }

    /// Gives a file a second name, not synced.
    pub fn link(&mut self, from: &str, to: &str) -> Result<(), DiskFault> {
        let inode = *self.names.get(from).ok_or_else(|| DiskFault::Missing(from.to_owned()))?;
        self.enter(to, inode)
    }

    /// Whether there is a folder of this name; that of the whole disk has none.
    pub fn is_dir(&self, name: &str) -> bool {
        name.is_empty() || self.names.get(name).is_some_and(|&inode| self.inodes[inode].folder)
    }

    /// Names in a folder.
    pub fn children(&self, dir: &str) -> Result<Vec<String>, DiskFault> {
        if !self.is_dir(dir) {
            return Err(DiskFault::Missing(dir.to_owned()));
        }
        let inside = self.list(&format!("{dir}/"));
        Ok(inside
            .iter()
            .filter_map(|name| name.get(dir.len() + 1..))
            .filter(|n| !n.contains('/'))
            .map(str::to_owned)
            .collect())
    }

    /// Syncs the data of a file.
    pub fn sync(&mut self, name: &str) {
        if let Some(&inode) = self.names.get(name).filter(|_| !self.lies) {
            let inode = &mut self.inodes[inode];
            inode.synced = Some(inode.bytes.clone());
        }
    }

    /// Syncs the entries of a folder.
    pub fn sync_dir(&mut self, dir: &str) {
        if self.lies {
            return;
        }
        for change in std::mem::take(&mut self.journal) {
            if !change.touches(dir) {
                self.journal.push(change);
                continue;
            }
            change.apply(&mut self.durable);
            if let Change::Rename(from, ..) = &change {
                self.journal.retain(|earlier| !matches!(earlier, Change::Link(name, _) if name == from));
            }
        }
    }

    /// Renames, over what is there.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskFault> {
        if !self.is_dir(folder(to)) {
            return Err(DiskFault::Missing(folder(to).to_owned()));
        }
        let inode = self.names.remove(from).ok_or_else(|| DiskFault::Missing(from.to_owned()))?;
        self.names.insert(to.to_owned(), inode);
        self.journal.push(Change::Rename(from.to_owned(), to.to_owned(), inode));
        Ok(())
    }

    /// Removes; whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let there = self.names.remove(name).is_some();
        if there {
            self.journal.push(Change::Unlink(name.to_owned()));
        }
        there
    }

    /// The bytes of a file.
    pub fn read(&self, name: &str) -> Option<&[u8]> {
        self.names.get(name).map(|&inode| self.inodes[inode].bytes.as_slice())
    }

    /// What would be left of a file after a power cut, whatever is lost.
    pub fn certain(&self, name: &str) -> Option<&[u8]> {
        let gone =
            self.journal.iter().any(|change| matches!(change, Change::Unlink(n) | Change::Rename(n, ..) if n == name));
        let inode = self.durable.get(name).filter(|_| !gone && rooted(&self.durable, name))?;
        self.inodes[*inode].synced.as_deref()
    }

    /// Names that begin so.
    pub fn list(&self, prefix: &str) -> Vec<String> {
        let from = self.names.range(prefix.to_owned()..);
        from.take_while(|(name, _)| name.starts_with(prefix)).map(|(name, _)| name.clone()).collect()
    }

    /// Damages a file where it lies.
    pub fn damage(&mut self, name: &str, how: impl FnOnce(&mut Vec<u8>)) {
        if let Some(&inode) = self.names.get(name) {
            let inode = &mut self.inodes[inode];
            how(&mut inode.bytes);
            inode.synced = Some(inode.bytes.clone());
        }
    }

    /// A power cut.
    pub fn crash(&mut self, chance: &mut Chance) {
        let in_order = chance.percent(50);
        let mut going = true;
        for change in std::mem::take(&mut self.journal) {
            // Some file systems lose changes from some point on, others lose any of them.
            let kept = chance.percent(60);
            going &= kept;
            if if in_order { going } else { kept } {
                change.apply(&mut self.durable);
            }
        }
        // What lay in a folder whose own entry is lost is lost with it.
        let rooted = |name: &String| rooted(&self.durable, name);
        self.names =
            self.durable.iter().filter(|(name, _)| rooted(name)).map(|(name, inode)| (name.clone(), *inode)).collect();
        self.durable = self.names.clone();
        for &inode in self.names.values() {
            let inode = &mut self.inodes[inode];
            if inode.synced.as_ref() != Some(&inode.bytes) {
                let whole = inode.bytes.len() as i64;
                match chance.within(0, 4) {
                    0 => inode.bytes.truncate(chance.within(0, whole + 1) as usize),
                    1 => inode.bytes.fill(0),
                    2 => inode.bytes = inode.synced.clone().unwrap_or_default(),
                    _ => {}
                }
            }
            inode.synced = Some(inode.bytes.clone());
        }
    }
}
