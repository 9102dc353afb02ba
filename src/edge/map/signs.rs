//! Alerts of the still picture: their order, their signs, and the key that names or counts them.

use super::frame::Frame;
use super::page::markup;
use super::picture::label;
use super::scene::{AlertShape, Language, Scene};
use crate::domain::time::{HOUR, Millis, Rfc3339};
use std::fmt::Write as _;

/// As many alerts are numbered and named in a key; more are drawn smaller and counted by priority.
pub const KEY_ROWS: usize = 8;

/// What is worth a number: by priority, then onset; the journal only when there is nothing else.
pub fn alerts_in_order(scene: &Scene) -> Vec<&AlertShape> {
    let mut alerts: Vec<_> = scene.alerts.iter().filter(|a| a.priority != "journal").collect();
    if alerts.is_empty() {
        alerts = scene.alerts.iter().collect();
    }
    alerts.sort_by_key(|a| (std::cmp::Reverse(rank(&a.priority)), a.onset, &a.kind, &a.alert));
    if alerts.len() <= KEY_ROWS {
        alerts.sort_by_key(|a| (a.onset, &a.kind, &a.alert));
    }
    alerts
}

fn rank(priority: &str) -> u8 {
    match priority {
        "high" => 3,
        "medium" => 2,
        "low" => 1,
        _ => 0,
    }
}

/// Triangle, diamond, circle or square; hollow once the condition is over.
pub fn mark(out: &mut String, alert: &AlertShape, (x, y): (f64, f64), size: f64, number: Option<usize>) {
    let (colour, d) = match rank(&alert.priority) {
        3 => ("#b3131b", "M0 -10L9 7H-9Z"),
        2 => ("#d98200", "M0 -9L9 0L0 9L-9 0Z"),
        1 => ("#1f6fb2", "M-7 0a7 7 0 1 0 14 0a7 7 0 1 0 -14 0Z"),
        _ => ("#727c87", "M-4 -4H4V4H-4Z"),
    };
    let fill = if alert.ended.is_none() { colour } else { "#fff" };
    let _ = writeln!(
        out,
        "<g transform=\"translate({x:.1} {y:.1}) scale({size})\" stroke-linejoin=\"round\"><path d=\"{d}\" stroke=\"#fff\" stroke-width=\"5\"/>\
         <path d=\"{d}\" fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"2\"/></g>"
    );
    if let Some(number) = number {
        label(out, &number.to_string(), (x + 11.0, y - 5.0), "font-weight=\"700\" fill=\"#1d2733\"");
    }
}

/// The key: number, sign, local time, what.
pub fn key(out: &mut String, scene: &Scene, alerts: &[&AlertShape], f: &Frame) {
    if alerts.is_empty() {
        return;
    }
    let texts: Vec<String> = alerts.iter().take(KEY_ROWS).map(|a| sentence(a, scene.language, f.width)).collect();
    let rows = texts.len();
    let longest = texts.iter().map(|t| t.chars().count()).max().unwrap_or(0);
    let (high, wide) = (20.0 * rows as f64 + 10.0, (longest as f64 * 6.0 + 64.0).min(f.width - 20.0));
    let (left, top) = (10.0, f.height - high - 34.0);
    let _ = writeln!(
        out,
        "<rect x=\"{left}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" rx=\"4\" fill=\"#fff\" fill-opacity=\".93\" stroke=\"#bcc5cf\"/>"
    );
    for (i, text) in texts.iter().enumerate() {
        let y = top + 16.0 + 20.0 * i as f64;
        mark(out, alerts[i], (left + 34.0, y), 0.75, None);
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#1d2733\"><tspan font-weight=\"700\">{}</tspan><tspan x=\"{:.1}\">{}</tspan></text>",
            left + 8.0,
            y + 4.0,
            i + 1,
            left + 50.0,
            markup(text)
        );
    }
}

/// How many of each priority, in one line.
pub fn counts(out: &mut String, scene: &Scene, alerts: &[&AlertShape], f: &Frame) {
    let mut x = 20.0;
    for (rank_, tr, en) in [(3, "yüksek", "high"), (2, "orta", "medium"), (1, "düşük", "low"), (0, "kayıt", "journal")]
    {
        let of_rank: Vec<_> = alerts.iter().filter(|a| rank(&a.priority) == rank_).collect();
        let Some(first) = of_rank.first() else { continue };
        let shown = AlertShape { ended: None, ..(**first).clone() };
        let text = format!("{} {}", of_rank.len(), if scene.language == Language::Turkish { tr } else { en });
        mark(out, &shown, (x, f.height - 36.0), 0.8, None);
        label(out, &text, (x + 13.0, f.height - 32.0), "fill=\"#1d2733\"");
        x += 32.0 + 7.0 * text.chars().count() as f64;
    }
}

/// Local time and the alert's own text, cut to the width; its kind where it has none.
fn sentence(alert: &AlertShape, language: Language, width: f64) -> String {
    let text = match language {
        Language::Turkish => &alert.text_tr,
        Language::English => &alert.text_en,
    };
    let said = if text.is_empty() { alert.kind.replace('_', " ") } else { text.clone() };
    let room = (((width - 90.0) / 6.0) as usize).clamp(24, 120);
    let full = format!("{} {said}", local(alert.onset));
    if full.chars().count() <= room { full } else { full.chars().take(room - 1).chain(['…']).collect() }
}

/// `01.05 08:30` in Europe/Istanbul (+03:00 all year since 2016).
fn local(time: Millis) -> String {
    let text = Rfc3339(time.saturating_add(3 * HOUR)).to_string();
    match (text.get(8..10), text.get(5..7), text.get(11..16)) {
        (Some(day), Some(month), Some(clock)) => format!("{day}.{month} {clock}"),
        _ => text,
    }
}
