//! `kervan score`: alerts against the truth (DETECTION, sections 6.5 and 6.6).
//!
//! Every alert is judged twice: as the **final** ledger says it (highest revision, retracted ones left out), and as it
//! was **announced** (its first revision; what was retracted later is a false announcement).
//!
//! | file | idea |
//! |---|---|
//! | `ledger` | revisions to alarms |
//! | `pairing` | which alarm found which violation: found, duplicate, companion, guard, false |
//! | `tally`, `chance` | counts, quantiles, exact confidence intervals |
//! | `render` | the table, and JSON |
//! | `beside` | what simpler systems say of the same log |
//! | `campaign` | logs simulated, decided and scored until there are enough |

mod beside;
mod campaign;
mod chance;
mod command;
mod ledger;
mod pairing;
mod render;
mod tally;
#[cfg(test)]
mod tests;

pub use command::{Arguments, run};
pub use ledger::{Alarm, Ledger};
pub use pairing::{Verdict, View, pair};
pub use tally::{Group, KindScore, Score, Strata, score};
