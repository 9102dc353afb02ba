//! The result of a desk run: JSON, and Markdown made of the same.

use std::fmt::Write;

use serde::Serialize;

use super::load::ByPriority;
use super::verdict::{Layout, Target, budget, percent, targets};
use super::{Commands, DeskArgs, Done};
use crate::app::simulate::Answers;
use crate::domain::alert::{Kind, Priority};
use crate::domain::rulebook::ZoneClass;
use crate::domain::rules::Rules;
use crate::domain::time::{Rfc3339, SECOND};

/// Above this share of the budget a class of zones alone is heavy, percent.
const HEAVY: f64 = 25.0;

/// What came of a desk run.
#[derive(Debug, Serialize)]
pub struct DeskReport {
    schema: &'static str,
    seed: u64,
    vehicles: u32,
    days: u32,
    operators: u32,
    fixes: u64,
    from: String,
    to: String,
    rulebook: String,
    rulebook_sha256: String,
    changed: Vec<String>,
    budget_a_day: f64,
    m9_met: bool,
    targets: Vec<Target>,
    kinds: Vec<KindLine>,
    zones: Vec<ZoneLine>,
    answers: Vec<AnswerLine>,
    busy_percent: f64,
    longest_queue: usize,
    acknowledged: u64,
    shelved: u64,
    noted: u64,
    reset: u64,
}

#[derive(Debug, Serialize)]
struct KindLine {
    kind: &'static str,
    a_day: f64,
    low: f64,
    medium: f64,
    high: f64,
}

#[derive(Debug, Serialize)]
struct ZoneLine {
    class: &'static str,
    /// Zones of the class in the rulebook, and those that were heard of.
    zones: usize,
    heard: usize,
    a_day: f64,
    budget_percent: f64,
    busiest: String,
    busiest_a_day: f64,
    verdict: &'static str,
}

#[derive(Debug, Serialize)]
struct AnswerLine {
    priority: &'static str,
    answered: usize,
    in_time: u64,
    waited_p50_s: i64,
    waited_p95_s: i64,
    waited_max_s: i64,
    gone: u64,
    left: u64,
}

/// Gathers it.
pub(super) fn of(args: &DeskArgs, seed: u64, rules: &Rules, fixes: u64, done: Done) -> DeskReport {
    let layout = Layout { vehicles: args.vehicles, days: args.days, operators: args.operators };
    let targets = targets(&done.rows, &done.loads, layout);
    let shift = done.shift.as_ref();
    let on_duty = (done.span.1 - done.span.0) as f64 * f64::from(args.operators);
    let Commands { acknowledged, shelved, noted, reset } = done.commands;
    let set = args.variant.set.iter().map(|change| format!("--set {change}"));
    let without = args.variant.without_zone.iter().map(|zone| format!("--without-zone {zone}"));
    let answers = shift.map(|shift| shift.answers.iter().rev().map(answer).collect());
    DeskReport {
        schema: "kervan.desk/1",
        seed,
        vehicles: args.vehicles,
        days: args.days,
        operators: args.operators,
        fixes,
        from: Rfc3339(done.span.0).to_string(),
        to: Rfc3339(done.span.1).to_string(),
        rulebook: rules.settings().version.clone(),
        rulebook_sha256: rules.book.sha256.clone(),
        changed: set.chain(without).collect(),
        budget_a_day: budget(args.vehicles),
        m9_met: targets.iter().filter(|target| target.m9).all(|target| target.met),
        targets,
        kinds: kinds(&done, args.days),
        zones: zones(&done, rules, args),
        answers: answers.unwrap_or_default(),
        busy_percent: percent(shift.map_or(0.0, |shift| shift.busy as f64), on_duty),
        longest_queue: shift.map_or(0, |shift| shift.longest),
        acknowledged,
        shelved,
        noted,
        reset,
    }
}

fn kinds(done: &Done, days: u32) -> Vec<KindLine> {
    let mut kinds: Vec<_> = done.loads.kinds.iter().collect();
    // The heaviest first; equal ones as they are listed in FORMATS.
    kinds.sort_by_key(|(kind, by)| (std::cmp::Reverse(by.iter().sum::<u64>()), **kind));
    let line = |(kind, by): (&Kind, &ByPriority)| {
        let a_day = |n: u64| n as f64 / f64::from(days);
        let of = |priority: Priority| a_day(by[priority as usize]);
        KindLine {
            kind: kind.name(),
            a_day: a_day(by.iter().sum()),
            low: of(Priority::Low),
            medium: of(Priority::Medium),
            high: of(Priority::High),
        }
    };
    kinds.into_iter().map(line).collect()
}

