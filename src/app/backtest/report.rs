//! The comparison as Markdown.

use std::fmt::Write;

use super::compare::{Comparison, Told};

/// The whole report, with so many examples of each sort.
pub(super) fn markdown(comparison: &Comparison, examples: usize) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, comparison, examples);
    out
}

fn write(out: &mut String, c: &Comparison, examples: usize) -> std::fmt::Result {
    let short = |hash: &str| hash.get(..12).unwrap_or(hash).to_owned();
    writeln!(
        out,
        "Old rulebook {}, new rulebook {}; {} vehicle-days.",
        short(&c.rulebooks.0),
        short(&c.rulebooks.1),
        c.vehicle_days
    )?;
    if c.rulebook_records > 0 {
        writeln!(
            out,
            "{} rule change(s) in the log were passed over: each rulebook decides from the start.",
            c.rulebook_records
        )?;
    }
    writeln!(
        out,
        "\n| kind | old | new | gained | lost | changed | announced a vehicle-day, old | new |\n|---|---|---|---|---|---|---|---|"
    )?;
    let days = c.vehicle_days.max(1) as f64;
    let (mut stand, mut heard, mut moved) = ((0, 0), (0, 0), (0, 0, 0));
    for k in &c.kinds {
        let (gained, lost, changed) = (k.gained.len(), k.lost.len(), k.changed.len());
        row(out, &k.kind, k.stand, (gained, lost, changed), k.announced, days)?;
        stand = (stand.0 + k.stand.0, stand.1 + k.stand.1);
        heard = (heard.0 + k.announced.0, heard.1 + k.announced.1);
        moved = (moved.0 + gained, moved.1 + lost, moved.2 + changed);
    }
    row(out, "all", stand, moved, heard, days)?;
    writeln!(out, "\n| priority | old | new |\n|---|---|---|")?;
    for priority in ["high", "medium", "low", "journal"] {
        let of = c.kinds.iter().filter_map(|k| k.priorities.get(priority));
        let (old, new) = of.fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        writeln!(out, "| {priority} | {old} | {new} |")?;
    }
    for k in &c.kinds {
        if k.gained.is_empty() && k.lost.is_empty() && k.changed.is_empty() {
            continue;
        }
        writeln!(out, "\n## {}\n", k.kind)?;
        for (word, list) in [("gained", &k.gained), ("lost", &k.lost)] {
            list.iter().take(examples).try_for_each(|told| line(out, word, told, ""))?;
            more(out, word, list.len(), examples)?;
        }
        for change in k.changed.iter().take(examples) {
            let (a, b) = (&change.old, &change.new);
            let mut what = format!(" ({}", change.what.join(", "));
            if a.priority != b.priority {
                what += &format!(": {} to {}", a.priority, b.priority);
            }
            line(out, "changed", a, &(what + ")"))?;
        }
        more(out, "changed", k.changed.len(), examples)?;
    }
    Ok(())
}

fn row(
    out: &mut String,
    name: &str,
    stand: (usize, usize),
    (gained, lost, changed): (usize, usize, usize),
    heard: (usize, usize),
    days: f64,
) -> std::fmt::Result {
    let (old, new) = (heard.0 as f64 / days, heard.1 as f64 / days);
    writeln!(out, "| {name} | {} | {} | {gained} | {lost} | {changed} | {old:.3} | {new:.3} |", stand.0, stand.1)
}

fn line(out: &mut String, word: &str, told: &Told, what: &str) -> std::fmt::Result {
    let journey = told.journey.as_deref().unwrap_or("-");
    let ended = told.ended.as_deref().unwrap_or("open");
    writeln!(
        out,
        "- {word} {} {} of {journey}, {}, {} to {ended}{what}",
        told.alert, told.subject, told.priority, told.onset
    )
}

fn more(out: &mut String, word: &str, all: usize, shown: usize) -> std::fmt::Result {
    if all > shown { writeln!(out, "- {word}: {} more", all - shown) } else { Ok(()) }
}
