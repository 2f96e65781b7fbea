//! Newtypes and `Box`: they lie as what they hold.

use core::cell::Cell;
use core::fmt;

use crate::error::{Bad, EncodeError};
use crate::held::{Held, is_large, load_and_hold};
use crate::layout::At;
use crate::rule::LayoutRule;
use crate::schema::Type;
use crate::verify::Verifier;
use crate::wire::{Codec, Field, Slot, SlotMut, Wire};
use crate::writer::Sink;

/// The kind of newtypes and of `Box`.
#[derive(Debug)]
pub enum Transparent {}

/// A type around one value.
pub trait Newtype: Field<Kind = Transparent> {
    /// The value's type.
    type Inner: Field;
    /// The value.
    fn inner(&self) -> &Self::Inner;
    /// The value, to be changed.
    fn inner_mut(&mut self) -> &mut Self::Inner;
    /// Wraps a value.
    fn wrap(inner: Self::Inner) -> Self;
    /// Whether the value is on the heap.
    const BOXED: bool = false;
    /// Wraps a value that is on the heap.
    #[inline(always)]
    fn wrap_held(inner: Held<Self::Inner>) -> Self {
        Self::wrap(inner.take())
    }
}

#[cfg(feature = "alloc")]
impl<T: Field> Field for alloc::boxed::Box<T> {
    type Kind = Transparent;
}

#[cfg(feature = "alloc")]
impl<T: Field> Newtype for alloc::boxed::Box<T> {
    type Inner = T;

    #[inline(always)]
    fn inner(&self) -> &T {
        self
    }

    #[inline(always)]
    fn inner_mut(&mut self) -> &mut T {
        self
    }

    #[inline(always)]
    fn wrap(inner: T) -> Self {
        alloc::boxed::Box::new(inner)
    }

    const BOXED: bool = true;

    #[inline(always)]
    fn wrap_held(inner: Held<T>) -> Self {
        inner.into_box()
    }
}

/// The codec of the inner value.
type Of<T, L> = <<T as Newtype>::Inner as Wire<L>>::Codec;

