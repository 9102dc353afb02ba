//! The figures as JSON: whole numbers as they were counted, and the rates and shares made of them.

use serde::Serialize;

use super::Report;
use crate::app::failure::Failure;
use crate::domain::kpi::{Figures, Row};
use crate::domain::time::{DAY, Rfc3339};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    from: Option<String>,
    to: Option<String>,
    rows: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    day: String,
    scope: &'static str,
    name: &'a str,
    slots: u32,
    annunciated: u32,
    per_10min: f64,
    peak_10min: u32,
    slots_over_10: u32,
    slots_over_10_percent: f64,
    floods: u32,
    flood_s: i64,
    flood_peak: u32,
    sources: u32,
    top10_percent: f64,
    chatter: u32,
    fleeting: u32,
    stale: u32,
    low: u32,
    medium: u32,
    high: u32,
    retracted: u32,
    retraction_storms: u32,
    acknowledged: u32,
    acknowledge_median_s: Option<i64>,
}

/// The day of a row, `2026-05-01`.
pub(super) fn day(row: &Row) -> String {
    let mut text = Rfc3339(row.day * DAY).to_string();
    text.truncate(10);
    text
}

/// `part` a `whole`, to a thousandth; 0 of nothing.
pub(super) fn ratio(part: u32, whole: u32) -> f64 {
    let (part, whole) = (u64::from(part), u64::from(whole));
    if whole == 0 { 0.0 } else { ((part * 2_000 + whole) / (2 * whole)) as f64 / 1_000.0 }
}

/// `part` of a `whole` in percent, to a tenth.
pub(super) fn percent(part: u32, whole: u32) -> f64 {
    let thousandths = (ratio(part, whole) * 1_000.0).round();
    thousandths / 10.0
}

fn line(row: &Row) -> Line<'_> {
    let (scope, name) = row.scope.words();
    let f: &Figures = &row.figures;
    Line {
        day: day(row),
        scope,
        name,
        slots: f.slots,
        annunciated: f.annunciated,
        per_10min: ratio(f.annunciated, f.slots),
        peak_10min: f.peak,
        slots_over_10: f.slots_over,
        slots_over_10_percent: percent(f.slots_over, f.slots),
        floods: f.floods,
        flood_s: f.flood_s,
        flood_peak: f.flood_peak,
        sources: f.sources,
        top10_percent: percent(f.top10, f.annunciated),
        chatter: f.chatter,
        fleeting: f.fleeting,
        stale: f.stale,
        low: f.low,
        medium: f.medium,
        high: f.high,
        retracted: f.retracted,
        retraction_storms: f.storms,
        acknowledged: f.acknowledged,
        acknowledge_median_s: f.acknowledge_median_s,
    }
}

/// The whole document.
pub(super) fn render(report: &Report) -> Result<String, Failure> {
    let time = |t: i64| Rfc3339(t).to_string();
    let document = Document {
        schema: "kervan.kpis/1",
        from: report.span.map(|(from, _)| time(from)),
        to: report.span.map(|(_, to)| time(to)),
        rows: report.rows.iter().map(line).collect(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}
