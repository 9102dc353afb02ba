//! The terminal: calm, in one language, in colour where somebody looks. Whoever closes it early stops nothing.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use super::folder::Folder;
use super::verdict::Found;
use super::words::{Words, words};
use crate::app::replay::Summary;
use crate::app::simulate::Header;
use crate::domain::alert::Priority;
use crate::domain::time::{DAY, HOUR, MINUTE, Millis, SECOND};
use crate::edge::map::Language;

/// Türkiye keeps UTC+3 all the year.
const LOCAL: Millis = 3 * HOUR;

/// Where the demo speaks.
pub struct Screen {
    out: Box<dyn Write>,
    colour: bool,
    /// Its language.
    pub language: Language,
    words: &'static Words,
}

impl Screen {
    /// Standard output; colours on a terminal, unless `NO_COLOR` is set.
    pub fn stdout(language: Language) -> Screen {
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        // Tests look at the files; what is said would stand between their own lines.
        let out: Box<dyn Write> = if cfg!(test) { Box::new(io::sink()) } else { Box::new(io::stdout()) };
        Screen { out, colour, language, words: words(language) }
    }

    /// A line. A closed pipe is no error: the files are what counts.
    pub fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    /// Text in a style of ECMA-48 (`1` bold, `2` faint, `31` red), where colours are shown.
    pub fn styled(&self, style: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A heading with room above it.
    pub fn heading(&mut self, text: &str) {
        let text = self.styled("1", text);
        self.line(&format!("\n{text}"));
    }

    /// A remark.
    pub fn faint(&mut self, text: &str) {
        let text = self.styled("2", text);
        self.line(&text);
    }

    /// The words of its language.
    pub fn words(&self) -> &'static Words {
        self.words
    }

    /// What is about to happen.
    pub fn welcome(&mut self, root: &Path) {
        let title = self.styled("1", self.words.title);
        self.line(&title);
        self.faint(&format!("{} {}", self.words.everything_in, root.display()));
        if self.language == Language::Turkish {
            self.faint("English: kervan demo --lang en");
        }
    }

    /// The log is there.
    pub fn simulated(&mut self, header: &Header, took: Duration) {
        self.heading(self.words.day);
        let w = self.words;
        self.line(&format!(
            "{:.0} {}, {} {}, {:.0} {} ({})",
            header.vehicle_days,
            w.vehicles,
            grouped(header.fixes),
            w.fixes,
            header.driving_h,
            w.hours_driven,
            seconds(took)
        ));
        self.heading(w.alerts_come);
    }

    /// The log is decided.
    pub fn decided(&mut self, summary: &Summary, took: Duration) {
        let w = self.words;
        let fixes = summary.by_type.get("fix").copied().unwrap_or(0);
        let rate = summary.records as f64 / took.as_secs_f64().max(1e-3);
        self.line(&format!(
            "{} {} {} {}: {} ({:.0}/s)",
            grouped(summary.records),
            w.records_of_which,
            grouped(fixes),
            w.fixes_decided_in,
            seconds(took),
            rate
        ));
    }

    /// SQL is not in this build.
    #[cfg(not(feature = "sql"))]
    pub fn no_sql(&mut self) {
        self.heading(self.words.questions);
        self.line(self.words.no_sql);
    }

    /// The map is there.
    pub fn map(&mut self, path: &Path, bytes: usize) {
        let w = self.words;
        self.heading(w.map);
        let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let address = self.styled("4", &format!("file://{}", full.display()));
        self.line(&format!("{address}  ({:.1} MB)", bytes as f64 / 1e6));
        self.faint(w.open_map);
    }

    /// What was found of what was planted.
    pub fn verdict(&mut self, found: &Found) {
        let w = self.words;
        self.heading(w.truth);
        self.line(&format!("{} {} / {}  {}", w.found_of, found.found, found.observable, found.kinds.join(", ")));
        self.line(&format!(
            "{} {} ({:.3} {}), {} {}",
            w.false_alarms,
            found.false_announced,
            found.false_per_day,
            w.a_vehicle_day,
            w.of_announced,
            found.announced
        ));
        self.faint(w.not_counted);
    }

    /// What to do next.
    pub fn farewell(&mut self, folder: &Folder, took: Duration) {
        let w = self.words;
        self.heading(w.next);
        let root = folder.root.display();
        let mut commands = Vec::new();
        if cfg!(feature = "sql") {
            commands.push((format!("kervan sql --lake {root}/result"), w.next_sql));
        }
        commands.push((
            format!("kervan score --alerts {root}/result/alerts.ndjson --truth {root}/truth.ndjson"),
            w.next_score,
        ));
        commands.push((format!("kervan check {root}/rulebook"), w.next_check));
        let out = if root.to_string() == "demo-out" { String::new() } else { format!(" --out {root}") };
        commands.push((format!("kervan demo --keep{out}"), w.next_keep));
        for (command, what) in commands {
            let what = self.styled("2", what);
            self.line(&format!("  {command}\n      {what}"));
        }
        self.line(&format!("  {}", w.next_readme));
        self.faint(&format!("\n{} {}", w.took, seconds(took)));
    }

    /// Time of day in Türkiye.
    pub fn clock(time: Millis) -> String {
        let of_day = (time + LOCAL).rem_euclid(DAY);
        format!("{:02}:{:02}:{:02}", of_day / HOUR, of_day % HOUR / MINUTE, of_day % MINUTE / SECOND)
    }

    /// A priority, in its colour and of equal width.
    pub fn priority(&self, priority: Priority) -> String {
        let (style, tr, en) = match priority {
            Priority::High => ("1;31", "YÜKSEK", "HIGH  "),
            Priority::Medium => ("33", "orta  ", "medium"),
            Priority::Low => ("36", "düşük ", "low   "),
            Priority::Journal => ("2", "kayıt ", "journal"),
        };
        self.styled(style, if self.language == Language::Turkish { tr } else { en })
    }
}

/// Digits in groups of three, apart by a narrow blank that every terminal has.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_clocks_read_as_people_write_them() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234_567), "1 234 567");
        assert_eq!(Screen::clock(0), "03:00:00");
        assert_eq!(Screen::clock(22 * HOUR + 61 * SECOND), "01:01:01");
    }
}
