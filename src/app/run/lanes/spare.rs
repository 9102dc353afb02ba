//! Memory of states that have been written, for the next ones: the system need not hand out pages while a partition stands
//! still for its cut.
//!
//! One list for the process, and two states in it at most, however many partitions there are: what is kept here is not there
//! for anything else.

use std::sync::{Mutex, PoisonError};

/// See the module.
static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
const KEPT: usize = 2;

/// Room for a state of so many bytes; empty.
pub(super) fn room(bytes: usize) -> Vec<u8> {
    let mut room = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
    room.reserve(bytes);
    room
}

/// A state has been written.
pub(super) fn give_back(mut state: Vec<u8>) {
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    if spare.len() < KEPT {
        state.clear();
        spare.push(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_comes_back_empty() {
        give_back(vec![7; 5_000]);
        let room = room(100);
        assert!(room.is_empty() && room.capacity() >= 100);
    }
}
