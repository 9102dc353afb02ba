//! The stage as a whole: what is told, corrected and taken back; that neither order of arrival nor partitions matter.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::alert::{EvidenceValue, Handling, Kind, Op, Priority, Revision};
use super::super::position::Position;
use super::super::record::Source;
use super::super::rulebook::{Rulebook, Source as BookSource};
use super::super::rules::Rules;
use super::super::time::{MINUTE, Millis, SECOND};
use super::Second;
use super::line::{ContactLine, ContactState, EpisodeLine, Happening, JamLine, OperatorLine, StopLine};

const T0: Millis = 1_777_593_600_000;
const HERE: Position = Position { lat_e6: 40_100_000, lon_e6: 29_200_000 };

fn rules() -> Arc<Rules> {
    Rules::new(Rulebook::compile(BookSource::default()).expect("an empty rulebook has no faults"))
}

fn stop(unit: &str, east_m: f64, from_min: f64, to_min: f64, open: bool) -> StopLine {
    StopLine {
        journey: format!("J-{unit}"),
        unit: unit.to_owned(),
        rev: 1,
        position: HERE.offset_m(east_m, 0.0),
        sigma_m: 10,
        from: T0 + (from_min * 60_000.0) as Millis,
        to: T0 + (to_min * 60_000.0) as Millis,
        open,
        off_corridor: false,
        in_place: false,
        hints: 0,
        risk: 0,
        retracted: false,
    }
}

/// Lines of one partition, a minute of the log at a time.
struct Log {
    second: Second,
    said: Vec<Revision>,
    offset: u64,
}

impl Log {
    fn new() -> Log {
        Log { second: Second::new(&[rules()]), said: Vec::new(), offset: 0 }
    }

    fn say(&mut self, minute: f64, what: Happening) -> Vec<(Kind, Op)> {
        let log_time = T0 + (minute * 60_000.0) as Millis;
        let source = Source { partition: 0, offset: self.offset, timestamp: log_time };
        self.offset += 1;
        let before = self.said.len();
        self.second.step([EpisodeLine { log_time, source, what }], &mut self.said);
        self.said[before..].iter().map(|r| (r.kind, r.op)).collect()
    }

    fn stop(&mut self, minute: f64, stop: StopLine) -> Vec<(Kind, Op)> {
        self.say(minute, Happening::Stop(stop))
    }

    fn last(&self) -> &Revision {
        self.said.last().expect("something was said")
    }
}

#[test]
fn two_that_stand_together_meet_when_it_is_proven() {
    let mut log = Log::new();
    assert!(log.stop(2.0, stop("b", 0.0, 0.0, 2.0, true)).is_empty());
    assert!(log.stop(12.0, stop("a", 25.0, 10.0, 12.0, true)).is_empty());
    assert!(log.stop(15.0, stop("a", 25.0, 10.0, 15.0, true)).is_empty(), "b is proven until 2 only");
    assert_eq!(log.stop(15.5, stop("b", 0.0, 0.0, 15.5, true)), [(Kind::Rendezvous, Op::Raise)]);
    let raised = log.last().clone();
    assert_eq!((raised.subject.as_str(), raised.unit.as_deref(), raised.journey.as_deref()), ("pair:a+b", None, None));
    assert_eq!((raised.onset, raised.raised), (T0 + 10 * MINUTE, T0 + 15 * MINUTE));
    assert_eq!(raised.priority, Priority::Low);
    assert!(raised.text.en.contains("a, b") && raised.text.en.contains("25 m"));
    assert_eq!(raised.text.respond_within_min, Some(10));
    assert!(log.stop(20.0, stop("a", 25.0, 10.0, 20.0, true)).is_empty(), "more of the same is no news");
    assert_eq!(log.stop(40.0, stop("a", 25.0, 10.0, 33.0, false)), [(Kind::Rendezvous, Op::Clear)]);
    assert_eq!(log.last().ended, Some(T0 + 33 * MINUTE));
    // A late fix shortens the stop of b, then takes it back.
    assert_eq!(
        log.stop(50.0, stop("b", 0.0, 0.0, 30.0, false)),
        [(Kind::Rendezvous, Op::Clear)].map(|(k, _)| (k, Op::Amend))
    );
    let taken_back = StopLine { retracted: true, ..stop("b", 0.0, 0.0, 30.0, false) };
    assert_eq!(log.stop(60.0, taken_back), [(Kind::Rendezvous, Op::Retract)]);
    assert_eq!(log.last().reason.as_deref(), Some("late_data"));
    assert_eq!(log.stop(70.0, stop("b", 0.0, 0.0, 30.0, false)), [(Kind::Rendezvous, Op::Raise)]);
    assert_eq!((log.last().rev, &log.last().alert), (5, &raised.alert), "found again: the same alert");
}

