//! Checkpoints of a partition, and their publication.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::super::checkpoint::{self, Header};
use super::{Core, Shared, fault, spare, stop};
use crate::app::lane::lake_failure;
use crate::delivery::failpoint::reach;
use crate::delivery::{Parcel, Pointer};
use crate::domain::alert::DECISION_VERSION;
use crate::edge::lake::{self, Sealed, Staged};
use crate::edge::store::Store;
use crate::pipeline::{self, Batch, Errand, LaneFault};

/// One partition.
pub(super) struct KafkaLane {
    core: Box<dyn Core>,
    shared: Arc<Shared>,
    /// Its number in tables and store.
    partition: u32,
    /// Length of the last state that was cut.
    state_bytes: usize,
    /// C at the start: outputs of records before it are out already.
    mute: u64,
    seq: u64,
    /// A checkpoint that is being written, or could not be.
    cut: Option<Arc<Cut>>,
    /// Written, not yet committed and published.
    staged: Option<(Pointer, Staged, u64)>,
    /// K of the newest published checkpoints.
    published: Vec<u64>,
    /// Files of the lake that nobody had committed when the partition became ours. They go after our first commit: until
    /// then somebody else may be its owner, and this process the one that was paused for long.
    leftovers: Vec<String>,
}

/// A checkpoint of one moment: the rows until then, and the state.
struct Cut {
    shared: Arc<Shared>,
    partition: u32,
    seq: u64,
    rows: Arc<Sealed>,
    rulebooks: Vec<String>,
    state: Vec<u8>,
    name: String,
    /// Its files, once they are written: should the store fail after that, they are not written again.
    files: OnceLock<Staged>,
}

impl Cut {
    /// Writes the files, then the object that names them.
    fn write(&self) -> Result<Pointer, LaneFault> {
        let _time = Stage::begin("checkpoint");
        let staged = match self.files.get() {
            Some(staged) => staged,
            None => {
                let staged = self.rows.write().map_err(|e| fault(lake_failure(e)))?;
                self.files.get_or_init(|| staged)
            }
        };
        reach("staged");
        let header = Header {
            format: checkpoint::FORMAT,
            partition: self.partition,
            next: self.rows.next(),
            seq: self.seq,
            staged: staged.clone(),
            log: self.shared.log.clone(),
            rulebooks: self.rulebooks.clone(),
            decision: DECISION_VERSION,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let bytes = checkpoint::encode(&header, &self.state).map_err(|e| stop(self.partition, e))?;
        self.shared.store.put_new(&self.name, &bytes).map_err(|error| LaneFault::Full(error.to_string()))?;
        reach("checkpointed");
        Ok(Pointer { next: header.next, checkpoint: self.name.clone(), hash: checkpoint::hash(&bytes) })
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        spare::give_back(std::mem::take(&mut self.state));
    }
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

    fn stage(&mut self) -> Result<Errand, LaneFault> {
        reach("flushing");
        if let Some((pointer, ..)) = &self.staged {
            return Err(stop(self.partition, format!("another checkpoint is cut before {pointer} is published")));
        }
        let cut = match &self.cut {
            Some(cut) => Arc::clone(cut),
            None => {
                let _time = Stage::begin("cut");
                let cut = Arc::new(self.cut());
                self.cut = Some(Arc::clone(&cut));
                cut
            }
        };
        Ok(Box::new(move || cut.write()))
    }

    fn staged(&mut self, pointer: &Pointer) -> Result<(), LaneFault> {
        let cut = self.cut.take().filter(|cut| cut.name == pointer.checkpoint);
        let Some((staged, seq)) = cut.and_then(|cut| Some((cut.files.get()?.clone(), cut.seq))) else {
            return Err(stop(self.partition, format!("{pointer} is said to be written, which was not cut")));
        };
        self.staged = Some((pointer.clone(), staged, seq));
        Ok(())
    }

    fn publish(&mut self, pointer: &Pointer) -> Result<Errand, LaneFault> {
        let pointer = pointer.clone();
        let Some((ours, staged, seq)) = self.staged.clone() else { return Ok(Box::new(|| Ok(pointer))) };
        if ours != pointer {
            return Err(stop(self.partition, format!("asked to publish {pointer}, staged is {ours}")));
        }
        let leftovers = self.leftovers.clone();
        let (shared, partition, oldest) = (Arc::clone(&self.shared), self.partition, self.oldest(pointer.next));
        Ok(Box::new(move || {
            let _time = Stage::begin("publish");
            lake::publish(&shared.lake, &staged, seq).map_err(|e| fault(lake_failure(e)))?;
            reach("published");
            // A commit has proved that the partition is ours. What cannot be removed now is found at the next start.
            let _ = lake::tidy(&shared.lake, &leftovers);
            if let Some(oldest) = oldest {
                sweep(&*shared.store, partition, oldest);
            }
            reach("swept");
            Ok(pointer)
        }))
    }

    fn published(&mut self, pointer: &Pointer) -> Result<(), LaneFault> {
        if let Some((_, staged, _)) = self.staged.take_if(|(ours, ..)| ours == pointer) {
            self.core.lake().published(&staged).map_err(|e| fault(lake_failure(e)))?;
            self.leftovers.clear();
            self.published.push(pointer.next);
            let more = self.published.len().saturating_sub(KEPT);
            self.published.drain(..more);
        }
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
            state_bytes: 0,
            mute,
            seq,
            cut: None,
            staged: None,
            published: Vec::new(),
            leftovers: Vec::new(),
        }
    }

    /// In a lake where these files were found that nobody names.
    pub(super) fn finding(mut self, leftovers: Vec<String>) -> KafkaLane {
        self.leftovers = leftovers;
        self
    }

    /// After a published checkpoint.
    pub(super) fn after(mut self, next: u64) -> KafkaLane {
        self.published.push(next);
        self
    }

    fn cut(&mut self) -> Cut {
        let next = self.core.next();
        let rows = self.core.lake().seal(next);
        self.seq += 1;
        let (partition, seq, rulebooks) = (self.partition, self.seq, self.core.rulebooks());
        // As much room as the last one took, and a little: growing step by step would copy it several times over.
        let mut state = spare::room(self.state_bytes + self.state_bytes / 8);
        self.core.encode(&mut state);
        self.state_bytes = state.len();
        let name = checkpoint::name(partition, next, seq, self.shared.lake.token());
        let shared = Arc::clone(&self.shared);
        Cut { shared, partition, seq, rows, rulebooks, state, name, files: OnceLock::new() }
    }

    /// K of the oldest checkpoint that is kept once the one at `next` is published; `None` where there are few.
    fn oldest(&self, next: u64) -> Option<u64> {
        let mut kept = self.published.iter().copied().chain([next]);
        let more = (self.published.len() + 1).checked_sub(KEPT).filter(|more| *more > 0)?;
        kept.nth(more)
    }
}

/// Removes checkpoints that nobody needs any more. What cannot be removed now is removed another time.
fn sweep(store: &dyn Store, partition: u32, oldest: u64) {
    let Ok(names) = store.list(&checkpoint::folder(partition)) else { return };
    for name in names.iter().filter(|name| checkpoint::next_of(name).is_some_and(|next| next < oldest)) {
        let _ = store.remove(name);
    }
}
