//! The shard as bytes: a checkpoint. Versioned, checked, in length-prefixed sections; derived parts are rebuilt.

use std::cmp::Reverse;
use std::sync::Arc;

use super::super::codec::{Reader, State, StateError};
use super::super::journey::Journey;
use super::super::numbers::Hash;
use super::super::record::Id;
use super::super::rules::Rules;
use super::super::time::Millis;
use super::Shard;
use super::agenda::Agenda;
use super::units::Span;

/// Format of the encoding; a reader refuses any but this and the one before it.
pub const FORMAT: u32 = 6;
/// The format before it, which also has the units and journeys by id, sorted. To sort them was more than a quarter of the work for
/// which a partition stops; units and journeys know their ids.
const WITH_INDICES: u32 = 5;

/// Why a checkpoint cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Written by another version.
    #[error(
        "the checkpoint has format {0}, this program reads formats {WITH_INDICES} and {FORMAT}; use the program that wrote it"
    )]
    Format(u32),
    /// It names a rulebook that was not given.
    #[error(
        "the checkpoint was made with rulebook {0}, which is not among those given; name its directory with --rulebook"
    )]
    Rulebook(String),
    /// Torn or altered.
    #[error("the checkpoint is damaged: {0}")]
    Damaged(#[from] StateError),
}

fn section(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    0u64.put(out);
    write(out);
    let len = (out.len() - at - 8) as u64;
    out[at..at + 8].copy_from_slice(&len.to_le_bytes());
}

fn open<'a>(from: &mut Reader<'a>) -> Result<Reader<'a>, StateError> {
    let len = u64::get(from)? as usize;
    Ok(Reader::new(from.take(len)?))
}

impl Shard {
    /// Appends the whole state.
    pub fn encode(&self, out: &mut Vec<u8>) {
        FORMAT.put(out);
        section(out, |out| {
            self.partition.put(out);
            (self.clock, self.started, self.last_tick).put(out);
            (self.outage_from, self.outage_total, self.last_source).put(out);
            let rules: Vec<(Millis, String)> = self.rules.iter().map(|(t, r)| (*t, r.book.sha256.clone())).collect();
            rules.put(out);
        });
        section(out, |out| self.units.put(out));
        section(out, |out| {
            self.journeys.put(out);
            self.vacant.put(out);
        });
        section(out, |out| self.hot.put(out));
        section(out, |out| self.ring.put(out));
        section(out, |out| self.side.put(out));
        section(out, |out| {
            Vec::from_iter(self.agenda.iter().map(|agenda| agenda.scheduled)).put(out);
            Vec::from_iter(self.rewinding.iter().copied()).put(out);
        });
    }

    /// A shard from what [`Shard::encode`] wrote, with the rulebooks that it may name.
    ///
    /// # Errors
    /// Where the bytes are of another format, damaged, or need a rulebook that is not given.
    pub fn decode(bytes: &[u8], rulebooks: &[Arc<Rules>]) -> Result<Shard, LoadError> {
        let mut reader = Reader::new(bytes);
        let format = u32::get(&mut reader)?;
        if ![WITH_INDICES, FORMAT].contains(&format) {
            return Err(LoadError::Format(format));
        }
        let mut head = open(&mut reader)?;
        let mut shard = Shard::new(u32::get(&mut head)?, rulebooks);
        (shard.clock, shard.started, shard.last_tick) = State::get(&mut head)?;
        (shard.outage_from, shard.outage_total, shard.last_source) = State::get(&mut head)?;
        let named: Vec<(Millis, String)> = State::get(&mut head)?;
        shard.rules = named
            .into_iter()
            .map(|(from, sha256)| {
                let known = rulebooks.iter().find(|r| r.book.sha256 == sha256);
                known.map(|r| (from, Arc::clone(r))).ok_or(LoadError::Rulebook(sha256))
            })
            .collect::<Result<_, _>>()?;
        let mut units = open(&mut reader)?;
        if format == WITH_INDICES {
            let _by_id: Vec<(Id, u32)> = State::get(&mut units)?;
        }
        shard.units = State::get(&mut units)?;
        for (unit, number) in shard.units.iter().zip(0..) {
            shard.numbers.insert(Hash::of(&unit.id), number);
        }
        let mut journeys = open(&mut reader)?;
        if format == WITH_INDICES {
            let _by_id: Vec<(Id, u32)> = State::get(&mut journeys)?;
        }
        shard.journeys = State::get(&mut journeys)?;
        let given = shard.journeys.iter().zip(0..).filter(|(journey, _)| !journey.id.is_empty());
        shard.journey_ids = given.map(|(journey, slot)| (journey.id.clone(), slot)).collect();
        shard.vacant = State::get(&mut journeys)?;
        shard.hot = State::get(&mut open(&mut reader)?)?;
        shard.ring = State::get(&mut open(&mut reader)?)?;
        shard.side = State::get(&mut open(&mut reader)?)?;
        let mut timers = open(&mut reader)?;
        let scheduled: Vec<Millis> = State::get(&mut timers)?;
        shard.agenda = scheduled.into_iter().map(Agenda::scheduled).collect();
        let rewinding: Vec<u32> = State::get(&mut timers)?;
        shard.rewinding = rewinding.into();
        if !reader.is_done() {
            return Err(LoadError::Damaged(reader.error("the end")));
        }
        shard.spans = vec![Span::default(); shard.units.len()];
        for slot in 0..shard.journeys.len() as u32 {
            if shard.journeys[slot as usize].id.is_empty() {
                shard.journeys[slot as usize] = Journey::vacant();
            } else {
                shard.rebuild(slot);
            }
            shard.shelves.extend(shard.journeys[slot as usize].unshelve_at.map(|until| Reverse((until, slot))));
            let due = shard.agenda[slot as usize].scheduled;
            if due != Millis::MAX {
                shard.timers.push(Reverse((due, slot)));
            }
        }
        Ok(shard)
    }
}
