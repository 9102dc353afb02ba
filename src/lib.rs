//! Kervan watches vehicles that carry goods under customs control.
//!
//! Positions and commands come in as one ordered log; a deterministic state machine decides it; alerts, tracks and
//! tables go out. This page is the map: where to look, what always holds, and which way the arrows point.
//!
//! ```text
//!  tracks, exports ─▶ app::import ─▶ ┌─────┐    ┌───────────────── app::replay ──────────────────┐
//!  app::simulate ──────────────────▶ │ log │──▶ │ edge::log ▸ edge::wire ▸ domain::shard ▸ commit │──▶ alerts, rejects, episodes
//!                                    └─────┘    └──────────────────────────────────────┬──────────┘    (NDJSON, edge::wire)
//!                                       ▲                                              └─────────────▶ tracks, records, alerts,
//!                                       └──────────── app::export_log ◀─────────────────────────────── journeys, rejects (edge::lake)
//!                                                            app::sql, app::score, edge::map ◀─────────┘
//!
//!  a topic ─▶ app::run: edge::kafka ▸ pipeline ▸ the same lanes ▸ delivery: one transaction ─▶ alert, reject, episode topics
//! ```
//!
//! # What always holds
//!
//! 1. **The log is the only input of a decision.** [`Shard::step`](domain::shard::Shard::step) reads no clock, no random
//!    number, no file. Time is in the records; timers fire on the log's clock. Older fixes, when a rewind needs them, are
//!    asked for through [`History`](domain::history::History), and what comes back is a function of the log, too.
//! 2. **Nothing vanishes.** Every record ends in exactly one [`Outcome`](domain::output::Outcome); they sum to the inputs.
//! 3. **A verdict can be corrected, never silently changed.** Late fixes rewind a journey, and the
//!    [`Ledger`](domain::ledger::Ledger) publishes the difference as a [`Revision`](domain::alert::Revision) of an alert. What
//!    stands in the end depends on the set of fixes, not on their arrival.
//! 4. **One commit publishes.** Alerts, state and the list of track files become visible together; what was killed between
//!    two commits is done again, to the same bytes.
//! 5. **The same bits everywhere.** Floats in the domain are combined by + - × ÷ √, and by `libm` for the rest
//!    (`clippy.toml`); no hash table is iterated; outputs are ordered as written in FORMATS section 3.
//!
//! # Layers: arrows only point down
//!
//! | layer | holds | knows nothing of |
//! |---|---|---|
//! | `app` | composition, one module a command | |
//! | `edge` | wire formats, file log, lake, rulebook files, SQL, map; siblings do not name each other | each other |
//! | [`pipeline`] | the loop of `run`: batches, lanes, checkpoints; ports for a broker and for what decides | Kafka, files, HTTP |
//! | [`delivery`] | offsets, pointers, outbox, the protocol of a commit | the domain |
//! | [`domain`] | positions, rulebook, detectors, journeys, ledger, shard | I/O, clocks, serde, logging, async |
//!
//! The walls are features: `--no-default-features` builds [`domain`], [`delivery`] and [`pipeline`] alone, `--features job`
//! the rim without broker and SQL, the default everything. `tests/tidy.rs` reads the arrows inside a build. A file has one
//! thread and no broker; the order of its commit stands in `app::replay`.
//!
//! # Where to look
//!
//! | question | place |
//! |---|---|
//! | What is in the log? | [`domain::record`]: one [`Record`](domain::record::Record), one variant a type |
//! | What happens to a record? | [`domain::shard`]: admission, journey, machine, ledger, outputs, in this order |
//! | What is found, and when? | [`domain::machine`]: the steps by name, a file a detector; [`domain::evidence`] for the test all share |
//! | What rules hold? | [`domain::rulebook`], made ready for use in [`domain::rules`] |
//! | How far is it? | [`domain::geometry`]: areas, corridors, chainage; metres of the WGS 84 ellipsoid |
//! | What if it comes late? | [`domain::past`] keeps compact history, [`domain::shard`] rewinds, [`domain::ledger`] reconciles |
//! | What survives a restart? | [`domain::codec`]: state as bytes, checked |
//! | What do several vehicles do together? | [`domain::second`], over the episodes of all partitions |
//! | What goes out? | [`domain::output`] and [`domain::alert`] |
//! | What do operators do about it? | [`domain::handling`] is the lifecycle as a table, [`domain::desk`] the commands |
//! | Is that too much for them? | [`domain::kpi`], a fold over what went out |

#[cfg(feature = "job")]
pub mod app;
pub mod delivery;
pub mod domain;
#[cfg(feature = "job")]
pub mod edge;
pub mod pipeline;
