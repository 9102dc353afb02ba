//! The simulated disk as the product sees it: mounted in the world of a case, where every operation takes time and may fail,
//! or in a place where nothing ever goes wrong.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use kervan::delivery::disk::{self, Content};

use crate::disk::{Disk, DiskFault};
use crate::world::Life;

/// Tables that were read back by the lanes of all cases (not by their truth): history.
pub static READ_BACK: AtomicU64 = AtomicU64::new(0);

/// How the simulated disk is reached.
pub trait Mount: Send + Sync {
    /// Does something to it; whether it changes anything.
    fn with<R>(&self, writes: bool, what: impl FnOnce(&mut Disk) -> Result<R, DiskFault>) -> Result<R, DiskFault>;
    /// A number that nobody else gets.
    fn token(&self) -> u64;
    /// A table is opened.
    fn opens(&self) {}
}

/// In the world of a case.
impl Mount for Life {
    fn with<R>(&self, writes: bool, what: impl FnOnce(&mut Disk) -> Result<R, DiskFault>) -> Result<R, DiskFault> {
        self.call(200, |w| {
            let broken = w.faults.disk_error;
            if writes && w.lot(broken) {
                return Err(DiskFault::Error);
            }
            if writes && w.disk.full > w.clock {
                return Err(DiskFault::Full);
            }
            what(&mut w.disk)
        })
    }

    fn token(&self) -> u64 {
        self.at(|w| w.cluster.unique())
    }

    fn opens(&self) {
        READ_BACK.fetch_add(1, Ordering::Relaxed);
    }
}

/// Where nothing goes wrong, and nobody else is.
#[derive(Default)]
pub struct Calm(Mutex<(Disk, u64)>);

impl Mount for Calm {
    fn with<R>(&self, _writes: bool, what: impl FnOnce(&mut Disk) -> Result<R, DiskFault>) -> Result<R, DiskFault> {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).0)
    }

    fn token(&self) -> u64 {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.1 += 1;
        all.1
    }
}

/// See the module.
pub struct Mounted<M>(pub M);

impl<M> fmt::Debug for Mounted<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a simulated disk")
    }
}

fn name(path: &Path) -> &str {
    // `.` is where a relative path begins.
    path.to_str().filter(|name| *name != ".").unwrap_or_default()
}

fn told(fault: DiskFault) -> io::Error {
    match fault {
        DiskFault::Full => io::Error::new(io::ErrorKind::StorageFull, "no space left"),
        DiskFault::Error => io::Error::other("input/output error"),
        DiskFault::Missing(what) => io::Error::new(io::ErrorKind::NotFound, what),
        DiskFault::Taken(what) => io::Error::new(io::ErrorKind::AlreadyExists, what),
    }
}

impl<M: Mount> Mounted<M> {
    fn look<R>(&self, path: &Path, what: impl FnOnce(&mut Disk, &str) -> Result<R, DiskFault>) -> io::Result<R> {
        self.0.with(false, |disk| what(disk, name(path))).map_err(told)
    }

    fn change<R>(&self, path: &Path, what: impl FnOnce(&mut Disk, &str) -> Result<R, DiskFault>) -> io::Result<R> {
        self.0.with(true, |disk| what(disk, name(path))).map_err(told)
    }

    fn bytes(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.look(path, |disk, name| {
            disk.read(name).map(<[u8]>::to_vec).ok_or_else(|| DiskFault::Missing(name.to_owned()))
        })
    }
}

impl<M: Mount> disk::Disk for Mounted<M> {
    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.change(path, |disk, name| disk.write_new(name, bytes))?;
        // Between the two a power cut leaves anything.
        let synced = self.change(path, |disk, name| {
            disk.sync(name);
            Ok(())
        });
        synced.inspect_err(|_| {
            let _ = self.look(path, |disk, name| Ok(disk.remove(name)));
        })
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.change(path, |disk, name| {
            if !disk.is_dir(name) {
                return Err(DiskFault::Missing(name.to_owned()));
            }
            disk.sync_dir(name);
            Ok(())
        })
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        self.change(path, Disk::make_dir)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(from, |disk, from| disk.rename(from, name(to)))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(from, |disk, from| disk.link(from, name(to)))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(
            path,
            |disk, name| {
                if disk.remove(name) { Ok(()) } else { Err(DiskFault::Missing(name.to_owned())) }
            },
        )
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.bytes(path)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(self.bytes(path)?.len() as u64)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.look(path, |disk, name| Ok(disk.is_dir(name))).unwrap_or(false)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.look(path, |disk, name| disk.children(name))
    }

    fn open(&self, path: &Path) -> io::Result<Content> {
        self.0.opens();
        Ok(Content::Memory(self.bytes(path)?.into()))
    }

    fn token(&self) -> u64 {
        self.0.token()
    }
}

/// Who finds a folder cannot know whether its entry is durable: whoever made it may have died before.
#[test]
fn a_folder_of_somebody_who_died_is_made_durable() {
    let disk = Mounted(Calm::default());
    let (folder, file) = (Path::new("lake/stage"), Path::new("lake/stage/file"));
    for there in [Path::new("lake"), folder] {
        disk::Disk::make_dir(&disk, there).expect("a calm disk makes folders");
    }
    disk::Folders::below(Path::new("lake")).make(&disk, folder).expect("and syncs them");
    disk::Disk::write_new(&disk, file, b"rows").expect("and writes files");
    disk::Disk::sync_dir(&disk, folder).expect("and syncs their names");
    let survives = disk.0.with(false, |disk| Ok(disk.certain(name(file)).is_some()));
    assert_eq!(survives, Ok(true), "a power cut takes the folder, and the file with it");
}
