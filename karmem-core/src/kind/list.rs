//! `Vec<T>`, `Box<[T]>` and `[T; N]`.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

use zerocopy::FromBytes;

use super::{below, no_flag};
use crate::cast;
use crate::error::{Bad, EncodeError};
#[cfg(feature = "alloc")]
use crate::held::{Held, is_large};
use crate::held::{LARGE, put_whole};
use crate::layout::At;
use crate::raw::{self, Flagged, Raw};
use crate::rule::{Align, Alignment, LayoutRule};
use crate::schema::Type;
use crate::slice::{Items, Slice, SliceMut};
use crate::verify::Verifier;
use crate::wire::{Codec, Field, Slot, SlotMut, Wire};
use crate::writer::{Nowhere, Sink, length};

/// The kind of `Vec<T>` and `Box<[T]>`.
#[derive(Debug)]
pub enum List {}

/// The kind of `[T; N]`.
#[derive(Debug)]
pub enum Array {}

/// A Rust type that owns a list.
pub trait OwnedList: Field<Kind = List> {
    /// The elements' type.
    type Element: Field;
    /// The elements.
    fn as_slice(&self) -> &[Self::Element];
    /// The list that `change` makes of a `Vec` of the elements, which is empty for a new list.
    ///
    /// # Errors
    ///
    /// What `change` says; the elements that it left stay.
    #[cfg(feature = "alloc")]
    fn change<E>(
        &mut self,
        change: impl FnOnce(&mut alloc::vec::Vec<Self::Element>) -> Result<(), E>,
    ) -> Result<(), E>;
    /// The list of the elements of a `Vec`.
    #[cfg(feature = "alloc")]
    fn from_vec(elements: alloc::vec::Vec<Self::Element>) -> Self;
}

#[cfg(feature = "alloc")]
impl<T: Field> Field for alloc::vec::Vec<T> {
    type Kind = List;
}

#[cfg(feature = "alloc")]
impl<T: Field> OwnedList for alloc::vec::Vec<T> {
    type Element = T;

    #[inline(always)]
    fn as_slice(&self) -> &[T] {
        self
    }

    #[inline(always)]
    fn change<E>(
        &mut self,
        change: impl FnOnce(&mut alloc::vec::Vec<T>) -> Result<(), E>,
    ) -> Result<(), E> {
        change(self)
    }

    #[inline(always)]
    fn from_vec(elements: alloc::vec::Vec<T>) -> Self {
        elements
    }
}

#[cfg(feature = "alloc")]
impl<T: Field> Field for alloc::boxed::Box<[T]> {
    type Kind = List;
}

#[cfg(feature = "alloc")]
impl<T: Field> OwnedList for alloc::boxed::Box<[T]> {
    type Element = T;

    #[inline(always)]
    fn as_slice(&self) -> &[T] {
        self
    }

    #[inline(always)]
    fn change<E>(
        &mut self,
        change: impl FnOnce(&mut alloc::vec::Vec<T>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut list = core::mem::take(self).into_vec();
        let changed = change(&mut list);
        *self = list.into();
        changed
    }

    #[inline(always)]
    fn from_vec(elements: alloc::vec::Vec<T>) -> Self {
        elements.into()
    }
}

impl<T: Field, const N: usize> Field for [T; N] {
    type Kind = Array;
}

/// The slot of an element that is nothing but its value.
#[inline(always)]
pub(crate) fn plain_slot<R: Raw>(item: &Cell<R>) -> SlotMut<'_, R> {
    part_slot(item)
}

/// The slot of an element that begins with its value.
#[inline(always)]
pub(crate) fn part_slot<I: Raw, R: Raw>(item: &Cell<I>) -> SlotMut<'_, R> {
    const { assert!(size_of::<I>() >= size_of::<R>() && size_of::<R>() > 0) };
    let bytes = cast::bytes_of(item);
    match (bytes.first(), cast::cell(bytes, 0)) {
        (Some(flag), Some(raw)) => SlotMut { flag, raw },
        _ => unreachable!("the assertion above"),
    }
}

