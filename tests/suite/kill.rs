//! A run that is killed and started again ends with the same bytes as one left alone.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::chance::Chance;
use super::logs::{lines, records};
use super::replay::assert_alike;
use super::support::{directory, replay, replayed, rulebook};

#[test]
fn killed_at_fifty_moments() {
    let seed: u64 = std::env::var("KERVAN_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(50);
    println!("seed {seed}");
    let mut chance = Chance::new(seed);
    let dir = directory();
    let book = rulebook(dir.path());
    let log = dir.path().join("log.ndjson");
    let content = lines(&records(seed, 40, 220));
    std::fs::write(&log, &content).expect("a log can be written");
    let more = ["--checkpoint-records", "700", "--batch", "100"];
    let whole = dir.path().join("whole");
    let began = Instant::now();
    replayed(&[&log], &book, &whole, &more);
    let takes = began.elapsed().as_micros() as i64;
    let (mut kills, mut runs) = (0, 0);
    let mut undisturbed = 0;
    while kills < 50 {
        let out = dir.path().join(format!("killed-{runs}"));
        runs += 1;
        // Killed again and again until a try gets through: each gets a random share of what a whole run takes.
        loop {
            let mut child = replay(&[&log], &book, &out, &more).stderr(Stdio::null()).spawn().expect("it starts");
            let patience = Duration::from_micros(chance.within(1_000, takes * 6 / 10 + 2_000) as u64);
            std::thread::sleep(patience);
            match child.try_wait().expect("it can be asked") {
                Some(status) => {
                    assert!(status.success(), "a run started again fails: {status}");
                    undisturbed += 1;
                    break;
                }
                None => {
                    child.kill().expect("it can be killed"); // SIGKILL
                    child.wait().expect("it ends");
                    kills += 1;
                }
            }
            if kills % 10 == 0 {
                replayed(&[&log], &book, &out, &more);
                break;
            }
        }
        assert_alike(&whole, &out);
        std::fs::remove_dir_all(&out).expect("it is ours");
    }
    let count = content.iter().filter(|c| **c == b'\n').count();
    println!("{count} records, {kills} kills in {runs} runs, {undisturbed} got through");
}
