//! What a journey is and what is found about it: the same log gives the same alerts, byte for byte.
//!
//! Nothing here reads a clock, a random number, a file or the environment. Floats are combined by + - × ÷ √ only;
//! anything else goes through `libm` or a committed table, so that every machine decides alike.

pub mod alert;
pub mod geometry;
pub mod history;
pub mod output;
pub mod position;
pub mod record;
pub mod rulebook;
pub mod time;
