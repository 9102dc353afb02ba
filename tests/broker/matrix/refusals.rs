//! Rows 21, 22, 23 and 27: input, offsets or checkpoints are gone or not what they were. The process says what it found and what
//! to do, and ends with 4; nothing is skipped, nothing is published.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rdkafka::Offset;

use crate::bench::shared;
use crate::cluster::{Cluster, within};
use crate::invariants::{Beside, files_below, violation};
use crate::process::Job;
use crate::read::{Isolation, Read, whole};
use crate::results::Row;
use crate::story::Story;
use crate::topics::{STAMPED, configure, delete, forget, forget_group, grow, make, span};

const MINUTE: Duration = Duration::from_secs(60);
/// What a group without offsets is told, where the store is not empty.
const NO_OFFSETS: [&str; 2] = [
    "the group has no committed offset, but the store holds results up to offset",
    "`kervan recover` restores them from the alert topic; another group needs an empty store",
];

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
    let found = "taking over partition 2: its checkpoint needs the log from";
    refuses(cluster, &story, &[found, "were deleted by retention and are lost. Raise retention.ms"]);
    row.ran();
}

/// Retention deletes from partition 2 behind the checkpoint, or what the checkpoint still needs; K is not compared with the
/// start of the log. What does not hold, of the whole log, what was deleted included.
fn retention_unseen(cluster: &Cluster, test: &str, before: Offset) -> Option<String> {
    let mut story = half_done(cluster, test, true);
    story.send(cluster);
    let topics = story.setup().topics.clone();
    let all = whole(cluster, &topics.log, topics.partitions, Isolation::Committed);
    forget(cluster, &topics.log, 2, before);
    let (first, _) = span(cluster, &topics.log, 2);
    let deleted: Vec<Read> = all.into_iter().filter(|read| read.partition == 2 && read.offset < first).collect();
    assert!(!deleted.is_empty(), "retention has deleted nothing");
    story.settle(cluster, vec![story.setup().start_with("a", &[("KERVAN_UNSAFE", "start")])]);
    violation(|| drop(story.finish(cluster, &Beside { deleted: &deleted, ..Beside::default() })))
}

#[test]
fn control_retention_has_passed_and_nobody_looks() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(21, "control: K is not compared with the start of the log");
    // The check sees what is lost, and not that something was deleted.
    assert_eq!(retention_unseen(cluster, "retention.behind", Offset::Offset(1)), None, "nothing is lost here");
    row.broke(retention_unseen(cluster, "retention.unsafe", Offset::End), &["I1"]);
}

#[test]
fn the_offsets_of_the_group_are_gone() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(22, "group offsets deleted, then `kervan recover`");
    let mut story = half_done(cluster, "offsets", true);
    forget_group(cluster, &story.setup().group());
    refuses(cluster, &story, &NO_OFFSETS);
    // The process that refused has joined; until its session ends, offsets are the group's business.
    let mut said = String::new();
    let recovered = within(MINUTE, || {
        let output = story.setup().command(&["recover"], "a").output().expect("kervan starts");
        said = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success()
    });
    assert!(recovered, "recover: {said}");
    story.send(cluster);
    story.settle(cluster, vec![story.setup().start("a")]);
    story.finish(cluster, &Beside::default());
    row.ran();
}

#[test]
fn the_topic_is_not_what_it_was() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(23, "topic compacted, wrong timestamps, grown, recreated");
    let story = half_done(cluster, "topic", true);
    let log = &story.setup().topics.log;
    configure(cluster, log, &[("cleanup.policy", "compact"), ("message.timestamp.type", "LogAppendTime")]);
    refuses(cluster, &story, &["is compacted (cleanup.policy=compact)", "set cleanup.policy=delete"]);
    row.ran();
    configure(cluster, log, &[("cleanup.policy", "delete"), ("message.timestamp.type", "CreateTime")]);
    refuses(cluster, &story, &["has message.timestamp.type=CreateTime", "set LogAppendTime"]);
    row.ran();
    configure(cluster, log, &STAMPED);
    grow(cluster, log, 6);
    refuses(cluster, &story, &["has 6 partitions, it had 4", "Make a new topic and a new group with an empty store"]);
    row.ran();
    delete(cluster, log);
    make(cluster, log, 4, &STAMPED);
    // Deleting a topic deletes its offsets, a moment later: what is left to tell is the store.
    let commits = story.commits(cluster);
    assert!(within(MINUTE, || commits.get().iter().all(|commit| commit.c.is_none())), "{:?}", commits.get());
    refuses(cluster, &story, &NO_OFFSETS);
    row.ran();
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
    let mut story = half_done(cluster, "damage", false);
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
    story.settle(cluster, vec![story.setup().start("a")]);
    story.finish(cluster, &Beside::default());
    damages.iter().for_each(|_| row.ran());
    for path in (0..4).flat_map(|partition| checkpoints(&story, partition)) {
        damages[0](&path);
    }
    let found =
        "is damaged (its bytes are not those that were written), and no older one that the log still reaches is whole";
    refuses(cluster, &story, &[found, "restore it from a backup of the store"]);
    row.ran();
}
