//! A command in event time: what a journey's timeline is made of.

use super::super::codec::{Reader, State, StateError};
use super::super::time::Millis;

/// What a command does to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Departure is allowed.
    Clear,
    /// A hold begins or ends.
    Hold(bool),
    /// Another plan holds.
    Plan(u16),
    /// Monitoring ends.
    Close,
}

/// A command in event time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it takes effect.
    pub time: Millis,
    /// Its place in the log: the order among commands of one instant.
    pub order: u64,
    /// What it does.
    pub turn: Turn,
}

impl State for Entry {
    fn put(&self, out: &mut Vec<u8>) {
        let (code, value) = match self.turn {
            Turn::Clear => (0u8, 0u16),
            Turn::Hold(on) => (1, u16::from(on)),
            Turn::Plan(plan) => (2, plan),
            Turn::Close => (3, 0),
        };
        (self.time, self.order, (code, value)).put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let (time, order, (code, value)) = <(Millis, u64, (u8, u16))>::get(from)?;
        let turn = match code {
            0 => Turn::Clear,
            1 => Turn::Hold(value != 0),
            2 => Turn::Plan(value),
            3 => Turn::Close,
            _ => return Err(from.error("a command")),
        };
        Ok(Entry { time, order, turn })
    }
}
