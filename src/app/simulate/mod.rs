//! `kervan simulate`: truck days on a rulebook's corridors, with violations planted, and the truth beside the log.
//!
//! What always holds:
//! * the same seed gives the same bytes on every machine: chance is ChaCha8, floats go through `libm`;
//! * the truth is measured on the noise-free way at 1 Hz; everything that satisfies a definition is labelled, planted or not;
//! * no fix arrives before its time; records leave in order of arrival, those of one instant by vehicle;
//! * vehicle-days are simulated when the log reaches their start: memory holds those under way, whatever the campaign.
//!
//! Nothing is shared with the detectors but positions, time, and the geometry that both are measured by; the desk reads alerts.
//!
//! | file | idea |
//! |---|---|
//! | `world`, `plan` | what is driven on, what is ordered |
//! | `sites`, `agenda`, `way`, `drive` | the truth, second by second |
//! | `noise`, `delivery` | what the unit measures, when it arrives |
//! | `labels`, `stops`, `along`, `senses`, `strata`, `truth` | what was violated, and how visibly |
//! | `together`, `shared` | what several vehicles do or suffer, as an order and in the truth |
//! | `journey`, `merge` | one vehicle-day; all of them in order |
//! | `desk`, `queue` | operators, who answer alerts with commands; what waits for them |

mod agenda;
mod along;
mod chance;
mod command;
mod delivery;
mod desk;
mod drive;
mod journey;
mod labels;
mod merge;
mod noise;
mod plan;
mod queue;
mod senses;
mod shared;
mod sites;
mod stops;
mod strata;
mod synthetic;
#[cfg(test)]
mod tests;
mod together;
mod truth;
mod way;
mod world;

pub(super) use chance::Chance;
pub use command::{Arguments, Deliveries, Intervals, run, write_log};
pub(in crate::app) use command::{deliveries, intervals};
pub use desk::Desk;
pub use merge::generate;
pub use plan::{Delivery, Environment, INTERVALS_S, Plan, PlantKind};
pub use queue::{Answers, Shift};
pub use shared::Together;
#[cfg(test)]
pub(crate) use tests::small_world;
pub use together::GroupKind;
pub use truth::{Detail, Header, Plant, Stratum, Truth, TruthJourney};
pub use world::{Limits, World, WorldCorridor, WorldZone, ZoneUse};