/// The elements that a slice's reference leads to; none if it leads outside.
#[inline(always)]
pub(crate) fn cells<R: Raw>(mem: &[Cell<u8>], offset: u32, len: u32) -> &[Cell<R>] {
    let end = u64::from(offset) + u64::from(len);
    if end > mem.len() as u64 {
        core::hint::cold_path();
        return &[];
    }
    cast::cells(mem.get(offset as usize..end as usize).unwrap_or_default())
}

/// Writes a slice and gives its reference.
#[inline(always)]
pub(crate) fn encode_slice<T: Wire<L>, L: LayoutRule, S: Sink>(
    values: &[T],
    sink: &mut S,
) -> Result<L::SliceRef, EncodeError> {
    let size = T::Item::SIZE;
    if values.is_empty() {
        return Ok(L::slice_ref(0, 0, size));
    }
    if let Some(bytes) = T::Codec::as_wire(values) {
        let offset = sink.append(bytes)?;
        return Ok(L::slice_ref(offset, bytes.len() as u32, size));
    }
    let bytes = values
        .len()
        .checked_mul(size as usize)
        .ok_or(EncodeError::TooLong)?;
    let bytes = length(bytes)?;
    let offset = sink.alloc(bytes)?;
    if const { size_of::<T::Item>() > LARGE } {
        if let Some(block) = sink.block(offset, bytes) {
            block.fill(0);
        }
        deeper::<T, L, S>(sink, |sink| encode_items::<T, L, S>(values, sink, offset))?;
    } else if T::FIXED {
        encode_fixed::<T, L, S>(values, sink, offset, bytes)?;
    } else if T::Codec::TABLE > 0 {
        below(sink, |sink| {
            encode_tables(values, sink, |sink, i, reference| {
                sink.store(offset + i * size, &reference);
            })
        })?;
    } else {
        below(sink, |sink| encode_small::<T, L, S>(values, sink, offset))?;
    }
    Ok(L::slice_ref(offset, bytes, size))
}

/// Writes elements that refer to nothing to the `len` bytes at `base`.
#[inline(always)]
fn encode_fixed<T: Wire<L>, L: LayoutRule, S: Sink>(
    values: &[T],
    sink: &mut S,
    base: u32,
    len: u32,
) -> Result<(), EncodeError> {
    if let Some(block) = sink.block(base, len)
        && let Ok(items) = <[T::Item]>::mut_from_bytes(block)
    {
        for (item, value) in items.iter_mut().zip(values) {
            let (flag, raw) = value.encode(&mut Nowhere)?;
            *item = T::Codec::item(flag, raw);
        }
    }
    Ok(())
}

/// Writes elements whose bytes are not many to `base`.
#[inline(always)]
fn encode_small<T: Wire<L>, L: LayoutRule, S: Sink>(
    values: &[T],
    sink: &mut S,
    base: u32,
) -> Result<(), EncodeError> {
    let mut at = base;
    for value in values {
        let (flag, raw) = value.encode(sink)?;
        sink.store(at, &T::Codec::item(flag, raw));
        at = at.wrapping_add(T::Item::SIZE);
    }
    Ok(())
}

/// Writes elements a level deeper, if they may refer to something.
#[inline(always)]
fn deeper<T: Wire<L>, L: LayoutRule, S: Sink>(
    sink: &mut S,
    write: impl FnOnce(&mut S) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    if T::FIXED {
        write(sink)
    } else {
        below(sink, write)
    }
}

/// Writes elements one by one to `base` of the sink, which is zero.
fn encode_items<T: Wire<L>, L: LayoutRule, S: Sink>(
    values: &[T],
    sink: &mut S,
    base: u32,
) -> Result<(), EncodeError> {
    if let Some(bytes) = T::Codec::as_wire(values) {
        if let Some(block) = sink.block(base, bytes.len() as u32) {
            block.copy_from_slice(bytes);
        }
        return Ok(());
    }
    let size = T::Item::SIZE;
    if T::Codec::TABLE > 0 {
        return encode_tables(values, sink, |sink, i, reference| {
            sink.store(base + i * size, &reference);
        });
    }
    let mut at = base;
    for value in values {
        T::Codec::put(value, sink, T::Codec::at_of_item(at))?;
        at = at.wrapping_add(size);
    }
    Ok(())
}

