//! A TCP proxy that reads the frames of the Kafka protocol, so that one request type of one client can be lost, delayed or cut,
//! while everything else goes on: this is how an ambiguous commit is made to order.
//!
//! A request is `length:i32, api_key:i16, version:i16, correlation:i32, ...`, a response `length:i32, correlation:i32, ...`;
//! responses come in the order of their requests, so the api of a response is known from a queue.
//!
//! Per connection four threads: each direction reads, decides and times in one, and writes in the other, with a bounded queue
//! between them, so that latency does not throttle. At most [`CONNECTIONS`] at a time; loopback only.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::cluster::within;

/// Connections at a time; more are refused.
const CONNECTIONS: usize = 64;
/// Frames that wait for their time, per direction: a client has at most a handful in flight.
const WAITING: usize = 64;
/// A longer frame is no Kafka.
const FRAME_BYTES: usize = 128 << 20;
/// Bytes written at a time where bandwidth is limited.
const SLICE: usize = 1024;

/// Api keys of the protocol that tests name.
pub mod api {
    pub const PRODUCE: i16 = 0;
    pub const INIT_PRODUCER_ID: i16 = 22;
    pub const ADD_PARTITIONS_TO_TXN: i16 = 24;
    pub const ADD_OFFSETS_TO_TXN: i16 = 25;
    pub const END_TXN: i16 = 26;
    pub const TXN_OFFSET_COMMIT: i16 = 28;
}

/// Which way a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the broker.
    Request,
    /// To the client.
    Response,
}

/// What happens to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is swallowed; the connection stays, and the client waits.
    Lose,
    /// It and what follows it on this connection and way come later, even where the client has closed the connection by then.
    Delay(Duration),
    /// The connection ends before it.
    Cut,
    /// The client's side ends at once; the request reaches the broker after this time, when nobody waits for it any more.
    Strand(Duration),
}

/// A fate for frames of one api key and way.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Api key.
    pub api: i16,
    /// Way.
    pub way: Way,
    /// What happens.
    pub fate: Fate,
    /// Frames that pass before it begins.
    pub skip: usize,
    /// Frames it happens to.
    pub times: usize,
}

impl Rule {
    /// For the next request of this kind.
    pub fn request(api: i16, fate: Fate) -> Rule {
        Rule { api, way: Way::Request, fate, skip: 0, times: 1 }
    }

    /// For the next response of this kind.
    pub fn response(api: i16, fate: Fate) -> Rule {
        Rule { api, way: Way::Response, fate, skip: 0, times: 1 }
    }

    /// For so many.
    pub fn times(self, times: usize) -> Rule {
        Rule { times, ..self }
    }

    /// After so many.
    pub fn after(self, skip: usize) -> Rule {
        Rule { skip, ..self }
    }
}

#[derive(Debug, Default)]
struct Weather {
    rules: Vec<Rule>,
    hits: usize,
    latency: Duration,
    /// Bytes a second, each way of each connection; 0: no limit.
    bandwidth: usize,
    /// Nothing moves, nothing is closed.
    frozen: bool,
}

#[derive(Debug, Default)]
struct Shared {
    weather: Mutex<Weather>,
    open: Mutex<Vec<TcpStream>>,
    connections: AtomicUsize,
    refuse: AtomicBool,
    closed: AtomicBool,
}

/// A proxy from `listens` to `broker` on the loopback address; ends with its value.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
}

