//! The wall clock, for what is sent and measured. Nothing that decides reads it.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::time::Millis;

/// Now, epoch milliseconds; a clock before 1970 counts as 1970.
pub fn now() -> Millis {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as Millis)
}
