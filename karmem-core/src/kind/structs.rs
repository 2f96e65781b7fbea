//! Structs: tables behind a reference, and inline structs in place.

use core::cell::Cell;
use core::fmt;

use zerocopy::IntoBytes;

use super::below;
use crate::error::{Bad, EncodeError};
use crate::held::{Held, is_large, load_and_hold};
use crate::layout::{At, NULL};
use crate::raw::{self, Flagged, Raw};
use crate::rule::{Align, Alignment, LayoutRule};
use crate::schema::Type;
use crate::shape::{InlineShape, Record, TableShape, can_be_own_wire_form, write_body};
use crate::struct_builder::StructBuilder;
use crate::struct_view::{Inline, InlineMut, Table, TableMut};
use crate::verify::Verifier;
use crate::wire::{Codec, Field, Slot, SlotMut};
use crate::writer::Sink;

/// The kind of tables.
#[derive(Debug)]
pub enum TableStruct {}

/// The kind of inline structs.
#[derive(Debug)]
pub enum InlineStruct {}

impl<T, L> Codec<T, L> for TableStruct
where
    T: TableShape + Record + Field<Kind = TableStruct>,
    L: LayoutRule,
{
    type Raw = L::TableRef;
    type Item = L::TableItem;
    type OptionItem = L::TableItem;
    type Align = L::Align<Align<8>>;
    const TYPE: Type = Type::Struct(T::NAMED);
    const TABLE: u32 = T::Body::SIZE;
    const NULLABLE: bool = true;
    const SIDE_BY_SIDE: bool = true;

    type View<'m> = T::View<'m>;
    #[inline(always)]
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, L::TableRef>) -> T::View<'m> {
        T::view(Table::referred(mem, L::table(slot.raw)))
    }
    #[inline(always)]
    fn view_nullable<'m>(mem: &'m [u8], slot: Slot<'m, L::TableRef>) -> Option<T::View<'m>> {
        let table = Table::referred(mem, L::table(slot.raw));
        (!table.is_absent()).then(|| T::view(table))
    }
    #[inline(always)]
    fn slot_of_item(item: &L::TableItem) -> Slot<'_, L::TableRef> {
        Slot {
            flag: 0,
            raw: L::table_of_item(item),
        }
    }
    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(view, f)
    }

    type ViewMut<'m> = T::ViewMut<'m>;
    #[inline(always)]
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, L::TableRef>) -> T::ViewMut<'m> {
        T::view_mut(TableMut::referred(mem, L::table(&slot.raw.get())))
    }
    #[inline(always)]
    fn view_mut_nullable<'m>(
        mem: &'m [Cell<u8>],
        slot: SlotMut<'m, L::TableRef>,
    ) -> Option<T::ViewMut<'m>> {
        let table = TableMut::referred(mem, L::table(&slot.raw.get()));
        (!table.is_absent()).then(|| T::view_mut(table))
    }
    #[inline(always)]
    fn slot_of_item_mut(item: &Cell<L::TableItem>) -> SlotMut<'_, L::TableRef> {
        super::list::part_slot(item)
    }

    #[inline(always)]
    fn is_null(raw: &L::TableRef) -> bool {
        matches!(L::table(raw), 0 | NULL)
    }
    #[inline]
    fn verify(cx: &mut Verifier<'_>, _: u8, raw: &L::TableRef, at: u32) -> Result<(), Bad> {
        let offset = L::table(raw);
        match cx.table(offset, at)? {
            Some(table) => cx.check_table::<T>(table, offset),
            None => cx.absent::<T>(offset),
        }
    }
    #[inline]
    fn load(cx: &mut Verifier<'_>, _: u8, raw: &L::TableRef, at: u32) -> Result<T, Bad> {
        let offset = L::table(raw);
        let table = cx.table(offset, at)?.unwrap_or_default();
        cx.body::<T, T>(table, offset, |cx, body| T::load_body(cx, body, offset))
    }
    #[inline]
    fn hold(cx: &mut Verifier<'_>, _: u8, raw: &L::TableRef, at: u32) -> Result<Held<T>, Bad> {
        if const { is_large::<T>() } {
            let offset = L::table(raw);
            let table = cx.table(offset, at)?.unwrap_or_default();
            cx.body::<T, _>(table, offset, |cx, body| T::hold_body(cx, body, offset))
        } else {
            load_and_hold::<Self, T, L>(cx, 0, raw, at)
        }
    }
    #[inline]
    fn levels(left: u32) -> Option<u32> {
        Some(1 + T::levels(0, left.checked_sub(1)?)?)
    }
    #[inline]
    fn update(
        value: &mut T,
        cx: &mut Verifier<'_>,
        _: u8,
        raw: &L::TableRef,
        at: u32,
    ) -> Result<(), Bad> {
        let offset = L::table(raw);
        let table = cx.table(offset, at)?.unwrap_or_default();
        cx.body::<T, ()>(table, offset, |cx, body| {
            value.update_body(cx, body, offset)
        })
    }

    #[inline]
    fn encode<S: Sink>(value: &T, sink: &mut S) -> Result<(u8, L::TableRef), EncodeError> {
        let offset = sink.alloc(T::Body::SIZE)?;
        below(sink, |sink| write_body(value, offset, sink))?;
        Ok((0, L::table_ref(offset)))
    }
    #[inline(always)]
    fn item(_: u8, raw: L::TableRef) -> L::TableItem {
        L::table_item(raw)
    }
    #[inline(always)]
    fn reference(offset: u32) -> L::TableItem {
        L::table_item(L::table_ref(offset))
    }
    #[inline(always)]
    fn fill<S: Sink>(value: &T, offset: u32, sink: &mut S) -> Result<(), EncodeError> {
        write_body(value, offset, sink)
    }

    #[inline(always)]
    fn empty() -> L::TableRef {
        L::table_ref(NULL)
    }
    type Builder<'w, S: Sink + 'w> = T::Builder<'w, S>;
    #[inline(always)]
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError> {
        let offset = sink.alloc(T::Body::SIZE)?;
        sink.store(at.at, &L::table_ref(offset));
        sink.store(offset, &T::empty());
        Ok(T::builder(StructBuilder::at(sink, offset)))
    }
    #[inline(always)]
    fn clear<S: Sink>(sink: &mut S, offset: u32, stride: u32) {
        sink.store(offset, &T::empty());
        if let Some(gap) = sink.block(offset + T::Body::SIZE, stride - T::Body::SIZE) {
            gap.fill(0);
        }
    }
    #[inline(always)]
    fn build_table<'w, S: Sink>(
        sink: &'w mut S,
        offset: u32,
    ) -> Result<Self::Builder<'w, S>, EncodeError> {
        Ok(T::builder(StructBuilder::at(sink, offset)))
    }
}

