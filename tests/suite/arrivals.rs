//! Small cases in which the ledger once depended on the order of arrival: each is the shrunken end of a case of
//! `confluence`, with the one late arrival that made the difference.

use kervan::domain::alert::{Kind, Op};
use kervan::domain::position::Position;
use kervan::domain::record::{
    Action, Body, Command, CorridorChoice, Declaration, Fix, InlineCorridor, Offices, Record, Source,
};
use kervan::domain::time::{Millis, SECOND};

use super::confluence::assert_same;
use super::deliveries::UNIT;
use super::drive_shard::{Ran, Whole, run};
use super::world::{START, at, road, rules};

/// A record and the log clock at which it arrives, in milliseconds after the start.
pub(super) type Arrival = (Millis, Body);

/// A fix at `time` (milliseconds after the start), a second before it arrives.
pub(super) fn fix(time: Millis, position: Position, speed_mps: u32) -> Arrival {
    let fix = Fix { time: START + time, position, speed_cm_s: Some(speed_mps * 100), valid: true, ..Fix::default() };
    (time + SECOND, Body::Fix { unit: UNIT.into(), fix })
}

fn command(placed: Millis, time: Millis, action: Action) -> Arrival {
    (placed, Body::Command(Box::new(Command { unit: UNIT.into(), time: START + time, action })))
}

pub(super) fn activate(deadline: Option<Millis>) -> Arrival {
    let declaration = Box::new(Declaration {
        corridor: Some(CorridorChoice::Id("c".to_owned())),
        deadline: deadline.map(|t| START + t),
        offices: Some(Offices {
            departure: Some("TR000001".to_owned()),
            destination: Some("TR000002".to_owned()),
            on_route: Vec::new(),
        }),
        ..Declaration::default()
    });
    command(-60_000, -60_000, Action::Activate { journey: "J-1".to_owned(), declaration })
}

/// Decides the records in the order of their arrivals, up to a tick at `end`.
pub(super) fn decided(said: &[Arrival], end: Millis) -> Ran {
    let mut said = said.to_vec();
    said.push((end, Body::Tick { time: START + end }));
    said.sort_by_key(|(arrival, _)| *arrival);
    let record = |(offset, (arrival, body)): (usize, Arrival)| Record {
        source: Source { partition: 0, offset: offset as u64, timestamp: START + arrival },
        body,
    };
    let log: Vec<Record> = said.into_iter().enumerate().map(record).collect();
    run(&[rules(400.0)], &log, &mut Whole)
}

/// The ledger is the same where number `late` arrives at `arrival`, and each kind is raised at all.
fn same_when_late(said: &[Arrival], late: usize, arrival: Millis, kinds: &[Kind]) -> (Ran, Ran) {
    let end = said.iter().map(|(t, _)| *t).max().unwrap_or(0).max(arrival) + 1_200_000;
    let mut other = said.to_vec();
    other[late].0 = arrival;
    let (wanted, got) = (decided(said, end), decided(&other, end));
    for kind in kinds {
        let raised = |ran: &Ran| ran.out.revisions.iter().any(|r| r.op == Op::Raise && r.kind == *kind);
        assert!(raised(&wanted) && raised(&got), "the case has lost its {kind:?}");
    }
    assert_same(&wanted, &got);
    (wanted, got)
}

/// A stop, a jump away that ends the stop, and the return to where it stood.
fn stop_jump_return() -> Vec<Arrival> {
    let stand = road(6_900.0).offset_m(0.0, 900.0);
    let near = |e: f64, n: f64| stand.offset_m(e, n);
    let away = |e: f64| at(42_000.0 + e, 20_000.0);
    vec![
        activate(None),
        fix(1_200_000, near(0.0, 0.0), 0),
        fix(1_320_000, near(5.0, 8.0), 0),
        fix(1_560_000, near(9.0, 4.0), 0),
        fix(1_680_000, near(6.0, 6.0), 0),
        fix(1_800_000, away(0.0), 0),
        fix(1_920_000, away(6.0), 0),
        fix(2_040_000, away(2.0), 0),
        fix(2_520_000, near(7.0, 2.0), 0),
        fix(2_960_000, near(4.0, 3.0), 0),
        fix(3_080_000, near(3.0, 5.0), 0),
    ]
}

#[test]
fn a_stop_that_goes_on_after_a_jump_is_one_stop() {
    let said = stop_jump_return();
    // The begin of the stop comes while the vehicle seems to be elsewhere.
    let (wanted, _) = same_when_late(&said, 1, 2_100_000, &[Kind::UnusualStop, Kind::PositionJump]);
    let stops = wanted.out.revisions.iter().filter(|r| r.kind == Kind::UnusualStop && r.onset < START + 1_400_000);
    let mut ids: Vec<&String> = stops.map(|r| &r.alert).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "one identity");
}

