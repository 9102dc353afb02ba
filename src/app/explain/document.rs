//! The explanation as headings, lines and tables, in one language; as plain text.

use super::account::Account;
use super::fixes::FixLine;
use super::limits::Limits;
use super::words::{say, word};
use crate::edge::lake::StoredRevision;
use crate::edge::map::Language;

/// A part of the document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Line(String),
    /// Columns and rows.
    Table(Vec<String>, Vec<Vec<String>>),
    /// Here the picture stands.
    Picture,
}

/// The document.
pub(super) fn blocks(account: &Account, said: &[StoredRevision], lang: Language) -> Vec<Block> {
    let mut out = Vec::new();
    head(&mut out, account, said, lang);
    out.push(Block::Picture);
    history(&mut out, account, lang);
    why(&mut out, account, lang);
    proof(&mut out, account, lang);
    if let Some(limits) = &account.limits {
        unprovable(&mut out, limits, lang);
    }
    out
}

fn head(out: &mut Vec<Block>, a: &Account, said: &[StoredRevision], lang: Language) {
    let s = &a.stands;
    let w = |text: &str| word(lang, text).to_owned();
    out.push(Block::Heading(format!("{} {}", a.kind, a.alert)));
    if let Some(last) = said.last() {
        let [tr, en, do_tr, do_en] = &last.texts;
        out.push(Block::Line(say(lang, tr.clone(), en.clone())));
        let answer = say(lang, do_tr.clone(), do_en.clone());
        if !answer.is_empty() {
            let within = a
                .offices
                .respond_within_min
                .map(|m| say(lang, format!(" ({m} dk içinde)"), format!(" (within {m} min)")));
            out.push(Block::Line(format!("{}{}", answer, within.unwrap_or_default())));
        }
    }
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mut rows = vec![
        vec![say(lang, "cihaz, sefer", "unit, journey"), format!("{}, {}", dash(&a.unit), dash(&a.journey))],
        vec![say(lang, "konu", "subject"), a.subject.clone()],
        vec![say(lang, "durum", "state"), format!("{}, {}, {}", w(&s.op), w(&s.condition), w(&s.handling))],
        vec![say(lang, "öncelik", "priority"), format!("{} ({})", w(&s.priority), s.priority_reason.join(", "))],
        vec![say(lang, "güven", "confidence"), w(&s.confidence)],
        vec![say(lang, "başlangıç", "onset"), s.onset.clone()],
        vec![say(lang, "kanıt yetti", "evidence sufficed"), s.raised.clone()],
        vec![say(lang, "bitiş", "ended"), dash(&s.ended)],
        vec![say(lang, "sorumlu idareler", "responsible offices"), a.offices.responsible.join(", ")],
        vec![say(lang, "en yakın idare", "nearest office"), dash(&a.offices.nearest)],
    ];
    if let Some(parent) = &s.parent {
        rows.push(vec![say(lang, "bağlı olduğu uyarı", "below alert"), parent.clone()]);
    }
    if !s.children.is_empty() {
        rows.push(vec![say(lang, "altındaki uyarılar", "alerts below it"), s.children.join(", ")]);
    }
    out.push(Block::Table(Vec::new(), rows));
}

fn history(out: &mut Vec<Block>, a: &Account, lang: Language) {
    out.push(Block::Heading(say(lang, "Ne söylendi", "What was said")));
    let head = [
        ("sıra", "rev"),
        ("işlem", "op"),
        ("kayıt saati", "log time"),
        ("durum", "state"),
        ("öncelik", "priority"),
        ("başlangıç", "onset"),
        ("bitiş", "ended"),
        ("geç (s)", "late (s)"),
        ("neden", "reason"),
        ("kayıt", "offset"),
        ("kural kitabı", "rulebook"),
    ];
    let rows = a.revisions.iter().map(|r| {
        vec![
            r.rev.to_string(),
            word(lang, &r.op).to_owned(),
            r.log_time.clone(),
            format!("{}, {}", word(lang, &r.condition), word(lang, &r.handling)),
            word(lang, &r.priority).to_owned(),
            r.onset.clone(),
            r.ended.clone().unwrap_or_else(|| "-".to_owned()),
            r.late_by_s.map_or("-".to_owned(), |s| s.to_string()),
            r.reason.clone().unwrap_or_else(|| "-".to_owned()),
            r.offset.to_string(),
            r.rulebook.chars().take(12).collect(),
        ]
    });
    out.push(Block::Table(head.iter().map(|(tr, en)| say(lang, *tr, *en)).collect(), rows.collect()));
}

