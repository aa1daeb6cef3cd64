//! Files that are replaced whole or appended to, and never half written.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::StateError;

/// The largest file of ours that is read, in bytes: a state of ten thousand resources is a tenth of it.
const LARGEST: u64 = 256 * 1024 * 1024;

/// How the names of files begin that are not yet what they will be.
const UNFINISHED: &str = ".writing-";

/// Replaces a file: temp + fsync + rename + fsync of the folder, mode 0600. After a power cut the file is the old
/// one or the new one.
///
/// # Errors
/// When it cannot be written; the old file is still there then.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    let failed = |source| StateError::Write { path: path.to_owned(), source };
    let folder = folder_of(path);
    let mut temp = tempfile::Builder::new().prefix(&unfinished(path)).tempfile_in(folder).map_err(failed)?;
    temp.write_all(bytes).map_err(failed)?;
    temp.as_file().set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    temp.as_file().sync_all().map_err(failed)?;
    temp.persist(path).map_err(|error| failed(error.error))?;
    sync_folder(folder).map_err(failed)
}

/// Removes what processes that died left of their attempts to replace a file. Only for who has its lock.
pub(super) fn tidy(path: &Path) {
    let begins = unfinished(path);
    for entry in std::fs::read_dir(folder_of(path)).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&begins) {
            // It does no harm where it is.
            let _removed = std::fs::remove_file(entry.path());
        }
    }
}

/// Returns how the names of files begin that are to replace this one.
fn unfinished(path: &Path) -> String {
    format!("{UNFINISHED}{}-", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Returns the folder that a file is in; the parent of a bare name is the empty path, which opens nothing.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a new name in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a folder for our files, readable by the user alone, unless it is there; and its name durable with it, because
/// a power cut takes a folder whose name is not on disk with everything in it.
///
/// # Errors
/// When it cannot be made, or others may put files into it.
pub fn make_folder(path: &Path) -> Result<(), StateError> {
    use std::os::unix::fs::DirBuilderExt;
    let failed = |source| StateError::Write { path: path.to_owned(), source };
    let missing: Vec<&Path> = path.ancestors().take_while(|it| !it.as_os_str().is_empty() && !it.exists()).collect();
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    for made in missing {
        sync_folder(folder_of(made)).map_err(failed)?;
    }
    check_folder(path)
}

/// Who may rename files in a folder can put an old state in the place of the new one.
///
/// A folder that the user's own group may write passes: that is how folders are made where everybody has a group of
/// their own.
///
/// # Errors
/// When others may.
pub fn check_folder(path: &Path) -> Result<(), StateError> {
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(StateError::Read { path: path.to_owned(), source }),
    };
    if !about.is_dir() {
        return Err(not_safe(path, "it is not a folder".to_owned()));
    }
    let own_group = about.gid() == rustix::process::getegid().as_raw();
    let others = if own_group { 0o002 } else { 0o022 };
    let sticky = about.mode() & 0o1000 != 0;
    if about.mode() & others != 0 && !sticky {
        let mode = about.mode() & 0o777;
        let why = format!("others may put files into it (mode {mode:o}); run: chmod go-w {}", path.display());
        return Err(not_safe(path, why));
    }
    Ok(())
}

/// Reads a file of ours; `None` where there is none.
///
/// # Errors
/// When it cannot be read, is a link or no plain file, is huge, is another user's, or others may write it.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, StateError> {
    let failed = |source| StateError::Read { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    let file = match safe(options.read(true)).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) if is_link(&error) => return Err(not_safe(path, "it is a symbolic link".to_owned())),
        Err(error) => return Err(failed(error)),
    };
    check(path, &file)?;
    let mut bytes = Vec::new();
    // It may grow while it is read.
    (&file).take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

/// Opens a file of ours for appending, mode 0600; it is made if need be.
pub(super) fn append(path: &Path) -> Result<File, StateError> {
    let mut options = OpenOptions::new();
    let opened = safe(options.append(true).create(true).mode(0o600)).open(path);
    let file = opened.map_err(|source| StateError::Write { path: path.to_owned(), source })?;
    check(path, &file)?;
    Ok(file)
}

/// No links are followed, so that nobody can make us write elsewhere; and a pipe does not block us.
fn safe(options: &mut OpenOptions) -> &mut OpenOptions {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC;
    options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0))
}

fn is_link(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

fn check(path: &Path, file: &File) -> Result<(), StateError> {
    let about = file.metadata().map_err(|source| StateError::Read { path: path.to_owned(), source })?;
    if !about.is_file() {
        return Err(not_safe(path, "it is not a plain file".to_owned()));
    }
    if about.mode() & 0o022 != 0 {
        let why = format!("others may write it (mode {:o}); run: chmod 600 {}", about.mode() & 0o777, path.display());
        return Err(not_safe(path, why));
    }
    // Who is root has the files of others in mind, as in a container that works in its user's folder.
    let me = rustix::process::geteuid();
    if about.uid() != me.as_raw() && about.uid() != 0 && !me.is_root() {
        return Err(not_safe(path, format!("it belongs to another user (number {})", about.uid())));
    }
    if about.len() > LARGEST {
        let why = format!("it has {} bytes, and no file of moodle-infra has more than {LARGEST}", about.len());
        return Err(not_safe(path, why));
    }
    Ok(())
}

fn not_safe(path: &Path, why: String) -> StateError {
    StateError::Unsafe { path: PathBuf::from(path), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whole_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        assert_eq!(read(&path).unwrap(), None);
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"two");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn refuses_what_others_may_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        replace(&path, b"one").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("others may write it"));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read(&link).unwrap_err().to_string().contains("symbolic link"));
        assert!(read(folder.path()).unwrap_err().to_string().contains("not a plain file"));
    }

    #[test]
    fn refuses_a_folder_that_others_may_change() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        make_folder(&inner).unwrap();
        assert_eq!(std::fs::metadata(&inner).unwrap().mode() & 0o777, 0o700);
        let refused = |mode: u32| {
            std::fs::set_permissions(&inner, std::fs::Permissions::from_mode(mode)).unwrap();
            make_folder(&inner).is_err()
        };
        assert_eq!([0o755, 0o775, 0o777, 0o1777].map(refused), [false, false, true, false]);
        assert!(check_folder(&inner.join("c")).is_ok());
    }

    #[test]
    fn what_the_dead_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        replace(&path, b"one").unwrap();
        for left in [".writing-a.json-x1", ".writing-b.json-x1"] {
            File::create(folder.path().join(left)).unwrap();
        }
        tidy(&path);
        let names = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, [".writing-b.json-x1", "a.json"]);
    }
}
