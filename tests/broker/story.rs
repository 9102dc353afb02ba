//! How most tests of the matrix go: a fleet's log is sent, jobs decide it while something breaks, then all is healed, what is
//! left is decided, every process stops in order, and the invariants are asked.

use std::thread::JoinHandle;
use std::time::Duration;

use super::bench::Bench;
use super::cluster::{Cluster, within};
use super::commits::Commits;
use super::invariants::{Beside, Outcome, check, files_below, violation};
use super::logs::records;
use super::process::{Job, Setup};
use super::produce::{Entry, Sender, entries};
use super::topics::span;
use super::watch::Watch;

/// What is left to decide after a fault is decided in this time.
pub const DRAIN: Duration = Duration::from_secs(180);
/// Partitions of a log.
pub const PARTITIONS: i32 = 4;
/// `KERVAN_UNSAFE` of a job with all its guards; a control names those that are off.
pub const GUARDED: &str = "";

/// A job with its topics, a log for it, and a reader that watches.
pub struct Story {
    /// Directory, topics, configuration.
    pub bench: Bench,
    /// The log.
    pub entries: Vec<Entry>,
    watch: Option<Watch>,
}

impl Story {
    /// A log of so many units with so many fixes each.
    pub fn new(cluster: &Cluster, test: &str, units: usize, fixes: usize) -> Story {
        let seed: u64 = std::env::var("KERVAN_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(4);
        println!("{test}: seed {seed}");
        let story = Story::of(cluster, Bench::new(cluster, test, PARTITIONS));
        Story { entries: entries(&records(seed, units, fixes)), ..story }
    }

    /// For faults that must meet a transaction whose loss or repetition shows: each third record is unreadable, so hardly a
    /// transaction is without outputs; and the second stage, whose transactions look alike on the line, is off.
    pub fn dense(mut self) -> Story {
        for entry in self.entries.iter_mut().step_by(3) {
            entry.payload = Some(b"unreadable".to_vec());
        }
        self.bench.setup.second_stage = false;
        self
    }

    /// A job whose log is there.
    pub fn of(cluster: &Cluster, bench: Bench) -> Story {
        let watch = Some(Watch::begin(cluster, &bench.setup));
        Story { bench, entries: Vec::new(), watch }
    }

    /// What comes now is not for a reader that expects an undisturbed log.
    pub fn stop_watching(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch.end();
        }
    }

    /// Configuration.
    pub fn setup(&self) -> &Setup {
        &self.bench.setup
    }

    /// The commits of its group.
    pub fn commits(&self, cluster: &Cluster) -> Commits {
        let topics = &self.setup().topics;
        Commits::new(cluster, &self.setup().group(), &topics.log, topics.partitions)
    }

    /// Sends the log in the background at so many records a second.
    pub fn send_at(&self, cluster: &Cluster, rate: usize) -> JoinHandle<()> {
        let sender = Sender::new(cluster, &self.setup().topics.log);
        let entries = self.entries.clone();
        std::thread::spawn(move || sender.send_at(&entries, rate))
    }

    /// Sends all of the log.
    pub fn send(&self, cluster: &Cluster) {
        Sender::new(cluster, &self.setup().topics.log).send(&self.entries);
    }

    /// Waits until everything that is in the log now is decided and committed, and a tick behind it: so each partition has an
    /// owner that works; then until the second stage has caught up, for an orderly stop waits only so long. The jobs must live.
    pub fn drain(&self, cluster: &Cluster, jobs: &mut [Job]) {
        let topics = &self.setup().topics;
        self.await_commits(cluster, jobs, &self.commits(cluster), &topics.log, topics.partitions);
        if self.setup().second_stage {
            let second = Commits::new(cluster, &format!("{}-second", self.setup().group()), &topics.episodes, 1);
            self.await_commits(cluster, jobs, &second, &topics.episodes, 1);
        }
    }

    /// Waits until a topic is committed beyond where it ends now.
    fn await_commits(&self, cluster: &Cluster, jobs: &mut [Job], commits: &Commits, topic: &str, partitions: i32) {
        let ends: Vec<u64> = (0..partitions).map(|p| span(cluster, topic, p).1 as u64).collect();
        let done = within(DRAIN, || {
            let dead = jobs.iter_mut().find_map(|job| job.ended().map(|code| (code, job.last_words())));
            if let Some((code, words)) = dead {
                panic!("a job ended with {code}: {words}");
            }
            let now = commits.now();
            now.is_some_and(|now| now.iter().zip(&ends).all(|(commit, end)| commit.c.unwrap_or(0) > *end))
        });
        if !done {
            let words: Vec<String> = jobs.iter().map(Job::last_words).collect();
            panic!("{ends:?} of {topic} is not reached, only {:?}\n{}", commits.get(), words.join("\n"));
        }
    }

    /// Starts a job again that its client has ended: calls of librdkafka may hang for ever when a coordinator moves, until the
    /// watchdog ends the process (DELIVERY, P3), and some of its assertions do not hold where answers are late. To the job this
    /// is a crash. No other end is right.
    pub fn supervise(&self, job: &mut Job) {
        if let Some(code) = job.ended() {
            let said = job.said();
            let clients = said.contains("hangs in a call") || (said.contains("rdkafka_") && said.contains("Assertion"));
            assert!(code == 128 + libc::SIGABRT && clients, "{code}: {}", job.last_words());
            println!("ended by its client: {}", said.lines().last().unwrap_or_default());
            *job = self.setup().start("a");
        }
    }

    /// Drains, and stops every job in order.
    pub fn settle(&self, cluster: &Cluster, mut jobs: Vec<Job>) {
        self.drain(cluster, &mut jobs);
        jobs.into_iter().for_each(Job::stop);
    }

    /// Drains, stops every job in order, and checks the invariants.
    pub fn end(mut self, cluster: &Cluster, jobs: Vec<Job>) -> Outcome {
        self.settle(cluster, jobs);
        self.finish(cluster, &Beside::default())
    }

    /// The same for a story that is told with guards and as a control without some. With all of them ([`GUARDED`]) the
    /// invariants must hold; without, what does not hold is returned.
    pub fn conclude(mut self, cluster: &Cluster, jobs: Vec<Job>, off: &str) -> Option<String> {
        if off == GUARDED {
            self.end(cluster, jobs);
            return None;
        }
        violation(|| {
            // What was seen comes first: a commit that went back may end every job that meets it.
            self.stop_watching();
            self.settle(cluster, jobs);
            self.finish(cluster, &Beside::default());
        })
    }

    /// Checks the invariants, where every job has stopped in order.
    pub fn finish(&mut self, cluster: &Cluster, beside: &Beside<'_>) -> Outcome {
        self.stop_watching();
        if !files_below(&self.setup().lake().join("stage")).is_empty() {
            // Who died while others owned its partitions has left something; the next owner sweeps it.
            self.settle(cluster, vec![self.setup().start("sweeper")]);
        }
        let outcome = check(cluster, self.setup(), beside);
        let (records, alerts) = (outcome.log.len(), outcome.alerts.len());
        println!("{records} records, {alerts} alerts, {} rejects", outcome.rejects.len());
        assert!(alerts > 20, "a log that gives {alerts} alerts proves little");
        outcome
    }
}
