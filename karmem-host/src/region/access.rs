//! Who may do what with the files of a region.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Opens the file that is locked, and makes it if it is not there. It is never what a link leads to.
pub(super) fn lock_file(path: &Path) -> io::Result<File> {
    // Somebody may remove it between the two.
    for _ in 0..8 {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        match private(&mut options).create_new(true).open(path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made,
        }
        options.create_new(false);
        match no_link(path, &mut options) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Ok(file) if !file.metadata()?.is_file() => {
                return Err(io::Error::other("it is no file"));
            }
            opened => return opened,
        }
    }
    Err(io::Error::other("it comes and goes"))
}

/// Opens a file that is there, if no link leads to it.
fn no_link(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NOFOLLOW);
    }
    if path.symlink_metadata()?.is_symlink() {
        return Err(io::Error::other("it is a symbolic link: remove it"));
    }
    options.open(path)
}

/// Makes a file that was not there. If it is to have the rights of another one, nobody else may read it until it has.
pub(super) fn new_file(path: &Path, rights_follow: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    if rights_follow {
        private(&mut options);
    }
    options.open(path)
}

/// For the owner alone, if the file is made.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Gives a file the owner, group and permissions of another one, as far as this process may. `false` if it may not
/// give it the owner or the group: a group that is not the same has no permissions then.
#[cfg(unix)]
pub(super) fn owned_as(file: &File, old: &Metadata) -> io::Result<bool> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let new = file.metadata()?;
    let (mut mode, mut kept) = (old.mode() & 0o777, true);
    if (new.uid(), new.gid()) != (old.uid(), old.gid())
        && fchown(file, Some(old.uid()), Some(old.gid())).is_err()
    {
        kept = false;
        if new.gid() != old.gid() && fchown(file, None, Some(old.gid())).is_err() {
            mode &= !0o070;
        }
    }
    // After the owner, as changing that takes permissions away.
    file.set_permissions(PermissionsExt::from_mode(mode))?;
    Ok(kept)
}

#[cfg(not(unix))]
pub(super) fn owned_as(_: &File, _: &Metadata) -> io::Result<bool> {
    Ok(true)
}

/// Lets those lock who may write the data, and nobody else: who may open a file may hold its lock. Where this process
/// may not change that it stays as it is.
#[cfg(unix)]
pub(super) fn lock_as(lock: &File, data: &Metadata) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let Ok(found) = lock.metadata() else { return };
    let mut writers = data.mode() & 0o022;
    if (found.uid(), found.gid()) != (data.uid(), data.gid())
        && fchown(lock, Some(data.uid()), Some(data.gid())).is_err()
        && found.gid() != data.gid()
        && fchown(lock, None, Some(data.gid())).is_err()
    {
        writers &= !0o020;
    }
    let mode = 0o600 | writers | writers << 1;
    if found.mode() & 0o777 != mode {
        let _ = lock.set_permissions(PermissionsExt::from_mode(mode));
    }
}

#[cfg(not(unix))]
pub(super) fn lock_as(_: &File, _: &Metadata) {}
