//! The list of attached regions, and who in this module is using them.
//!
//! # After a trap
//!
//! A call that traps ends where it is: no destructor runs, and the next call finds what it left.
//!
//! - *The lock.* A deadline can end a call anywhere, also while it has the lock. Nothing that runs
//!   under the lock calls anything that comes back here (not even the allocator), so a module with
//!   one thread that finds the lock taken knows that its owner is gone. What the owner left of the
//!   list is then forgotten rather than trusted: no region is attached until the host says so again,
//!   which `karmem-host` does after every trap. The list's memory is lost, some 200 bytes.
//! - *Users.* A region whose user was ended stays counted as in use. Its bytes must then not be
//!   given to anybody, because the count may as well be that of a guard that was leaked on purpose
//!   and whose slices are still around. Only who attaches bytes knows better: it vouches for it
//!   that no call is using them ([`super::attach`]). So an entry that overlaps newly attached bytes
//!   is of the past, and goes. Guards are told apart by a serial number, so that one that is
//!   dropped later all the same does not release the wrong entry.

use ::alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::mem;
use core::sync::atomic::{AtomicBool, Ordering};

use super::flags::{OUTBOX, VOLATILE, WRITABLE};
use super::{AccessError, split};

/// A region that is attached.
struct Attached {
    /// Which attachment it is, of all that there were.
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
}

/// All attached regions.
pub(super) struct Regions {
    locked: AtomicBool,
    list: UnsafeCell<List>,
}

// SAFETY: `list` is reached only through `with`, which lets in one thread at a time; what `base`
// points to is reached only through `Message` and `MessageMut`, which count their users.
unsafe impl Sync for Regions {}

pub(super) static REGIONS: Regions = Regions {
    locked: AtomicBool::new(false),
    list: UnsafeCell::new(List {
        entries: Vec::new(),
        top: 0,
        next: 0,
        volatile: 0,
    }),
};

/// Whether a lock that is found taken can only be left over from a trap.
pub(super) const ALONE: bool = cfg!(all(target_family = "wasm", not(target_feature = "atomics")));

impl Regions {
    /// Gives the list to `f`, which does not panic, and calls nothing that comes back here: nothing
    /// that allocates or frees.
    fn with<V>(&self, f: impl FnOnce(&mut List) -> V) -> V {
        let mut left_over = false;
        while self.locked.swap(true, Ordering::Acquire) {
            if ALONE {
                left_over = true;
                break;
            }
            core::hint::spin_loop();
        }
        // SAFETY: the lock is held, by another thread's leave or because its owner is gone, so
        // nobody else has a reference to the list.
        let list = unsafe { &mut *self.list.get() };
        if left_over {
            // A trap may have come between any two stores, so this is not dropped.
            mem::forget(mem::take(&mut list.entries));
            // Far from the number that was possibly being counted up.
            list.next = list.next.wrapping_add(1 << 32);
            list.volatile = 0;
        }
        let value = f(list);
        self.locked.store(false, Ordering::Release);
        value
    }

    /// Adds a region; `false` if there is no memory for that.
    pub(super) fn attach(&self, handle: u32, base: *mut u8, len: u32, flags: u32) -> bool {
        let mut room = Vec::new();
        loop {
            let full = self.with(|list| {
                let entries = &mut list.entries;
                mark_detached(entries, handle);
                entries.retain(|r| !r.overlaps(base, len) && (r.users > 0 || !r.detached));
                if entries.len() == entries.capacity() {
                    if room.capacity() <= entries.len() {
                        return Some(entries.len());
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
                // Users of the past went with their entries.
                list.count_volatile();
                None
            });
            match full {
                None => return true,
                // Outside of the lock, because this may trap and may be anybody's allocator.
                Some(n) => {
                    room = Vec::new();
                    if room.try_reserve_exact(n.saturating_mul(2).max(4)).is_err() {
                        return false;
                    }
                }
            }
        }
    }

    pub(super) fn detach(&self, handle: u32) {
        self.with(|list| {
            mark_detached(&mut list.entries, handle);
            list.entries.retain(|r| r.users > 0 || !r.detached);
        });
    }

    /// Forgets the regions in a block, unless one of them is in use: then it says `false`.
    pub(super) fn clear(&self, block: *mut u8, size: u32) -> bool {
        self.with(|list| {
            list.entries
                .retain(|r| r.users > 0 || !r.overlaps(block, size));
            !list.entries.iter().any(|r| r.overlaps(block, size))
        })
    }

    /// Takes the region of a message for reading or for changing.
    pub(super) fn take(&self, message: i64, change: bool) -> Result<Taken, AccessError> {
        let (handle, root) = split(message);
        self.with(|list| {
            let region = list
                .entries
                .iter_mut()
                .find(|r| r.handle == handle && !r.detached)
                .ok_or(AccessError::NotAttached(handle))?;
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
            list.volatile += u64::from(region.flags & VOLATILE != 0);
            Ok(Taken {
                serial: region.serial,
                handle,
                root,
                base: region.base,
                len: region.len,
            })
        })
    }

    /// A volatile region that somebody in this module is using.
    pub(super) fn volatile_in_use(&self) -> Option<u32> {
        self.with(|list| {
            if list.volatile == 0 {
                return None;
            }
            let mut entries = list.entries.iter();
            let found = entries.find(|r| r.users > 0 && r.flags & VOLATILE != 0);
            found.map(|r| r.handle)
        })
    }

    /// The handle of the region that this module writes its messages to.
    pub(super) fn outbox(&self) -> Option<u32> {
        self.with(|list| {
            let mut entries = list.entries.iter();
            let found = entries.find(|r| r.flags & OUTBOX != 0 && !r.detached);
            found.map(|r| r.handle)
        })
    }

    /// Bytes of the outbox that are in use.
    pub(super) fn top(&self) -> u32 {
        self.with(|list| list.top)
    }

    /// Says how many bytes of the outbox are in use.
    pub(super) fn set_top(&self, top: u32) {
        self.with(|list| list.top = top);
    }

    fn release(&self, serial: u64) {
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
        });
    }

    /// How many entries there are for a handle.
    #[cfg(test)]
    pub(super) fn entries(&self, handle: u32) -> usize {
        self.with(|list| list.entries.iter().filter(|r| r.handle == handle).count())
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
    pub(super) handle: u32,
    pub(super) root: u32,
    pub(super) base: *mut u8,
    pub(super) len: u32,
}

impl Drop for Taken {
    fn drop(&mut self) {
        REGIONS.release(self.serial);
    }
}