#[test]
fn who_stands_apart_or_in_a_place_or_leaves_in_time_meets_nobody() {
    for other in [
        stop("a", 130.0, 10.0, 30.0, false),
        stop("a", 20.0, 10.0, 14.9, false),
        StopLine { in_place: true, ..stop("a", 20.0, 10.0, 30.0, false) },
        StopLine { unit: "b".into(), ..stop("a", 20.0, 10.0, 30.0, false) },
    ] {
        let mut log = Log::new();
        log.stop(20.0, stop("b", 0.0, 0.0, 60.0, false));
        assert!(log.stop(30.0, other.clone()).is_empty(), "{other:?}");
    }
    let mut log = Log::new();
    log.stop(20.0, stop("b", 0.0, 0.0, 60.0, false));
    let off = StopLine { off_corridor: true, hints: 5, ..stop("a", 75.0, 10.0, 15.0, false) };
    assert_eq!(log.stop(30.0, off), [(Kind::Rendezvous, Op::Raise)]);
    assert_eq!(log.last().priority, Priority::High);
    assert_eq!(log.last().priority_reason, ["off_corridor", "unloading_hints>=3"]);
}

#[test]
fn four_are_a_crowd_and_no_meeting() {
    let mut log = Log::new();
    for (i, unit) in ["a", "b", "c"].into_iter().enumerate() {
        log.stop(2.0, stop(unit, 20.0 * i as f64, 0.1 * i as f64, 2.5, true));
    }
    log.stop(3.0, stop("d", 60.0, 0.5, 3.0, true));
    let mut said = Vec::new();
    for (i, unit) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let from = if i < 3 { 0.1 * i as f64 } else { 0.5 };
        said.extend(log.stop(7.0, stop(unit, 20.0 * i as f64, from, 7.0, true)));
    }
    assert_eq!(said, [(Kind::Crowd, Op::Raise)]);
    let crowd = log.last();
    assert_eq!(
        (crowd.priority, &crowd.children[..]),
        (Priority::Journal, &["a", "b", "c", "d"].map(str::to_owned)[..])
    );
    assert!(crowd.subject.starts_with("cell:88"), "{}", crowd.subject);
    assert_eq!((crowd.onset, crowd.raised), (T0 + 30 * SECOND, T0 + 330 * SECOND));
    assert_eq!(log.stop(9.0, stop("e", 80.0, 7.0, 9.0, true)), [(Kind::Crowd, Op::Update)], "a fifth joins");
}

fn contact(unit: &str, state: ContactState, since: Millis) -> Happening {
    Happening::Contact(ContactLine {
        journey: format!("J-{unit}"),
        unit: unit.to_owned(),
        state,
        since,
        position: Some(HERE),
        risk: 0,
        alert: (state == ContactState::Silent).then(|| format!("silence-of-{unit}")),
    })
}

#[test]
fn many_silent_at_once_are_one_regional_outage() {
    let mut log = Log::new();
    for i in 0..10 {
        log.say(0.0, contact(&format!("u{i}"), ContactState::Seen, T0));
    }
    let silent = |i: i32, at: Millis| contact(&format!("u{i}"), ContactState::Silent, T0 + at);
    assert!(log.say(10.0, silent(0, 4 * MINUTE)).is_empty());
    assert!(log.say(10.1, silent(1, 5 * MINUTE)).is_empty());
    assert!(log.say(10.2, silent(2, 20 * MINUTE)).is_empty(), "not within five minutes of the others");
    assert_eq!(log.say(10.3, silent(3, 6 * MINUTE)), [(Kind::RegionalOutage, Op::Raise)], "three of ten");
    let raised = log.last().clone();
    assert_eq!(raised.children, ["silence-of-u0", "silence-of-u1", "silence-of-u3"]);
    assert_eq!((raised.priority, raised.onset), (Priority::Medium, T0 + 4 * MINUTE));
    assert!(log.say(10.4, silent(4, 7 * MINUTE)).is_empty(), "told with the next update");
    assert!(log.say(11.0, Happening::Tick).is_empty());
    assert_eq!(log.say(11.4, Happening::Tick), [(Kind::RegionalOutage, Op::Update)]);
    assert_eq!(log.last().children.len(), 4);
    for half in 23..=40 {
        assert!(log.say(f64::from(half) / 2.0, Happening::Tick).is_empty());
    }
    let back = |i: i32| contact(&format!("u{i}"), ContactState::Alive, T0);
    assert!(log.say(20.0, back(0)).is_empty());
    assert!(log.say(20.1, back(1)).is_empty());
    let said = log.say(20.2, back(3));
    assert!(said.is_empty(), "a log with ticks decides up to the tick");
    assert_eq!(log.say(20.3, Happening::Tick), [(Kind::RegionalOutage, Op::Clear)]);
    assert_eq!(log.last().alert, raised.alert);
    assert_eq!(log.last().reason.as_deref(), Some("recovered"));
}

