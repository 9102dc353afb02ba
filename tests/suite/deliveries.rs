//! One case of the property tests: what units and offices said, and several orders in which it may have arrived.

use kervan::domain::position::Position;
use kervan::domain::record::{
    Action, Body, Command, CorridorChoice, Declaration, Fix, Heartbeat, InlineCorridor, Mount, Offices, Record, Source,
};
use kervan::domain::time::Millis;

use super::chance::Chance;
use super::world::{START, drive, road};

/// Unit of every case.
pub const UNIT: &str = "U-1";
const MINUTE: Millis = 60_000;

/// What was said, before it was delivered.
#[derive(Clone, Debug)]
pub struct Case {
    /// Fixes, duplicates of conflicts included, in event order.
    pub fixes: Vec<Fix>,
    /// Everything else, with its place in log time, ascending.
    pub fixed: Vec<(Millis, Body)>,
    /// Where the log ends.
    pub end: Millis,
}

/// How fixes arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A second after they were taken, in order.
    Prompt,
    /// Each on its own, up to this many milliseconds late.
    Scattered(Millis),
    /// Stored and sent in one go, in any order, at the end of windows of about this length.
    Bursts(Millis),
}

impl Case {
    /// A journey of about `count` fixes.
    pub fn new(chance: &mut Chance, count: usize) -> Case {
        let mut fixes = drive(chance, count);
        let last = fixes.last().map_or(START, |f| f.time);
        for _ in 0..chance.within(0, 3) {
            let mut other = *chance.pick(&fixes);
            other.position = other.position.offset_m(chance.within(-3_000, 3_000) as f64, 20.0);
            other.accuracy_dm = *chance.pick(&[None, Some(30), Some(2_000)]);
            other.valid = chance.percent(70);
            fixes.push(other);
        }
        fixes.sort_by_key(|f| f.time);
        let mut fixed = commands(chance, last);
        for _ in 0..chance.within(0, 3) {
            let heartbeat = Heartbeat {
                receive_time: chance.percent(30).then(|| chance.pick(&fixes).time),
                battery_pct: chance.percent(60).then(|| chance.within(5, 60) as u8),
                alarms: kervan::domain::record::Alarms(u16::from(chance.percent(50))),
            };
            fixed.push((chance.within(START, last), Body::Heartbeat { unit: UNIT.into(), heartbeat }));
        }
        if chance.percent(30) {
            fixed.extend((0..chance.within(1, 40)).map(|n| {
                let time = START + n * 97_000;
                (time, Body::Tick { time })
            }));
        }
        fixed.sort_by_key(|(timestamp, _)| *timestamp);
        let end = last.max(fixed.last().map_or(last, |(t, _)| *t)) + chance.within(1, 200) * MINUTE;
        Case { fixes, fixed, end }
    }

    /// A log of it; `repeats` fixes come twice.
    pub fn deliver(&self, how: Delivery, repeats: usize, chance: &mut Chance) -> Vec<Record> {
        let latest = self.end - 1;
        let mut arrivals: Vec<(Millis, u64, Body)> = Vec::new();
        let mut boundary = START;
        for fix in &self.fixes {
            let prompt = fix.time + 1_000;
            let timestamp = match how {
                Delivery::Prompt => prompt,
                Delivery::Scattered(most) => prompt + if chance.percent(40) { chance.within(0, most) } else { 0 },
                Delivery::Bursts(window) => {
                    while boundary < prompt {
                        boundary += chance.within(window / 4, window * 2).max(1_000);
                    }
                    boundary
                }
            };
            let tie = if how == Delivery::Prompt { 0 } else { chance.next() };
            let body = Body::Fix { unit: UNIT.into(), fix: *fix };
            arrivals.push((timestamp.min(latest), tie, body));
        }
        for _ in 0..repeats {
            let mut fix = *chance.pick(&self.fixes);
            fix.archive = true;
            let timestamp = chance.within(fix.time + 1_000, latest.max(fix.time + 1_001));
            arrivals.push((timestamp, chance.next(), Body::Fix { unit: UNIT.into(), fix }));
        }
        arrivals.extend(self.fixed.iter().map(|(timestamp, body)| (*timestamp, 0, body.clone())));
        arrivals.push((self.end, u64::MAX, Body::Tick { time: self.end }));
        arrivals.sort_by_key(|(timestamp, tie, _)| (*timestamp, *tie));
        let record = |(offset, (timestamp, _, body)): (usize, (Millis, u64, Body))| Record {
            source: Source { partition: 0, offset: offset as u64, timestamp },
            body,
        };
        arrivals.into_iter().enumerate().map(record).collect()
    }
}

fn command(time: Millis, action: Action) -> Body {
    Body::Command(Box::new(Command { unit: UNIT.into(), time, action }))
}

