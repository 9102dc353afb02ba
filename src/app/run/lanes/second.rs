//! The core of the episodes: the second stage, which reads what the first has said of all partitions.
//!
//! Its input is a topic of ours, written in the first stage's transactions: what is read is committed, each line once. Lines
//! are merged by log time up to the slowest partition, so what is decided depends on the lines alone.

use std::sync::Arc;

use super::super::parcel::alert_records;
use super::{Core, Shared, fault};
use crate::app::lane::text_of;
use crate::delivery::Parcel;
use crate::domain::alert::DECISION_VERSION;
use crate::domain::rules::Rules;
use crate::domain::second::Second;
use crate::domain::second::line::Happening;
use crate::domain::shard::LoadError;
use crate::domain::time::Rfc3339;
use crate::edge::lake::LakeWriter;
use crate::edge::wire;
use crate::pipeline::{Batch, LaneFault};

/// See the module.
pub(super) struct SecondCore {
    second: Second,
    lake: LakeWriter,
    next: u64,
    /// Rows of lines before this offset are published already.
    rows_from: u64,
}

impl SecondCore {
    /// From a state, or from nothing; `partitions` is the number of those of the log.
    ///
    /// # Errors
    /// Where the state is damaged, or of another version.
    pub(super) fn new(
        partitions: u32,
        lake: LakeWriter,
        next: u64,
        state: Option<&[u8]>,
        rules: &[Arc<Rules>],
    ) -> Result<SecondCore, LoadError> {
        let second = match state {
            Some(state) => Second::decode(state, rules)?,
            None => {
                let mut second = Second::new(rules);
                (0..partitions).for_each(|partition| second.expect(partition));
                second
            }
        };
        let rows_from = lake.start();
        Ok(SecondCore { second, lake, next, rows_from })
    }
}

impl Core for SecondCore {
    fn decide(&mut self, shared: &Shared, batch: &Batch, mute: u64, parcel: &mut Parcel) -> Result<(), LaneFault> {
        let mut found = Vec::new();
        for raw in batch.records().iter().filter(|raw| raw.offset >= self.next) {
            let line = wire::decode_episode_line(batch.value(raw).unwrap_or_default());
            // Lines are ours alone; what others have put there is passed over.
            let Ok(line) = line.inspect_err(|why| {
                metrics::counter!("kervan_foreign_lines_total").increment(1);
                tracing::error!(topic = %shared.log.topic, offset = raw.offset, %why, "a line that is none of ours");
            }) else {
                continue;
            };
            if let Happening::Rulebook(hash, _) = &line.what {
                self.second.learn(&shared.shelf.get(hash).map_err(fault)?);
            }
            self.second.step([line], &mut found);
            for revision in found.drain(..) {
                if raw.offset >= mute {
                    parcel.records.extend(alert_records(&revision));
                }
                if raw.offset >= self.rows_from {
                    let mut evidence = Vec::new();
                    wire::alert::encode_evidence(&revision.evidence, &mut evidence);
                    self.lake.push_alert(revision, text_of(evidence));
                }
            }
        }
        self.next = batch.next().unwrap_or(self.next);
        Ok(())
    }

    fn next(&self) -> u64 {
        self.next
    }

    fn lake(&mut self) -> &mut LakeWriter {
        &mut self.lake
    }

    fn rows(&self) -> usize {
        self.lake.rows_buffered()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.second.encode(out);
    }

    fn rulebooks(&self) -> Vec<String> {
        self.second.rulebooks()
    }

    fn status(&self) -> String {
        serde_json::json!({
            "schema": "kervan.status/1",
            "partition": "second",
            "log_time": self.second.clock().map(|clock| Rfc3339(clock).to_string()),
            "next": self.next,
            "waiting": self.second.waiting(),
            "versions": {
                "rulebook": self.second.rulebooks().last(),
                "decision": DECISION_VERSION,
                "engine": env!("CARGO_PKG_VERSION"),
            },
        })
        .to_string()
    }
}