#[test]
fn three_jammed_units_are_a_jammed_region() {
    let mut log = Log::new();
    let jam = |unit: &str, from: i64, to: i64, open: bool| {
        Happening::Jam(JamLine {
            journey: format!("J-{unit}"),
            unit: unit.to_owned(),
            alert: format!("jam-{unit}"),
            rev: 1,
            position: Some(HERE.offset_m(from as f64 * 1000.0, 0.0)),
            from: T0 + from * MINUTE,
            to: T0 + to * MINUTE,
            open,
            risk: 2,
            retracted: false,
        })
    };
    assert!(log.say(2.0, jam("a", 0, 1, false)).is_empty());
    assert!(log.say(4.0, jam("b", 3, 4, true)).is_empty());
    assert_eq!(log.say(6.0, jam("c", 5, 6, true)), [(Kind::Jamming, Op::Raise)]);
    let region = log.last();
    assert!(region.subject.starts_with("cell:84"), "{}", region.subject);
    assert_eq!(
        (region.priority, &region.children[..]),
        (Priority::High, &["jam-a", "jam-b", "jam-c"].map(str::to_owned)[..])
    );
    assert_eq!((region.unit.as_deref(), region.onset), (None, T0 + 5 * MINUTE));
}

#[test]
fn our_own_outage_is_one_alert() {
    let mut log = Log::new();
    log.say(0.0, Happening::Tick);
    assert!(log.say(0.5, Happening::Tick).is_empty());
    assert_eq!(log.say(4.5, Happening::Tick), [(Kind::SystemOutage, Op::Raise)]);
    let outage = log.last();
    assert_eq!((outage.onset, outage.ended), (T0 + 30 * SECOND, Some(T0 + 270 * SECOND)));
    assert_eq!((outage.subject.as_str(), outage.priority), ("system", Priority::High));
}

/// A small deterministic source of chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

/// Histories of stops: each a list of revisions that end in a last word.
fn histories(chance: &mut Chance) -> Vec<Vec<StopLine>> {
    (0..4 + chance.below(14))
        .map(|n| {
            let unit = format!("u{}", chance.below(8));
            let east = chance.below(5) as f64 * 55.0 + chance.below(2) as f64 * 900.0;
            let from = chance.below(60) as f64;
            let to = from + 2.0 + chance.below(30) as f64;
            let base = StopLine {
                journey: format!("J-{unit}-{}", chance.below(2)),
                off_corridor: chance.below(3) == 0,
                hints: (chance.below(4) == 0).into(),
                ..stop(&unit, east, from + n as f64 / 100.0, to, false)
            };
            let mut history = Vec::new();
            let mut proven = 2.0;
            while proven < to - from && chance.below(3) > 0 {
                history.push(StopLine { to: base.from + (proven * 60_000.0) as Millis, open: true, ..base.clone() });
                proven += 1.0 + chance.below(4) as f64;
            }
            if chance.below(5) == 0 {
                history.push(StopLine { retracted: true, ..base.clone() });
            }
            match chance.below(6) {
                0 => history.push(StopLine { retracted: true, ..base }),
                1 => history.push(StopLine { open: true, ..base }),
                _ => history.push(base),
            }
            history
        })
        .collect()
}

/// What stands in the end: without ids, revisions, log times.
fn standing(said: &[Revision]) -> Vec<String> {
    let mut newest: BTreeMap<&str, &Revision> = BTreeMap::new();
    for revision in said {
        let old = newest.insert(&revision.alert, revision);
        assert_eq!(revision.rev, old.map_or(1, |old| old.rev + 1), "revisions count on");
    }
    let mut lines: Vec<String> = newest
        .values()
        .filter(|r| r.op != Op::Retract)
        .map(|r| {
            let Revision { kind, subject, onset, raised, ended, priority, confidence, children, evidence, .. } = r;
            format!(
                "{kind:?} {subject} {onset} {raised} {ended:?} {priority:?} {confidence:?} {children:?} {evidence:?}"
            )
        })
        .collect();
    lines.sort();
    lines
}

