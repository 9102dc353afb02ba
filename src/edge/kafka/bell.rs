//! One thing to wait for, rung by queues of librdkafka and by other threads.
//!
//! A ring is never lost: whoever waits empties the bell first, looks at what it waits for, and only then waits.

use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// See the module.
#[derive(Clone)]
pub struct Bell {
    shared: Arc<Shared>,
}

struct Shared {
    ear: UnixStream,
    clapper: UnixStream,
    called: AtomicBool,
}

/// What librdkafka writes to ring.
pub const RING: &[u8; 1] = b"!";

impl Bell {
    /// A silent bell.
    ///
    /// # Errors
    /// Where the system has no file descriptor left.
    pub fn new() -> std::io::Result<Bell> {
        let (ear, clapper) = UnixStream::pair()?;
        ear.set_nonblocking(true)?;
        clapper.set_nonblocking(true)?;
        Ok(Bell { shared: Arc::new(Shared { ear, clapper, called: AtomicBool::new(false) }) })
    }

    /// Where [`RING`] is to be written; lives as long as any clone of the bell.
    pub fn clapper(&self) -> RawFd {
        self.shared.clapper.as_raw_fd()
    }

    /// Calls whoever waits.
    pub fn call(&self) {
        self.shared.called.store(true, Ordering::Release);
        // A full socket rings already.
        let _ = (&self.shared.clapper).write(RING);
    }

    /// Whether somebody has called since this was asked the last time.
    pub fn was_called(&self) -> bool {
        self.shared.called.swap(false, Ordering::AcqRel)
    }

    /// Silences it.
    pub fn silence(&self) {
        let mut buffer = [0; 256];
        while matches!((&self.shared.ear).read(&mut buffer), Ok(n) if n == buffer.len()) {}
    }

    /// Waits until it rings, `limit` has passed, or a signal comes.
    pub fn wait(&self, limit: Duration) {
        let mut ear = libc::pollfd { fd: self.shared.ear.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // Rounded up: a wait of less than a millisecond must not become a busy loop.
        let millis = limit.as_micros().div_ceil(1000).min(60_000) as libc::c_int;
        // SAFETY: one valid entry, borrowed for the call. A negative result (a signal) is as good as a ring.
        unsafe { libc::poll(&mut ear, 1, millis) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_call_ends_a_wait_and_is_not_lost() {
        let bell = Bell::new().unwrap();
        let long = Duration::from_secs(20);
        let began = Instant::now();
        bell.wait(Duration::from_millis(20));
        assert!(began.elapsed() >= Duration::from_millis(19) && !bell.was_called());

        let other = bell.clone();
        let caller = std::thread::spawn(move || other.call());
        bell.wait(long);
        caller.join().unwrap();
        assert!(bell.was_called() && !bell.was_called());

        bell.silence();
        bell.call();
        bell.wait(long);
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_thousand_calls_are_silenced_at_once() {
        let bell = Bell::new().unwrap();
        (0..100_000).for_each(|_| bell.call());
        bell.silence();
        let began = Instant::now();
        bell.wait(Duration::from_millis(30));
        assert!(began.elapsed() >= Duration::from_millis(29));
    }
}
