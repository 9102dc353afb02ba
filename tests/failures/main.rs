//! The simulator of failures: the loop of `kervan run` against a broker and a disk that fail, thousands of seeds.
//!
//! A case of `seeds` is one number: `KERVAN_SEED=n KERVAN_CASES=1 cargo test --test failures seeds` plays one again. Whatever
//! case fails tells what happened. What is simulated, and what must hold: `faults` and `audit`.

mod audit;
mod broker;
#[path = "../suite/chance.rs"]
mod chance;
mod cluster;
mod coordinator;
mod disk;
mod faults;
#[path = "../suite/fleet.rs"]
mod fleet;
mod group;
mod lane;
mod mounted;
mod process;
mod producer;
mod real;
mod run;
mod world;

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use chance::Chance;
use faults::{Control, Faults, Ruin};
use mounted::READ_BACK;
use process::{Case, Model};
use real::Real;
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
    panic!("seed {seed}: {}\n{faults:?}\n{trace}", outcome.violations.join("\n"));
}

/// What many cases came to.
struct Sum {
    commits: u64,
    outputs: u64,
    processes: u64,
}

/// Plays the cases of these numbers on several threads: most of the time of a case goes by while its own threads hand the
/// baton over. `case_of` gives the seed and the faults of a number.
fn hold_all(case: &(dyn Case + Sync), numbers: Range<u64>, case_of: impl Fn(u64) -> (u64, Faults) + Sync) -> Sum {
    const WORKERS: u64 = 8;
    let (began, sum) = (std::time::Instant::now(), Mutex::new([0; 4]));
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (sum, case_of, numbers) = (&sum, &case_of, numbers.clone());
            scope.spawn(move || {
                for number in numbers.filter(|number| number % WORKERS == worker) {
                    let (seed, faults) = case_of(number);
                    let outcome = hold(case, seed, &faults);
                    let counts = [outcome.calls, outcome.commits, outcome.outputs, outcome.processes as u64];
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                }
            });
        }
    });
    let [calls, commits, outputs, processes] = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!(
        "cases {numbers:?}: {processes} processes, {calls} calls, {commits} commits, {outputs} outputs in {} s",
        began.elapsed().as_secs()
    );
    Sum { commits, outputs, processes }
}

#[test]
fn seeds() {
    let (first, cases) = (number("KERVAN_SEED").unwrap_or(0), number("KERVAN_CASES").unwrap_or(2_000));
    println!("one of them again: KERVAN_SEED=n KERVAN_CASES=1 cargo test --test failures seeds");
    let sum = hold_all(&Model, first..first + cases, |seed| (seed, Faults::swarm(&mut Chance::new(seed))));
    assert!(sum.commits >= cases && sum.outputs > 0, "cases in which nothing is committed prove nothing");
}

/// The same with the real lane: its tables and checkpoints on the disk that forgets, fills up and breaks.
#[test]
fn seeds_of_the_real_lane() {
    let (first, cases) = (number("KERVAN_SEED").unwrap_or(0), number("KERVAN_CASES").unwrap_or(500));
    println!("one of them again: KERVAN_SEED=n KERVAN_CASES=1 cargo test --test failures seeds_of_the_real_lane");
    let real = Real::new();
    let sum = hold_all(&real, first..first + cases, |seed| {
        let mut faults = Faults::swarm(&mut Chance::new(seed));
        // In a fifth of them units say enough for memory to forget.
        faults.records *= if seed.is_multiple_of(5) { 5 } else { 1 };
        (seed, faults)
    });
    let read_back = READ_BACK.load(Ordering::Relaxed);
    println!("tables were read back {read_back} times");
    assert!(sum.commits >= cases, "cases in which nothing is committed prove nothing");
    // One case played again need not have any.
    assert!(
        cases < 100 || sum.outputs > cases && read_back > cases / 5,
        "{} outputs, history {read_back}",
        sum.outputs
    );
}

/// "Nothing was ever committed" is no reason to refuse, as long as it may be a coordinator that has just come back.
#[test]
fn a_broker_that_has_just_come_back_knows_nothing_yet() {
    let real = Real::new();
    let sum = hold_all(&real, 0..60, |seed| {
        let mut faults = Faults::none(&mut Chance::new(seed));
        (faults.kill, faults.outages, faults.dazed) = (300, 3, true);
        (seed, faults)
    });
    assert!(sum.processes > 120, "{} processes: hardly one has met the broker as it came back", sum.processes);
}

/// With a guard off the simulator must find what the guard is for, a violation of one of `classes`, within so many seeds; with
/// the guard on the same seed must hold, and have come to something.
fn finds(control: Control, cases: u64, classes: &[&str], faults: impl Fn(&mut Faults)) {
    finds_in(&Model, control, cases, classes, faults);
}

