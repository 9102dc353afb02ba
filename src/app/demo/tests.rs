//! The whole demo, small.

use std::fs;

use super::*;

fn arguments(out: &Path) -> Arguments {
    Arguments { out: out.to_owned(), vehicles: 3, seed: 7, lang: Language::English, keep: false, picture: None }
}

#[test]
fn a_small_day_leaves_everything_behind_and_is_the_same_again() {
    let temp = tempfile::tempdir().expect("a place for files");
    let out = temp.path().join("demo");
    let mut first = arguments(&out);
    first.picture = Some(temp.path().join("picture.svg"));
    run(&first).expect("the demo runs");
    let alerts = || fs::read(out.join("result/alerts.ndjson")).expect("alerts");
    let (before, page) = (alerts(), fs::read(out.join("map.html")).expect("a page"));
    assert!(!before.is_empty(), "the seed gives alerts");
    assert!(page.starts_with(b"<!doctype html>") && page.len() < 4_000_000);
    assert!(fs::read_to_string(temp.path().join("picture.svg")).expect("a picture").starts_with("<svg "));

    let again = Arguments { keep: true, ..arguments(&out) };
    run(&again).expect("it is decided again");
    assert_eq!(alerts(), before);
    fs::write(out.join("notes.txt"), "mine").expect("written");
    run(&arguments(&out)).expect("an earlier demo is replaced");
    assert_eq!(alerts(), before);
    assert!(out.join("notes.txt").exists(), "what people put beside it stays");
}

#[test]
fn a_directory_of_somebody_else_is_never_touched() {
    let temp = tempfile::tempdir().expect("a place for files");
    fs::write(temp.path().join("thesis.txt"), "ten years").expect("written");
    let failure = run(&arguments(temp.path())).expect_err("refused");
    assert_eq!(failure.code, ExitCode::Usage);
    assert_eq!(fs::read_to_string(temp.path().join("thesis.txt")).expect("still there"), "ten years");
}

#[test]
fn nothing_to_keep_is_missing() {
    let temp = tempfile::tempdir().expect("a place for files");
    let failure = run(&Arguments { keep: true, ..arguments(temp.path()) }).expect_err("refused");
    assert_eq!(failure.code, ExitCode::Missing);
}
