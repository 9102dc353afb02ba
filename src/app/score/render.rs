//! The result as a table that is read by people: Markdown, and beside the goals of DETECTION, section 8.

use std::fmt::Write;

use super::tally::{Group, KindScore, Score};

/// The whole report.
pub(super) fn markdown(score: &Score) -> String {
    let mut out = String::new();
    for group in &score.groups {
        // Writing to a String cannot fail.
        let _ = table(&mut out, group);
    }
    let _ = lists(&mut out, score);
    out
}

fn table(out: &mut String, group: &Group) -> std::fmt::Result {
    writeln!(out, "## {}\n", group.name)?;
    writeln!(out, "{:.1} vehicle-days, {:.0} h of driving.\n", group.vehicle_days, group.driving_h)?;
    writeln!(
        out,
        "| kind | observable found | 95 % | brief | dark | guard | as announced | precision | false | a vehicle-day (95 %) \
         | a 24 h driving | heard | dup. | comp. | retr. | late | chatter / fleeting | onset error p5/50/95 s \
         | evidence delay p50/95/max s | announced after p50/95 s |"
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
    let two = |v: Option<(f64, f64)>| v.map_or("-".to_owned(), |v| format!("{:.0}/{:.0}", v.0, v.1));
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
        two(kind.announced_after_s),
    )
}

/// The goals that a group can be held to: M1 everywhere, M4 where all journeys report alike.
fn goals(out: &mut String, group: &Group) -> std::fmt::Result {
    let interval = group.name.strip_prefix("interval=").and_then(|s| s.parse::<f64>().ok());
    for kind in &group.kinds {
        if let Some((recall, ..)) = kind.recall {
            let (goal, met) = m1(&kind.kind, interval, recall);
            let missed = kind.last.observable.1 - kind.last.observable.0;
            writeln!(out, "- M1 {}: recall {recall:.4}, {missed} missed; goal {goal}: {}", kind.kind, word(met))?;
        }
        let (Some(dt), Some((_, p95, _))) = (interval, kind.evidence_delay_s) else { continue };
        let limit = match kind.kind.as_str() {
            "corridor_deviation" => (2.0 * dt + 15.0).max(40.0),
            "zone_enter" => (1.2 * dt).max(30.0),
            "unusual_stop" if dt <= 60.0 => 5.0,
            _ => continue,
        };
        writeln!(out, "- M4 {}: delay p95 {p95:.0} s; goal {limit:.0} s: {}", kind.kind, word(p95 <= limit))?;
    }
    writeln!(out)
}

fn m1(kind: &str, interval: Option<f64>, recall: f64) -> (&'static str, bool) {
    let strict = match kind {
        "unusual_stop" | "overstay" => interval.is_none_or(|dt| dt <= 120.0),
        "zone_enter" => interval.is_none_or(|dt| dt >= 30.0),
        _ => true,
    };
    // Over mixed intervals, kinds whose goal depends on the interval are held to the weaker one.
    let depends = matches!(kind, "unusual_stop" | "overstay" | "zone_enter");
    if strict && (interval.is_some() || !depends) { ("none missed", recall >= 1.0) } else { ("0.99", recall >= 0.99) }
}

fn word(met: bool) -> &'static str {
    if met { "met" } else { "not met" }
}

type Matrix = std::collections::BTreeMap<String, std::collections::BTreeMap<String, u64>>;

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

fn lists(out: &mut String, score: &Score) -> std::fmt::Result {
    writeln!(out, "## Observable violations that were missed: {}\n", score.missed.len())?;
    for p in &score.missed {
        let times = (crate::domain::time::Rfc3339(p.from), crate::domain::time::Rfc3339(p.to));
        let detail = serde_json::to_string(&p.detail).unwrap_or_default();
        writeln!(
            out,
            "- {} {} {} {} {} {} - {} {detail}",
            p.plant, p.kind, p.subject, p.unit, p.journey, times.0, times.1
        )?;
    }
    writeln!(out, "\n## False alarms: {}\n", score.false_alarms.len())?;
    for f in &score.false_alarms {
        let heard = if f.annunciated { "annunciated" } else { "journal or suppressed" };
        writeln!(out, "- {} {} {} {} {} ({heard})", f.alert, f.kind, f.subject, f.journey, f.raised)?;
    }
    writeln!(out, "\nOne alarm serves two violations only if less than 5 min lie between them.")
}