fn run(histories: &[Vec<StopLine>], chance: &mut Chance, partitions: u64, restarts: bool) -> Vec<Revision> {
    let books = [rules()];
    let mut second = Second::new(&books);
    let mut said = Vec::new();
    let mut next: Vec<usize> = vec![0; histories.len()];
    let mut offset = 0;
    loop {
        let left: Vec<usize> = (0..next.len()).filter(|i| next[*i] < histories[*i].len()).collect();
        let Some(pick) = left.get(chance.below(left.len().max(1) as u64) as usize) else { break };
        let one = histories[*pick][next[*pick]].clone();
        next[*pick] += 1;
        offset += 1;
        let partition = (*pick as u64 % partitions) as u32;
        let log_time = T0 + offset as Millis * SECOND;
        let source = Source { partition, offset, timestamp: log_time };
        second.step([EpisodeLine { log_time, source, what: Happening::Stop(one) }], &mut said);
        if restarts && chance.below(5) == 0 {
            let mut bytes = Vec::new();
            second.encode(&mut bytes);
            second = Second::decode(&bytes, &books).expect("a state that was just written");
            let mut again = Vec::new();
            second.encode(&mut again);
            assert_eq!(bytes, again, "state is written as it was read");
        }
    }
    second.finish(&mut said);
    said
}

#[test]
fn what_stands_does_not_depend_on_the_order_of_arrival() {
    let cases = std::env::var("KERVAN_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let (mut meetings, mut crowds) = (0, 0);
    for seed in 1..=cases {
        let mut chance = Chance(u64::wrapping_mul(seed, 0x9E37_79B9_7F4A_7C15));
        let histories = histories(&mut chance);
        let wanted = standing(&run(&histories, &mut chance, 1, false));
        for partitions in [1, 3] {
            let got = standing(&run(&histories, &mut chance, partitions, true));
            assert_eq!(wanted, got, "seed {seed}, {partitions} partition(s)");
        }
        meetings += wanted.iter().filter(|l| l.starts_with("Rendezvous")).count();
        crowds += wanted.iter().filter(|l| l.starts_with("Crowd")).count();
    }
    assert!(
        meetings as u64 > cases / 4 && crowds as u64 > cases / 10,
        "{meetings} meetings, {crowds} crowds: too few to prove anything"
    );
}

#[test]
fn its_alerts_are_handled_as_all_others_and_a_refusal_is_a_note() {
    let mut log = Log::new();
    log.stop(12.0, stop("b", 0.0, 0.0, 12.0, true));
    log.stop(14.0, stop("a", 25.0, 5.0, 14.0, true));
    assert_eq!(log.last().handling, Handling::Unacknowledged);
    let alert = log.last().alert.clone();
    let command = |action: &str, until: Option<f64>, text: Option<&str>| {
        Happening::Operator(OperatorLine {
            unit: "a".into(),
            alert: alert.clone(),
            action: action.into(),
            reason: None,
            by: Some("ayşe".into()),
            office: None,
            until: until.map(|minute| T0 + (minute * 60_000.0) as Millis),
            text: text.map(str::to_owned),
            time: T0,
        })
    };
    let meeting = |op: Op| vec![(Kind::Rendezvous, op)];
    assert_eq!(log.say(15.0, command("shelve", Some(40.0), None)), meeting(Op::Annotate));
    assert_eq!(log.last().reason.as_deref(), Some("text_missing"));
    assert_eq!(log.say(16.0, command("shelve", Some(40.0), Some("police on site"))), meeting(Op::Shelve));
    assert_eq!((log.last().handling, log.last().reason.as_deref()), (Handling::Shelved, Some("police on site")));
    let on_shelf = &log.last().evidence.values;
    assert!(on_shelf.contains(&("shelved_until", EvidenceValue::Time(T0 + 40 * MINUTE))), "{on_shelf:?}");
    assert!(on_shelf.contains(&("by", EvidenceValue::Text("ayşe".into()))), "{on_shelf:?}");
    // The shelf survives a restart, and ends on time, whatever comes then.
    let mut bytes = Vec::new();
    log.second.encode(&mut bytes);
    log.second = Second::decode(&bytes, &[rules()]).expect("it reads what it wrote");
    assert!(log.stop(39.0, stop("a", 25.0, 5.0, 39.0, true)).is_empty());
    assert_eq!(log.stop(41.0, stop("b", 0.0, 0.0, 41.0, true)), meeting(Op::Unshelve));
    assert_eq!((log.last().log_time, log.last().handling), (T0 + 40 * MINUTE, Handling::Unacknowledged));
    assert_eq!(log.say(42.0, command("acknowledge", None, None)), meeting(Op::Acknowledge));
    assert_eq!(log.last().handling, Handling::Acknowledged);
    log.stop(50.0, stop("a", 25.0, 5.0, 43.0, false));
    assert_eq!((log.last().op, log.last().handling), (Op::Clear, Handling::Closed));
    assert_eq!(log.say(51.0, command("reset", None, None)), meeting(Op::Annotate));
    assert_eq!((log.last().reason.as_deref(), log.last().rev), (Some("alert_closed"), 7));
}
