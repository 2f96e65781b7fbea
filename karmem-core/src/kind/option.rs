//! `Option<T>`.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

use zerocopy::IntoBytes;

use crate::cast;
use crate::error::{Bad, Cause, EncodeError};
use crate::held::{Held, LARGE, is_large, load_and_hold, load_over, put_whole};
use crate::layout::At;
use crate::raw::{self, Raw};
use crate::rule::{Alignment, LayoutRule};
use crate::schema::Type;
use crate::verify::{Verifier, bad};
use crate::wire::{Codec, Field, Slot, SlotMut, Wire};
use crate::writer::Sink;

/// The kind of `Option<T>`: a presence byte before the value, or a null reference.
#[derive(Debug)]
pub enum Opt {}

/// A kind of which there is an `Option`: every one but `Option` itself. Of `Box` and newtypes there is where
/// they do not hold one, see [`Codec::OPTIONAL`].
#[diagnostic::on_unimplemented(
    message = "an `Option` of an `Option` has no wire form",
    note = "give the inner `Option` a struct with a named field"
)]
pub trait Required {}

impl Required for super::Scalar {}
impl Required for super::TextKind {}
impl Required for super::List {}
impl Required for super::Array {}
impl Required for super::TableStruct {}
impl Required for super::InlineStruct {}
impl Required for super::UnionKind {}
impl Required for super::Transparent {}
#[cfg(feature = "alloc")]
impl Required for super::Map {}

impl<T: Field<Kind: Required>> Field for Option<T> {
    type Kind = Opt;
}

/// Shorthands for the codec of the value.
type Of<T, L> = <T as Wire<L>>::Codec;

/// Whether presence is a byte of its own.
const fn flagged<T: Wire<L>, L: LayoutRule>() -> bool {
    !<Of<T, L> as Codec<T, L>>::NULLABLE
}

/// Where the value lies in an element.
const fn value_at<T: Wire<L>, L: LayoutRule>() -> u32 {
    if flagged::<T, L>() {
        <Of<T, L> as Codec<T, L>>::Align::ALIGN
    } else {
        0
    }
}

/// Whether there is a value.
#[inline(always)]
fn is_present<T: Wire<L>, L: LayoutRule>(flag: u8, raw: &T::Raw, at: u32) -> Result<bool, Bad> {
    if flagged::<T, L>() {
        match flag {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(bad(at, Cause::Bool)),
        }
    } else {
        Ok(!<Of<T, L> as Codec<T, L>>::is_null(raw))
    }
}

/// Refuses an `Option` around another: they would share the presence byte or the null of one value, and
/// lose what they say.
///
/// A function, so that the compiler points at its caller, and not into the standard library.
#[track_caller]
const fn refuse_another() -> ! {
    panic!(
        "an `Option` of an `Option` has no wire form, also through a `Box` or a newtype, which lie as what \
         they hold: give the inner one a struct with a named field"
    )
}

