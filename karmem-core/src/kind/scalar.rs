//! Numbers, `bool`, `char` and field-less enums.

use core::cell::Cell;
use core::fmt;

use zerocopy::IntoBytes;

use super::ValueBuilder;
use crate::error::{Bad, Cause, EncodeError};
use crate::interface::Number;
use crate::layout::At;
use crate::raw::{Flagged, Raw};
use crate::rule::{Align, Alignment, LayoutRule};
use crate::schema::{self, Type};
use crate::verify::{Verifier, bad};
use crate::wire::{Codec, Field, Slot, SlotMut, Wire};
use crate::writer::Sink;

/// The kind of numbers, `bool`, `char` and field-less enums.
#[derive(Debug)]
pub enum Scalar {}

/// A value that lies in place and is read as itself.
pub trait ScalarValue: Sized + 'static {
    /// Its bytes.
    type Bytes: Raw;
    /// Its natural alignment.
    type Align: Alignment;
    /// The wasm number that carries it as a parameter or result.
    type Abi: Number;
    /// What schemas say of it.
    const TYPE: Type;
    /// What is wrong with bytes that are no value; `None` if all are.
    const CAUSE: Option<Cause> = None;
    /// Whether the bytes are a value.
    #[inline(always)]
    fn is_valid(_bytes: Self::Bytes) -> bool {
        true
    }
    /// The value; for bytes that are none, the one whose bytes are zero.
    fn from_wire(bytes: Self::Bytes) -> Self;
    /// The bytes.
    fn to_wire(&self) -> Self::Bytes;
    /// Prints it for people who debug, as a derived `Debug` would.
    ///
    /// # Errors
    ///
    /// If the formatter fails.
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    /// The bytes of several, if they lie in Rust as on the wire.
    #[inline(always)]
    fn as_wire(_values: &[Self]) -> Option<&[u8]> {
        None
    }
}

macro_rules! numbers {
    ($($ty:ident $name:ident $size:literal $abi:ident)*) => {$(
        impl Field for $ty {
            type Kind = Scalar;
        }

        impl ScalarValue for $ty {
            type Bytes = [u8; $size];
            type Align = Align<$size>;
            type Abi = $abi;
            const TYPE: Type = Type::Scalar(schema::Scalar::$name);

            #[inline(always)]
            fn from_wire(bytes: [u8; $size]) -> Self {
                <$ty>::from_le_bytes(bytes)
            }

            #[inline(always)]
            fn to_wire(&self) -> [u8; $size] {
                self.to_le_bytes()
            }

            fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }

            #[inline(always)]
            fn as_wire(values: &[Self]) -> Option<&[u8]> {
                cfg!(target_endian = "little").then(|| values.as_bytes())
            }
        }
    )*};
}
numbers!(
    u8 U8 1 i32 i8 I8 1 i32 u16 U16 2 i32 i16 I16 2 i32 u32 U32 4 i32 i32 I32 4 i32
    u64 U64 8 i64 i64 I64 8 i64 f32 F32 4 f32 f64 F64 8 f64
);

impl Field for bool {
    type Kind = Scalar;
}

impl ScalarValue for bool {
    type Bytes = [u8; 1];
    type Align = Align<1>;
    type Abi = i32;
    const TYPE: Type = Type::Scalar(schema::Scalar::Bool);
    const CAUSE: Option<Cause> = Some(Cause::Bool);

    #[inline(always)]
    fn is_valid([byte]: [u8; 1]) -> bool {
        byte <= 1
    }

    #[inline(always)]
    fn from_wire([byte]: [u8; 1]) -> Self {
        byte != 0
    }

    #[inline(always)]
    fn to_wire(&self) -> [u8; 1] {
        [u8::from(*self)]
    }

    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    #[inline(always)]
    fn as_wire(values: &[Self]) -> Option<&[u8]> {
        Some(values.as_bytes())
    }
}

impl Field for char {
    type Kind = Scalar;
}

