//! Rows 25 and 26: the disk is full or broken, at each kind of call that publication makes.

use std::time::Duration;

use crate::bench::shared;
use crate::cluster::within;
use crate::results::Row;
use crate::shim::{BROKEN, FULL, Shim};
use crate::story::Story;

const MINUTE: Duration = Duration::from_secs(60);

fn ready(job: &crate::process::Job) -> Option<bool> {
    job.page("/ready").map(|(code, _)| code == 200)
}

#[test]
#[ignore = "minutes"]
fn the_disk_is_full() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(
        25,
        "disk full at the first mkdir: it ends; at create, write, fsync, rename: it waits; then space again",
    );
    let story = Story::new(cluster, "full", 12, 300);
    let shim = Shim::new(story.bench.path());
    let sending = story.send_at(cluster, 40);
    // Folders are made by a process that has nothing to lose yet.
    shim.set(&format!("fail mkdir {FULL} /lake/\n"));
    story.setup().start_with("a", &shim.environment()).refuses(5, &["publishing", "No space left on device"]);
    row.ran();
    shim.set("");
    let mut job = story.setup().start_with("a", &shim.environment());
    assert!(within(MINUTE, || job.said().contains("assignment complete")), "{}", job.last_words());
    for call in ["create", "write", "sync", "rename"] {
        shim.set(&format!("fail {call} {FULL} /lake/\n"));
        assert!(within(MINUTE, || ready(&job) == Some(false)), "{call}: not ready: {}", job.last_words());
        std::thread::sleep(Duration::from_secs(3));
        assert_eq!(job.ended(), None, "{call}: {}", job.last_words());
        shim.set("");
        assert!(within(MINUTE, || ready(&job) == Some(true)), "{call}: ready again: {}", job.last_words());
        row.ran();
    }
    sending.join().expect("the log is sent");
    story.end(cluster, vec![job]);
}

#[test]
#[ignore = "minutes"]
fn the_disk_is_broken() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(26, "EIO at create, write, fsync, rename: it ends and replays, or waits");
    let story = Story::new(cluster, "broken", 12, 300);
    let shim = Shim::new(story.bench.path());
    let sending = story.send_at(cluster, 60);
    for call in ["create", "write", "sync", "rename"] {
        shim.set("");
        let mut job = story.setup().start_with("a", &shim.environment());
        assert!(within(MINUTE, || ready(&job) == Some(true)), "{call}: {}", job.last_words());
        shim.set(&format!("fail {call} {BROKEN} /lake/\n"));
        assert!(within(MINUTE, || ready(&job) != Some(true)), "{call}: it goes unnoticed: {}", job.last_words());
        std::thread::sleep(Duration::from_secs(5));
        // An end has a code that says whose fault it was; who waits is killed, and whoever comes next must do with what is there.
        if let Some(code) = job.ended() {
            assert!(matches!(code, 1 | 3 | 5), "{call}: {code}: {}", job.last_words());
        }
        drop(job);
        row.ran();
    }
    shim.set("");
    sending.join().expect("the log is sent");
    let last = story.setup().start("a");
    story.end(cluster, vec![last]);
}
