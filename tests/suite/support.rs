//! The command under test, directories to work in, and a rulebook on disk.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A new directory that goes when the test ends.
pub fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a place for temporary files")
}

/// `kervan` with arguments.
pub fn kervan(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kervan"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs it; the exit code and what it said on standard error.
pub fn run(command: &mut Command) -> (i32, String) {
    let Output { status, stderr, .. } = command.output().expect("the command starts");
    (status.code().unwrap_or(-1), String::from_utf8_lossy(&stderr).into_owned())
}

/// `kervan replay --quiet` of logs into a directory, with more arguments.
pub fn replay(logs: &[&Path], rulebook: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = kervan(&["replay", "--quiet"]);
    command.args(logs).arg("--rulebook").arg(rulebook).arg("--out").arg(out).args(more);
    command
}

/// Runs a replay that must succeed.
pub fn replayed(logs: &[&Path], rulebook: &Path, out: &Path, more: &[&str]) {
    let (code, said) = run(&mut replay(logs, rulebook, out, more));
    assert_eq!(code, 0, "replay of {logs:?}: {said}");
}

/// The log that `export-log` gives back.
pub fn exported(out: &Path) -> Vec<u8> {
    let log = out.with_extension("exported.ndjson");
    let _ = std::fs::remove_file(&log);
    let (code, said) = run(kervan(&["export-log"]).arg(out).arg("--out").arg(&log));
    assert_eq!(code, 0, "export of {}: {said}", out.display());
    bytes(&log)
}

/// A file's content.
pub fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file of JSON lines.
pub fn json_lines(path: &Path) -> Vec<serde_json::Value> {
    let text = String::from_utf8(bytes(path)).expect("JSON is UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// `summary.json` of a run.
pub fn summary(out: &Path) -> serde_json::Value {
    serde_json::from_slice(&bytes(&out.join("summary.json"))).expect("the summary is JSON")
}

/// Asserts that outcomes sum to records, and returns how many there were.
pub fn outcomes_sum(out: &Path) -> u64 {
    let summary = summary(out);
    let sum: u64 = summary["outcomes"].as_object().into_iter().flatten().filter_map(|(_, n)| n.as_u64()).sum();
    assert_eq!(Some(sum), summary["records"].as_u64(), "outcomes sum to inputs: {summary}");
    sum
}

/// A test that cannot run here says so. In CI, which brings everything, that is a failure: a suite that is skipped silently
/// proves nothing.
pub fn skipped(what: &str, why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "no {what} in CI: {why}");
    println!("skipped: no {what}, because {why}");
}

/// Shared test data, or `None` with a word about it.
pub fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let named = std::env::var_os("KERVAN_SHARED").map(PathBuf::from);
    let found = named.into_iter().chain([beside]).map(|dir| dir.join("data")).find(|dir| dir.is_dir());
    if found.is_none() {
        println!("skipped: no shared data beside the package");
    }
    found
}

/// The rulebook of [`super::world`] as files, and a little of it: yards, a corridor, zones.
pub fn rulebook(dir: &Path) -> PathBuf {
    use super::world::road;
    let at = |x: f64| {
        let p = road(x);
        (f64::from(p.lon_e6) / 1e6, f64::from(p.lat_e6) / 1e6)
    };
    let zone = |id: &str, class: &str, more: &str, x: f64, half: f64| {
        let (lon, lat) = at(x);
        let (w, s, e, n) = (lon - half, lat - half, lon + half, lat + half);
        format!(
            r#"{{"type":"Feature","properties":{{"id":"{id}","class":"{class}"{more}}},"geometry":{{"type":"Polygon","coordinates":[[[{w},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{s}]]]}}}}"#
        )
    };
    let zones = [
        zone("yard-a", "customs_area", r#","office":"TR000001""#, 0.0, 0.004),
        zone("yard-b", "customs_area", r#","office":"TR000002""#, 20_000.0, 0.004),
        zone("watched", "watch", r#","dwell_min":6"#, 9_000.0, 0.004),
        zone("rest", "permitted_stop", r#","allowance_min":10"#, 6_000.0, 0.002),
        zone("risky", "risk", "", 15_000.0, 0.006),
    ];
    let line: Vec<String> =
        [0.0, 12_000.0, 17_000.0, 24_000.0].map(at).iter().map(|(x, y)| format!("[{x},{y}]")).collect();
    let corridor = format!(
        r#"{{"type":"Feature","properties":{{"id":"c","half_width_m":400,"time_limit_h":0.6,"places":["rest"],"from":"TR000001","to":"TR000002"}},"geometry":{{"type":"LineString","coordinates":[{}]}}}}"#,
        line.join(",")
    );
    let all = |features: &[String]| format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    let ((a_lon, a_lat), (b_lon, b_lat)) = (at(0.0), at(20_000.0));
    let book = dir.join("rulebook");
    for folder in ["zones", "corridors"] {
        std::fs::create_dir_all(book.join(folder)).expect("a directory can be made");
    }
    let files = [
        ("rulebook.toml", "version = \"suite\"\n".to_owned()),
        (
            "offices.csv",
            format!(
                "code,name,lat,lon,kind,parent\nTR000001,One,{a_lat},{a_lon},inland,\nTR000002,Two,{b_lat},{b_lon},inland,\n"
            ),
        ),
        ("zones/all.geojson", all(&zones)),
        ("corridors/all.geojson", all(&[corridor])),
    ];
    for (name, text) in files {
        std::fs::write(book.join(name), text).expect("a file can be written");
    }
    book
}
