//! What others ask of a running process: numbers for Prometheus, whether it lives, whether it is ready.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics_exporter_prometheus::PrometheusHandle;
use tiny_http::{Header, Response, Server};

use crate::app::failure::{ExitCode, Failure};

/// Longest silence of the loop after which the process calls itself dead.
const DEAD: Duration = Duration::from_secs(60);

/// What the loop tells, and the pages show.
#[derive(Debug)]
pub struct Health {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    turned: Instant,
    assigned: bool,
    /// Why it is not ready, by what is wrong.
    reasons: Vec<(&'static str, String)>,
}

impl Default for Health {
    fn default() -> Health {
        Health { inner: Mutex::new(Inner { turned: Instant::now(), assigned: false, reasons: Vec::new() }) }
    }
}

impl Health {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The loop has turned.
    pub fn turn(&self) {
        self.inner().turned = Instant::now();
    }

    /// How long ago.
    pub fn silence(&self) -> Duration {
        self.inner().turned.elapsed()
    }

    /// The group has given us an assignment (which may be empty), or taken it away.
    pub fn assigned(&self, yes: bool) {
        self.inner().assigned = yes;
    }

    /// Something keeps the process from being ready, or no longer does.
    pub fn reason(&self, what: &'static str, why: Option<String>) {
        let mut inner = self.inner();
        inner.reasons.retain(|(w, _)| *w != what);
        inner.reasons.extend(why.map(|why| (what, why)));
    }

    /// Why it is not ready; nothing where it is.
    pub fn unready(&self) -> Vec<String> {
        let inner = self.inner();
        let mut out = Vec::new();
        if !inner.assigned {
            out.push("the group has not given this process its partitions yet".to_owned());
        }
        out.extend(inner.reasons.iter().map(|(what, why)| format!("{what}: {why}")));
        out
    }
}

/// Serves the pages from a thread of its own until the process ends.
///
/// # Errors
/// Exit 2 where the address is taken.
pub fn serve(listen: SocketAddr, health: Arc<Health>, metrics: PrometheusHandle) -> Result<SocketAddr, Failure> {
    let server = Server::http(listen).map_err(|error| {
        Failure::new(
            ExitCode::Usage,
            anyhow::anyhow!("listening on {listen} for metrics: {error}; give [metrics] listen another address"),
        )
    })?;
    let address = server.server_addr().to_ip().unwrap_or(listen);
    std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
        for request in server.incoming_requests() {
            let (code, body) = page(request.url(), &health, &metrics);
            let mut response = Response::from_string(body).with_status_code(code);
            if let Ok(header) = Header::from_bytes("Content-Type", "text/plain; version=0.0.4; charset=utf-8") {
                response.add_header(header);
            }
            // Whoever asked may be gone.
            let _ = request.respond(response);
        }
    })?;
    Ok(address)
}

fn page(url: &str, health: &Health, metrics: &PrometheusHandle) -> (u16, String) {
    match url.split('?').next().unwrap_or_default() {
        "/metrics" => (200, metrics.render()),
        "/health" => {
            let silence = health.silence();
            if silence < DEAD {
                (200, "alive\n".to_owned())
            } else {
                (503, format!("the loop has not turned for {} s\n", silence.as_secs()))
            }
        }
        "/ready" => {
            let reasons = health.unready();
            if reasons.is_empty() { (200, "ready\n".to_owned()) } else { (503, reasons.join("\n") + "\n") }
        }
        _ => (404, "there are /metrics, /health and /ready\n".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_names_every_reason() {
        let health = Health::default();
        assert_eq!(health.unready().len(), 1);
        health.assigned(true);
        health.reason("reading", Some("paused".to_owned()));
        health.reason("reading", Some("paused longer".to_owned()));
        health.reason("store", Some("full".to_owned()));
        assert_eq!(health.unready(), ["reading: paused longer", "store: full"]);
        health.reason("reading", None);
        health.reason("store", None);
        assert!(health.unready().is_empty());
    }
}
