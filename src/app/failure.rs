//! How a command ends badly: an exit code (FORMATS, section 5) and an error that says what was being done to what.

use std::fmt;
use std::io::{self, Write};

/// Exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Anything else.
    Other = 1,
    /// Wrong use or configuration.
    Usage = 2,
    /// A named file, folder or object is missing or unreadable.
    Missing = 3,
    /// The guarantee cannot be kept; do not restart blindly.
    Guarantee = 4,
    /// Output full or unwritable; waiting helps.
    OutputFull = 5,
}

impl ExitCode {
    /// The exit code of a number, as layers below name it.
    pub fn of(number: u8) -> ExitCode {
        match number {
            2 => ExitCode::Usage,
            3 => ExitCode::Missing,
            4 => ExitCode::Guarantee,
            5 => ExitCode::OutputFull,
            _ => ExitCode::Other,
        }
    }
}

/// An error with its exit code.
#[derive(Debug)]
pub struct Failure {
    /// Which exit code.
    pub code: ExitCode,
    /// What was being done to what, and what to do next.
    pub error: anyhow::Error,
}

impl Failure {
    /// An error with a code.
    pub fn new(code: ExitCode, error: impl Into<anyhow::Error>) -> Failure {
        Failure { code, error: error.into() }
    }

    /// Wrong use or configuration.
    pub fn usage(message: impl fmt::Display + fmt::Debug + Send + Sync + 'static) -> Failure {
        Failure::new(ExitCode::Usage, anyhow::Error::msg(message))
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::new(ExitCode::Other, error)
    }
}

/// Writes a result to standard output. Who reads only its head, as `head` does, has what he wanted.
///
/// # Errors
/// Exit 5 where nothing can be written there; `what` names the result.
pub fn print(text: &str, what: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.or_fail(ExitCode::OutputFull, || format!("writing {what} to standard output")),
    }
}

/// Gives an error a code and says what was being done.
pub trait OrFail<T> {
    /// On error: exit `code`, with `doing` in front of the cause.
    ///
    /// # Errors
    /// The error it was called on, wrapped.
    fn or_fail(self, code: ExitCode, doing: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrFail<T> for Result<T, E> {
    fn or_fail(self, code: ExitCode, doing: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(code, error.into().context(doing())))
    }
}
