//! Lanes on Kafka: recovery of a partition; what is decided in it is a `Core`.
//!
//! | file | one idea |
//! |---|---|
//! | `mod` | recovery: which checkpoint, what is rolled forward, what is refused |
//! | `lane` | checkpoints and their publication |
//! | `first` | the core of a partition of the log: a shard with its tables |
//! | `second` | the core of the episodes: the second stage |
//! | `spare` | memory of written states, used again |

mod first;
mod lane;
mod second;
mod spare;

use std::sync::Arc;

use super::checkpoint::{self, CheckpointFault, Header, LogIdentity};
use super::shelf::Shelf;
use crate::app::failure::{ExitCode, Failure};
use crate::app::lane::{lake_failure, versions};
use crate::delivery::failpoint::reach;
use crate::delivery::{Parcel, Pointer};
use crate::domain::alert::DECISION_VERSION;
use crate::domain::rules::Rules;
use crate::edge::lake::{self, Lake, LakeWriter};
use crate::edge::store::Store;
use crate::pipeline::{self, Batch, LaneFault, Opening, Origin};
use lane::KafkaLane;

/// Which of the two stages is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageOf {
    /// The log.
    Log,
    /// The episodes of all partitions of the log, of which there are so many.
    Episodes {
        /// Partitions of the log.
        partitions: u32,
    },
}

/// Number of the tables' partition in which the second stage writes its alerts: beyond all of the log.
pub const SECOND: u32 = 900;

/// Opens lanes: what all partitions share.
pub struct KafkaLanes {
    /// Where the tables are.
    pub lake: Lake,
    /// Where checkpoints are.
    pub store: Arc<dyn Store>,
    /// Rulebooks.
    pub shelf: Arc<Shelf>,
    /// Which log is read.
    pub log: LogIdentity,
    /// What is decided in it.
    pub stage: StageOf,
    /// Decide what another decision version left undecided after a crash.
    pub other_decision: bool,
}

/// What a lane needs of [`KafkaLanes`] later on.
struct Shared {
    lake: Lake,
    store: Arc<dyn Store>,
    shelf: Arc<Shelf>,
    log: LogIdentity,
}

/// What decides a partition.
trait Core: Send {
    /// Decides a batch. Outputs of records before `mute` are left out.
    fn decide(&mut self, shared: &Shared, batch: &Batch, mute: u64, parcel: &mut Parcel) -> Result<(), LaneFault>;
    /// First offset that has not been decided.
    fn next(&self) -> u64;
    /// The tables.
    fn lake(&mut self) -> &mut LakeWriter;
    /// Rows in memory.
    fn rows(&self) -> usize;
    /// Appends the state.
    fn encode(&self, out: &mut Vec<u8>);
    /// Rulebooks that the state names.
    fn rulebooks(&self) -> Vec<String>;
    /// One line about it.
    fn status(&self) -> String;
}

fn fault(failure: Failure) -> LaneFault {
    let message = format!("{:#}", failure.error);
    match failure.code {
        ExitCode::OutputFull => LaneFault::Full(message),
        code => LaneFault::Stop { exit: code as u8, message },
    }
}

fn stop(partition: u32, message: impl std::fmt::Display) -> LaneFault {
    LaneFault::Stop { exit: ExitCode::Guarantee as u8, message: format!("recovering partition {partition}: {message}") }
}

impl pipeline::Lanes for KafkaLanes {
    fn open(&self, origin: &Origin) -> Result<Opening, LaneFault> {
        match &origin.committed {
            None => self.begin(origin),
            Some((committed, pointer)) => self.resume(origin, *committed, pointer),
        }
    }
}

impl KafkaLanes {
    fn shared(&self) -> Arc<Shared> {
        Arc::new(Shared {
            lake: self.lake.clone(),
            store: Arc::clone(&self.store),
            shelf: Arc::clone(&self.shelf),
            log: self.log.clone(),
        })
    }

