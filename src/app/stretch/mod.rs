//! A stretch of a log, from files or from a lake, decided in memory: what `explain`, `backtest` and `score` need of a log.
//!
//! Nothing is written. The same two stages decide as in `replay`; what they ask of history is answered from memory, so memory
//! grows with the stretch, about 200 bytes a fix.

mod decide;
mod input;
mod memory;
mod standing;

pub use decide::Decision;
pub use input::Input;
pub use memory::Memory;
pub use standing::{Standing, Standings, is_announced};
