//! The table of results: one line a test, kept in `docs/results/kafka-matrix.md` when `KERVAN_RESULTS` is set.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use super::jars::VERSION;

fn head() -> String {
    format!(
        "# The job against Apache Kafka, broken on purpose\n\n\
         Rows are those of DELIVERY, section 6.2; a run is one fault that was injected.\n\n\
         Where the job is to go on, a test ends with its invariants, asked after everything has healed and every process has\n\
         stopped in order: tracks, records and rejects hold every offset once; K, C and W are equal; nothing is left staged;\n\
         committed alerts of the first stage are those of the file mode, byte for byte (those of the second stage are only asked\n\
         for repeats); the compacted topic of alerts agrees. Meanwhile a reader has seen no commit go back, and nothing published\n\
         ahead of its commit. Where it is to refuse (rows 21, 22, 23, and the last run of 27), it has ended with exit code 4 and\n\
         its reason, and the commits of the group are what they were. A control is a run with a guard switched off, which must\n\
         break an invariant.\n\n\
         Lines may come from several builds of one day; docs/results/kafka-notes.md says what is open.\n\n\
         Made by `KERVAN_RESULTS=1 cargo test --test broker -- --include-ignored`: debug build, Kafka {VERSION} beside it, two\n\
         cores.\n\n\
         | row | test | runs | result | seconds |\n|---|---|---|---|---|\n"
    )
}

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

    /// A control with a guard off has broken something, and of the kind that the guard is for: another end than that of an
    /// invariant of these classes (`I2`) proves nothing about it.
    pub fn broke(&mut self, broken: Option<String>, classes: &[&str]) {
        let Some(broken) = broken else { panic!("{}: nothing broke: the test of the guard proves nothing", self.test) };
        println!("broken: {broken}");
        let meant = classes.iter().any(|class| broken.contains(&format!("{class}:")));
        assert!(meant, "{}: something else broke than {classes:?}: {broken}", self.test);
        self.ran();
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
        fs::write(path, head() + &table).expect("the table of results can be written");
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        // A test that was skipped has no result: the line of an earlier run stays as it is.
        let skipped = self.runs == 0 && !std::thread::panicking();
        if !skipped && std::env::var_os("KERVAN_RESULTS").is_some() {
            self.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/results/kafka-matrix.md"));
        }
    }
}