#[test]
fn a_stop_that_went_on_after_a_jump_is_ended_again_by_a_late_end_of_the_journey() {
    let mut said = stop_jump_return();
    let close = Action::Deactivate { journey: "J-1".to_owned(), outcome: None, note: None };
    // The journey had ended before the return was believed: the stop has ended where the jump began, and stands.
    said.push(command(2_950_000, 2_900_000, close));
    let close = said.len() - 1;
    same_when_late(&said, close, 3_600_000, &[Kind::UnusualStop, Kind::PositionJump]);
}

#[test]
fn a_limit_that_was_passed_ahead_of_the_arrival_leaves_what_stood() {
    let deadline = |placed: Millis, deadline: Millis| {
        let changes = Box::new(Declaration { deadline: Some(START + deadline), ..Declaration::default() });
        let amend = Action::Amend {
            journey: "J-1".to_owned(),
            from_time: Some(START + placed),
            until: None,
            detour: None,
            changes,
            by: None,
            reason: None,
        };
        command(placed, placed, amend)
    };
    let said = [
        activate(Some(1_000_000)),
        fix(900_000, road(16_000.0), 20),
        fix(960_000, road(17_200.0), 20),
        deadline(1_040_000, 1_180_000),
        fix(1_100_000, road(20_000.0), 20),
    ];
    // The new limit is passed on the log's clock while the fix of the arrival is still on its way.
    same_when_late(&said, 4, 1_240_000, &[Kind::RouteTimeExceeded]);
}

const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

/// Three days with a fix in five minutes: the first hours at a rest, then a way round the corridor and a stop on it, then
/// the rest again.
fn three_days() -> Vec<Arrival> {
    let place = |t: Millis| match t - 30 * HOUR {
        aside if aside < 0 => (road(6_000.0), 0),
        aside if aside < 30 * MINUTE => (road(6_000.0 + aside as f64 / 600.0).offset_m(0.0, 1_500.0), 2),
        aside if aside < 2 * HOUR => (road(9_000.0).offset_m(0.0, 1_500.0), 0),
        aside if aside < 3 * HOUR => (road(9_000.0 + (aside - 2 * HOUR) as f64 / 900.0), 1),
        _ => (road(13_000.0), 0),
    };
    let fixes = (0..3 * DAY / (5 * MINUTE)).map(|n| n * 5 * MINUTE).map(|t| {
        let (position, speed) = place(t);
        // Receivers stand still, positions never quite do.
        let jitter = (t / MINUTE % 7 - 3) as f64;
        fix(t, position.offset_m(jitter, 2.0 * jitter), speed)
    });
    [activate(None)].into_iter().chain(fixes).collect()
}

#[test]
fn what_a_unit_has_stored_for_three_days_is_decided_as_if_it_had_come_in_time() {
    let said = three_days();
    let end = 4 * DAY;
    let wanted = decided(&said, end);
    for kind in [Kind::CorridorDeviation, Kind::UnusualStop] {
        assert!(
            wanted.out.revisions.iter().any(|r| r.op == Op::Raise && r.kind == kind),
            "the case has lost its {kind:?}"
        );
    }
    // All but the first hour is uploaded on the fourth day, ten fixes a second, oldest first or newest first.
    let stored = said.len() as Millis - 13;
    for oldest_first in [true, false] {
        let mut late = said.clone();
        for (n, (arrival, _)) in late.iter_mut().skip(13).enumerate() {
            let n = n as Millis;
            *arrival = 3 * DAY + HOUR + 100 * if oldest_first { n } else { stored - n };
        }
        assert_same(&wanted, &decided(&late, end));
    }
}

#[test]
fn an_amendment_days_later_judges_the_journey_from_its_start() {
    let mut said = three_days();
    let line = [5_000.0, 10_000.0].map(|x| road(x).offset_m(0.0, 1_500.0)).to_vec();
    let amend = Action::Amend {
        journey: "J-1".to_owned(),
        from_time: Some(START),
        until: None,
        detour: Some(InlineCorridor { line, half_width_dm: Some(6_000) }),
        changes: Box::new(Declaration::default()),
        by: None,
        reason: None,
    };
    let deviations = |ran: &Ran| {
        let of_kind = ran.out.revisions.iter().filter(|r| r.kind == Kind::CorridorDeviation);
        let raised = of_kind.clone().filter(|r| r.op == Op::Raise).count();
        (raised, of_kind.filter(|r| r.op == Op::Retract).count())
    };
    said.push(command(2 * MINUTE, 2 * MINUTE, amend));
    let amend = said.len() - 1;
    let (wanted, got) = same_when_late(&said, amend, 3 * DAY, &[]);
    assert_eq!((deviations(&wanted), deviations(&got)), ((0, 0), (1, 1)), "said, and taken back with the detour");
}
