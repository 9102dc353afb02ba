//! The matrix of DELIVERY, section 6.2: what breaks, and that nothing comes of it.
//!
//! | file | rows |
//! |---|---|
//! | `crash` | 1, 2, 3: killed at random, aborted at each step |
//! | `group` | 5 to 9, 15: who owns a partition |
//! | `line` | 10 to 14, 18: requests lost, late, slow |
//! | `broker` | 16, 17: the broker is away, leaders move |
//! | `refusals` | 21, 22, 23, 27: input, offsets or checkpoints are not what they were |
//! | `disk` | 25, 26: full, broken |
//! | `input` | 29, 30, 31, 33, 34, 37: clocks, times, poison, rules, floods |
//! | `ending` | 39, 40, 41: stops, readers, repetition |

mod broker;
mod crash;
mod disk;
mod ending;
mod group;
mod input;
mod line;
mod refusals;
