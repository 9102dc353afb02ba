//! A job on a broker, and a fleet that reports to it at a given rate for a while: what it took, and whether the job kept up.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::drain::{total, untouched, wait_until};
use super::fleet::{self, Fleet};
use super::job::Job;
use super::load::{Load, SLICE};
use super::used::{Used, machine_busy};
use crate::app::failure::{ExitCode, Failure};
use crate::app::run::config::Config;
use crate::app::run::{connect, shelf};
use crate::app::wall::now;
use crate::domain::time::Millis;
use crate::edge::kafka::{KafkaSettings, Pipe, Sender};

/// How often it is looked how far the job has come.
pub const LOOK: Duration = Duration::from_secs(5);

/// One look at how far everybody is.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Since the first request.
    pub second: f64,
    /// Fixes sent.
    pub sent: u64,
    /// Records decided, ticks among them.
    pub decided: u64,
}

/// What a stretch took.
#[derive(Clone, Debug)]
pub struct Played {
    /// Fixes sent.
    pub fixes: u64,
    /// Seconds from the first request to the last.
    pub seconds: f64,
    /// Seconds by which a request was late, at most.
    pub late_s: f64,
    /// Cores in use: by the job, by us who send, by everybody.
    pub cores: (f64, f64, f64),
    /// Resident memory of the job at the end, bytes.
    pub rss: u64,
    /// While it was sent; the last one at the end of it.
    pub looks: Vec<Look>,
    /// When everything was decided.
    pub done: Look,
}

impl Played {
    /// Seconds of load that were not decided when the last of it had been sent.
    pub fn behind_s(&self) -> f64 {
        self.looks.last().map_or(0.0, |look| self.waiting_s(look))
    }

    /// Seconds of load that were not decided at a look.
    pub fn waiting_s(&self, look: &Look) -> f64 {
        look.sent.saturating_sub(look.decided) as f64 * self.seconds / self.fixes.max(1) as f64
    }

    /// Whether the job has kept up: what waits at the end is no more than checkpoints leave, and not more than in the middle.
    pub fn kept_up(&self) -> bool {
        let in_the_middle = self.looks.get(self.looks.len() / 2).map_or(0.0, |look| self.waiting_s(look));
        let allowed = (1.5 + 0.05 * self.seconds).min(5.0);
        self.behind_s() <= allowed || self.behind_s() <= in_the_middle + 1.0 && in_the_middle <= allowed
    }

    /// Processor time of the job a fix, nanoseconds.
    pub fn cpu_ns(&self) -> f64 {
        self.cores.0 * self.seconds * 1e9 / self.fixes.max(1) as f64
    }
}

/// A broker with topics that the job's group has not read, and a fleet that waits.
pub struct Site {
    /// What the job is configured with.
    pub settings: KafkaSettings,
    /// Who will drive.
    pub fleet: Fleet,
    /// Partitions of the log.
    pub partitions: u32,
    config: PathBuf,
}

impl Site {
    /// A fleet of so many, which drive for `lasting` at most and report once in `interval` or more often.
    ///
    /// # Errors
    /// Those of the configuration and the broker; exit 2 where the group has read the log before.
    pub fn open(config: &Path, vehicles: u32, lasting: Millis, interval: Millis) -> Result<Site, Failure> {
        let file = Config::read(config)?;
        let settings = connect::settings(&file)?;
        let rules = crate::app::replay::load_rules(&shelf::directory(&file.rulebook.url, &file.base)?)?;
        connect::make_topics(&file)?;
        let partitions = connect::partitions(&settings)?;
        untouched(&settings)?;
        let fleet = Fleet::new(rules, vehicles, interval, lasting);
        Ok(Site { settings, fleet, partitions, config: config.to_owned() })
    }

    /// Starts the job and the journeys.
    ///
    /// # Errors
    /// Those of the broker and the job.
    pub fn begin(mut self) -> Result<Road, Failure> {
        let mut job = Job::start(&self.config)?;
        let mut sender = Sender::connect(&self.settings).map_err(connect::failed)?;
        let start = now();
        let name = fleet::name(start);
        for vehicle in 0..self.fleet.vehicles() {
            let unit = Fleet::unit(vehicle);
            let body = self.fleet.activate(vehicle, &name, start);
            sender.send(Some(unit.as_bytes()), None, self.fleet.value(&body)).map_err(connect::failed)?;
        }
        sender.finish(Duration::from_secs(300)).map_err(connect::failed)?;
        wait_until(&mut job, &self.settings, u64::from(self.fleet.vehicles()))?;
        Ok(Road { site: self, job })
    }

    /// What [`Site::begin`] may take, milliseconds.
    pub fn beginning(&self) -> Millis {
        15_000 + Millis::from(self.fleet.vehicles() / 20)
    }
}

/// A job that runs, with a fleet under way before it.
pub struct Road {
    /// Where.
    pub site: Site,
    job: Job,
}