impl<T, L> Codec<T, L> for InlineStruct
where
    T: InlineShape + Record + Field<Kind = InlineStruct>,
    L: LayoutRule,
{
    type Raw = T::Body;
    type Item = T::Body;
    type OptionItem = Flagged<<Self::Align as Alignment>::Flag, T::Body>;
    type Align = L::Align<T::Align>;
    const TYPE: Type = Type::Struct(T::NAMED);
    const ANY: bool = T::ANY;
    const FIXED: bool = T::FIXED;
    const TABLE: u32 = T::TABLE;

    type View<'m> = T::View<'m>;
    #[inline(always)]
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, T::Body>) -> T::View<'m> {
        T::view(Inline::new(mem, slot.raw))
    }
    #[inline(always)]
    fn slot_of_item(item: &T::Body) -> Slot<'_, T::Body> {
        Slot { flag: 0, raw: item }
    }
    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(view, f)
    }

    type ViewMut<'m> = T::ViewMut<'m>;
    #[inline(always)]
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, T::Body>) -> T::ViewMut<'m> {
        T::view_mut(InlineMut::new(mem, slot.raw))
    }
    #[inline(always)]
    fn slot_of_item_mut(item: &Cell<T::Body>) -> SlotMut<'_, T::Body> {
        super::list::plain_slot(item)
    }

    #[inline(always)]
    fn verify(cx: &mut Verifier<'_>, _: u8, raw: &T::Body, at: u32) -> Result<(), Bad> {
        T::verify(cx, raw, at)
    }
    #[inline(always)]
    fn load(cx: &mut Verifier<'_>, _: u8, raw: &T::Body, at: u32) -> Result<T, Bad> {
        T::load_body(cx, raw, at)
    }
    #[inline(always)]
    fn hold(cx: &mut Verifier<'_>, _: u8, raw: &T::Body, at: u32) -> Result<Held<T>, Bad> {
        if const { is_large::<T>() } {
            T::hold_body(cx, raw, at)
        } else {
            load_and_hold::<Self, T, L>(cx, 0, raw, at)
        }
    }
    #[inline]
    fn levels(left: u32) -> Option<u32> {
        T::levels(0, left)
    }
    #[inline(always)]
    fn update(
        value: &mut T,
        cx: &mut Verifier<'_>,
        _: u8,
        raw: &T::Body,
        at: u32,
    ) -> Result<(), Bad> {
        value.update_body(cx, raw, at)
    }

    #[inline(always)]
    fn encode<S: Sink>(value: &T, sink: &mut S) -> Result<(u8, T::Body), EncodeError> {
        Ok((0, value.encode_body(sink)?))
    }
    #[inline(always)]
    fn put<S: Sink>(value: &T, sink: &mut S, at: At) -> Result<(), EncodeError> {
        write_body(value, at.at, sink)
    }
    #[inline(always)]
    fn item(_: u8, raw: T::Body) -> T::Body {
        raw
    }
    #[inline(always)]
    fn as_wire(values: &[T]) -> Option<&[u8]> {
        let same = const {
            cfg!(target_endian = "little")
                && can_be_own_wire_form::<T>()
                && size_of::<T>() == size_of::<T::Body>()
        };
        if same { T::as_wire(values) } else { None }
    }
    #[inline(always)]
    fn is_present(value: &T) -> bool {
        value.is_present()
    }
    #[inline(always)]
    fn reference(offset: u32) -> T::Body {
        let mut body = T::Body::ZERO;
        if let [field] = T::SCHEMA.fields {
            raw::put(body.as_mut_bytes(), field.at.at, &offset.to_le_bytes());
        }
        body
    }
    #[inline(always)]
    fn fill<S: Sink>(value: &T, offset: u32, sink: &mut S) -> Result<(), EncodeError> {
        value.fill(offset, sink)
    }

    #[inline(always)]
    fn empty() -> T::Body {
        T::empty()
    }
    type Builder<'w, S: Sink + 'w> = T::Builder<'w, S>;
    #[inline(always)]
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError> {
        sink.store(at.at, &T::empty());
        Ok(T::builder(StructBuilder::at(sink, at.at)))
    }
}