/// Writes the tables of `values` side by side, and gives their references to `store` before
/// anything that the tables refer to is written.
#[inline(always)]
fn encode_tables<T: Wire<L>, L: LayoutRule, S: Sink>(
    values: &[T],
    sink: &mut S,
    mut store: impl FnMut(&mut S, u32, T::Item),
) -> Result<(), EncodeError> {
    let size = T::Codec::TABLE;
    let stride = super::stride(size)?;
    let present = values
        .iter()
        .filter(|value| T::Codec::is_present(value))
        .count();
    let first = if present > 0 {
        sink.alloc(super::block(present, stride, size)?)?
    } else {
        0
    };
    let mut next = first;
    for (i, value) in values.iter().enumerate() {
        if T::Codec::is_present(value) {
            store(sink, i as u32, T::Codec::reference(next));
            next = next.wrapping_add(stride);
        } else {
            store(sink, i as u32, T::Codec::empty_item());
        }
    }
    if present == 0 {
        return Ok(());
    }
    // All tables are on one level.
    below(sink, |sink| {
        let mut next = first;
        for value in values {
            if T::Codec::is_present(value) {
                T::Codec::fill(value, next, sink)?;
                // Packed tables are no multiple of the distance of allocations.
                if stride > size
                    && let Some(gap) = sink.block(next + size, stride - size)
                {
                    gap.fill(0);
                }
                next = next.wrapping_add(stride);
            }
        }
        Ok(())
    })
}

/// Checks elements, with their index in the path of an error.
#[inline(always)]
fn verify_items<T: Wire<L>, L: LayoutRule>(
    cx: &mut Verifier<'_>,
    items: &[T::Item],
    base: u32,
) -> Result<(), Bad> {
    if T::ANY {
        return Ok(());
    }
    let mut at = base;
    for (i, item) in items.iter().enumerate() {
        let slot = T::Codec::slot_of_item(item);
        if let Err(bad) = T::verify(cx, slot.flag, slot.raw, at) {
            return Err(cx.in_element(bad, i));
        }
        at = at.wrapping_add(T::Item::SIZE);
    }
    Ok(())
}

/// Checks an element and makes its value.
#[inline(always)]
fn load_item<T: Wire<L>, L: LayoutRule>(
    cx: &mut Verifier<'_>,
    item: &T::Item,
    base: u32,
    index: usize,
) -> Result<T, Bad> {
    let slot = T::Codec::slot_of_item(item);
    let at = base.wrapping_add(index as u32 * T::Item::SIZE);
    T::load(cx, slot.flag, slot.raw, at).map_err(|bad| cx.in_element(bad, index))
}

