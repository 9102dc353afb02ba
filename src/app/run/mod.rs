//! `kervan run`: the whole job on Kafka.
//!
//! ```text
//! kervan.log ─▶ KafkaBroker ─▶ Runner ─▶ lanes (shard, tables, checkpoints) ─▶ one transaction ─▶ alerts, rejects, episodes
//!                                │                                                              └▶ offset + checkpoint pointer
//!                                └─▶ ticks, status                  tables published after it ◀──┘
//! ```
//!
//! | file | one idea |
//! |---|---|
//! | `config` | `run.toml` |
//! | `connect` | the cluster: settings, topics, what is refused at the start |
//! | `lanes` | recovery, decisions, checkpoints of a partition |
//! | `intake` | raw records to records of the log |
//! | `parcel` | outputs to records of the transaction |
//! | `second` | the loop of the second stage, beside that of the first |
//! | `checkpoint` | the object that a pointer names |
//! | `shelf` | rulebooks by hash |
//! | `watch`, `health`, `logs` | what others see of it |

pub mod checkpoint;
pub mod config;
pub mod connect;
mod health;
pub mod intake;
pub mod lanes;
mod logs;
mod meter;
mod parcel;
mod second;
pub mod shelf;
mod status;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use config::Config;
use connect::Cluster;
use health::Health;
use lanes::{KafkaLanes, StageOf};
use second::Second;
use shelf::Shelf;
use watch::Watcher;

use super::failure::{ExitCode, Failure, OrFail};
use crate::delivery::transaction::Limits;
use crate::edge::lake::Lake;
use crate::edge::store::{Address, Store};
use crate::pipeline::{Broker, Ending, Lanes, Runner, Stop, Threads, Tuning};

/// The whole job on Kafka.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// Configuration; configs/run.toml shows every key
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Make the topics that are missing
    #[arg(long)]
    pub create_topics: bool,
    /// After a crash of another version: decide what it left undecided, though this one might decide otherwise
    #[arg(long)]
    pub other_decision: bool,
    /// Logs as JSON lines
    #[arg(long)]
    pub json_logs: bool,
    /// No line on the terminal
    #[arg(long)]
    pub quiet: bool,
}

/// Runs until SIGTERM or SIGINT; a second one ends it at once.
///
/// # Errors
/// Exit 2 for a faulty configuration, 3 for what is missing, 4 where the guarantee cannot be kept, 1 otherwise.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    logs::start(args.json_logs);
    let signals = catch_signals()?;
    let config = Config::read(&args.config)?;
    bound_the_end(&signals, Duration::from_secs(config.limits.stop_s) + BEYOND)?;
    let health = Arc::new(Health::default());
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // Twice in one process only in tests: the first recorder stays.
    let _ = metrics::set_global_recorder(recorder);
    if let Some(listen) = config.metrics.listen {
        let address = health::serve(listen, Arc::clone(&health), handle)?;
        tracing::info!(%address, "metrics, health and readiness");
    }
    let (store, lake) = open_store(&config)?;
    let rulebook = shelf::directory(&config.rulebook.url, &config.base)?;
    let shelf = Arc::new(Shelf::open(Arc::clone(&store), &rulebook)?);
    let cluster = Cluster::examine(&config, args.create_topics)?;
    let log = cluster.log.clone();
    let lanes = KafkaLanes { lake, store, shelf, log, stage: StageOf::Log, other_decision: args.other_decision };
    let second = second::start(&config, &lanes)?;
    let lanes: Arc<dyn Lanes> = Arc::new(lanes);
    let broker = cluster.connect()?;
    watch_loop(&health, "first")?;
    let crew = Threads::start(threads(&config), &lanes, broker.waker())
        .or_fail(ExitCode::Other, || "starting the threads of the lanes".to_owned())?;
    let watcher = Watcher::new(health, args.quiet, config.limits.rejects_percent);
    let mut runner = Runner::new(broker, crew, watcher, tuning(&config));
    while signals.load(Ordering::Relaxed) == 0 && !second.as_ref().is_some_and(Second::is_over) {
        runner.turn().map_err(stopped)?;
    }
    tracing::info!("stopping: what was read is decided, committed and saved");
    match runner.stop(Duration::from_secs(config.limits.stop_s)).map_err(stopped)? {
        Ending::Clean => tracing::info!("stopped; nothing is left to replay"),
        Ending::Unfinished => {
            tracing::warn!("stopped before the broker had answered; the next start replays from the last checkpoint");
        }
    }
    // Afterwards: what the first stage has said last is read next time.
    second.map_or(Ok(()), Second::stop)
}

