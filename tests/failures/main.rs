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
mod process;
mod producer;
mod run;
mod world;

use std::sync::{Mutex, PoisonError};

use chance::Chance;
use faults::{Control, Faults, Ruin};
use process::{Case, Model};
use run::{Outcome, play};

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

/// With a guard off the simulator must find what the guard is for, within so many seeds; with the guard on the same seeds
/// must hold.
fn finds(control: Control, cases: u64, letter: &str, faults: impl Fn(&mut Faults)) {
    let faults_of = |seed: u64, control: Control| {
        let mut all = Faults::swarm(&mut Chance::new(seed));
        faults(&mut all);
        all.control = control;
        all
    };
    let found = (0..cases).find_map(|seed| {
        let outcome = play(&Model, seed, faults_of(seed, control), false);
        let violation = outcome.violations.iter().find(|v| v.starts_with(letter)).cloned();
        violation.map(|violation| (seed, violation))
    });
    let Some((seed, violation)) = found else { panic!("{control:?} is off and {cases} seeds do not show it") };
    println!("{control:?} off: seed {seed}: {violation}");
    hold(&Model, seed, &faults_of(seed, Control::None));
}

#[test]
fn without_the_guard_a_zombie_commits() {
    finds(Control::Guard, 300, "I", |f| {
        (f.pause, f.stall, f.hasty, f.processes) = (300, 60, true, 3);
    });
}

#[test]
fn without_renewal_a_late_end_tears_a_transaction() {
    finds(Control::Renewal, 300, "I2", |f| f.stray = 8_000);
}

#[test]
fn an_unknown_commit_taken_for_a_failure_doubles_alerts() {
    finds(Control::UnknownCommit, 100, "I2", |f| f.lost_answer = 8_000);
}

#[test]
fn offsets_read_too_early_double_alerts() {
    finds(Control::RequireStable, 300, "I2", |f| {
        (f.kill, f.pause, f.sluggish, f.processes) = (300, 150, true, 3);
    });
}

#[test]
fn who_tidies_up_too_early_removes_what_the_owner_staged() {
    finds(Control::Tidy, 1_000, "I8", |f| {
        (f.processes, f.twin, f.kill) = (3, true, 100);
    });
}

#[test]
fn without_syncs_a_power_cut_loses_what_was_committed() {
    finds(Control::Fsync, 100, "I", |f| f.power_cuts = 3);
}

/// What no restart mends ends every process with exit 4 and a word that says what it is; nothing wrong becomes visible.
#[test]
fn what_is_lost_for_good_is_refused() {
    let words = [
        (Ruin::Retention, "deleted by retention"),
        (Ruin::Recreated, "recreated or truncated"),
        (Ruin::Foreign, "another program"),
        (Ruin::Newer, "newer format"),
        (Ruin::Flipped, "damaged"),
        (Ruin::Missing, "missing"),
    ];
    for (ruin, word) in words {
        let mut told = 0;
        for seed in 0..20 {
            let mut faults = Faults::none(&mut Chance::new(seed));
            (faults.processes, faults.ruin, faults.kill) = (2, Some(ruin), 30);
            let outcome = hold(&Model, seed, &faults);
            let other = outcome.codes.iter().find(|(code, message)| *code != 4 || !message.contains(word));
            assert_eq!(other, None, "{ruin:?}, seed {seed}");
            told += outcome.codes.len();
        }
        println!("{ruin:?}: {told} processes in 20 cases said {word:?}");
        assert!(told >= 20, "{ruin:?} is hardly noticed: {told}");
    }
}

#[test]
fn a_log_that_begins_too_late_is_skipped_over_without_a_look() {
    let found = (0..50).find_map(|seed| {
        let mut faults = Faults::none(&mut Chance::new(seed));
        (faults.ruin, faults.control, faults.records) = (Some(Ruin::Retention), Control::LowWatermark, 100);
        let outcome = play(&Model, seed, faults, false);
        outcome.violations.into_iter().find(|v| v.starts_with("I2"))
    });
    println!("{}", found.expect("a record that is skipped changes what follows"));
}

/// One process, killed at every single call of a port in turn; then once more during the recovery.
#[test]
fn killed_at_every_call() {
    let calm = |seed: u64| {
        let mut faults = Faults::none(&mut Chance::new(seed));
        (faults.partitions, faults.records, faults.batch) = (2, 12, 5);
        faults
    };
    let whole = hold(&Model, 7, &calm(7)).calls;
    let cases: Vec<u64> = (1..whole.min(1_500)).collect();
    println!("{} calls, each with a kill", cases.len());
    hold_all(&Model, 1, cases.len() as u64, |call| {
        let mut faults = calm(7);
        let again = Chance::new(call).within(1, 60) as u64;
        faults.kill_at = vec![call, call + again];
        faults
    });
}
