//! The list of attached regions, and who in this module is using them.
//!
//! # After a trap
//!
//! A call that traps ends where it is: no destructor runs, and the list is what it left. The host then says
//! that no call is running any more ([`super::reset`]). That begins a new generation, in which
//!
//! - *the lock* of an earlier one is free. A deadline can have ended its owner anywhere, so what it left of the
//!   list is forgotten rather than trusted. The list's memory is lost, some 200 bytes.
//! - *the list* is empty, until the host attaches its regions anew, and so nothing is in use.
//! - *guards* of an earlier generation, which somebody kept beyond their call, lead to nothing and release nothing.
//!
//! Until then whatever the call used stays in use, and the lock stays taken: bytes are never given out again
//! because they look as if nobody had them.

use ::alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::mem;

use super::flags::{OUTBOX, VOLATILE, WRITABLE};
use super::generation::{self, Held, Holder};
use super::{AccessError, split};

/// A region that is attached.
struct Attached {
    /// Which attachment it is, of all of this generation.
    serial: u64,
    handle: u32,
    base: *mut u8,
    len: u32,
    flags: u32,
    /// Readers, or [`Attached::CHANGING`].
    users: u32,
    /// Detached while in use: kept until the last user is gone.
    detached: bool,
}

impl Attached {
    const CHANGING: u32 = u32::MAX;

    fn count(&self) -> u64 {
        match self.users {
            Attached::CHANGING => 1,
            users => u64::from(users),
        }
    }

    fn overlaps(&self, base: *mut u8, len: u32) -> bool {
        let (start, own) = (base.addr(), self.base.addr());
        own < start.saturating_add(len as usize) && start < own.saturating_add(self.len as usize)
    }
}

struct List {
    entries: Vec<Attached>,
    /// Bytes of the outbox that are in use.
    top: u32,
    /// The serial number of the next entry.
    next: u64,
    /// Users of all volatile regions together, because every outgoing call asks whether there are any.
    volatile: u64,
}

impl List {
    fn count_volatile(&mut self) {
        let volatile = self.entries.iter().filter(|r| r.flags & VOLATILE != 0);
        self.volatile = volatile.map(Attached::count).sum();
    }

    fn find(&mut self, handle: u32) -> Option<&mut Attached> {
        let mut entries = self.entries.iter_mut();
        entries.find(|r| r.handle == handle && !r.detached)
    }
}

/// All attached regions.
pub(super) struct Regions {
    lock: Holder,
    list: UnsafeCell<List>,
}

// SAFETY: `list` is reached only through `with`, which lets in one thread at a time; what `base`
// points to is reached only through `Message` and `MessageMut`, which count their users.
unsafe impl Sync for Regions {}

pub(super) static REGIONS: Regions = Regions {
    lock: Holder::new(),
    list: UnsafeCell::new(List {
        entries: Vec::new(),
        top: 0,
        next: 0,
        volatile: 0,
    }),
};

/// Whether another thread may have the lock, and will give it back. Where there is none, waiting for it would have
/// no end.
const THREADS: bool = cfg!(not(all(
    target_family = "wasm",
    not(target_feature = "atomics")
)));

impl Regions {
    /// Gives the list to `f`, which does not panic, and calls nothing that comes back here: nothing
    /// that allocates or frees.
    fn with<V>(&self, f: impl FnOnce(&mut List) -> V) -> Result<V, AccessError> {
        let held = loop {
            match self.lock.take() {
                Some(held) => break held,
                None if THREADS => core::hint::spin_loop(),
                None => return Err(AccessError::NotReset),
            }
        };
        // SAFETY: the lock is held, so nobody else has a reference to the list.
        let list = unsafe { &mut *self.list.get() };
        if held == Held::LeftOver {
            // A trap may have come between any two stores, so this is not dropped.
            mem::forget(mem::take(&mut list.entries));
            list.top = 0;
            list.volatile = 0;
        }
        let value = f(list);
        self.lock.give_back();
        Ok(value)
    }

    /// Forgets all regions: in a generation that has just begun, nothing of them is in use.
    pub(super) fn forget(&self) -> Result<(), AccessError> {
        self.with(|list| {
            list.entries.clear();
            list.top = 0;
            list.volatile = 0;
        })
    }

    /// Adds a region, or changes the flags of one that lies there already.
    ///
    /// # Errors
    ///
    /// If another region that is in use lies there, or there is no memory to note it down.
    pub(super) fn attach(
        &self,
        handle: u32,
        base: *mut u8,
        len: u32,
        flags: u32,
    ) -> Result<(), AccessError> {
        let mut room = Vec::new();
        loop {
            let full = self.with(|list| {
                if let Some(known) = list.find(handle)
                    && known.base.addr() == base.addr()
                    && known.len == len
                {
                    // Calls may be using it.
                    known.flags = flags;
                    list.count_volatile();
                    return Ok(None);
                }
                let entries = &mut list.entries;
                mark_detached(entries, handle);
                entries.retain(|r| r.users > 0 || !r.detached && !r.overlaps(base, len));
                if let Some(other) = entries.iter().find(|r| r.overlaps(base, len)) {
                    return Err(AccessError::InUse(other.handle));
                }
                if entries.len() == entries.capacity() {
                    if room.capacity() <= entries.len() {
                        return Ok(Some(entries.len()));
                    }
                    room.append(entries);
                    mem::swap(&mut room, entries);
                }
                if flags & OUTBOX != 0 {
                    list.top = 0;
                }
                let serial = list.next;
                list.next = serial.wrapping_add(1);
                entries.push(Attached {
                    serial,
                    handle,
                    base,
                    len,
                    flags,
                    users: 0,
                    detached: false,
                });
                Ok(None)
            })?;
            match full? {
                None => return Ok(()),
                // Outside of the lock, because this may trap and may be anybody's allocator.
                Some(n) => {
                    room = Vec::new();
                    if room.try_reserve_exact(n.saturating_mul(2).max(4)).is_err() {
                        return Err(AccessError::NotAttached(handle));
                    }
                }
            }
        }
    }

