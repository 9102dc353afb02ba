//! Operators' commands in the log: they move the handling of alerts and nothing else, whatever the batches and restarts.

use std::collections::BTreeMap;
use std::sync::Arc;

use kervan::domain::alert::{Handling, Op, Revision};
use kervan::domain::output::Outcome;
use kervan::domain::record::{Action, Body, Command, OperatorVerb, Record, Source};
use kervan::domain::rules::Rules;
use kervan::domain::time::{HOUR, MINUTE, Millis};

use super::chance::Chance;
use super::deliveries::{Case, Delivery, UNIT};
use super::drive_shard::{Cut, Ran, Whole, run};
use super::world::rules;

/// A journey with something to handle: one of the seeds on which alerts are raised well before its end.
fn log(seed: u64) -> Vec<Record> {
    let mut chance = Chance::new(seed);
    let case = Case::new(&mut chance, 250);
    case.deliver(Delivery::Scattered(900_000), 5, &mut chance)
}

/// A command on an alert, when the log clock stands at `clock`.
struct Given {
    clock: Millis,
    verb: OperatorVerb,
    alert: String,
    unit: &'static str,
    until: Option<Millis>,
    text: Option<&'static str>,
}

impl Given {
    fn new(clock: Millis, verb: OperatorVerb, alert: &str) -> Given {
        let until = (verb == OperatorVerb::Shelve).then_some(clock + HOUR);
        Given { clock, verb, alert: alert.to_owned(), unit: UNIT, until, text: Some("known") }
    }

    fn body(&self) -> Body {
        let action = Action::Operator {
            verb: self.verb,
            alert: self.alert.clone(),
            by: Some("ayşe".into()),
            office: None,
            until: self.until,
            text: self.text.map(str::to_owned),
        };
        Body::Command(Box::new(Command { unit: self.unit.to_owned(), time: self.clock, action }))
    }
}

/// The log with commands in it, each behind everything of its log clock.
fn with(log: &[Record], given: &[Given]) -> Vec<Record> {
    let mut all: Vec<(Millis, u8, Body)> =
        log.iter().map(|record| (record.source.timestamp, 0, record.body.clone())).collect();
    all.extend(given.iter().map(|one| (one.clock, 1, one.body())));
    all.sort_by_key(|(clock, behind, _)| (*clock, *behind));
    let record = |(offset, (timestamp, _, body)): (usize, (Millis, u8, Body))| Record {
        source: Source { partition: 0, offset: offset as u64, timestamp },
        body,
    };
    all.into_iter().enumerate().map(record).collect()
}

/// What became of the commands, in their order.
fn outcomes(log: &[Record], ran: &Ran) -> Vec<Outcome> {
    let operator =
        |record: &Record| matches!(&record.body, Body::Command(c) if matches!(c.action, Action::Operator { .. }));
    let pairs = log.iter().zip(&ran.out.dispositions);
    pairs.filter(|(record, _)| operator(record)).map(|(_, disposition)| disposition.outcome).collect()
}

fn by_people(op: Op) -> bool {
    matches!(op, Op::Acknowledge | Op::Shelve | Op::Unshelve | Op::Reset | Op::Annotate)
}

/// What was found, people aside: everything but handling, numbers and places in the log.
fn findings(ran: &Ran) -> Vec<String> {
    let line = |r: &Revision| {
        let (kind, condition) = (r.kind.name(), r.condition.name());
        format!("{} {} {kind} {} {condition} {} {:?} {:?}", r.alert, r.op.name(), r.subject, r.onset, r.ended, r.parent)
    };
    ran.out.revisions.iter().filter(|r| !by_people(r.op)).map(line).collect()
}

/// One record at a time, and through its bytes before each.
struct Torn;

impl Cut for Torn {
    fn batch(&mut self) -> usize {
        1
    }
    fn restart(&mut self) -> bool {
        true
    }
}

/// Something on everything that is raised, a minute and more after it was.
fn shift(ran: &Ran, chance: &mut Chance) -> Vec<Given> {
    let verbs = [OperatorVerb::Acknowledge, OperatorVerb::Shelve, OperatorVerb::Note, OperatorVerb::Reset];
    let raised = ran.out.revisions.iter().filter(|r| r.op == Op::Raise);
    let mut given = Vec::new();
    for revision in raised {
        for _ in 0..chance.within(1, 4) {
            let clock = revision.log_time + chance.within(1, 120) * MINUTE;
            given.push(Given::new(clock, *chance.pick(&verbs), &revision.alert));
        }
        given.push(Given::new(revision.log_time + 3 * HOUR, OperatorVerb::Unshelve, &revision.alert));
    }
    given
}

