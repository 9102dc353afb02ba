//! Threads do the work: a pair of them for some lanes each.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel};
use std::thread::JoinHandle;

use super::super::ports::{Errand, Lanes, Waker};
use super::bench::{About, Bench, Done, told};
use super::{Answer, Crew, Task};

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
            let message = format!("the work on partition {partition} panicked; the text above is the place");
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
