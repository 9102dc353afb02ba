//! `kervan score`: alerts against the truth (DETECTION, sections 6.5 and 6.6).
//!
//! Every alert is judged twice: as the **final** ledger says it (highest revision, retracted ones left out), and as it
//! was **announced** (its first revision; what was retracted later is a false announcement).
//!
//! | file | idea |
//! |---|---|
//! | `ledger` | revisions to alarms |
//! | `pairing` | which alarm found which violation: found, duplicate, companion, guard, false |
//! | `tally`, `figures`, `chance` | counts log by log; what follows from them: quantiles, confidence intervals |
//! | `goals` | what DETECTION, section 8, asks for, and whether it is met |
//! | `render`, `reasons` | the tables; what was missed and what was false, by reason |
//! | `beside` | what simpler systems say of the same log |
//! | `desk` | a fleet, the decision and operators who answer it, in a closed loop: the load of a control room |
//! | `campaign`, `fleets`, `summary` | logs simulated, decided and scored until there are enough; one of them; the head of the report |

mod beside;
mod campaign;
mod chance;
mod command;
mod desk;
mod figures;
mod fleets;
mod goals;
mod ledger;
mod pairing;
mod reasons;
mod render;
mod summary;
mod tally;
#[cfg(test)]
mod tests;

pub use chance::quantile;
pub use command::{Arguments, run};
pub use figures::{FalseAlarm, Group, KindScore, Matrix, Miss, Score, Strata};
pub use ledger::{Alarm, Ledger};
pub use pairing::{Verdict, View, pair};
pub use tally::score;
