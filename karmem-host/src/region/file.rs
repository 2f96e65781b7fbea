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
    path: PathBuf,
    /// Locked as long as it is open; the kernel unlocks it when the process ends, however it does.
    _lock: File,
}

impl Published {
    /// The lock of a file that does not exist yet.
    pub(super) fn create(path: &Path) -> Result<Published> {
        let file = Published::lock(path)?;
        if path.exists() {
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
        Published::lock(path)
    }

    fn lock(path: &Path) -> Result<Published> {
        let lock = beside(path, ".lock");
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
        let found = std::fs::metadata(&self.path).map_err(|e| failed(&self.path, e))?;
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
        let mut file = File::open(&self.path).map_err(|e| failed(&self.path, e))?;
        file.read_exact(bytes).map_err(|e| failed(&self.path, e))
    }

    /// Puts a new version in the place of the old one: written beside it, made durable, then renamed,
    /// which rename(2) does in one step.
    pub(super) fn publish(&self, bytes: &[u8]) -> Result<()> {
        let publish = || {
            let new = beside(&self.path, ".new");
            let mut file = File::create(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&new, &self.path)?;
            // So that the new name is durable as well; only Unix opens directories like files.
            #[cfg(unix)]
            {
                let directory = self.path.parent().filter(|d| !d.as_os_str().is_empty());
                File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
            }
            Ok(())
        };
        publish().map_err(|e| failed(&self.path, e))
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