/// Visits the elements of a slice, one level deeper if there are any that may refer to something. The
/// same rule for verifying and decoding, so that what one accepts the other does.
#[inline(always)]
fn visit<T: Wire<L>, L: LayoutRule, V>(
    cx: &mut Verifier<'_>,
    items: &[T::Item],
    at: u32,
    visit: impl FnOnce(&mut Verifier<'_>) -> Result<V, Bad>,
) -> Result<V, Bad> {
    if T::FIXED || items.is_empty() {
        return visit(cx);
    }
    cx.enter(at)?;
    let value = visit(cx)?;
    cx.leave();
    Ok(value)
}

/// Checks the elements from `first` on, and appends their values.
#[cfg(feature = "alloc")]
#[inline(always)]
fn append<T: Wire<L>, L: LayoutRule>(
    cx: &mut Verifier<'_>,
    list: &mut alloc::vec::Vec<T>,
    items: &[T::Item],
    base: u32,
    first: usize,
) -> Result<(), Bad> {
    for (i, item) in items.iter().enumerate().skip(first) {
        if const { is_large::<T>() } {
            let slot = T::Codec::slot_of_item(item);
            let at = base.wrapping_add(i as u32 * T::Item::SIZE);
            match T::Codec::hold(cx, slot.flag, slot.raw, at) {
                Ok(value) => list.append(&mut cast::list_of_one(value.into_box())),
                Err(bad) => return Err(cx.in_element(bad, i)),
            }
        } else {
            push_item::<T, L>(cx, list, item, base, i)?;
        }
    }
    Ok(())
}

/// Checks an element that is not large, and appends its value.
#[cfg(feature = "alloc")]
#[inline(always)]
fn push_item<T: Wire<L>, L: LayoutRule>(
    cx: &mut Verifier<'_>,
    list: &mut alloc::vec::Vec<T>,
    item: &T::Item,
    base: u32,
    index: usize,
) -> Result<(), Bad> {
    list.push(load_item::<T, L>(cx, item, base, index)?);
    Ok(())
}

impl<V, T, L> Codec<V, L> for List
where
    V: OwnedList<Element = T>,
    T: Wire<L>,
    L: LayoutRule,
{
    type Raw = L::SliceRef;
    type Item = L::SliceItem;
    type OptionItem = Flagged<<Self::Align as Alignment>::Flag, L::SliceRef>;
    type Align = L::Align<Align<8>>;
    const TYPE: Type = Type::Slice(&<T as Wire<L>>::TYPE);
    const FLAG: bool = no_flag::<T, L>();

    type View<'m> = Slice<'m, T, L>;
    #[inline(always)]
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, L::SliceRef>) -> Slice<'m, T, L> {
        let (offset, len) = L::slice(slot.raw);
        Slice::new(
            mem,
            raw::items(mem, offset, len).unwrap_or_else(|| {
                core::hint::cold_path();
                &[]
            }),
        )
    }
    #[inline(always)]
    fn slot_of_item(item: &L::SliceItem) -> Slot<'_, L::SliceRef> {
        Slot {
            flag: 0,
            raw: L::slice_of_item(item),
        }
    }
    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(view, f)
    }

    type ViewMut<'m> = SliceMut<'m, T, L>;
    #[inline(always)]
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, L::SliceRef>) -> SliceMut<'m, T, L> {
        let (offset, len) = L::slice(&slot.raw.get());
        SliceMut::new(mem, cells(mem, offset, len))
    }
    #[inline(always)]
    fn slot_of_item_mut(item: &Cell<L::SliceItem>) -> SlotMut<'_, L::SliceRef> {
        part_slot(item)
    }

    #[inline(always)]
    fn verify(cx: &mut Verifier<'_>, _: u8, raw: &L::SliceRef, at: u32) -> Result<(), Bad> {
        let (offset, len) = L::slice(raw);
        let items = cx.items::<T::Item>(offset, len, at)?;
        visit::<T, L, _>(cx, items, at, |cx| verify_items::<T, L>(cx, items, offset))
    }
    #[inline(always)]
    fn load(cx: &mut Verifier<'_>, _: u8, raw: &L::SliceRef, at: u32) -> Result<V, Bad> {
        let (offset, len) = L::slice(raw);
        let items = cx.items::<T::Item>(offset, len, at)?;
        #[cfg(feature = "alloc")]
        return visit::<T, L, _>(cx, items, at, |cx| {
            cx.build::<T>(items.len(), at)?;
            let earned = cx.earned::<T>(items.len(), size_of_val(items));
            let mut list = alloc::vec::Vec::with_capacity(earned);
            append::<T, L>(cx, &mut list, items, offset, 0)?;
            Ok(V::from_vec(list))
        });
        #[cfg(not(feature = "alloc"))]
        unreachable!("without `alloc` nothing owns a list of {}", items.len());
    }
    #[inline(always)]
    fn update(
        value: &mut V,
        cx: &mut Verifier<'_>,
        _: u8,
        raw: &L::SliceRef,
        at: u32,
    ) -> Result<(), Bad> {
        let (offset, len) = L::slice(raw);
        let items = cx.items::<T::Item>(offset, len, at)?;
        #[cfg(feature = "alloc")]
        return visit::<T, L, _>(cx, items, at, |cx| {
            cx.build::<T>(items.len(), at)?;
            let earned = cx.earned::<T>(items.len(), size_of_val(items));
            value.change(|list| {
                list.truncate(items.len());
                let there = list.len();
                list.reserve_exact(earned.saturating_sub(there));
                for (i, (old, item)) in list.iter_mut().zip(items).enumerate() {
                    let slot = T::Codec::slot_of_item(item);
                    let at = offset.wrapping_add(i as u32 * T::Item::SIZE);
                    if let Err(bad) = old.update(cx, slot.flag, slot.raw, at) {
                        return Err(cx.in_element(bad, i));
                    }
                }
                append::<T, L>(cx, list, items, offset, there)
            })
        });
        #[cfg(not(feature = "alloc"))]
        {
            let _ = value;
            unreachable!("without `alloc` nothing owns a list of {}", items.len());
        }
    }
    #[inline(always)]
    fn count(_: u8, raw: &L::SliceRef) -> u32 {
        raw::count(L::slice(raw).1, T::Item::SIZE).0
    }
    #[inline(always)]
    fn count_of(value: &V) -> usize {
        value.as_slice().len()
    }

    #[inline(always)]
    fn encode<S: Sink>(value: &V, sink: &mut S) -> Result<(u8, L::SliceRef), EncodeError> {
        Ok((0, encode_slice::<T, L, S>(value.as_slice(), sink)?))
    }
    #[inline(always)]
    fn item(_: u8, raw: L::SliceRef) -> L::SliceItem {
        L::slice_item(raw)
    }

    type Builder<'w, S: Sink + 'w> = ListBuilder<'w, S, T, L>;
    #[inline(always)]
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError> {
        Ok(ListBuilder {
            sink,
            at: at.at,
            element: PhantomData,
        })
    }
}

