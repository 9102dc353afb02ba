//! The report of a campaign: what was done, the goals interval by interval, simpler systems beside it, then the details.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::campaign::{Campaign, Wanted};
use super::figures::{Group, KindScore, Score, rate};
use super::fleets::{Order, TOGETHER, TOGETHER_H, VEHICLES};
use super::{beside, reasons, render};
use crate::app::simulate::{GroupKind, PlantKind};
use crate::domain::rules::Rules;
use crate::edge::wire;

/// The report, and its figures.
pub(super) fn report(campaign: Campaign, wanted: &Wanted, rules: &Rules) -> (String, Score) {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = head(&mut out, &campaign, wanted, rules);
    let score = campaign.harvest.own.finish();
    let _ = clean(&mut out, &score);
    let _ = recall(&mut out, &score);
    let _ = goals(&mut out, &score);
    out += &beside::table(&score, campaign.harvest.beside);
    out.push('\n');
    for group in score.groups.iter().filter(|g| g.name == "all") {
        let _ = render::table(&mut out, group);
    }
    let _ = reasons::write(&mut out, &score);
    (out, score)
}

fn head(out: &mut String, campaign: &Campaign, wanted: &Wanted, rules: &Rules) -> fmt::Result {
    let (name, seed, rounds) = (wanted.size.name(), wanted.seed, campaign.orders.len());
    writeln!(out, "# Detection, campaign {name}\n")?;
    writeln!(
        out,
        "`kervan score --campaign {name} --seed {seed} --rounds {} --rulebook DIR`, rulebook {}, engine {}.\n",
        wanted.rounds,
        rules.book.sha256,
        *wire::ENGINE_VERSION
    )?;
    let harvest = &campaign.harvest;
    let why = if campaign.cut_short { " (then the rounds that were asked for ran out)" } else { "" };
    writeln!(
        out,
        "{rounds} rounds{why}, {} vehicle-days of which {} clean, {} fixes. Observable violations:\n",
        harvest.vehicle_days, harvest.clean_days, harvest.fixes
    )?;
    for (kind, count) in &campaign.counts {
        writeln!(out, "- {kind}: {count}")?;
    }
    writeln!(
        out,
        "\nA log can be made again: fleet N (the `fN:` before a name) is `kervan simulate --seed {seed} * 1000003 + N \
         --vehicles {VEHICLES} --interval I --delivery D --plants P --clean C`, round N / 100; N % 100 counts the pairs of \
         interval (10, 30, 60, 120, 300) and delivery (in_order, oldest_first, newest_first, duplicated), the latter first; \
         from 20 on, interval number (N % 100) % 5 from 0, fleets of {TOGETHER} with `--plants none --together T --hours \
         {TOGETHER_H}`, whose delivery is that of number (round + N % 100) % 4, from 0; none of their days counts as clean. \
         P, T and C:\n"
    )?;
    for orders in campaign.orders.chunk_by(same) {
        let Some((Order { round, plants, together, clean_share, .. }, last)) = orders.first().zip(orders.last()) else {
            continue;
        };
        let plants: Vec<&str> = plants.iter().map(|p| PlantKind::name(*p)).collect();
        let groups: Vec<&str> = together.iter().map(|g| GroupKind::name(*g)).collect();
        let groups = if groups.is_empty() { "none".to_owned() } else { groups.join(",") };
        let plants = plants.join(",");
        writeln!(out, "- rounds {round} to {}: `--plants {plants} --clean {clean_share}`, T `{groups}`", last.round)?;
    }
    writeln!(out)
}

/// Whether two rounds were made alike.
fn same(a: &Order, b: &Order) -> bool {
    a.plants == b.plants && a.together == b.together && a.clean_share == b.clean_share
}

