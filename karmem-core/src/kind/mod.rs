//! The kinds of fields. Each is a type without values that implements [`Codec`] for its types.

mod list;
mod option;
mod scalar;
mod structs;
mod text;
mod transparent;
mod union;

#[cfg(feature = "alloc")]
mod map;

pub(crate) use list::encode_slice;
pub use list::{Array, List, ListBuilder};
#[cfg(feature = "alloc")]
pub use map::{Map, MapKey, MapMut, MapView};
pub use option::{Opt, OptionBuilder, Required};
pub use scalar::{Scalar, ScalarMut, ScalarValue};
pub use structs::{InlineStruct, Root, TableStruct};
pub use text::TextKind;
pub(crate) use text::encode_text;
pub use transparent::{Newtype, Transparent};
pub use union::{UnionBuilder, UnionKind, UnionShape, levels_of_variant};

use crate::error::EncodeError;
use crate::layout::{ALLOCATION, At, align_up};
use crate::rule::LayoutRule;
use crate::wire::{Codec, Wire};
use crate::writer::{Sink, length};

/// `false`, for what has no presence byte, once it is known that its elements can have theirs: types are
/// refused when a struct is laid out, and not when its values are read.
pub(crate) const fn no_flag<T: Wire<L>, L: LayoutRule>() -> bool {
    let _ = <T::Codec as Codec<T, L>>::FLAG;
    false
}

/// The distance of tables of `size` bytes that lie side by side.
#[inline(always)]
pub(crate) fn stride(size: u32) -> Result<u32, EncodeError> {
    align_up(size, ALLOCATION).ok_or(EncodeError::TooLong)
}

/// The bytes of `count` tables side by side, without padding after the last.
#[inline(always)]
pub(crate) fn block(count: usize, stride: u32, size: u32) -> Result<u32, EncodeError> {
    let Some(before) = count.checked_sub(1) else {
        return Ok(0);
    };
    let bytes = (before as u64)
        .checked_mul(u64::from(stride))
        .map(|n| n + u64::from(size));
    match bytes.map(usize::try_from) {
        Some(Ok(bytes)) => length(bytes),
        _ => Err(EncodeError::TooLong),
    }
}

/// Writes what lies a level deeper.
#[inline(always)]
pub(crate) fn below<S: Sink, V>(
    sink: &mut S,
    write: impl FnOnce(&mut S) -> Result<V, EncodeError>,
) -> Result<V, EncodeError> {
    sink.enter()?;
    let written = write(sink);
    sink.leave();
    written
}

/// A place for a value that is written as a whole.
#[derive(Debug)]
pub struct ValueBuilder<'w, S, T, L> {
    sink: &'w mut S,
    at: At,
    value: core::marker::PhantomData<fn() -> (T, L)>,
}

impl<'w, S: Sink, T: Wire<L>, L: LayoutRule> ValueBuilder<'w, S, T, L> {
    #[inline(always)]
    pub(crate) fn new(sink: &'w mut S, at: At) -> Self {
        ValueBuilder {
            sink,
            at,
            value: core::marker::PhantomData,
        }
    }

    /// Writes the value.
    ///
    /// # Errors
    ///
    /// If the sink is full or a limit is passed.
    #[inline(always)]
    pub fn set(self, value: &T) -> Result<(), EncodeError> {
        crate::struct_builder::set::<T, L, S>(self.sink, self.at, value)
    }
}
