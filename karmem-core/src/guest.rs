//! What a module offers to its host: memory for messages, and the regions that are attached to it.
//!
//! [`guest!`](crate::guest!) exports the functions of the ABI (`karmem_alloc`, `karmem_free`,
//! `karmem_attach`, `karmem_detach`, for what comes after a trap `karmem_reset`, and for the text of a panic
//! `karmem_init` and `karmem_panic`). The host then writes a message into a block of the module's
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
//!
//! # Guests without `unsafe`
//!
//! `guest!()` may stand in a crate with `#![forbid(unsafe_code)]`, and so may everything that views
//! and changes messages. What does need a word is a function of your own that the host calls by
//! name: `#[unsafe(no_mangle)]` promises that no other symbol has that name. Such a crate
//! says `#![deny(unsafe_code)]` instead, and allows it where it exports:
//!
//! ```
//! #![deny(unsafe_code)]
//! use karmem_core::guest;
//!
//! guest!();
//!
//! #[allow(unsafe_code, reason = "no other symbol has this name")]
//! #[unsafe(no_mangle)]
//! extern "C" fn physics_len(world: i64) -> u32 {
//!     guest::open(world).map_or(0, |world| world.len() as u32)
//! }
//! # fn main() {}
//! ```
//!
//! # What ends with the call
//!
//! A [`Message`] and a [`MessageMut`] are for the call that opened them: drop them before it
//! returns, as ordinary code does. Between calls the host and other modules change the bytes. A guard
//! that is kept all the same (in a static, or leaked) keeps its block from being freed, and refuses
//! to share it with others, until the host resets the module after a trap; from then on it has no bytes.
//!
//! # After a trap
//!
//! A call that ends in a trap, at its deadline, or because the host dropped its future runs no destructors: what it
//! had open stays open, and the values that it had borrowed stay borrowed. The host, which knows that the call is
//! gone, calls `karmem_reset` ([`reset`]) and attaches all regions anew. Under a host that does not, the regions and
//! values that were in use stay so, and calls that need them are refused.
#![allow(
    unsafe_code,
    reason = "memory that the host hands over by address, argued below"
)]

mod call;
mod generation;
mod heap;
mod instance;
mod panics;
mod regions;

pub use call::{CallError, Inbox, Outbox, call, serve};
pub use heap::{Heap, HeapError};
pub use instance::Instance;
pub use panics::{init, note_panic, take_panic};

use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

use crate::error::{Limits, VerifyError};
use crate::message::Karmem;
use crate::shared::Shared;
use regions::{REGIONS, Taken};

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
    /// A call of this module was cut off while it looked a region up, and the host has not reset the module since.
    NotReset,
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
            AccessError::NotReset => f.write_str(
                "a call of this module was cut off and the host did not call `karmem_reset` after it",
            ),
        }
    }
}

impl core::error::Error for AccessError {}

/// What `karmem_attach` says of a region.
pub mod flags {
    /// This module may write it.
    pub const WRITABLE: u32 = 1;
    /// The bytes may change while this module waits for a call that it made: whoever may write the region, the host
    /// included, can be reached through its imports. So it must not be open across a call of an import.
    pub const VOLATILE: u32 = 2;
    /// This is where this module writes the messages that it sends.
    pub const OUTBOX: u32 = 4;
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
        let (base, len) = self.taken.bytes();
        // SAFETY: `attach` was told by the host that these bytes are a block that is not freed while it
        // is taken, and that all of them have a value: zeros of `alloc`, or those of the region that
        // covers the block. While a reader has it, no writer of this module has. The host and other modules
        // write only while this module is not running, which is between its calls or while it waits for one;
        // and what may change while it waits is not open then: `call` refuses that, and the host changes nothing
        // of which it has not said so before (the volatile rule).
        unsafe { core::slice::from_raw_parts(base, len) }
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
        let (base, len) = self.taken.bytes();
        // SAFETY: as for `Message`; while this exists, nobody else in this module has the region.
        unsafe { core::slice::from_raw_parts_mut(base, len) }
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

/// A message of type `T` that is open for reading: see [`Shared::open`].
#[derive(Debug)]
pub struct Opened<T> {
    message: Message,
    of: PhantomData<fn() -> T>,
}

impl<T: Karmem> Opened<T> {
    pub(crate) fn new(at: Shared<T>) -> Result<Self, AccessError> {
        Ok(Opened {
            message: open(at.to_i64())?,
            of: PhantomData,
        })
    }

    /// Checks the message and reads it in place.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn view(&self) -> Result<T::View<'_>, VerifyError> {
        self.message.view::<T>()
    }

    /// Reads it in place without a check, for a writer who is trusted.
    #[must_use]
    pub fn view_unverified(&self) -> T::View<'_> {
        self.message.view_unverified::<T>()
    }
}

/// A message of type `T` that is open for changing: see [`Shared::open_mut`].
#[derive(Debug)]
pub struct OpenedMut<T> {
    message: MessageMut,
    of: PhantomData<fn() -> T>,
}

