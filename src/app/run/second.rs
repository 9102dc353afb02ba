//! The loop of the second stage, beside that of the first.
//!
//! It is the same loop with another input: the topic of episodes, read as a group of its own (`GROUP-second`), with
//! checkpoints and transactions of its own. Of the processes that take part, the group gives the topic to one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::checkpoint::LogIdentity;
use super::config::Config;
use super::connect;
use super::health::Health;
use super::lanes::{KafkaLanes, StageOf};
use super::watch::Watcher;
use super::{stopped, tuning, watch_loop};
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::edge::kafka::{KafkaBroker, log_partitions};
use crate::pipeline::{Broker, Lanes, Runner, Stop, Threads};

/// A running second stage.
pub struct Second {
    thread: JoinHandle<Result<(), Stop>>,
    stop: Arc<AtomicBool>,
}

/// Starts it, where the configuration wants it.
///
/// # Errors
/// Those of connecting.
pub fn start(config: &Config, first: &KafkaLanes) -> Result<Option<Second>, Failure> {
    if !config.episodes.second_stage {
        return Ok(None);
    }
    let mut settings = connect::settings(config)?;
    settings.group = format!("{}-second", settings.group);
    settings.topics.log = settings.topics.episodes.clone();
    let partitions = log_partitions(&settings, Duration::from_secs(60)).map_err(connect::failed)?;
    let lanes: Arc<dyn Lanes> = Arc::new(KafkaLanes {
        lake: first.lake.clone(),
        store: Arc::clone(&first.store),
        shelf: Arc::clone(&first.shelf),
        log: LogIdentity { topic: settings.topics.log.clone(), topic_id: String::new(), partitions },
        stage: StageOf::Episodes { partitions: first.log.partitions },
        other_decision: first.other_decision,
    });
    let mut tuning = tuning(config);
    // The ticks are those of the first stage, passed on.
    tuning.tick_every = Duration::ZERO;
    let health = Arc::new(Health::default());
    watch_loop(&health, "second")?;
    let broker = KafkaBroker::connect(&settings).map_err(connect::failed)?;
    let crew = Threads::start(1, &lanes, broker.waker())
        .or_fail(ExitCode::Other, || "starting the thread of the second stage".to_owned())?;
    let mut runner = Runner::new(broker, crew, Watcher::of_second(health), tuning);
    let stop = Arc::new(AtomicBool::new(false));
    let (asked, limit) = (Arc::clone(&stop), Duration::from_secs(config.limits.stop_s));
    let thread = std::thread::Builder::new().name("second-stage".to_owned()).spawn(move || {
        while !asked.load(Ordering::Relaxed) {
            runner.turn()?;
        }
        runner.stop(limit).map(|_| ())
    })?;
    Ok(Some(Second { thread, stop }))
}

impl Second {
    /// Whether it has ended by itself: that is a failure.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// What it has failed of.
    pub fn stop(self) -> Result<(), Failure> {
        self.stop.store(true, Ordering::Relaxed);
        let panicked =
            |_| Failure::new(ExitCode::Other, anyhow::anyhow!("the second stage panicked; its text stands above"));
        self.thread.join().map_err(panicked)?.map_err(stopped)
    }
}
