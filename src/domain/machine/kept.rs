//! A machine at rest: a state to which a rewind may return, packed, for it is seldom asked for and there are several a journey.

use super::super::codec::{Reader, State, StateError};
use super::super::pack::{pack, unpack};
use super::super::past::Key;
use super::super::time::Millis;
use super::state::{Hot, Machine, Ring, Side};

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    now: Millis,
    last: Option<Key>,
    bytes: Box<[u8]>,
}

impl Kept {
    /// Puts a machine to rest.
    pub fn of(machine: &Machine) -> Kept {
        Kept::of_parts(&machine.hot, &machine.ring, &machine.side)
    }

    /// Puts a machine to rest that lies in parts, without a copy of it.
    pub fn of_parts(hot: &Hot, ring: &Ring, side: &Side) -> Kept {
        // As [`Machine`] is written: an ordinary one takes less.
        let mut bytes = Vec::with_capacity(2_048);
        hot.put(&mut bytes);
        ring.put(&mut bytes);
        side.put(&mut bytes);
        Kept { now: hot.now, last: hot.last(), bytes: pack(&bytes).into_boxed_slice() }
    }

    /// Event time at which it rests.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// The last report it has read.
    pub fn last(&self) -> Option<Key> {
        self.last
    }

    /// Whether everything it has read and done lies before event time `t`.
    pub fn is_before(&self, t: Millis) -> bool {
        self.now < t && self.last.is_none_or(|(last, _)| last < t)
    }

    /// The machine as it was.
    ///
    /// # Panics
    /// Never: the bytes are those of [`Kept::of`], or were tried when they were read.
    pub fn wake(&self) -> Machine {
        // Nothing else gets into a `Kept`.
        self.try_wake().expect("a machine was packed here")
    }

    fn try_wake(&self) -> Option<Machine> {
        let bytes = unpack(&self.bytes)?;
        let mut reader = Reader::new(&bytes);
        let machine = Machine::get(&mut reader).ok()?;
        let same = machine.hot.now == self.now && machine.hot.last() == self.last;
        (reader.is_done() && same).then_some(machine)
    }
}

impl State for Kept {
    fn put(&self, out: &mut Vec<u8>) {
        let Kept { now, last, bytes } = self;
        (*now, *last).put(out);
        (bytes.len() as u32).put(out);
        out.extend_from_slice(bytes);
    }

    fn get(from: &mut Reader<'_>) -> Result<Kept, StateError> {
        let (now, last) = State::get(from)?;
        let length = u32::get(from)? as usize;
        let kept = Kept { now, last, bytes: from.take(length)?.into() };
        if kept.try_wake().is_none() {
            return Err(from.error("a packed machine"));
        }
        Ok(kept)
    }
}
