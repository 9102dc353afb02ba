//! A stream made by hand for each figure.

use super::super::alert::{Condition, Handling, Kind, Op, Priority};
use super::super::time::{DAY, HOUR, MINUTE, Millis, SECOND};
use super::{Figures, Heard, Kpis, Load, Row, Scope, Watch};

/// A midnight.
const T0: Millis = 20_000 * DAY;

/// A raise of silence at a unit, `at` after midnight.
fn raise(alert: &str, at: Millis) -> Heard {
    Heard {
        alert: alert.to_owned(),
        rev: 1,
        op: Op::Raise,
        kind: Kind::Silence,
        unit: Some("u".to_owned()),
        subject: "unit".to_owned(),
        condition: Condition::Active,
        handling: Handling::Unacknowledged,
        priority: Priority::Low,
        log_time: T0 + at,
        late_by_s: 0,
        offices: Vec::new(),
    }
}

/// The next revision of an alert.
fn next(before: &Heard, op: Op, after: Millis) -> Heard {
    let condition = match op {
        Op::Clear | Op::Retract => Condition::Inactive,
        Op::Raise => Condition::Active,
        _ => before.condition,
    };
    let handling = match op {
        Op::Acknowledge if before.condition == Condition::Active => Handling::Acknowledged,
        Op::Acknowledge | Op::Retract => Handling::Closed,
        Op::Raise | Op::Unshelve => Handling::Unacknowledged,
        Op::Shelve => Handling::Shelved,
        _ => before.handling,
    };
    Heard { rev: before.rev + 1, op, condition, handling, log_time: before.log_time + after, ..before.clone() }
}

fn rows(stream: &[Heard]) -> Vec<Row> {
    let mut kpis = Kpis::default();
    stream.iter().for_each(|heard| _ = kpis.hear(heard));
    kpis.rows(Some((T0, T0 + DAY - 1)))
}

fn of(stream: &[Heard], scope: &Scope, day: i64) -> Figures {
    rows(stream).into_iter().find(|r| r.scope == *scope && r.day == 20_000 + day).map(|r| r.figures).unwrap_or_default()
}

/// Of everything, on the first day.
fn all(stream: &[Heard]) -> Figures {
    of(stream, &Scope::All, 0)
}

/// So many alerts of a unit each, a second apart, from `at` on.
fn burst(count: usize, at: Millis, name: &str) -> Vec<Heard> {
    let one = |n: usize| Heard {
        unit: Some(format!("{name}{n}")),
        ..raise(&format!("{name}-{n}"), at + n as Millis * SECOND)
    };
    (0..count).map(one).collect()
}

#[test]
fn what_asks_for_nobody_is_not_annunciated() {
    let quiet = [
        Heard { priority: Priority::Journal, ..raise("a", 0) },
        Heard { handling: Handling::Suppressed, ..raise("b", 0) },
        Heard { late_by_s: 1_800, ..raise("c", 0) },
    ];
    assert_eq!(all(&quiet).annunciated, 0);
    let high = Heard { priority: Priority::High, late_by_s: 1_800, ..raise("d", 0) };
    assert_eq!(all(&[high, Heard { late_by_s: 1_799, ..raise("e", 0) }]).annunciated, 2);
}

#[test]
fn coming_back_is_annunciated_and_growing_worse_is_not() {
    let first = raise("a", 0);
    let worse = Heard { priority: Priority::High, ..next(&first, Op::Update, MINUTE) };
    assert_eq!(all(&[first.clone(), worse.clone(), worse.clone()]).annunciated, 1, "and what is read twice is one");
    let shelved = next(&worse, Op::Shelve, MINUTE);
    let back = next(&shelved, Op::Unshelve, HOUR);
    assert_eq!(all(&[first.clone(), worse, shelved, back]).annunciated, 2);
    let quiet = Heard { priority: Priority::Journal, ..raise("b", 0) };
    let risen = Heard { priority: Priority::Medium, ..next(&quiet, Op::Update, MINUTE) };
    assert_eq!((all(&[quiet.clone(), risen.clone()]).annunciated, all(&[quiet, risen]).medium), (1, 1));
}

