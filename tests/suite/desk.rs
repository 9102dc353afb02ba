//! A simulated operator desk answers alerts as they come; the log that this makes is decided again, to the same bytes.

use std::collections::BTreeMap;

use kervan::app::simulate::Desk;
use kervan::domain::alert::{Condition, Handling, Op, Priority, Revision};
use kervan::domain::handling::is_latched;
use kervan::domain::output::{Outcome, Outputs};
use kervan::domain::record::{Action, Body, Command, Record, Source};
use kervan::domain::time::Millis;
use kervan::edge::wire::encode_revision;

use super::drive_shard::Talk;
use super::logs::{lines, records};
use super::replay::assert_alike;
use super::support::{bytes, directory, kervan, replayed, rulebook, run};
use super::world::road;

/// A day with a desk: the log with its commands, what came out, and where the log's own end is among the revisions.
struct Day {
    log: Vec<Record>,
    out: Outputs,
    heard: usize,
}

fn day(plain: &[Record], books: &[std::sync::Arc<kervan::domain::rules::Rules>]) -> Day {
    let (mut talk, mut desk) = (Talk::new(books), Desk::new(7));
    let mut day = Day { log: Vec::new(), out: Outputs::default(), heard: 0 };
    let mut read = |timestamp: Millis, body: Body, desk: &mut Desk, day: &mut Day| {
        let source = Source { partition: 0, offset: day.log.len() as u64, timestamp };
        let record = Record { source, body };
        let said = talk.read(&record);
        said.iter().for_each(|revision| desk.hear(revision, timestamp));
        day.heard += said.len();
        day.log.push(record);
    };
    let mut clock = Millis::MIN;
    let give = |due: Millis, command: Command| (due, Body::Command(Box::new(command)));
    for record in plain {
        while let Some((due, command)) = desk.next_by(record.source.timestamp) {
            let (due, body) = give(due.max(clock), command);
            clock = due;
            read(due, body, &mut desk, &mut day);
        }
        clock = record.source.timestamp;
        read(clock, record.body.clone(), &mut desk, &mut day);
    }
    // The shift goes on until everything is done.
    while let Some((due, command)) = desk.next_by(Millis::MAX) {
        clock = due.max(clock);
        read(clock, Body::Command(Box::new(command)), &mut desk, &mut day);
        assert!(day.log.len() < plain.len() + 5_000, "the desk finds no end: {:?}", desk.waiting());
    }
    day.out = talk.end();
    day
}

fn shelved_last(said: &[&Revision]) -> bool {
    said.last().is_some_and(|r| r.handling == Handling::Shelved)
}

/// Areas of two offices that overlap: alerts between them are for both.
fn areas() -> String {
    let area = |id: &str, office: &str, from: f64, to: f64| {
        let lon = |x: f64| f64::from(road(x).lon_e6) / 1e6;
        let (w, e, s, n) = (lon(from), lon(to), 39.8, 40.2);
        format!(
            r#"{{"type":"Feature","properties":{{"id":"{id}","class":"office_area","office":"{office}"}},"geometry":{{"type":"Polygon","coordinates":[[[{w},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{s}]]]}}}}"#
        )
    };
    let both = [area("area-a", "TR000001", -9_000.0, 14_000.0), area("area-b", "TR000002", 7_000.0, 40_000.0)];
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, both.join(","))
}

