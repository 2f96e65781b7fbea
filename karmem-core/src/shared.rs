//! Where a message lies, as a value that modules hand to each other.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

/// A message of type `T` that lies in a region: the region's handle and the offset of the root.
///
/// Handles mean the same in all modules of a system, so it can be kept, passed on and compared
/// anywhere. It says where to look and nothing about what is there: who opens it finds out.
///
/// ```
/// # use karmem_core::Shared;
/// # struct World;
/// let world = Shared::<World>::new(3, 64);
/// assert_eq!((world.handle(), world.offset()), (3, 64));
/// assert_eq!(Shared::from_i64(world.to_i64()), world);
/// ```
pub struct Shared<T> {
    handle: u32,
    offset: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Shared<T> {
    /// The message whose root is at byte `offset` of the region with this handle.
    #[must_use]
    pub const fn new(handle: u32, offset: u32) -> Self {
        Shared {
            handle,
            offset,
            of: PhantomData,
        }
    }

    /// The handle of the region.
    #[must_use]
    pub const fn handle(self) -> u32 {
        self.handle
    }

    /// The offset of the root, in bytes from the start of the region.
    #[must_use]
    pub const fn offset(self) -> u32 {
        self.offset
    }

    /// As it travels: the handle in the high half, the offset in the low half.
    #[must_use]
    pub const fn to_i64(self) -> i64 {
        ((self.handle as u64) << 32 | self.offset as u64) as i64
    }

    /// From what travelled.
    #[must_use]
    pub const fn from_i64(message: i64) -> Self {
        Shared::new((message as u64 >> 32) as u32, message as u32)
    }
}

#[cfg(feature = "alloc")]
impl<T: crate::Karmem> Shared<T> {
    /// In a guest: opens the message for reading.
    ///
    /// # Errors
    ///
    /// As [`guest::open`](crate::guest::open).
    pub fn open(self) -> Result<crate::guest::Opened<T>, crate::guest::AccessError> {
        crate::guest::Opened::new(self)
    }

    /// In a guest: opens the message for changing it in place.
    ///
    /// # Errors
    ///
    /// As [`guest::open_mut`](crate::guest::open_mut).
    pub fn open_mut(self) -> Result<crate::guest::OpenedMut<T>, crate::guest::AccessError> {
        crate::guest::OpenedMut::new(self)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<T> {}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.to_i64() == other.to_i64()
    }
}

impl<T> Eq for Shared<T> {}

impl<T> Hash for Shared<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.to_i64().hash(state);
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("handle", &self.handle)
            .field("offset", &self.offset)
            .finish()
    }
}
