//! What the machine is, and how fast it is at two fixed things, so that a slow machine can be told from a slow program.

use std::hint::black_box;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const GIB: usize = 1 << 30;
const READS: u64 = 10_000_000;

/// See the module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// Name of the processor.
    pub processor: String,
    /// Processors that this process may use.
    pub cores: usize,
    /// Memory, bytes.
    pub memory_bytes: u64,
    /// SHA-256 over 1 GiB, bytes a second on one core.
    pub sha256_bytes_s: f64,
    /// One read at a random place of 1 GiB, each waiting for the one before, nanoseconds.
    pub random_read_ns: f64,
}

impl Machine {
    /// Looks at this machine, which takes some seconds.
    pub fn measure() -> Machine {
        Machine {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: kib("/proc/meminfo", "MemTotal").unwrap_or(0) * 1_024,
            sha256_bytes_s: sha256(),
            random_read_ns: random_reads(),
        }
    }
}

fn sha256() -> f64 {
    let block = vec![0x5au8; GIB / 16];
    let began = Instant::now();
    let mut hasher = Sha256::new();
    (0..16).for_each(|_| hasher.update(black_box(&block)));
    black_box(hasher.finalize());
    GIB as f64 / began.elapsed().as_secs_f64()
}

fn random_reads() -> f64 {
    let places: Vec<u64> = (0..GIB as u64 / 8).collect();
    let began = Instant::now();
    let mut at = 1u64;
    for _ in 0..READS {
        // A full-period generator (Knuth's MMIX), fed with what was read: no read can begin before the one before has ended.
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        at ^= black_box(places[(at >> 37) as usize]) & 1;
    }
    black_box(at);
    began.elapsed().as_secs_f64() * 1e9 / READS as f64
}

/// Resident memory of this process, bytes; 0 where the system does not say.
pub fn resident() -> u64 {
    kib("/proc/self/status", "VmRSS").unwrap_or(0) * 1_024
}

/// A figure in KiB of a file of `/proc`.
pub(super) fn kib(file: &str, name: &str) -> Option<u64> {
    field(file, name)?.split(' ').next()?.parse().ok()
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
