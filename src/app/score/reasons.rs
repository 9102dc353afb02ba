//! Why something was missed or said falsely, as far as truth and alarms of the journey tell; misses of one reason are listed
//! together.
//!
//! A reason is where to look, not a verdict on a detector: the cause is found by deciding the log of that journey again.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::figures::{FalseAlarm, Miss, Score};
use super::ledger::Alarm;
use crate::app::simulate::{Plant, Stratum, Truth};
use crate::domain::time::{HOUR, MINUTE, Millis, Rfc3339};

/// Examples of one reason of false alarms; the others are counted.
const EXAMPLES: usize = 6;
/// With so few fixes in it, a violation is at the edge of what can be seen.
const FEW: i64 = 3;
/// What takes the positions away by which others are seen.
const BLINDING: [&str; 6] =
    ["position_jump", "dual_position", "gnss_frozen", "jamming", "unverified_interval", "silence"];

/// Of an observable violation that the final ledger lacks.
pub(super) fn of_miss(plant: &Plant, truth: &Truth, alarms: &[Alarm]) -> String {
    let overlaps = |alarm: &Alarm, by: Millis| {
        alarm.raised <= plant.to + by && alarm.ended.is_none_or(|end| end >= plant.from - by)
    };
    let mine = || alarms.iter().filter(|a| a.journey == plant.journey);
    let own = |alarm: &&Alarm| alarm.kind == plant.kind && alarm.subject == plant.subject;
    let mut others: Vec<&str> =
        mine().filter(|a| !a.retracted && overlaps(a, 0) && !own(a)).map(|a| a.kind.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    let mut out = match () {
        () if mine().any(|a| own(&a) && a.retracted && overlaps(a, HOUR)) => "said, and taken back".to_owned(),
        () if mine().any(|a| own(&a) && !a.retracted && overlaps(a, 0)) => "its alarm serves another one".to_owned(),
        () if mine().any(|a| own(&a) && !a.retracted && overlaps(a, HOUR)) => {
            "said, but too early or too late".to_owned()
        }
        () if !others.is_empty() => format!("said otherwise: {}", others.join(", ")),
        () => "nothing was said".to_owned(),
    };
    let blinded = beside(truth, &plant.journey, (plant.from, plant.to), |p| {
        p.plant != plant.plant && p.kind != plant.kind && BLINDING.contains(&p.kind.as_str())
    });
    if !blinded.is_empty() {
        let _ = write!(out, "; within it: {}", blinded.join(", "));
    }
    if plant.detail.fixes.is_some_and(|n| n <= FEW) {
        out += "; at most three fixes";
    }
    out
}

/// Of an alarm that nothing in the truth explains.
pub(super) fn of_false(alarm: &Alarm, truth: &Truth, clean: bool) -> String {
    let from = alarm.onset.min(alarm.raised) - 30 * MINUTE;
    let to = alarm.ended.unwrap_or(alarm.raised) + 30 * MINUTE;
    let near = beside(truth, &alarm.journey, (from, to), |p| p.stratum != Stratum::Guard || p.kind == alarm.kind);
    let day = if clean { "clean day, " } else { "" };
    match near.is_empty() {
        true => format!("{day}nothing within half an hour"),
        false => format!("{day}within half an hour of: {}", near.join(", ")),
    }
}

/// Kinds of violations of a journey that overlap a time.
fn beside<'t>(
    truth: &'t Truth,
    journey: &str,
    (from, to): (Millis, Millis),
    counts: impl Fn(&Plant) -> bool,
) -> Vec<&'t str> {
    let there = truth.plants.iter().filter(|p| p.journey == journey && p.from <= to && p.to >= from && counts(p));
    let mut kinds: Vec<&str> = there.map(|p| p.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Both lists, a reason each.
pub(super) fn write(out: &mut String, score: &Score) -> fmt::Result {
    writeln!(out, "## Observable violations that were missed: {}\n", score.missed.len())?;
    let reason = |m: &Miss| format!("{}: {}", m.plant.kind, m.reason);
    group(out, &score.missed, usize::MAX, reason, violation)?;
    if !score.slow.is_empty() {
        writeln!(out, "\n## Jumps that were raised later than M8 asks: {}\n", score.slow.len())?;
        score.slow.iter().try_for_each(|m| writeln!(out, "- {}: {}", violation(m), m.reason))?;
    }
    let (heard, quiet): (Vec<&FalseAlarm>, Vec<&FalseAlarm>) = score.false_alarms.iter().partition(|f| f.annunciated);
    for (title, list) in [("False alarms that were announced", heard), ("False alarms in journal or suppressed", quiet)]
    {
        writeln!(out, "\n## {title}: {}\n", list.len())?;
        group(
            out,
            &list,
            EXAMPLES,
            |f| format!("{}: {}", f.kind, f.reason),
            |f| {
                let high = if f.high { " high" } else { "" };
                format!("{} {} {} {} {} s {}{high}", f.alert, f.subject, f.journey, f.raised, f.interval_s, f.delivery)
            },
        )?;
    }
    writeln!(out, "\nOne alarm serves two violations only if less than 5 min and an interval lie between them.")
}

fn violation(miss: &Miss) -> String {
    let p = &miss.plant;
    let detail = serde_json::to_string(&p.detail).unwrap_or_default();
    format!(
        "{} {} {} {} - {} {} s {} {detail}",
        p.plant,
        p.subject,
        p.journey,
        Rfc3339(p.from),
        Rfc3339(p.to),
        miss.interval_s,
        miss.delivery
    )
}

/// `most` of each reason.
fn group<T>(
    out: &mut String,
    list: &[T],
    most: usize,
    of: impl Fn(&T) -> String,
    line: impl Fn(&T) -> String,
) -> fmt::Result {
    let mut reasons: BTreeMap<String, Vec<&T>> = BTreeMap::new();
    for one in list {
        reasons.entry(of(one)).or_default().push(one);
    }
    let mut reasons: Vec<(String, Vec<&T>)> = reasons.into_iter().collect();
    reasons.sort_by(|a, b| (b.1.len(), &a.0).cmp(&(a.1.len(), &b.0)));
    for (reason, list) in reasons {
        writeln!(out, "- {} x {reason}", list.len())?;
        for one in list.iter().take(most) {
            writeln!(out, "  - {}", line(one))?;
        }
    }
    Ok(())
}
