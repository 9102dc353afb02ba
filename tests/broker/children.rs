//! Child processes of the suite: none outlives it, however it ends.
//!
//! The kernel kills a child when the *thread* that made it ends (`PR_SET_PDEATHSIG`), and a test is a thread. So one thread
//! that lives as long as the process makes them all; a broker shared by several tests stays, and a crash of the suite takes
//! everything with it.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// What to start, and who waits for it; `None` ends them all.
type Order = Option<(Command, Sender<io::Result<Child>>)>;

static NURSERY: OnceLock<Sender<Order>> = OnceLock::new();

fn tend(orders: Receiver<Order>) {
    for (command, answer) in orders.into_iter().map_while(|order| order) {
        drop(answer.send(bound(command)));
    }
}

/// Starts a process that dies with the suite.
pub fn spawn(command: Command) -> io::Result<Child> {
    let nursery = NURSERY.get_or_init(|| {
        let (orders, taken) = channel();
        std::thread::Builder::new().name("children".to_owned()).spawn(|| tend(taken)).expect("a thread can be made");
        orders
    });
    let (answer, child) = channel();
    nursery.send(Some((command, answer))).expect("the thread lives as long as the process");
    child.recv().expect("it answers")
}

/// Ends every child at once and waits until all are gone: for the very end of the process, when no test runs any more.
pub fn end_all() {
    let Some(nursery) = NURSERY.get() else { return };
    // With its thread the kernel ends them.
    let _ = nursery.send(None);
    let until = Instant::now() + Duration::from_secs(10);
    // SAFETY: a plain system call that may do without a place for the status.
    while unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } != -1 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn bound(mut command: Command) -> io::Result<Child> {
    let parent = std::process::id() as libc::pid_t;
    command.process_group(0);
    // SAFETY: between fork and exec only calls that are safe in signal handlers: prctl, getppid, and an error made of errno.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The suite may have died in between.
            if libc::getppid() == parent { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
        });
    }
    command.spawn()
}

/// A process that is killed when its value goes.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts it.
    pub fn start(command: Command) -> io::Result<Running> {
        spawn(command).map(Running)
    }

    /// Sends a signal; a process that has ended takes none.
    pub fn signal(&mut self, signal: libc::c_int) {
        if self.ended().is_none() {
            // SAFETY: a plain system call; the process is a child that was not waited for, so its id is still its own.
            unsafe { libc::kill(self.0.id() as libc::pid_t, signal) };
        }
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("a child can be asked")
    }

    /// Waits for its end.
    pub fn wait_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + patience;
        loop {
            match self.ended() {
                Some(status) => return Some(status),
                None if Instant::now() >= until => return None,
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Kills it and waits until it is gone.
    pub fn kill(&mut self) {
        self.signal(libc::SIGKILL);
        self.0.wait().expect("a killed child ends");
    }

    /// Its state, a letter of `/proc/PID/stat`.
    pub fn state(&self) -> Option<char> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).ok()?;
        stat.rsplit(") ").next()?.chars().next()
    }

    /// Resident memory in bytes; 0 once it has ended.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
        kib.unwrap_or(0u64) * 1024
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The exit code, or 128 + the signal that ended it.
pub fn code_of(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}
