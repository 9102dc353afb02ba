//! Logs of the process on standard error: plain for people, JSON lines for machines.

use tracing_subscriber::fmt;

/// Starts them. `KERVAN_LOG` is `error`, `warn`, `info` (default) or `debug`.
pub fn start(json: bool) {
    let level = match std::env::var("KERVAN_LOG").as_deref() {
        Ok("error") => tracing::Level::ERROR,
        Ok("warn") => tracing::Level::WARN,
        Ok("debug") => tracing::Level::DEBUG,
        _ => tracing::Level::INFO,
    };
    let logs = fmt().with_max_level(level).with_writer(std::io::stderr).with_target(false);
    // A second start in one process (tests) changes nothing.
    let _ = if json {
        logs.json().flatten_event(true).try_init()
    } else {
        let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
        logs.with_ansi(ansi).try_init()
    };
}
