//! Rows 5 to 9 and 15: who owns a partition, and who only thinks so.

use std::time::{Duration, Instant};

use crate::bench::shared;
use crate::cluster::{Cluster, within};
use crate::process::Job;
use crate::results::Row;
use crate::story::{GUARDED, Story};

const MINUTE: Duration = Duration::from_secs(60);
/// A member with a name is fenced by the broker, too: the control of guard G goes as nobody in particular.
const UNGUARDED: &str = "guard,fence";

/// The sum of the committed offsets.
fn progress(cluster: &Cluster, story: &Story) -> u64 {
    story.commits(cluster).get().iter().map(|commit| commit.c.unwrap_or(0)).sum()
}

/// Waits until so many further offsets are committed.
fn advance(cluster: &Cluster, story: &Story, by: u64, jobs: &[&Job]) {
    let begin = progress(cluster, story);
    let moved = within(2 * MINUTE, || progress(cluster, story) >= begin + by);
    let words: Vec<String> = jobs.iter().map(|job| job.last_words()).collect();
    assert!(moved, "nothing moves:\n{}", words.join("\n"));
}

/// A process that freezes at a step; another takes over; the first one wakes and goes on as if nothing had happened.
fn zombie(cluster: &Cluster, test: &str, step: &str, off: &str) -> Option<String> {
    let mut story = Story::new(cluster, test, 12, 400);
    if off != GUARDED {
        // What the zombie sends must show.
        story = story.dense();
    }
    if step == "drained" {
        // The transaction outlives the sleep: only the guard stands between it and the readers.
        story.bench.setup.limit("transaction_ms", 60_000);
    }
    let sending = story.send_at(cluster, 60);
    // On waking it sleeps on, so that its client learns in the background that it was put out of the group.
    let plan = format!("stop@{step}:4,sleep=2500@{step}:4");
    let mut zombie = story.setup().start_with("a", &[("KERVAN_FAIL", &plan), ("KERVAN_UNSAFE", off)]);
    assert!(within(MINUTE, || zombie.is_frozen()), "{plan}: {}", zombie.last_words());
    let other = story.setup().start("b");
    advance(cluster, &story, 40, &[&other]);
    zombie.thaw();
    let jobs = let_loose(zombie, other, off);
    sending.join().expect("the log is sent");
    story.conclude(cluster, jobs, off)
}

/// Who wakes without its guard commits what must not be, and then stumbles over what its heir has published: nobody asks how
/// it ends. With the guard it stays.
fn let_loose(woken: Job, heir: Job, off: &str) -> Vec<Job> {
    if off == GUARDED {
        return vec![woken, heir];
    }
    std::thread::sleep(Duration::from_secs(10));
    woken.kill();
    vec![heir]
}

#[test]
#[ignore = "minutes"]
fn a_frozen_owner_wakes_up() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(5, "frozen past its session, at six steps");
    for step in ["begun", "drained", "offsets", "staged", "committed", "published"] {
        zombie(cluster, &format!("zombie.{step}"), step, GUARDED);
        row.ran();
    }
}

#[test]
#[ignore = "a minute"]
fn control_a_frozen_owner_without_the_guard() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(5, "control: the same without guard G");
    let broken = zombie(cluster, "zombie.unsafe", "drained", UNGUARDED);
    row.broke(broken, &["I1", "I2", "I3", "I6"]);
}

/// The loop sleeps for longer than the group waits for a poll; meanwhile somebody else joins.
fn overslept(cluster: &Cluster, test: &str, off: &str) -> Option<String> {
    let mut story = Story::new(cluster, test, 12, 400).dense();
    story.bench.setup.limit("max_poll_ms", 10_000);
    story.bench.setup.limit("transaction_ms", 60_000);
    let sending = story.send_at(cluster, 60);
    let plan = [("KERVAN_FAIL", "sleep=20000@drained:20"), ("KERVAN_UNSAFE", off)];
    let sleeper = story.setup().start_with("a", &plan);
    assert!(within(MINUTE, || sleeper.said().contains("failpoint")), "{}", sleeper.last_words());
    let other = story.setup().start("b");
    let woken = within(MINUTE, || sleeper.said().contains("Application maximum poll interval (10000ms) exceeded"));
    assert!(woken, "it was not put out: {}", sleeper.last_words());
    let jobs = let_loose(sleeper, other, off);
    sending.join().expect("the log is sent");
    story.conclude(cluster, jobs, off)
}