    /// The number of a partition in tables and store.
    fn number(&self, partition: u32) -> u32 {
        match self.stage {
            StageOf::Log => partition,
            StageOf::Episodes { .. } => SECOND + partition,
        }
    }

    fn core(
        &self,
        partition: u32,
        writer: LakeWriter,
        next: u64,
        state: Option<&[u8]>,
        rules: &[Arc<Rules>],
    ) -> Result<Box<dyn Core>, LaneFault> {
        let damaged = |e| stop(self.number(partition), e);
        Ok(match self.stage {
            StageOf::Log => Box::new(
                first::LogCore::new(partition, self.log.partitions, writer, next, state, rules).map_err(damaged)?,
            ),
            StageOf::Episodes { partitions } => {
                Box::new(second::SecondCore::new(partitions, writer, next, state, rules).map_err(damaged)?)
            }
        })
    }

    /// A partition that the group has never committed. What lies in the store of one that it has is not passed over.
    fn begin(&self, origin: &Origin) -> Result<Opening, LaneFault> {
        let partition = self.number(origin.partition);
        let live = lake::Live::load_partition(&self.lake, partition).map_err(|e| fault(lake_failure(e)))?;
        if let Some((_, _, next)) = live.ends.first() {
            return Err(stop(
                partition,
                format!(
                    "the group has no committed offset, but the store holds results up to offset {next}: the offsets were deleted or have expired. `kervan recover` restores them from the alert topic; another group needs an empty store"
                ),
            ));
        }
        let found = lake::survey(&self.lake, partition).map_err(|e| fault(lake_failure(e)))?;
        let writer =
            LakeWriter::open(&self.lake, partition, origin.low, versions()).map_err(|e| fault(lake_failure(e)))?;
        let core = self.core(origin.partition, writer, origin.low, None, &[Arc::clone(self.shelf.first())])?;
        let mut lane = KafkaLane::new(core, self.shared(), partition, origin.low, 0).finding(found.leftovers);
        let pointer = pipeline::Lane::stage(&mut lane)?()?;
        pipeline::Lane::staged(&mut lane, &pointer)?;
        Ok(Opening { lane: Box::new(lane), from: origin.low, committed: origin.low, pointer, fresh: true })
    }

    /// Back to what the commit names: publication rolled forward, leftovers swept, state loaded.
    fn resume(&self, origin: &Origin, committed: u64, pointer: &Pointer) -> Result<Opening, LaneFault> {
        let partition = self.number(origin.partition);
        let (bytes, newest) = self.bytes(origin, pointer)?;
        let (header, state) = checkpoint::decode(&bytes).map_err(|e| stop(partition, e))?;
        self.check(&header, committed)?;
        let seq = if newest {
            lake::publish(&self.lake, &header.staged, header.seq).map_err(|e| fault(lake_failure(e)))?;
            reach("rolled");
            header.seq
        } else {
            // The damaged checkpoint's files: published already, or lost with its list and made again.
            let live = lake::Live::load_partition(&self.lake, partition).map_err(|e| fault(lake_failure(e)))?;
            live.ends.first().map_or(header.seq, |(_, seq, _)| (*seq).max(header.seq))
        };
        let found = lake::survey(&self.lake, partition).map_err(|e| fault(lake_failure(e)))?;
        reach("surveyed");
        let (last, rows_to) = found.live.ends.first().map_or((seq, header.next), |(_, seq, next)| (*seq, *next));
        if last > seq {
            return Err(stop(
                partition,
                format!(
                    "the group names the checkpoint at {}, but the store holds results up to {rows_to}: the offsets were set back by hand. `kervan recover` restores them from the alert topic; another group needs an empty store",
                    header.next
                ),
            ));
        }
        let rows_to = rows_to.max(header.next);
        let writer =
            LakeWriter::open(&self.lake, partition, rows_to, versions()).map_err(|e| fault(lake_failure(e)))?;
        let mut rules = vec![Arc::clone(self.shelf.first())];
        for hash in &header.rulebooks {
            rules.push(self.shelf.get(hash).map_err(fault)?);
        }
        let core = self.core(origin.partition, writer, header.next, Some(state), &rules)?;
        reach("restored");
        let lane = KafkaLane::new(core, self.shared(), partition, committed, seq);
        let lane = lane.after(header.next).finding(found.leftovers);
        Ok(Opening { lane: Box::new(lane), from: header.next, committed, pointer: pointer.clone(), fresh: false })
    }