/// Every class that the rulebook has zones of: one that says nothing is an answer, too.
fn zones(done: &Done, rules: &Rules, args: &DeskArgs) -> Vec<ZoneLine> {
    let mut lines: Vec<ZoneLine> = Vec::new();
    for class in ZoneClass::ALL {
        let zones = rules.book.zones.iter().filter(|zone| zone.class == *class).count();
        if zones == 0 {
            continue;
        }
        let by = done.loads.zones.get(class);
        let a_day = |n: u64| n as f64 / f64::from(args.days);
        // `max_by_key` takes the last of equals: the first by name is wanted.
        let busiest = by.and_then(|by| by.iter().rev().max_by_key(|(_, n)| **n));
        let total = a_day(by.map_or(0, |by| by.values().sum()));
        let share = percent(total, budget(args.vehicles));
        lines.push(ZoneLine {
            class: class.name(),
            zones,
            heard: by.map_or(0, std::collections::BTreeMap::len),
            a_day: total,
            budget_percent: share,
            busiest: busiest.map_or_else(String::new, |(zone, _)| zone.clone()),
            busiest_a_day: busiest.map_or(0.0, |(_, n)| a_day(*n)),
            verdict: match share {
                share if share > 100.0 => "floods a desk alone",
                share if share > HEAVY => "heavy",
                _ => "fits",
            },
        });
    }
    lines.sort_by(|a, b| b.a_day.total_cmp(&a.a_day));
    lines
}

fn answer((priority, answers): (&Priority, &Answers)) -> AnswerLine {
    let mut waited = answers.waited.clone();
    waited.sort_unstable();
    let at = |percent: usize| waited.get((waited.len() * percent / 100).min(waited.len().saturating_sub(1)));
    let seconds = |percent: usize| at(percent).map_or(0, |ms| ms / SECOND);
    AnswerLine {
        priority: priority.name(),
        answered: waited.len(),
        in_time: answers.in_time,
        waited_p50_s: seconds(50),
        waited_p95_s: seconds(95),
        waited_max_s: seconds(100),
        gone: answers.gone,
        left: answers.left,
    }
}

impl DeskReport {
    /// The tables.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let changed = if self.changed.is_empty() { "as it is".to_owned() } else { self.changed.join(" ") };
        writeln!(out, "## A desk of {} vehicles for {} days\n", self.vehicles, self.days)?;
        writeln!(
            out,
            "Seed {}, {} fixes, {} to {}. {} operator(s).",
            self.seed, self.fixes, self.from, self.to, self.operators
        )?;
        writeln!(out, "Rulebook {} ({}): {changed}.\n", self.rulebook, self.rulebook_sha256.get(..12).unwrap_or(""))?;
        writeln!(out, "M9 (the figures with a *): {}.\n", if self.m9_met { "met" } else { "**not met**" })?;
        writeln!(out, "| figure | measured | target | |\n|---|---|---|---|")?;
        for t in &self.targets {
            let (star, met) = (if t.m9 { " *" } else { "" }, if t.met { "met" } else { "**missed**" });
            writeln!(out, "| {}{star} | {} | {} | {met} |", t.figure, t.measured, t.wanted)?;
        }
        writeln!(
            out,
            "\n### Answers\n\n| priority | answered | in time | waited p50 / p95 / most | gone before | unanswered at the end |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|")?;
        for a in &self.answers {
            let share = percent(a.in_time as f64, a.answered as f64);
            let [p50, p95, most] = [a.waited_p50_s, a.waited_p95_s, a.waited_max_s].map(clock);
            writeln!(
                out,
                "| {} | {} | {share:.1} % | {p50} / {p95} / {most} | {} | {} |",
                a.priority, a.answered, a.gone, a.left
            )?;
        }
        writeln!(
            out,
            "\nOperators are busy {:.1} % of the time; at most {} alarms waited. Commands: {} acknowledged, {} shelved, {} notes, {} resets.",
            self.busy_percent, self.longest_queue, self.acknowledged, self.shelved, self.noted, self.reset
        )?;
        writeln!(
            out,
            "\n### Load by kind, announced alarms a day\n\n| kind | a day | low | medium | high |\n|---|---|---|---|---|"
        )?;
        for k in &self.kinds {
            writeln!(out, "| {} | {:.1} | {:.1} | {:.1} | {:.1} |", k.kind, k.a_day, k.low, k.medium, k.high)?;
        }
        let budget = self.budget_a_day;
        writeln!(out, "\n### Load by class of zone, beside a budget of {budget:.0} a day\n")?;
        writeln!(
            out,
            "| class | zones | heard of | a day | of the budget | verdict | busiest | a day | so many of it fill a desk |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|---|---|---|")?;
        for z in &self.zones {
            let fill = if z.busiest_a_day > 0.0 { format!("{:.1}", budget / z.busiest_a_day) } else { "-".to_owned() };
            let (share, busiest) = (z.budget_percent, if z.busiest.is_empty() { "-" } else { &z.busiest });
            writeln!(
                out,
                "| {} | {} | {} | {:.1} | {share:.0} % | {} | {busiest} | {:.1} | {fill} |",
                z.class, z.zones, z.heard, z.a_day, z.verdict, z.busiest_a_day
            )?;
        }
        Ok(())
    }
}

/// Seconds as `1:05:07`, or `5:07` below an hour.
fn clock(s: i64) -> String {
    let (h, m, s) = (s / 3_600, s / 60 % 60, s % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}
