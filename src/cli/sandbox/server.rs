//! The server's process: who it is, whether it answers, how it starts and ends.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::ACCOUNT;
use super::error::{SandboxError, tail};
use crate::state::file;

/// What the server writes about itself into `sandbox.json`, before it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// Its process.
    pub(super) pid: i32,
    /// The computer's start and the process's own, so that a later process with the same number is not taken for it.
    pub(super) started: String,
    /// Its port on 127.0.0.1.
    pub(super) port: u16,
    /// What it was started from; another version of the program starts its own.
    pub(super) version: String,
}

/// The server's files.
#[derive(Debug, Clone)]
pub(super) struct Files<'a> {
    /// The interpreter that has the packages.
    pub(super) python: &'a Path,
    /// The folder for its data, log and temporary files.
    pub(super) folder: &'a Path,
    /// `sandbox.json`.
    pub(super) record: &'a Path,
    /// Its log.
    pub(super) log: &'a Path,
}

const LAUNCHER: &str = include_str!("launcher.py");
const FIXES: &str = include_str!("fixes.py");

/// Python's first import of all packages takes seconds on a slow disk.
const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);
const ANSWER: Duration = Duration::from_secs(2);

impl Record {
    /// Returns the record of the server that was started last, alive or not.
    pub(super) fn read(path: &Path) -> Option<Record> {
        serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
    }

    /// Whether the process is alive and is the one that wrote the record.
    pub(super) fn is_alive(&self) -> bool {
        started(self.pid).is_some_and(|now| now == self.started)
    }

    /// Whether the server answers.
    pub(super) fn answers(&self) -> bool {
        health(self.port).is_some()
    }

    /// Ends the server: SIGTERM, which lets it save, and after ten seconds SIGKILL.
    pub(super) fn stop(&self) -> Result<(), SandboxError> {
        for signal in [Signal::TERM, Signal::KILL] {
            if !self.is_alive() {
                return Ok(());
            }
            let Some(pid) = Pid::from_raw(self.pid) else { return Ok(()) };
            if kill_process(pid, signal).is_err() {
                // It has ended since, or is not ours to stop: the next look tells.
                continue;
            }
            if within(STOP, || (!self.is_alive()).then_some(())).is_some() {
                return Ok(());
            }
        }
        Err(SandboxError::Unstoppable { pid: self.pid })
    }
}

/// Returns a name for the server that this program starts: all that decides how it behaves.
pub(super) fn version(requirements: &str) -> String {
    super::install::digest(&[requirements, LAUNCHER, FIXES].concat())
}

/// Starts a server that outlives this process, and waits until it answers.
pub(super) fn start(files: &Files<'_>, version: &str, port: u16) -> Result<Record, SandboxError> {
    let Files { python, folder, record, log } = files;
    let temporary = folder.join("tmp");
    file::make_folder(&temporary)?;
    let launcher = folder.join("launcher.py");
    file::replace(&launcher, LAUNCHER.as_bytes())?;
    file::replace(&folder.join("fixes.py"), FIXES.as_bytes())?;
    // A file and not a pipe: nobody would read a pipe after our end, and a full one blocks the server.
    let output = File::create(log).map_err(SandboxError::file("write", log))?;
    let errors = output.try_clone().map_err(SandboxError::file("write", log))?;
    // Until the new server has written its own, there is none.
    if record.exists() {
        fs::remove_file(record).map_err(SandboxError::file("remove", record))?;
    }
    let mut command = Command::new(python);
    command.arg("-I").arg(&launcher).arg(record).arg(version).arg(port.to_string());
    command.current_dir(folder).stdin(Stdio::null()).stdout(output).stderr(errors);
    let mut child = environment(&mut command, folder).spawn().map_err(SandboxError::file("run", python))?;
    let up = within(START, || {
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return Some(Err(SandboxError::Died { why: said(log), log: log.to_path_buf() }));
        }
        let record = Record::read(record).filter(|it| u32::try_from(it.pid) == Ok(child.id()))?;
        record.answers().then_some(Ok(record))
    });
    up.unwrap_or_else(|| {
        drop(child.kill());
        drop(child.wait());
        Err(SandboxError::Silent { seconds: START.as_secs(), why: said(log), log: log.to_path_buf() })
    })
}

/// Waits until a server that another process started a moment ago answers.
pub(super) fn wait(record: &Record) -> bool {
    let up = within(START, || match (record.is_alive(), record.answers()) {
        (true, false) => None,
        (alive, answers) => Some(alive && answers),
    });
    up.unwrap_or(false)
}

/// Nothing of the user's environment but the PATH: no AWS setting can reach the server.
fn environment<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
        .env("HOME", folder)
        .env("TMPDIR", folder.join("tmp"))
        .env("LANG", "C.UTF-8")
        .env("BIND_HOST", "127.0.0.1")
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("MINISTACK_ACCOUNT_ID", ACCOUNT)
        .env("LOG_LEVEL", "WARNING")
        .env("PERSIST_STATE", "1")
        .env("STATE_DIR", folder.join("data"))
        .env("S3_PERSIST", "1")
        .env("S3_DATA_DIR", folder.join("data").join("s3"))
        // Listeners and containers that nobody here needs; the first would be open to the network.
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
}

fn said(log: &Path) -> String {
    tail(&fs::read_to_string(log).unwrap_or_default())
}

/// Returns what tells a process from a later one with the same number; `None` when it has ended.
fn started(pid: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    // The name in the second field may hold blanks and parentheses: count from its end.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let (state, ticks) = (fields.first()?, fields.get(19)?);
    // A zombie is only waiting for its parent to take notice.
    (*state != "Z").then(|| format!("{}/{ticks}", boot.trim()))
}

fn health(port: u16) -> Option<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, ANSWER).ok()?;
    stream.set_read_timeout(Some(ANSWER)).ok()?;
    stream.write_all(b"GET /_ministack/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").ok()?;
    let mut first = [0; 12];
    stream.read_exact(&mut first).ok()?;
    first.ends_with(b" 200").then_some(())
}

/// Asks again and again until there is an answer, or the time is over.
fn within<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if limit <= started.elapsed() {
            return None;
        }
        sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(pid: i32, started: String) -> Record {
        Record { pid, started, port: 1, version: String::new() }
    }

    #[test]
    fn a_process_is_known_by_its_number_and_its_start() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let own = started(pid).unwrap();
        assert!(record(pid, own.clone()).is_alive());
        assert!(!record(pid, format!("{own}0")).is_alive());
    }

    #[test]
    fn a_process_that_ended_is_not_alive_even_before_its_parent_notices() {
        let mut child = Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        assert!(within(STOP, || started(pid).is_none().then_some(())).is_some());
        child.wait().unwrap();
        assert_eq!(started(pid), None);
    }

    #[test]
    fn stopping_leaves_a_stranger_with_the_same_number_alone() {
        let mut stranger = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = i32::try_from(stranger.id()).unwrap();
        record(pid, "another start".to_owned()).stop().unwrap();
        assert!(stranger.try_wait().unwrap().is_none());
        record(pid, started(pid).unwrap()).stop().unwrap();
        assert!(!stranger.wait().unwrap().success());
    }
}
