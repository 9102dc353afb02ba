//! The tables over small files made as FORMATS section 4 says, without the writer of the lake.

mod answers;
mod errors;
mod fixture;
mod h3;
mod pruning;
