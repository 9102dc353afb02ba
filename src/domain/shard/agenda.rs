//! When a journey has to be looked at next, and where its machine went on last: what every record of it reads and writes
//! beside the machine.

use super::super::machine::Due;
use super::super::machine::state::NONE;
use super::super::time::Millis;

/// See the module. One line of memory.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Agenda {
    /// The deadline for which a timer of the log clock is set, or [`Millis::MAX`].
    pub scheduled: Millis,
    /// What the machine has to do next, where that is known since it last changed; derived.
    pub due: Option<Due>,
    /// Where the search for the border begins, see [`Drive`](super::super::machine::Drive); derived.
    pub border: u32,
}

impl Agenda {
    /// Nothing but a timer is known.
    pub fn scheduled(at: Millis) -> Agenda {
        Agenda { scheduled: at, due: None, border: NONE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_line_of_memory() {
        assert_eq!(size_of::<Agenda>(), 64);
    }
}
