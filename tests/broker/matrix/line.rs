//! Rows 10 to 14 and 18: requests that are lost, late or slow. A proxy stands between the job and its broker; the readers of the
//! suite do not go through it.

use std::time::Duration;

use crate::bench::{Leased, lease, shared};
use crate::cluster::{Cluster, within};
use crate::process::Job;
use crate::proxy::{Fate, Rule, api};
use crate::results::Row;
use crate::story::{GUARDED, Story};

const MINUTE: Duration = Duration::from_secs(60);
/// Longer than `transaction.timeout.ms` of the job and the broker's scan for timed-out transactions.
const PAST_TRANSACTION: Duration = Duration::from_secs(25);

/// A story whose job goes through a proxy.
fn through(cluster: &Cluster, test: &str, number: usize) -> (Story, Leased) {
    let mut story = Story::new(cluster, test, 12, 400);
    let leased = lease(cluster, number);
    story.bench.setup.brokers = leased.bootstrap.clone();
    (story, leased)
}

/// Waits until the job has met what was prepared for it.
fn met(leased: &Leased, times: usize, job: &Job) {
    assert!(within(3 * MINUTE, || leased.proxy.hits() >= times), "the fault does not come: {}", job.last_words());
}

/// Each rule in turn, with time to recover between them.
fn weathered(row: &mut Row, test: &str, number: usize, rate: usize, rules: &[Rule]) {
    let Some(cluster) = shared() else { return };
    let (story, leased) = through(cluster, test, number);
    let sending = story.send_at(cluster, rate);
    let mut job = story.setup().start("a");
    job.await_records(20.0);
    for rule in rules {
        let before = leased.proxy.hits();
        leased.proxy.arm(*rule);
        let met = within(3 * MINUTE, || {
            story.supervise(&mut job);
            leased.proxy.hits() >= before + rule.times
        });
        assert!(met, "{rule:?} does not come: {}", job.last_words());
        std::thread::sleep(Duration::from_secs(3));
        row.ran();
    }
    leased.proxy.clear();
    sending.join().expect("the log is sent");
    std::thread::sleep(Duration::from_secs(20));
    story.supervise(&mut job);
    story.end(cluster, vec![job]);
}

#[test]
fn the_answer_to_a_commit_is_lost() {
    let mut row = Row::begin(10, "the answer to EndTxn lost, once and for longer than the transaction lives");
    let lost = Rule::response(api::END_TXN, Fate::Lose);
    weathered(&mut row, "answer.lost", 0, 80, &[lost, Rule::response(api::END_TXN, Fate::Cut), lost.after(3).times(3)]);
}

/// Loses the answers to a commit until its producer gives up; without the guard `resolve` the outcome is taken for a failure.
fn unknown_outcome(cluster: &Cluster, test: &str, off: &str) -> Option<String> {
    let (story, leased) = through(cluster, test, 0);
    let story = story.dense();
    let sending = story.send_at(cluster, 60);
    let job = story.setup().start_with("a", &[("KERVAN_UNSAFE", off)]);
    job.await_records(200.0);
    leased.proxy.arm(Rule::response(api::END_TXN, Fate::Lose).times(1_000));
    assert!(within(2 * MINUTE, || job.said().contains("unknown outcome")), "{}", job.last_words());
    leased.proxy.clear();
    sending.join().expect("the log is sent");
    story.conclude(cluster, vec![job], off)
}

#[test]
#[ignore = "a minute"]
fn the_outcome_of_a_commit_stays_unknown() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(10, "the outcome of a commit stays unknown until its producer is renewed");
    unknown_outcome(cluster, "unknown", GUARDED);
    row.ran();
}

#[test]
#[ignore = "a minute"]
fn control_an_unknown_outcome_is_taken_for_a_failure() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(10, "control: an unknown outcome is taken for a failure");
    let broken = unknown_outcome(cluster, "unknown.unsafe", "resolve");
    row.broke(broken, &["I2"]);
}

#[test]
#[ignore = "two minutes"]
fn the_request_to_commit_is_lost() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(11, "the EndTxn request lost until the broker rolls back");
    let (story, leased) = through(cluster, "request.lost", 0);
    let sending = story.send_at(cluster, 40);
    let job = story.setup().start("a");
    job.await_records(100.0);
    for _ in 0..2 {
        let before = leased.proxy.hits();
        leased.proxy.arm(Rule::request(api::END_TXN, Fate::Lose).times(1_000));
        met(&leased, before + 1, &job);
        std::thread::sleep(PAST_TRANSACTION);
        leased.proxy.clear();
        std::thread::sleep(Duration::from_secs(5));
        row.ran();
    }
    sending.join().expect("the log is sent");
    story.end(cluster, vec![job]);
}

