//! What the loop tells: metrics, readiness, logs, and a line for whoever runs it by hand.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::health::Health;
use super::meter::Meter;
use crate::delivery::{Channel, Pointer, Shipment};
use crate::pipeline::{Started, Watch};

/// See the module.
pub struct Watcher {
    health: Arc<Health>,
    /// Before a partition's number in metrics: empty for the log.
    prefix: &'static str,
    bar: Option<ProgressBar>,
    began: Instant,
    shown: Instant,
    records: u64,
    /// Records and rejects of the minute under way, and its start.
    minute: (Instant, u64, u64),
    rejects_percent: u64,
    alerts: BTreeMap<String, u64>,
    meter: Meter,
    checkpoints: BTreeMap<u32, Instant>,
    last_commit: Option<Duration>,
    /// Batches under way, bytes in the outbox.
    queues: (usize, usize),
    /// Last time a trouble was written, by what it is.
    told: BTreeMap<String, Instant>,
}

/// Repeated troubles are written once in so long.
const TELL_EVERY: Duration = Duration::from_secs(10);

impl Watcher {
    /// A watcher; `quiet` writes no line.
    pub fn new(health: Arc<Health>, quiet: bool, rejects_percent: u32) -> Watcher {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        let now = Instant::now();
        Watcher {
            health,
            prefix: "",
            bar,
            began: now,
            shown: now,
            records: 0,
            minute: (now, 0, 0),
            rejects_percent: u64::from(rejects_percent),
            alerts: BTreeMap::new(),
            meter: Meter::default(),
            checkpoints: BTreeMap::new(),
            last_commit: None,
            queues: (0, 0),
            told: BTreeMap::new(),
        }
    }

    /// One of the second stage, which has no line on the terminal.
    pub fn of_second(health: Arc<Health>) -> Watcher {
        Watcher { prefix: "second-", ..Watcher::new(health, true, 100) }
    }

    fn stage(&self) -> &'static str {
        if self.prefix.is_empty() { "first" } else { "second" }
    }

    fn label(&self, partition: u32) -> String {
        format!("{}{partition}", self.prefix)
    }

    fn once_a_while(&mut self, what: &str) -> bool {
        let now = Instant::now();
        match self.told.get(what) {
            Some(at) if now - *at < TELL_EVERY => false,
            _ => {
                self.told.insert(what.to_owned(), now);
                true
            }
        }
    }

    /// Many rejects: a wrong schema has been deployed somewhere. The run goes on.
    fn judge_rejects(&mut self) {
        let (since, records, rejects) = self.minute;
        if since.elapsed() < Duration::from_secs(60) && records < 10_000 {
            return;
        }
        let many = records >= 20 && rejects * 100 > records * self.rejects_percent;
        let why = many.then(|| format!("{rejects} of the last {records} records could not be read"));
        self.health.reason("rejects", why);
        metrics::gauge!("kervan_rejects_alarm").set(f64::from(u8::from(many)));
        self.minute = (Instant::now(), 0, 0);
    }

    fn show(&mut self, lag: &[(u32, u64)]) {
        let Some(bar) = &self.bar else { return };
        let rate = self.records as f64 / self.began.elapsed().as_secs_f64().max(1e-3);
        let behind: u64 = lag.iter().map(|(_, lag)| lag).sum();
        let kinds: Vec<String> = self.alerts.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
        let commit = self.last_commit.map_or(String::new(), |took| format!(", commit {} ms", took.as_millis()));
        bar.set_message(format!(
            "{} records, {rate:.0}/s, lag {behind}, {} partitions{commit}  {}",
            self.records,
            lag.len(),
            kinds.join(" ")
        ));
        bar.tick();
    }
}

impl Watch for Watcher {
    fn opened(&mut self, partition: u32, started: Started) {
        self.checkpoints.insert(partition, Instant::now());
        let Started { from, committed, high } = started;
        tracing::info!(stage = self.stage(), partition, from, committed, high, "partition taken over");
    }

    fn assigned(&mut self, partitions: usize) {
        self.health.assigned(true);
        metrics::gauge!("kervan_partitions", "stage" => self.stage()).set(partitions as f64);
        tracing::info!(stage = self.stage(), partitions, "assignment complete");
    }

