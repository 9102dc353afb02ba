//! Where the outputs of a file run go: lines, counts, whoever listens; and the second stage, which runs here.

use super::output::LineFiles;
use super::progress::Progress;
use super::summary::Summary;
use crate::app::lane::Sink;
use crate::domain::alert::Revision;
use crate::domain::second::Second;
use crate::domain::second::line::EpisodeLine;
use crate::domain::time::Millis;
use crate::edge::wire::{self, Reject};

/// See the module.
pub struct Lines<'a> {
    /// Line files.
    pub files: &'a mut LineFiles,
    /// Counts.
    pub summary: &'a mut Summary,
    /// What people see meanwhile.
    pub progress: &'a mut Progress,
    /// Who hears every alert.
    pub listen: &'a mut dyn FnMut(&Revision),
    /// What several vehicles do.
    pub second: &'a mut Second,
}

impl Sink for Lines<'_> {
    fn record(&mut self, type_name: &'static str, outcome: &'static str, timestamp: Option<Millis>) {
        self.summary.record(type_name, outcome);
        if let Some(timestamp) = timestamp {
            self.summary.clock(timestamp);
        }
    }
    fn reject(&mut self, reject: &Reject<'_>) {
        wire::encode_reject(reject, self.files.rejects());
    }
    fn revision(&mut self, revision: &Revision) {
        self.summary.revision(revision);
        self.progress.revision(revision);
        (self.listen)(revision);
        wire::encode_revision(revision, self.files.alerts());
    }
    fn episode(&mut self, line: EpisodeLine, found: &mut Vec<Revision>) {
        wire::encode_episode_line(&line, self.files.episodes());
        self.second.step([line], found);
    }
}
