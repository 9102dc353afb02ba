//! Checkpoints as released versions wrote them: one file for each pair of formats, made once and never changed.
//!
//! `KERVAN_BLESS=1 cargo test --test suite golden` writes the file of the formats of today, where it is not there. A change
//! of the state's encoding without a change of its format makes this test fail.

use std::path::{Path, PathBuf};

use kervan::app::run::checkpoint::{self, Header, LogIdentity};
use kervan::domain::history::{History, HistoryError, PastReport};
use kervan::domain::output::Outputs;
use kervan::domain::record::Record;
use kervan::domain::shard::{LoadError, STATE_FORMAT, Shard};
use kervan::domain::time::Millis;
use kervan::edge::lake::Staged;

use super::chance::Chance;
use super::deliveries::{Case, Delivery};
use super::world::rules;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checkpoints")
}

fn name(header: u32, state: u32) -> String {
    format!("header-{header}-state-{state}.ckpt")
}

/// A unit of which nothing older was ever said.
struct Nothing;

impl History for Nothing {
    fn reports(&mut self, _: u32, _: &str, _: Millis, _: Millis, _: u64) -> Result<Vec<PastReport>, HistoryError> {
        Ok(Vec::new())
    }
}

/// A checkpoint in the middle of journeys: several seeded ones, in one shard after the other's records.
fn made() -> Vec<u8> {
    let books = vec![rules(400.0)];
    let mut chance = Chance::new(7);
    let case = Case::new(&mut chance, 200);
    let log = case.deliver(Delivery::Scattered(600_000), 4, &mut chance);
    // Before the journey is closed, and after it was opened.
    let opened = |r: &Record| r.body.type_name() == "activate";
    let first = log.iter().position(opened).expect("a case has a journey");
    let half = &log[..(first + 80).min(log.len())];
    let mut shard = Shard::new(0, &books);
    shard.step(half, &mut Nothing, &mut Outputs::default()).expect("nothing older is needed");
    let next = half.last().map_or(0, |r| r.source.offset + 1);
    let header = Header {
        format: checkpoint::FORMAT,
        partition: 0,
        next,
        seq: 1,
        staged: Staged { format: 1, partition: 0, start: 0, next, files: Vec::new() },
        log: LogIdentity { topic: "kervan.log".to_owned(), topic_id: "id".to_owned(), partitions: 8 },
        rulebooks: shard.rulebooks(),
        decision: kervan::domain::alert::DECISION_VERSION,
        engine: "golden".to_owned(),
    };
    let mut state = Vec::new();
    shard.encode(&mut state);
    checkpoint::encode(&header, &state).expect("a header is JSON")
}

#[test]
fn checkpoints_of_every_format_are_read_or_refused_by_name() {
    let today = folder().join(name(checkpoint::FORMAT, STATE_FORMAT));
    if std::env::var_os("KERVAN_BLESS").is_some() && !today.exists() {
        std::fs::create_dir_all(folder()).expect("the folder can be made");
        std::fs::write(&today, made()).expect("the file can be written");
    }
    assert!(today.exists(), "{} is missing: KERVAN_BLESS=1 makes it", today.display());
    let books = vec![rules(400.0)];
    // The format before it is read, too: what it says stays as it is from there on.
    let before = std::fs::read(folder().join(name(checkpoint::FORMAT, STATE_FORMAT - 1))).expect("the file is there");
    let (_, state) = checkpoint::decode(&before).expect("its header is read");
    let shard = Shard::decode(state, &books).expect("the format before is read");
    assert!(shard.journeys() > 0 && shard.units() > 0);
    let (mut renewed, mut again) = (Vec::new(), Vec::new());
    shard.encode(&mut renewed);
    Shard::decode(&renewed, &books).expect("and renewed").encode(&mut again);
    assert!(again == renewed);
    for entry in std::fs::read_dir(folder()).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file");
        let (header, state) = checkpoint::decode(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let loaded = Shard::decode(state, &books);
        if path != today {
            let refused = matches!(loaded, Err(LoadError::Format(_)));
            assert!(refused || loaded.is_ok(), "{}: neither read nor refused by name", path.display());
            continue;
        }
        let shard = loaded.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut again = Vec::new();
        shard.encode(&mut again);
        assert!(again == state, "the state is encoded otherwise than when its format was fixed: give it a new format");
        assert!(header.next > 0 && shard.journeys() > 0, "it holds a journey under way");
    }
}
