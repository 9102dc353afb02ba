//! What can go wrong with a statement, in words for the one who typed it.

use datafusion::common::{DataFusionError, SchemaError};
use datafusion::object_store;

use super::files::BoxError;
use super::near::near;

/// Why a statement gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The statement is at fault: syntax, an unknown name, a type, or it wants to write.
    #[error("{0}")]
    Statement(String),
    /// The manifest could not be read.
    #[error("cannot read the lake's manifest: {0}")]
    Manifest(#[source] BoxError),
    /// A file that the manifest names is not there.
    #[error("a file of the lake is missing: {0}; if it was compacted meanwhile, ask again, else the lake is damaged")]
    Missing(String),
    /// Ctrl-C.
    #[error("the query was cancelled")]
    Cancelled,
    /// The answer could not be written.
    #[error("cannot write the answer: {0}")]
    Output(#[from] std::io::Error),
    /// The engine failed.
    #[error("the query failed: {0}")]
    Engine(String),
}

impl SqlError {
    /// From the engine's error, with near names where a name is unknown.
    pub(super) fn explain(error: &DataFusionError, tables: &[String]) -> SqlError {
        match error.find_root() {
            DataFusionError::SchemaError(schema, _) => SqlError::Statement(unknown_column(schema)),
            DataFusionError::SQL(parser, _) => SqlError::Statement(format!("syntax: {}", plain(&parser.to_string()))),
            DataFusionError::Plan(message) => SqlError::Statement(match unknown_table(message, tables) {
                Some(message) => message,
                None => plain(message),
            }),
            DataFusionError::NotImplemented(message) | DataFusionError::Execution(message) => {
                SqlError::Statement(plain(message))
            }
            DataFusionError::ArrowError(error, _) => SqlError::Statement(plain(&error.to_string())),
            DataFusionError::ObjectStore(error) if matches!(**error, object_store::Error::NotFound { .. }) => {
                SqlError::Missing(error.to_string())
            }
            other => match missing_file(&other.to_string()) {
                Some(file) => SqlError::Missing(file),
                None => SqlError::Engine(plain(&other.to_string())),
            },
        }
    }
}

/// One line, without the engine's prefixes and back trace.
fn plain(message: &str) -> String {
    let message = message.split("\n\nbacktrace:").next().unwrap_or(message);
    message.trim_start_matches("Error during planning: ").trim_start_matches("sql parser error: ").trim().to_owned()
}

/// The reader of footers keeps only the text of the store's error.
fn missing_file(message: &str) -> Option<String> {
    let (file, _) = message.split_once("Object at location ")?.1.split_once(" not found")?;
    Some(file.to_owned())
}

fn unknown_column(error: &SchemaError) -> String {
    let SchemaError::FieldNotFound { field, valid_fields } = error else { return plain(&error.to_string()) };
    let names = valid_fields.iter().map(|valid| valid.name.as_str());
    let mut message = format!("there is no column {}", field.name);
    match near(&field.name, names).as_slice() {
        [] if valid_fields.is_empty() => {}
        [] => message += "; \\d TABLE lists the columns",
        found => message += &format!("; near: {}", found.join(", ")),
    }
    // Names without quotes are lower-case words: this one stood in double quotes, the most common slip.
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !field.name.chars().all(is_word) || field.name.starts_with(|c: char| c.is_ascii_digit()) {
        message += " (text stands in single quotes)";
    }
    message
}

fn unknown_table(message: &str, tables: &[String]) -> Option<String> {
    let name = message.strip_prefix("table '")?.strip_suffix("' not found")?.rsplit('.').next()?;
    let found = near(name, tables.iter().map(String::as_str));
    let shown = if found.is_empty() { tables.join(", ") } else { found.join(", ") };
    Some(format!("there is no table {name}; {}: {shown}", if found.is_empty() { "there are" } else { "near" }))
}
