//! Installs pinned Python packages into a virtual environment of their own, once, in the user's cache folder.
//!
//! The folder's name carries a hash of the pins, so that two versions of the program do not disturb each other. A
//! marker is written last: a folder without it is left over from an installation that was killed, and made again.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::error::{OLDEST, SandboxError, tail};
use crate::state::file;

/// Says what is going on; one short line each.
pub type Progress<'a> = &'a mut dyn FnMut(&str);

/// Names under which Python is looked for, first the one that users expect.
const PYTHONS: &[&str] = &["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];
const VERSION: &str = "import sys; print('%d.%d' % sys.version_info[:2])";
/// Settings of a user's pip that would put the packages elsewhere.
const ASTRAY: &[&str] =
    &["PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"];
const MARKER: &str = "installed";

/// Returns the Python interpreter of a virtual environment under `cache` that has exactly `requirements` (the text of
/// a requirements file in which every package is pinned), and makes it if need be.
///
/// Processes that do so at the same time wait for one another.
///
/// # Errors
/// No Python, no way to make virtual environments, no network: see [`SandboxError`].
pub fn install(cache: &Path, name: &str, requirements: &str, progress: Progress<'_>) -> Result<PathBuf, SandboxError> {
    install_with(PYTHONS, cache, name, requirements, progress)
}

/// As [`install`], with the interpreters to try, by name or path.
///
/// # Errors
/// As there.
pub fn install_with<P: AsRef<OsStr>>(
    pythons: &[P],
    cache: &Path,
    name: &str,
    requirements: &str,
    progress: Progress<'_>,
) -> Result<PathBuf, SandboxError> {
    fs::create_dir_all(cache).map_err(SandboxError::file("make", cache))?;
    let folder = folder_of(cache, name, requirements);
    let _lock = locked(&folder.with_extension("lock"))?;
    let inside = folder.join("bin").join("python");
    if is_complete(&folder, &inside) {
        return Ok(inside);
    }
    let (python, version) = newest_enough(pythons)?;
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(SandboxError::file("remove", &folder))?;
    }
    progress(&format!("installing {} into {} (once)", first_of(requirements), folder.display()));
    let pip = prepared(&python, &folder, &inside)?;
    let pins = folder.join("requirements.txt");
    file::replace(&pins, requirements.as_bytes())?;
    filled(&pip, &pins, &folder.with_extension("log"))?;
    file::replace(&folder.join(MARKER), version.as_bytes())?;
    Ok(inside)
}

/// Returns the virtual environment's folder, made or not.
#[must_use]
pub fn folder_of(cache: &Path, name: &str, requirements: &str) -> PathBuf {
    cache.join(format!("{name}-{}", digest(requirements)))
}

/// Returns the first eight hexadecimal digits of a text's hash.
pub(super) fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).fold(String::new(), |all, byte| format!("{all}{byte:02x}"))
}

/// Returns an open file that holds an exclusive lock until it is dropped, or the process dies.
pub(super) fn locked(path: &Path) -> Result<File, SandboxError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(SandboxError::file("open", path))?;
    file.lock().map_err(SandboxError::file("lock", path))?;
    Ok(file)
}

/// The marker says for which Python: after an upgrade of the system's, the packages are in a folder that it does not
/// look into.
fn is_complete(folder: &Path, inside: &Path) -> bool {
    fs::read_to_string(folder.join(MARKER)).is_ok_and(|made| version_of(inside).is_some_and(|now| now == made))
}

fn version_of(python: impl AsRef<OsStr>) -> Option<String> {
    let output = Command::new(python).args(["-I", "-c", VERSION]).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn newest_enough<P: AsRef<OsStr>>(pythons: &[P]) -> Result<(OsString, String), SandboxError> {
    let mut old = None;
    for python in pythons {
        let Some(version) = version_of(python) else { continue };
        if numbers(&version).is_some_and(|it| OLDEST <= it) {
            return Ok((python.as_ref().to_owned(), version));
        }
        old = old.max(Some(version));
    }
    Err(old.map_or(SandboxError::NoPython, |found| SandboxError::OldPython { found }))
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn first_of(requirements: &str) -> String {
    requirements.lines().next().unwrap_or_default().replace("==", " ")
}

/// Makes the virtual environment and returns the command that installs into it.
///
/// Debian has Python without `ensurepip` unless python3-venv is installed; then any other pip will do.
fn prepared(python: &OsStr, folder: &Path, inside: &Path) -> Result<Vec<OsString>, SandboxError> {
    let words = |words: &[&dyn AsRef<OsStr>]| words.iter().map(|it| it.as_ref().to_owned()).collect::<Vec<_>>();
    let venv = ["-I", "-m", "venv"].map(OsStr::new);
    let Err(why) = run(Command::new(python).args(venv).arg(folder)) else {
        return Ok(words(&[&inside, &"-I", &"-m", &"pip", &"install"]));
    };
    let bare = Command::new(python).args(venv).args(["--clear", "--without-pip"]).arg(folder).output();
    if !bare.is_ok_and(|it| it.status.success()) {
        return Err(SandboxError::NoVenv { why });
    }
    let outside = words(&[&python, &"-m", &"pip", &"--python", &inside]);
    let uv = words(&[&"uv", &"pip"]);
    let works = |command: &[OsString], probe: &str| match command {
        [program, arguments @ ..] => run(Command::new(program).args(arguments).arg(probe)).is_ok(),
        [] => false,
    };
    if works(&outside, "--version") {
        return Ok([outside, words(&[&"install"])].concat());
    }
    if works(&uv, "--help") {
        return Ok([uv, words(&[&"install", &"--python", &inside])].concat());
    }
    Err(SandboxError::NoVenv { why })
}

/// Runs a command to its end; the error is the end of its output.
fn run(command: &mut Command) -> Result<(), String> {
    let output = isolated(command).stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(tail(&String::from_utf8_lossy(&said)))
}

fn isolated(command: &mut Command) -> &mut Command {
    ASTRAY.iter().fold(command, |command, name| command.env_remove(name))
}

/// The pins name every package, so that nothing else may be drawn in.
fn filled(pip: &[OsString], pins: &Path, log: &Path) -> Result<(), SandboxError> {
    let file = File::create(log).map_err(SandboxError::file("write", log))?;
    let errors = file.try_clone().map_err(SandboxError::file("write", log))?;
    let (program, arguments) = pip.split_first().expect("bug: an empty command");
    let mut command = Command::new(program);
    command.args(arguments).args(["--no-deps", "-r"]).arg(pins);
    if program != "uv" {
        command.args(["--no-input", "--disable-pip-version-check", "--retries", "2"]);
    }
    let done = isolated(&mut command).stdin(Stdio::null()).stdout(file).stderr(errors).status();
    if done.as_ref().is_ok_and(std::process::ExitStatus::success) {
        return Ok(());
    }
    let said = fs::read_to_string(log).unwrap_or_default();
    let why = done.err().map_or_else(|| tail(&said), |error| error.to_string());
    let offline = ["NewConnectionError", "NameResolutionError", "Connection refused", "ProxyError", "ConnectTimeout"];
    if offline.iter().any(|it| said.contains(it)) {
        return Err(SandboxError::Offline { why });
    }
    Err(SandboxError::Pip { why, log: log.to_owned() })
}