/// A slice that is being written.
#[derive(Debug)]
pub struct ListBuilder<'w, S, T, L> {
    sink: &'w mut S,
    at: u32,
    element: PhantomData<fn() -> (T, L)>,
}

impl<'w, S: Sink, T: Wire<L>, L: LayoutRule> ListBuilder<'w, S, T, L> {
    /// A slice whose reference lies at `at`.
    #[inline(always)]
    pub(crate) fn new(sink: &'w mut S, at: u32) -> Self {
        ListBuilder {
            sink,
            at,
            element: PhantomData,
        }
    }

    /// Allocates `len` elements, all empty, to be written one by one.
    ///
    /// # Errors
    ///
    /// If the sink is full.
    pub fn len(self, len: usize) -> Result<Items<'w, S, T, L>, EncodeError> {
        let bytes = len
            .checked_mul(size_of::<T::Item>())
            .ok_or(EncodeError::TooLong)?;
        let bytes = length(bytes)?;
        let offset = if bytes > 0 {
            self.sink.alloc(bytes)?
        } else {
            0
        };
        self.sink
            .store(self.at, &L::slice_ref(offset, bytes, T::Item::SIZE));
        Items::new(self.sink, offset, len)
    }

    /// Writes all elements from a slice.
    ///
    /// # Errors
    ///
    /// If the sink is full or a limit is passed.
    pub fn set(self, values: &[T]) -> Result<(), EncodeError> {
        let raw = encode_slice::<T, L, S>(values, self.sink)?;
        self.sink.store(self.at, &raw);
        Ok(())
    }
}