impl ScalarValue for char {
    type Bytes = [u8; 4];
    type Align = Align<4>;
    type Abi = i32;
    const TYPE: Type = Type::Scalar(schema::Scalar::Char);
    const CAUSE: Option<Cause> = Some(Cause::Char);

    #[inline(always)]
    fn is_valid(bytes: [u8; 4]) -> bool {
        char::from_u32(u32::from_le_bytes(bytes)).is_some()
    }

    #[inline(always)]
    fn from_wire(bytes: [u8; 4]) -> Self {
        char::from_u32(u32::from_le_bytes(bytes)).unwrap_or_default()
    }

    #[inline(always)]
    fn to_wire(&self) -> [u8; 4] {
        u32::from(*self).to_le_bytes()
    }

    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A scalar that can be changed in place.
pub struct ScalarMut<'m, T: ScalarValue> {
    raw: &'m Cell<T::Bytes>,
}

impl<T: ScalarValue> Clone for ScalarMut<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ScalarValue> Copy for ScalarMut<'_, T> {}

impl<T: ScalarValue> fmt::Debug for ScalarMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().debug(f)
    }
}

impl<T: ScalarValue> ScalarMut<'_, T> {
    /// Reads it.
    #[inline(always)]
    #[must_use]
    pub fn get(self) -> T {
        T::from_wire(self.raw.get())
    }

    /// Changes it.
    #[inline(always)]
    pub fn set(self, value: T) {
        self.raw.set(value.to_wire());
    }
}

impl<T: ScalarValue + Field<Kind = Scalar>, L: LayoutRule> Codec<T, L> for Scalar {
    type Raw = T::Bytes;
    type Item = T::Bytes;
    type OptionItem = Flagged<<Self::Align as Alignment>::Flag, T::Bytes>;
    type Align = L::Align<T::Align>;
    const TYPE: Type = T::TYPE;
    const ANY: bool = T::CAUSE.is_none();
    const FIXED: bool = true;

    type View<'m> = T;
    #[inline(always)]
    fn view<'m>(_: &'m [u8], slot: Slot<'m, T::Bytes>) -> T {
        T::from_wire(*slot.raw)
    }
    #[inline(always)]
    fn slot_of_item(item: &T::Bytes) -> Slot<'_, T::Bytes> {
        Slot { flag: 0, raw: item }
    }
    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        view.debug(f)
    }

    type ViewMut<'m> = ScalarMut<'m, T>;
    #[inline(always)]
    fn view_mut<'m>(_: &'m [Cell<u8>], slot: SlotMut<'m, T::Bytes>) -> ScalarMut<'m, T> {
        ScalarMut { raw: slot.raw }
    }
    #[inline(always)]
    fn slot_of_item_mut(item: &Cell<T::Bytes>) -> SlotMut<'_, T::Bytes> {
        super::list::plain_slot(item)
    }

    #[inline(always)]
    fn verify(_: &mut Verifier<'_>, _: u8, raw: &T::Bytes, at: u32) -> Result<(), Bad> {
        match T::CAUSE {
            Some(cause) if !T::is_valid(*raw) => Err(bad(at, cause)),
            _ => Ok(()),
        }
    }
    #[inline(always)]
    fn load(cx: &mut Verifier<'_>, flag: u8, raw: &T::Bytes, at: u32) -> Result<T, Bad> {
        <T as Wire<L>>::verify(cx, flag, raw, at)?;
        Ok(T::from_wire(*raw))
    }

    #[inline(always)]
    fn encode<S: Sink>(value: &T, _: &mut S) -> Result<(u8, T::Bytes), EncodeError> {
        Ok((0, value.to_wire()))
    }
    #[inline(always)]
    fn item(_: u8, raw: T::Bytes) -> T::Bytes {
        raw
    }
    #[inline(always)]
    fn as_wire(values: &[T]) -> Option<&[u8]> {
        T::as_wire(values)
    }

    type Builder<'w, S: Sink + 'w> = ValueBuilder<'w, S, T, L>;
    #[inline(always)]
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError> {
        Ok(ValueBuilder::new(sink, at))
    }
}