#[test]
fn people_change_the_handling_and_no_finding() {
    let books = vec![rules(400.0)];
    let (mut done, mut refused, mut rewound) = (0, 0, 0);
    for seed in 0..60 {
        let plain = log(seed);
        let given = shift(&run(&books, &plain, &mut Whole), &mut Chance::new(seed + 1_000));
        let handled = with(&plain, &given);
        let whole = run(&books, &handled, &mut Whole);
        // A command is a record, and moves the clock as one: the same log with commands about nothing.
        let idle: Vec<Given> = given.into_iter().map(|one| Given { alert: "none".to_owned(), ..one }).collect();
        let before = run(&books, &with(&plain, &idle), &mut Whole);
        assert_eq!(findings(&whole), findings(&before), "seed {seed}");
        let torn = run(&books, &handled, &mut Torn);
        assert_eq!(torn.out.revisions, whole.out.revisions, "seed {seed}");
        assert_eq!(torn.out.dispositions, whole.out.dispositions, "seed {seed}");
        let ends = outcomes(&handled, &whole);
        done += ends.iter().filter(|o| **o == Outcome::Applied).count();
        refused += ends.iter().filter(|o| **o != Outcome::Applied).count();
        rewound += amended_while_known(&whole);
    }
    println!("{done} commands done, {refused} refused, {rewound} corrections of what was acknowledged");
    assert!(done > 100 && refused > 20 && rewound > 0);
}

/// Corrections by late data that left an acknowledgement alone.
fn amended_while_known(ran: &Ran) -> usize {
    let mut before: BTreeMap<&str, Handling> = BTreeMap::new();
    let mut count = 0;
    for r in &ran.out.revisions {
        let known = before.insert(&r.alert, r.handling) == Some(Handling::Acknowledged);
        if r.op == Op::Amend && known {
            assert_ne!(r.handling, Handling::Unacknowledged, "a rewind undoes no handling: {r:?}");
            count += 1;
        }
    }
    count
}

/// The first alert of a journey that stays open and uncorrected for a while.
fn lasting(books: &[Arc<Rules>]) -> (Vec<Record>, Revision) {
    (0..200)
        .find_map(|seed| {
            let plain = log(seed);
            let ran = run(books, &plain, &mut Whole);
            let end = plain.last().map_or(0, |r| r.source.timestamp);
            let alone = |r: &&Revision| {
                r.op == Op::Raise
                    && r.ended.is_none()
                    && r.handling == Handling::Unacknowledged
                    && r.log_time + 4 * HOUR < end
            };
            let quiet = |r: &Revision| ran.out.revisions.iter().filter(|o| o.alert == r.alert).count() == 1;
            let found = ran.out.revisions.iter().find(|r| alone(r) && quiet(r)).cloned();
            found.map(|r| (plain, r))
        })
        .expect("one of the seeds has such an alert")
}

#[test]
fn a_shelf_ends_by_the_log_clock_and_every_refusal_has_its_name() {
    let books = vec![rules(400.0)];
    let (plain, raised) = lasting(&books);
    let t = raised.log_time;
    let on = |minute: Millis, verb| Given::new(t + minute * MINUTE, verb, &raised.alert);
    let office = raised.responsible.clone();
    let given = [
        Given { until: Some(t + 9 * HOUR), ..on(1, OperatorVerb::Shelve) },
        Given { text: None, ..on(2, OperatorVerb::Shelve) },
        Given { unit: "U-2", ..on(3, OperatorVerb::Acknowledge) },
        Given { alert: "0".repeat(32), ..on(4, OperatorVerb::Acknowledge) },
        Given { alert: "nonsense".to_owned(), ..on(5, OperatorVerb::Acknowledge) },
        on(6, OperatorVerb::Unshelve),
        Given { text: None, ..on(7, OperatorVerb::Note) },
        on(8, OperatorVerb::Note),
        Given { until: Some(t + 60 * MINUTE), ..on(9, OperatorVerb::Shelve) },
    ];
    let handled = with(&plain, &given);
    let ran = run(&books, &handled, &mut Torn);
    let wanted = [
        Outcome::UntilOutOfRange,
        Outcome::TextMissing,
        Outcome::WrongUnit,
        Outcome::PassedOn,
        Outcome::UnknownAlert,
        Outcome::NoEffect,
        Outcome::TextMissing,
        Outcome::Applied,
        Outcome::Applied,
    ];
    assert_eq!(outcomes(&handled, &ran), wanted);
    let said: Vec<&Revision> =
        ran.out.revisions.iter().filter(|r| r.alert == raised.alert && r.log_time >= t).collect();
    let ops: Vec<(Op, Handling, Millis)> = said.iter().map(|r| (r.op, r.handling, (r.log_time - t) / MINUTE)).collect();
    let wanted = [
        (Op::Raise, Handling::Unacknowledged, 0),
        (Op::Annotate, Handling::Unacknowledged, 8),
        (Op::Shelve, Handling::Shelved, 9),
        (Op::Unshelve, Handling::Unacknowledged, 60),
    ];
    assert_eq!(ops, wanted, "{office:?}");
    assert_eq!(said[3].log_time, t + 60 * MINUTE, "on the log clock, to the millisecond");
    assert_eq!((said[2].reason.as_deref(), said[3].reason.as_deref()), (Some("known"), Some("time")));
}