#[test]
fn rate_peak_and_share_are_those_of_ten_minutes() {
    let mut stream = burst(11, 5 * MINUTE, "x");
    stream.extend(burst(10, 25 * MINUTE, "y"));
    stream.extend(burst(2, 59 * MINUTE + 59 * SECOND, "z"));
    let figures = all(&stream);
    assert_eq!((figures.annunciated, figures.peak, figures.slots_over, figures.slots), (23, 11, 1, 144));
    let mut kpis = Kpis::default();
    stream.iter().for_each(|heard| _ = kpis.hear(heard));
    let known: Vec<u32> = kpis.rows(None).iter().filter(|r| r.scope == Scope::All).map(|r| r.figures.slots).collect();
    assert_eq!(known, [7], "without the log's span, from the first alert to the last: :05 to 1:00");
}

#[test]
fn a_flood_begins_above_ten_and_ends_below_five() {
    let mut stream = burst(12, 0, "a");
    stream.extend(burst(5, 10 * MINUTE, "b"));
    stream.extend(burst(14, 20 * MINUTE, "c"));
    stream.extend(burst(4, 30 * MINUTE, "d"));
    stream.extend(burst(10, 50 * MINUTE, "e")); // many, and no flood
    stream.extend(burst(11, 70 * MINUTE, "f"));
    let figures = all(&stream);
    assert_eq!((figures.floods, figures.flood_s, figures.flood_peak), (2, 30 * 60 + 10 * 60, 14));
}

#[test]
fn a_flood_over_midnight_is_one_of_the_day_on_which_it_began() {
    let mut stream = burst(11, DAY - 10 * MINUTE, "a");
    stream.extend(burst(12, DAY, "b"));
    let day = |day| of(&stream, &Scope::All, day);
    assert_eq!((day(0).floods, day(0).flood_s, day(1).floods, day(1).peak), (1, 1200, 0, 12));
}

#[test]
fn ten_sources_have_a_share() {
    let mut stream = burst(12, 0, "a");
    let again = |n: i64| Heard { unit: Some("a0".to_owned()), ..raise(&format!("again-{n}"), HOUR + n * MINUTE) };
    stream.extend((0..8).map(again));
    let figures = all(&stream);
    assert_eq!((figures.annunciated, figures.sources, figures.top10), (20, 12, 9 + 9));
    let second = Heard { unit: None, subject: "cell:x".to_owned(), kind: Kind::RegionalOutage, ..raise("r", 0) };
    assert_eq!(all(&[second]).sources, 1);
}

#[test]
fn three_turns_within_a_minute_are_chatter() {
    let first = raise("a", 0);
    let gone = next(&first, Op::Clear, 20 * SECOND);
    let fast = next(&gone, Op::Raise, 39 * SECOND);
    let slow = next(&gone, Op::Raise, 40 * SECOND);
    assert_eq!(all(&[first.clone(), gone.clone(), fast]).chatter, 1);
    assert_eq!(all(&[first.clone(), gone.clone(), slow]).chatter, 0);
    let journal = |h: &Heard| Heard { priority: Priority::Journal, ..h.clone() };
    let fast = next(&gone, Op::Raise, SECOND);
    assert_eq!(all(&[first, gone, fast].map(|h| journal(&h))).chatter, 0, "nobody hears it");
}

#[test]
fn what_is_over_within_a_minute_by_itself_is_fleeting() {
    let first = raise("a", 0);
    let acknowledged = next(&first, Op::Acknowledge, SECOND);
    assert_eq!(all(&[first.clone(), next(&first, Op::Clear, MINUTE - 1)]).fleeting, 1);
    assert_eq!(all(&[first.clone(), next(&first, Op::Clear, MINUTE)]).fleeting, 0);
    assert_eq!(all(&[first, acknowledged.clone(), next(&acknowledged, Op::Clear, SECOND)]).fleeting, 0);
}

#[test]
fn what_is_active_for_more_than_a_day_is_stale_on_each_day_after() {
    let first = raise("a", HOUR);
    let ended = next(&first, Op::Clear, 2 * DAY);
    let day = |stream: &[Heard], day| of(stream, &Scope::All, day).stale;
    let stream = [first.clone(), ended];
    assert_eq!([0, 1, 2, 3].map(|n| day(&stream, n)), [0, 1, 1, 0]);
    let goes_on = [first.clone(), Heard { unit: None, ..raise("b", 3 * DAY) }];
    assert_eq!([0, 1, 2, 3, 4].map(|n| day(&goes_on, n)), [0, 1, 1, 1, 0]);
    assert_eq!(day(&[first.clone(), next(&first, Op::Clear, DAY)], 1), 0, "a day is not more than a day");
}

