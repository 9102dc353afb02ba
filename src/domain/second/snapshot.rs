//! The second stage as bytes: part of a checkpoint.

use std::sync::Arc;

use super::super::codec::{Reader, State};
use super::super::rules::Rules;
use super::super::shard::LoadError;
use super::super::time::Millis;
use super::Second;

/// Format of the encoding; a reader refuses any other.
const FORMAT: u32 = 2;

impl Second {
    /// Appends the whole state.
    pub fn encode(&self, out: &mut Vec<u8>) {
        FORMAT.put(out);
        let rules: Vec<(Millis, String)> = self.rules.iter().map(|(t, r)| (*t, r.book.sha256.clone())).collect();
        rules.put(out);
        (self.clock, self.forgotten, self.systems).put(out);
        self.merge.put(out);
        self.clocks.put(out);
        self.board.put(out);
        self.stops.put(out);
        self.jams.put(out);
        self.pairs.put(out);
        self.crowds.put(out);
        self.jammed.put(out);
        self.outages.put(out);
        self.unshelve_at.put(out);
    }

    /// A stage from what [`Second::encode`] wrote, with the rulebooks that it may name.
    ///
    /// # Errors
    /// Where the bytes are of another format, damaged, or need a rulebook that is not given.
    pub fn decode(bytes: &[u8], rulebooks: &[Arc<Rules>]) -> Result<Second, LoadError> {
        let mut from = Reader::new(bytes);
        let format = u32::get(&mut from)?;
        if format != FORMAT {
            return Err(LoadError::Format(format));
        }
        let mut second = Second::new(rulebooks);
        let named: Vec<(Millis, String)> = State::get(&mut from)?;
        second.rules = named
            .into_iter()
            .map(|(t, sha256)| {
                let known = rulebooks.iter().find(|r| r.book.sha256 == sha256);
                known.map(|r| (t, Arc::clone(r))).ok_or(LoadError::Rulebook(sha256))
            })
            .collect::<Result<_, _>>()?;
        (second.clock, second.forgotten, second.systems) = State::get(&mut from)?;
        second.merge = State::get(&mut from)?;
        second.clocks = State::get(&mut from)?;
        second.board = State::get(&mut from)?;
        second.stops = State::get(&mut from)?;
        second.jams = State::get(&mut from)?;
        second.pairs = State::get(&mut from)?;
        second.crowds = State::get(&mut from)?;
        second.jammed = State::get(&mut from)?;
        second.outages = State::get(&mut from)?;
        second.unshelve_at = State::get(&mut from)?;
        if !from.is_done() {
            return Err(LoadError::Damaged(from.error("the end")));
        }
        Ok(second)
    }
}
