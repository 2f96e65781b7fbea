//! What a module offers to its host: memory for messages, and the regions that are attached to it.
//!
//! [`guest!`](crate::guest!) exports the functions of the ABI (`karmem_alloc`, `karmem_free`,
//! `karmem_attach`, `karmem_detach`). The host then writes a message into a block of the module's
//! memory and passes it as one `i64`: the handle of the region in the high half, the offset of the
//! root in the low half. [`open`] and [`open_mut`] give access to it:
//!
//! ```
//! use karmem_core::{guest, Karmem};
//!
//! /// How many bytes the region has; a real module exports functions like this one.
//! fn len(world: i64) -> Result<usize, guest::AccessError> {
//!     Ok(guest::open(world)?.len())
//! }
//! ```
#![allow(
    unsafe_code,
    reason = "memory that the host hands over by address, argued below"
)]

use alloc::vec::Vec;
use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::fmt;
use core::ops::Deref;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Limits, VerifyError};
use crate::message::Karmem;

/// Why a message that came by handle cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AccessError {
    /// No region is attached under this handle.
    NotAttached(u32),
    /// The offset lies outside of the region.
    OutOfBounds {
        /// The offset.
        offset: u32,
        /// The region's length in bytes.
        len: u32,
    },
    /// The region is attached for reading only.
    ReadOnly(u32),
    /// Somebody in this module is reading or changing the region.
    InUse(u32),
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccessError::NotAttached(handle) => write!(f, "no region is attached as {handle}"),
            AccessError::OutOfBounds { offset, len } => {
                write!(f, "offset {offset} is outside of the region of {len} bytes")
            }
            AccessError::ReadOnly(handle) => write!(f, "region {handle} may only be read"),
            AccessError::InUse(handle) => write!(f, "region {handle} is in use"),
        }
    }
}

impl core::error::Error for AccessError {}

/// A region that is attached.
struct Attached {
    handle: u32,
    base: *mut u8,
    len: u32,
    writable: bool,
    /// Readers, or [`Attached::CHANGING`].
    users: u32,
    /// Detached while in use: kept until the last user is gone.
    detached: bool,
}

impl Attached {
    const CHANGING: u32 = u32::MAX;
}

/// All attached regions.
struct Regions {
    locked: AtomicBool,
    list: UnsafeCell<Vec<Attached>>,
}

// SAFETY: `list` is reached only through `with`, which lets in one thread at a time; what `base`
// points to is reached only through `Message` and `MessageMut`, which count their users.
unsafe impl Sync for Regions {}

static REGIONS: Regions = Regions {
    locked: AtomicBool::new(false),
    list: UnsafeCell::new(Vec::new()),
};

impl Regions {
    /// Gives the list to `f`, which calls nothing that comes back here.
    fn with<V>(&self, f: impl FnOnce(&mut Vec<Attached>) -> V) -> V {
        while self.locked.swap(true, Ordering::Acquire) {
            core::hint::spin_loop();
        }
        // SAFETY: the lock is held, so nobody else has a reference to the list.
        let value = f(unsafe { &mut *self.list.get() });
        self.locked.store(false, Ordering::Release);
        value
    }

    fn release(&self, handle: u32, base: *mut u8) {
        self.with(|list| {
            let Some(index) = list
                .iter()
                .position(|r| r.handle == handle && r.base == base)
            else {
                return;
            };
            if let Some(region) = list.get_mut(index) {
                region.users = match region.users {
                    Attached::CHANGING => 0,
                    users => users.saturating_sub(1),
                };
                if region.users == 0 && region.detached {
                    list.swap_remove(index);
                }
            }
        });
    }

    /// Takes the region of a message for reading or for changing.
    fn take(&self, message: i64, change: bool) -> Result<Taken, AccessError> {
        let (handle, root) = split(message);
        self.with(|list| {
            let region = list
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
                if !region.writable {
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
            Ok(Taken {
                handle,
                root,
                base: region.base,
                len: region.len,
            })
        })
    }
}

/// A region that this module is using.
struct Taken {
    handle: u32,
    root: u32,
    base: *mut u8,
    len: u32,
}

impl Drop for Taken {
    fn drop(&mut self) {
        REGIONS.release(self.handle, self.base);
    }
}

/// A message as it travels: handle and offset of the root.
#[must_use]
pub const fn join(handle: u32, root: u32) -> i64 {
    ((handle as u64) << 32 | root as u64) as i64
}

/// Handle and offset of the root.
#[must_use]
pub const fn split(message: i64) -> (u32, u32) {
    ((message as u64 >> 32) as u32, message as u32)
}

/// A message in a region, for reading. Other readers are let in, writers of this module are not.
pub struct Message {
    taken: Taken,
}

/// A message in a region, for changing. Nobody else of this module is let in.
pub struct MessageMut {
    taken: Taken,
}

/// Opens a message for reading.
///
/// # Errors
///
/// If the handle is not attached, the offset is outside, or this module is changing the region.
pub fn open(message: i64) -> Result<Message, AccessError> {
    REGIONS.take(message, false).map(|taken| Message { taken })
}

/// Opens a message for changing it.
///
/// # Errors
///
/// If the handle is not attached or only for reading, the offset is outside, or this module is
/// using the region already.
pub fn open_mut(message: i64) -> Result<MessageMut, AccessError> {
    REGIONS
        .take(message, true)
        .map(|taken| MessageMut { taken })
}

impl Deref for Message {
    type Target = [u8];

