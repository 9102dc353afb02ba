//! The caller does the work. For the simulator.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::ports::{Errand, Lanes};
use super::bench::{About, Bench, Done, told};
use super::{Answer, Crew, Task};

/// The caller does the work, in order; errands when nothing else is left to answer, or as late as they may be.
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
