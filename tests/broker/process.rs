//! The command `kervan run` as a process: configured, started, killed, frozen, asked to stop.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use super::children::{Running, code_of};
use super::cluster::{free_ports, within};
use super::scratch::scratch;
use super::topics::Topics;

/// A job on a machine that does other things is under way after this time.
const UNDER_WAY: Duration = Duration::from_secs(60);

/// The program under test, under a name of this suite's own: on a machine that others use, too, who ends their `kervan` by its
/// name must not end ours.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let link = scratch().join(format!("under-test-{}", std::process::id()));
        fs::hard_link(env!("CARGO_BIN_EXE_kervan"), &link).expect("a file can be linked within the target directory");
        link
    })
}

/// A configuration, of which each process takes a slot.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where rulebook, lake and logs of processes lie.
    pub dir: PathBuf,
    /// Topics.
    pub topics: Topics,
    /// Bootstrap addresses.
    pub brokers: String,
    /// Directory of the rulebook that holds from the start.
    pub rulebook: PathBuf,
    /// `[episodes] second_stage`.
    pub second_stage: bool,
    /// `[publish] every_ms`.
    pub publish_ms: u64,
    /// `[checkpoint] every_s`.
    pub checkpoint_s: u64,
    /// `[limits]`.
    pub limits: Vec<(&'static str, u64)>,
}

impl Setup {
    /// Short times, so that much happens in a test: a checkpoint each second, sessions of six.
    pub fn new(dir: &Path, topics: &Topics, brokers: &str, rulebook: &Path) -> Setup {
        Setup {
            dir: dir.to_path_buf(),
            topics: topics.clone(),
            brokers: brokers.to_owned(),
            rulebook: rulebook.to_path_buf(),
            second_stage: true,
            publish_ms: 20,
            checkpoint_s: 1,
            limits: vec![("session_ms", 6_000)],
        }
    }

    /// Sets one of `[limits]`.
    pub fn limit(&mut self, key: &'static str, value: u64) {
        self.limits.retain(|(there, _)| *there != key);
        self.limits.push((key, value));
    }

    /// Directory of the lake.
    pub fn lake(&self) -> PathBuf {
        self.dir.join("lake")
    }

    /// The group, named after the log.
    pub fn group(&self) -> String {
        format!("{}.job", self.topics.log)
    }

    /// Writes the file of a slot; its path and the address of the metrics.
    fn write(&self, slot: &str) -> (PathBuf, String) {
        let listen = format!("127.0.0.1:{}", free_ports(1)[0]);
        let t = &self.topics;
        let limits: String = self.limits.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        let text = format!(
            "[log]\ntopic = \"{}\"\n\n\
             [alerts]\ntopic = \"{}\"\nlatest = \"{}\"\nstatus = \"{}\"\n\n\
             [rejects]\ntopic = \"{}\"\n\n\
             [episodes]\ntopic = \"{}\"\nsecond_stage = {}\n\n\
             [kafka]\nbrokers = \"{}\"\ngroup = \"{}\"\nslot = \"{slot}\"\n\n\
             [kafka.options]\n\"heartbeat.interval.ms\" = \"1000\"\n\n\
             [store]\nurl = \"file:{}\"\n\n\
             [rulebook]\nurl = \"file:{}\"\n\n\
             [publish]\nevery_ms = {}\n\n\
             [checkpoint]\nevery_s = {}\n\n\
             [metrics]\nlisten = \"{listen}\"\n\n\
             [limits]\n{limits}",
            t.log,
            t.alerts,
            t.latest,
            t.status,
            t.rejects,
            t.episodes,
            self.second_stage,
            self.brokers,
            self.group(),
            self.lake().display(),
            self.rulebook.display(),
            self.publish_ms,
            self.checkpoint_s,
        );
        let path = self.dir.join(format!("{slot}.toml"));
        fs::write(&path, text).expect("a file can be written");
        (path, listen)
    }

    /// `kervan SUBCOMMAND --config FILE` with the configuration of a slot.
    pub fn command(&self, subcommand: &[&str], slot: &str) -> Command {
        let mut command = Command::new(program());
        command.args(subcommand).arg("--config").arg(self.write(slot).0).stdin(Stdio::null());
        command
    }