fn why(out: &mut Vec<Block>, a: &Account, lang: Language) {
    out.push(Block::Heading(say(lang, "Neden", "Why")));
    if !a.thresholds.is_empty() {
        let rows = a.thresholds.iter().map(|t| vec![t.key.clone(), t.value.clone()]).collect();
        out.push(Block::Table(vec![say(lang, "eşik", "threshold"), say(lang, "değer", "value")], rows));
    }
    if let Some(values) = a.stands.evidence.as_object() {
        let rows: Vec<Vec<String>> =
            values.iter().filter(|(key, _)| *key != "fixes").map(|(k, v)| vec![k.clone(), v.to_string()]).collect();
        if !rows.is_empty() {
            out.push(Block::Table(vec![say(lang, "ölçüm", "measure"), say(lang, "değer", "value")], rows));
        }
    }
    if a.fixes.is_empty() {
        return;
    }
    out.push(Block::Line(say(
        lang,
        "Konumlar olay sırasına göre. Kanıt: öteki taraf lehine toplam, mili-nat; sınıra ulaşınca taraf değişir.",
        "Fixes in event order. Evidence: the sum for the other side, milli-nats; at the limit the side changes.",
    )));
    let head = [
        ("zaman", "time"),
        ("gecikme (s)", "delay (s)"),
        ("enlem", "lat"),
        ("boylam", "lon"),
        ("hız (m/s)", "speed (m/s)"),
        ("sigma (m)", "sigma (m)"),
        ("koridor (m)", "cross-track (m)"),
        ("pay (m)", "margin (m)"),
        ("kanıt", "evidence"),
        ("durak (m, s)", "place (m, s)"),
        ("kapı", "gate"),
        ("bayrak", "flags"),
        ("", ""),
    ];
    let rows = a.fixes.iter().map(|fix| fix_row(fix, lang)).collect();
    out.push(Block::Table(head.iter().map(|(tr, en)| say(lang, *tr, *en)).collect(), rows));
    let d = &a.delays;
    let slowest = d.slowest_fix_s.unwrap_or(0);
    out.push(Block::Line(say(
        lang,
        format!("Kanıt {} s sürdü, uyarı {} s sonra verildi; gösterilen konumların en yavaşı {slowest} s yolda kaldı, {} tanesi geç geldi.", d.evidence_s, d.system_s, d.late_fixes),
        format!("The evidence took {} s, the alert came {} s later; of the fixes shown the slowest was {slowest} s under way, {} came late.", d.evidence_s, d.system_s, d.late_fixes),
    )));
}

fn fix_row(fix: &FixLine, lang: Language) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.1}"));
    let evidence = fix.evidence.as_ref().map_or("-".to_owned(), |e| {
        let decided = if e.decided { " *" } else { "" };
        format!("{} {:+} = {} / {}{decided}", e.before, e.added, e.after, e.limit)
    });
    let cluster = fix.cluster.as_ref().map_or("-".to_owned(), |c| format!("{:.0}, {}", c.distance_m, c.standing_s));
    vec![
        fix.time.clone(),
        fix.delay_s.map_or("-".to_owned(), |s| s.to_string()),
        format!("{:.6}", fix.lat),
        format!("{:.6}", fix.lon),
        number(fix.speed_mps),
        number(fix.sigma_m),
        number(fix.cross_track_m),
        number(fix.evidence.as_ref().map(|e| e.margin_m)),
        evidence,
        cluster,
        word(lang, fix.gate).to_owned(),
        if fix.quality.is_empty() { "-".to_owned() } else { fix.quality.clone() },
        word(lang, fix.mark).to_owned(),
    ]
}

fn proof(out: &mut Vec<Block>, a: &Account, lang: Language) {
    out.push(Block::Heading(say(lang, "Yeniden türetme", "Derived again")));
    let d = &a.derivation;
    if !d.done {
        out.push(Block::Line(say(
            lang,
            "Bu uyarı birden çok araçtan çıkarıldı ya da seferi artık gölde değil; yalnız söylenenler gösterilir.",
            "This alert rests on several vehicles, or its journey is no longer in the lake; only what was said is shown.",
        )));
        return;
    }
    let (decision, engine) = &d.versions;
    if d.differences.is_empty() {
        out.push(Block::Line(say(
            lang,
            format!("Cihazın {} kaydından aynı kararlar yeniden çıktı: {} sürüm, karar sürümü {decision}, program {engine}.", d.records, d.revisions),
            format!("The unit's {} records gave the same decisions again: {} revisions, decision version {decision}, program {engine}.", d.records, d.revisions),
        )));
    } else {
        out.push(Block::Line(say(
            lang,
            "Yeniden türetme göldekinden ayrılıyor:",
            "The derivation differs from the lake:",
        )));
        out.extend(d.differences.iter().map(|line| Block::Line(format!("- {line}"))));
    }
}

