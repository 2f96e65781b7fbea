//! Pages that several mappings show, on Linux: `memfd_create(2)` and `mmap(2)`.

use std::io;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use std::sync::Arc;

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};
use wasmtime::{AsContextMut, Memory};

/// Pages that belong to nobody else, and the host's mapping of them.
#[derive(Debug)]
pub(crate) struct Pages {
    source: Source,
    base: NonNull<u8>,
}

// SAFETY: `base` leads to a mapping that only this value has the right to use, and which is used
// through `&self` for reading and through `&mut self` for writing only.
unsafe impl Send for Pages {}
// SAFETY: as above.
unsafe impl Sync for Pages {}

/// What the pages are mapped from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    file: Arc<OwnedFd>,
    len: usize,
}

/// What a guest may do to the pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Protection {
    /// Its stores are everybody's.
    Shared,
    /// Its stores stay its own.
    Private,
    /// Its stores trap.
    ReadOnly,
}

impl Pages {
    /// So many bytes of zeros, a multiple of the page size. Nobody can make them fewer, which would turn
    /// reading into SIGBUS.
    pub(crate) fn new(len: usize) -> io::Result<Pages> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = rustix::fs::memfd_create("karmem region", flags)?;
        rustix::fs::ftruncate(&file, len as u64)?;
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&file, seals)?;
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: without `MAP_FIXED` the kernel chooses a range that nothing else uses.
        let base = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                len,
                protection,
                MapFlags::SHARED,
                &file,
                0,
            )
        }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Pages {
            source: Source {
                file: Arc::new(file),
                len,
            },
            base,
        })
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// The bytes. Guests change them only while they run, and for that their store is borrowed
    /// mutably, which owns these pages unless they are sealed.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping has this length, is readable as long as `self` lives, and is not written
        // while it is borrowed: not through `self`, and through a guest's mapping only while that
        // guest runs, when whoever has these pages (the store, or a seal that took the right to
        // write from every guest before) is not borrowed. No mapping escapes a seal: each is entered in the
        // books of its system before guest code runs after it was made, and struck out after it is gone; no
        // guest code and no panic comes between.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.source.len) }
    }

    /// The bytes, to change them.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; and nobody else reads them through Rust meanwhile, because `self` is
        // borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr(), self.source.len) }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the range is this value's own mapping, and no borrow of it is left. Guests have
        // mappings of their own.
        let unmapped = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), self.source.len) };
        debug_assert!(unmapped.is_ok());
    }
}

/// Maps pages over a range of a guest's memory. What was there is gone, unless this fails.
pub(crate) fn overlay(
    store: impl AsContextMut,
    memory: &Memory,
    at: usize,
    source: &Source,
    protection: Protection,
) -> io::Result<()> {
    let target = target(store, memory, at, source.len)?;
    let (flags, protection) = match protection {
        Protection::Shared => (MapFlags::SHARED, ProtFlags::READ | ProtFlags::WRITE),
        Protection::Private => (MapFlags::PRIVATE, ProtFlags::READ | ProtFlags::WRITE),
        Protection::ReadOnly => (MapFlags::PRIVATE, ProtFlags::READ),
    };
    let flags = flags | MapFlags::FIXED;
    // SAFETY: `target` lies in the guest's linear memory and no Rust reference into that exists, as its
    // store is borrowed mutably. Linear memory may hold any bytes. Engines of this crate never move
    // a memory (`memory_may_move(false)`), and growing changes only what lies behind.
    unsafe {
        rustix::mm::mmap(
            target.cast(),
            source.len,
            protection,
            flags,
            &*source.file,
            0,
        )
    }?;
    Ok(())
}

/// Puts fresh pages of zeros over a range of a guest's memory.
pub(crate) fn zero(
    store: impl AsContextMut,
    memory: &Memory,
    at: usize,
    len: usize,
) -> io::Result<()> {
    if len == 0 {
        return Ok(());
    }
    let target = target(store, memory, at, len)?;
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
    // SAFETY: as in `overlay`.
    unsafe { rustix::mm::mmap_anonymous(target.cast(), len, protection, flags) }?;
    Ok(())
}

/// Gives the pages of a whole memory back. It reads as it did when its instance was new: a slot of a pool
/// keeps the mapping of the initial data for the next instance of the same module.
pub(crate) fn discard(store: impl AsContextMut, memory: &Memory) -> io::Result<()> {
    let len = memory.data_size(&store);
    // Memories with pages smaller than the machine's may end inside of one.
    let len = len - len % rustix::param::page_size();
    if len == 0 {
        return Ok(());
    }
    let target = target(store, memory, 0, len)?;
    // SAFETY: as in `overlay`. The pages are the memory's own: private ones, which read as zeros or as what
    // they are mapped from afterwards; or a shared window, which does not change by this.
    unsafe { rustix::mm::madvise(target.cast(), len, rustix::mm::Advice::LinuxDontNeed) }?;
    Ok(())
}

/// The address of a range of whole pages in a guest's memory.
fn target(store: impl AsContextMut, memory: &Memory, at: usize, len: usize) -> io::Result<*mut u8> {
    let store = store.as_context();
    let base = memory.data_ptr(&store);
    let page = rustix::param::page_size();
    let end = at.checked_add(len).ok_or(io::ErrorKind::InvalidInput)?;
    let whole = [base.addr(), at, len]
        .iter()
        .all(|n| n.is_multiple_of(page));
    if !whole {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "its memory does not begin with a page of this machine: let `Config::memory_reservation` be",
        ));
    }
    if end > memory.data_size(&store) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(base.wrapping_add(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_makes_the_pages_fewer() {
        let mut pages = Pages::new(128 << 10).unwrap();
        pages.bytes_mut().fill(7);
        let file = &pages.source().file;
        for len in [0, 64 << 10, 256 << 10] {
            let e = rustix::fs::ftruncate(file, len).unwrap_err();
            assert_eq!(e, rustix::io::Errno::PERM, "{len}");
        }
        // Nor takes the seals away, nor adds one that would make it impossible to map the pages for writing.
        for seal in [SealFlags::empty(), SealFlags::WRITE] {
            let e = rustix::fs::fcntl_add_seals(file, seal).unwrap_err();
            assert_eq!(e, rustix::io::Errno::PERM);
        }
        assert!(pages.bytes().iter().all(|b| *b == 7));
    }
}