/// Store of checkpoints, and place of the tables.
pub fn open_store(config: &Config) -> Result<(Arc<dyn Store>, Lake), Failure> {
    let address =
        Address::parse(&config.store.url, &config.base).or_fail(ExitCode::Usage, || "[store] url".to_owned())?;
    let lake = match (&address, &config.store.lake) {
        (Address::Local(path), None) => path.clone(),
        (Address::S3 { .. }, None) => {
            return Err(Failure::usage(
                "[store] url is in S3: the tables need [store] lake = \"file:PATH\"".to_owned(),
            ));
        }
        (_, Some(url)) => match Address::parse(url, &config.base) {
            Ok(Address::Local(path)) => path,
            _ => return Err(Failure::usage(format!("[store] lake = {url:?}: file:PATH is expected"))),
        },
    };
    let options: Vec<(String, String)> = config.store.options.clone().into_iter().collect();
    let store =
        address.open(&options).or_fail(ExitCode::Missing, || format!("opening the store {}", config.store.url))?;
    Ok((Arc::from(store), Lake::local(&lake)))
}

fn stopped(stop: Stop) -> Failure {
    Failure::new(ExitCode::of(stop.exit), anyhow::Error::msg(stop.message))
}

fn threads(config: &Config) -> usize {
    match config.limits.threads {
        0 => std::thread::available_parallelism().map_or(1, |n| n.get().saturating_sub(1).max(1)),
        n => n,
    }
}

fn tuning(config: &Config) -> Tuning {
    let transaction = Duration::from_millis(config.limits.transaction_ms);
    let request = connect::request_limit(transaction);
    Tuning {
        commit_every: Duration::from_millis(config.publish.every_ms),
        commit_idle: Duration::from_secs(5),
        checkpoint_every: Duration::from_secs(config.checkpoint.every_s),
        tick_every: Duration::from_secs(1),
        batch_records: config.limits.batch_records,
        outbox_bytes: config.limits.outbox_mib << 20,
        rows: config.limits.rows,
        max_poll: Duration::from_millis(config.limits.max_poll_ms),
        stable_within: Duration::from_secs(config.limits.stable_s),
        limits: Limits { request, slow: request, transaction },
    }
}

/// Counts SIGTERM and SIGINT; the second one ends the process.
fn catch_signals() -> Result<Arc<AtomicUsize>, Failure> {
    let count = Arc::new(AtomicUsize::new(0));
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let count = Arc::clone(&count);
        let action = move || {
            if count.fetch_add(1, Ordering::Relaxed) > 0 {
                // SAFETY: `_exit` may be called in a signal handler; nothing of ours is left half done that a crash
                // would not leave, too.
                unsafe { libc::_exit(1) }
            }
        };
        // SAFETY: the action touches an atomic counter and calls `_exit`, both allowed in a signal handler.
        unsafe { signal_hook::low_level::register(signal, action) }
            .or_fail(ExitCode::Other, || "catching SIGTERM".to_owned())?;
    }
    Ok(count)
}

/// What an orderly stop may take beyond `[limits] stop_s`.
const BEYOND: Duration = Duration::from_secs(3);

/// While the broker is away, a call of its client may outlast the time for a stop. Then the process ends without it, as by a
/// crash, which is safe at any time.
fn bound_the_end(signals: &Arc<AtomicUsize>, limit: Duration) -> Result<(), Failure> {
    let signals = Arc::clone(signals);
    std::thread::Builder::new().name("end".to_owned()).spawn(move || {
        while signals.load(Ordering::Relaxed) == 0 {
            std::thread::sleep(Duration::from_millis(100));
        }
        std::thread::sleep(limit);
        tracing::warn!("stopped before the broker had answered; the next start replays from the last checkpoint");
        std::process::exit(0);
    })?;
    Ok(())
}

/// A client call can hang for ever (DELIVERY, P3). Then the process ends, so that another one takes over.
fn watch_loop(health: &Arc<Health>, stage: &'static str) -> Result<(), Failure> {
    const LIMIT: Duration = Duration::from_secs(180);
    let health = Arc::clone(health);
    std::thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(5));
            let silence = health.silence();
            if silence > LIMIT {
                tracing::error!(
                    stage,
                    seconds = silence.as_secs(),
                    "the loop hangs in a call of the Kafka client; aborting"
                );
                std::process::abort();
            }
        }
    })?;
    Ok(())
}