    fn closed(&mut self, reason: &str) {
        self.health.assigned(false);
        for partition in std::mem::take(&mut self.checkpoints).into_keys() {
            let label = self.label(partition);
            metrics::gauge!("kervan_lag_records", "partition" => label.clone()).set(0.0);
            metrics::gauge!("kervan_checkpoint_age_seconds", "partition" => label).set(0.0);
        }
        metrics::gauge!("kervan_partitions", "stage" => self.stage()).set(0.0);
        tracing::info!(stage = self.stage(), reason, "all partitions given up");
    }

    fn decided(&mut self, _partition: u32, records: usize, _next: u64) {
        self.records += records as u64;
        self.minute.1 += records as u64;
    }

    fn committed(&mut self, records: usize, took: Duration, shipment: &Shipment) {
        self.last_commit = Some(took);
        metrics::histogram!("kervan_commit_seconds", "stage" => self.stage()).record(took.as_secs_f64());
        metrics::counter!("kervan_committed_records_total", "stage" => self.stage()).increment(records as u64);
        for record in shipment.records.iter().flat_map(|(_, records)| records) {
            match record.channel {
                Channel::Rejects => self.minute.2 += 1,
                Channel::Alerts => {
                    self.meter.hear(&record.value, Instant::now());
                    if let Some(kind) = self.bar.as_ref().and_then(|_| kind_of(&record.value)) {
                        *self.alerts.entry(kind).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        self.health.reason("broker", None);
    }

    fn trouble(&mut self, what: &str, message: &str) {
        metrics::counter!("kervan_troubles_total", "what" => what.to_owned()).increment(1);
        let place = if what == "store" { "store" } else { "broker" };
        self.health.reason(place, Some(format!("{what}: {message}")));
        if self.once_a_while(what) {
            tracing::warn!(stage = self.stage(), what, message, "trouble");
        }
    }

    fn paused(&mut self, why: Option<&str>) {
        self.health.reason("reading", why.map(|why| format!("paused, {why}")));
        metrics::gauge!("kervan_paused", "stage" => self.stage()).set(f64::from(u8::from(why.is_some())));
        match why {
            Some(why) if self.once_a_while("paused") => tracing::warn!(why, "reading pauses"),
            Some(_) => {}
            None => tracing::info!("reading goes on"),
        }
    }

    fn published(&mut self, partition: u32, pointer: &Pointer) {
        self.checkpoints.insert(partition, Instant::now());
        self.health.reason("store", None);
        metrics::counter!("kervan_checkpoints_total").increment(1);
        tracing::debug!(partition, next = pointer.next, checkpoint = %pointer.checkpoint, "published");
    }

    fn queues(&mut self, batches: usize, outbox_bytes: usize) {
        self.queues = (batches, outbox_bytes);
    }

    fn turn(&mut self, lag: &dyn Fn() -> Vec<(u32, u64)>) {
        self.health.turn();
        if self.shown.elapsed() < Duration::from_millis(500) {
            return;
        }
        self.shown = Instant::now();
        self.judge_rejects();
        metrics::gauge!("kervan_queue_batches", "queue" => self.stage()).set(self.queues.0 as f64);
        metrics::gauge!("kervan_outbox_bytes", "stage" => self.stage()).set(self.queues.1 as f64);
        let lag = lag();
        for (partition, records) in &lag {
            metrics::gauge!("kervan_lag_records", "partition" => self.label(*partition)).set(*records as f64);
        }
        for (partition, at) in &self.checkpoints {
            let age = at.elapsed().as_secs_f64();
            metrics::gauge!("kervan_checkpoint_age_seconds", "partition" => self.label(*partition)).set(age);
        }
        self.meter.show(self.stage(), Instant::now());
        self.show(&lag);
    }
}

/// The kind in an alert of ours that is a raise.
fn kind_of(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    text.contains(r#""op":"raise""#).then_some(())?;
    let (_, rest) = text.split_once(r#""kind":""#)?;
    Some(rest.split_once('"')?.0.to_owned())
}
