//! Apache Kafka (KRaft) on the loopback address: one node or three, stopped, killed, frozen and started again with its data.
//!
//! Every node has one listener for the tools of the suite and, where asked for, further ones whose advertised ports belong to
//! [`Proxy`](super::proxy::Proxy)s. So a proxy stands between the broker and the job, and nobody else.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::children::Running;
use super::jars::{folder, java};
use super::properties::{Listener, properties};
use super::scratch::scratch;
use super::support::skipped;

/// A broker that other work slows down is given this long to start.
const START_PATIENCE: Duration = Duration::from_secs(180);
const LEAN: [&str; 3] = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"];

/// What is wanted.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Nodes; 0 is 1.
    pub nodes: usize,
    /// Listeners behind proxies, on each node.
    pub proxied: usize,
}

/// A running cluster. Its processes and files go with it.
#[derive(Debug)]
pub struct Cluster {
    dir: tempfile::TempDir,
    libs: PathBuf,
    plan: Plan,
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    port: u16,
    controller: u16,
    /// (listens here, clients are told this port).
    proxied: Vec<(u16, u16)>,
    running: Option<Running>,
}

/// `Some` cluster; without Java and Maven `None` and a word about it, which in CI is a failure.
pub fn cluster(plan: Plan) -> Option<Cluster> {
    match folder() {
        Ok(libs) => Some(Cluster::start(libs, plan)),
        Err(why) => {
            skipped("Kafka broker", &why);
            None
        }
    }
}

impl Drop for Cluster {
    /// What the broker of a failed test has left is kept, to be looked at.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.nodes.iter_mut().for_each(|node| node.running = None);
            let name = self.dir.path().file_name().unwrap_or_default();
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            let moved = fs::rename(self.dir.path(), &kept);
            println!("the broker's files: {} ({moved:?})", kept.display());
        }
    }
}

impl Cluster {
    fn start(libs: PathBuf, mut plan: Plan) -> Cluster {
        plan.nodes = plan.nodes.max(1);
        let dir = tempfile::Builder::new().prefix("kafka-").tempdir_in(scratch()).expect("a directory can be made");
        let mut free = free_ports(plan.nodes * (2 + 2 * plan.proxied)).into_iter();
        let mut port = || free.next().expect("as many as were asked for");
        let nodes = (0..plan.nodes)
            .map(|_| Node {
                port: port(),
                controller: port(),
                proxied: (0..plan.proxied).map(|_| (port(), port())).collect(),
                running: None,
            })
            .collect();
        let mut cluster = Cluster { dir, libs, plan, nodes };
        cluster.start_all();
        cluster
    }

    /// Bootstrap addresses for tools.
    pub fn bootstrap(&self) -> String {
        let addresses: Vec<String> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        addresses.join(",")
    }

    /// For a proxy of listener `number` on node `index`: (where clients go, where the broker listens).
    pub fn proxied(&self, index: usize, number: usize) -> (u16, u16) {
        let (listens, told) = self.nodes[index].proxied[number];
        (told, listens)
    }

