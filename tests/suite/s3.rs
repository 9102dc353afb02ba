//! Checkpoints in S3-compatible storage, against a server that speaks S3 (moto), started here.
//!
//! Where there is no Python the test says `skipped`; in CI it fails.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kervan::edge::store::{Address, StoreError};

/// A server of its own; it ends with the test.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port();
    let child = Command::new(program)
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| e.to_string())?;
    let server = Server { child, port };
    let until = Instant::now() + Duration::from_secs(120);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if Instant::now() > until {
            return Err("the server does not listen".to_owned());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(server)
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
    let server = match server() {
        Ok(server) => server,
        Err(why) if std::env::var_os("CI").is_some() => panic!("starting an S3 server: {why}"),
        Err(why) => return println!("skipped: no S3 server here ({why})"),
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
    drop(server);
    assert!(matches!(store.put_new("checkpoints/p000/z", b"z"), Err(StoreError::Unwritable { .. })));
}
