//! Regions that outlive the process: a file that is replaced as a whole.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::MAX_REGION;
use crate::error::{Error, Result};

/// A file, and the lock that keeps others from it.
#[derive(Debug)]
pub(super) struct Published {
    /// As the user calls it.
    path: PathBuf,
    /// Where it is, whatever links and the process's directory lead to later.
    place: PathBuf,
    /// Locked as long as it is open; the kernel unlocks it when the process ends, however it does.
    _lock: File,
}

impl Published {
    /// The lock of a file that does not exist yet.
    pub(super) fn create(path: &Path) -> Result<Published> {
        // The file is not there yet, but its directory is.
        let name = path.file_name().ok_or_else(|| {
            let e = io::Error::new(io::ErrorKind::InvalidInput, "it is no name of a file");
            failed(path, e)
        })?;
        let directory = path.parent().filter(|d| !d.as_os_str().is_empty());
        let directory = std::fs::canonicalize(directory.unwrap_or(Path::new(".")));
        let place = directory.map_err(|e| failed(path, e))?.join(name);
        let file = Published::lock(path, place)?;
        if file.place.symlink_metadata().is_ok() {
            let exists = io::Error::new(
                io::ErrorKind::AlreadyExists,
                "it exists already: open it, or remove it first",
            );
            return Err(failed(path, exists));
        }
        Ok(file)
    }

    /// The lock of a file that exists.
    pub(super) fn open(path: &Path) -> Result<Published> {
        // Before there is a lock file beside a file that does not exist.
        let found = std::fs::metadata(path).map_err(|e| failed(path, e))?;
        if !found.is_file() {
            return Err(failed(path, io::Error::other("it is no file")));
        }
        let place = std::fs::canonicalize(path).map_err(|e| failed(path, e))?;
        Published::lock(path, place)
    }

    fn lock(path: &Path, place: PathBuf) -> Result<Published> {
        let lock = beside(&place, ".lock");
        let mut options = OpenOptions::new();
        let opened = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock);
        let lock = opened.map_err(|e| failed(path, e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Published {
                path: path.into(),
                place,
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(failed(
                path,
                io::Error::new(io::ErrorKind::WouldBlock, "somebody else has it open"),
            )),
            Err(TryLockError::Error(e)) => Err(failed(path, e)),
        }
    }

    /// Bytes of the file.
    pub(super) fn len(&self) -> Result<usize> {
        let found = std::fs::metadata(&self.place).map_err(|e| failed(&self.path, e))?;
        match usize::try_from(found.len()) {
            Ok(len @ 1..=MAX_REGION) => Ok(len),
            _ => Err(failed(
                &self.path,
                io::Error::other(format!(
                    "it has {} bytes, and a region has 1 to {MAX_REGION}",
                    found.len()
                )),
            )),
        }
    }

    /// Reads as many bytes as the file had.
    pub(super) fn read(&self, bytes: &mut [u8]) -> Result<()> {
        let mut file = File::open(&self.place).map_err(|e| failed(&self.path, e))?;
        file.read_exact(bytes).map_err(|e| failed(&self.path, e))
    }

    /// Puts a new version in the place of the old one: written beside it, made durable, then renamed,
    /// which rename(2) does in one step.
    pub(super) fn publish(&self, bytes: &[u8]) -> Result<()> {
        let new = beside(&self.place, ".new");
        let published = self.replace(&new, bytes);
        if published.is_err() {
            // It may be large, and nobody needs half of it. The first error is the one to report.
            let _ = std::fs::remove_file(&new);
        }
        published.map_err(|e| failed(&self.path, e))
    }

    fn replace(&self, new: &Path, bytes: &[u8]) -> io::Result<()> {
        // A process that was killed may have left one. Who else may write to this directory could have put a
        // link there, which `create_new` does not follow.
        match std::fs::remove_file(new) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(new)?;
        // What nobody else may read stays so; before there is anything to read.
        #[cfg(unix)]
        if let Ok(old) = std::fs::metadata(&self.place) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(new, &self.place)?;
        // So that the new name is durable as well; only Unix opens directories like files.
        #[cfg(unix)]
        if let Some(directory) = self.place.parent() {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(ending);
    name.into()
}

fn failed(path: &Path, cause: io::Error) -> Error {
    Error::RegionFile {
        path: path.into(),
        cause,
    }
}
