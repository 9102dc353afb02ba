//! Apache Kafka's jars: resolved once by Maven into the target directory.
//!
//! A machine without Java or Maven cannot run these tests. There that is a word on the console; in CI it is a failure, since a
//! suite that is skipped silently proves nothing.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Version of the broker: Maven is told it, and the folder of its jars is named after it.
pub const VERSION: &str = "4.3.1";

/// The folder of the jars.
///
/// # Errors
/// Says why there are none: no Java, no Maven, or what Maven said.
pub fn folder() -> Result<PathBuf, String> {
    java().arg("-version").stderr(Stdio::null()).status().map_err(|error| format!("no Java: {error}"))?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kafka-{VERSION}"));
    let complete = folder.join(".complete");
    fs::create_dir_all(&folder).map_err(|error| format!("making {}: {error}", folder.display()))?;
    let lock = File::create(folder.join(".lock")).map_err(|error| format!("locking {}: {error}", folder.display()))?;
    lock.lock().map_err(|error| format!("locking {}: {error}", folder.display()))?;
    if !complete.exists() {
        resolve(&folder)?;
        File::create(&complete).map_err(|error| format!("writing {}: {error}", complete.display()))?;
    }
    Ok(folder)
}

fn resolve(folder: &Path) -> Result<(), String> {
    let pom = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broker/kafka/pom.xml");
    let output = Command::new("mvn")
        .args(["-q", "-B", "-Dstyle.color=never", "-f"])
        .arg(&pom)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-Dkafka.version={VERSION}"))
        .arg(format!("-DoutputDirectory={}", folder.display()))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("no Maven: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    Err(format!("Maven could not resolve {}: {}", pom.display(), said.lines().take(5).collect::<Vec<_>>().join(" ")))
}

/// The Java virtual machine: `JAVA_HOME`, else the one on the path.
pub fn java() -> Command {
    match std::env::var_os("JAVA_HOME") {
        Some(home) => Command::new(Path::new(&home).join("bin/java")),
        None => Command::new("java"),
    }
}