    /// Bootstrap addresses of the proxies of listener `number`.
    pub fn bootstrap_proxied(&self, number: usize) -> String {
        let addresses: Vec<String> =
            self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.proxied[number].1)).collect();
        addresses.join(",")
    }

    /// Number of nodes.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// Starts every node that does not run, and waits until all serve.
    pub fn start_all(&mut self) {
        let stopped: Vec<usize> = (0..self.nodes.len()).filter(|index| self.nodes[*index].running.is_none()).collect();
        for index in &stopped {
            self.launch(*index);
        }
        for index in stopped {
            self.await_start(index);
        }
    }

    /// Ends a node at once, as a power cut of its machine would, save for what the kernel has not written yet.
    pub fn kill(&mut self, index: usize) {
        self.nodes[index].running.take().expect("the node runs").kill();
    }

    /// Stops a node in order.
    pub fn stop(&mut self, index: usize) {
        let mut running = self.nodes[index].running.take().expect("the node runs");
        running.signal(libc::SIGTERM);
        assert!(running.wait_within(Duration::from_secs(60)).is_some(), "node {index} does not stop");
    }

    /// SIGSTOP: it holds its sockets and says nothing.
    pub fn freeze(&mut self, index: usize) {
        self.nodes[index].running.as_mut().expect("the node runs").signal(libc::SIGSTOP);
    }

    /// SIGCONT.
    pub fn thaw(&mut self, index: usize) {
        self.nodes[index].running.as_mut().expect("the node runs").signal(libc::SIGCONT);
    }

    /// What a node wrote to its log.
    pub fn log(&self, index: usize) -> String {
        fs::read_to_string(self.node_dir(index).join("broker.log")).unwrap_or_default()
    }

    fn node_dir(&self, index: usize) -> PathBuf {
        self.dir.path().join(format!("node-{}", index + 1))
    }

    fn launch(&mut self, index: usize) {
        let dir = self.node_dir(index);
        fs::create_dir_all(&dir).expect("a directory can be made");
        let config = dir.join("server.properties");
        let text = properties(index, &self.listeners(index), &self.voters(), &dir.join("data"), &self.plan);
        fs::write(&config, text).expect("a file can be written");
        if !dir.join("data/meta.properties").exists() {
            self.format(&dir, &config);
        }
        // A killed broker keeps its socket for a moment.
        let port = self.nodes[index].port;
        assert!(within(Duration::from_secs(10), || !listens(port)), "port {port} stays in use");
        // What an earlier run has said stays: `await_start` reads that of this one.
        let earlier = (1..).map(|n| dir.join(format!("broker-{n}.log"))).find(|path| !path.exists());
        if let Some(earlier) = earlier {
            let _ = fs::rename(dir.join("broker.log"), earlier);
        }
        let log = File::create(dir.join("broker.log")).expect("a file can be written");
        let mut command = java();
        command
            .args(LEAN)
            .args(logging("warn"))
            .args([
                "-Dorg.slf4j.simpleLogger.log.kafka.server=info",
                "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.server=info",
            ])
            .arg("-cp")
            .arg(self.libs.join("*"))
            .arg("kafka.Kafka")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be written twice"))
            .stderr(log);
        self.nodes[index].running = Some(Running::start(command).expect("Java starts"));
    }

    fn listeners(&self, index: usize) -> Vec<Listener> {
        let node = &self.nodes[index];
        let direct = Listener { name: "DIRECT".to_owned(), port: node.port, told: node.port };
        let proxied = node.proxied.iter().enumerate();
        let proxied =
            proxied.map(|(n, (port, told))| Listener { name: format!("PROXIED{n}"), port: *port, told: *told });
        let controller = Listener { name: "CONTROLLER".to_owned(), port: node.controller, told: 0 };
        [direct].into_iter().chain(proxied).chain([controller]).collect()
    }

    fn voters(&self) -> String {
        let voter = |(n, node): (usize, &Node)| format!("{}@127.0.0.1:{}", n + 1, node.controller);
        self.nodes.iter().enumerate().map(voter).collect::<Vec<_>>().join(",")
    }

    fn format(&self, dir: &Path, config: &Path) {
        let mut command = java();
        command
            .args(["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .args(logging("warn"))
            .arg("-cp")
            .arg(self.libs.join("*"))
            .args(["kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c"])
            .arg(config)
            .stdin(Stdio::null());
        let output = command.output().expect("Java starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "formatting {}: {said}", dir.display());
    }

    fn await_start(&mut self, index: usize) {
        let until = Instant::now() + START_PATIENCE;
        loop {
            if self.log(index).contains("Kafka Server started") && listens(self.nodes[index].port) {
                return;
            }
            let running = self.nodes[index].running.as_mut().expect("it was launched");
            let ended = running.ended();
            if ended.is_some() || Instant::now() > until {
                let log = self.log(index);
                let tail: Vec<&str> = log.lines().rev().take(30).collect();
                panic!(
                    "node {index} is not ready ({ended:?}):\n{}",
                    tail.into_iter().rev().collect::<Vec<_>>().join("\n")
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn logging(level: &str) -> [String; 3] {
    [
        format!("-Dorg.slf4j.simpleLogger.defaultLogLevel={level}"),
        "-Dorg.slf4j.simpleLogger.showDateTime=true".to_owned(),
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS".to_owned(),
    ]
}

fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Ports that nobody uses now, all different, outside the range from which the system takes ports of outgoing connections: a
/// client that keeps knocking at a stopped broker would otherwise come to be connected with itself, and hold the port.
pub fn free_ports(count: usize) -> Vec<u16> {
    const FIRST: u32 = 20_000;
    const RANGE: u32 = 10_000;
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(37);
    let next = || (FIRST + begin.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % RANGE) as u16;
    let unused = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    std::iter::repeat_with(next).take(RANGE as usize).filter(unused).take(count).collect()
}

/// Asks again and again until it is so, or time is up.
pub fn within(patience: Duration, mut so: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + patience;
    loop {
        if so() {
            return true;
        }
        if Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