fn finds_in(case: &dyn Case, control: Control, cases: u64, classes: &[&str], faults: impl Fn(&mut Faults)) {
    let faults_of = |seed: u64, control: Control| {
        let mut all = Faults::swarm(&mut Chance::new(seed));
        faults(&mut all);
        all.control = control;
        all
    };
    let meant = |violation: &String| classes.iter().any(|class| violation.starts_with(&format!("{class}:")));
    let found = (0..cases).find_map(|seed| {
        let outcome = play(case, seed, faults_of(seed, control), false);
        outcome.violations.into_iter().find(meant).map(|violation| (seed, violation))
    });
    let Some((seed, violation)) = found else { panic!("{control:?} is off and {cases} seeds do not show it") };
    println!("{control:?} off: seed {seed}: {violation}");
    let held = hold(case, seed, &faults_of(seed, Control::None));
    assert!(held.commits > 0 && held.outputs > 0, "seed {seed} holds with the guard on, since nothing happens in it");
}

#[test]
fn without_the_guard_a_zombie_commits() {
    finds(Control::Guard, 300, &["I1", "I2", "I3", "I6"], |f| {
        (f.pause, f.stall, f.hasty, f.processes) = (300, 60, true, 3);
    });
}

#[test]
fn without_renewal_a_late_end_tears_a_transaction() {
    finds(Control::Renewal, 300, &["I2"], |f| f.stray = 8_000);
}

#[test]
fn an_unknown_commit_taken_for_a_failure_doubles_alerts() {
    finds(Control::UnknownCommit, 100, &["I2"], |f| f.lost_answer = 8_000);
}

#[test]
fn offsets_read_too_early_double_alerts() {
    finds(Control::RequireStable, 300, &["I2"], |f| {
        (f.kill, f.pause, f.sluggish, f.processes) = (300, 150, true, 3);
    });
}

#[test]
fn who_tidies_up_too_early_removes_what_the_owner_staged() {
    finds(Control::Tidy, 1_000, &["I8"], |f| {
        (f.processes, f.twin, f.kill) = (3, true, 100);
    });
}

#[test]
fn without_syncs_a_power_cut_loses_what_was_committed() {
    finds(Control::Fsync, 100, &["I1", "I2", "I3", "I6"], |f| f.power_cuts = 3);
}

#[test]
fn without_syncs_the_real_lane_loses_it_too() {
    finds_in(&Real::new(), Control::Fsync, 100, &["I1", "I2", "I3", "I6"], |f| f.power_cuts = 3);
}

/// What no restart mends ends every process with exit 4, which says what it found and, where the broker's side is to blame,
/// what to do; nothing wrong becomes visible.
#[test]
fn what_is_lost_for_good_is_refused() {
    let refusals: [(Ruin, &[&str]); 6] = [
        (Ruin::Retention, &["were deleted by retention and are lost", "start with another group and an empty store"]),
        (Ruin::Recreated, &["the topic was recreated or truncated; records were lost", "Restore the topic"]),
        (Ruin::Foreign, &["another program has committed offsets for this group"]),
        (Ruin::Newer, &["of a newer format", "use the version of kervan that wrote it"]),
        (Ruin::Flipped, &["checkpoint ck/", "is damaged"]),
        (Ruin::Missing, &["checkpoint ck/", "is missing"]),
    ];
    for (ruin, words) in refusals {
        let mut told = 0;
        for seed in 0..20 {
            let mut faults = Faults::none(&mut Chance::new(seed));
            (faults.processes, faults.ruin, faults.kill) = (2, Some(ruin), 30);
            let outcome = hold(&Model, seed, &faults);
            let meant = |message: &str| words.iter().all(|word| message.contains(word));
            let other = outcome.codes.iter().find(|(code, message)| *code != 4 || !meant(message));
            assert_eq!(other, None, "{ruin:?}, seed {seed}: exit 4 and {words:?} are expected");
            told += outcome.codes.len();
        }
        println!("{ruin:?}: {told} processes in 20 cases said {words:?}");
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

/// One process, killed at every single call of a port in turn; then once more during the recovery. It is always the same
/// run: the case of one seed, undisturbed up to the call.
#[test]
fn killed_at_every_call() {
    const SEED: u64 = 7;
    // The run has some 1 600 calls. One that has grown beyond this wants fewer records, not a loop that stops halfway.
    const MOST: u64 = 3_000;
    let calm = || {
        let mut faults = Faults::none(&mut Chance::new(SEED));
        (faults.partitions, faults.records, faults.batch) = (2, 12, 5);
        faults
    };
    // Behind the chaos nobody is killed any more.
    let calls = hold(&Model, SEED, &calm()).calls_in_chaos;
    assert!((100..=MOST).contains(&calls), "{calls} calls");
    let sum = hold_all(&Model, 1..calls + 1, |call| {
        let again = Chance::new(call).within(1, 60) as u64;
        (SEED, Faults { kill_at: vec![call, call + again], ..calm() })
    });
    assert!(sum.processes >= 2 * calls, "{} processes in {calls} cases: not each was killed", sum.processes);
}
