//! Lanes on Kafka: recovery of a partition, raw records to decisions, checkpoints to the store.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::checkpoint::{self, CheckpointFault, Header, LogIdentity};
use super::intake::Intake;
use super::parcel::ParcelSink;
use super::shelf::Shelf;
use crate::app::failure::{ExitCode, Failure};
use crate::app::lane::{Lane, Run, lake_failure, versions};
use crate::delivery::{Parcel, Pointer};
use crate::domain::alert::DECISION_VERSION;
use crate::domain::shard::Shard;
use crate::edge::lake::{self, LakeWriter, Staged};
use crate::edge::store::Store;
use crate::pipeline::{self, Batch, LaneFault, Opening, Origin};

/// Opens lanes: what all partitions share.
pub struct KafkaLanes {
    /// Directory of the tables.
    pub lake: PathBuf,
    /// Where checkpoints are.
    pub store: Arc<dyn Store>,
    /// Rulebooks.
    pub shelf: Arc<Shelf>,
    /// Which log is read.
    pub log: LogIdentity,
    /// Decide what another decision version left undecided after a crash.
    pub other_decision: bool,
}

/// One partition.
struct KafkaLane {
    lane: Lane,
    shared: Arc<Shared>,
    partition: u32,
    /// C at the start: outputs of records before it are out already.
    mute: u64,
    seq: u64,
    /// A checkpoint whose object could not be written: the same bytes are tried again.
    unsaved: Option<Unsaved>,
    /// Written, not yet committed and published.
    staged: Option<(Pointer, Staged, u64)>,
    /// K of the newest published checkpoints.
    published: Vec<u64>,
    intake: Intake,
}

/// What a lane needs of [`KafkaLanes`] later on.
struct Shared {
    store: Arc<dyn Store>,
    shelf: Arc<Shelf>,
    log: LogIdentity,
}

struct Unsaved {
    name: String,
    bytes: Vec<u8>,
    staged: Staged,
    seq: u64,
    next: u64,
}