    /// All bytes of the region.
    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: `attach` was told by the host that these bytes are this module's own block, which
        // came zeroed from `alloc` and is not freed while it is taken; while a reader has it, no
        // writer of this module has, and the host and other modules write only while this module
        // is not running.
        unsafe { core::slice::from_raw_parts(self.taken.base, self.taken.len as usize) }
    }
}

impl Message {
    /// The offset of the root.
    #[must_use]
    pub fn root(&self) -> u32 {
        self.taken.root
    }

    /// Checks the message and reads it in place.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    #[inline]
    pub fn view<T: Karmem>(&self) -> Result<T::View<'_>, VerifyError> {
        T::view_at(self, self.taken.root, &Limits::default())
    }

    /// Reads it in place without a check, for a writer who is trusted.
    #[inline]
    #[must_use]
    pub fn view_unverified<T: Karmem>(&self) -> T::View<'_> {
        T::view_unverified_at(self, self.taken.root)
    }
}

impl MessageMut {
    /// The offset of the root.
    #[must_use]
    pub fn root(&self) -> u32 {
        self.taken.root
    }

    /// All bytes of the region.
    #[inline]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `Message`; while this exists, nobody else in this module has the region.
        unsafe { core::slice::from_raw_parts_mut(self.taken.base, self.taken.len as usize) }
    }

    /// Checks the message and gives access to change it in place.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    #[inline]
    pub fn view_mut<T: Karmem>(&mut self) -> Result<T::ViewMut<'_>, VerifyError> {
        let root = self.taken.root;
        T::view_mut_at(self.bytes_mut(), root, &Limits::default())
    }

    /// Gives access to change it in place without a check, for a writer who is trusted; `None` if
    /// there is no root.
    #[inline]
    pub fn view_mut_unverified<T: Karmem>(&mut self) -> Option<T::ViewMut<'_>> {
        let root = self.taken.root;
        T::view_mut_unverified_at(self.bytes_mut(), root)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("handle", &self.taken.handle)
            .field("root", &self.taken.root)
            .finish()
    }
}

impl fmt::Debug for MessageMut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageMut")
            .field("handle", &self.taken.handle)
            .field("root", &self.taken.root)
            .finish()
    }
}

/// `karmem_alloc`: a zeroed block of this module's memory, or null.
#[must_use]
pub fn alloc(size: u32, align: u32) -> *mut u8 {
    match Layout::from_size_align(size as usize, align as usize) {
        // SAFETY: the layout's size is not zero.
        Ok(layout) if size > 0 => unsafe { alloc::alloc::alloc_zeroed(layout) },
        _ => core::ptr::null_mut(),
    }
}

/// `karmem_free`: gives a block back. A block that this module is using stays.
///
/// # Safety
///
/// The block came from [`alloc`] with the same size and alignment and was not freed.
pub unsafe fn free(block: *mut u8, size: u32, align: u32) {
    let Ok(layout) = Layout::from_size_align(size as usize, align as usize) else {
        return;
    };
    if block.is_null() || size == 0 {
        return;
    }
    let start = block.addr();
    let end = start.saturating_add(size as usize);
    let used = REGIONS.with(|list| {
        let inside = |r: &Attached| {
            r.base.addr() < end && start < r.base.addr().saturating_add(r.len as usize)
        };
        list.retain(|r| r.users > 0 || !inside(r));
        list.iter().any(inside)
    });
    if !used {
        // SAFETY: the caller vouches for the block; nothing of this module refers to it.
        unsafe { alloc::alloc::dealloc(block, layout) };
    }
}

