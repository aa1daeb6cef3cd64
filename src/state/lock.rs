//! One writer a stack: a lock file held by an OS lock, which a crash frees, with a record of who holds it.
//!
//! The OS lock excludes every process that shares it, and its being free proves that the holder has died, wherever the
//! two share it: on one machine always, and on a disk that one machine alone can have. A folder that several machines
//! share may have locks that reach over all of them, or locks of each machine's own, and from within one cannot tell.
//! There a record that another machine left is believed until a person says otherwise ([`free`]).
//!
//! Freeing puts another file in the place of the locked one, so that it works though a server keeps the lock of a
//! machine that is no more. A holder that was alive after all finds another record than its own and stops
//! ([`Lock::check`]).

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{StateError, file};

/// How often a holder without a name is looked at again, every hundredth of a second.
const NAMELESS: u32 = 20;

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

/// What stands in the file of a lock that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    holder: Holder,
    /// The start of the holder's machine; one kernel has one, whatever containers call themselves.
    boot: String,
}

/// How a lock stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "lock")]
pub enum Standing {
    /// Nobody has it.
    Free,
    /// Its holder has died; who comes next takes it over.
    Dead {
        /// Who had it.
        holder: Holder,
    },
    /// Its holder is alive: the OS lock is held, on this machine.
    Held {
        /// Who has it; `None`: it has not written itself down yet.
        holder: Option<Holder>,
    },
    /// Another machine left the record, and whether its process is alive cannot be found out from here.
    Elsewhere {
        /// Who had or has it.
        holder: Holder,
    },
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    stack: String,
    file: File,
    mine: Vec<u8>,
    /// The holder that died with the lock in its hands, for a note to the user.
    pub taken_over: Option<Holder>,
}

impl Lock {
    /// Takes the lock of a stack.
    ///
    /// # Errors
    /// `Locked` when a living process holds it, `LockedElsewhere` when one on another machine may.
    ///
    /// # Panics
    /// When a record is not JSON: our bug.
    pub fn take(path: &Path, stack: &str, me: &Holder) -> Result<Lock, StateError> {
        let failed = |source| StateError::Write { path: path.to_owned(), source };
        let (mut file, mut found) = opened(path)?;
        // Who has just taken it writes itself down next; and who only looks has it for no time.
        for _ in 0..NAMELESS {
            if found != (Standing::Held { holder: None }) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
            (file, found) = opened(path)?;
        }
        let stack = stack.to_owned();
        let taken_over = match found {
            Standing::Free => None,
            Standing::Dead { holder } => Some(holder),
            Standing::Held { holder } => {
                return Err(StateError::Locked { stack, holder: Box::new(holder.unwrap_or_else(unnamed)) });
            }
            Standing::Elsewhere { holder } => {
                return Err(StateError::LockedElsewhere { stack, holder: Box::new(holder) });
            }
        };
        let record = Record { holder: me.clone(), boot: boot() };
        let mine = serde_json::to_vec(&record).unwrap_or_else(|error| panic!("bug: {error}"));
        let mut lock = Lock { path: path.to_owned(), stack, file, mine, taken_over };
        lock.write().map_err(failed)?;
        Ok(lock)
    }

    /// Checks that nobody has freed the lock: the file is still ours and says that we hold it.
    ///
    /// # Errors
    /// `LockLost` when it does not. Then nothing must be written any more.
    pub fn check(&self) -> Result<(), StateError> {
        let says_so = std::fs::read(&self.path).is_ok_and(|it| it == self.mine);
        if says_so && is_at(&self.path, &self.file).unwrap_or(false) {
            return Ok(());
        }
        Err(StateError::LockLost { stack: self.stack.clone(), path: self.path.clone() })
    }

    fn write(&mut self) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&self.mine)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // An empty file says that the holder left in order; the OS lock goes with the descriptor.
        let _left_in_order = self.file.set_len(0);
    }
}

/// Opens the file of a lock, makes it if need be, and tries to take it.
fn opened(path: &Path) -> Result<(File, Standing), StateError> {
    let failed = |source| StateError::Write { path: path.to_owned(), source };
    // Opened through a fresh descriptor: reading needs its own position beside the appending one.
    drop(file::append(path)?);
    let mut file = File::options().read(true).write(true).open(path).map_err(failed)?;
    let found = standing(path, &mut file, &boot()).map_err(failed)?;
    Ok((file, found))
}

/// Returns how a lock stands, without taking it.
///
/// # Errors
/// When the file cannot be read.
pub fn look(path: &Path) -> Result<Standing, StateError> {
    let failed = |source| StateError::Read { path: path.to_owned(), source };
    if file::read(path)?.is_none() {
        return Ok(Standing::Free);
    }
    let mut file = File::options().read(true).write(true).open(path).map_err(failed)?;
    // A lock that this takes for the look goes with the descriptor.
    standing(path, &mut file, &boot()).map_err(failed)
}

/// Frees a lock by putting an empty file in its place. Whoever holds it finds that at its next record, and stops.
///
/// # Errors
/// When the file cannot be written.
pub fn free(path: &Path) -> Result<(), StateError> {
    file::replace(path, b"")
}

