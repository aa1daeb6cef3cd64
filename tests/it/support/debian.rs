//! A small Debian with the programs that web servers run on, installed once below the user's cache folder.
//!
//! It takes root and Debian's registry. Where it cannot be had, whoever asks for it says loudly what is not checked.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use moodle_infra::cli::sandbox::cache_folder;
use sha2::{Digest, Sha256};

/// The folder of the programs that make and use it.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/boot");
const PREPARE: &str = include_str!("../../boot/prepare");

/// Returns the folder of the root file system, which is installed at the first call of all; else why there is none.
pub(crate) fn root() -> Result<&'static Path, &'static str> {
    static ROOT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    ROOT.get_or_init(install).as_deref().map_err(String::as_str)
}

fn install() -> Result<PathBuf, String> {
    let owner = std::fs::metadata("/proc/self").map_err(|error| format!("there is no /proc: {error}"))?.uid();
    if owner != 0 {
        return Err("only root can make name spaces".to_owned());
    }
    let spaces = Command::new("unshare").args(["--mount", "--net", "--pid", "--fork", "true"]).output();
    if !spaces.is_ok_and(|it| it.status.success()) {
        return Err("this system lets nobody have name spaces".to_owned());
    }
    let cache = cache_folder().map_err(|error| error.to_string())?;
    std::fs::create_dir_all(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    // Another recipe, another folder; one process at a time makes it.
    let name = Sha256::digest(PREPARE)[..4].iter().fold("boot-".to_owned(), |name, byte| format!("{name}{byte:02x}"));
    let folder = cache.join(name);
    let lock = File::create(folder.with_extension("lock")).and_then(|it| it.lock().map(|()| it));
    let _lock = lock.map_err(|error| format!("{}: {error}", folder.display()))?;
    let log = folder.with_extension("log");
    let output = File::create(&log).and_then(|it| it.try_clone().map(|other| (it, other)));
    let (out, err) = output.map_err(|error| format!("{}: {error}", log.display()))?;
    let prepare = Command::new("bash").arg(format!("{FOLDER}/prepare")).arg(&folder).stdout(out).stderr(err).status();
    match prepare.map(|it| it.code()) {
        Ok(Some(0)) => Ok(folder),
        // What it needs is not here.
        Ok(Some(3)) => Err(format!("it cannot be installed here (see {})", log.display())),
        other => panic!("{other:?}: see {}", log.display()),
    }
}

/// Returns a command that runs a program of that Debian, or of this system where it has it. It sees this system's folder
/// for temporary files. Where there is neither, says so past the tests' own capture.
pub(crate) fn program(name: &str) -> Option<Command> {
    if Command::new(name).arg("--version").output().is_ok() {
        return Some(Command::new(name));
    }
    match root() {
        Ok(root) => {
            let mut command = Command::new("unshare");
            let temp = std::env::temp_dir();
            // By its own path: `PATH` may be a test's.
            let script = "mkdir -p \"$2$1\" && mount --bind \"$1\" \"$2$1\" && cd / && exec /usr/sbin/chroot \"$2\" \
                          /usr/bin/env TMPDIR=\"$1\" PHP_INI_SCAN_DIR=/etc/php.off \"${@:3}\"";
            command.args(["--mount", "bash", "-c", script, "-"]).arg(temp).arg(root).arg(name);
            Some(command)
        }
        Err(why) => {
            not_checked(&format!("there is no {name} here, and {why}"));
            None
        }
    }
}

/// Says what was not checked, past the tests' own capture.
pub(crate) fn not_checked(what: &str) {
    // Nobody reads it where this fails.
    drop(writeln!(std::io::stderr(), "\nNOT CHECKED: {what}\n"));
}