fn declaration(chance: &mut Chance) -> Declaration {
    let corridor = match chance.within(0, 13) {
        0 => None,
        1 => Some(CorridorChoice::Inline(InlineCorridor {
            line: [0.0, 12_000.0, 24_000.0].map(road).to_vec(),
            half_width_dm: Some(3_000),
        })),
        2..5 => Some(CorridorChoice::Id("o".to_owned())),
        _ => Some(CorridorChoice::Id("c".to_owned())),
    };
    Declaration {
        corridor,
        deadline: chance.percent(20).then(|| START + chance.within(10, 200) * MINUTE),
        interval_ms: chance.percent(30).then_some(60_000),
        risk: chance.percent(40).then(|| chance.within(0, 4) as u8),
        mount: chance.percent(30).then_some(Mount::TractorUnder),
        offices: chance.percent(70).then(|| Offices {
            departure: Some("TR000001".to_owned()),
            destination: Some("TR000002".to_owned()),
            on_route: Vec::new(),
        }),
        ..Declaration::default()
    }
}

fn amendment(chance: &mut Chance, journey: &str, from: Millis, last: Millis) -> Action {
    let corridor = Some(CorridorChoice::Id("c".to_owned()));
    let (detour, changes) = match chance.within(0, 4) {
        0 => (None, Declaration { corridor, ..Declaration::default() }),
        1 => (None, Declaration { risk: Some(3), ..Declaration::default() }),
        2 => (None, Declaration { deadline: Some(chance.within(from, last + 1)), ..Declaration::default() }),
        _ => {
            let aside = |p: Position| p.offset_m(0.0, 900.0);
            let line = [3_000.0, 9_000.0].map(|x| aside(road(x))).to_vec();
            (Some(InlineCorridor { line, half_width_dm: Some(4_000) }), Declaration::default())
        }
    };
    Action::Amend {
        journey: journey.to_owned(),
        from_time: chance.percent(60).then(|| chance.within(START, last + 1)),
        until: chance.percent(30).then_some(last - MINUTE),
        detour,
        changes: Box::new(changes),
        by: None,
        reason: None,
    }
}

/// Commands of a unit's day: their event times and their places in the log differ at times.
fn commands(chance: &mut Chance, last: Millis) -> Vec<(Millis, Body)> {
    let span = (last - START).max(1);
    let mut said: Vec<(Millis, Body)> = Vec::new();
    let late = |chance: &mut Chance, time: Millis, percent: i64| {
        let timestamp = if chance.percent(percent) { time + chance.within(0, span) } else { time };
        timestamp.max(START - 2 * MINUTE)
    };
    let begin = START - MINUTE + if chance.percent(20) { chance.within(0, span / 3 + 1) } else { 0 };
    let activate = |journey: &str, time, chance: &mut Chance| {
        let declaration = Box::new(declaration(chance));
        command(time, Action::Activate { journey: journey.to_owned(), declaration })
    };
    let placed = late(chance, begin, 25);
    said.push((placed, activate("J-1", begin, chance)));
    if chance.percent(50) {
        let time = begin + chance.within(0, 20 * MINUTE);
        said.push((late(chance, time, 30), command(time, Action::ClearToDepart { journey: "J-1".to_owned() })));
    }
    for _ in 0..chance.within(0, 3) {
        let time = chance.within(START, last + 1);
        let amend = amendment(chance, "J-1", time, last);
        said.push((late(chance, time, 30), command(time, amend)));
    }
    if chance.percent(25) {
        let (on, off) = (chance.within(START, last + 1), chance.within(START, last + 1));
        said.push((late(chance, on, 30), command(on, Action::Hold { plate: None, reason: None })));
        said.push((late(chance, off, 30), command(off, Action::Release { plate: None, reason: None })));
    }
    if chance.percent(45) {
        let close = |time| command(time, Action::Deactivate { journey: "J-1".to_owned(), outcome: None, note: None });
        let time = begin + chance.within(span / 4, span + 2);
        let mut log = late(chance, time, 40).max(placed + 1);
        said.push((log, close(time)));
        if chance.percent(40) {
            log += chance.within(1, span / 4 + 2);
            let reopen = Action::Reopen { journey: "J-1".to_owned(), by: None, reason: None };
            said.push((log, command(time, reopen)));
            if chance.percent(50) {
                log += chance.within(1, span / 4 + 2);
                said.push((log, close(time + chance.within(0, span / 2 + 1))));
            }
        }
        if chance.percent(60) {
            let time = time + chance.within(0, span / 4 + 1);
            let placed = late(chance, time, 30).max(log + 1);
            said.push((placed, activate("J-2", time, chance)));
        }
    }
    said
}