/// `karmem_attach`: from now on, messages of this handle lie in these bytes.
///
/// # Safety
///
/// The bytes are a block of [`alloc`], or a part of one, until [`detach`]; nothing else of this
/// module uses them, and they do not change while this module runs but through [`open_mut`].
pub unsafe fn attach(handle: u32, base: *mut u8, len: u32, writable: bool) {
    REGIONS.with(|list| {
        if let Some(old) = list.iter_mut().find(|r| r.handle == handle && !r.detached) {
            old.detached = true;
        }
        list.retain(|r| r.users > 0 || !r.detached);
        list.push(Attached {
            handle,
            base,
            len,
            writable,
            users: 0,
            detached: false,
        });
    });
}

/// `karmem_detach`: messages of this handle are refused from now on.
pub fn detach(handle: u32) {
    REGIONS.with(|list| {
        if let Some(region) = list.iter_mut().find(|r| r.handle == handle && !r.detached) {
            region.detached = true;
        }
        list.retain(|r| r.users > 0 || !r.detached);
    });
}

/// Exports the functions that a host calls to share memory with this module. Write it once, at the
/// top of the module's crate.
///
/// ```
/// karmem_core::guest!();
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! guest {
    () => {
        const _: () = {
            #[unsafe(no_mangle)]
            extern "C" fn karmem_alloc(size: u32, align: u32) -> *mut u8 {
                $crate::guest::alloc(size, align)
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn karmem_free(block: *mut u8, size: u32, align: u32) {
                // SAFETY: the ABI asks this of the host.
                unsafe { $crate::guest::free(block, size, align) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn karmem_attach(
                handle: u32,
                base: *mut u8,
                len: u32,
                writable: u32,
            ) {
                // SAFETY: the ABI asks this of the host.
                unsafe { $crate::guest::attach(handle, base, len, writable != 0) }
            }

            #[unsafe(no_mangle)]
            extern "C" fn karmem_detach(handle: u32) {
                $crate::guest::detach(handle)
            }
        };
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block that is freed at the end.
    struct Block(*mut u8);

    const SIZE: u32 = 64;

    impl Block {
        fn attached(handle: u32, writable: bool) -> Self {
            let block = Block(alloc(SIZE, 8));
            assert!(!block.0.is_null());
            // SAFETY: the block is this test's own.
            unsafe { attach(handle, block.0, SIZE, writable) };
            block
        }
    }

    impl Drop for Block {
        fn drop(&mut self) {
            // SAFETY: it came from `alloc`.
            unsafe { free(self.0, SIZE, 8) };
        }
    }

    #[test]
    fn readers_and_writers_exclude_each_other() {
        let _block = Block::attached(1, true);
        let one = open(join(1, 0)).unwrap();
        let two = open(join(1, 8)).unwrap();
        assert_eq!(two.root(), 8);
        assert_eq!(one.len(), SIZE as usize);
        assert_eq!(open_mut(join(1, 0)).unwrap_err(), AccessError::InUse(1));
        drop((one, two));
        let mut writer = open_mut(join(1, 0)).unwrap();
        writer.bytes_mut()[0] = 1;
        assert_eq!(open(join(1, 0)).unwrap_err(), AccessError::InUse(1));
        drop(writer);
        assert_eq!(open(join(1, 0)).unwrap()[0], 1);
    }

    #[test]
    fn wild_messages_are_refused() {
        let _block = Block::attached(2, false);
        assert_eq!(open(join(99, 0)).unwrap_err(), AccessError::NotAttached(99));
        assert_eq!(open(0).unwrap_err(), AccessError::NotAttached(0));
        let outside = AccessError::OutOfBounds {
            offset: SIZE,
            len: SIZE,
        };
        assert_eq!(open(join(2, SIZE)).unwrap_err(), outside);
        assert_eq!(open_mut(join(2, 0)).unwrap_err(), AccessError::ReadOnly(2));
        detach(2);
        assert_eq!(open(join(2, 0)).unwrap_err(), AccessError::NotAttached(2));
    }

    #[test]
    fn what_is_in_use_stays() {
        let block = Block::attached(3, true);
        let reader = open(join(3, 0)).unwrap();
        detach(3);
        assert_eq!(open(join(3, 0)).unwrap_err(), AccessError::NotAttached(3));
        let again = Block::attached(3, true);
        open_mut(join(3, 0)).unwrap().bytes_mut()[0] = 7;
        assert_eq!(reader[0], 0);
        drop((reader, block, again));
    }

    #[test]
    fn absurd_sizes_are_null() {
        assert!(alloc(0, 8).is_null());
        assert!(alloc(8, 3).is_null());
        assert!(alloc(8, 0).is_null());
    }
}
