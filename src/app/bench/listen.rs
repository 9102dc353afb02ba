//! A reader of the alerts, as a control room has one: only what is committed, and when it came.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::app::failure::{ExitCode, Failure};
use crate::app::run::connect;
use crate::app::wall::now;
use crate::domain::time::Millis;
use crate::edge::kafka::{Follower, KafkaSettings};
use crate::pipeline::BrokerFault;

/// An opened unit was announced: `log_time` of the alert, which is when the broker appended the fix, and how much later it came
/// to us. Both clocks are this machine's.
type Heard = (Millis, Millis);

/// See the module. It listens until it goes away.
pub struct Listener {
    heard: Arc<Mutex<Vec<Heard>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), BrokerFault>>>,
}

impl Listener {
    /// Listens from the end of the alerts on.
    ///
    /// # Errors
    /// Exit 3 where the broker does not answer.
    pub fn start(settings: &KafkaSettings) -> Result<Listener, Failure> {
        let follower = Follower::at_end(settings, &settings.topics.alerts).map_err(connect::failed)?;
        let (heard, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (ours, end) = (Arc::clone(&heard), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                let Some(value) = follower.next(Duration::from_millis(100))? else { continue };
                let at = now();
                let Ok(json) = serde_json::from_slice::<serde_json::Value>(&value) else { continue };
                if json["kind"] == "tamper" && json["op"] == "raise" {
                    let log_time = json["log_time"].as_str().and_then(|t| chrono::DateTime::parse_from_rfc3339(t).ok());
                    let log_time = log_time.map(|t| t.timestamp_millis());
                    ours.lock().unwrap_or_else(PoisonError::into_inner).extend(log_time.map(|t| (t, at - t)));
                }
            }
            Ok(())
        });
        Ok(Listener { heard, over, thread: Some(thread) })
    }

    /// What was heard of fixes that were appended at `from` or later, once there are `count` of them, or nothing new has
    /// come for `patience`.
    ///
    /// # Errors
    /// Exit 3 where reading has failed.
    pub fn wait_for(&mut self, count: usize, from: Millis, patience: Duration) -> Result<Vec<Heard>, Failure> {
        let mut news = (Instant::now(), 0);
        loop {
            let all = self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let heard: Vec<Heard> = all.into_iter().filter(|(at, _)| *at >= from).collect();
            if heard.len() > news.1 {
                news = (Instant::now(), heard.len());
            }
            let is_over = self.thread.as_ref().is_none_or(JoinHandle::is_finished);
            if is_over && let Some(thread) = self.thread.take() {
                let panicked = |_| Failure::new(ExitCode::Other, anyhow::anyhow!("the reader of alerts panicked"));
                thread.join().map_err(panicked)?.map_err(connect::failed)?;
            }
            if heard.len() >= count || news.0.elapsed() > patience || is_over {
                return Ok(heard);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
