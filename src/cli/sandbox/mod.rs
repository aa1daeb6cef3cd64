//! The sandbox: an emulator of AWS on this computer, so that everything can be tried without an account.
//!
//! It is one server for each state folder. It outlives the command that started it, so that `plan` after `apply` sees
//! what `apply` made, and it keeps its data in the state folder, saved half a second after each call. Deleting the
//! state folder deletes the sandbox; its server then ends by itself.
//!
//! No credential of the user is read or sent: the keys are fixed, and neither we nor the server look at the user's AWS
//! configuration. The server listens on 127.0.0.1 alone. Linux only, as it tells processes apart by `/proc`.

use std::path::{Path, PathBuf};

use crate::aws::connect::{Login, Options};
use crate::state::file;

pub mod error;
pub mod install;
mod server;

pub use error::SandboxError;
use install::{Progress, install, locked};
use server::{Files, Record};

/// The account in which everything of the sandbox lives.
pub const ACCOUNT: &str = "123456789012";
/// The packages of the server, all pinned.
pub const REQUIREMENTS: &str = include_str!("requirements.txt");

/// The sandbox of one state folder, running or not.
#[derive(Debug, Clone)]
pub struct Sandbox {
    state: PathBuf,
    cache: PathBuf,
}

/// A sandbox that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// `http://127.0.0.1:…`, for all services.
    pub endpoint: String,
    /// The server's process.
    pub pid: i32,
    /// The server's log.
    pub log: PathBuf,
    /// Whether it was started just now, and not found running.
    pub fresh: bool,
}

/// How a sandbox stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It answers.
    Running(Running),
    /// Its process lives but does not answer.
    Silent {
        /// The server's process.
        pid: i32,
    },
    /// It does not run; its data, if any, is kept.
    Stopped,
}

impl Sandbox {
    /// Returns the sandbox of a state folder, its packages in the user's cache folder. Starts nothing.
    ///
    /// # Errors
    /// There is no cache folder.
    pub fn of(state: &Path) -> Result<Sandbox, SandboxError> {
        Ok(Sandbox::within(&cache_folder()?, state))
    }

    /// Returns the sandbox of a state folder, its packages in `cache`.
    #[must_use]
    pub fn within(cache: &Path, state: &Path) -> Sandbox {
        // The server has another working folder.
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Sandbox { state: absolute(state), cache: absolute(cache) }
    }

    /// Finds the running server, or installs and starts one. Blocks; the first time for half a minute or so.
    ///
    /// # Errors
    /// See [`SandboxError`].
    pub fn ensure(&self, progress: Progress<'_>) -> Result<Running, SandboxError> {
        file::make_folder(&self.folder())?;
        let _lock = locked(&self.folder().join("lock"))?;
        let version = server::version(REQUIREMENTS);
        let last = Record::read(&self.record());
        if let Some(record) = last.as_ref().filter(|it| it.is_alive()) {
            if record.version == version && server::wait(record) {
                return Ok(self.running(record, false));
            }
            progress("restarting the sandbox");
            record.stop()?;
        }
        let python = install(&self.cache, "sandbox", REQUIREMENTS, progress)?;
        progress("starting the sandbox");
        let (folder, record, log) = (self.folder(), self.record(), self.log());
        let files = Files { python: &python, folder: &folder, record: &record, log: &log };
        // The same port as before, if it is free: what users noted stays right.
        let port = last.map_or(0, |it| it.port);
        Ok(self.running(&server::start(&files, &version, port)?, true))
    }

    /// Returns how it stands, without changing anything.
    #[must_use]
    pub fn status(&self) -> Status {
        match Record::read(&self.record()).filter(Record::is_alive) {
            None => Status::Stopped,
            Some(record) if record.answers() => Status::Running(self.running(&record, false)),
            Some(record) => Status::Silent { pid: record.pid },
        }
    }

    /// Stops the server, which saves its data, and returns whether one was running.
    ///
    /// # Errors
    /// It does not end.
    pub fn stop(&self) -> Result<bool, SandboxError> {
        if !self.record().exists() {
            return Ok(false);
        }
        let _lock = locked(&self.folder().join("lock"))?;
        match Record::read(&self.record()).filter(Record::is_alive) {
            None => Ok(false),
            Some(record) => record.stop().map(|()| true),
        }
    }

    fn running(&self, record: &Record, fresh: bool) -> Running {
        let endpoint = format!("http://127.0.0.1:{}", record.port);
        Running { endpoint, pid: record.pid, log: self.log(), fresh }
    }

    /// Where the server writes who it is.
    fn record(&self) -> PathBuf {
        self.state.join("sandbox.json")
    }

    fn folder(&self) -> PathBuf {
        self.state.join("sandbox")
    }

    fn log(&self) -> PathBuf {
        self.folder().join("server.log")
    }
}

impl Running {
    /// Returns how to connect to it, in any region.
    #[must_use]
    pub fn options(&self, region: &str) -> Options {
        // The emulator takes twelve digits as access key for the account's number.
        let login = Login::keys(ACCOUNT, "sandbox");
        let (region, endpoint) = (Some(region.to_owned()), Some(self.endpoint.clone()));
        Options { login, region, endpoint }
    }
}

/// Returns the folder for downloaded packages: `$XDG_CACHE_HOME/moodle-infra` or `~/.cache/moodle-infra`.
///
/// # Errors
/// Neither `XDG_CACHE_HOME` nor `HOME` is set.
pub fn cache_folder() -> Result<PathBuf, SandboxError> {
    let named = |name| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let base = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|it| it.join(".cache")));
    base.map(|it| it.join("moodle-infra")).ok_or(SandboxError::NoCache)
}
