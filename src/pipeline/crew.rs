//! Who runs the lanes: threads, or the caller.
//!
//! A lane belongs to one thread and gets its tasks in order, so a checkpoint covers exactly the parcels answered before it.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, channel, sync_channel};
use std::thread::JoinHandle;

use super::batch::Batch;
use super::ports::{Lane, LaneFault, Lanes, Opening, Origin, Waker};
use crate::delivery::{Parcel, Pointer};

/// Something to do for a lane.
#[derive(Debug)]
pub enum Task {
    /// Recover it.
    Open(Origin),
    /// Decide records.
    Decide(Batch),
    /// Write a checkpoint.
    Stage,
    /// Publish a committed checkpoint.
    Publish(Pointer),
    /// Tell how it is.
    Status,
    /// Answer once everything before it is answered.
    Echo(u64),
    /// Forget it.
    Close,
}

/// What a lane answers.
#[derive(Debug)]
pub enum Answer {
    /// Recovered.
    Opened {
        /// Where to read from.
        from: u64,
        /// C.
        committed: u64,
        /// What the next commit names.
        pointer: Pointer,
        /// It was never committed.
        fresh: bool,
    },
    /// Decided so many records.
    Decided {
        /// Outputs.
        parcel: Parcel,
        /// Number of input records.
        records: usize,
        /// Rows in memory.
        rows: usize,
    },
    /// A checkpoint is durable.
    Staged(Pointer),
    /// And published.
    Published(Pointer),
    /// How it is.
    Status(String),
    /// Everything given before has been answered.
    Echo(u64),
    /// Forgotten.
    Closed,
    /// A checkpoint could not be written or published.
    Full(Option<Pointer>, String),
    /// It cannot go on.
    Stop {
        /// Exit code.
        exit: u8,
        /// Why.
        message: String,
    },
}

/// See the module.
pub trait Crew {
    /// Gives a task to the lane of a partition; waits for no one.
    fn give(&mut self, partition: u32, task: Task);
    /// Whether batches wait at the door: nothing more should be read.
    fn crowded(&self) -> bool;
    /// Batches given and not answered yet.
    fn waiting(&self) -> usize;
    /// The next answer, with its partition. With `wait`, blocks until there is one.
    fn answer(&mut self, wait: bool) -> Option<(u32, Answer)>;
}

/// The lanes of one thread.
struct Bench {
    lanes: BTreeMap<u32, Box<dyn Lane>>,
    factory: Arc<dyn Lanes>,
}

impl Bench {
    fn new(factory: Arc<dyn Lanes>) -> Bench {
        Bench { lanes: BTreeMap::new(), factory }
    }

    fn work(&mut self, partition: u32, task: Task) -> Option<Answer> {
        match self.done(partition, task)? {
            Ok(answer) => Some(answer),
            Err(LaneFault::Stop { exit, message }) => Some(Answer::Stop { exit, message }),
            Err(LaneFault::Full(message)) => Some(Answer::Full(None, message)),
        }
    }

    /// `None` where the lane is not there (any more): nobody waits for an answer.
    fn done(&mut self, partition: u32, task: Task) -> Option<Result<Answer, LaneFault>> {
        if let Task::Open(origin) = task {
            return Some(self.factory.open(&origin).map(|opening| {
                let Opening { lane, from, committed, pointer, fresh } = opening;
                self.lanes.insert(partition, lane);
                Answer::Opened { from, committed, pointer, fresh }
            }));
        }
        if let Task::Close = task {
            self.lanes.remove(&partition);
            return Some(Ok(Answer::Closed));
        }
        let lane = self.lanes.get_mut(&partition)?;
        Some(match task {
            Task::Decide(batch) => {
                let mut parcel = Parcel::default();
                lane.decide(&batch, &mut parcel).map(|()| Answer::Decided {
                    parcel,
                    records: batch.len(),
                    rows: lane.rows(),
                })
            }
            Task::Stage => lane.stage().map(Answer::Staged),
            Task::Publish(pointer) => match lane.publish(&pointer) {
                Ok(()) => Ok(Answer::Published(pointer)),
                Err(LaneFault::Full(message)) => Ok(Answer::Full(Some(pointer), message)),
                Err(fault) => Err(fault),
            },
            Task::Status => Ok(Answer::Status(lane.status())),
            Task::Echo(ticket) => Ok(Answer::Echo(ticket)),
            Task::Open(_) | Task::Close => return None,
        })
    }
}

