//! `kervan sql`: questions about what a replay wrote.
//!
//! Composes the lake's manifest, which knows the files, with the engine, which knows how to read them.

use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::failure::{ExitCode, Failure, OrFail};
use crate::edge::lake::{LakeError, Live, Table};
use crate::edge::sql::{
    Format, History, Interrupt, LakeFile, Session, SqlError, TableFiles, prompt, statements, to_file,
};

/// Asks SQL questions about the output of `kervan replay`.
///
/// Tables: tracks, records, alerts, alerts_latest, journeys, journey_revisions, rejects. Latitude comes before longitude in
/// every function. Nothing is ever written into the lake. Without -c: a prompt, or the statements on standard input.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// One query, or several with `;` between them.
    #[arg(short = 'c', long = "command", value_name = "QUERY")]
    pub query: Option<String>,

    /// The output directory of a replay.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub lake: PathBuf,

    /// table, csv, json (an object a line) or parquet; else what the ending of --out says, else table.
    #[arg(long)]
    pub format: Option<Format>,

    /// Writes the answer to this file, whole or not at all.
    #[arg(long, value_name = "FILE", requires = "query")]
    pub out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Exit 2: not a lake, or a statement at fault; 3: no such directory, or a file of the lake is missing; 5: the answer cannot
/// be written; 1: cancelled, or the engine failed.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let lake = existing_lake(&arguments.lake)?;
    let format = format_of(arguments)?;
    if let Some(out) = &arguments.out {
        refuse_inside(&lake, out)?;
    }
    let files = lake.clone();
    let session = Session::new(Box::new(move || Ok(tables_of(&files)?))).map_err(failure)?;
    match (&arguments.query, &arguments.out) {
        (Some(query), Some(out)) => one_to_file(&session, query, format, out),
        (Some(query), None) => all_to_stdout(&session, query, format),
        (None, _) if io::stdin().is_terminal() => prompt(&session, format, &history()).map_err(failure),
        (None, _) => {
            let mut text = String::new();
            io::stdin()
                .read_to_string(&mut text)
                .or_fail(ExitCode::Missing, || "reading statements from standard input".to_owned())?;
            all_to_stdout(&session, &text, format)
        }
    }
}

/// The tables of a lake as its manifests stand now.
///
/// # Errors
/// A manifest cannot be read or contradicts another.
pub fn tables_of(lake: &Path) -> Result<Vec<TableFiles>, LakeError> {
    let live = Live::load(lake)?;
    let file = |table: Table| {
        live.of(table)
            .map(|file| LakeFile {
                path: file.path_in(lake),
                rows: file.entry.rows,
                bytes: file.entry.bytes,
                min_fix_time: file.entry.min_fix_time,
                max_fix_time: file.entry.max_fix_time,
            })
            .collect()
    };
    let table = |table: Table| TableFiles {
        name: table.name().to_owned(),
        schema: table.schema(),
        sorted_by: table.sorted_by().iter().map(|name| (*name).to_owned()).collect(),
        dated: true,
        files: file(table),
    };
    Ok(Table::ALL.into_iter().map(table).collect())
}

/// The directory, absolute, if it is a lake.
fn existing_lake(dir: &Path) -> Result<PathBuf, Failure> {
    let lake = dir.canonicalize().or_fail(ExitCode::Missing, || {
        format!("opening the lake {}: give the --out directory of a kervan replay with --lake", dir.display())
    })?;
    if !lake.join("manifest").is_dir() && !lake.join("summary.json").is_file() {
        return Err(Failure::usage(format!(
            "{} is no lake: it has neither a folder manifest nor a summary.json; give the --out directory of a kervan replay with --lake",
            dir.display()
        )));
    }
    Ok(lake)
}

fn format_of(arguments: &Arguments) -> Result<Format, Failure> {
    let ending = arguments.out.as_deref().and_then(Path::extension).and_then(|ending| ending.to_str());
    let format = arguments.format.unwrap_or(match ending {
        Some("csv") => Format::Csv,
        Some("json" | "ndjson" | "jsonl") => Format::Json,
        Some("parquet") => Format::Parquet,
        _ => Format::Table,
    });
    if format == Format::Parquet && arguments.out.is_none() {
        return Err(Failure::usage("Parquet goes to a file: add --out FILE and -c QUERY"));
    }
    Ok(format)
}

/// Answers do not go where the lake's files lie: the next reader would take them for damage.
fn refuse_inside(lake: &Path, out: &Path) -> Result<(), Failure> {
    let folder = match out.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Err(Failure::usage(format!("--out {} is no file", out.display()))),
    };
    let folder = folder
        .canonicalize()
        .or_fail(ExitCode::Missing, || format!("opening the folder of --out {}", out.display()))?;
    if folder.starts_with(lake) {
        return Err(Failure::usage(format!(
            "--out {} lies in the lake, which is read only; choose another folder",
            out.display()
        )));
    }
    Ok(())
}

fn one_to_file(session: &Session, query: &str, format: Format, out: &Path) -> Result<(), Failure> {
    match statements(query).as_slice() {
        [statement] => to_file(session, statement, format, out).map(|_| ()).map_err(failure),
        many => Err(Failure::usage(format!("--out takes the answer of one query, here are {}", many.len()))),
    }
}

fn all_to_stdout(session: &Session, text: &str, format: Format) -> Result<(), Failure> {
    for statement in statements(text) {
        let mut out = io::BufWriter::new(io::stdout());
        let answered = session.run_interruptible(statement, format, &mut out, Interrupt::EndsStatement);
        match answered.and_then(|_| Ok(out.flush()?)) {
            // Whoever reads us has seen enough.
            Err(SqlError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            answered => answered.map_err(failure)?,
        }
    }
    Ok(())
}

fn failure(error: SqlError) -> Failure {
    let code = match &error {
        SqlError::Statement(_) => ExitCode::Usage,
        SqlError::Manifest(_) | SqlError::Missing(_) => ExitCode::Missing,
        SqlError::Output(_) => ExitCode::OutputFull,
        SqlError::Cancelled | SqlError::Engine(_) => ExitCode::Other,
    };
    Failure::new(code, anyhow!(error))
}

/// Where people keep such files (XDG base directories); nowhere without a home.
fn history() -> History {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local").join("share")));
    data.map_or(History::Forgotten, |data| History::File(data.join("kervan").join("sql_history")))
}

#[cfg(test)]
mod tests;