    /// The object that the pointer names, or, where that is damaged, the newest older one that the log still reaches
    /// (replaying from it is longer, and the same). Returns whether it is the one named.
    fn bytes(&self, origin: &Origin, pointer: &Pointer) -> Result<(Vec<u8>, bool), LaneFault> {
        let partition = self.number(origin.partition);
        let get = |name: &str| self.store.get(name).map_err(|e| stop(partition, e));
        let why = match get(&pointer.checkpoint)? {
            None => "it is not there".to_owned(),
            Some(bytes) => match checkpoint::check(&bytes, pointer) {
                Ok(()) => return Ok((bytes, true)),
                Err(fault @ CheckpointFault::Newer(_)) => return Err(stop(partition, fault)),
                Err(fault) => fault.to_string(),
            },
        };
        tracing::error!(partition, checkpoint = %pointer.checkpoint, %why, "the checkpoint is damaged: looking for an older one");
        let mut names = self.store.list(&checkpoint::folder(partition)).map_err(|e| stop(partition, e))?;
        names.retain(|name| {
            *name != pointer.checkpoint
                && checkpoint::next_of(name).is_some_and(|next| next <= pointer.next && next >= origin.low)
        });
        for name in names.iter().rev() {
            let Some(bytes) = get(name)? else { continue };
            let Ok((header, _)) = checkpoint::decode(&bytes) else { continue };
            // Only one that was committed: its manifest is there.
            let live = lake::Live::load_partition(&self.lake, partition).map_err(|e| fault(lake_failure(e)))?;
            let committed = live.ends.first().is_some_and(|(_, seq, next)| header.seq <= *seq && header.next <= *next);
            if committed && header.partition == partition {
                tracing::warn!(partition, checkpoint = %name, "replaying from an older checkpoint");
                return Ok((bytes, false));
            }
        }
        Err(stop(
            partition,
            format!(
                "the checkpoint {} is damaged ({why}), and no older one that the log still reaches is whole; restore it from a backup of the store, or start another group with an empty store from the beginning of the log",
                pointer.checkpoint
            ),
        ))
    }

    fn check(&self, header: &Header, committed: u64) -> Result<(), LaneFault> {
        let partition = header.partition;
        let (was, is) = (&header.log, &self.log);
        if was.partitions != is.partitions {
            return Err(stop(
                partition,
                format!(
                    "the topic {} has {} partitions, it had {}: units have moved to other partitions and their states with them. Make a new topic and a new group with an empty store",
                    is.topic, is.partitions, was.partitions
                ),
            ));
        }
        if !was.topic_id.is_empty() && !is.topic_id.is_empty() && was.topic_id != is.topic_id {
            return Err(stop(
                partition,
                format!(
                    "the topic {} was deleted and made anew (its id was {}, it is {}): what it held is lost. Start a new group with an empty store",
                    is.topic, was.topic_id, is.topic_id
                ),
            ));
        }
        if was.topic != is.topic {
            return Err(stop(partition, format!("the store belongs to the topic {}, not to {}", was.topic, is.topic)));
        }
        if header.decision != DECISION_VERSION && header.next < committed && !self.other_decision {
            return Err(stop(
                partition,
                format!(
                    "records {} to {} were decided by kervan {} (decision version {}), whose state was not saved at an orderly stop; this one (decision version {DECISION_VERSION}) might decide them otherwise. Start the old version and stop it with SIGTERM, or say --other-decision",
                    header.next,
                    committed - 1,
                    header.engine,
                    header.decision
                ),
            ));
        }
        Ok(())
    }
}