#[test]
fn priorities_are_those_at_which_alerts_were_annunciated() {
    let of = |alert: &str, priority| Heard { priority, ..raise(alert, 0) };
    let stream = [of("a", Priority::Low), of("b", Priority::Low), of("c", Priority::Medium), of("d", Priority::High)];
    let figures = all(&stream);
    assert_eq!((figures.low, figures.medium, figures.high), (2, 1, 1));
}

#[test]
fn more_than_three_retractions_of_a_unit_are_a_storm() {
    let taken_back = |n: i64| {
        let first = raise(&format!("a{n}"), n * HOUR);
        [first.clone(), next(&first, Op::Retract, MINUTE)]
    };
    let of = |count: i64| {
        let figures = all(&(0..count).flat_map(taken_back).collect::<Vec<_>>());
        (figures.retracted, figures.storms)
    };
    assert_eq!((of(3), of(4)), ((3, 0), (4, 1)));
    let journal = Heard { priority: Priority::Journal, ..raise("j", 0) };
    assert_eq!(all(&[journal.clone(), next(&journal, Op::Retract, 1)]).retracted, 0, "nobody was told");
}

#[test]
fn the_delay_of_acknowledgement_is_the_median_and_of_the_day_of_the_alarm() {
    let acknowledged = |alert: &str, at: Millis, after: Millis| {
        let first = raise(alert, at);
        [first.clone(), next(&first, Op::Acknowledge, after)]
    };
    let mut stream = acknowledged("a", 0, 30 * SECOND).to_vec();
    stream.extend(acknowledged("b", HOUR, 90 * SECOND));
    stream.extend(acknowledged("c", DAY - MINUTE, HOUR));
    stream.push(raise("d", 0));
    let figures = all(&stream);
    assert_eq!((figures.annunciated, figures.acknowledged, figures.acknowledge_median_s), (4, 3, Some(90)));
    // One office of two: it waits still.
    let first = raise("e", 0);
    let half = Heard { handling: Handling::Unacknowledged, ..next(&first, Op::Acknowledge, MINUTE) };
    let rest = next(&half, Op::Acknowledge, MINUTE);
    assert_eq!(all(&[first.clone(), half.clone()]).acknowledge_median_s, None);
    assert_eq!(all(&[first, half, rest]).acknowledge_median_s, Some(120));
}

#[test]
fn an_alert_is_the_load_of_each_responsible_office_of_its_kind_and_its_unit() {
    let offices = vec!["A".to_owned(), "B".to_owned()];
    let stream = [Heard { offices, ..raise("a", 0) }, Heard { kind: Kind::Tamper, ..raise("b", 0) }];
    let scope = |scope| of(&stream, &scope, 0).annunciated;
    assert_eq!((scope(Scope::All), scope(Scope::Office("A".into())), scope(Scope::Office("B".into()))), (2, 1, 1));
    assert_eq!((scope(Scope::Kind(Kind::Tamper)), scope(Scope::Unit("u".into()))), (1, 2));
}

#[test]
fn the_watch_knows_the_last_ten_minutes() {
    let mut watch = Watch::default();
    let stream = burst(11, 0, "a");
    let counted =
        stream.iter().filter(|heard| watch.hear(&Heard { offices: vec!["A".into()], ..(*heard).clone() })).count();
    let load = |watch: &Watch, scope: Scope| watch.loads().find(|(s, _)| **s == scope).map(|(_, load)| load);
    assert_eq!(counted, 11);
    assert_eq!(load(&watch, Scope::Office("A".into())), Some(Load { rate: 11, flood: true }));
    watch.pass(T0 + 10 * MINUTE + 5 * SECOND);
    assert_eq!(load(&watch, Scope::All), Some(Load { rate: 5, flood: true }), "six are older than ten minutes");
    watch.pass(T0 + 10 * MINUTE + 6 * SECOND);
    assert_eq!(load(&watch, Scope::All), Some(Load { rate: 4, flood: false }));
    assert!(!watch.hear(&next(&stream[0], Op::Update, MINUTE)));
}