impl Road {
    /// Sends every request at its time while somebody looks how far the job has come; then waits for the rest.
    ///
    /// # Errors
    /// Those of the broker and the job.
    pub fn play(&mut self, mut load: Load) -> Result<Played, Failure> {
        while now() < load.start {
            self.job.alive()?;
            std::thread::sleep(Duration::from_millis(20));
        }
        let (settings, job) = (&self.site.settings, &mut self.job);
        let before = total(settings)?;
        let mut pipe = Pipe::connect(settings).map_err(connect::failed)?;
        let (sent, over) = (AtomicU64::new(0), AtomicBool::new(false));
        let (job_used, own_used, busy) = (Used::of(job.pid()), Used::of(std::process::id()), machine_busy());
        let began = Instant::now();
        let look = || -> Result<Look, Failure> {
            let sent = sent.load(Ordering::Relaxed);
            let decided = total(settings)?.saturating_sub(before);
            Ok(Look { second: began.elapsed().as_secs_f64(), sent, decided })
        };
        let (mut late, mut used) = (Duration::ZERO, (Duration::ZERO, job_used, own_used, busy));
        let mut looks = std::thread::scope(|scope| -> Result<Vec<Look>, Failure> {
            let looking = scope.spawn(|| {
                let (mut looks, mut next) = (Vec::new(), LOOK);
                while !over.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(50));
                    if began.elapsed() >= next {
                        next += LOOK;
                        looks.push(look()?);
                    }
                }
                Ok::<_, Failure>(looks)
            });
            let mut sending = || -> Result<(), Failure> {
                let mut bytes = Vec::new();
                for request in 0..load.requests() {
                    load.read(request, &mut bytes)?;
                    let due = Duration::from_millis(request as u64 * SLICE as u64);
                    match due.checked_sub(began.elapsed()) {
                        Some(wait) => std::thread::sleep(wait),
                        None => late = late.max(began.elapsed() - due),
                    }
                    pipe.send(load.batches(request, &bytes).into_iter()).map_err(connect::failed)?;
                    sent.fetch_add(load.fixes(request), Ordering::Relaxed);
                    job.alive()?;
                }
                // The last request, too, stands for the time until the next one would be due.
                let end = Duration::from_millis(load.requests() as u64 * SLICE as u64);
                std::thread::sleep(end.saturating_sub(began.elapsed()));
                Ok(())
            };
            let outcome = sending();
            // Before anybody is waited for.
            used = (began.elapsed(), Used::of(job.pid()), Used::of(std::process::id()), machine_busy());
            over.store(true, Ordering::Relaxed);
            let panicked = |_| Failure::new(ExitCode::Other, anyhow::anyhow!("the thread that looks panicked"));
            let looks = looking.join().map_err(panicked)?;
            outcome.and(looks)
        })?;
        looks.push(look()?);
        let (wall, job_after, own_after, busy_after) = used;
        let fixes = sent.load(Ordering::Relaxed);
        let share = |used: Duration| used.as_secs_f64() / wall.as_secs_f64();
        wait_until(job, settings, before + fixes)?;
        Ok(Played {
            fixes,
            seconds: wall.as_secs_f64(),
            late_s: late.as_secs_f64(),
            cores: (
                share(job_after.cpu - job_used.cpu),
                share(own_after.cpu - own_used.cpu),
                share(busy_after.saturating_sub(busy)),
            ),
            rss: job_after.rss,
            looks,
            done: look()?,
        })
    }

    /// Ends the job in order.
    ///
    /// # Errors
    /// Where it does not end, or ends badly.
    pub fn close(self) -> Result<(), Failure> {
        self.job.stop()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A stretch of 100 fixes a second, looked at (second, decided).
    pub fn played(looks: &[(f64, u64)], seconds: f64) -> Played {
        let look = |(second, decided): (f64, u64)| Look { second, sent: (100.0 * second) as u64, decided };
        Played {
            fixes: (100.0 * seconds) as u64,
            seconds,
            late_s: 0.0,
            cores: (1.0, 0.0, 1.5),
            rss: 0,
            looks: looks.iter().map(|at| look(*at)).collect(),
            done: look((seconds + 2.0, (100.0 * seconds) as u64)),
        }
    }

    #[test]
    fn a_job_that_falls_behind_is_told_from_one_that_keeps_up() {
        assert!(played(&[(5.0, 400), (10.0, 950)], 10.0).kept_up());
        assert!(!played(&[(5.0, 400), (10.0, 700)], 10.0).kept_up(), "three seconds wait after ten");
        assert!(!played(&[(5.0, 100), (10.0, 200), (15.0, 300)], 15.0).kept_up());
        assert!(!played(&[(100.0, 9_700), (200.0, 19_300), (300.0, 29_300)], 300.0).kept_up(), "it grows");
        assert_eq!(played(&[], 10.0).cpu_ns(), 1e7);
    }
}
