//! How fixes reach the log (DETECTION, section 6.3): jitter, lost contact with a later upload, repeats, contradictions.
//!
//! No fix arrives before its time.

use super::agenda::SpellKind;
use super::chance::Chance;
use super::drive::Trace;
use super::noise::Measured;
use super::plan::Delivery;
use crate::domain::record::Fix;
use crate::domain::time::{Millis, SECOND};

/// A fix at its arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sent {
    /// When the log receives it.
    pub(super) arrival: Millis,
    /// What it says.
    pub(super) fix: Fix,
}

/// Sends every fix; the result is in order of arrival.
pub(super) fn send(
    measured: &[Measured],
    trace: &Trace,
    start: Millis,
    delivery: Delivery,
    chance: &mut Chance,
) -> Vec<Sent> {
    let gaps = gaps(trace, delivery, chance);
    let mut sent: Vec<Sent> = Vec::new();
    let mut stored: Vec<Fix> = Vec::new();
    let (mut gap, mut last) = (0, i64::MIN);
    for one in measured {
        while gaps.get(gap).is_some_and(|g| g.1 <= one.second) {
            gap += 1;
        }
        if gaps.get(gap).is_some_and(|g| g.0 <= one.second) {
            stored.push(Fix { archive: true, ..one.fix });
            continue;
        }
        let measured_at = start + one.second as Millis * SECOND;
        let mut arrival = measured_at + 300 + (chance.exponential(2_000.0) as Millis).min(30_000);
        if delivery == Delivery::InOrder {
            arrival = arrival.max(last + 1);
            last = arrival;
        }
        sent.push(Sent { arrival, fix: one.fix });
        upload(&mut stored, arrival, delivery, &mut sent);
    }
    let end = start + trace.seconds.len() as Millis * SECOND;
    let late = gaps.last().map_or(end, |g| end.max(start + g.1 as Millis * SECOND));
    upload(&mut stored, late, delivery, &mut sent);
    repeat(&mut sent, delivery, chance);
    for one in &mut sent {
        one.fix.receive_time = Some(one.arrival);
    }
    sent.sort_by_key(|one| one.arrival);
    sent
}

/// One stored fix a second, after the live fix that arrived at `arrival`.
fn upload(stored: &mut Vec<Fix>, arrival: Millis, delivery: Delivery, sent: &mut Vec<Sent>) {
    if delivery == Delivery::NewestFirst {
        stored.reverse();
    }
    for (i, fix) in stored.drain(..).enumerate() {
        sent.push(Sent { arrival: arrival + (i as Millis + 1) * SECOND, fix });
    }
}

/// Stretches without contact, seconds of the trace: 4 in 10 hours of mean 27 minutes, and the planted ones.
fn gaps(trace: &Trace, delivery: Delivery, chance: &mut Chance) -> Vec<(usize, usize)> {
    let mut gaps: Vec<(usize, usize)> = Vec::new();
    if matches!(delivery, Delivery::InOrder | Delivery::Duplicated) {
        return gaps;
    }
    for (at, spell) in &trace.spells {
        if spell.what == SpellKind::OutOfContact {
            gaps.push((*at, *at + spell.lasts_s as usize));
        }
    }
    let mut at = 900 + chance.exponential(9_000.0) as usize;
    while at < trace.seconds.len() {
        let end = at + chance.exponential(1_620.0).clamp(60.0, 10_800.0) as usize;
        gaps.push((at, end));
        at = end + 600 + chance.exponential(8_400.0) as usize;
    }
    gaps.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for gap in gaps {
        match merged.last_mut() {
            Some(before) if gap.0 <= before.1 => before.1 = before.1.max(gap.1),
            _ => merged.push(gap),
        }
    }
    merged
}

/// Duplicates (1 %, or 5 % and a replay of the last minute every 6 hours) and contradictions (0.1 %).
fn repeat(sent: &mut Vec<Sent>, delivery: Delivery, chance: &mut Chance) {
    if delivery == Delivery::InOrder {
        return;
    }
    let share = if delivery == Delivery::Duplicated { 0.05 } else { 0.01 };
    let mut more = Vec::new();
    let mut restart = sent.first().map_or(0, |s| s.arrival) + chance.exponential(21_600_000.0) as Millis;
    for one in sent.iter() {
        if chance.happens(share) {
            more.push(Sent { arrival: one.arrival + 200 + chance.exponential(20_000.0) as Millis, fix: one.fix });
        }
        if chance.happens(0.001) {
            let (east, north) = chance.direction();
            let far = chance.between(20.0, 80.0);
            let accuracy_dm = one.fix.accuracy_dm.map(|a| a * 2 + 10);
            let fix = Fix { position: one.fix.position.offset_m(east * far, north * far), accuracy_dm, ..one.fix };
            more.push(Sent { arrival: one.arrival + 100 + chance.exponential(5_000.0) as Millis, fix });
        }
        if delivery == Delivery::Duplicated && one.arrival > restart {
            let again = sent.iter().filter(|s| s.arrival <= restart && s.arrival > restart - 60 * SECOND);
            more.extend(again.map(|s| Sent { arrival: restart + 50, fix: s.fix }));
            restart += chance.exponential(21_600_000.0) as Millis + SECOND;
        }
    }
    sent.extend(more);
}
