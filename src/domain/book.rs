//! The episodes of one machine: open, changed, and closed so recently that they may return.

use super::codec::{Reader, State, StateError};
use super::episode::{EndReason, Episode, Measure};
use super::time::Millis;

/// The open episodes of a machine, and those closed so recently that they may return.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Book {
    open: Vec<Episode>,
    recent: Vec<Episode>,
    next: u32,
    changed: Vec<Episode>,
}

impl State for Book {
    fn put(&self, out: &mut Vec<u8>) {
        self.open.put(out);
        self.recent.put(out);
        self.next.put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok(Book { open: Vec::get(from)?, recent: Vec::get(from)?, next: u32::get(from)?, changed: Vec::new() })
    }
}

impl Book {
    /// Opens an episode, or re-opens the one that ended at most `hold` before its onset. Returns its number.
    pub fn raise(&mut self, mut episode: Episode, hold: Millis) -> u32 {
        self.recent.retain(|old| old.ended.is_some_and(|end| end + hold >= episode.raised));
        let returning = self.recent.iter().position(|old| {
            episode.ended.is_none()
                && old.same_matter(&episode)
                && old.ended.is_some_and(|end| end + hold >= episode.onset)
        });
        if let Some(at) = returning {
            let mut old = self.recent.remove(at);
            old.ended = None;
            old.end_reason = None;
            old.priority = old.priority.max(episode.priority);
            old.set(Measure::Occurrences, old.get(Measure::Occurrences).unwrap_or(1) + 1);
            for fix in &episode.fixes {
                old.rest_on(fix.time, fix.position);
            }
            self.changed.push(old.clone());
            let seq = old.seq;
            self.open.push(old);
            return seq;
        }
        episode.seq = self.next;
        self.next += 1;
        let seq = episode.seq;
        self.changed.push(episode.clone());
        if episode.ended.is_none() {
            self.open.push(episode);
        }
        seq
    }

    /// Changes an open episode and publishes the change.
    pub fn update(&mut self, seq: u32, change: impl FnOnce(&mut Episode)) {
        if let Some(episode) = self.open.iter_mut().find(|e| e.seq == seq) {
            change(episode);
            self.changed.push(episode.clone());
        }
    }

    /// Closes an open episode.
    pub fn close(&mut self, seq: u32, ended: Millis, reason: EndReason, change: impl FnOnce(&mut Episode)) {
        if let Some(at) = self.open.iter().position(|e| e.seq == seq) {
            let mut episode = self.open.remove(at);
            change(&mut episode);
            episode.ended = Some(ended.max(episode.onset));
            episode.end_reason = Some(reason);
            self.changed.push(episode.clone());
            self.recent.push(episode);
        }
    }

    /// Takes an open episode back: it never was.
    pub fn withdraw(&mut self, seq: u32) {
        if let Some(at) = self.open.iter().position(|e| e.seq == seq) {
            let mut episode = self.open.remove(at);
            episode.withdrawn = true;
            self.changed.push(episode);
        }
    }

    /// An open episode.
    pub fn open(&self, seq: u32) -> Option<&Episode> {
        self.open.iter().find(|e| e.seq == seq)
    }

    /// Every open episode.
    pub fn all_open(&self) -> &[Episode] {
        &self.open
    }

    /// Open and recently closed episodes: what a replay from here may still change.
    pub fn unfinished(&self) -> impl Iterator<Item = &Episode> {
        self.open.iter().chain(&self.recent)
    }

    /// The number that the next episode gets.
    pub fn next_seq(&self) -> u32 {
        self.next
    }

    /// Whether anything changed since the last [`Book::take_changed`].
    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Everything that changed, the last state of each, by number.
    pub fn take_changed(&mut self) -> Vec<Episode> {
        let mut changed = std::mem::take(&mut self.changed);
        // The last state of each stands; a stable sort keeps the order of changes inside one number.
        changed.reverse();
        changed.sort_by_key(|e| e.seq);
        changed.dedup_by_key(|e| e.seq);
        changed
    }
}
