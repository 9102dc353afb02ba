//! What a journey is and what is found about it: the same log gives the same alerts, byte for byte.
//!
//! Nothing here reads a clock, a random number, a file or the environment. Floats are combined by + - × ÷ √ only;
//! anything else goes through `libm` or a committed table, so that every machine decides alike: `clippy.toml` names the
//! functions of `std` that are not to be called here.

// Tests may reckon with whatever they like: they are what the code is checked against.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod admission;
mod ahead;
pub mod alert;
pub mod book;
pub mod codec;
pub mod contact;
mod course;
pub mod desk;
pub mod episode;
pub mod evidence;
pub mod geometry;
pub mod handling;
pub mod history;
mod identity;
pub mod journey;
pub mod kpi;
pub mod ledger;
pub mod machine;
mod median;
pub mod nuisance;
pub mod numbers;
pub mod output;
mod pack;
pub mod past;
pub mod plan;
pub mod position;
pub mod record;
pub mod revision;
pub mod rulebook;
pub mod rules;
pub mod second;
pub mod seldom;
mod settling;
pub mod shard;
pub mod shift;
pub mod text;
mod ties;
pub mod time;
pub mod wayside;
