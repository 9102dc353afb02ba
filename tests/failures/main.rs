//! The simulator of failures: the loop of `kervan run` against a broker and a disk that fail, thousands of seeds.
//!
//! A case is one number. `KERVAN_SEED=n KERVAN_CASES=1 cargo test --test failures seeds` plays one again, and a case that
//! fails tells what happened. What is simulated, and what must hold: `faults` and `audit`.

mod audit;
mod broker;
#[path = "../suite/chance.rs"]
mod chance;
mod cluster;
mod coordinator;
mod disk;
mod faults;
mod group;
mod lane;
mod run;
mod world;

use std::sync::{Mutex, PoisonError};

use chance::Chance;
use faults::Faults;
use run::{Case, Model, Outcome, play};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Plays a case; where something does not hold, plays it again with its trace and fails.
fn hold(case: &dyn Case, seed: u64, faults: &Faults) -> Outcome {
    let outcome = play(case, seed, faults.clone(), false);
    if outcome.violations.is_empty() {
        return outcome;
    }
    let again = play(case, seed, faults.clone(), true);
    let long = number("KERVAN_TRACE").unwrap_or(120) as usize;
    let first = again.trace.iter().position(|line| line.contains("VIOLATION")).unwrap_or(again.trace.len());
    let from = first.saturating_sub(long);
    let trace = again.trace[from..(first + 1).min(again.trace.len())].join("\n");
    panic!(
        "seed {seed}: {}\n{faults:?}\n{trace}\nagain with: KERVAN_SEED={seed} KERVAN_CASES=1 cargo test --test failures seeds",
        outcome.violations.join("\n")
    );
}

/// Plays cases on several threads: most of the time of a case goes by while its own threads hand the baton over.
fn hold_all(case: &(dyn Case + Sync), first: u64, cases: u64, faults: impl Fn(u64) -> Faults + Sync) {
    const WORKERS: u64 = 8;
    let (began, sum) = (std::time::Instant::now(), Mutex::new([0; 4]));
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (sum, faults) = (&sum, &faults);
            scope.spawn(move || {
                for seed in (first..first + cases).filter(|seed| seed % WORKERS == worker) {
                    let outcome = hold(case, seed, &faults(seed));
                    let counts = [outcome.calls, outcome.commits, outcome.outputs, outcome.processes as u64];
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                }
            });
        }
    });
    let [calls, commits, outputs, processes] = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!(
        "{cases} cases from {first}: {processes} processes, {calls} calls, {commits} commits, {outputs} outputs in {} s",
        began.elapsed().as_secs()
    );
}

#[test]
fn seeds() {
    let (first, cases) = (number("KERVAN_SEED").unwrap_or(0), number("KERVAN_CASES").unwrap_or(2_000));
    hold_all(&Model, first, cases, |seed| Faults::swarm(&mut Chance::new(seed)));
}
