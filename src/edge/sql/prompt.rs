//! The prompt: statements over many lines until `;`, history, completion, a few commands.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};

use super::complete::Words;
use super::error::SqlError;
use super::functions;
use super::near::near;
use super::render::Format;
use super::session::{Interrupt, Session};
use super::statement::split;

const HELP: &str = "\
A statement ends with ; and may take several lines. Tab completes, the arrow keys recall.
\\d              tables           \\format FORMAT  table, csv, json or parquet
\\d TABLE        its columns      \\out FILE       the next answer goes to a file
\\f              map functions    \\help, \\q       this text, end (or Ctrl-D)
Ctrl-C ends a running query. Latitude comes before longitude. Times are UTC.
  SELECT kind, count(*) FROM alerts_latest GROUP BY kind ORDER BY 2 DESC;
  SELECT h3_cell(lat, lon, 5) AS cell, count(*) FROM tracks GROUP BY cell ORDER BY 2 DESC LIMIT 10;";

/// Where the lines that were typed are kept between sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum History {
    /// In this file; its folder is made.
    File(PathBuf),
    /// Nowhere.
    Forgotten,
}

/// Reads statements until the end, and prints answers to standard output, everything else to standard error.
///
/// # Errors
/// The terminal fails. A statement that fails is told and the prompt goes on.
pub fn prompt(session: &Session, format: Format, history: &History) -> Result<(), SqlError> {
    let config = Config::builder().max_history_size(1000).map_err(terminal)?.auto_add_history(true).build();
    let mut editor: Editor<Words, FileHistory> = Editor::with_config(config).map_err(terminal)?;
    if let History::File(file) = history {
        // Without a readable history the prompt works as well.
        let _ = editor.load_history(file);
    }
    let mut state = State { format, out: None };
    eprintln!("kervan sql: \\help for help, \\q to leave");
    loop {
        editor.set_helper(Some(Words { names: names(session) }));
        match editor.readline("kervan> ") {
            Ok(input) if input.trim_start().starts_with('\\') => {
                if !state.command(session, input.trim()) {
                    break;
                }
            }
            Ok(input) => split(&input).0.into_iter().for_each(|statement| state.statement(session, statement)),
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(terminal(error)),
        }
    }
    if let History::File(file) = history {
        let kept = file.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(ReadlineError::Io);
        if let Err(error) = kept.and_then(|()| editor.save_history(file)) {
            eprintln!("the history was not kept in {}: {error}", file.display());
        }
    }
    Ok(())
}

fn terminal(error: ReadlineError) -> SqlError {
    SqlError::Output(io::Error::other(error))
}

fn names(session: &Session) -> Vec<String> {
    let mut names = session.function_names();
    for table in session.shown() {
        names.extend(table.columns.into_iter().map(|(column, _)| column));
        names.push(table.name);
    }
    names.sort();
    names.dedup();
    names
}

struct State {
    format: Format,
    out: Option<PathBuf>,
}

impl State {
    fn statement(&mut self, session: &Session, statement: &str) {
        let start = Instant::now();
        let answered = match (self.out.take(), self.format) {
            (Some(file), format) => to_file(session, statement, format, &file),
            (None, Format::Parquet) => {
                Err(SqlError::Statement("Parquet goes to a file: \\out FILE first, or \\format table".to_owned()))
            }
            (None, format) => session.run_interruptible(statement, format, &mut io::stdout(), Interrupt::EndsStatement),
        };
        match answered {
            Ok(rows) => {
                eprintln!("{rows} row{}, {:.2} s", if rows == 1 { "" } else { "s" }, start.elapsed().as_secs_f64())
            }
            Err(error) => eprintln!("error: {error}"),
        }
    }

    /// False when the prompt shall end.
    fn command(&mut self, session: &Session, command: &str) -> bool {
        let (name, argument) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        match (name, argument.trim().trim_end_matches(';')) {
            ("\\q" | "\\quit", _) => return false,
            ("\\help" | "\\h" | "\\?", _) => println!("{HELP}"),
            ("\\f", _) => functions::usages().iter().for_each(|usage| println!("{usage}")),
            ("\\d", "") => print!("{}", tables(session)),
            ("\\d", table) => print!("{}", columns(session, table)),
            ("\\out", "") => eprintln!("\\out needs a file"),
            ("\\out", file) => self.out = Some(PathBuf::from(file)),
            ("\\format", format) => match format.parse() {
                Ok(format) => self.format = format,
                Err(message) => eprintln!("{message}"),
            },
            _ => eprintln!("there is no command {name}; \\help lists them"),
        }
        true
    }
}

/// Writes an answer beside `file` and gives it the name when it is complete.
///
/// # Errors
/// As [`Session::run`]; then nothing is left of it.
pub fn to_file(session: &Session, statement: &str, format: Format, file: &Path) -> Result<u64, SqlError> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = (|| {
        let mut out = io::BufWriter::new(File::create(&part)?);
        let rows = session.run_interruptible(statement, format, &mut out, Interrupt::EndsStatement)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&part, file)?;
        Ok(rows)
    })();
    if written.is_err() {
        // Best effort: the error that counts is the first one.
        let _ = std::fs::remove_file(&part);
    }
    written
}

fn tables(session: &Session) -> String {
    let lines = session.shown().into_iter().map(|table| match table.size {
        Some((files, rows)) => format!("{:<18} {rows:>12} rows in {files} files\n", table.name),
        None => format!("{:<18} view\n", table.name),
    });
    lines.collect()
}

fn columns(session: &Session, name: &str) -> String {
    let shown = session.shown();
    let Some(table) = shown.iter().find(|table| table.name == name) else {
        let found = near(name, shown.iter().map(|table| table.name.as_str()));
        return format!(
            "there is no table {name}; \\d lists them{}\n",
            found.first().map_or(String::new(), |near| format!(", near: {near}"))
        );
    };
    table.columns.iter().map(|(column, kind)| format!("{column:<18} {kind}\n")).collect()
}
