//! The job under test: `kervan run` as a process of its own.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::app::failure::{ExitCode, Failure, OrFail};

/// A running job; it is killed when this goes away.
pub struct Job {
    child: Child,
    /// When it was started.
    pub began: Instant,
}

impl Job {
    /// Starts it.
    ///
    /// # Errors
    /// Where this program cannot be started again.
    pub fn start(config: &Path) -> Result<Job, Failure> {
        let program = std::env::current_exe().or_fail(ExitCode::Other, || "finding this program".to_owned())?;
        let began = Instant::now();
        let child = Command::new(program)
            .arg("run")
            .arg("--config")
            .arg(config)
            .args(["--create-topics", "--quiet"])
            .env("KERVAN_LOG", "warn")
            .stdin(Stdio::null())
            .spawn()
            .or_fail(ExitCode::Other, || "starting kervan run".to_owned())?;
        Ok(Job { child, began })
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Fails where it has ended by itself: its own message stands above.
    ///
    /// # Errors
    /// See above.
    pub fn alive(&mut self) -> Result<(), Failure> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(ended(status)),
        }
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// Where it does not end, or ends badly.
    pub fn stop(mut self) -> Result<(), Failure> {
        self.signal(libc::SIGTERM);
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(ended(status)),
                None if Instant::now() > until => {
                    return Err(Failure::new(
                        ExitCode::Other,
                        anyhow::anyhow!("kervan run does not end; it was killed"),
                    ));
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Kills it, as a power cut would.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn signal(&self, signal: i32) {
        // SAFETY: our own child, which has not been waited for: the number is still its.
        unsafe {
            libc::kill(self.child.id() as i32, signal);
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn ended(status: ExitStatus) -> Failure {
    Failure::new(ExitCode::Other, anyhow::anyhow!("kervan run has ended ({status}); its message stands above"))
}
