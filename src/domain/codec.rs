//! State as bytes: little-endian, length-prefixed, no reflection. A checkpoint is what [`State::put`] wrote.
//!
//! Everything that survives a restart implements [`State`]; the macro `state!` lists
//! the fields, so that a field that is forgotten does not compile (the pattern is exhaustive).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::record::Id;

/// Why bytes are no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("decoding state at byte {at}: {what}")]
pub struct StateError {
    /// Where.
    pub at: usize,
    /// What was expected.
    pub what: &'static str,
}

/// Reads what [`State::put`] wrote.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// From the first byte on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, at: 0 }
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// Where fewer are left.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], StateError> {
        let end = self.at.checked_add(n).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(self.error("more bytes"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// An error at the current byte.
    pub fn error(&self, what: &'static str) -> StateError {
        StateError { at: self.at, what }
    }

    /// Whether everything was read.
    pub fn is_done(&self) -> bool {
        self.at == self.bytes.len()
    }
}

/// A value that a checkpoint can hold.
pub trait State: Sized {
    /// Appends the value.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads a value back.
    ///
    /// # Errors
    /// Where the bytes are not what [`State::put`] writes.
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError>;

    /// Appends many values, one behind the other. Numbers go in one piece: most of a state are arrays of them.
    fn put_all(values: &[Self], out: &mut Vec<u8>) {
        values.iter().for_each(|value| value.put(out));
    }

    /// Reads so many values back.
    ///
    /// # Errors
    /// As [`State::get`].
    fn get_all(from: &mut Reader<'_>, count: usize) -> Result<Vec<Self>, StateError> {
        // A length that lies must not take the memory for it.
        let mut values = Vec::with_capacity(count.min(4096));
        for _ in 0..count {
            values.push(Self::get(from)?);
        }
        Ok(values)
    }
}

macro_rules! int_state {
    ($($t:ty),*) => { $(
        impl State for $t {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
                let bytes = from.take(size_of::<$t>())?;
                let mut fixed = [0u8; size_of::<$t>()];
                fixed.copy_from_slice(bytes);
                Ok(<$t>::from_le_bytes(fixed))
            }
            fn put_all(values: &[Self], out: &mut Vec<u8>) {
                const WIDTH: usize = size_of::<$t>();
                let at = out.len();
                out.resize(at + values.len() * WIDTH, 0);
                for (place, value) in out[at..].chunks_exact_mut(WIDTH).zip(values) {
                    place.copy_from_slice(&value.to_le_bytes());
                }
            }
            fn get_all(from: &mut Reader<'_>, count: usize) -> Result<Vec<Self>, StateError> {
                const WIDTH: usize = size_of::<$t>();
                let bytes = from.take(count.saturating_mul(WIDTH))?;
                let one = |bytes: &[u8]| {
                    let mut fixed = [0u8; WIDTH];
                    fixed.copy_from_slice(bytes);
                    <$t>::from_le_bytes(fixed)
                };
                Ok(bytes.chunks_exact(WIDTH).map(one).collect())
            }
        }
    )* };
}
int_state!(u8, u16, u32, u64, i8, i16, i32, i64, f32, f64);

impl State for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        match u8::get(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(from.error("a flag")),
        }
    }
}

impl State for String {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        out.extend_from_slice(self.as_bytes());
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let len = u32::get(from)? as usize;
        let bytes = from.take(len)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| from.error("UTF-8"))
    }
}

impl State for Id {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        out.extend_from_slice(self.as_bytes());
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        String::get(from).map(Id::from)
    }
}

impl<T: State> State for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok(if bool::get(from)? { Some(T::get(from)?) } else { None })
    }
}

impl<T: State> State for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        T::put_all(self, out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let len = u32::get(from)? as usize;
        T::get_all(from, len)
    }
}

/// By ascending key, so that equal tables are equal bytes.
impl<K: State + Ord, V: State> State for BTreeMap<K, V> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        for (key, value) in self {
            key.put(out);
            value.put(out);
        }
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let len = u32::get(from)?;
        (0..len).map(|_| Ok((K::get(from)?, V::get(from)?))).collect()
    }
}

