//! Checkpoints of a partition, and their publication.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::super::checkpoint::{self, Header};
use super::{Core, Shared, fault, stop};
use crate::app::lane::lake_failure;
use crate::delivery::failpoint::reach;
use crate::delivery::{Parcel, Pointer};
use crate::domain::alert::DECISION_VERSION;
use crate::edge::lake::{self, Staged};
use crate::pipeline::{self, Batch, LaneFault};

/// One partition.
pub(super) struct KafkaLane {
    core: Box<dyn Core>,
    shared: Arc<Shared>,
    /// Its number in tables and store.
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
    /// Files of the lake that nobody had committed when the partition became ours. They go after our first commit: until
    /// then somebody else may be its owner, and this process the one that was paused for long.
    leftovers: Vec<String>,
    lake: PathBuf,
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

impl pipeline::Lane for KafkaLane {
    fn decide(&mut self, batch: &Batch, parcel: &mut Parcel) -> Result<(), LaneFault> {
        let _time = Stage::begin("decide");
        self.core.decide(&self.shared, batch, self.mute, parcel)?;
        parcel.next = batch.next().unwrap_or_else(|| self.core.next());
        Ok(())
    }

    fn stage(&mut self) -> Result<Pointer, LaneFault> {
        reach("flushing");
        let _time = Stage::begin("checkpoint");
        let unsaved = match self.unsaved.take() {
            Some(unsaved) => unsaved,
            None => self.encode()?,
        };
        reach("staged");
        if let Err(error) = self.shared.store.put_new(&unsaved.name, &unsaved.bytes) {
            self.unsaved = Some(unsaved);
            return Err(LaneFault::Full(error.to_string()));
        }
        reach("checkpointed");
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
        self.core.lake().publish(staged, *seq).map_err(|e| fault(lake_failure(e)))?;
        reach("published");
        self.staged = None;
        self.published.push(pointer.next);
        // A commit has proved that the partition is ours. What cannot be removed now is found at the next start.
        let _ = lake::tidy(&self.lake, &std::mem::take(&mut self.leftovers));
        self.sweep();
        reach("swept");
        Ok(())
    }

    fn rows(&self) -> usize {
        self.core.rows()
    }

    fn status(&self) -> String {
        self.core.status()
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
    /// A lane whose newest manifest has the number `seq`.
    pub(super) fn new(core: Box<dyn Core>, shared: Arc<Shared>, partition: u32, mute: u64, seq: u64) -> KafkaLane {
        KafkaLane {
            core,
            shared,
            partition,
            mute,
            seq,
            unsaved: None,
            staged: None,
            published: Vec::new(),
            leftovers: Vec::new(),
            lake: PathBuf::new(),
        }
    }

    /// In a lake where these files were found that nobody names.
    pub(super) fn finding(mut self, lake: &Path, leftovers: Vec<String>) -> KafkaLane {
        self.lake = lake.to_owned();
        self.leftovers = leftovers;
        self
    }

    /// After a published checkpoint.
    pub(super) fn after(mut self, next: u64) -> KafkaLane {
        self.published.push(next);
        self
    }

    fn encode(&mut self) -> Result<Unsaved, LaneFault> {
        let next = self.core.next();
        let staged = self.core.lake().flush(next).map_err(|e| fault(lake_failure(e)))?;
        self.seq += 1;
        let header = Header {
            format: checkpoint::FORMAT,
            partition: self.partition,
            next,
            seq: self.seq,
            staged: staged.clone(),
            log: self.shared.log.clone(),
            rulebooks: self.core.rulebooks(),
            decision: DECISION_VERSION,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let mut state = Vec::new();
        self.core.encode(&mut state);
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