/// Older checkpoints that are kept, should the newest be damaged.
const KEPT: usize = 3;

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
        Arc::new(Shared { store: Arc::clone(&self.store), shelf: Arc::clone(&self.shelf), log: self.log.clone() })
    }

    /// A partition that the group has never committed. What lies in the store of one that it has is not passed over.
    fn begin(&self, origin: &Origin) -> Result<Opening, LaneFault> {
        let partition = origin.partition;
        let live = lake::Live::load_partition(&self.lake, partition).map_err(|e| fault(lake_failure(e)))?;
        if let Some((_, _, next)) = live.ends.first() {
            return Err(stop(
                partition,
                format!(
                    "the group has no committed offset, but the store holds results up to offset {next}: the offsets were deleted or have expired. `kervan recover` restores them from the alert topic; another group needs an empty store"
                ),
            ));
        }
        lake::recover(&self.lake, partition, None).map_err(|e| fault(lake_failure(e)))?;
        let writer =
            LakeWriter::open(&self.lake, partition, origin.low, versions()).map_err(|e| fault(lake_failure(e)))?;
        let shard = Shard::new(partition, &[Arc::clone(self.shelf.first())]);
        let mut lane = KafkaLane {
            lane: Lane::new(shard, writer, partition, origin.low),
            shared: self.shared(),
            partition,
            mute: origin.low,
            seq: 0,
            unsaved: None,
            staged: None,
            published: Vec::new(),
            intake: Intake::new(partition, self.log.partitions),
        };
        let pointer = pipeline::Lane::stage(&mut lane)?;
        Ok(Opening { lane: Box::new(lane), from: origin.low, committed: origin.low, pointer, fresh: true })
    }

    /// Back to what the commit names: publication rolled forward, leftovers swept, state loaded.
    fn resume(&self, origin: &Origin, committed: u64, pointer: &Pointer) -> Result<Opening, LaneFault> {
        let partition = origin.partition;
        let (bytes, newest) = self.bytes(origin, pointer)?;
        let (header, state) = checkpoint::decode(&bytes).map_err(|e| stop(partition, e))?;
        self.check(&header, committed)?;
        let seq = if newest {
            lake::publish(&self.lake, &header.staged, header.seq).map_err(|e| fault(lake_failure(e)))?;
            header.seq
        } else {
            // The damaged checkpoint's files: published already, or lost with its list and made again.
            let live = lake::Live::load_partition(&self.lake, partition).map_err(|e| fault(lake_failure(e)))?;
            live.ends.first().map_or(header.seq, |(_, seq, _)| (*seq).max(header.seq))
        };
        let recovered = lake::recover(&self.lake, partition, Some(seq)).map_err(|e| fault(lake_failure(e)))?;
        let rows_to = recovered.live.ends.first().map_or(header.next, |(_, _, next)| (*next).max(header.next));
        let writer =
            LakeWriter::open(&self.lake, partition, rows_to, versions()).map_err(|e| fault(lake_failure(e)))?;
        let mut rules = vec![Arc::clone(self.shelf.first())];
        for hash in &header.rulebooks {
            rules.push(self.shelf.get(hash).map_err(fault)?);
        }
        let shard = Shard::decode(state, &rules).map_err(|e| stop(partition, e))?;
        let lane = KafkaLane {
            lane: Lane::new(shard, writer, partition, header.next),
            shared: self.shared(),
            partition,
            mute: committed,
            seq,
            unsaved: None,
            staged: None,
            published: vec![header.next],
            intake: Intake::new(partition, self.log.partitions),
        };
        Ok(Opening { lane: Box::new(lane), from: header.next, committed, pointer: pointer.clone(), fresh: false })
    }

    /// The object that the pointer names, or, where that is damaged, the newest older one that the log still reaches
    /// (replaying from it is longer, and the same). Returns whether it is the one named.
    fn bytes(&self, origin: &Origin, pointer: &Pointer) -> Result<(Vec<u8>, bool), LaneFault> {
        let partition = origin.partition;
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

impl pipeline::Lane for KafkaLane {
    fn decide(&mut self, batch: &Batch, parcel: &mut Parcel) -> Result<(), LaneFault> {
        let _time = Stage::begin("decide");
        let mut sink = ParcelSink { parcel, batch, mute: self.mute, topic: &self.shared.log.topic, counts: Vec::new() };
        let mut run = Run::default();
        for raw in batch.records() {
            if raw.offset < self.lane.next() {
                continue;
            }
            match self.intake.read(batch, raw) {
                Ok(record) => {
                    if let Some(hash) = self.intake.rulebook(&record) {
                        let rules = self.shared.shelf.get(hash).map_err(fault)?;
                        self.lane.learn(&rules);
                    }
                    run.push(record, batch.value(raw).unwrap_or_default());
                }
                Err(reason) => {
                    self.lane.step(&mut run, &mut sink).map_err(fault)?;
                    let reject = self.intake.reject(batch, raw, &reason, &self.shared.log.topic);
                    self.lane.reject(&reject, raw.timestamp, &mut sink);
                }
            }
        }
        self.lane.step(&mut run, &mut sink).map_err(fault)?;
        drop(sink);
        parcel.next = batch.next().unwrap_or_else(|| self.lane.next());
        Ok(())
    }

    fn stage(&mut self) -> Result<Pointer, LaneFault> {
        let _time = Stage::begin("checkpoint");
        let unsaved = match self.unsaved.take() {
            Some(unsaved) => unsaved,
            None => self.encode()?,
        };
        if let Err(error) = self.shared.store.put_new(&unsaved.name, &unsaved.bytes) {
            self.unsaved = Some(unsaved);
            return Err(LaneFault::Full(error.to_string()));
        }
        let pointer = Pointer { next: unsaved.next, checkpoint: unsaved.name, hash: checkpoint::hash(&unsaved.bytes) };
        self.staged = Some((pointer.clone(), unsaved.staged, unsaved.seq));
        Ok(pointer)
    }

    fn publish(&mut self, pointer: &Pointer) -> Result<(), LaneFault> {
        let _time = Stage::begin("publish");
        let Some((staged_pointer, staged, seq)) = &self.staged else { return Ok(()) };
        if staged_pointer != pointer {
            return Err(stop(self.partition, format!("asked to publish {pointer}, staged is {staged_pointer}")));
        }
        self.lane.lake().publish(staged, *seq).map_err(|e| fault(lake_failure(e)))?;
        self.staged = None;
        self.published.push(pointer.next);
        self.sweep();
        Ok(())
    }

    fn rows(&self) -> usize {
        self.lane.rows()
    }

    fn status(&self) -> String {
        super::status::line(self.partition, self.lane.shard(), self.lane.next())
    }
}

/// Tells how long a stage of the work took.
struct Stage {
    name: &'static str,
    began: Instant,
}

impl Stage {
    fn begin(name: &'static str) -> Stage {
        Stage { name, began: Instant::now() }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        metrics::histogram!("kervan_stage_seconds", "stage" => self.name).record(self.began.elapsed().as_secs_f64());
    }
}

impl KafkaLane {
    fn encode(&mut self) -> Result<Unsaved, LaneFault> {
        let next = self.lane.next();
        let staged = self.lane.lake().flush(next).map_err(|e| fault(lake_failure(e)))?;
        self.seq += 1;
        let header = Header {
            format: checkpoint::FORMAT,
            partition: self.partition,
            next,
            seq: self.seq,
            staged: staged.clone(),
            log: self.shared.log.clone(),
            rulebooks: self.lane.shard().rulebooks(),
            decision: DECISION_VERSION,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let mut state = Vec::new();
        self.lane.shard().encode(&mut state);
        let bytes = checkpoint::encode(&header, &state).map_err(|e| stop(self.partition, e))?;
        // Two owners of one partition (one of them paused and forgotten) must not meet in one name.
        let token = RandomState::new().build_hasher().finish();
        Ok(Unsaved {
            name: checkpoint::name(self.partition, next, self.seq, token),
            bytes,
            staged,
            seq: self.seq,
            next,
        })
    }

    /// Removes checkpoints that nobody needs any more. What cannot be removed now is removed another time.
    fn sweep(&mut self) {
        if self.published.len() <= KEPT {
            return;
        }
        self.published.remove(0);
        let oldest = self.published[0];
        let Ok(names) = self.shared.store.list(&checkpoint::folder(self.partition)) else { return };
        for name in names.iter().filter(|name| checkpoint::next_of(name).is_some_and(|next| next < oldest)) {
            let _ = self.shared.store.remove(name);
        }
    }
}