/// Finds out how the lock stands by trying to take it; it is taken when nobody has it.
fn standing(path: &Path, file: &mut File, boot: &str) -> std::io::Result<Standing> {
    let taken = match file.try_lock() {
        // Freed in the moment between: another file has the name now.
        Ok(()) => is_at(path, file)?,
        Err(std::fs::TryLockError::WouldBlock) => false,
        Err(std::fs::TryLockError::Error(error)) => return Err(error),
    };
    Ok(judged(taken, record(file), boot, || is_shared(path)))
}

/// Judges by whether the OS lock could be taken, what stands in the file, and whether others can have the disk.
fn judged(taken: bool, there: Option<Record>, boot: &str, shared: impl Fn() -> bool) -> Standing {
    match (taken, there) {
        (true, None) => Standing::Free,
        (true, Some(Record { holder, boot: other })) if other == boot || !shared() => Standing::Dead { holder },
        (false, Some(Record { holder, boot: other })) if other == boot => Standing::Held { holder: Some(holder) },
        (false, None) => Standing::Held { holder: None },
        (_, Some(Record { holder, boot: _ })) => Standing::Elsewhere { holder },
    }
}

fn is_at(path: &Path, file: &File) -> std::io::Result<bool> {
    let (there, ours) = (std::fs::metadata(path)?, file.metadata()?);
    Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino()))
}

/// Returns what stands in the file of a lock; `None` where it was left in order.
fn record(file: &mut File) -> Option<Record> {
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(4096).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Whether several machines can have the file system of a file at once. One that is not known to be of one machine is
/// taken for one of many.
fn is_shared(path: &Path) -> bool {
    /// ext, XFS, Btrfs, tmpfs, ramfs, overlay, ZFS, F2FS, bcachefs.
    const OF_ONE_MACHINE: &[i128] = &[
        0xEF53,
        0x5846_5342,
        0x9123_683E,
        0x0102_1994,
        0x8584_58F6,
        0x794C_7630,
        0x2FC1_2FC1,
        0xF2F5_2010,
        0xCA45_1A4E,
    ];
    let sort = rustix::fs::statfs(path).map(|it| i128::from(it.f_type));
    !sort.is_ok_and(|sort| OF_ONE_MACHINE.contains(&sort))
}

/// Returns what tells this start of this machine from others; its name where the system does not say.
fn boot() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|it| it.trim().to_owned());
    id.unwrap_or_else(|_| rustix::system::uname().nodename().to_string_lossy().into_owned())
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

    fn leave(path: &Path, boot: &str) {
        let record = Record { holder: me("apply"), boot: boot.to_owned() };
        file::replace(path, &serde_json::to_vec(&record).unwrap()).unwrap();
    }

    #[test]
    fn one_holder_at_a_time_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        assert_eq!(look(&path).unwrap(), Standing::Free);
        let first = Lock::take(&path, "a", &me("apply")).unwrap();
        assert_eq!(first.taken_over, None);
        assert_eq!(look(&path).unwrap(), Standing::Held { holder: Some(me("apply")) });
        let refused = Lock::take(&path, "a", &me("plan")).unwrap_err().to_string();
        assert_eq!(refused, "stack `a` is locked by process 7 on here (`apply`, since 2026-01-01T00:00:00Z)");
        drop(first);
        assert_eq!(look(&path).unwrap(), Standing::Free);
        assert_eq!(Lock::take(&path, "a", &me("plan")).unwrap().taken_over, None);
    }

    #[test]
    fn a_dead_holder_is_named_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        leave(&path, &boot());
        assert_eq!(look(&path).unwrap(), Standing::Dead { holder: me("apply") });
        assert_eq!(Lock::take(&path, "a", &me("plan")).unwrap().taken_over, Some(me("apply")));
        assert_eq!(Lock::take(&path, "a", &me("plan")).unwrap().taken_over, None);
    }

    #[test]
    fn another_machine_is_dead_only_where_it_cannot_have_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        leave(&path, "another machine");
        // A folder for temporary files is on a disk of this machine.
        assert!(!is_shared(&path));
        assert_eq!(look(&path).unwrap(), Standing::Dead { holder: me("apply") });
        // A lock of another machine on a disk that both have: only a person knows.
        for taken in [true, false] {
            let there = Record { holder: me("apply"), boot: "another machine".to_owned() };
            let judged = judged(taken, Some(there), &boot(), || true);
            assert_eq!(judged, Standing::Elsewhere { holder: me("apply") });
        }
        // This one is known to no list.
        assert!(is_shared(Path::new("/proc/self/status")));
        assert!(is_shared(&folder.path().join("not there")));
    }

    #[test]
    fn a_lock_that_was_freed_stops_who_held_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let first = Lock::take(&path, "a", &me("apply")).unwrap();
        first.check().unwrap();
        free(&path).unwrap();
        assert_eq!(look(&path).unwrap(), Standing::Free);
        assert!(matches!(first.check(), Err(StateError::LockLost { .. })));
        let second = Lock::take(&path, "a", &me("plan")).unwrap();
        // The first one leaves; that is not the second one's file any more.
        drop(first);
        second.check().unwrap();
        assert_eq!(look(&path).unwrap(), Standing::Held { holder: Some(me("plan")) });
    }
}