#[test]
fn a_log_with_the_commands_of_a_desk_gives_the_same_alerts_and_nothing_is_left_on_it() {
    let dir = directory();
    let book = rulebook(dir.path());
    std::fs::write(book.join("zones/areas.geojson"), areas()).expect("a file can be written");
    let books = vec![kervan::app::replay::load_rules(&book).unwrap_or_else(|f| panic!("{}", f.error))];
    let day = day(&records(21, 16, 220), &books);
    let commands = day.log.iter().zip(&day.out.dispositions).filter_map(|(record, disposition)| match &record.body {
        Body::Command(command) if matches!(command.action, Action::Operator { .. }) => Some(disposition.outcome),
        _ => None,
    });
    let ends: Vec<Outcome> = commands.collect();
    assert!(ends.len() > 50, "{} commands", ends.len());
    // Now and then what a command moves the clock past has closed its alert just before.
    let refused: Vec<&Outcome> = ends.iter().filter(|end| **end != Outcome::Applied).collect();
    assert!(refused.len() * 10 < ends.len(), "{refused:?} of {}", ends.len());
    assert!(refused.iter().all(|end| matches!(end, Outcome::AlertClosed | Outcome::NoEffect)), "{refused:?}");
    handled(&day.out.revisions[..day.heard]);

    let log = dir.path().join("log.ndjson");
    std::fs::write(&log, lines(&day.log)).expect("a log can be written");
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    replayed(&[&log], &book, &one, &[]);
    replayed(&[&log], &book, &other, &["--batch", "13", "--checkpoint-records", "500"]);
    assert_alike(&one, &other);
    let mut wanted = Vec::new();
    day.out.revisions.iter().for_each(|revision| encode_revision(revision, &mut wanted));
    // Alerts of several vehicles are the second stage's, which the desk did not hear.
    let text = String::from_utf8(bytes(&one.join("alerts.ndjson"))).expect("JSON is UTF-8");
    let own: String =
        text.lines().filter(|line| !line.contains(r#","unit":null,"#)).map(|line| format!("{line}\n")).collect();
    assert!(own.as_bytes() == wanted, "replayed alerts differ from those that the desk was shown");
    let kpis = String::from_utf8(bytes(&one.join("kpis.json"))).expect("JSON is UTF-8");
    assert!(kpis.contains("\"acknowledge_median_s\": ") && kpis.contains("\"scope\": \"office\""));
}

/// The states in which a desk that has done its work leaves alerts.
fn handled(revisions: &[Revision]) {
    let mut stories: BTreeMap<&str, Vec<&Revision>> = BTreeMap::new();
    revisions.iter().for_each(|r| stories.entry(&r.alert).or_default().push(r));
    let (mut known, mut closed, mut reset, mut back, mut noted, mut shared) = (0, 0, 0, 0, 0, 0);
    for said in stories.values() {
        let last = said[said.len() - 1];
        let count = |op| said.iter().filter(|r| r.op == op).count();
        noted += count(Op::Annotate);
        let half = |r: &&&Revision| r.op == Op::Acknowledge && r.handling == Handling::Unacknowledged;
        shared += said.iter().filter(half).count();
        back += count(Op::Unshelve);
        reset += count(Op::Reset);
        let stale = last.late_by_s >= 1_800 && last.priority < Priority::High;
        if last.priority == Priority::Journal || stale || last.handling == Handling::Suppressed || shelved_last(said) {
            continue;
        }
        match last.condition {
            Condition::Active => assert_eq!(last.handling, Handling::Acknowledged, "{last:?}"),
            Condition::Inactive => assert_eq!(last.handling, Handling::Closed, "{last:?}"),
        }
        if is_latched(last.kind) && last.condition == Condition::Inactive {
            let closing = said.len() - said.iter().rev().take_while(|r| r.handling == Handling::Closed).count();
            assert!(
                matches!(said[closing].op, Op::Reset | Op::Retract),
                "closed by something else: {:?}",
                said[closing]
            );
        }
        known += usize::from(last.condition == Condition::Active);
        closed += usize::from(last.condition == Condition::Inactive);
    }
    println!(
        "{known} acknowledged, {closed} closed, {reset} reset, {back} back from the shelf, {noted} notes, {shared} half done"
    );
    assert!(known > 0 && closed > 10 && reset > 0 && back > 0 && noted > 0 && shared > 0);
}

/// The command: a fleet on the rulebook, operators who answer.
fn desk_run(book: &std::path::Path, dir: &std::path::Path, name: &str, more: &[&str]) -> (String, std::path::PathBuf) {
    let (log, table) = (dir.join(format!("{name}.ndjson")), dir.join(format!("{name}.md")));
    let mut command = kervan(&["score", "--desk", "--seed", "5", "--vehicles", "12", "--days", "2", "--clean", "0.3"]);
    command.arg("--rulebook").arg(book).arg("--out").arg(&log).arg("--markdown").arg(&table).args(more);
    let (code, said) = run(&mut command);
    assert_eq!(code, 0, "the desk run {name}: {said}");
    (String::from_utf8(bytes(&table)).expect("Markdown is UTF-8"), log)
}

/// Of a table's row that begins with `first`, the cell of that number.
fn cell<'t>(table: &'t str, first: &str, number: usize) -> &'t str {
    let row = table.lines().find(|line| line.starts_with(&format!("| {first} |")));
    let row = row.unwrap_or_else(|| panic!("no row {first} in\n{table}"));
    row.split('|').map(str::trim).nth(number + 1).unwrap_or_else(|| panic!("no cell {number} in {row}"))
}