impl<T: State + Copy + Default, const N: usize> State for [T; N] {
    fn put(&self, out: &mut Vec<u8>) {
        T::put_all(self, out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let mut values = [T::default(); N];
        for value in &mut values {
            *value = T::get(from)?;
        }
        Ok(values)
    }
}

impl<T: State> State for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (**self).put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok(Box::new(T::get(from)?))
    }
}

/// What several share is written by each of them.
impl<T: State> State for Arc<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (**self).put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok(Arc::new(T::get(from)?))
    }
}

impl<A: State, B: State> State for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok((A::get(from)?, B::get(from)?))
    }
}

impl<A: State, B: State, C: State> State for (A, B, C) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
        self.2.put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok((A::get(from)?, B::get(from)?, C::get(from)?))
    }
}

/// Implements [`State`] for a struct by listing its fields, or for a wire-named enum.
macro_rules! state {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::domain::codec::State for $name {
            fn put(&self, out: &mut Vec<u8>) {
                let $name { $($field),* } = self;
                $( $crate::domain::codec::State::put($field, out); )*
            }
            fn get(from: &mut $crate::domain::codec::Reader<'_>) -> Result<Self, $crate::domain::codec::StateError> {
                $( let $field = $crate::domain::codec::State::get(from)?; )*
                Ok($name { $($field),* })
            }
        }
    };
    (enum $name:ident) => {
        impl $crate::domain::codec::State for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(*self as u8);
            }
            fn get(from: &mut $crate::domain::codec::Reader<'_>) -> Result<Self, $crate::domain::codec::StateError> {
                let index = <u8 as $crate::domain::codec::State>::get(from)?;
                $name::ALL.get(usize::from(index)).copied().ok_or(from.error(stringify!($name)))
            }
        }
    };
}
pub(crate) use state;

mod shared {
    //! The shared types of the layer, in one place: they carry no encoding of their own.
    use super::super::alert::*;
    use super::super::position::Position;
    use super::super::record::*;
    use super::{Reader, State, StateError};

    state!(Position { lat_e6, lon_e6 });
    state!(Source { partition, offset, timestamp });
    state!(enum Kind);
    state!(enum Priority);
    state!(enum Confidence);
    state!(enum Handling);
    state!(enum Mount);
    state!(EvidenceFix { time, position });
    state!(Vehicle { plate, trailer, country });
    state!(Consignment { mrn, tir_carnet, seals, goods });
    state!(Offices { departure, destination, on_route });
    state!(InlineCorridor { line, half_width_dm });
    state!(Declaration {
        corridor,
        deadline,
        interval_ms,
        risk,
        mount,
        vehicle,
        consignment,
        offices,
        continues,
        note
    });

    impl State for CorridorChoice {
        fn put(&self, out: &mut Vec<u8>) {
            match self {
                CorridorChoice::Id(id) => (0u8, id.clone()).put(out),
                CorridorChoice::Inline(line) => {
                    out.push(1);
                    line.put(out);
                }
            }
        }
        fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
            match u8::get(from)? {
                0 => Ok(CorridorChoice::Id(String::get(from)?)),
                1 => Ok(CorridorChoice::Inline(InlineCorridor::get(from)?)),
                _ => Err(from.error("a corridor")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Many in one piece are the bytes of one after the other, and come back; a length that lies takes no memory.
    #[test]
    fn many_numbers_are_written_as_one_by_one() {
        let numbers: Vec<i64> = (-300..300).map(|n: i64| n.wrapping_mul(0x0123_4567_89AB_CDEF)).collect();
        let bytes: Vec<u8> = (0..=255).collect();
        let (mut one, mut all) = (vec![7], vec![7]);
        numbers.iter().for_each(|n| n.put(&mut one));
        bytes.iter().for_each(|n| n.put(&mut one));
        i64::put_all(&numbers, &mut all);
        u8::put_all(&bytes, &mut all);
        assert_eq!(one, all);
        let mut reader = Reader::new(&all[1..]);
        assert_eq!(i64::get_all(&mut reader, numbers.len()), Ok(numbers));
        assert_eq!(u8::get_all(&mut reader, bytes.len()), Ok(bytes));
        assert!(u64::get_all(&mut reader, usize::MAX).is_err());
        assert!(Vec::<u16>::get(&mut Reader::new(&[255; 8])).is_err());
    }
}
