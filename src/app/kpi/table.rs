//! The figures as a table, Turkish or English; what misses its target is marked with `!`.

use super::Report;
use super::json::{day, percent, ratio};
use crate::domain::kpi::{Figures, Row, Scope};
use crate::edge::map::Language;

/// Headings: Turkish, English.
const HEADINGS: [(&str, &str); 14] = [
    ("gün", "day"),
    ("kapsam", "scope"),
    ("uyarı", "alarms"),
    ("10 dk ort.", "per 10 min"),
    ("10 dk en çok", "peak 10 min"),
    (">10 %", ">10 %"),
    ("taşkın", "floods"),
    ("ilk 10 kaynak %", "top 10 %"),
    ("titreşen", "chatter"),
    ("geçici", "fleeting"),
    ("24 sa aşan", "stale"),
    ("düşük/orta/yüksek %", "low/med/high %"),
    ("geri alınan", "retracted"),
    ("onay (medyan)", "ack (median)"),
];

/// Below the table: what the targets are.
const TARGETS: (&str, &str) = (
    "! hedefin dışında (EEMUA 191, IEC 62682): 10 dakikada ortalama en çok 1, en çok 10; >10 olan dilimler %1'den az; taşkın yok;\n  \
     ilk on kaynak en çok %5 (elli uyarıdan sonra); titreşen ve geçici 0; 24 saati aşan 5'ten az; öncelikler yaklaşık %80/15/5.\n",
    "! misses its target (EEMUA 191, IEC 62682): 1 per 10 min on average and 10 at most; fewer than 1 % of slots above 10; no flood;\n  \
     top ten sources 5 % at most (from fifty alarms on); chatter and fleeting 0; stale below 5; priorities about 80/15/5 %.\n",
);

/// A share of few alarms says nothing.
const SHARE_FROM: u32 = 50;

/// The table.
pub(super) fn render(report: &Report, by: &[String], language: Language) -> String {
    let word = |(turkish, english): (&'static str, &'static str)| match language {
        Language::Turkish => turkish,
        Language::English => english,
    };
    let mut lines = vec![HEADINGS.map(|heading| word(heading).to_owned())];
    let wanted = |row: &&Row| by.iter().any(|scope| scope == row.scope.words().0);
    lines.extend(report.rows.iter().filter(wanted).map(|row| cells(row, language)));
    if lines.len() == 1 {
        return word(("Uyarı yok.\n", "No alarms.\n")).to_owned();
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    let mut out = String::new();
    for line in &lines {
        let padded = line.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            let blank = " ".repeat(width - cell.chars().count());
            // Names to the left, numbers to the right.
            if column < 2 { format!("{cell}{blank}") } else { format!("{blank}{cell}") }
        });
        out += padded.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    out + "\n" + word(TARGETS)
}

fn cells(row: &Row, language: Language) -> [String; 14] {
    let f = &row.figures;
    let average = ratio(f.annunciated, f.slots);
    let over = percent(f.slots_over, f.slots);
    let top = percent(f.top10, f.annunciated);
    let share = |part: u32| percent(part, f.annunciated).round();
    // What each number is aimed at holds for a desk; a kind or a unit is only a share of its load.
    let desk = matches!(row.scope, Scope::All | Scope::Office(_));
    let mark = |text: String, missed: bool| if missed && desk { format!("{text}!") } else { text };
    [
        day(row),
        scope(&row.scope, language),
        f.annunciated.to_string(),
        mark(format!("{average:.2}"), average > 1.0),
        mark(f.peak.to_string(), f.peak > 10),
        mark(format!("{over:.1}"), over >= 1.0),
        mark(floods(f, language), f.floods > 0),
        mark(format!("{top:.0}"), top > 5.0 && f.annunciated >= SHARE_FROM),
        mark(f.chatter.to_string(), f.chatter > 0),
        mark(f.fleeting.to_string(), f.fleeting > 0),
        mark(f.stale.to_string(), f.stale >= 5),
        mark(
            format!("{}/{}/{}", share(f.low), share(f.medium), share(f.high)),
            f.annunciated >= SHARE_FROM && share(f.high) > 10.0,
        ),
        mark(f.retracted.to_string(), f.storms > 0),
        f.acknowledge_median_s.map_or("-".to_owned(), |s| format!("{}:{:02}", s / 60, s % 60)),
    ]
}

fn floods(f: &Figures, language: Language) -> String {
    let minutes = if language == Language::Turkish { "dk" } else { "min" };
    if f.floods == 0 {
        "0".to_owned()
    } else {
        format!("{} ({} {minutes}, {})", f.floods, f.flood_s / 60, f.flood_peak)
    }
}

fn scope(scope: &Scope, language: Language) -> String {
    let (sort, name) = scope.words();
    match (scope, language) {
        (Scope::All, Language::Turkish) => "tümü".to_owned(),
        (Scope::All, Language::English) => "all".to_owned(),
        (Scope::Office(_), Language::Turkish) => format!("idare {name}"),
        (Scope::Unit(_), Language::Turkish) => format!("ünite {name}"),
        (Scope::Kind(_), _) => name.to_owned(),
        _ => format!("{sort} {name}"),
    }
}
