//! The lanes of one thread: from a task to what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::ports::{Errand, Lane, LaneFault, Lanes, Opening};
use super::{Answer, Task};
use crate::delivery::{Parcel, Pointer};

/// What comes of a task.
pub(super) enum Done {
    /// Nobody waits for an answer.
    Nothing,
    /// It is done.
    Answer(Answer),
    /// Others have to do something first.
    Errand(About, Errand),
    /// It is done once the errands before it are.
    After(Answer),
}

/// What an errand is about.
pub(super) enum About {
    /// Writing a checkpoint.
    Staging,
    /// Publishing one.
    Publishing(Pointer),
}

impl About {
    /// Does an errand.
    pub fn answer(self, errand: Errand) -> Answer {
        match (errand(), self) {
            (Ok(pointer), About::Staging) => Answer::Staged(pointer),
            (Ok(pointer), About::Publishing(_)) => Answer::Published(pointer),
            (Err(LaneFault::Full(message)), About::Staging) => Answer::Full(None, message),
            (Err(LaneFault::Full(message)), About::Publishing(pointer)) => Answer::Full(Some(pointer), message),
            (Err(LaneFault::Stop { exit, message }), _) => Answer::Stop { exit, message },
        }
    }
}

/// What a lane is to be told before anybody else acts on an answer.
pub(super) fn told(answer: &Answer) -> Option<Task> {
    match answer {
        Answer::Staged(pointer) => Some(Task::Staged(pointer.clone())),
        Answer::Published(pointer) => Some(Task::Published(pointer.clone())),
        _ => None,
    }
}

/// The lanes of one thread.
pub(super) struct Bench {
    lanes: BTreeMap<u32, Box<dyn Lane>>,
    factory: Arc<dyn Lanes>,
}

impl Bench {
    pub fn new(factory: Arc<dyn Lanes>) -> Bench {
        Bench { lanes: BTreeMap::new(), factory }
    }

    pub fn work(&mut self, partition: u32, task: Task) -> Done {
        match self.done(partition, task) {
            Ok(done) => done,
            Err(LaneFault::Stop { exit, message }) => Done::Answer(Answer::Stop { exit, message }),
            Err(LaneFault::Full(message)) => Done::Answer(Answer::Full(None, message)),
        }
    }

    /// Nobody waits for the answer of a lane that is not there (any more).
    fn done(&mut self, partition: u32, task: Task) -> Result<Done, LaneFault> {
        if let Task::Open(origin) = task {
            let Opening { lane, from, committed, pointer, fresh } = self.factory.open(&origin)?;
            self.lanes.insert(partition, lane);
            return Ok(Done::Answer(Answer::Opened { from, committed, pointer, fresh }));
        }
        if let Task::Close = task {
            self.lanes.remove(&partition);
            return Ok(Done::After(Answer::Closed));
        }
        let Some(lane) = self.lanes.get_mut(&partition) else { return Ok(Done::Nothing) };
        Ok(match task {
            Task::Decide(batch) => {
                let mut parcel = Parcel::default();
                lane.decide(&batch, &mut parcel)?;
                Done::Answer(Answer::Decided { parcel, records: batch.len(), rows: lane.rows() })
            }
            Task::Stage => Done::Errand(About::Staging, lane.stage()?),
            Task::Staged(pointer) => {
                lane.staged(&pointer)?;
                Done::Nothing
            }
            Task::Publish(pointer) => match lane.publish(&pointer) {
                Ok(errand) => Done::Errand(About::Publishing(pointer), errand),
                Err(LaneFault::Full(message)) => Done::Answer(Answer::Full(Some(pointer), message)),
                Err(fault) => return Err(fault),
            },
            Task::Published(pointer) => {
                lane.published(&pointer)?;
                Done::Nothing
            }
            Task::Status => Done::Answer(Answer::Status(lane.status())),
            Task::Echo(ticket) => Done::After(Answer::Echo(ticket)),
            Task::Open(_) | Task::Close => Done::Nothing,
        })
    }
}