impl<T: Karmem> OpenedMut<T> {
    pub(crate) fn new(at: Shared<T>) -> Result<Self, AccessError> {
        Ok(OpenedMut {
            message: open_mut(at.to_i64())?,
            of: PhantomData,
        })
    }

    /// Checks the message and gives access to change it in place.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn view_mut(&mut self) -> Result<T::ViewMut<'_>, VerifyError> {
        self.message.view_mut::<T>()
    }

    /// Gives access to change it in place without a check, for a writer who is trusted.
    ///
    /// # Errors
    ///
    /// If there is no root.
    pub fn view_mut_unverified(&mut self) -> Result<T::ViewMut<'_>, VerifyError> {
        let root = self.message.root();
        self.message
            .view_mut_unverified::<T>()
            .ok_or_else(|| VerifyError::truncated(T::SCHEMA.name.km, root))
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

/// A page of wasm: what blocks are aligned to that pages are mapped over.
const PAGE: u32 = 64 << 10;

/// `karmem_alloc`: a block of this module's memory, or null. It is zeroed, unless it is aligned to whole
/// pages of wasm: such a block is for a region, which covers all of it.
#[must_use]
pub fn alloc(size: u32, align: u32) -> *mut u8 {
    match Layout::from_size_align(size as usize, align as usize) {
        // Pages are mapped over it, or bytes are copied over all of it, before anybody reads there; zeros
        // would cost as much as the copy that the mapping saves.
        // SAFETY: the layout's size is not zero.
        Ok(layout) if size > 0 && align >= PAGE => unsafe { alloc::alloc::alloc(layout) },
        // SAFETY: as above.
        Ok(layout) if size > 0 => unsafe { alloc::alloc::alloc_zeroed(layout) },
        _ => core::ptr::null_mut(),
    }
}

/// `karmem_free`: gives a block back. A block that this module is using stays.
///
/// # Safety
///
/// The block came from [`alloc()`] with the same size and alignment and was not freed.
pub unsafe fn free(block: *mut u8, size: u32, align: u32) {
    let Ok(layout) = Layout::from_size_align(size as usize, align as usize) else {
        return;
    };
    if block.is_null() || size == 0 {
        return;
    }
    if REGIONS.clear(block, size) {
        // SAFETY: the caller vouches for the block; nothing of this module refers to it.
        unsafe { alloc::alloc::dealloc(block, layout) };
    }
}

/// `karmem_attach`: from now on, messages of this handle lie in these bytes. `flags` are those of [`mod@flags`].
///
/// A handle that has these bytes already keeps them, and who is using them: only its flags change. A handle that has
/// others loses them, and so do other handles whose bytes overlap with these, unless they are in use. A new outbox is
/// empty.
///
/// If overlapping bytes are in use, or there is no memory to note that down, the handle stays unattached.
///
/// # Safety
///
/// The bytes are a block of [`alloc()`], or a part of one, until [`detach`]; where several modules have one
/// memory, it may be the block of another one. All of them have a value, which [`alloc()`] sees to for blocks
/// that are not aligned to whole pages, and the host for those, by the region that it puts there. The bytes
/// do not change while this module runs but through [`open_mut`]. While this module waits for a call that it made they
/// change only if the flags had [`VOLATILE`](flags::VOLATILE) before that call was made.
pub unsafe fn attach(handle: u32, base: *mut u8, len: u32, flags: u32) {
    // Unattached handles are refused on use, which says more than a trap here would.
    let _ = REGIONS.attach(handle, base, len, flags);
}

/// `karmem_detach`: messages of this handle are refused from now on.
pub fn detach(handle: u32) {
    // A list that is locked for good is forgotten by the reset that it waits for.
    let _ = REGIONS.detach(handle);
}

/// `karmem_reset`: what calls were doing that did not come to their end is over. No region is attached
/// any more, none is in use, the outbox is empty, and a value of an [`Instance`] that such a call held is made anew.
///
/// A reset that is itself cut off may be called again; until one has returned, what the calls had is refused or
/// already free, and never both.
///
/// # Safety
///
/// No call into this module is running, in any thread: each has returned, or was ended and never goes on.
pub unsafe fn reset() {
    generation::begin();
    // The lock is free in a new generation.
    let _ = REGIONS.forget();
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
            unsafe extern "C" fn karmem_attach(handle: u32, base: *mut u8, len: u32, flags: u32) {
                // SAFETY: the ABI asks this of the host.
                unsafe { $crate::guest::attach(handle, base, len, flags) }
            }

            #[unsafe(no_mangle)]
            extern "C" fn karmem_detach(handle: u32) {
                $crate::guest::detach(handle)
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn karmem_reset() {
                // SAFETY: the ABI asks this of the host.
                unsafe { $crate::guest::reset() }
            }

            #[unsafe(no_mangle)]
            extern "C" fn karmem_init() {
                $crate::guest::init()
            }

            #[unsafe(no_mangle)]
            extern "C" fn karmem_panic() -> i64 {
                $crate::guest::take_panic()
            }
        };
    };
}

#[cfg(test)]
mod tests;
