//! The result as tables that are read by people: Markdown.

use std::fmt::Write;

use super::figures::{Group, KindScore, Matrix, Score};
use super::reasons;

/// The whole report.
pub(super) fn markdown(score: &Score) -> String {
    let mut out = String::new();
    for group in &score.groups {
        // Writing to a String cannot fail.
        let _ = table(&mut out, group);
    }
    let _ = reasons::write(&mut out, score);
    out
}

pub(super) fn table(out: &mut String, group: &Group) -> std::fmt::Result {
    writeln!(out, "## {}\n", group.name)?;
    writeln!(out, "{:.1} vehicle-days, {:.0} h of driving.\n", group.vehicle_days, group.driving_h)?;
    writeln!(
        out,
        "| kind | observable found | 95 % | brief | dark | guard | as announced | precision | false | a vehicle-day (95 %) \
         | a 24 h driving | heard | dup. | comp. | retr. | late | chatter / fleeting | onset error p5/50/95 s \
         | evidence delay p50/95/max s | announced after p50/95/max s |"
    )?;
    writeln!(out, "|{}", "---|".repeat(20))?;
    for kind in &group.kinds {
        row(out, kind)?;
    }
    let (rate, low, high) = group.false_annunciated_per_day;
    writeln!(
        out,
        "\nAlarms a vehicle-day: {:.2}, annunciated {:.2}. False and annunciated: {} ({} high), {rate:.4} a vehicle-day \
         [{low:.4}, {high:.4}]; goal M2: 0.05 (high 0.01).\n",
        group.alarms_per_day, group.annunciated_per_day, group.false_annunciated, group.false_high,
    )?;
    goals(out, group)?;
    if group.name == "all" {
        matrix(out, "Planted (rows) and raised (columns)", &group.confusion)?;
        matrix(out, "Companions: violation (rows) that explains an alert of another kind", &group.companions)?;
    }
    Ok(())
}

fn row(out: &mut String, kind: &KindScore) -> std::fmt::Result {
    let of = |pair: (u64, u64)| if pair.1 == 0 { "-".to_owned() } else { format!("{}/{}", pair.0, pair.1) };
    let three = |v: Option<(f64, f64, f64)>| v.map_or("-".to_owned(), |v| format!("{:.0}/{:.0}/{:.0}", v.0, v.1, v.2));
    let (rate, low, high) = kind.false_per_day;
    let falsely = |text: String| if kind.judged { text } else { "not judged".to_owned() };
    writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} / {} | {} | {} | {} |",
        kind.kind,
        of(kind.last.observable),
        kind.recall.map_or("-".to_owned(), |r| format!("{:.4}-{:.4}", r.1, r.2)),
        of(kind.last.brief),
        of(kind.last.dark),
        kind.last.guard,
        of(kind.announced.observable),
        kind.precision.map_or("-".to_owned(), |p| falsely(format!("{p:.3}"))),
        falsely(kind.false_alarms.to_string()),
        falsely(format!("{rate:.3} [{low:.3}, {high:.3}]")),
        falsely(format!("{:.3}", kind.false_per_24h)),
        falsely(format!("{} of {}", kind.false_annunciated, kind.annunciated)),
        kind.duplicates,
        kind.companions,
        kind.retracted,
        kind.late,
        kind.chatter,
        kind.fleeting,
        three(kind.onset_error_s),
        three(kind.evidence_delay_s),
        three(kind.announced_after_s),
    )
}

/// The goals that a group can be held to.
pub(super) fn goals(out: &mut String, group: &Group) -> std::fmt::Result {
    for goal in super::goals::of(group) {
        let met = if goal.met { "met" } else { "not met" };
        writeln!(out, "- {}: {}; goal {}: {met}", goal.name, goal.measured, goal.wanted)?;
    }
    writeln!(out)
}

fn matrix(out: &mut String, title: &str, rows: &Matrix) -> std::fmt::Result {
    let columns: std::collections::BTreeSet<&String> = rows.values().flat_map(|r| r.keys()).collect();
    if columns.is_empty() {
        return Ok(());
    }
    writeln!(out, "### {title}\n")?;
    let names: Vec<&str> = columns.iter().map(|c| c.as_str()).collect();
    writeln!(out, "| | {} |\n|{}", names.join(" | "), "---|".repeat(names.len() + 1))?;
    for (name, row) in rows {
        let cells: Vec<String> = columns.iter().map(|c| row.get(*c).map_or(String::new(), u64::to_string)).collect();
        writeln!(out, "| {name} | {} |", cells.join(" | "))?;
    }
    writeln!(out)
}
