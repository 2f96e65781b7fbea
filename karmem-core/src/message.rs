//! A struct as a message of its own.

use core::cell::Cell;

use crate::error::{Bad, Cause, EncodeError, Limits, VerifyError};
use crate::held::is_large;
use crate::kind::Root;
use crate::schema::{Struct, Type};
use crate::shape::{Record, Shape, write_body};
use crate::struct_builder::StructBuilder;
use crate::verify::{Verifier, bad};
use crate::wire::Field;
#[cfg(feature = "alloc")]
use crate::writer::Growing;
use crate::writer::{Counter, FixedWriter, Sink};

/// A struct that can be a message: implemented by `#[derive(Karmem)]`.
///
/// The *base* of a message is the first byte of the slice that is given; the root lies there,
/// unless a method takes its offset.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no karmem message",
    note = "put `#[derive(karmem::Karmem)]` on the struct"
)]
pub trait Karmem: Record + Field<Kind: Root<Self>> {
    /// Size, alignment, and the name, offset and size of each field.
    const LAYOUT: &'static Struct = <Self as Shape>::SCHEMA;
    /// The type, for schemas.
    const TYPE: Type = Type::Struct(<Self as Shape>::NAMED);

    /// The length of the message in bytes.
    ///
    /// # Errors
    ///
    /// As [`Self::encode_in`], but for a full sink.
    fn encoded_len(&self) -> Result<usize, EncodeError> {
        let mut counter = Counter::new();
        self.encode_in(&mut counter)?;
        Ok(counter.end)
    }

    /// Writes the message to a new `Vec`.
    ///
    /// # Errors
    ///
    /// If a field has more elements than its `max`, the message is longer than 4 GiB − 1, or references
    /// nest deeper than [`Limits::DEPTH`], which readers refuse unless they are told otherwise.
    #[cfg(feature = "alloc")]
    fn encode(&self) -> Result<alloc::vec::Vec<u8>, EncodeError> {
        let mut bytes = alloc::vec::Vec::with_capacity(self.encoded_len()?);
        self.encode_in(&mut Growing::new(&mut bytes))?;
        Ok(bytes)
    }

    /// Replaces the content of `bytes` by the message, reusing the allocation.
    ///
    /// # Errors
    ///
    /// As [`Self::encode`].
    #[cfg(feature = "alloc")]
    #[inline]
    fn encode_into(&self, bytes: &mut alloc::vec::Vec<u8>) -> Result<(), EncodeError> {
        bytes.clear();
        self.encode_in(&mut Growing::new(bytes)).map(drop)
    }

    /// Writes the message to the start of `buffer` and gives its length.
    ///
    /// # Errors
    ///
    /// As [`Self::encode`], and if the buffer is too short; its content is then unspecified.
    #[inline]
    fn encode_to(&self, buffer: &mut [u8]) -> Result<usize, EncodeError> {
        let mut writer = FixedWriter::new(buffer);
        self.encode_in(&mut writer)?;
        Ok(writer.len())
    }

    /// Writes the message to a sink, after what it already holds, and gives the offset of the root.
    ///
    /// Sinks may take any depth of references, as a `Vec` does: for messages whose readers set [`Limits::depth`].
    ///
    /// # Errors
    ///
    /// If the sink is full, a field has more elements than its `max`, offsets pass 4 GiB − 1, or references
    /// nest deeper than the sink takes.
    #[inline]
    fn encode_in<S: Sink>(&self, sink: &mut S) -> Result<u32, EncodeError> {
        let offset = sink.alloc(<Self::Body as crate::raw::Raw>::SIZE)?;
        write_body(self, offset, sink)?;
        Ok(offset)
    }

    /// Checks a message and makes the object.
    ///
    /// # Errors
    ///
    /// What is wrong with the message, where, and on which path.
    fn decode(bytes: &[u8]) -> Result<Self, VerifyError> {
        Self::decode_at(bytes, 0, &Limits::default())
    }

    /// As [`Self::decode`], with the root's offset and limits.
    ///
    /// # Errors
    ///
    /// As [`Self::decode`].
    fn decode_at(bytes: &[u8], root: u32, limits: &Limits) -> Result<Self, VerifyError> {
        if const { is_large::<Self>() } {
            let held = visit::<Self, _>(bytes, root, limits, |cx, body| {
                Self::hold_body(cx, body, root)
            });
            return match held {
                Ok(held) => Ok(held.take()),
                Err(error) => Err(error),
            };
        }
        visit::<Self, _>(bytes, root, limits, |cx, body| {
            Self::load_body(cx, body, root)
        })
    }

    /// Checks a message and stores it in `self`, reusing what that has allocated.
    ///
    /// # Errors
    ///
    /// As [`Self::decode`]; `self` is then partly overwritten.
    fn decode_into(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        visit::<Self, _>(bytes, 0, &Limits::default(), |cx, body| {
            self.update_body(cx, body, 0)
        })
    }