/// EndTxn of one transaction arrives while a later one is open (KAFKA-17754): it is held for 30 s, its client gives the
/// connection up after ten and asks again on another; when it arrives, a later transaction waits for its offsets.
fn stray_commit(cluster: &Cluster, test: &str, off: &str) -> Option<String> {
    let (story, leased) = through(cluster, test, 1);
    let story = story.dense();
    let sending = story.send_at(cluster, 35);
    let job = story.setup().start_with("a", &[("KERVAN_UNSAFE", off)]);
    job.await_records(100.0);
    for _ in 0..3 {
        let before = leased.proxy.hits();
        leased.proxy.arm(Rule::request(api::END_TXN, Fate::Delay(Duration::from_secs(30))));
        met(&leased, before + 1, &job);
        std::thread::sleep(Duration::from_secs(28));
        leased.proxy.arm(Rule::request(api::TXN_OFFSET_COMMIT, Fate::Delay(Duration::from_secs(6))).times(2));
        std::thread::sleep(Duration::from_secs(14));
    }
    leased.proxy.clear();
    sending.join().expect("the log is sent");
    story.conclude(cluster, vec![job], off)
}

#[test]
#[ignore = "minutes"]
fn a_commit_comes_late() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(12, "EndTxn delivered during a later transaction (KAFKA-17754)");
    stray_commit(cluster, "stray", GUARDED);
    row.ran();
}

#[test]
#[ignore = "minutes"]
fn control_a_commit_comes_late_and_the_producer_is_not_renewed() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(12, "control: the same without renewing the producer");
    let broken = stray_commit(cluster, "stray.unsafe", "renew");
    row.broke(broken, &["I2"]);
}

#[test]
#[ignore = "minutes"]
fn requests_of_a_transaction_are_late_or_lost() {
    let mut row = Row::begin(13, "TxnOffsetCommit, AddOffsets, AddPartitions and Produce lost, cut, late");
    let mut rules = Vec::new();
    for api in [api::TXN_OFFSET_COMMIT, api::ADD_OFFSETS_TO_TXN, api::ADD_PARTITIONS_TO_TXN, api::PRODUCE] {
        rules.push(Rule::request(api, Fate::Delay(Duration::from_secs(3))));
        rules.push(Rule::request(api, Fate::Cut));
        rules.push(Rule::response(api, Fate::Cut));
        rules.push(Rule::request(api, Fate::Lose));
        rules.push(Rule::response(api, Fate::Lose));
    }
    weathered(&mut row, "transaction.lost", 0, 18, &rules);
}

#[test]
fn a_transactional_id_is_slow_to_come() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(14, "InitProducerId lost, cut and late at the start");
    let (story, leased) = through(cluster, "slow.id", 1);
    story.send(cluster);
    for fate in [Fate::Cut, Fate::Delay(Duration::from_secs(8)), Fate::Lose] {
        leased.proxy.clear();
        leased.proxy.arm(Rule::request(api::INIT_PRODUCER_ID, fate));
        let before = leased.proxy.hits();
        let job = story.setup().start("a");
        met(&leased, before + 1, &job);
        assert!(within(MINUTE, || job.metric("kervan_records_total").is_some()), "{}", job.last_words());
        job.kill();
        row.ran();
    }
    let last = story.setup().start("a");
    story.end(cluster, vec![last]);
}

#[test]
#[ignore = "two minutes"]
fn the_line_is_slow() {
    let Some(cluster) = shared() else { return };
    let mut row = Row::begin(18, "200 ms there and back, then 20 kB/s, then half-open sockets");
    let (story, leased) = through(cluster, "slow.line", 1);
    let sending = story.send_at(cluster, 40);
    let mut job = story.setup().start("a");
    job.await_records(20.0);
    for weather in 0..3 {
        match weather {
            0 => leased.proxy.slow(Duration::from_millis(100), 0),
            1 => leased.proxy.slow(Duration::ZERO, 20_000),
            _ => leased.proxy.freeze(),
        }
        std::thread::sleep(Duration::from_secs(20));
        assert_eq!(job.ended(), None, "{}", job.last_words());
        leased.proxy.clear();
        std::thread::sleep(Duration::from_secs(5));
        row.ran();
    }
    sending.join().expect("the log is sent");
    story.end(cluster, vec![job]);
}
