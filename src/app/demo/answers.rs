//! Three questions about the day, asked of the tables that the replay wrote.

use std::path::Path;

use super::screen::Screen;
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::sql::tables_of;
use crate::edge::map::Language;
use crate::edge::sql::query_table;

/// A question in both languages, and how it is asked.
struct Question {
    tr: &'static str,
    en: &'static str,
    sql: &'static str,
}

const QUESTIONS: [Question; 3] = [
    Question {
        tr: "1. En çok hangi güzergâhlardan sapıldı, ne kadar sürdü?",
        en: "1. Which corridors were left most often, and for how long?",
        sql: "\
SELECT substr(subject, 10) AS corridor, count(*) AS deviations, count(DISTINCT unit) AS vehicles,
       round(avg(extract(epoch FROM ended - onset)) / 60, 1) AS mean_min,
       round(max(extract(epoch FROM ended - onset)) / 60, 1) AS longest_min,
       count(*) FILTER (WHERE priority = 'high') AS high
FROM alerts_latest
WHERE kind = 'corridor_deviation' AND op <> 'retract'
GROUP BY subject ORDER BY deviations DESC, corridor",
    },
    Question {
        tr: "2. Saat saat: yoldaki araçlar, konumlar, duyurulan uyarılar (yerel saat).",
        en: "2. Hour by hour: vehicles on the road, fixes, alerts announced (local time).",
        sql: "\
WITH traffic AS (
  SELECT date_trunc('hour', fix_time) AS hour, count(*) AS fixes, count(DISTINCT unit) AS vehicles,
         count(DISTINCT unit) FILTER (WHERE state = 'stopped') AS stood
  FROM tracks GROUP BY 1),
said AS (
  SELECT date_trunc('hour', raised) AS hour, count(*) AS alerts
  FROM alerts_latest WHERE priority <> 'journal' AND handling <> 'suppressed' AND op <> 'retract' GROUP BY 1)
SELECT to_char(traffic.hour + interval '3 hours', '%H:00') AS local, vehicles, stood, fixes, coalesce(alerts, 0) AS alerts,
       repeat('#', CAST(round(coalesce(alerts, 0) / 2.0) AS BIGINT)) AS every_two
FROM traffic LEFT JOIN said ON said.hour = traffic.hour ORDER BY traffic.hour",
    },
    Question {
        tr: "3. En uzun on duruş: nerede (H3 hücresi, yaklaşık 350 m), orada başka kaç araç durdu?",
        en: "3. The ten longest stops: where (H3 cell, about 350 m across), and how many others stood there?",
        sql: "\
WITH stood AS (
  SELECT unit, journey, corridor, h3_cell(lat, lon, 9) AS cell, min(fix_time) AS since, max(fix_time) AS until,
         avg(chainage_m) AS chainage_m
  FROM tracks WHERE state = 'stopped' AND quality = '' GROUP BY unit, journey, corridor, cell),
crowd AS (SELECT cell, count(DISTINCT unit) AS vehicles FROM stood GROUP BY cell)
SELECT unit, corridor, round(chainage_m / 1000) AS km, cell, round(h3_center_lat(cell), 3) AS lat,
       round(h3_center_lon(cell), 3) AS lon, to_char(since + interval '3 hours', '%H:%M') AS since,
       round(extract(epoch FROM until - stood.since) / 60) AS min, vehicles - 1 AS others
FROM stood JOIN crowd USING (cell) ORDER BY min DESC, unit LIMIT 10",
    },
];

/// Asks and prints.
///
/// # Errors
/// The tables cannot be read.
pub fn print(lake: &Path, screen: &mut Screen) -> Result<(), Failure> {
    screen.heading(screen.words().questions);
    let lake = lake.canonicalize().or_fail(ExitCode::Missing, || format!("opening {}", lake.display()))?;
    for question in QUESTIONS {
        let title = if screen.language == Language::Turkish { question.tr } else { question.en };
        screen.line(&format!("\n{title}"));
        screen.faint(question.sql);
        let tables = tables_of(&lake)?;
        let answer = query_table(tables, question.sql).or_fail(ExitCode::Other, || format!("answering {title}"))?;
        screen.line(answer.trim_end());
    }
    Ok(())
}
