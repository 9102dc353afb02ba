//! The table of results: one line a test, kept in `docs/results/kafka-matrix.md` when `KERVAN_RESULTS` is set.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

const HEAD: &str = "# The job against Apache Kafka, broken on purpose\n\n\
    Rows are those of DELIVERY, section 6.2; a run is one fault that was injected, and each test ends with its invariants: tracks\n\
    and records hold every offset once, committed alerts are those of the file mode byte for byte, commits never go back, nothing\n\
    unpublished is seen. A control is a run with a guard switched off, which must break an invariant.\n\n\
    Lines may come from several builds of one day; docs/results/kafka-notes.md says what is open.\n\n\
    Made by `KERVAN_RESULTS=1 cargo test --test broker -- --include-ignored`: debug build, Kafka 4.3.1 beside it, two cores.\n\n\
    | row | test | runs | result | seconds |\n|---|---|---|---|---|\n";

/// One test of the matrix: what it says on its way, and its line in the table when it ends.
pub struct Row {
    row: u32,
    test: &'static str,
    runs: usize,
    begin: Instant,
}

impl Row {
    /// A test begins.
    pub fn begin(row: u32, test: &'static str) -> Row {
        println!("row {row}: {test}");
        Row { row, test, runs: 0, begin: Instant::now() }
    }

    /// One more fault was injected.
    pub fn ran(&mut self) {
        self.runs += 1;
    }

    fn write(&self, path: &Path) {
        static WRITING: Mutex<()> = Mutex::new(());
        let _writing = WRITING.lock().unwrap_or_else(|failed| failed.into_inner());
        let before = fs::read_to_string(path).unwrap_or_default();
        let mut lines: BTreeMap<(u32, String), String> = BTreeMap::new();
        for line in before.lines() {
            let mut cells = line.split('|').map(str::trim).skip(1);
            if let (Some(row), Some(test)) = (cells.next().and_then(|row| row.parse().ok()), cells.next()) {
                lines.insert((row, test.to_owned()), line.to_owned());
            }
        }
        let result = if std::thread::panicking() { "FAILED" } else { "holds" };
        let seconds = self.begin.elapsed().as_secs();
        let line = format!("| {} | {} | {} | {result} | {seconds} |", self.row, self.test, self.runs);
        lines.insert((self.row, self.test.to_owned()), line);
        let table: String = lines.values().map(|line| format!("{line}\n")).collect();
        fs::write(path, format!("{HEAD}{table}")).expect("the table of results can be written");
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        if std::env::var_os("KERVAN_RESULTS").is_some() {
            self.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/results/kafka-matrix.md"));
        }
    }
}