impl Proxy {
    /// Starts it.
    pub fn start((listens, broker): (u16, u16)) -> Proxy {
        let mut listener = None;
        // The thread of the proxy before may still be ending.
        within(Duration::from_secs(10), || {
            listener = TcpListener::bind((Ipv4Addr::LOCALHOST, listens)).ok();
            listener.is_some()
        });
        let listener = listener.expect("the proxy's port is free");
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if serving.closed.load(Ordering::SeqCst) {
                    return;
                }
                if !serving.refuse.load(Ordering::SeqCst) && serving.connections.load(Ordering::SeqCst) < CONNECTIONS {
                    // A broker that is down is a refused connection for the client, too.
                    let _ = connect(&serving, client, broker);
                }
            }
        });
        Proxy { shared, port: listens }
    }

    /// Adds a rule.
    pub fn arm(&self, rule: Rule) {
        self.weather().rules.push(rule);
    }

    /// Frames that met their fate so far.
    pub fn hits(&self) -> usize {
        self.weather().hits
    }

    /// Takes all rules and the bad line away.
    pub fn clear(&self) {
        let mut weather = self.weather();
        let hits = weather.hits;
        *weather = Weather { hits, ..Weather::default() };
        drop(weather);
        self.shared.refuse.store(false, Ordering::SeqCst);
    }

    /// Each frame takes so long, each way; and so many bytes a second pass (0: no limit).
    pub fn slow(&self, latency: Duration, bandwidth: usize) {
        let mut weather = self.weather();
        (weather.latency, weather.bandwidth) = (latency, bandwidth);
    }

    /// Half-open sockets: nothing moves until [`Proxy::clear`].
    pub fn freeze(&self) {
        self.weather().frozen = true;
    }

    /// Ends every connection, and refuses new ones until [`Proxy::clear`].
    pub fn part(&self) {
        self.shared.refuse.store(true, Ordering::SeqCst);
        self.end_connections();
    }

    /// Ends every connection.
    pub fn end_connections(&self) {
        for stream in self.shared.open.lock().expect("no thread panics here").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn weather(&self) -> std::sync::MutexGuard<'_, Weather> {
        self.shared.weather.lock().expect("no thread panics here")
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.clear();
        self.end_connections();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

/// Api keys of requests on their way, oldest first.
type Asked = Arc<Mutex<VecDeque<i16>>>;

struct Timed {
    due: Instant,
    frame: Vec<u8>,
}

fn connect(shared: &Arc<Shared>, client: TcpStream, port: u16) -> io::Result<()> {
    let broker = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    for stream in [&client, &broker] {
        stream.set_nodelay(true)?;
        shared.open.lock().expect("no thread panics here").push(stream.try_clone()?);
    }
    shared.connections.fetch_add(1, Ordering::SeqCst);
    let asked = Asked::default();
    for way in [Way::Request, Way::Response] {
        let (from, to) = match way {
            Way::Request => (client.try_clone()?, broker.try_clone()?),
            Way::Response => (broker.try_clone()?, client.try_clone()?),
        };
        let (frames, written) = sync_channel::<Timed>(WAITING);
        let weather = Arc::clone(shared);
        thread::spawn(move || {
            // Who has gone may have left something that is still under way.
            let _ = write(&weather, &written, &to);
            let _ = to.shutdown(Shutdown::Both);
        });
        let (shared, asked) = (Arc::clone(shared), Arc::clone(&asked));
        thread::spawn(move || {
            // Closed, garbled or by a rule: it has ended for the one who sent, and what was sent goes on.
            let _ = read(&shared, way, &asked, &from, &frames);
            let _ = from.shutdown(Shutdown::Both);
            if way == Way::Request {
                shared.connections.fetch_sub(1, Ordering::SeqCst);
            }
        });
    }
    Ok(())
}

/// Reads, decides and times frames until the connection ends, or a rule ends it.
fn read(shared: &Shared, way: Way, asked: &Asked, mut from: &TcpStream, to: &SyncSender<Timed>) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        let bytes = u32::from_be_bytes(length) as usize;
        if !(4..=FRAME_BYTES).contains(&bytes) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut frame = vec![0; 4 + bytes];
        frame[..4].copy_from_slice(&length);
        from.read_exact(&mut frame[4..])?;
        let api = match way {
            Way::Request => {
                let api = i16::from_be_bytes([frame[4], frame[5]]);
                asked.lock().expect("no thread panics here").push_back(api);
                api
            }
            Way::Response => asked.lock().expect("no thread panics here").pop_front().unwrap_or(-1),
        };
        let (fate, latency) = shared.judge(api, way);
        let late = match fate {
            Some(Fate::Cut) => return Ok(()),
            Some(Fate::Lose) => {
                if way == Way::Request {
                    // No response will come for it.
                    asked.lock().expect("no thread panics here").pop_back();
                }
                continue;
            }
            // Who writes takes one frame after the other: what follows waits, too.
            Some(Fate::Delay(time)) => time,
            Some(Fate::Strand(time)) => {
                // Nothing else is written meanwhile: the request is the last word of this connection.
                to.send(Timed { due: Instant::now() + time, frame }).map_err(|_| io::ErrorKind::BrokenPipe)?;
                return Ok(());
            }
            None => Duration::ZERO,
        };
        let due = Instant::now() + latency + late;
        // Where the client has gone, what the broker answers is of no use to anybody.
        if to.send(Timed { due, frame }).is_err() && way == Way::Request {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
    }
}

fn write(shared: &Shared, frames: &Receiver<Timed>, mut to: &TcpStream) -> io::Result<()> {
    for Timed { due, frame } in frames {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let mut at = 0;
        while at < frame.len() {
            let bandwidth = shared.await_thaw();
            let end = if bandwidth == 0 { frame.len() } else { (at + SLICE).min(frame.len()) };
            to.write_all(&frame[at..end])?;
            if bandwidth != 0 {
                thread::sleep(Duration::from_secs_f64((end - at) as f64 / bandwidth as f64));
            }
            at = end;
        }
    }
    Ok(())
}

impl Shared {
    /// The fate of a frame, and how long each takes at present.
    fn judge(&self, api: i16, way: Way) -> (Option<Fate>, Duration) {
        let mut weather = self.weather.lock().expect("no thread panics here");
        let latency = weather.latency;
        for rule in weather.rules.iter_mut().filter(|rule| rule.api == api && rule.way == way && rule.times > 0) {
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.times -= 1;
            let fate = rule.fate;
            weather.hits += 1;
            return (Some(fate), latency);
        }
        (None, latency)
    }

    /// Returns when bytes may move: the bandwidth.
    fn await_thaw(&self) -> usize {
        loop {
            let weather = self.weather.lock().expect("no thread panics here");
            if !weather.frozen || self.closed.load(Ordering::SeqCst) {
                return weather.bandwidth;
            }
            drop(weather);
            thread::sleep(Duration::from_millis(20));
        }
    }
}