    pub(super) fn detach(&self, handle: u32) -> Result<(), AccessError> {
        self.with(|list| {
            mark_detached(&mut list.entries, handle);
            list.entries.retain(|r| r.users > 0 || !r.detached);
        })
    }

    /// Forgets the regions in a block, unless one of them is in use: then it says `false`.
    pub(super) fn clear(&self, block: *mut u8, size: u32) -> bool {
        let cleared = self.with(|list| {
            list.entries
                .retain(|r| r.users > 0 || !r.overlaps(block, size));
            !list.entries.iter().any(|r| r.overlaps(block, size))
        });
        cleared.unwrap_or(false)
    }

    /// Takes the region of a message for reading or for changing.
    pub(super) fn take(&self, message: i64, change: bool) -> Result<Taken, AccessError> {
        let (handle, root) = split(message);
        self.with(|list| {
            let region = list.find(handle).ok_or(AccessError::NotAttached(handle))?;
            if root >= region.len {
                return Err(AccessError::OutOfBounds {
                    offset: root,
                    len: region.len,
                });
            }
            if change {
                if region.flags & WRITABLE == 0 {
                    return Err(AccessError::ReadOnly(handle));
                }
                if region.users != 0 {
                    return Err(AccessError::InUse(handle));
                }
                region.users = Attached::CHANGING;
            } else {
                if region.users >= Attached::CHANGING - 1 {
                    return Err(AccessError::InUse(handle));
                }
                region.users += 1;
            }
            let taken = Taken {
                serial: region.serial,
                generation: generation::current(),
                handle,
                root,
                base: region.base,
                len: region.len,
            };
            let volatile = region.flags & VOLATILE != 0;
            list.volatile += u64::from(volatile);
            Ok(taken)
        })?
    }

    /// A volatile region that somebody in this module is using.
    #[inline]
    pub(super) fn volatile_in_use(&self) -> Result<Option<u32>, AccessError> {
        self.with(|list| {
            if list.volatile == 0 {
                return None;
            }
            let mut entries = list.entries.iter();
            let found = entries.find(|r| r.users > 0 && r.flags & VOLATILE != 0);
            found.map(|r| r.handle)
        })
    }

    /// The handle of the region that this module writes its messages to, and how many bytes of it are in use.
    pub(super) fn outbox(&self) -> Result<Option<(u32, u32)>, AccessError> {
        self.with(|list| {
            let mut entries = list.entries.iter();
            let found = entries.find(|r| r.flags & OUTBOX != 0 && !r.detached);
            found.map(|r| (r.handle, list.top))
        })
    }

    /// Says how many bytes of the outbox are in use.
    pub(super) fn set_top(&self, top: u32) -> Result<(), AccessError> {
        self.with(|list| list.top = top)
    }

    fn release(&self, serial: u64) -> Result<(), AccessError> {
        self.with(|list| {
            let entries = &mut list.entries;
            let Some(index) = entries.iter().position(|r| r.serial == serial) else {
                return;
            };
            if let Some(region) = entries.get_mut(index) {
                if region.flags & VOLATILE != 0 {
                    list.volatile = list.volatile.saturating_sub(1);
                }
                region.users = match region.users {
                    Attached::CHANGING => 0,
                    users => users.saturating_sub(1),
                };
                if region.users == 0 && region.detached {
                    entries.swap_remove(index);
                }
            }
        })
    }

    /// Ends a call in the middle of what it does under the lock. Gives the list's memory, which is lost then.
    #[cfg(test)]
    pub(super) fn trap_with_lock(&self) -> *mut () {
        assert!(self.lock.take().is_some());
        // SAFETY: the lock is held.
        let list = unsafe { &mut *self.list.get() };
        list.entries.as_mut_ptr().cast()
    }

    /// How many entries there are for a handle.
    #[cfg(test)]
    pub(super) fn entries(&self, handle: u32) -> usize {
        let entries = self.with(|list| list.entries.iter().filter(|r| r.handle == handle).count());
        entries.unwrap_or(usize::MAX)
    }
}

fn mark_detached(entries: &mut [Attached], handle: u32) {
    if let Some(old) = entries
        .iter_mut()
        .find(|r| r.handle == handle && !r.detached)
    {
        old.detached = true;
    }
}

/// A region that this module is using.
pub(super) struct Taken {
    serial: u64,
    generation: u32,
    pub(super) handle: u32,
    pub(super) root: u32,
    base: *mut u8,
    len: u32,
}

impl Taken {
    /// Where the bytes are, and how many: none if the call that opened them was cut off meanwhile, because they
    /// may be somebody else's since.
    #[inline(always)]
    pub(super) fn bytes(&self) -> (*mut u8, usize) {
        let now = generation::current();
        let len = if self.generation == now { self.len } else { 0 };
        (self.base, len as usize)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if self.generation == generation::current() {
            // If the lock is somebody's who was cut off, the region stays in use until the host resets.
            let _ = REGIONS.release(self.serial);
        }
    }
}
