//! One writer a stack: a lock file held by an OS lock, which a crash frees.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{StateError, file};

/// Who holds a lock, as it wrote itself down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// The machine it runs on.
    pub host: String,
    /// What it does, `apply campus.kdl`.
    pub command: String,
    /// When it began, RFC 3339.
    pub since: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {} (`{}`, since {})", self.pid, self.host, self.command, self.since)
    }
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// The holder that died with the lock in its hands, for a note to the user.
    pub taken_over: Option<Holder>,
}

impl Lock {
    /// Takes the lock of a stack.
    ///
    /// # Errors
    /// `Locked` when a living process holds it.
    pub fn take(path: &Path, stack: &str, me: &Holder) -> Result<Lock, StateError> {
        let failed = |source| StateError::Write { path: path.to_owned(), source };
        // Opened through a fresh descriptor: reading needs its own position beside the appending one.
        drop(file::append(path)?);
        let mut file = File::options().read(true).write(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let holder = holder(&mut file).unwrap_or_else(unnamed);
                return Err(StateError::Locked { stack: stack.to_owned(), holder: Box::new(holder) });
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
        let taken_over = holder(&mut file);
        let mut lock = Lock { file, taken_over };
        lock.write(me).map_err(failed)?;
        Ok(lock)
    }

    fn write(&mut self, me: &Holder) -> std::io::Result<()> {
        let text = serde_json::to_vec(me).unwrap_or_else(|error| panic!("bug: {error}"));
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&text)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // An empty file says that the holder left in order; the OS lock goes with the descriptor.
        let _left_in_order = self.file.set_len(0);
    }
}

/// Returns who holds or held the lock of a file; `None` where it was left in order.
fn holder(file: &mut File) -> Option<Holder> {
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(4096).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// The holder has taken the lock but not written itself down yet.
fn unnamed() -> Holder {
    let unknown = || "unknown".to_owned();
    Holder { pid: 0, host: unknown(), command: unknown(), since: unknown() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me(command: &str) -> Holder {
        Holder {
            pid: 7,
            host: "here".to_owned(),
            command: command.to_owned(),
            since: "2026-01-01T00:00:00Z".to_owned(),
        }
    }

    #[test]
    fn one_holder_at_a_time_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let first = Lock::take(&path, "a", &me("apply")).unwrap();
        assert_eq!(first.taken_over, None);
        let refused = Lock::take(&path, "a", &me("plan")).unwrap_err().to_string();
        assert_eq!(refused, "stack `a` is locked by process 7 on here (`apply`, since 2026-01-01T00:00:00Z)");
        drop(first);
        assert_eq!(Lock::take(&path, "a", &me("plan")).unwrap().taken_over, None);
    }

    #[test]
    fn a_dead_holder_is_named_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        file::replace(&path, &serde_json::to_vec(&me("apply")).unwrap()).unwrap();
        assert_eq!(Lock::take(&path, "a", &me("plan")).unwrap().taken_over, Some(me("apply")));
        assert_eq!(Lock::take(&path, "a", &me("plan")).unwrap().taken_over, None);
    }
}
