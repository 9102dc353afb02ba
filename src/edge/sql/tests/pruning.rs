//! What a plan leaves out, and the order it relies on.

use super::fixture::{DAY, Lake, Row, ask, rows, tracks};
use crate::edge::sql::{Format, Session};

fn plan(session: &Session, sql: &str) -> String {
    ask(session, &format!("EXPLAIN FORMAT INDENT {sql}"), Format::Json).unwrap()
}

/// The number behind a metric's name in `EXPLAIN ANALYZE`, for instance `files_ranges_pruned_statistics=3 total → 1 matched`.
fn metric(text: &str, name: &str) -> String {
    let at = text.find(&format!("{name}=")).unwrap_or_else(|| panic!("{name} is not in {text}"));
    text[at + name.len() + 1..].split([',', ']']).next().unwrap().trim().to_owned()
}

#[test]
fn files_are_pruned_by_date_and_by_fix_time() {
    let (_lake, session) = Lake::small().session_kept();
    let all = ["p000-0-2", "p001-0-1", "p000-2-4"];
    for (filter, kept) in [
        ("true", vec!["p000-0-2", "p001-0-1", "p000-2-4"]),
        ("date = '2026-05-02'", vec!["p000-2-4"]),
        ("date < DATE '2026-05-02'", vec!["p000-0-2", "p001-0-1"]),
        ("date IN ('2026-05-02', '2026-05-09')", vec!["p000-2-4"]),
        ("fix_time >= '2026-05-02T00:00:00Z'", vec!["p000-2-4"]),
        ("fix_time BETWEEN '2026-05-01T00:00:20Z' AND '2026-05-01T00:00:40Z'", vec!["p000-0-2", "p001-0-1"]),
        ("fix_time = TIMESTAMP '2026-05-01T00:00:30Z' AND date = '2026-05-01'", vec!["p000-0-2", "p001-0-1"]),
        ("date = '2026-05-09'", vec![]),
    ] {
        let plan = plan(&session, &format!("SELECT unit, lat FROM tracks WHERE {filter}"));
        let found: Vec<&str> = all.into_iter().filter(|name| plan.contains(name)).collect();
        assert_eq!(found, kept, "{filter}: {plan}");
    }
}

#[test]
fn order_of_the_files_is_merged_and_never_sorted() {
    let (_lake, session) = Lake::small().session_kept();
    let ordered = plan(&session, "SELECT unit, fix_time, lat FROM tracks ORDER BY unit, fix_time");
    assert!(ordered.contains("SortPreservingMergeExec") && !ordered.contains("SortExec"), "{ordered}");
    assert!(ordered.contains("output_ordering=[unit@0 ASC NULLS LAST, fix_time@1 ASC NULLS LAST]"), "{ordered}");
    let filtered = plan(&session, "SELECT fix_time, speed FROM tracks WHERE unit = 'A' ORDER BY fix_time");
    assert!(!filtered.contains("SortExec"), "{filtered}");
    // Another order has to be sorted.
    let other = plan(&session, "SELECT unit, speed FROM tracks ORDER BY speed");
    assert!(other.contains("SortExec"), "{other}");
    let sql = "SELECT unit, date_part('minute', fix_time) FROM tracks ORDER BY unit, fix_time";
    assert_eq!(rows(&session, sql), ["A,0", "A,1", "A,0", "B,0", "B,0"]);
}

#[test]
fn many_files_are_spread_and_then_sorted() {
    let lake = Lake::empty();
    for n in 0..70 {
        let unit = if n % 2 == 0 { "A" } else { "B" };
        lake.add("tracks", &format!("date=2026-05-01/p000-{n}-{}", n + 1), &tracks(&[(unit, 70 - n, 1, 1, None)]));
    }
    let session = lake.session();
    let plan = plan(&session, "SELECT unit, fix_time FROM tracks ORDER BY unit, fix_time");
    assert!(plan.contains("SortExec") && !plan.contains("output_ordering"), "{plan}");
    let got = rows(&session, "SELECT unit, fix_time FROM tracks ORDER BY unit, fix_time");
    let mut sorted = got.clone();
    sorted.sort();
    assert_eq!((got.len(), &got), (70, &sorted));
}

#[test]
fn row_groups_and_pages_are_pruned_through_the_decimal() {
    let lake = Lake::empty();
    // Three row groups of 1000 rows, pages of 100: the latitude grows by a microdegree a row.
    let many: Vec<Row> = (0..3000).map(|n| ("A", i64::from(n) * 1000, 40_000_000 + n, 29_000_000, Some(n))).collect();
    lake.add("tracks", "date=2026-05-01/p000-0-3000", &tracks(&many));
    let session = lake.session();
    let sql = "SELECT speed FROM tracks WHERE lat BETWEEN 40.001050 AND 40.001059";
    assert_eq!(rows(&session, sql).len(), 10);
    let ran = ask(&session, &format!("EXPLAIN ANALYZE {sql}"), Format::Json).unwrap();
    assert_eq!(metric(&ran, "row_groups_pruned_statistics"), "3 total → 1 matched");
    assert_eq!(metric(&ran, "page_index_rows_pruned"), "1.00 K total → 100 matched");
    // The filter ran inside the scan.
    assert!(!ran.contains("FilterExec"), "{ran}");
}

#[test]
fn counting_opens_no_file() {
    let lake = Lake::small();
    let gone = lake.add("tracks", "date=2026-05-04/p000-9-10", &tracks(&[("A", 3 * DAY, 1, 1, None)]));
    std::fs::remove_file(gone).unwrap();
    let session = lake.session();
    assert_eq!(rows(&session, "SELECT count(*) FROM tracks"), ["6"]);
    assert_eq!(rows(&session, "SELECT count(*) FROM tracks WHERE date < '2026-05-04'"), ["5"]);
}