    /// Starts the job in a slot.
    pub fn start(&self, slot: &str) -> Job {
        self.start_with(slot, &[])
    }

    /// Starts it with more of an environment.
    pub fn start_with(&self, slot: &str, environment: &[(&str, &str)]) -> Job {
        let (config, listen) = self.write(slot);
        let log = self.dir.join(format!("{slot}.log"));
        let file = File::options().create(true).append(true).open(&log).expect("a file can be written");
        let begins = file.metadata().expect("it is there").len() as usize;
        let mut command = Command::new(program());
        command
            .arg("run")
            .arg("--config")
            .arg(config)
            .envs(environment.iter().copied())
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file can be written twice"))
            .stderr(file);
        let running = Running::start(command).expect("kervan starts");
        Job { running, log, begins, listen, slot: slot.to_owned() }
    }
}

/// A running job.
#[derive(Debug)]
pub struct Job {
    running: Running,
    log: PathBuf,
    begins: usize,
    listen: String,
    slot: String,
}

impl Job {
    /// What this process wrote so far.
    pub fn said(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(bytes.get(self.begins..).unwrap_or_default()).into_owned()
    }

    /// Waits until it has decided more than so many records.
    pub fn await_records(&self, count: f64) {
        let decided = within(UNDER_WAY, || self.metric("kervan_records_total").is_some_and(|n| n > count));
        assert!(decided, "no more than {count} records are decided: {}", self.last_words());
    }

    /// Its last words, for messages of failed tests.
    pub fn last_words(&self) -> String {
        let said = self.said();
        let tail: Vec<&str> = said.lines().rev().take(40).collect();
        format!("--- {}:\n{}", self.slot, tail.into_iter().rev().collect::<Vec<_>>().join("\n"))
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.running.kill();
    }

    /// SIGSTOP.
    pub fn freeze(&mut self) {
        self.running.signal(libc::SIGSTOP);
    }

    /// SIGCONT.
    pub fn thaw(&mut self) {
        self.running.signal(libc::SIGCONT);
    }

    /// Whether it is stopped by SIGSTOP.
    pub fn is_frozen(&self) -> bool {
        self.running.state() == Some('T')
    }

    /// SIGTERM.
    pub fn ask_to_stop(&mut self) {
        self.running.signal(libc::SIGTERM);
    }

    /// SIGTERM, and it must end well.
    pub fn stop(mut self) {
        self.ask_to_stop();
        let code = self.wait(Duration::from_secs(60));
        assert_eq!(code, Some(0), "an orderly stop: {}", self.last_words());
        assert!(!self.said().contains("stopped before"), "it did not save everything: {}", self.last_words());
    }

    /// Its exit code (128 + signal), if it ends in time.
    pub fn wait(&mut self, patience: Duration) -> Option<i32> {
        self.running.wait_within(patience).map(code_of)
    }

    /// Its exit code, if it has ended.
    pub fn ended(&mut self) -> Option<i32> {
        self.running.ended().map(code_of)
    }

    /// It must end with this code and say each word.
    pub fn refuses(&mut self, code: i32, words: &[&str]) {
        let got = self.wait(Duration::from_secs(120));
        assert_eq!(got, Some(code), "{}", self.last_words());
        let said = self.said();
        for word in words {
            assert!(said.contains(word), "the error names {word:?}: {}", self.last_words());
        }
    }

    /// Resident memory in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.running.resident_bytes()
    }

    /// A page of its listener: (status code, body). `None` where it does not answer.
    pub fn page(&self, path: &str) -> Option<(u16, String)> {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(&self.listen).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// The sum of a metric over its labels; `None` where there is none or the listener does not answer.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let (_, page) = self.page("/metrics")?;
        let of = |line: &str| {
            let rest = line.strip_prefix(name)?;
            rest.starts_with(['{', ' ']).then(|| rest.rsplit(' ').next()?.parse::<f64>().ok())?
        };
        let values: Vec<f64> = page.lines().filter_map(of).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }
}
