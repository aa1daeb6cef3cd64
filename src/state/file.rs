//! Files that are replaced whole or appended to, and never half written.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::StateError;

/// The largest file of ours that is read, in bytes: a state of ten thousand resources is a tenth of it.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Replaces a file: temp + fsync + rename + fsync of the folder, mode 0600. After a power cut the file is the old
/// one or the new one.
///
/// # Errors
/// When it cannot be written; the old file is still there then.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    let failed = |source| StateError::Write { path: path.to_owned(), source };
    let folder = folder_of(path);
    let mut temp = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder).map_err(failed)?;
    temp.write_all(bytes).map_err(failed)?;
    temp.as_file().set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    temp.as_file().sync_all().map_err(failed)?;
    temp.persist(path).map_err(|error| failed(error.error))?;
    sync_folder(folder).map_err(failed)
}

/// Returns the folder that a file is in; the parent of a bare name is the empty path, which opens nothing.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a new name in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a folder for our files, readable by the user alone, unless it is there.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(path: &Path) -> Result<(), StateError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| StateError::Write { path: path.to_owned(), source })
}

/// Reads a file of ours; `None` where there is none.
///
/// # Errors
/// When it cannot be read, is a link or no plain file, is huge, or others may write it.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, StateError> {
    let failed = |source| StateError::Read { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    let mut file = match safe(options.read(true)).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) if is_link(&error) => return Err(not_safe(path, "it is a symbolic link".to_owned())),
        Err(error) => return Err(failed(error)),
    };
    check(path, &file)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
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
    if about.len() > LARGEST {
        return Err(not_safe(path, format!("it has {} bytes; no state is so large", about.len())));
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
}