#[test]
fn the_log_of_a_desk_run_gives_the_same_load_and_the_same_seed_the_same_bytes() {
    let dir = directory();
    let book = rulebook(dir.path());
    let (table, log) = desk_run(&book, dir.path(), "one", &["--operators", "2"]);
    let (again, log_again) = desk_run(&book, dir.path(), "again", &["--operators", "2"]);
    assert_eq!(table, again);
    assert!(bytes(&log) == bytes(&log_again), "the same seed, another log");

    let out = dir.path().join("out");
    replayed(&[&log], &book, &out, &[]);
    let revisions = super::support::json_lines(&out.join("alerts.ndjson"));
    let by = |op: &str| revisions.iter().filter(|r| r["op"] == op).count();
    let ends = super::support::summary(&out)["outcomes"].clone();
    assert!(by("acknowledge") > 10 && by("annotate") > 0 && by("shelve") > 0, "{ends}");
    // The load that the run counted while it answered is that of the log: per kind, by the engine's own figures.
    let kpis: serde_json::Value = serde_json::from_slice(&bytes(&out.join("kpis.json"))).expect("JSON");
    let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
    for row in kpis["rows"].as_array().expect("rows").iter().filter(|row| row["scope"] == "kind") {
        let announced = row["annunciated"].as_u64().expect("a number");
        *counted.entry(row["name"].as_str().expect("a kind")).or_default() += announced;
    }
    counted.retain(|_, n| *n > 0);
    assert!(counted.len() > 3, "{counted:?}");
    let kinds = table.split("### Load by kind").nth(1).expect("a table of kinds");
    for (kind, n) in &counted {
        assert_eq!(cell(kinds, kind, 1), format!("{:.1}", *n as f64 / 2.0), "{kind}");
    }
}

#[test]
fn what_the_command_line_changes_changes_the_judge_and_not_the_road() {
    let dir = directory();
    let book = rulebook(dir.path());
    let derived = dir.path().join("derived");
    let derived_text = derived.to_str().expect("a path").to_owned();
    let changes = ["--set", "silence.floor_s=86400", "--without-zone", "watched", "--rulebook-out", &derived_text];
    let (plain, _) = desk_run(&book, dir.path(), "plain", &[]);
    let (table, log) = desk_run(&book, dir.path(), "changed", &changes);
    let fixes = |table: &str| table.split(" fixes").next().and_then(|t| t.rsplit(' ').next()).map(str::to_owned);
    assert_eq!(fixes(&plain), fixes(&table), "the fleet is the same");
    assert!(plain.contains("| silence |") && plain.contains("| watch | 1 | 1 |"), "{plain}");
    assert!(!table.contains("| silence |") && !table.contains("| watch |"), "{table}");
    // The derived rulebook on disk is the one that judged.
    let out = dir.path().join("out");
    replayed(&[&log], &derived, &out, &[]);
    let revisions = super::support::json_lines(&out.join("alerts.ndjson"));
    assert!(!revisions.is_empty());
    let hash = kervan::app::replay::load_rules(&derived).unwrap_or_else(|f| panic!("{}", f.error)).book.sha256.clone();
    assert!(
        table.contains(&hash[..12]) && revisions.iter().all(|r| r["versions"]["rulebook"] == *hash),
        "{}",
        revisions[0]
    );

    let (code, said) = run(kervan(&["score", "--desk", "--set", "silence.flor_s=3", "--rulebook"]).arg(&book));
    assert!(code == 2 && said.contains("did you mean `floor_s`"), "{code}: {said}");
    let (code, said) = run(kervan(&["score", "--desk", "--without-zone", "nowhere", "--rulebook"]).arg(&book));
    assert!(code == 2 && said.contains("nowhere"), "{code}: {said}");
}
