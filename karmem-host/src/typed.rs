//! Messages by their Rust types: a thin layer over the bytes of a block.

use std::ops::Range;

use karmem_core::{EncodeError, FixedWriter, Karmem};

use crate::error::{Error, Result};
use crate::instance::Instance;
use crate::message::{Block, Blocks, Message};
use crate::module::Module;
use crate::prepared::Builder;

/// What a [`Place`] is one of.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub enum At {
    Block(Block),
    Message(Message),
}

mod sealed {
    pub trait Sealed {
        fn at(self) -> super::At;
    }
}

/// Where a message is: a [`Block`], whose first byte its root is then, a [`Message`], or the `i64`
/// that a guest returned.
pub trait Place: sealed::Sealed {}

macro_rules! places {
    ($($t:ty: $pattern:pat => $at:expr;)*) => {$(
        impl Place for $t {}
        impl sealed::Sealed for $t {
            #[inline]
            fn at(self) -> At {
                let $pattern = self;
                $at
            }
        }
    )*};
}

places! {
    &Block: block => At::Block(*block);
    Message: message => At::Message(message);
    i64: raw => At::Message(Message::from_i64(raw));
}

impl Blocks {
    /// The bytes around a message as a range of the memory, and the message.
    #[inline]
    pub(crate) fn locate(&self, at: impl Place) -> Result<(Range<usize>, Message)> {
        match at.at() {
            At::Block(block) => Ok((self.range(&block)?, Message::new(block.handle(), 0))),
            At::Message(message) => Ok((self.range(&self.resolve(message)?)?, message)),
        }
    }
}

impl Module {
    /// Compares a type of the host, and all that it reaches, with the guest's type of the same name.
    ///
    /// # Errors
    ///
    /// Those of [`check_types`](Module::check_types).
    pub fn check<T: Karmem>(&self) -> Result<()> {
        self.check_types(&[T::TYPE])
    }
}

impl Builder<'_> {
    /// Adds a type that the guest must have exactly as the host has it, with all that it reaches.
    pub fn expect<T: Karmem>(self) -> Self {
        self.expect_types(&[T::TYPE])
    }
}

impl Instance {
    /// Checks a message and reads it where it lies. Ask again after each call into the guest: the borrow
    /// checker sees to that.
    ///
    /// # Errors
    ///
    /// [`Error::Verify`] with path, offset and cause; [`Error::WildHandle`], [`Error::WildOffset`] or
    /// [`Error::BadBlock`] if there is no such place.
    #[inline]
    pub fn view<T: Karmem>(&self, at: impl Place) -> Result<T::View<'_>> {
        let (bytes, message) = self.place(at)?;
        Ok(T::view_at(
            bytes,
            message.offset(),
            &karmem_core::Limits::default(),
        )?)
    }

    /// Reads a message where it lies without checking it first, in no time, for guests whose data is
    /// trusted. It stays memory-safe on any bytes: what leads outside the block reads as empty.
    ///
    /// # Errors
    ///
    /// [`Error::WildHandle`], [`Error::WildOffset`] or [`Error::BadBlock`] if there is no such place.
    #[inline]
    pub fn view_unverified<T: Karmem>(&self, at: impl Place) -> Result<T::View<'_>> {
        let (bytes, message) = self.place(at)?;
        Ok(T::view_unverified_at(bytes, message.offset()))
    }

    /// Checks a message and gives access to change its fixed fields and elements where they lie.
    ///
    /// # Errors
    ///
    /// Those of [`view`](Instance::view).
    #[inline]
    pub fn view_mut<T: Karmem>(&mut self, at: impl Place) -> Result<T::ViewMut<'_>> {
        let (bytes, message) = self.place_mut(at)?;
        T::verify_at(bytes, message.offset(), &karmem_core::Limits::default())?;
        change::<T>(bytes, message)
    }

    /// As [`view_mut`](Instance::view_mut), without checking the message first.
    ///
    /// # Errors
    ///
    /// [`Error::WildHandle`], [`Error::WildOffset`] or [`Error::BadBlock`] if there is no such place.
    #[inline]
    pub fn view_mut_unverified<T: Karmem>(&mut self, at: impl Place) -> Result<T::ViewMut<'_>> {
        let (bytes, message) = self.place_mut(at)?;
        change::<T>(bytes, message)
    }

    /// Writes a value into a block as a message whose root is the block's first byte, and gives the
    /// length of the message. Its bytes count as copied: the value was somewhere else before. To write
    /// with no value in between, use [`build`](Instance::build).
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] if the block is too small, or a slice longer than its `max`; the block's
    /// content is unspecified then. [`Error::BadBlock`] if it was freed.
    pub fn write<T: Karmem>(&mut self, block: &Block, value: &T) -> Result<usize> {
        let length = value.encode_to(self.bytes_mut(block)?)?;
        self.stats.bytes_copied += length as u64;
        Ok(length)
    }

    /// Writes a message straight into a block: `f` gets a writer over it, to give to a type's `build`.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] with what `f` returned, such as that the block is full; the block's content is
    /// unspecified then. [`Error::BadBlock`] if it was freed.
    pub fn build<R>(
        &mut self,
        block: &Block,
        f: impl FnOnce(&mut FixedWriter<'_>) -> Result<R, EncodeError>,
    ) -> Result<R> {
        let mut writer = FixedWriter::new(self.bytes_mut(block)?);
        Ok(f(&mut writer)?)
    }

    /// The bytes around a message, and the message.
    #[inline]
    pub(crate) fn place(&self, at: impl Place) -> Result<(&[u8], Message)> {
        let (range, message) = self.blocks.locate(at)?;
        let memory = self
            .memory
            .map(|m| m.data(&self.store))
            .and_then(|m| m.get(range));
        Ok((memory.ok_or_else(|| gone(message.handle()))?, message))
    }

    /// The bytes around a message, to change them, and the message.
    #[inline]
    pub(crate) fn place_mut(&mut self, at: impl Place) -> Result<(&mut [u8], Message)> {
        let (range, message) = self.blocks.locate(at)?;
        let memory = self
            .memory
            .map(|m| m.data_mut(&mut self.store))
            .and_then(|m| m.get_mut(range));
        Ok((memory.ok_or_else(|| gone(message.handle()))?, message))
    }
}

#[inline]
fn change<T: Karmem>(bytes: &mut [u8], message: Message) -> Result<T::ViewMut<'_>> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    T::view_mut_unverified_at(bytes, message.offset()).ok_or(Error::WildOffset { message, length })
}

/// Memory never shrinks, so this does not happen; it is still not a panic.
#[cold]
fn gone(handle: u32) -> Error {
    Error::BadBlock {
        handle,
        why: "lies outside the guest's memory",
    }
}