fn unprovable(out: &mut Vec<Block>, l: &Limits, lang: Language) {
    out.push(Block::Heading(say(lang, "Bu seferde kanıtlanamayanlar", "What this journey cannot prove")));
    let dt = l.interval_s;
    let basis = if l.declared { say(lang, "bildirilen", "declared") } else { say(lang, "ölçülen", "measured") };
    let lines = [
        say(
            lang,
            format!("Rapor aralığı {dt} s ({basis}), {} konum, {} - {}.", l.fixes, l.from, l.to),
            format!("Reporting interval {dt} s ({basis}), {} fixes, {} to {}.", l.fixes, l.from, l.to),
        ),
        say(
            lang,
            format!(
                "{} altındaki duruşlar görünmeyebilir; yasak bölgede {}, koridor dışında {}, koridorda {} sonra kesin bulunur.",
                span(l.stop_s, lang),
                span(l.stop_proven_s[0], lang),
                span(l.stop_proven_s[1], lang),
                span(l.stop_proven_s[2], lang)
            ),
            format!(
                "Stops under {} may be invisible; they are sure to be found after {} in a forbidden or risk zone, {} off the corridor, {} on it.",
                span(l.stop_s, lang),
                span(l.stop_proven_s[0], lang),
                span(l.stop_proven_s[1], lang),
                span(l.stop_proven_s[2], lang)
            ),
        ),
        say(
            lang,
            format!(
                "Koridordan {} kısa ya da kenardan {} m'den az çıkışlar görünmeyebilir.",
                span(l.excursion_s, lang),
                l.excursion_m
            ),
            format!(
                "Excursions from the corridor under {}, or less than {} m beyond its edge, may be invisible.",
                span(l.excursion_s, lang),
                l.excursion_m
            ),
        ),
        say(
            lang,
            format!("Bir bölgeden {} kısa geçişler görünmeyebilir.", span(l.passage_s, lang)),
            format!("Passages of a zone under {} may be invisible.", span(l.passage_s, lang)),
        ),
        say(
            lang,
            format!("{} m altındaki konum kaymaları sürüşten ayırt edilemez.", l.offset_m),
            format!("Offsets of position under {} m cannot be told from driving.", l.offset_m),
        ),
        say(
            lang,
            format!("Konumsuz boşluk: {} ({}).", l.holes, span(l.holes_s, lang)),
            format!("Holes without a fix: {} ({}).", l.holes, span(l.holes_s, lang)),
        ),
    ];
    out.extend(lines.into_iter().map(Block::Line));
    if !l.longest.is_empty() {
        let head = [
            ("boşluk", "from"),
            ("son", "to"),
            ("süre", "length"),
            ("mesafe (m)", "distance (m)"),
            ("açıklanmayan", "unexplained"),
            ("sapma payı (m)", "room for a detour (m)"),
        ];
        let rows = l.longest.iter().map(|h| {
            vec![
                h.from.clone(),
                h.to.clone(),
                span(h.seconds, lang),
                h.distance_m.map_or("-".to_owned(), |d| d.to_string()),
                span(h.slack_s, lang),
                h.detour_m.to_string(),
            ]
        });
        out.push(Block::Table(head.iter().map(|(tr, en)| say(lang, *tr, *en)).collect(), rows.collect()));
    }
}

fn span(seconds: i64, lang: Language) -> String {
    if seconds < 120 {
        return format!("{seconds} s");
    }
    let minutes = say(lang, "dk", "min");
    if seconds % 60 == 0 {
        format!("{} {minutes}", seconds / 60)
    } else {
        format!("{} {minutes} {} s", seconds / 60, seconds % 60)
    }
}

/// The document as plain text; tables in columns of equal width.
pub(super) fn text(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Heading(heading) => out += &format!("\n{heading}\n{}\n", "-".repeat(heading.chars().count())),
            Block::Line(line) => out += &format!("{line}\n"),
            Block::Table(head, rows) => table(&mut out, head, rows),
            Block::Picture => {}
        }
    }
    out.trim_start().to_owned()
}

fn table(out: &mut String, head: &[String], rows: &[Vec<String>]) {
    let all = || std::iter::once(head).chain(rows.iter().map(Vec::as_slice)).filter(|row| !row.is_empty());
    let columns = all().map(<[String]>::len).max().unwrap_or(0);
    let width = |c: usize| all().filter_map(|row| row.get(c)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in all() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line += cell;
            line += &" ".repeat(width - cell.chars().count() + 2);
        }
        *out += line.trim_end();
        out.push('\n');
    }
}
