//! Why the sandbox does not come up, and what to do.

use std::path::PathBuf;

use crate::state::StateError;

/// A failure of the sandbox, or of installing it.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No Python interpreter on the PATH.
    #[error("the sandbox needs Python {}.{} or newer, and no `python3` is on the PATH", OLDEST.0, OLDEST.1)]
    NoPython,
    /// Only interpreters that are too old.
    #[error("the sandbox needs Python {}.{} or newer; found {found}", OLDEST.0, OLDEST.1)]
    OldPython {
        /// The newest found, `3.8`.
        found: String,
    },
    /// Python cannot make virtual environments, or there is no pip to fill one.
    #[error("Python cannot make a virtual environment: {why}")]
    NoVenv {
        /// What Python says.
        why: String,
    },
    /// The package index cannot be reached.
    #[error("the sandbox's Python packages cannot be downloaded: {why}")]
    Offline {
        /// The last lines of pip.
        why: String,
    },
    /// pip fails for another reason.
    #[error("the sandbox's Python packages cannot be installed: {why}")]
    Pip {
        /// The last lines of pip.
        why: String,
        /// All of its output.
        log: PathBuf,
    },
    /// The server ends before it answers.
    #[error("the sandbox's server died at its start: {why}")]
    Died {
        /// The last lines of its log.
        why: String,
        /// The log.
        log: PathBuf,
    },
    /// The server does not answer in time.
    #[error("the sandbox's server does not answer after {seconds} s: {why}")]
    Silent {
        /// How long it was waited for.
        seconds: u64,
        /// The last lines of its log.
        why: String,
        /// The log.
        log: PathBuf,
    },
    /// The server does not end, not even by SIGKILL.
    #[error("the sandbox's server (process {pid}) does not stop")]
    Unstoppable {
        /// Its process.
        pid: i32,
    },
    /// A file of ours cannot be written.
    #[error(transparent)]
    Write(#[from] StateError),
    /// A file or folder cannot be used.
    #[error("failed to {what} `{path}`")]
    File {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Neither `XDG_CACHE_HOME` nor `HOME` is set.
    #[error("there is no folder for the sandbox's packages: neither XDG_CACHE_HOME nor HOME is set")]
    NoCache,
}

/// The oldest Python that every pinned package supports.
pub(super) const OLDEST: (u32, u32) = (3, 10);

impl SandboxError {
    /// Returns what to do about it; commands stand on lines of their own, indented.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            SandboxError::NoPython | SandboxError::OldPython { .. } => {
                "install it:\n    apt-get install python3 python3-venv".to_owned()
            }
            SandboxError::NoVenv { .. } => "install what is missing:\n    apt-get install python3-venv".to_owned(),
            SandboxError::Offline { .. } => {
                "check the network, or point pip to a mirror with PIP_INDEX_URL; the packages are downloaded once, \
                 later starts need no network"
                    .to_owned()
            }
            SandboxError::Pip { log, .. } => format!("all of pip's output is in:\n    {}", log.display()),
            SandboxError::Died { log, .. } | SandboxError::Silent { log, .. } => {
                format!("its whole log is in:\n    {}", log.display())
            }
            SandboxError::Unstoppable { pid } => format!("look at what it waits for:\n    ps -fp {pid}"),
            SandboxError::File { .. } | SandboxError::Write(_) => {
                "check that the folder exists and belongs to you".to_owned()
            }
            SandboxError::NoCache => "set one, for example:\n    export HOME=~".to_owned(),
        }
    }

    /// Returns a failure to do `what` with `path`, to be filled with its cause.
    pub(super) fn file<'a>(what: &'static str, path: &'a std::path::Path) -> impl FnOnce(std::io::Error) -> Self + 'a {
        move |source| SandboxError::File { what, path: path.to_owned(), source }
    }
}

/// Returns the last lines of some output that say something.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|it| !it.trim().is_empty()).collect();
    match lines.get(lines.len().saturating_sub(8)..) {
        None | Some([]) => "no output".to_owned(),
        Some(last) => last.join("\n"),
    }
}