/// The caller does the work, at once and in order. For the simulator.
pub struct Inline {
    bench: Bench,
    answers: VecDeque<(u32, Answer)>,
}

impl Inline {
    /// A crew of nobody.
    pub fn new(factory: Arc<dyn Lanes>) -> Inline {
        Inline { bench: Bench::new(factory), answers: VecDeque::new() }
    }
}

impl Crew for Inline {
    fn give(&mut self, partition: u32, task: Task) {
        let answer = self.bench.work(partition, task);
        self.answers.extend(answer.map(|a| (partition, a)));
    }
    fn crowded(&self) -> bool {
        false
    }
    fn waiting(&self) -> usize {
        self.answers.len()
    }
    fn answer(&mut self, _wait: bool) -> Option<(u32, Answer)> {
        self.answers.pop_front()
    }
}

/// Batches that may wait for one thread: enough that it never idles while the loop commits, few enough that a lane that
/// stands still (a full disk) holds no more than some megabytes.
const QUEUE: usize = 16;

struct Worker {
    tasks: Option<SyncSender<(u32, Task)>>,
    /// Tasks that found the queue full, in order.
    door: VecDeque<(u32, Task)>,
    thread: Option<JoinHandle<()>>,
}

/// Threads, with the lanes shared out by partition.
pub struct Threads {
    workers: Vec<Worker>,
    answers: Receiver<(u32, Answer)>,
    /// Batches under way.
    batches: usize,
}

impl Threads {
    /// Starts `count` threads. `waker` is called after every answer.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(count: usize, factory: &Arc<dyn Lanes>, waker: Waker) -> std::io::Result<Threads> {
        let (reply, answers) = channel();
        let waker = Arc::new(waker);
        let mut workers = Vec::new();
        for number in 0..count.max(1) {
            let (tasks, inbox) = sync_channel::<(u32, Task)>(QUEUE);
            let (reply, waker, factory) = (reply.clone(), Arc::clone(&waker), Arc::clone(factory));
            let thread = std::thread::Builder::new().name(format!("lanes-{number}")).spawn(move || {
                let mut bench = Bench::new(factory);
                while let Ok((partition, task)) = inbox.recv() {
                    // A bug in a lane ends the process, with its partition named; the others must not wait for it for ever.
                    let work = AssertUnwindSafe(|| bench.work(partition, task));
                    let answer = catch_unwind(work).unwrap_or_else(|_| {
                        let message = format!("deciding partition {partition} panicked; the text above is the place");
                        Some(Answer::Stop { exit: 1, message })
                    });
                    if let Some(answer) = answer {
                        if reply.send((partition, answer)).is_err() {
                            return;
                        }
                        waker();
                    }
                }
            })?;
            workers.push(Worker { tasks: Some(tasks), door: VecDeque::new(), thread: Some(thread) });
        }
        Ok(Threads { workers, answers, batches: 0 })
    }

    fn push(&mut self) {
        for worker in &mut self.workers {
            let Some(tasks) = &worker.tasks else { continue };
            while let Some(task) = worker.door.pop_front() {
                match tasks.try_send(task) {
                    Ok(()) => {}
                    Err(TrySendError::Full(task)) => {
                        worker.door.push_front(task);
                        break;
                    }
                    Err(TrySendError::Disconnected(_)) => break,
                }
            }
        }
    }
}

impl Crew for Threads {
    fn give(&mut self, partition: u32, task: Task) {
        self.batches += usize::from(matches!(task, Task::Decide(_)));
        let worker = partition as usize % self.workers.len();
        self.workers[worker].door.push_back((partition, task));
        self.push();
    }

    fn crowded(&self) -> bool {
        self.workers.iter().any(|w| !w.door.is_empty())
    }

    fn waiting(&self) -> usize {
        self.batches
    }

    fn answer(&mut self, wait: bool) -> Option<(u32, Answer)> {
        self.push();
        let answer = match self.answers.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) if wait => {
                let answer = self.answers.recv_timeout(std::time::Duration::from_millis(50)).ok();
                self.push();
                answer
            }
            Err(_) => None,
        };
        if matches!(answer, Some((_, Answer::Decided { .. }))) {
            self.batches = self.batches.saturating_sub(1);
        }
        answer
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            worker.tasks = None;
        }
        for worker in &mut self.workers {
            if let Some(thread) = worker.thread.take() {
                // A thread that panicked has told so already.
                let _ = thread.join();
            }
        }
    }
}
