//! Locks of files that no other name of the same file gets around: open file description locks, fcntl(2).

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// Who has the lock of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lock {
    /// Whoever asked.
    Taken,
    /// Somebody else who may write the file.
    Held,
    /// Somebody who may only read the file, for all that is known: it cannot be taken, and says nothing.
    Readers,
}

/// Tries to take the lock of a file that was opened for writing. It is released with [`unlock`], or when no
/// process has this opened file any more.
pub(crate) fn try_lock(file: &File) -> io::Result<Lock> {
    let mut lock = whole(libc::F_WRLCK);
    match fcntl(file, libc::F_OFD_SETLK, &mut lock) {
        Ok(()) => return Ok(Lock::Taken),
        Err(e) if !matches!(e.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => return Err(e),
        Err(_) => {}
    }
    fcntl(file, libc::F_OFD_GETLK, &mut lock)?;
    Ok(match i32::from(lock.l_type) {
        libc::F_RDLCK => Lock::Readers,
        // Given back meanwhile, if it is none of both: it was held.
        _ => Lock::Held,
    })
}

/// Releases the lock of a file, also for processes that were started and have not closed their copy of it yet.
pub(crate) fn unlock(file: &File) -> io::Result<()> {
    fcntl(file, libc::F_OFD_SETLK, &mut whole(libc::F_UNLCK))
}

/// All bytes of a file, also those that are not there yet.
fn whole(kind: libc::c_int) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

fn fcntl(file: &File, command: libc::c_int, lock: &mut libc::flock) -> io::Result<()> {
    // SAFETY: the descriptor is open, and these commands read and write the structure that the pointer
    // leads to, see fcntl(2).
    match unsafe { libc::fcntl(file.as_raw_fd(), command, std::ptr::from_mut(lock)) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_only_read_holds_nothing() {
        let path = std::env::temp_dir().join(format!("karmem-lock-{}", std::process::id()));
        std::fs::write(&path, "").unwrap();
        let open = || File::options().read(true).write(true).open(&path).unwrap();
        let (one, two, reader) = (open(), open(), File::open(&path).unwrap());
        assert_eq!(try_lock(&one).unwrap(), Lock::Taken);
        assert_eq!(try_lock(&two).unwrap(), Lock::Held);
        assert!(try_lock(&reader).is_err());
        unlock(&one).unwrap();
        fcntl(&reader, libc::F_OFD_SETLK, &mut whole(libc::F_RDLCK)).unwrap();
        assert_eq!(try_lock(&two).unwrap(), Lock::Readers);
        drop(reader);
        assert_eq!(try_lock(&two).unwrap(), Lock::Taken);
        drop(two);
        assert_eq!(try_lock(&one).unwrap(), Lock::Taken);
        std::fs::remove_file(path).unwrap();
    }
}
