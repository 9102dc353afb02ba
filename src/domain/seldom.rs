//! A value that most journeys never have: as long as nobody changes it, it is a null pointer, and what is read is one
//! blank that all of them share.
//!
//! A machine is some twenty detectors, and on a quiet journey most of them have nothing to remember. What is not there
//! is not kept, not copied and not asked of memory.

use std::ops::{Deref, DerefMut};

use super::codec::{Reader, State, StateError};

/// A value that has a blank. A blank is equal to the default and written like it.
pub trait Blank: Default + PartialEq + 'static {
    /// What is read where nothing was written.
    const BLANK: &'static Self;
}

impl<T: PartialEq + 'static> Blank for Vec<T> {
    const BLANK: &'static Self = &Vec::new();
}

impl<T: PartialEq + 'static> Blank for Option<T> {
    const BLANK: &'static Self = &None;
}

/// See the module. Reading never makes room; a mutable borrow does, whatever becomes of it.
#[derive(Clone, Debug)]
pub struct Seldom<T>(Option<Box<T>>);

impl<T> Seldom<T> {
    /// Whether it takes room of its own: nobody but a test asks.
    #[cfg(test)]
    pub fn is_there(&self) -> bool {
        self.0.is_some()
    }
}

impl<T> Default for Seldom<T> {
    fn default() -> Self {
        Seldom(None)
    }
}

impl<T: Blank> From<T> for Seldom<T> {
    fn from(value: T) -> Self {
        Seldom((value != *T::BLANK).then(|| Box::new(value)))
    }
}

impl<T: Blank> Deref for Seldom<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or(T::BLANK)
    }
}

impl<T: Blank> DerefMut for Seldom<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

/// What is there and blank is what is not there.
impl<T: Blank> PartialEq for Seldom<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

/// Written as the value itself.
impl<T: Blank + State> State for Seldom<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        T::get(from).map(Seldom::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_wrote_takes_no_room_and_reads_as_blank() {
        let mut seldom: Seldom<Vec<u32>> = Seldom::default();
        assert!(seldom.is_empty() && !seldom.is_there());
        seldom.push(7);
        assert_eq!((*seldom).clone(), [7]);
        seldom.clear();
        assert!(seldom.is_there() && seldom == Seldom::default(), "blank again, and equal to what never was");
    }

    #[test]
    fn it_is_written_as_the_value_itself() {
        for value in [vec![], vec![1u32, 2]] {
            let (mut bytes, mut plain) = (Vec::new(), Vec::new());
            value.put(&mut plain);
            Seldom::from(value.clone()).put(&mut bytes);
            assert_eq!(bytes, plain);
            let back: Seldom<Vec<u32>> = State::get(&mut Reader::new(&bytes)).unwrap();
            assert_eq!((&*back, back.is_there()), (&value, !value.is_empty()));
        }
    }
}
