//! The ledger is a function of what was said, not of the order in which it arrived (DETECTION, 4.4).
//!
//! A case is a number; `KERVAN_SEED=<number> KERVAN_CASES=1` runs one again alone. `KERVAN_CASES` sets how many there
//! are in all (10 000).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use kervan::domain::record::{Body, Record};
use kervan::domain::rules::Rules;
use kervan::domain::time::Millis;

use super::chance::Chance;
use super::deliveries::{Case, Delivery};
use super::drive_shard::{Cut, Ran, Whole, halts, outcomes, projection, run};
use super::world::{START, rules};

/// Reads a number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Runs cases and says the number of every one that fails, and how many did.
fn for_cases(share: u64, property: impl Fn(u64) + Sync) {
    let cases = (number("KERVAN_CASES", 10_000) * share / 100).max(1);
    let seed = number("KERVAN_SEED", 1);
    println!("seed {seed}, {cases} cases");
    let failed = std::sync::Mutex::new(Vec::new());
    let next = std::sync::atomic::AtomicU64::new(seed);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let case = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if case >= seed + cases {
                        break;
                    }
                    if catch_unwind(AssertUnwindSafe(|| property(case))).is_err() {
                        println!("case {case} fails");
                        failed.lock().expect("nobody panics while holding it").push(case);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("nobody panics while holding it");
    let first = failed.iter().min();
    assert!(
        failed.is_empty(),
        "{} of {cases} cases fail; run one again with KERVAN_CASES=1 KERVAN_SEED={}",
        failed.len(),
        first.unwrap_or(&0)
    );
}

fn books() -> Vec<Arc<Rules>> {
    vec![rules(400.0), rules(900.0)]
}

/// A case of this number, sometimes with a second rulebook on its way.
fn case(chance: &mut Chance, fixes: usize, books: &[Arc<Rules>]) -> Case {
    let mut case = Case::new(chance, fixes);
    if chance.percent(10) {
        let time: Millis = chance.within(START, case.end);
        let sha256 = books[1].book.sha256.clone();
        case.fixed.push((time - chance.within(0, 60_000), Body::Rulebook { version: "2".to_owned(), sha256, time }));
        case.fixed.sort_by_key(|(timestamp, _)| *timestamp);
    }
    case
}

fn delivery(chance: &mut Chance) -> Delivery {
    match chance.within(0, 4) {
        0 => Delivery::Scattered(chance.within(2_000, 600_000)),
        1 => Delivery::Scattered(chance.within(600_000, 20_000_000)),
        2 => Delivery::Bursts(chance.within(60_000, 3_600_000)),
        _ => Delivery::Bursts(chance.within(3_600_000, 100_000_000)),
    }
}

/// The same ledger, and the same stops for the second stage.
pub fn assert_same(wanted: &Ran, got: &Ran) {
    let (a, b) = (projection(&wanted.out), projection(&got.out));
    let only = |these: &[String], those: &[String], sign: &str| -> String {
        these.iter().filter(|l| !those.contains(l)).map(|l| format!("\n {sign} {l}")).collect()
    };
    assert!(a == b, "the ledgers differ:{}{}", only(&a, &b, "in order:"), only(&b, &a, "permuted:"));
    let (a, b) = (halts(&wanted.out), halts(&got.out));
    assert!(a == b, "the stops differ:{}{}", only(&a, &b, "in order:"), only(&b, &a, "permuted:"));
}

fn sums(log: &[Record], ran: &Ran) {
    assert_eq!(outcomes(&ran.out).values().sum::<usize>(), log.len(), "outcomes sum to inputs");
}

fn permuted(number: u64, fixes: (i64, i64), books: &[Arc<Rules>]) -> usize {
    let mut chance = Chance::new(number);
    let count = chance.within(fixes.0, fixes.1) as usize;
    let case = case(&mut chance, count, books);
    if std::env::var_os("KERVAN_TELL").is_some() {
        for (timestamp, body) in &case.fixed {
            println!("{timestamp} {body:?}");
        }
    }
    let wanted = run(books, &case.deliver(Delivery::Prompt, 0, &mut chance), &mut Whole);
    let how = delivery(&mut chance);
    let repeats = chance.within(0, 6) as usize;
    let log = case.deliver(how, repeats, &mut chance);
    let mut pieces = Pieces { chance, most: 40, restarts: 0 };
    let got = run(books, &log, &mut pieces);
    sums(&log, &got);
    assert_same(&wanted, &got);
    got.asked
}

/// Batches of any size, with restarts between.
struct Pieces {
    chance: Chance,
    most: i64,
    restarts: i64,
}

impl Cut for Pieces {
    fn batch(&mut self) -> usize {
        self.chance.within(1, self.most + 1) as usize
    }
    fn restart(&mut self) -> bool {
        self.chance.percent(self.restarts)
    }
}

#[test]
fn short_journeys_do_not_depend_on_the_order_of_arrival() {
    let books = books();
    for_cases(92, |number| {
        permuted(number, (12, 61), &books);
    });
}

#[test]
fn long_journeys_reach_back_to_what_memory_has_let_go() {
    let books = books();
    let asked = std::sync::atomic::AtomicUsize::new(usize::from(number("KERVAN_CASES", 10_000) < 100));
    for_cases(4, |number| {
        let questions = permuted(number ^ 0x5555_0000_0000, (200, 500), &books);
        asked.fetch_add(questions, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(asked.into_inner() > 0, "no case reached back");
}

#[test]
fn batches_and_restarts_change_nothing() {
    let books = books();
    for_cases(4, |number| {
        let mut chance = Chance::new(number ^ 0xAAAA_0000_0000);
        let count = chance.within(12, 160) as usize;
        let case = case(&mut chance, count, &books);
        let how = if chance.percent(30) { Delivery::Prompt } else { delivery(&mut chance) };
        let log = case.deliver(how, 4, &mut chance);
        let wanted = run(&books, &log, &mut Whole);
        sums(&log, &wanted);
        let most = *chance.pick(&[1, 3, 20, 100]);
        let got = run(&books, &log, &mut Pieces { chance: chance.clone(), most, restarts: 0 });
        assert_eq!(lines(&wanted), lines(&got), "batches of at most {most} change the outputs");
        let got = run(&books, &log, &mut Pieces { chance, most, restarts: 30 });
        assert_eq!(lines(&wanted), lines(&got), "a restart changes the outputs");
    });
}

fn lines(ran: &Ran) -> Vec<String> {
    let out = &ran.out;
    let mut lines: Vec<String> = out.dispositions.iter().map(|d| format!("{d:?}")).collect();
    lines.extend(out.revisions.iter().map(|r| format!("{r:?}")));
    lines.extend(out.journeys.iter().map(|j| format!("{j:?}")));
    lines.extend(out.episodes.iter().map(|e| format!("{e:?}")));
    lines
}
