//! Simpler systems on the same log, judged by the same rules, in one table.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use super::figures::{KindScore, Score};
use super::ledger::{Alarm, Ledger};
use super::tally::Tally;
use crate::app::baseline::{Baseline, METHODS};
use crate::app::failure::Failure;
use crate::app::simulate::Truth;
use crate::app::stretch::{Decision, Input};
use crate::domain::record::Record;
use crate::domain::rules::Rules;

/// The alarms of a method.
pub(super) type Said = (&'static str, Vec<Alarm>);

/// Baselines, and kervan itself where a ledger is given, over one stream of records.
pub(super) struct Judges<'l> {
    baselines: Vec<Baseline>,
    kervan: Option<(Decision, &'l mut Ledger)>,
    failed: Option<String>,
}

impl<'l> Judges<'l> {
    /// All of them at the start.
    pub fn new(rules: &Arc<Rules>, kervan: Option<&'l mut Ledger>) -> Judges<'l> {
        Judges {
            baselines: METHODS.iter().map(|method| Baseline::new(*method, rules)).collect(),
            kervan: kervan.map(|ledger| (Decision::new(vec![Arc::clone(rules)]), ledger)),
            failed: None,
        }
    }

    /// A record for all.
    ///
    /// # Errors
    /// As the decision.
    pub fn read(&mut self, record: Record) -> Result<(), Failure> {
        self.baselines.iter_mut().for_each(|baseline| baseline.read(&record));
        let failed = &mut self.failed;
        if let Some((decision, ledger)) = &mut self.kervan {
            decision.take(record, &mut |_, out| {
                let heard = out.revisions.iter().try_for_each(|r| ledger.hear(r));
                *failed = failed.take().or(heard.err());
            })?;
        }
        Ok(())
    }

    /// The end.
    ///
    /// # Errors
    /// As the decision, or an alert that cannot be scored.
    pub fn finish(mut self) -> Result<Vec<Said>, Failure> {
        let failed = &mut self.failed;
        if let Some((decision, ledger)) = &mut self.kervan {
            decision.finish(&mut |_, out| {
                let heard = out.revisions.iter().try_for_each(|r| ledger.hear(r));
                *failed = failed.take().or(heard.err());
            })?;
        }
        match self.failed {
            Some(what) => Err(Failure::from(anyhow::anyhow!("scoring an alert that was just decided: {what}"))),
            None => Ok(METHODS.iter().zip(self.baselines).map(|(m, b)| (m.name, b.finish())).collect()),
        }
    }
}

/// Decides log files.
///
/// # Errors
/// Exit 3 where the log cannot be read.
pub(super) fn decide(logs: &[PathBuf], rules: &Arc<Rules>, kervan: Option<&mut Ledger>) -> Result<Vec<Said>, Failure> {
    let mut judges = Judges::new(rules, kervan);
    Input::Logs(logs.to_vec()).each(&mut |record| judges.read(record).map(|()| true))?;
    judges.finish()
}

/// The alarms of each method, judged.
pub(super) fn judged(truth: &Truth, others: Vec<Said>) -> Vec<(&'static str, Tally)> {
    let judge = |(name, alarms): Said| {
        let mut tally = Tally::new(&[], false);
        tally.add(truth, &Ledger::of(alarms));
        (name, tally)
    };
    others.into_iter().map(judge).collect()
}

/// One row a kind and method; of the baselines only kinds that they know.
pub(super) fn table(own: &Score, others: Vec<(&'static str, Tally)>) -> String {
    let mut out = String::from(
        "## Beside simpler systems\n\n| kind | method | observable found | brief | dark | precision | false | a vehicle-day (95 %) \
         | duplicates | chatter | delay p50/95/max s |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let scores: Vec<(&str, Score)> = others.into_iter().map(|(name, tally)| (name, tally.finish())).collect();
    const KINDS: [(&str, bool); 4] =
        [("corridor_deviation", false), ("zone_enter", false), ("territory_exit", false), ("unusual_stop", true)];
    for (kind, only_traccar) in KINDS {
        let of = |score: &Score| score.groups.first().and_then(|g| g.kinds.iter().find(|k| k.kind == kind)).cloned();
        row(&mut out, kind, "kervan", of(own));
        for (name, score) in &scores {
            if !only_traccar || *name == "traccar" {
                row(&mut out, kind, name, of(score));
            }
        }
    }
    out
}

fn row(out: &mut String, kind: &str, method: &str, found: Option<KindScore>) {
    let Some(k) = found else { return };
    let of = |pair: (u64, u64)| if pair.1 == 0 { "-".to_owned() } else { format!("{}/{}", pair.0, pair.1) };
    let (rate, low, high) = k.false_per_day;
    let delay = k.evidence_delay_s.map_or("-".to_owned(), |d| format!("{:.0}/{:.0}/{:.0}", d.0, d.1, d.2));
    let precision = k.precision.map_or("-".to_owned(), |p| format!("{p:.3}"));
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "| {kind} | {method} | {} | {} | {} | {precision} | {} | {rate:.3} [{low:.3}, {high:.3}] | {} | {} | {delay} |",
        of(k.last.observable),
        of(k.last.brief),
        of(k.last.dark),
        k.false_alarms,
        k.duplicates,
        k.chatter,
    );
}
