//! What the tests work on: a broker that all share, brokers of one's own, proxies, and a job with its topics.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock};

use super::cluster::{Cluster, Plan, cluster};
use super::process::Setup;
use super::proxy::Proxy;
use super::support::rulebook;
use super::topics::Topics;

/// Proxied listeners of the shared broker.
const PROXIED: usize = 2;

/// The broker that tests share which do not hurt it.
pub fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    SHARED.get_or_init(|| cluster(Plan { proxied: PROXIED, ..Plan::default() })).as_ref()
}

/// A proxy before the shared broker; the next test that wants it waits.
pub struct Leased {
    /// The proxy.
    pub proxy: Proxy,
    /// Bootstrap address behind it.
    pub bootstrap: String,
    _lease: MutexGuard<'static, ()>,
}

/// Leases proxy `number` (0 or 1) of the shared broker.
pub fn lease(cluster: &Cluster, number: usize) -> Leased {
    static LEASES: [Mutex<()>; PROXIED] = [Mutex::new(()), Mutex::new(())];
    // A test that failed before says nothing about the proxy: each is new.
    let lease = LEASES[number].lock().unwrap_or_else(|failed| failed.into_inner());
    let proxy = Proxy::start(cluster.proxied(0, number));
    Leased { proxy, bootstrap: cluster.bootstrap_proxied(number), _lease: lease }
}

/// A directory, a rulebook in it and topics of its own: what a job needs.
pub struct Bench {
    /// Configuration of the job.
    pub setup: Setup,
    dir: tempfile::TempDir,
}

impl Drop for Bench {
    /// What a failed test left is kept, to be looked at.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.dir.disable_cleanup(true);
            println!("kept: {}", self.dir.path().display());
        }
    }
}

impl Bench {
    /// Makes it; `test` names the topics.
    pub fn new(cluster: &Cluster, test: &str, partitions: i32) -> Bench {
        let dir = tempfile::Builder::new().prefix("job-").tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        let dir = dir.expect("a directory can be made under the target directory");
        let book = rulebook(dir.path());
        let topics = Topics::make(cluster, test, partitions);
        let setup = Setup::new(dir.path(), &topics, &cluster.bootstrap(), &book);
        Bench { setup, dir }
    }

    /// Where its files are.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A further directory of it.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(&path).expect("a directory can be made");
        path
    }
}