/// What a root of this kind is.
pub trait Root<T: Record> {
    /// Reads the root at `offset`, without a check of what it refers to.
    fn view(mem: &[u8], offset: u32) -> T::View<'_>;
    /// Gives access to change the root at `offset`; `None` if it does not lie inside.
    fn view_mut(mem: &[Cell<u8>], offset: u32) -> Option<T::ViewMut<'_>>;
    /// Checks the root and all that it refers to.
    ///
    /// # Errors
    ///
    /// If the root does not lie inside, or what is wrong with it.
    fn check(cx: &mut Verifier<'_>, mem: &[u8], offset: u32) -> Result<(), Bad>;
    /// Gives the bytes of the root to `f`.
    ///
    /// # Errors
    ///
    /// If the root does not lie inside, or what `f` says.
    fn visit<V>(
        cx: &mut Verifier<'_>,
        mem: &[u8],
        offset: u32,
        f: impl FnOnce(&mut Verifier<'_>, &T::Body) -> Result<V, Bad>,
    ) -> Result<V, Bad>;
}

impl<T: TableShape + Record> Root<T> for TableStruct {
    #[inline(always)]
    fn view(mem: &[u8], offset: u32) -> T::View<'_> {
        T::view(Table::at(mem, offset))
    }

    #[inline(always)]
    fn view_mut(mem: &[Cell<u8>], offset: u32) -> Option<T::ViewMut<'_>> {
        let table = TableMut::at(mem, offset);
        (!table.is_absent()).then(|| T::view_mut(table))
    }

    #[inline(always)]
    fn check(cx: &mut Verifier<'_>, _: &[u8], offset: u32) -> Result<(), Bad> {
        let table = cx.root_table(offset)?;
        cx.check_fields::<T>(table, offset)
    }

    #[inline(always)]
    fn visit<V>(
        cx: &mut Verifier<'_>,
        _: &[u8],
        offset: u32,
        f: impl FnOnce(&mut Verifier<'_>, &T::Body) -> Result<V, Bad>,
    ) -> Result<V, Bad> {
        let table = cx.root_table(offset)?;
        cx.fields::<T, V>(table, offset, f)
    }
}

impl<T: InlineShape + Record> Root<T> for InlineStruct {
    #[inline(always)]
    fn view(mem: &[u8], offset: u32) -> T::View<'_> {
        let body = mem
            .get(offset as usize..)
            .map(zerocopy::FromBytes::ref_from_prefix);
        let body = match body {
            Some(Ok((body, _))) => body,
            _ => {
                core::hint::cold_path();
                raw::zero()
            }
        };
        T::view(Inline::new(mem, body))
    }

    #[inline(always)]
    fn view_mut(mem: &[Cell<u8>], offset: u32) -> Option<T::ViewMut<'_>> {
        Some(T::view_mut(InlineMut::new(
            mem,
            crate::cast::cell(mem, offset)?,
        )))
    }

    #[inline(always)]
    fn check(cx: &mut Verifier<'_>, mem: &[u8], offset: u32) -> Result<(), Bad> {
        <Self as Root<T>>::visit(cx, mem, offset, |cx, body| T::verify(cx, body, offset))
    }

    #[inline(always)]
    fn visit<V>(
        cx: &mut Verifier<'_>,
        mem: &[u8],
        offset: u32,
        f: impl FnOnce(&mut Verifier<'_>, &T::Body) -> Result<V, Bad>,
    ) -> Result<V, Bad> {
        let body = mem
            .get(offset as usize..)
            .map(zerocopy::FromBytes::ref_from_prefix);
        match body {
            Some(Ok((body, _))) => {
                cx.visit(T::Body::SIZE, offset)?;
                f(cx, body)
            }
            _ => Err(crate::verify::bad(offset, crate::error::Cause::Truncated)),
        }
    }
}
