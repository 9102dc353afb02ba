//! Checkpoints in S3-compatible storage, against a server that speaks S3 (moto), started here.
//!
//! Where there is no Python the test says `skipped`; in CI it fails.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kervan::edge::store::{Address, StoreError};

use super::children::Running;
use super::support::{directory, skipped};

/// A server of its own; it ends with the test, and with the suite.
struct Server {
    running: Running,
    port: u16,
}

/// Installs the server once, into a folder that is complete when it is there under its name.
fn program() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("moto-5");
    let program = folder.join("bin/moto_server");
    if folder.join("complete").exists() {
        return Ok(program);
    }
    let _ = std::fs::remove_dir_all(&folder);
    let run = |command: &mut Command| -> Result<(), String> {
        let said = command.stdin(Stdio::null()).output().map_err(|e| format!("{command:?}: {e}"))?;
        if said.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said.stderr).into_owned()) }
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    run(Command::new(folder.join("bin/pip")).args(["install", "-q", "moto[server]==5.*"]))?;
    std::fs::write(folder.join("complete"), b"").map_err(|e| e.to_string())?;
    Ok(program)
}

fn server() -> Result<Server, String> {
    let program = program()?;
    let dir = directory();
    let log = dir.path().join("server.log");
    let file = File::create(&log).map_err(|e| format!("{}: {e}", log.display()))?;
    let mut command = Command::new(program);
    // Of the port 0 the system makes one that is free, and the server says which.
    command.args(["-H", "127.0.0.1", "-p", "0"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
    let mut running = Running::start(command).map_err(|e| e.to_string())?;
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        if let Some(port) = port(&said) {
            return Ok(Server { running, port });
        }
        if running.ended().is_some() || Instant::now() > until {
            return Err(format!("the server does not listen: {said}"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The port of the line with which the server says that it listens.
fn port(said: &str) -> Option<u16> {
    let (_, rest) = said.split_once("Running on http://127.0.0.1:")?;
    let (port, _) = rest.split_once(|c: char| !c.is_ascii_digit())?;
    port.parse().ok()
}

fn make_bucket(port: u16, name: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let request = format!(
        "PUT /{name} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\nAuthorization: AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn an_object_in_s3_is_written_once() {
    let mut server = match server() {
        Ok(server) => server,
        Err(why) => return skipped("S3 server", &why),
    };
    make_bucket(server.port, "lake");
    let options = [
        ("endpoint", format!("http://127.0.0.1:{}", server.port)),
        ("allow_http", "true".to_owned()),
        ("region", "us-east-1".to_owned()),
        ("access_key_id", "k".to_owned()),
        ("secret_access_key", "s".to_owned()),
    ];
    let address = Address::parse("s3://lake/kervan/a", Path::new("")).expect("an address");
    let options: Vec<(String, String)> = options.map(|(k, v)| (k.to_owned(), v)).to_vec();
    let store = address.open(&options).expect("the settings do");
    assert_eq!(store.list("checkpoints/p000/").expect("answers"), [""; 0]);
    assert_eq!(store.get("checkpoints/p000/x").expect("answers"), None);
    store.put_new("checkpoints/p000/x", b"one").expect("room");
    store.put_new("checkpoints/p000/x", b"one").expect("the same again");
    assert!(matches!(store.put_new("checkpoints/p000/x", b"two"), Err(StoreError::Taken { .. })));
    assert_eq!(store.get("checkpoints/p000/x").expect("answers").as_deref(), Some(&b"one"[..]));
    store.put_new("checkpoints/p001/y", b"y").expect("room");
    assert_eq!(store.list("checkpoints/p000/").expect("answers"), ["checkpoints/p000/x"]);
    store.remove("checkpoints/p000/x").expect("answers");
    store.remove("checkpoints/p000/x").expect("answers");
    assert_eq!(store.get("checkpoints/p000/x").expect("answers"), None);
    server.running.kill();
    assert!(matches!(store.put_new("checkpoints/p000/z", b"z"), Err(StoreError::Unwritable { .. })));
}