#[test]
#[ignore = "a minute"]
fn the_loop_oversleeps() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(6, "max.poll.interval.ms exceeded");
    overslept(cluster, "overslept", GUARDED);
    row.ran();
}

#[test]
#[ignore = "a minute"]
fn control_the_loop_oversleeps_without_the_guard() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(6, "control: the same without guard G");
    let broken = overslept(cluster, "overslept.unsafe", UNGUARDED);
    row.broke(broken, &["I1", "I2", "I3", "I6"]);
}

#[test]
fn processes_come_and_go() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(7, "1, 2 and 4 processes, rolling restarts");
    let story = Story::new(cluster, "rolling", 16, 400);
    let sending = story.send_at(cluster, 100);
    let mut jobs = vec![story.setup().start("a")];
    for more in [&["b"][..], &["c", "d"]] {
        advance(cluster, &story, 50, &jobs.iter().collect::<Vec<_>>());
        jobs.extend(more.iter().map(|slot| story.setup().start(slot)));
        row.ran();
    }
    for slot in ["a", "b", "c", "d"] {
        advance(cluster, &story, 50, &jobs.iter().collect::<Vec<_>>());
        jobs.remove(0).stop();
        jobs.push(story.setup().start(slot));
        row.ran();
    }
    sending.join().expect("the log is sent");
    story.end(cluster, jobs);
}

#[test]
#[ignore = "two minutes"]
fn a_member_that_comes_and_goes_all_the_time() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(8, "a member joins every two seconds");
    let story = Story::new(cluster, "storm", 16, 400);
    let sending = story.send_at(cluster, 70);
    let steady = story.setup().start("a");
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(90) {
        let before = progress(cluster, &story);
        for _ in 0..5 {
            let guest = story.setup().start("b");
            std::thread::sleep(Duration::from_secs(2));
            guest.kill();
            row.ran();
        }
        assert!(progress(cluster, &story) > before, "no progress in the storm: {}", steady.last_words());
    }
    assert!(steady.resident_bytes() < 400 << 20, "{} bytes", steady.resident_bytes());
    sending.join().expect("the log is sent");
    story.end(cluster, vec![steady]);
}

#[test]
#[ignore = "minutes"]
fn a_rebalance_meets_each_step() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(9, "rebalance during restore, checkpoint and commit");
    for step in ["asked", "restored", "assigned", "staged", "checkpointed", "offsets", "committed"] {
        let story = Story::new(cluster, &format!("meets.{step}"), 12, 150);
        let sending = story.send_at(cluster, 100);
        // There must be something to restore.
        let first = story.setup().start("a");
        advance(cluster, &story, 30, &[&first]);
        first.kill();
        let plan = format!("sleep=5000@{step}");
        let slow = story.setup().start_with("a", &[("KERVAN_FAIL", &plan)]);
        assert!(within(MINUTE, || slow.said().contains("failpoint")), "{plan}: {}", slow.last_words());
        let other = story.setup().start("b");
        sending.join().expect("the log is sent");
        story.end(cluster, vec![slow, other]);
        row.ran();
    }
}

#[test]
fn two_processes_in_one_slot() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(15, "two processes with the same slot");
    let story = Story::new(cluster, "slot", 12, 200);
    let sending = story.send_at(cluster, 100);
    let first = story.setup().start("a");
    advance(cluster, &story, 20, &[&first]);
    let second = story.setup().start("a");
    let mut jobs = [first, second];
    let mut ended = None;
    assert!(within(MINUTE, || {
        ended = jobs.iter_mut().position(|job| job.ended().is_some());
        ended.is_some()
    }));
    let [first, second] = jobs;
    let (mut loser, winner) = if ended == Some(0) { (first, second) } else { (second, first) };
    loser.refuses(4, &["another process", "give each process a slot of its own"]);
    sending.join().expect("the log is sent");
    story.end(cluster, vec![winner]);
    row.ran();
}