impl<T, L> Codec<Option<T>, L> for Opt
where
    T: Wire<L> + Field<Kind: Required>,
    L: LayoutRule,
{
    type Raw = T::Raw;
    type Item = <Of<T, L> as Codec<T, L>>::OptionItem;
    type OptionItem = <Of<T, L> as Codec<T, L>>::OptionItem;
    type Align = <Of<T, L> as Codec<T, L>>::Align;
    const TYPE: Type = Type::Option(&<T as Wire<L>>::TYPE);
    const FLAG: bool = {
        if <Of<T, L> as Codec<T, L>>::OPTIONAL {
            refuse_another();
        }
        flagged::<T, L>()
    };
    const OPTIONAL: bool = true;
    const FIXED: bool = T::FIXED;
    const TABLE: u32 = if flagged::<T, L>() {
        0
    } else {
        <Of<T, L> as Codec<T, L>>::TABLE
    };

    type View<'m> = Option<T::View<'m>>;
    #[inline(always)]
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, T::Raw>) -> Option<T::View<'m>> {
        if flagged::<T, L>() {
            (slot.flag != 0).then(|| T::view(mem, slot))
        } else {
            T::view_nullable(mem, slot)
        }
    }
    #[inline(always)]
    fn slot_of_item(item: &Self::Item) -> Slot<'_, T::Raw> {
        let bytes = item.as_bytes();
        Slot {
            flag: *raw::part(bytes, 0),
            raw: raw::part(bytes, value_at::<T, L>()),
        }
    }
    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match view {
            Some(value) => f
                .debug_tuple("Some")
                .field(&fmt::from_fn(|f| T::debug(value, f)))
                .finish(),
            None => f.write_str("None"),
        }
    }

    type ViewMut<'m> = Option<T::ViewMut<'m>>;
    #[inline(always)]
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, T::Raw>) -> Option<T::ViewMut<'m>> {
        if flagged::<T, L>() {
            (slot.flag.get() != 0).then(|| T::view_mut(mem, slot))
        } else {
            T::view_mut_nullable(mem, slot)
        }
    }
    #[inline(always)]
    fn slot_of_item_mut(item: &Cell<Self::Item>) -> SlotMut<'_, T::Raw> {
        let bytes = cast::bytes_of(item);
        match (bytes.first(), cast::cell(bytes, value_at::<T, L>())) {
            (Some(flag), Some(raw)) => SlotMut { flag, raw },
            _ => unreachable!("an element holds its presence byte and its value"),
        }
    }

    #[inline(always)]
    fn verify(cx: &mut Verifier<'_>, flag: u8, raw: &T::Raw, at: u32) -> Result<(), Bad> {
        if is_present::<T, L>(flag, raw, at)? {
            T::verify(cx, flag, raw, at)
        } else {
            Ok(())
        }
    }
    #[inline(always)]
    fn load(cx: &mut Verifier<'_>, flag: u8, raw: &T::Raw, at: u32) -> Result<Option<T>, Bad> {
        if is_present::<T, L>(flag, raw, at)? {
            T::load(cx, flag, raw, at).map(Some)
        } else {
            Ok(None)
        }
    }
    #[inline(always)]
    fn hold(
        cx: &mut Verifier<'_>,
        flag: u8,
        raw: &T::Raw,
        at: u32,
    ) -> Result<Held<Option<T>>, Bad> {
        if const { !is_large::<T>() } {
            return load_and_hold::<Self, _, L>(cx, flag, raw, at);
        }
        if !is_present::<T, L>(flag, raw, at)? {
            return Ok(Held::make(|| None));
        }
        let value = T::Codec::hold(cx, flag, raw, at)?;
        Ok(Held::make(|| Some(value.take())))
    }
    #[inline(always)]
    fn update(
        value: &mut Option<T>,
        cx: &mut Verifier<'_>,
        flag: u8,
        raw: &T::Raw,
        at: u32,
    ) -> Result<(), Bad> {
        let present = if flagged::<T, L>() {
            flag == 1
        } else {
            !<Of<T, L> as Codec<T, L>>::is_null(raw)
        };
        match value {
            Some(value) if present => value.update(cx, flag, raw, at),
            _ if const { is_large::<T>() } => {
                Self::hold(cx, flag, raw, at)?.replace(value);
                Ok(())
            }
            _ => load_over::<Self, _, L>(value, cx, flag, raw, at),
        }
    }
    #[inline(always)]
    fn count(flag: u8, raw: &T::Raw) -> u32 {
        if flagged::<T, L>() && flag == 0 {
            0
        } else {
            T::count(flag, raw)
        }
    }
    #[inline(always)]
    fn count_of(value: &Option<T>) -> usize {
        value.as_ref().map_or(0, T::count_of)
    }

    #[inline(always)]
    fn encode<S: Sink>(value: &Option<T>, sink: &mut S) -> Result<(u8, T::Raw), EncodeError> {
        match value {
            Some(value) => Ok((1, value.encode(sink)?.1)),
            None if flagged::<T, L>() => Ok((0, T::Raw::ZERO)),
            None => Ok((0, T::empty())),
        }
    }
    #[inline(always)]
    fn put<S: Sink>(value: &Option<T>, sink: &mut S, at: At) -> Result<(), EncodeError> {
        if const { size_of::<T::Raw>() > LARGE } {
            sink.store(at.flag, &u8::from(value.is_some()));
            return match value {
                Some(value) => T::Codec::put(value, sink, at),
                None => {
                    if let Some(block) = sink.block(at.at, T::Raw::SIZE) {
                        block.fill(0);
                    }
                    Ok(())
                }
            };
        }
        put_whole::<Self, _, L, S>(value, sink, at)
    }
    #[inline(always)]
    fn item(flag: u8, value: T::Raw) -> Self::Item {
        const { assert!(value_at::<T, L>() + T::Raw::SIZE <= Self::Item::SIZE) };
        let mut item = Self::Item::ZERO;
        if flagged::<T, L>() {
            raw::put(item.as_mut_bytes(), 0, &flag);
        }
        raw::put(item.as_mut_bytes(), value_at::<T, L>(), &value);
        item
    }
    #[inline(always)]
    fn is_present(value: &Option<T>) -> bool {
        value
            .as_ref()
            .is_some_and(<Of<T, L> as Codec<T, L>>::is_present)
    }
    #[inline(always)]
    fn reference(offset: u32) -> Self::Item {
        let mut item = Self::Item::ZERO;
        raw::put(
            item.as_mut_bytes(),
            0,
            &<Of<T, L> as Codec<T, L>>::reference(offset),
        );
        item
    }
    #[inline(always)]
    fn fill<S: Sink>(value: &Option<T>, offset: u32, sink: &mut S) -> Result<(), EncodeError> {
        match value {
            Some(value) => <Of<T, L> as Codec<T, L>>::fill(value, offset, sink),
            None => Ok(()),
        }
    }

    #[inline(always)]
    fn empty() -> T::Raw {
        if flagged::<T, L>() {
            T::Raw::ZERO
        } else {
            T::empty()
        }
    }
    type Builder<'w, S: Sink + 'w> = OptionBuilder<'w, S, T, L>;
    #[inline(always)]
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError> {
        Ok(OptionBuilder {
            sink,
            at,
            value: PhantomData,
        })
    }
    #[inline(always)]
    fn at_of_item(at: u32) -> At {
        At {
            flag: at,
            at: at + value_at::<T, L>(),
        }
    }
}

/// A value that may be absent and is being written; absent as long as nothing is said.
#[derive(Debug)]
pub struct OptionBuilder<'w, S, T, L> {
    sink: &'w mut S,
    at: At,
    value: PhantomData<fn() -> (T, L)>,
}

impl<'w, S: Sink, T: Wire<L>, L: LayoutRule> OptionBuilder<'w, S, T, L> {
    /// Makes it present and begins to write it.
    ///
    /// # Errors
    ///
    /// If the sink is full.
    pub fn some(self) -> Result<T::Builder<'w, S>, EncodeError> {
        if flagged::<T, L>() {
            self.sink.store(self.at.flag, &1u8);
            self.sink.store(self.at.at, &T::empty());
        }
        T::build(self.sink, self.at)
    }
}