    /// Checks a message and reads it in place: the normal way for bytes from elsewhere.
    ///
    /// # Errors
    ///
    /// What is wrong with the message, where, and on which path.
    #[inline]
    fn view(bytes: &[u8]) -> Result<Self::View<'_>, VerifyError> {
        Self::view_at(bytes, 0, &Limits::default())
    }

    /// As [`Self::view`], with the root's offset and limits.
    ///
    /// # Errors
    ///
    /// As [`Self::view`].
    #[inline]
    fn view_at<'m>(
        bytes: &'m [u8],
        root: u32,
        limits: &Limits,
    ) -> Result<Self::View<'m>, VerifyError> {
        Self::verify_at(bytes, root, limits)?;
        Ok(Self::view_unverified_at(bytes, root))
    }

    /// Checks a message.
    ///
    /// # Errors
    ///
    /// As [`Self::view`].
    #[inline]
    fn verify_at(bytes: &[u8], root: u32, limits: &Limits) -> Result<(), VerifyError> {
        within(bytes, Self::SCHEMA.name.km, limits, |cx| {
            <Self::Kind as Root<Self>>::check(cx, bytes, root)
        })
    }

    /// Reads a message in place without checking it first, for bytes whose writer is trusted.
    ///
    /// Takes no time, and is memory-safe on any bytes: a bad slice reads as empty, a bad table as
    /// absent, a bad enumerator as the one of value 0. Whoever walks such a message has to end by
    /// himself, as its references may lead in a circle; `Debug` and `to_owned` do.
    #[inline]
    fn view_unverified(bytes: &[u8]) -> Self::View<'_> {
        Self::view_unverified_at(bytes, 0)
    }

    /// As [`Self::view_unverified`], with the root's offset.
    #[inline]
    fn view_unverified_at(bytes: &[u8], root: u32) -> Self::View<'_> {
        <Self::Kind as Root<Self>>::view(bytes, root)
    }

    /// Checks a message and gives access to change fixed fields and elements in place.
    ///
    /// # Errors
    ///
    /// As [`Self::view`].
    #[inline]
    fn view_mut(bytes: &mut [u8]) -> Result<Self::ViewMut<'_>, VerifyError> {
        Self::view_mut_at(bytes, 0, &Limits::default())
    }

    /// As [`Self::view_mut`], with the root's offset and limits.
    ///
    /// # Errors
    ///
    /// As [`Self::view`].
    #[inline]
    fn view_mut_at<'m>(
        bytes: &'m mut [u8],
        root: u32,
        limits: &Limits,
    ) -> Result<Self::ViewMut<'m>, VerifyError> {
        Self::verify_at(bytes, root, limits)?;
        match Self::view_mut_unverified_at(bytes, root) {
            Some(view) => Ok(view),
            None => Err(VerifyError::new(
                Self::SCHEMA.name.km,
                crate::error::Path::default(),
                bad(root, Cause::Truncated),
            )),
        }
    }

    /// As [`Self::view_mut`], for bytes whose writer is trusted; `None` if there is no root.
    #[inline]
    fn view_mut_unverified(bytes: &mut [u8]) -> Option<Self::ViewMut<'_>> {
        Self::view_mut_unverified_at(bytes, 0)
    }

    /// As [`Self::view_mut_unverified`], with the root's offset.
    #[inline]
    fn view_mut_unverified_at(bytes: &mut [u8], root: u32) -> Option<Self::ViewMut<'_>> {
        let cells = Cell::from_mut(bytes).as_slice_of_cells();
        <Self::Kind as Root<Self>>::view_mut(cells, root)
    }

    /// Begins to write a message straight into a sink, without an object. Fields that are not set
    /// are zero, empty or absent.
    ///
    /// # Errors
    ///
    /// If the sink is full.
    #[inline]
    fn build<S: Sink>(sink: &mut S) -> Result<Self::Builder<'_, S>, EncodeError> {
        Ok(Self::builder(StructBuilder::alloc(sink)?))
    }
}

impl<T: Record + Field<Kind: Root<T>>> Karmem for T {}

/// Gives the bytes of the root to `f`, and makes the error complete.
#[inline(always)]
fn visit<T: Karmem, V>(
    bytes: &[u8],
    root: u32,
    limits: &Limits,
    f: impl FnOnce(&mut Verifier<'_>, &T::Body) -> Result<V, Bad>,
) -> Result<V, VerifyError> {
    within(bytes, T::SCHEMA.name.km, limits, |cx| {
        <T::Kind as Root<T>>::visit(cx, bytes, root, f)
    })
}

/// Checks a message by `f`, and makes the error complete.
#[inline(always)]
fn within<'m, V>(
    bytes: &'m [u8],
    name: &'static str,
    limits: &Limits,
    f: impl FnOnce(&mut Verifier<'m>) -> Result<V, Bad>,
) -> Result<V, VerifyError> {
    let mut cx = Verifier::new(bytes, limits);
    let visited = if u32::try_from(bytes.len()).is_ok() {
        f(&mut cx)
    } else {
        Err(bad(0, Cause::TooLong))
    };
    visited.map_err(|bad| VerifyError::new(name, cx.into_path(), bad))
}