impl<T, I, L> Codec<T, L> for Transparent
where
    T: Newtype<Inner = I>,
    I: Wire<L>,
    L: LayoutRule,
{
    type Raw = I::Raw;
    type Item = I::Item;
    type OptionItem = <Of<T, L> as Codec<I, L>>::OptionItem;
    type Align = <Of<T, L> as Codec<I, L>>::Align;
    const TYPE: Type = <I as Wire<L>>::TYPE;
    const FLAG: bool = I::PART.flag;
    const ANY: bool = I::ANY;
    const FIXED: bool = I::FIXED;
    const TABLE: u32 = <Of<T, L> as Codec<I, L>>::TABLE;
    const NULLABLE: bool = <Of<T, L> as Codec<I, L>>::NULLABLE;
    const OPTIONAL: bool = <Of<T, L> as Codec<I, L>>::OPTIONAL;
    const SIDE_BY_SIDE: bool = <Of<T, L> as Codec<I, L>>::SIDE_BY_SIDE;

    type View<'m> = I::View<'m>;
    #[inline(always)]
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, I::Raw>) -> I::View<'m> {
        I::view(mem, slot)
    }
    #[inline(always)]
    fn view_nullable<'m>(mem: &'m [u8], slot: Slot<'m, I::Raw>) -> Option<I::View<'m>> {
        I::view_nullable(mem, slot)
    }
    #[inline(always)]
    fn slot_of_item(item: &I::Item) -> Slot<'_, I::Raw> {
        I::Codec::slot_of_item(item)
    }
    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        I::debug(view, f)
    }

    type ViewMut<'m> = I::ViewMut<'m>;
    #[inline(always)]
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, I::Raw>) -> I::ViewMut<'m> {
        I::view_mut(mem, slot)
    }
    #[inline(always)]
    fn view_mut_nullable<'m>(
        mem: &'m [Cell<u8>],
        slot: SlotMut<'m, I::Raw>,
    ) -> Option<I::ViewMut<'m>> {
        I::view_mut_nullable(mem, slot)
    }
    #[inline(always)]
    fn slot_of_item_mut(item: &Cell<I::Item>) -> SlotMut<'_, I::Raw> {
        I::Codec::slot_of_item_mut(item)
    }

    #[inline(always)]
    fn is_null(raw: &I::Raw) -> bool {
        I::Codec::is_null(raw)
    }
    #[inline(always)]
    fn verify(cx: &mut Verifier<'_>, flag: u8, raw: &I::Raw, at: u32) -> Result<(), Bad> {
        I::verify(cx, flag, raw, at)
    }
    #[inline(always)]
    fn load(cx: &mut Verifier<'_>, flag: u8, raw: &I::Raw, at: u32) -> Result<T, Bad> {
        if T::BOXED {
            cx.build::<I>(1, at)?;
            return I::Codec::hold(cx, flag, raw, at).map(T::wrap_held);
        }
        I::load(cx, flag, raw, at).map(T::wrap)
    }
    #[inline(always)]
    fn hold(cx: &mut Verifier<'_>, flag: u8, raw: &I::Raw, at: u32) -> Result<Held<T>, Bad> {
        if T::BOXED || const { !is_large::<T>() } {
            return load_and_hold::<Self, T, L>(cx, flag, raw, at);
        }
        let inner = I::Codec::hold(cx, flag, raw, at)?;
        Ok(Held::make(|| T::wrap_held(inner)))
    }
    #[inline(always)]
    fn update(
        value: &mut T,
        cx: &mut Verifier<'_>,
        flag: u8,
        raw: &I::Raw,
        at: u32,
    ) -> Result<(), Bad> {
        if T::BOXED {
            cx.build::<I>(1, at)?;
        }
        value.inner_mut().update(cx, flag, raw, at)
    }
    #[inline]
    fn levels(left: u32) -> Option<u32> {
        I::levels(left)
    }
    #[inline(always)]
    fn count(flag: u8, raw: &I::Raw) -> u32 {
        I::count(flag, raw)
    }
    #[inline(always)]
    fn count_of(value: &T) -> usize {
        value.inner().count_of()
    }

    #[inline(always)]
    fn encode<S: Sink>(value: &T, sink: &mut S) -> Result<(u8, I::Raw), EncodeError> {
        value.inner().encode(sink)
    }
    #[inline(always)]
    fn put<S: Sink>(value: &T, sink: &mut S, at: At) -> Result<(), EncodeError> {
        I::Codec::put(value.inner(), sink, at)
    }
    #[inline(always)]
    fn item(flag: u8, raw: I::Raw) -> I::Item {
        I::Codec::item(flag, raw)
    }
    #[inline(always)]
    fn is_present(value: &T) -> bool {
        I::Codec::is_present(value.inner())
    }
    #[inline(always)]
    fn reference(offset: u32) -> I::Item {
        I::Codec::reference(offset)
    }
    #[inline(always)]
    fn fill<S: Sink>(value: &T, offset: u32, sink: &mut S) -> Result<(), EncodeError> {
        I::Codec::fill(value.inner(), offset, sink)
    }

    #[inline(always)]
    fn empty() -> I::Raw {
        I::empty()
    }
    #[inline(always)]
    fn empty_item() -> I::Item {
        I::Codec::empty_item()
    }
    type Builder<'w, S: Sink + 'w> = I::Builder<'w, S>;
    #[inline(always)]
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError> {
        I::build(sink, at)
    }
    #[inline(always)]
    fn clear<S: Sink>(sink: &mut S, offset: u32, stride: u32) {
        I::Codec::clear(sink, offset, stride);
    }
    #[inline(always)]
    fn build_table<'w, S: Sink>(
        sink: &'w mut S,
        offset: u32,
    ) -> Result<Self::Builder<'w, S>, EncodeError> {
        I::build_table(sink, offset)
    }
    #[inline(always)]
    fn at_of_item(at: u32) -> At {
        I::Codec::at_of_item(at)
    }
}
