//! A reader that looks while things break: what may be seen only grows, and is never ahead of what was committed (I3, I6).

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use kervan::edge::lake::Live;

use super::cluster::Cluster;
use super::commits::{Commit, Commits};
use super::process::Setup;

/// Watches until it is asked what it saw.
pub struct Watch {
    done: Arc<AtomicBool>,
    thread: JoinHandle<Result<usize, String>>,
}

impl Watch {
    /// Begins.
    pub fn begin(cluster: &Cluster, setup: &Setup) -> Watch {
        let done = Arc::new(AtomicBool::new(false));
        let topics = &setup.topics;
        let commits = Commits::new(cluster, &setup.group(), &topics.log, topics.partitions);
        let (ending, lake) = (Arc::clone(&done), setup.lake());
        let thread = std::thread::spawn(move || {
            let mut seen = Seen::new(commits, lake);
            let mut looks = 0;
            while !ending.load(Ordering::SeqCst) {
                looks += usize::from(seen.look()?);
                std::thread::sleep(Duration::from_millis(200));
            }
            Ok(looks)
        });
        Watch { done, thread }
    }

    /// Ends; what was wrong is a panic.
    pub fn end(self) {
        self.done.store(true, Ordering::SeqCst);
        match self.thread.join().expect("the watch does not panic") {
            Ok(0) => panic!("the broker told the watch nothing: what it would have seen is not known"),
            Ok(looks) => println!("watched {looks} times"),
            Err(what) => panic!("seen meanwhile: {what}"),
        }
    }
}

struct Seen {
    commits: Commits,
    lake: PathBuf,
    last: Vec<Commit>,
    published: Vec<u64>,
}

impl Seen {
    fn new(commits: Commits, lake: PathBuf) -> Seen {
        Seen { commits, lake, last: Vec::new(), published: Vec::new() }
    }

    /// One look; false where the broker did not answer.
    fn look(&mut self) -> Result<bool, String> {
        // First the lake, then the commits: a commit goes before what it publishes.
        let live = if self.lake.join("manifest").is_dir() {
            Live::load(&self.lake).map_err(|error| format!("I6: a reader of the lake: {error}"))?
        } else {
            Live::default()
        };
        for file in &live.files {
            let path = file.path_in(&self.lake);
            let bytes = std::fs::metadata(&path).map_err(|error| format!("I6: {}: {error}", path.display()))?.len();
            if bytes != file.entry.bytes {
                return Err(format!("I6: {} has {bytes} bytes, not {}", path.display(), file.entry.bytes));
            }
        }
        let Some(now) = self.commits.now() else { return Ok(false) };
        self.published.resize(now.len(), 0);
        for (partition, _, next) in live.ends {
            // Results of the second stage stand behind the partitions of the log, and have commits of their own.
            let Some(before) = self.published.get_mut(partition as usize) else { continue };
            if next < *before {
                return Err(format!("I3: partition {partition}: published up to {before}, then only up to {next}"));
            }
            *before = next;
            let k = now[partition as usize].k.unwrap_or(0);
            if next > k {
                return Err(format!("I6: partition {partition}: {next} is published, only {k} is committed"));
            }
        }
        for (partition, (one, before)) in now.iter().zip(&self.last).enumerate() {
            if one.c < before.c || one.k < before.k {
                return Err(format!("I3: partition {partition}: {before:?}, then {one:?}"));
            }
        }
        if let Some(ahead) = now.iter().find(|commit| commit.k > commit.c) {
            return Err(format!("I3: K is ahead of C: {ahead:?}"));
        }
        self.last = now;
        Ok(true)
    }
}
