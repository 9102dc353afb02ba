//! What a person sees while a run goes on: a bar, records a second, alerts by kind. Nothing where nobody looks.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::domain::alert::{Op, Revision};

/// The bar.
pub struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    shown: Instant,
    records: u64,
    kinds: BTreeMap<&'static str, u64>,
}

impl Progress {
    /// A bar over `bytes` of input, on a terminal.
    pub fn new(bytes: Option<u64>, quiet: bool) -> Progress {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let (bar, template) = match bytes {
                Some(bytes) => (ProgressBar::new(bytes), "{bar:30} {percent:>3}% {eta:>4} {msg}"),
                None => (ProgressBar::new_spinner(), "{spinner} {elapsed} {msg}"),
            };
            bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        let now = Instant::now();
        Progress { bar, began: now, shown: now, records: 0, kinds: BTreeMap::new() }
    }

    /// Counts an alert.
    pub fn revision(&mut self, revision: &Revision) {
        if self.bar.is_some() && revision.op == Op::Raise {
            *self.kinds.entry(revision.kind.name()).or_default() += 1;
        }
    }

    /// So many records more, so many bytes in all.
    pub fn advance(&mut self, records: u64, bytes: u64) {
        self.records += records;
        let Some(bar) = &self.bar else { return };
        if self.shown.elapsed() < Duration::from_millis(100) {
            return;
        }
        self.shown = Instant::now();
        bar.set_position(bytes);
        let rate = self.records as f64 / self.began.elapsed().as_secs_f64().max(1e-3);
        let kinds: Vec<String> = self.kinds.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
        bar.set_message(format!("{} records, {:.0}/s  {}", self.records, rate, kinds.join(" ")));
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