impl<T, L, const N: usize> Codec<[T; N], L> for Array
where
    T: Wire<L>,
    L: LayoutRule,
{
    type Raw = [T::Item; N];
    type Item = [T::Item; N];
    type OptionItem = Flagged<<Self::Align as Alignment>::Flag, [T::Item; N]>;
    type Align = <T::Codec as Codec<T, L>>::Align;
    const TYPE: Type = {
        // A slice of elements without bytes would have any length.
        assert!(N > 0, "an array in a message has at least one element");
        Type::Array(&<T as Wire<L>>::TYPE, N as u32)
    };
    const FLAG: bool = no_flag::<T, L>();
    const ANY: bool = T::ANY;
    const FIXED: bool = T::FIXED;

    type View<'m> = Slice<'m, T, L>;
    #[inline(always)]
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, Self::Raw>) -> Slice<'m, T, L> {
        Slice::new(mem, slot.raw)
    }
    #[inline(always)]
    fn slot_of_item(item: &Self::Item) -> Slot<'_, Self::Raw> {
        Slot { flag: 0, raw: item }
    }
    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(view, f)
    }

    type ViewMut<'m> = SliceMut<'m, T, L>;
    #[inline(always)]
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, Self::Raw>) -> SliceMut<'m, T, L> {
        SliceMut::new(mem, cast::cells(cast::bytes_of(slot.raw)))
    }
    #[inline(always)]
    fn slot_of_item_mut(item: &Cell<Self::Item>) -> SlotMut<'_, Self::Raw> {
        plain_slot(item)
    }

    #[inline(always)]
    fn verify(cx: &mut Verifier<'_>, _: u8, raw: &Self::Raw, at: u32) -> Result<(), Bad> {
        verify_items::<T, L>(cx, raw, at)
    }
    #[inline(always)]
    fn load(cx: &mut Verifier<'_>, _: u8, raw: &Self::Raw, at: u32) -> Result<[T; N], Bad> {
        let mut failed = None;
        let values: [Option<T>; N] = core::array::from_fn(|i| {
            if failed.is_some() {
                return None;
            }
            match load_item::<T, L>(cx, raw.get(i)?, at, i) {
                Ok(value) => Some(value),
                Err(bad) => {
                    failed = Some(bad);
                    None
                }
            }
        });
        match failed {
            Some(bad) => Err(bad),
            None => Ok(values.map(|value| match value {
                Some(value) => value,
                None => unreachable!("every element was made or failed"),
            })),
        }
    }
    #[cfg(feature = "alloc")]
    #[inline]
    fn hold(cx: &mut Verifier<'_>, _: u8, raw: &Self::Raw, at: u32) -> Result<Held<[T; N]>, Bad> {
        let mut list = alloc::vec::Vec::with_capacity(N);
        append::<T, L>(cx, &mut list, raw, at, 0)?;
        match alloc::boxed::Box::<[T; N]>::try_from(list) {
            Ok(array) => Ok(array.into()),
            Err(_) => unreachable!("there are as many elements as items"),
        }
    }
    #[inline]
    fn levels(left: u32) -> Option<u32> {
        T::levels(left)
    }
    #[inline(always)]
    fn update(
        value: &mut [T; N],
        cx: &mut Verifier<'_>,
        _: u8,
        raw: &Self::Raw,
        at: u32,
    ) -> Result<(), Bad> {
        for (i, (value, item)) in value.iter_mut().zip(raw).enumerate() {
            let slot = T::Codec::slot_of_item(item);
            let at = at.wrapping_add(i as u32 * T::Item::SIZE);
            if let Err(bad) = value.update(cx, slot.flag, slot.raw, at) {
                return Err(cx.in_element(bad, i));
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn encode<S: Sink>(values: &[T; N], sink: &mut S) -> Result<(u8, Self::Raw), EncodeError> {
        let mut raw = Self::Raw::ZERO;
        if T::Codec::TABLE > 0 {
            encode_tables(values, sink, |_, i, reference| {
                if let Some(item) = raw.get_mut(i as usize) {
                    *item = reference;
                }
            })?;
        } else {
            for (item, value) in raw.iter_mut().zip(values) {
                let (flag, bytes) = value.encode(sink)?;
                *item = T::Codec::item(flag, bytes);
            }
        }
        Ok((0, raw))
    }
    #[inline(always)]
    fn put<S: Sink>(values: &[T; N], sink: &mut S, at: At) -> Result<(), EncodeError> {
        if const { size_of::<Self::Raw>() > LARGE } {
            return encode_items::<T, L, S>(values, sink, at.at);
        }
        put_whole::<Self, _, L, S>(values, sink, at)
    }
    #[inline(always)]
    fn item(_: u8, raw: Self::Raw) -> Self::Item {
        raw
    }
    #[inline(always)]
    fn as_wire(values: &[[T; N]]) -> Option<&[u8]> {
        T::Codec::as_wire(values.as_flattened())
    }

    #[inline(always)]
    fn empty() -> Self::Raw {
        [T::Codec::empty_item(); N]
    }
    type Builder<'w, S: Sink + 'w> = Items<'w, S, T, L>;
    #[inline(always)]
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError> {
        Items::new(sink, at.at, N)
    }
}
