//! Rows 21, 22, 23 and 27: input, offsets or checkpoints are gone or not what they were. The process says what it found and what
//! to do, and ends with 4; nothing is skipped, nothing is published.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rdkafka::Offset;

use crate::bench::shared;
use crate::cluster::{Cluster, within};
use crate::invariants::{files_below, violation};
use crate::process::Job;
use crate::results::Row;
use crate::story::Story;
use crate::topics::{configure, delete, forget, forget_group, grow, make};

/// Half of a log is decided, then the job is killed (or stopped in order).
fn half_done(cluster: &Cluster, test: &str, in_order: bool) -> Story {
    let mut story = Story::new(cluster, test, 12, 80);
    story.send(cluster);
    let mut jobs = vec![story.setup().start("a")];
    story.drain(cluster, &mut jobs);
    // A handful of checkpoints each.
    std::thread::sleep(Duration::from_secs(6));
    let job: Job = jobs.remove(0);
    if in_order {
        job.stop()
    } else {
        job.kill()
    }
    // Nobody looks on while the ground is taken away.
    story.stop_watching();
    story
}

/// The commits before and after a refusal are the same.
fn refuses(cluster: &Cluster, story: &Story, words: &[&str]) {
    let commits = story.commits(cluster);
    let before = commits.get();
    story.setup().start("a").refuses(4, words);
    assert_eq!(commits.get(), before, "a refusal commits nothing");
}

#[test]
fn retention_has_passed_the_checkpoint() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(21, "DeleteRecords beyond K");
    let story = half_done(cluster, "retention", true);
    story.send(cluster);
    forget(cluster, &story.setup().topics.log, 2, Offset::End);
    refuses(cluster, &story, &["partition 2", "lost"]);
    row.ran();
}

#[test]
fn control_retention_has_passed_and_nobody_looks() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(21, "control: K is not compared with the start of the log");
    let mut story = half_done(cluster, "retention.unsafe", true);
    story.send(cluster);
    forget(cluster, &story.setup().topics.log, 2, Offset::End);
    let mut jobs = vec![story.setup().start_with("a", &[("KERVAN_UNSAFE", "start")])];
    let broken = violation(|| {
        story.drain(cluster, &mut jobs);
        jobs.into_iter().for_each(Job::stop);
        story.finish(cluster);
    });
    println!("broken: {}", broken.as_deref().unwrap_or("nothing"));
    assert!(broken.is_some(), "records were lost and nobody saw it");
    row.ran();
}

#[test]
fn the_offsets_of_the_group_are_gone() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(22, "group offsets deleted, then `kervan recover`");
    let mut story = half_done(cluster, "offsets", true);
    forget_group(cluster, &story.setup().group());
    story.setup().start("a").refuses(4, &["recover"]);
    // The process that refused has joined; until its session ends, offsets are the group's business.
    let mut said = String::new();
    let recovered = within(Duration::from_secs(60), || {
        let output = story.setup().command(&["recover"], "a").output().expect("kervan starts");
        said = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success()
    });
    assert!(recovered, "recover: {said}");
    story.send(cluster);
    let mut jobs = vec![story.setup().start("a")];
    story.drain(cluster, &mut jobs);
    jobs.into_iter().for_each(Job::stop);
    story.finish(cluster);
    row.ran();
}

#[test]
fn the_topic_is_not_what_it_was() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(23, "topic compacted, wrong timestamps, grown, recreated");
    let story = half_done(cluster, "topic", true);
    let log = &story.setup().topics.log;
    configure(cluster, log, &[("cleanup.policy", "compact"), ("message.timestamp.type", "LogAppendTime")]);
    refuses(cluster, &story, &["cleanup.policy"]);
    configure(cluster, log, &[("cleanup.policy", "delete"), ("message.timestamp.type", "CreateTime")]);
    refuses(cluster, &story, &["message.timestamp.type"]);
    configure(cluster, log, &[("cleanup.policy", "delete"), ("message.timestamp.type", "LogAppendTime")]);
    grow(cluster, log, 6);
    refuses(cluster, &story, &["partition"]);
    delete(cluster, log);
    make(cluster, log, 4, &[("cleanup.policy", "delete"), ("message.timestamp.type", "LogAppendTime")]);
    // Deleting a topic deletes its offsets, too: what is left to tell is the store.
    story.setup().start("a").refuses(4, &[]);
    for _ in 0..4 {
        row.ran();
    }
}

/// The checkpoints of a partition, oldest first.
fn checkpoints(story: &Story, partition: u32) -> Vec<PathBuf> {
    let folder = format!("p{partition:03}");
    let is_one = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "ckpt")
            && path.components().any(|part| part.as_os_str() == &*folder)
    };
    let mut found: Vec<PathBuf> = files_below(&story.setup().lake()).into_iter().filter(is_one).collect();
    found.sort();
    found
}

#[test]
fn a_checkpoint_is_not_what_it_was() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(27, "newest checkpoint flipped, cut, zeroed, missing; then all of them");
    let story = half_done(cluster, "damage", false);
    let damages: [fn(&PathBuf); 4] = [
        |path| {
            let mut bytes = fs::read(path).expect("a checkpoint can be read");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 4;
            fs::write(path, bytes).expect("and written");
        },
        |path| {
            let bytes = fs::read(path).expect("a checkpoint can be read");
            fs::write(path, &bytes[..bytes.len() / 3]).expect("and written");
        },
        |path| {
            let length = fs::metadata(path).expect("it is there").len() as usize;
            fs::write(path, vec![0; length]).expect("and written");
        },
        |path| fs::remove_file(path).expect("it can be removed"),
    ];
    let commits = story.commits(cluster).get();
    for (commit, damage) in commits.iter().zip(&damages) {
        let named = commit.metadata.split(';').find_map(|part| part.strip_prefix("ck=")).expect("a commit names it");
        damage(&story.setup().lake().join(named));
    }
    // An older one leads to the same.
    story.send(cluster);
    let mut jobs = vec![story.setup().start("a")];
    story.drain(cluster, &mut jobs);
    jobs.into_iter().for_each(Job::stop);
    for _ in 0..4 {
        row.ran();
    }
    let mut story = story;
    story.finish(cluster);
    for path in (0..4).flat_map(|partition| checkpoints(&story, partition)) {
        damages[0](&path);
    }
    refuses(cluster, &story, &["checkpoint"]);
    row.ran();
}
