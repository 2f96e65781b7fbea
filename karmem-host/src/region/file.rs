//! Regions that outlive the process: a file that is replaced as a whole.

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::MAX_REGION;
use super::access;
use crate::error::{Error, Result};

/// A file, and the locks that keep others from it.
#[derive(Debug)]
pub(super) struct Published {
    /// As the user calls it.
    path: PathBuf,
    /// Where it is, whatever links and the process's directory lead to later.
    place: PathBuf,
    /// Locked as long as it is open; the kernel unlocks it when the process ends, however it does. A file of its
    /// own, because the one with the data is replaced.
    lock: File,
    /// The file that is in the place now, locked too where the system can: other names lead to it as well.
    data: Mutex<Option<Data>>,
}

/// A file that is locked.
#[derive(Debug)]
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "files have the lock by name only there")
)]
struct Data(File);

impl Data {
    /// Locks a file. `None` if that cannot be done here; the lock by name is all there is then.
    #[cfg(target_os = "linux")]
    fn lock(file: File) -> io::Result<Option<Data>> {
        use crate::sys::lock::{Lock, try_lock};
        match try_lock(&file) {
            Ok(Lock::Taken) => Ok(Some(Data(file))),
            Ok(Lock::Held) => Err(held()),
            // Nobody could use the region otherwise while somebody who may only read it does this. And not all file
            // systems have these locks.
            Ok(Lock::Readers) | Err(_) => Ok(None),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn lock(_: File) -> io::Result<Option<Data>> {
        Ok(None)
    }
}

#[cfg(target_os = "linux")]
impl Drop for Data {
    fn drop(&mut self) {
        // As for `Published`.
        let _ = crate::sys::lock::unlock(&self.0);
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        // Closing does not do while a process that another thread starts has not closed its copy yet. Where
        // unlocking fails, closing is what remains.
        let _ = self.lock.unlock();
    }
}

impl Published {
    /// The lock of a file that does not exist yet, and the file with these bytes.
    pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<Published> {
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
        file.publish(bytes)?;
        Ok(file)
    }

    /// The lock of a file that exists, and the file.
    pub(super) fn open(path: &Path) -> Result<(Published, File)> {
        // Before there is a lock file beside a file that does not exist.
        let found = std::fs::metadata(path).map_err(|e| failed(path, e))?;
        if !found.is_file() {
            return Err(failed(path, io::Error::other("it is no file")));
        }
        let place = std::fs::canonicalize(path).map_err(|e| failed(path, e))?;
        let file = Published::lock(path, place)?;
        let data = file.lock_data().map_err(|e| failed(path, e))?;
        Ok((file, data))
    }

    fn lock(path: &Path, place: PathBuf) -> Result<Published> {
        let name = beside(&place, ".lock");
        let opened = access::lock_file(&name);
        let lock = opened.map_err(|e| {
            let why = format!("its lock `{}`: {e}", name.display());
            failed(path, io::Error::new(e.kind(), why))
        })?;
        match lock.try_lock() {
            Ok(()) => {
                if let Ok(data) = place.metadata() {
                    access::lock_as(&lock, &data);
                }
                Ok(Published {
                    path: path.into(),
                    place,
                    lock,
                    data: Mutex::default(),
                })
            }
            Err(TryLockError::WouldBlock) => Err(failed(path, held())),
            Err(TryLockError::Error(e)) => Err(failed(path, e)),
        }
    }

    /// Locks the file that is there, and opens it.
    fn lock_data(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        let file = match options.read(true).write(true).open(&self.place) {
            Ok(file) => {
                *self.data() = Data::lock(file.try_clone()?)?;
                file
            }
            // A file that nobody may write is replaced all the same, and has the lock by name.
            Err(_) => File::open(&self.place)?,
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        Ok(file)
    }

    /// A thread that panicked under this lock left a file or none.
    fn data(&self) -> std::sync::MutexGuard<'_, Option<Data>> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of a file.
    pub(super) fn len(&self, file: &File) -> Result<usize> {
        let found = file.metadata().map_err(|e| failed(&self.path, e))?;
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
    pub(super) fn read(&self, mut file: &File, bytes: &mut [u8]) -> Result<()> {
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
        // link there, which `new_file` does not follow.
        match std::fs::remove_file(new) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let old: Option<Metadata> = std::fs::metadata(&self.place).ok();
        let mut file = access::new_file(new, old.is_some())?;
        // What nobody else may read stays so; before there is anything to read.
        if let Some(old) = &old
            && !access::owned_as(&file, old)?
        {
            tracing::warn!(
                path = %self.path.display(),
                "the new version of a region's file could not be given the owner and group of the old one"
            );
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        // Locked before anybody finds it in the place.
        let data = Data::lock(file.try_clone()?)?;
        std::fs::rename(new, &self.place)?;
        *self.data() = data;
        if old.is_none()
            && let Ok(data) = file.metadata()
        {
            access::lock_as(&self.lock, &data);
        }
        // So that the new name is durable as well; only Unix opens directories like files.
        #[cfg(unix)]
        if let Some(directory) = self.place.parent() {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    }
}

fn held() -> io::Error {
    io::Error::new(io::ErrorKind::WouldBlock, "somebody else has it open")
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
