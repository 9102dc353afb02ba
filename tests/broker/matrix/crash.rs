//! Rows 1, 2 and 3: killed at random moments, aborted at each step of publication and of recovery.

use std::time::Duration;

use kervan::delivery::failpoint::STEPS;

use crate::bench::shared;
use crate::chance::Chance;
use crate::cluster::Cluster;
use crate::results::Row;
use crate::story::Story;

/// The last step of a publication in [`STEPS`]; those behind it are recovery's.
const PUBLICATION: usize = 11;
/// SIGABRT.
const ABORTED: Option<i32> = Some(128 + 6);
const STEP: Duration = Duration::from_secs(90);

fn killed_at_random(cluster: &Cluster, row: &mut Row, test: &str, kills: usize) {
    let story = Story::new(cluster, test, 12, 40 + 12 * kills);
    let sending = story.send_at(cluster, story.entries.len() / (2 * kills) + 1);
    let mut chance = Chance::new(kills as u64);
    for _ in 0..kills {
        let job = story.setup().start("a");
        std::thread::sleep(Duration::from_millis(chance.within(300, 4_000) as u64));
        job.kill();
        row.ran();
    }
    sending.join().expect("the log is sent");
    let jobs = vec![story.setup().start("a")];
    story.end(cluster, jobs);
}

#[test]
fn killed_ten_times() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(1, "kill -9 at random moments");
    killed_at_random(cluster, &mut row, "killed10", 10);
}

#[test]
#[ignore = "half an hour"]
fn killed_five_hundred_times() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(1, "kill -9 at random moments, 500 times");
    for part in 0..10 {
        killed_at_random(cluster, &mut row, &format!("killed500.{part}"), 50);
    }
}

/// Aborts at each of the steps, at its `times`-th time; between two of them nobody repairs anything.
fn aborted(story: &Story, row: &mut Row, steps: &[&str], times: &[usize]) {
    for times in times {
        for step in steps {
            let plan = format!("abort@{step}:{times}");
            let mut job = story.setup().start_with("a", &[("KERVAN_FAIL", &plan)]);
            assert_eq!(job.wait(STEP), ABORTED, "{plan}: {}", job.last_words());
            row.ran();
        }
    }
}

#[test]
fn aborted_at_each_step_of_publication() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(2, "abort at each step of publication");
    let story = Story::new(cluster, "publication", 12, 200);
    let sending = story.send_at(cluster, 40);
    aborted(&story, &mut row, &STEPS[..PUBLICATION], &[1, 3]);
    sending.join().expect("the log is sent");
    let jobs = vec![story.setup().start("a")];
    story.end(cluster, jobs);
}

#[test]
fn aborted_at_each_step_of_recovery_twice_in_a_row() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(3, "abort at each step of recovery, twice in a row");
    let story = Story::new(cluster, "recovery", 12, 200);
    let sending = story.send_at(cluster, 60);
    // Each recovery has something to roll forward: the publication before it was cut off behind its commit.
    for step in &STEPS[PUBLICATION..] {
        aborted(&story, &mut row, &["committed", step, step], &[1]);
    }
    sending.join().expect("the log is sent");
    let jobs = vec![story.setup().start("a")];
    story.end(cluster, jobs);
}
