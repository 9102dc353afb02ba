//! Who runs the lanes: threads, or the caller.
//!
//! A lane belongs to one thread and gets its tasks in order, so a checkpoint covers exactly the parcels that were answered
//! when it was cut. What it has done meanwhile (an [`Errand`]: files to be written) another thread does, in order, too; an
//! [`Task::Echo`] or a [`Task::Close`] is answered when the errands before it are done.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel};
use std::thread::JoinHandle;

use super::batch::Batch;
use super::ports::{Errand, Lane, LaneFault, Lanes, Opening, Origin, Waker};
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
    /// It has been written.
    Staged(Pointer),
    /// Publish a committed checkpoint.
    Publish(Pointer),
    /// It has been published.
    Published(Pointer),
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

/// What comes of a task.
enum Done {
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
enum About {
    /// Writing a checkpoint.
    Staging,
    /// Publishing one.
    Publishing(Pointer),
}

impl About {
    /// Does an errand.
    fn answer(self, errand: Errand) -> Answer {
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
fn told(answer: &Answer) -> Option<Task> {
    match answer {
        Answer::Staged(pointer) => Some(Task::Staged(pointer.clone())),
        Answer::Published(pointer) => Some(Task::Published(pointer.clone())),
        _ => None,
    }
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

    fn work(&mut self, partition: u32, task: Task) -> Done {
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
                lane.published(&pointer);
                Done::Nothing
            }
            Task::Status => Done::Answer(Answer::Status(lane.status())),
            Task::Echo(ticket) => Done::After(Answer::Echo(ticket)),
            Task::Open(_) | Task::Close => Done::Nothing,
        })
    }
}

/// The caller does the work, in order; errands when nothing else is left to answer, or as late as they may be. For the
/// simulator.
pub struct Inline {
    bench: Bench,
    answers: VecDeque<(u32, Answer)>,
    errands: VecDeque<(u32, About, Errand)>,
}

impl Inline {
    /// A crew of nobody.
    pub fn new(factory: Arc<dyn Lanes>) -> Inline {
        Inline { bench: Bench::new(factory), answers: VecDeque::new(), errands: VecDeque::new() }
    }

    fn run_errand(&mut self) {
        let Some((partition, about, errand)) = self.errands.pop_front() else { return };
        let answer = about.answer(errand);
        if let Some(task) = told(&answer) {
            self.give(partition, task);
        }
        self.answers.push_back((partition, answer));
    }
}

impl Crew for Inline {
    fn give(&mut self, partition: u32, task: Task) {
        match self.bench.work(partition, task) {
            Done::Nothing => {}
            Done::Answer(answer) => self.answers.push_back((partition, answer)),
            Done::Errand(about, errand) => self.errands.push_back((partition, about, errand)),
            Done::After(answer) => {
                while !self.errands.is_empty() {
                    self.run_errand();
                }
                self.answers.push_back((partition, answer));
            }
        }
    }
    fn crowded(&self) -> bool {
        false
    }
    fn waiting(&self) -> usize {
        self.answers.len()
    }
    fn answer(&mut self, _wait: bool) -> Option<(u32, Answer)> {
        if self.answers.is_empty() {
            self.run_errand();
        }
        self.answers.pop_front()
    }
}

/// Batches that may wait for one thread: enough that it never idles while the loop commits, few enough that a lane that
/// stands still (a full disk) holds no more than some megabytes.
const QUEUE: usize = 16;

/// Errands that may wait for one thread: what they hold (a state, rows) is large, so a lane whose disk is slow waits.
const ERRANDS: usize = 1;

struct Worker {
    tasks: Option<SyncSender<(u32, Task)>>,
    /// Tasks that found the queue full, in order.
    door: VecDeque<(u32, Task)>,
    threads: Vec<JoinHandle<()>>,
}

/// Threads, with the lanes shared out by partition.
pub struct Threads {
    workers: Vec<Worker>,
    answers: Receiver<(u32, Answer)>,
    /// Batches under way.
    batches: usize,
}

/// Gives answers to the loop.
#[derive(Clone)]
struct Reply {
    answers: Sender<(u32, Answer)>,
    waker: Arc<Waker>,
}

impl Reply {
    /// Returns whether anybody is there.
    fn send(&self, partition: u32, answer: Answer) -> bool {
        let sent = self.answers.send((partition, answer)).is_ok();
        (self.waker)();
        sent
    }

    /// What comes of some work. A bug in a lane ends the process, with its partition named; the others must not wait for it
    /// for ever.
    fn guarded<R>(&self, partition: u32, work: impl FnOnce() -> R) -> Option<R> {
        let done = catch_unwind(AssertUnwindSafe(work)).ok();
        if done.is_none() {
            let message = format!("deciding partition {partition} panicked; the text above is the place");
            self.send(partition, Answer::Stop { exit: 1, message });
        }
        done
    }
}

/// What a thread for errands gets: the errand, or an answer that waits for those before it.
enum Order {
    Run(About, Errand),
    Say(Answer),
}

impl Threads {
    /// Starts `count` pairs of threads: one for lanes, one for their errands. `waker` is called after every answer.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(count: usize, factory: &Arc<dyn Lanes>, waker: Waker) -> std::io::Result<Threads> {
        let (reply, answers) = channel();
        let reply = Reply { answers: reply, waker: Arc::new(waker) };
        let mut workers = Vec::new();
        for number in 0..count.max(1) {
            let (tasks, inbox) = sync_channel::<(u32, Task)>(QUEUE);
            let (orders, errands) = sync_channel::<(u32, Order)>(ERRANDS);
            let (mut bench, ours) = (Bench::new(Arc::clone(factory)), reply.clone());
            let lanes = std::thread::Builder::new().name(format!("lanes-{number}")).spawn(move || {
                while let Ok((partition, task)) = inbox.recv() {
                    let alive = match ours.guarded(partition, || bench.work(partition, task)) {
                        None | Some(Done::Nothing) => true,
                        Some(Done::Answer(answer)) => ours.send(partition, answer),
                        Some(Done::Errand(about, errand)) => {
                            orders.send((partition, Order::Run(about, errand))).is_ok()
                        }
                        Some(Done::After(answer)) => orders.send((partition, Order::Say(answer))).is_ok(),
                    };
                    if !alive {
                        return;
                    }
                }
            })?;
            let reply = reply.clone();
            let files = std::thread::Builder::new().name(format!("files-{number}")).spawn(move || {
                while let Ok((partition, order)) = errands.recv() {
                    let answer = match order {
                        Order::Say(answer) => Some(answer),
                        Order::Run(about, errand) => reply.guarded(partition, || about.answer(errand)),
                    };
                    if answer.is_some_and(|answer| !reply.send(partition, answer)) {
                        return;
                    }
                }
            })?;
            workers.push(Worker { tasks: Some(tasks), door: VecDeque::new(), threads: vec![lanes, files] });
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
        if let Some((partition, answer)) = &answer {
            self.batches = self.batches.saturating_sub(usize::from(matches!(answer, Answer::Decided { .. })));
            if let Some(task) = told(answer) {
                self.give(*partition, task);
            }
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
            for thread in worker.threads.drain(..) {
                // A thread that panicked has told so already.
                let _ = thread.join();
            }
        }
    }
}
