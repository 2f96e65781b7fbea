//! Several messages in one region: the host keeps the books, this module asks it.

use core::fmt;

use super::{AccessError, join, open_mut};
use crate::error::EncodeError;
use crate::message::Karmem;
use crate::shared::Shared;
use crate::writer::FixedWriter;

/// A region in which this module builds messages and frees them in any order.
///
/// What is free and what is not is known to the host, out of reach of all modules. Only the module
/// that may write the region may do this. A module that never uses this type imports nothing for it.
///
/// ```
/// use karmem_core::guest::{Heap, HeapError};
/// use karmem_core::{Karmem, Shared};
///
/// fn replace<T: Karmem>(old: Shared<T>, new: &T) -> Result<Shared<T>, HeapError> {
///     let heap = Heap::new(old.handle());
///     let put = heap.put(new)?;
///     heap.free(old)?;
///     Ok(put)
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heap {
    handle: u32,
}

/// Why a message cannot be put into a region, or not be freed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum HeapError {
    /// This is no wasm module, so there is no host to ask.
    NotWasm,
    /// The region has no room for so many bytes, or this module may not write it.
    NoRoom {
        /// The handle of the region.
        handle: u32,
        /// The bytes that the message needs.
        len: u32,
    },
    /// Nothing that was put there, or this module may not write the region.
    NotThere {
        /// The handle of the region.
        handle: u32,
        /// The offset.
        offset: u32,
    },
    /// The message cannot be written.
    Encode(EncodeError),
    /// The region cannot be opened.
    Access(AccessError),
}

impl fmt::Display for HeapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeapError::NotWasm => f.write_str("only wasm modules have regions, and this is none"),
            HeapError::NoRoom { handle, len } => write!(
                f,
                "region {handle} has no room for {len} bytes, or this module may not write it"
            ),
            HeapError::NotThere { handle, offset } => write!(
                f,
                "nothing was put to offset {offset} of region {handle}, or this module may not write it"
            ),
            HeapError::Encode(error) => error.fmt(f),
            HeapError::Access(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for HeapError {}

impl From<EncodeError> for HeapError {
    fn from(error: EncodeError) -> Self {
        HeapError::Encode(error)
    }
}

impl From<AccessError> for HeapError {
    fn from(error: AccessError) -> Self {
        HeapError::Access(error)
    }
}

impl Heap {
    /// The heap in the region with this handle.
    #[must_use]
    pub const fn new(handle: u32) -> Self {
        Heap { handle }
    }

    /// The handle of the region.
    #[must_use]
    pub const fn handle(self) -> u32 {
        self.handle
    }

    /// Writes a message to where there is room.
    ///
    /// # Errors
    ///
    /// If there is no room, if the message cannot be written, or if the region is not attached for
    /// writing or is in use by this module. Nothing stays allocated then.
    pub fn put<T: Karmem>(self, value: &T) -> Result<Shared<T>, HeapError> {
        let len = value.encoded_len()?;
        let len = u32::try_from(len).map_err(|_| EncodeError::TooLong)?;
        let offset = imports::alloc(self.handle, len)?;
        let at = Shared::new(self.handle, offset);
        let written = self.write(value, offset, len);
        if written.is_err() {
            // The first error is the one to report.
            let _ = self.free(at);
        }
        written.map(|()| at)
    }

    fn write<T: Karmem>(self, value: &T, offset: u32, len: u32) -> Result<(), HeapError> {
        let mut region = open_mut(join(self.handle, offset))?;
        let end = (offset as usize).saturating_add(len as usize);
        let bytes = region.bytes_mut();
        let outside = AccessError::OutOfBounds {
            offset,
            len: bytes.len() as u32,
        };
        let bytes = bytes.get_mut(..end).ok_or(outside)?;
        match value.encode_in(&mut FixedWriter::starting_at(bytes, offset))? {
            root if root == offset => Ok(()),
            // An offset that is not aligned is none that the host gives.
            _ => Err(outside.into()),
        }
    }

    /// Gives the room of a message back.
    ///
    /// # Errors
    ///
    /// If there is no such message in this region.
    pub fn free<T>(self, message: Shared<T>) -> Result<(), HeapError> {
        let not_there = HeapError::NotThere {
            handle: message.handle(),
            offset: message.offset(),
        };
        if message.handle() != self.handle {
            return Err(not_there);
        }
        imports::free(self.handle, message.offset(), not_there)
    }
}

#[cfg(target_family = "wasm")]
mod imports {
    use super::HeapError;
    use crate::layout::ALLOCATION;

    #[link(wasm_import_module = "karmem:karmem/heap@1")]
    unsafe extern "C" {
        safe fn karmem_heap__alloc(handle: u32, size: u32, align: u32) -> i32;
        safe fn karmem_heap__free(handle: u32, offset: u32) -> i32;
    }

    pub(super) fn alloc(handle: u32, len: u32) -> Result<u32, HeapError> {
        // Offsets above 2 GiB are negative numbers too; only this one is none.
        match karmem_heap__alloc(handle, len, ALLOCATION) {
            -1 => Err(HeapError::NoRoom { handle, len }),
            offset => Ok(offset as u32),
        }
    }

    pub(super) fn free(handle: u32, offset: u32, not_there: HeapError) -> Result<(), HeapError> {
        match karmem_heap__free(handle, offset) {
            0 => Ok(()),
            _ => Err(not_there),
        }
    }
}

#[cfg(not(target_family = "wasm"))]
mod imports {
    use super::HeapError;

    pub(super) fn alloc(_: u32, _: u32) -> Result<u32, HeapError> {
        Err(HeapError::NotWasm)
    }

    pub(super) fn free(_: u32, _: u32, _: HeapError) -> Result<(), HeapError> {
        Err(HeapError::NotWasm)
    }
}
