//! The emulators: installed once, one server a test process, an account of its own for each test.
//!
//! A server ends with the test process, however that ends: its standard input is a pipe from here, and it stops when
//! the pipe closes. Its output goes to a file, because a pipe that nobody empties would block it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use moodle_infra::aws::Cx;
use moodle_infra::aws::connect::{Login, Options, connect};
use moodle_infra::cli::sandbox::cache_folder;
use moodle_infra::cli::sandbox::install::install;

/// The region that tests use.
pub(crate) const REGION: &str = "eu-west-1";

/// An emulator of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Emulator {
    /// The one that users start as their sandbox, with the same corrections.
    Ministack,
    /// The stricter judge of wrong calls.
    Moto,
}

/// A running emulator.
pub(crate) struct Endpoint {
    /// `http://127.0.0.1:…`.
    pub(crate) url: String,
    /// The end of its standard input that keeps it alive.
    _child: Child,
}

/// The pins of the sandbox, so that users and tests have one installation.
const MINISTACK: (&str, &str) = ("sandbox", include_str!("../../../src/cli/sandbox/requirements.txt"));
const MOTO: (&str, &str) = ("moto", include_str!("moto-requirements.txt"));

/// Where servers write their output.
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

/// Ends the process when its standard input does; then the program of the emulator follows.
const UNTIL_STDIN_ENDS: &str = "\
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
";
const START_MINISTACK: &str = include_str!("../../../src/cli/sandbox/fixes.py");
const START_MOTO: &str = include_str!("moto.py");

/// Returns the emulator's server, which is started at the first call.
pub(crate) fn emulator(which: Emulator) -> &'static Endpoint {
    static SERVERS: [OnceLock<Endpoint>; 2] = [const { OnceLock::new() }; 2];
    SERVERS[which as usize].get_or_init(|| start(which))
}

/// Returns the clients of an account that nobody else uses; `number` keeps those of one test process apart.
pub(crate) async fn account(which: Emulator, number: usize) -> Cx {
    let account = format!("{:012}", 200_000_000_000 + number);
    let outer = connected(which, Credentials::new("test", "test", None, None, "test")).await;
    // Both emulators map the keys of an assumed role to the role's account; the role need not exist.
    let assume = outer.sts().assume_role().role_arn(format!("arn:aws:iam::{account}:role/test"));
    let keys = assume.role_session_name("test").send().await.unwrap().credentials.unwrap();
    let token = Some(keys.session_token);
    let cx = connected(which, Credentials::new(keys.access_key_id, keys.secret_access_key, token, None, "test")).await;
    assert_eq!(cx.account(), account);
    cx
}

/// Returns the Python that has moto, and with it AWS's API models.
pub(crate) fn python() -> PathBuf {
    let (name, pins) = MOTO;
    install(&cache_folder().unwrap(), name, pins, &mut |_| {}).unwrap()
}

async fn connected(which: Emulator, keys: Credentials) -> Cx {
    let endpoint = Some(emulator(which).url.clone());
    connect(Options { login: Login::Keys(keys), region: Some(REGION.to_owned()), endpoint }).await.unwrap()
}

fn start(which: Emulator) -> Endpoint {
    let ((name, pins), program) = match which {
        Emulator::Ministack => (MINISTACK, START_MINISTACK),
        Emulator::Moto => (MOTO, START_MOTO),
    };
    let python = install(&cache_folder().unwrap(), name, pins, &mut |_| {}).unwrap();
    // The port is free when it is chosen, but may be taken a moment later: then the server ends, and another is tried.
    for _ in 0..5 {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let log = Path::new(SCRATCH).join(format!("{which:?}-{}.log", std::process::id()));
        let mut command = Command::new(&python);
        command.arg("-c").arg(format!("{UNTIL_STDIN_ENDS}{program}"));
        match which {
            Emulator::Ministack => command
                .env("GATEWAY_PORT", port.to_string())
                .env("BIND_HOST", "127.0.0.1")
                .env("MINISTACK_HOST", "127.0.0.1")
                .env("IOT_MTLS_ENABLED", "0")
                .env("SFTP_ENABLED", "0")
                .env("LOG_LEVEL", "WARNING")
                .env("TMPDIR", SCRATCH),
            Emulator::Moto => command.args(["-H", "127.0.0.1", "-p", &port.to_string()]),
        };
        let file = File::create(&log).unwrap();
        let command = command.stdin(Stdio::piped()).stdout(file.try_clone().unwrap()).stderr(file);
        let mut child = command.spawn().unwrap();
        if answers(&mut child, port) {
            return Endpoint { url: format!("http://127.0.0.1:{port}"), _child: child };
        }
        eprintln_log(&log);
    }
    panic!("{which:?} does not start; its output is above");
}

#[expect(clippy::print_stderr, reason = "the output of a server that does not start is the only clue")]
fn eprintln_log(log: &Path) {
    eprintln!("{}", fs::read_to_string(log).unwrap_or_default());
}

/// Waits until the server answers; `false` when it has ended, or does not answer in a minute.
fn answers(child: &mut Child, port: u16) -> bool {
    let until = Instant::now() + Duration::from_mins(1);
    while Instant::now() < until {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if greets(port).is_ok_and(|answered| answered) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

fn greets(port: u16) -> std::io::Result<bool> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut start = [0; 7];
    stream.read_exact(&mut start)?;
    Ok(&start == b"HTTP/1.")
}