/// What is heard on days on which nothing was planted.
fn clean(out: &mut String, score: &Score) -> fmt::Result {
    writeln!(out, "## Announced falsely on clean days (M2)\n")?;
    writeln!(out, "| interval | clean vehicle-days | announced falsely | a vehicle-day (95 %) | high | kinds |")?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    let groups: Vec<&Group> = score.groups.iter().filter(|g| g.name.starts_with("clean=")).collect();
    for group in &groups {
        let (each, low, high) = group.false_annunciated_per_day;
        let of = |k: &KindScore| format!("{} {}", k.false_annunciated, k.kind);
        let kinds: Vec<String> = group.kinds.iter().filter(|k| k.false_annunciated > 0).map(of).collect();
        writeln!(
            out,
            "| {} s | {:.0} | {} | {each:.4} [{low:.4}, {high:.4}] | {} | {} |",
            group.name.trim_start_matches("clean="),
            group.vehicle_days,
            group.false_annunciated,
            group.false_high,
            kinds.join(", ")
        )?;
    }
    let count = groups.len().max(1) as f64;
    let days: f64 = groups.iter().map(|g| g.vehicle_days).sum();
    let highs: u64 = groups.iter().map(|g| g.false_high).sum();
    let all: u64 = groups.iter().map(|g| g.false_annunciated).sum();
    let mean = groups.iter().map(|g| g.false_annunciated_per_day.0).sum::<f64>() / count;
    let mean_high = groups.iter().map(|g| g.false_high as f64 / g.vehicle_days.max(1.0)).sum::<f64>() / count;
    let (_, low, high) = rate(all, days);
    writeln!(out, "| mean | {days:.0} | {all} | {mean:.4} [{low:.4}, {high:.4}] | {highs}: {mean_high:.4} | |\n")?;
    let met = if mean <= 0.05 && mean_high <= 0.01 { "met" } else { "not met" };
    writeln!(out, "Goal: 0.05, of them high 0.01, mean over the intervals: {met}.\n")
}

/// Observable ones found, kind by interval and delivery; the other strata beside them.
fn recall(out: &mut String, score: &Score) -> fmt::Result {
    let named = |prefix: &str| score.groups.iter().filter(|g| g.name.starts_with(prefix)).collect::<Vec<&Group>>();
    let columns: Vec<&Group> = named("interval=").into_iter().chain(named("delivery=")).collect();
    let Some(all) = score.groups.first() else { return Ok(()) };
    writeln!(out, "## Observable violations found, by interval and delivery\n")?;
    let titles: Vec<&str> = columns.iter().map(|g| g.name.split('=').nth(1).unwrap_or_default()).collect();
    writeln!(out, "| kind | all | recall (95 %) | {} | brief | dark | guard |", titles.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(columns.len() + 6))?;
    let of = |pair: (u64, u64)| if pair.1 == 0 { "-".to_owned() } else { format!("{}/{}", pair.0, pair.1) };
    for kind in all.kinds.iter().filter(|k| k.last.observable.1 > 0) {
        let (each, low, high) = kind.recall.unwrap_or_default();
        let cell = |g: &&Group| {
            let found = g.kinds.iter().find(|k| k.kind == kind.kind);
            found.map_or("-".to_owned(), |k| of(k.last.observable))
        };
        writeln!(
            out,
            "| {} | {} | {each:.4} [{low:.4}, {high:.4}] | {} | {} | {} | {} |",
            kind.kind,
            of(kind.last.observable),
            columns.iter().map(cell).collect::<Vec<_>>().join(" | "),
            of(kind.last.brief),
            of(kind.last.dark),
            kind.last.guard
        )?;
    }
    writeln!(out)
}

/// A goal a row, an interval a column.
fn goals(out: &mut String, score: &Score) -> fmt::Result {
    let groups: Vec<&Group> = score.groups.iter().filter(|g| g.name.starts_with("interval=")).collect();
    let mut rows: BTreeMap<(String, usize), Vec<String>> = BTreeMap::new();
    for (column, group) in groups.iter().enumerate() {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for goal in super::goals::of(group) {
            let again = seen.entry(goal.name.clone()).and_modify(|n| *n += 1).or_insert(0);
            let row = rows.entry((goal.name, *again)).or_insert_with(|| vec!["-".to_owned(); groups.len()]);
            let met = if goal.met { "met" } else { "**not met**" };
            row[column] = format!("{} (goal {}): {met}", goal.measured, goal.wanted);
        }
    }
    writeln!(out, "## Goals of DETECTION, section 8\n")?;
    let titles: Vec<&str> = groups.iter().map(|g| g.name.trim_start_matches("interval=")).collect();
    writeln!(out, "| goal | {} |\n|{}", titles.join(" | "), "---|".repeat(titles.len() + 1))?;
    for ((name, _), cells) in rows {
        writeln!(out, "| {name} | {} |", cells.join(" | "))?;
    }
    writeln!(out)
}
