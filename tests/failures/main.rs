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

#[test]
fn seeds() {
    let (first, cases) = (number("KERVAN_SEED").unwrap_or(0), number("KERVAN_CASES").unwrap_or(2_000));
    let halves: Vec<_> = (0..2)
        .map(|half| {
            std::thread::spawn(move || {
                let mut sum = (0, 0, 0, 0);
                for seed in (first..first + cases).filter(|seed| seed % 2 == half) {
                    let faults = Faults::swarm(&mut Chance::new(seed));
                    let outcome = hold(&Model, seed, &faults);
                    sum.0 += outcome.calls;
                    sum.1 += outcome.commits;
                    sum.2 += outcome.outputs;
                    sum.3 += outcome.processes;
                }
                sum
            })
        })
        .collect();
    for half in halves {
        match half.join() {
            Ok(sum) => println!("calls, commits, outputs, processes: {sum:?}"),
            Err(payload) => std::panic::resume_unwind(payload),
        }
    }
}
